#!/bin/sh
# SPDX-License-Identifier: MIT
# Checks of features on the bare link: each gives the answer that is known of a link without a VPN.
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

meshbench run "$fast" --vpn none --workload observe --profile baseline --engine wire --out "$tree"
check "the checks run on a bare link" exits 0
check "each control gives the answer that is known" asks 'a["known"] is None or a["control"] == a["known"]'
check "the bare link's own answer is that of its control" asks 'a["known"] is None or (a["is"], a["because"]) == (a["known"], a["control_because"])'
check "a check without a known answer says why it has none there" asks 'a["known"] is not None or (a["is"] is None and a["not_decided"])'
check "the tree is what its schema says" tree_is_sound
check "nothing is left behind" nothing_is_left
finish
