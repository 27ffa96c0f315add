#!/bin/sh
# SPDX-License-Identifier: MIT
# punch with routers whose answer is known. wireguard-go here knows its peers' endpoints and finds none by itself: routers that
# keep ports let it through, and where both have another port for every destination nothing can (Ford et al. 2005).
. "$(dirname "$0")/lib.sh"

# holds EXPRESSION: in Python, of the pair of the only cell.
holds() {
	/usr/bin/python3 - "$(echo "$tree"/*/*/punch.json)" "$1" <<'END' >&2
import json, sys
data = json.load(open(sys.argv[1]))["data"]
pair, routers = data["pairs"][0], {router["host"]: router for router in data["routers"]}
print("#", json.dumps({key: value for key, value in pair.items() if key != "list"}))
print("#", json.dumps(data["routers"]))
sys.exit(not eval(sys.argv[2], {"pair": pair, "routers": routers}))
END
}

tree=$scratch/preserved
meshbench run --topology pair --vpn wireguard --workload punch --punch-trials 1 --punch-seconds 15 --out "$tree"
check "a pair behind routers that keep ports is measured" exits 0
check "its routers were measured as what they are set to" \
	holds 'all(r["mapping"] == "endpoint-independent" and r["filtering"] == "address-and-port-dependent" for r in routers.values())'
check "its way is direct" holds 'pair["direct"] == 1 and 0 < pair["direct_s"] < 15'
check "the tree is what its schema says" tree_is_sound
meshbench report "$tree" --markdown
check "the report names the kinds of router" prints '| WireGuard | baseline | port-restricted | port-restricted | 1 | 1 | 0 | 0 |'

tree=$scratch/moved
meshbench run --topology pair:left.nat=symmetric,right.nat=symmetric --vpn wireguard --workload punch --punch-trials 1 \
	--punch-seconds 4 --out "$tree"
check "a pair that nothing joins is measured as well" exits 0
check "its routers were measured as symmetric" holds 'routers["alice"]["mapping"] == "address-and-port-dependent" == routers["bob"]["mapping"]'
check "it has no way, although both reach the server" holds 'pair["punch_failed"] == 1 and pair["answered_s"] is None'

tree=$scratch/relayed
meshbench run --topology pair:left.nat=symmetric,right.nat=symmetric --vpn nebula+relay --workload punch --punch-trials 1 \
	--punch-seconds 15 --out "$tree"
check "a variant of Nebula is measured there" exits 0
check "its relay takes their packets" holds 'pair["relayed"] == 1 and pair["direct"] == 0'
check "its results have a place of their own" test -d "$tree/Nebula+relay"
meshbench report "$tree" --markdown
check "the report names the variant" prints '| Nebula+relay | baseline | symmetric | symmetric | 1 | 0 | 1 | 0 |'
check "... and has its interval in the matrix of kinds" prints '| Nebula+relay | baseline | symmetric | direct 0/1 (0 to 79 %), relayed 1 |'
meshbench run --vpn nebula+realy --workload ping --out "$scratch/misspelt"
check "an unknown variant is refused" exits 2
check "... with those that there are" says "known variants: nebula+relay"

meshbench run --vpn wireguard --workload punch --out "$scratch/flat"
check "without routers it is refused" exits 2
check "... with a topology to try" says "try --topology pair"
meshbench run --topology carrier:home.behind=carrier --vpn wireguard --workload punch --out "$scratch/shared"
check "hosts that share their outermost router are refused" exits 2
check "... by name" says "host bob"
check "nothing is left behind" nothing_is_left
finish
