#!/bin/sh
# SPDX-License-Identifier: MIT
# mtu on the bare link, whose answer is known: TCP goes on where a router says what is too large, and hangs in a black hole.
. "$(dirname "$0")/lib.sh"

# holds EXPRESSION: in Python, of the runs with and without ICMP.
holds() {
	/usr/bin/python3 - "$tree/Internal/baseline/mtu.json" "$1" <<'END' >&2
import json, sys
steps = json.load(open(sys.argv[1]))["data"]["steps"]
print("#", json.dumps(steps))
told, silent = steps
sys.exit(not eval(sys.argv[2]))
END
}

tree=$scratch/tree
meshbench run --topology uplink --vpn none --workload mtu --mtu-sizes 1280 --mtu-seconds 4 --mesh-runs 1 --out "$tree"
check "a line becomes narrow" exits 0
check "where the router says so, TCP goes on" holds 'told["tcp"] == told["begun_tcp"] == "carried" and told["silent_s"] < 2 and told["after_mbps"] > 1'
check "... and whole packets are as large as the line" holds '(told["whole_bytes"], told["beyond"], told["cut_bytes"]) == (1280, "too-big", 9216)'
check "in a black hole TCP hangs, also one that begins there" holds 'silent["tcp"] == silent["begun_tcp"] == "hung" and silent["silent_s"] is None'
check "... and what is too large vanishes, but in fragments" holds \
	'(silent["whole_bytes"], silent["beyond"], silent["cut_bytes"]) == (1280, "silence", 9216)'
check "the tree is what its schema says" tree_is_sound
meshbench report "$tree" --markdown
check "the report has both lines in a table" prints '| Bare link | baseline | 1280 | no | 1 | 1280 | silence | 9216 | hangs |'
check "nothing is left behind" nothing_is_left
finish
