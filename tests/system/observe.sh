#!/bin/sh
# SPDX-License-Identifier: MIT
# Checks of features on the bare link: each gives the answer that is known of a link without a VPN. Hostile packets there and to a VPN.
. "$(dirname "$0")/lib.sh"

tree=$scratch/tree
answers=$tree/Internal/baseline/observe.json

# asks EXPRESSION: of all answers, as `a`; prints what made it false.
asks() {
	python3 - "$answers" "$1" <<'PYTHON' >&2
import json
import sys
answers = json.load(open(sys.argv[1]))["data"]["answers"]
wrong = [a for a in answers if not eval(sys.argv[2])]
for a in wrong:
    print("#", a["check"], a["row"], a["is"], a["because"], a["known"])
sys.exit(not answers or bool(wrong))
PYTHON
}

# holds EXPRESSION: of the data, as `d`.
holds() {
	python3 -c 'import json, sys
d = json.load(open(sys.argv[1]))["data"]
sys.exit(0 if eval(sys.argv[2]) else str({**d, "kinds": 0}))' "$answers" "$1" >&2
}

meshbench run "$fast" --vpn none --workload observe --profile baseline --engine wire --out "$tree"
check "the checks run on a bare link" exits 0
check "each control gives the answer that is known" asks 'a["known"] is None or a["control"] == a["known"]'
check "the bare link's own answer is that of its control" asks 'a["known"] is None or (a["is"], a["because"]) == (a["known"], a["control_because"])'
check "a check without a known answer says why it has none there" asks 'a["known"] is not None or (a["is"] is None and a["not_decided"])'
check "the tree is what its schema says" tree_is_sound

# Hostile packets: the bare link lets all of them through, tinc none.
tree=$scratch/hostile
meshbench run hostile --vpn none,tinc --workload observe,hostile --observe-checks padding --hostile-packets 2000 --seconds 1 --out "$tree"
check "hostile packets are sent over a bare link and to tinc" exits 0
answers=$tree/Internal/baseline/hostile.json
check "a bare link lets every kind of them through" holds 'd["is_bare"] and all(k["is_believed"] for k in d["kinds"]) and d["accepted"] >= 1500 and d["readable"] > 0'
answers=$tree/Tinc/baseline/hostile.json
check "tinc gets all of them, lives, and accepts none" holds 'd["hostile_packets"] >= 1900 and (d["crashes"], d["lost"], d["accepted"]) == (0, 0, 0)'
check "nothing of it is readable, and its memory is bounded" holds 'd["readable"] == 0 and d["is_bounded"]'
check "each kind is believed by its control" holds 'len(d["kinds"]) == 4 and all(k["is_believed"] and k["counts"]["arrived"] > 0 for k in d["kinds"])'
answers=$tree/Tinc/baseline/observe.json
check "only the check that was named is made, and tinc hides sizes within the blocks of its cipher" asks \
	'(a["row"], a["is"], a["control"], len(answers)) == ("size_padding", "yes", "no", 1)'
answers=$tree/Tinc/baseline/hostile.json
check "throughput is measured before and after" holds 'd["bps_before"] > 0 and d["bps_after"] > 0'
check "the tree is what its schema says" tree_is_sound
check "nothing is left behind" nothing_is_left
finish
