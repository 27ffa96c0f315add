#!/bin/sh
# SPDX-License-Identifier: MIT
# What is known of VPNs comes out of their checks: `meson test --benchmark known_answers`, a few minutes.
. "$(dirname "$0")/lib.sh"

tree=$scratch/tree

# knows VPN ROW EXPRESSION: of every answer to the row, as `a`; prints them if it is false.
knows() {
	python3 - "$tree/$1/baseline/observe.json" "$2" "$3" <<'PYTHON' >&2
import json
import sys
answers = [a for a in json.load(open(sys.argv[1]))["data"]["answers"] if a["row"] == sys.argv[2]]
wrong = [a for a in answers if not eval(sys.argv[3])]
for a in wrong:
    print("#", a["check"], a["row"], a["is"], a["because"], a["not_decided"])
sys.exit(not answers or bool(wrong))
PYTHON
}

meshbench run "$fast" --vpn wireguard,nebula,tinc,yggdrasil --workload observe --observe-checks carrier,altered,replay,stale-replay,window,foreign-source \
	--profile baseline --engine wire --out "$tree"
check "the checks run on four VPNs" exits 0
for vpn in Wireguard Nebula Tinc; do
	check "$vpn drops what comes again" knows $vpn replay_protection 'a["is"] == "yes"'
	check "$vpn delivers nothing that was altered" knows $vpn authenticated_encryption 'a["is"] == "yes"'
	check "$vpn has nothing readable" knows $vpn no_cleartext_metadata 'a["is"] is None'
done
# The kernel's window is 8128 packets, as that of wireguard-go is.
check "the window of WireGuard lies where 8128 packets are" knows Wireguard replay_window 'a["is"] == "6144 to 12288"'
check "the window of Nebula lies where 1024 packets are" knows Nebula replay_window 'a["is"] == "768 to 1536"'
check "the window of tinc lies where 128 packets are" knows Tinc replay_window 'a["is"] == "96 to 192"'
check "a MAC of 4 bytes is not to be seen, and that is said" knows Tinc authenticated_encryption '"length of a MAC is not seen" in a["because"]'
check "WireGuard lets no foreign source address in" knows Wireguard identity_validation 'a["is"] == "yes"'
# It drops packets that were overtaken, but TCP outside lets none be.
check "of Yggdrasil no late packet can be made, and that is said" knows Yggdrasil replay_window 'a["is"] is None and "TCP outside" in a["not_decided"]'
check "nothing is left behind" nothing_is_left
finish
