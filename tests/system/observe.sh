#!/bin/sh
# SPDX-License-Identifier: MIT
# Checks of features on the bare link: each gives the answer that is known of a link without a VPN. Hostile packets there and to a VPN, and a stranger to it.
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

meshbench run "$fast" --vpn none --workload observe,hostile --observe-checks all,rekey --hostile-packets 2000 --profile baseline --engine wire --out "$tree"
check "the checks run on a bare link, and hostile packets" exits 0
check "each control gives the answer that is known" asks 'a["known"] is None or a["control"] == a["known"]'
check "the bare link's own answer is that of its control" asks 'a["known"] is None or (a["is"], a["because"]) == (a["known"], a["control_because"])'
check "a check without a known answer says why it has none there" asks 'a["known"] is not None or (a["is"] is None and a["not_decided"])'
answers=$tree/Internal/baseline/hostile.json
check "a bare link lets every kind of hostile packets through" holds 'd["is_bare"] and all(k["is_believed"] for k in d["kinds"]) and d["accepted"] >= 1500 and d["readable"] > 0'
check "the tree is what its schema says" tree_is_sound

# A mesh of tinc: somebody changes its packets, and a stranger comes.
tree=$scratch/tinc
meshbench run "$fast" --vpn tinc --workload observe,hostile --observe-checks padding,stranger --hostile-packets 2000 --profile baseline \
	--out "$tree"
check "hostile packets are sent to tinc, and a stranger tries it, on an engine that can change packets" exits 0
answers=$tree/Tinc/baseline/hostile.json
check "tinc gets all of them, lives, and accepts none" holds 'd["hostile_packets"] >= 1900 and (d["crashes"], d["lost"], d["accepted"]) == (0, 0, 0)'
check "nothing of it is readable, and its memory is bounded" holds 'd["readable"] == 0 and d["is_bounded"]'
check "each kind is believed by its control" holds 'len(d["kinds"]) == 4 and all(k["is_believed"] for k in d["kinds"])'
check "tinc carries what its hosts send meanwhile, as before" holds 'd["marks_arrived"] > 0.9 * d["marks_sent"] > 0 and d["calm_arrived"] > 0.9 * d["calm_sent"]'
check "throughput is measured before and after" holds 'd["bps_before"] > 0 and d["bps_after"] > 0'
answers=$tree/Tinc/baseline/observe.json
check "only the checks that were named are made, and tinc hides sizes within the blocks of its cipher" asks \
	'len(answers) == 2 and (a["row"] != "size_padding" or (a["is"], a["control"]) == ("yes", "no"))'
check "a stranger to it is kept out, who gets in on the bare link" asks 'a["row"] != "peers_authenticated" or (a["is"], a["control"]) == ("yes", "no")'
check "the tree is what its schema says" tree_is_sound
check "nothing is left behind" nothing_is_left
finish
