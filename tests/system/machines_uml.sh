#!/bin/sh
# SPDX-License-Identifier: MIT
# Three machines with kernels of their own, systemd and sshd: what `doctor --on` says of them, and a run.
. "$(dirname "$0")/machines.sh"
machines_only
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/uml_machines.sh"
machines_network
check "programs are there that run on such machines" uml_programs
machines='lom yuki amy'
uml_machine lom 1
uml_machine yuki 2
uml_machine amy 3
for machine in $machines; do
	check "$machine starts with systemd, and its sshd answers" uml_answers "$machine"
done
# left NAME: no unit, no helper, and the card as it was.
left() {
	# shellcheck disable=SC2016 # all of it is for the shell there
	ssh "$1" '! systemctl -q is-active meshbench && ! pgrep meshbench && [ ! -e /run/meshbench ] && ip -brief address show eth1 &&
		ip route show dev eth1' >"$scratch/left" 2>&1
	[ "$(grep -c '10\.9[67]\.0\.' "$scratch/left")" -ge 2 ] || { cat "$scratch/left" >&2; return 1; }
}

{
	echo hosts:
	host_of lom 1
	host_of yuki 2
	host_of amy 3
} | sed 's/data0/eth1/' >"$scratch/hosts.yml"

meshbench doctor --on "$scratch/hosts.yml"
check "three good machines are good" exits 0
check "systemd is a real one" prints '^  unit  *yes  systemd 2[0-9][0-9].* with cgroup v2'
check "the card is not that of SSH" prints '^  network  *yes  nic eth1.*; SSH uses eth0$'
check "a host can be started" prints '^  host  *yes'
grep -E '^[a-z]+ \(|^  (kernel|unit|network|host|clock) ' "$scratch/out" | sed 's/^/# /'

succeeded() { grep -qE '"status": ?"success"' "$1"; }
tree=$scratch/tree
meshbench run "$fast" --on "$scratch/hosts.yml" --profile baseline --vpn none,tinc --workload ping,tcp --attempts 1 --out "$tree"
check "a run on three machines measures everything" exits 0
for vpn in Internal Tinc; do
	for workload in ping tcp_iperf3; do
		for link in "$tree/$vpn"/baseline/[0-9]*; do
			check "$vpn ${link##*/} $workload succeeded" succeeded "$link/$workload.json"
		done
	done
done
tail -n 40 "$scratch/out" | sed 's/^/# /'
check "the tree is what its schema says" tree_is_sound
for machine in $machines; do
	check "nothing is left on $machine but its card with its address and route" left "$machine"
done
finish
