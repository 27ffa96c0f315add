#!/bin/sh
# SPDX-License-Identifier: MIT
# All five scenarios with their real daemons, every workload on every link: a short version of what `make demo` does.
. "$(dirname "$0")/lib.sh"

tree=$scratch/tree
meshbench run "$fast" --out "$tree"
check "everything is measured" exits 0
for vpn in none wireguard nebula tinc yggdrasil; do
	check "$vpn stands in the summary" prints "^$vpn "
done
for vpn in Internal Wireguard Nebula Tinc Yggdrasil; do
	for link in 0_lom 1_yuki 2_luna; do
		for file in ping tcp_iperf3 udp_iperf3; do
			check "$vpn $link $file succeeded" grep -qE '"status": ?"success"' "$tree/$vpn/baseline/$link/$file.json"
		done
	done
	check "$vpn on all links at once succeeded" grep -qE '"status": ?"success"' "$tree/$vpn/baseline/parallel_tcp_iperf3.json"
done
check "the tree is what its schema says" tree_is_sound
check "no secret stands in the event log" sh -c "! grep -rE 'BEGIN [A-Z0-9 ]*PRIVATE KEY|PrivateKey\"?[:=] ?\"?[0-9A-Za-z+/]{40}' '$tree'"
check "the state of the hosts is removed" test ! -e "$tree/General/state"
check "nothing is left behind" nothing_is_left
finish
