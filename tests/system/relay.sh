#!/bin/sh
# SPDX-License-Identifier: MIT
# relay with VPNs whose answer is known: wireguard-go knows no way but the direct one, and tinc with TCPOnly sends everything by way of the
# host that it connects to, so that a blocked direct way makes no difference to it.
. "$(dirname "$0")/lib.sh"

# holds FOLDER EXPRESSION: in Python, of the only cell of a VPN.
holds() {
	/usr/bin/python3 - "$tree/$1/baseline/relay.json" "$2" <<'END' >&2
import json, sys
data = json.load(open(sys.argv[1]))["data"]
print("#", json.dumps(data))
names = {name: data[name][0] for name in ("direct", "blocked", "relayed")}
sys.exit(not eval(sys.argv[2], names))
END
}

tree=$scratch/tree
meshbench run --topology pair --vpn wireguard,tinc+tcp --workload relay --mesh-runs 1 --relay-seconds 3 --direct-seconds 3 --seconds 1 --out "$tree"
check "a direct way is blocked and freed" exits 0
check "without a relay the pair has no way, and a direct one before and afterwards" \
	holds Wireguard 'blocked["way_before"] == blocked["way_freed"] == "direct" and blocked["way_blocked"] == "none"'
check "... which it was at once" holds Wireguard 'blocked["start"] == "direct" and blocked["direct_after_s"] is not None'
check "... and is silent until the way is free" \
	holds Wireguard 'blocked["silent_s"] is None and blocked["lost_packets"] > 300 and blocked["direct_again_s"] < 2.5'
check "... and carries nothing meanwhile" holds Wireguard 'direct["mbps"] > 1 and relayed["way"] == "none" and relayed["mbps"] is None'
check "what is relayed all the time does not notice" \
	holds Tinc+tcp 'blocked["way_before"] == blocked["way_blocked"] == blocked["way_freed"] == "relayed" and blocked["lost_packets"] == 0'
check "... and is never direct, which is an outcome of its own" \
	holds Tinc+tcp 'blocked["start"] == direct["start"] == "never_direct" and direct["mbps"] is None'
check "... and the wire names the relay, whose daemon works for it" \
	holds Tinc+tcp 'relayed["relay"] == "server" and relayed["mbps"] > 1 and relayed["relay_cpu_s_per_gb"] > 0'
check "the tree is what its schema says" tree_is_sound
meshbench report "$tree" --markdown
check "the report has ways and relay in a table" prints '| tinc+tcp | baseline | never direct | relayed | relayed | relayed | server | 1 |'
check "... and says that one is never direct" prints 'have no direct way with tinc'
check "... and says which VPN has no relay" prints 'no third host relayed'
tables_differ_in_their_names() {
	python3 -c 'import json, sys; ids = [table["id"] for table in json.load(open(sys.argv[1]))["tables"]]; sys.exit(len(set(ids)) < len(ids))' "$scratch/out"
}
meshbench report "$tree" --json
check "no two tables have one id" tables_differ_in_their_names
check "nothing is left behind" nothing_is_left
finish
