#!/bin/sh
# SPDX-License-Identifier: MIT
# pathchoice with a VPN whose answer is known: wireguard-go has one way only, so it stays on the direct one however slow or lossy that is.
. "$(dirname "$0")/lib.sh"

# holds EXPRESSION: in Python, of the only run of each kind.
holds() {
	/usr/bin/python3 - "$tree/Wireguard/baseline/pathchoice.json" "$1" <<'END' >&2
import json, sys
data = json.load(open(sys.argv[1]))["data"]
print("#", json.dumps(data))
sys.exit(not eval(sys.argv[2], {name: data[name][0] for name in ("slow", "lossy")}))
END
}

tree=$scratch/tree
meshbench run --topology pair --vpn wireguard --workload pathchoice --mesh-runs 1 --pathchoice-seconds 3 --out "$tree"
check "a direct way becomes slow, lossy, and good again" exits 0
check "a VPN with one way stays on it" \
	holds 'slow["way_before"] == slow["way_bad"] == slow["way_good"] == "direct" and slow["moves"] == 0 and slow["moved_s"] is None'
check "... with its delay in both directions" holds '300 <= slow["bad_rtt_ms"] < 600 and slow["good_rtt_ms"] < 150 and slow["lost_packets"] == 0'
check "... and its losses there and back" holds '60 <= lossy["lost_packets"] <= 200 and lossy["bad_rtt_ms"] < 150'
check "the tree is what its schema says" tree_is_sound
meshbench report "$tree" --markdown
check "the report has the ways in a table" prints '| WireGuard | baseline | slow | direct | direct | direct | direct | 1 |'
check "... and says who stays" prints 'keeps a direct way that is slow or loses packets'
check "nothing is left behind" nothing_is_left
finish
