#!/bin/sh
# SPDX-License-Identifier: MIT
# Three machines with kernels of their own, systemd and sshd: what `doctor --on` says of them, a run under impairment, and what no
# stand-in for systemd can show: a killed controller, a power cut, a clock that is set, a daemon that the kernel ends for its memory.
. "$(dirname "$0")/machines.sh"
machines_only
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/uml_machines.sh"
machines_network
began=$(date +%s)
lap() { echo "# $(($(date +%s) - began)) s: $1"; }
check "programs are there that run on such machines" uml_programs
began=$(date +%s)
machines='lom yuki amy'
uml_machine lom 1
uml_machine yuki 2
uml_machine amy 3
for machine in $machines; do
	check "$machine starts with systemd, and its sshd answers" uml_answers "$machine"
done
lap "three machines answer"
# left NAME: no unit, no helper, and the card as it was.
left() {
	# shellcheck disable=SC2016 # all of it is for the shell there
	ssh "$1" 'i=0; while systemctl -q is-active meshbench; do i=$((i + 1)); [ $i -lt 40 ] || exit 1; sleep 1; done
		! pgrep meshbench && [ ! -e /run/meshbench ] && ip -brief address show eth1 && ip route show dev eth1' >"$scratch/left" 2>&1
	[ "$(grep -c '10\.9[67]\.0\.' "$scratch/left")" -ge 2 ] || { cat "$scratch/left" >&2; return 1; }
}
nothing_is_on() { for machine; do check "nothing is left on $machine but its card with its address and route" left "$machine"; done; }

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
lap "doctor"

# Each machine has a fraction of a processor, so that every figure is marked: a second attempt would be no better.
tree=$scratch/mesh
meshbench run "$fast" --on "$scratch/hosts.yml" --profile baseline --vpn tinc,wireguard --workload connect,reboot --attempts 1 --out "$tree"
check "meshes of three machines are joined, and again after each was rebooted" exits 0
for vpn in Tinc Wireguard; do
	for workload in connect reboot; do
		check "$vpn $workload succeeded" succeeded "$tree/$vpn/baseline/$workload.json"
	done
done
lap "connect and reboot"

tree=$scratch/tree
meshbench run "$fast" --on "$scratch/hosts.yml" --profile low --vpn none,tinc,wireguard --workload ping,tcp --attempts 1 --out "$tree"
check "a run under impairment on three machines measures everything" exits 0
for vpn in Internal Tinc Wireguard; do
	for workload in ping tcp_iperf3; do
		for link in "$tree/$vpn"/low_impairment/[0-9]*; do
			check "$vpn ${link##*/} $workload succeeded" succeeded "$link/$workload.json"
		done
	done
done
tail -n 40 "$scratch/out" | sed 's/^/# /'
check "the tree is what its schema says" tree_is_sound
# shellcheck disable=SC2086 # they are several
nothing_is_on $machines
lap "run"

tree=$scratch/killed
kill_controller() { kill -9 "$running"; }
struck kill_controller --host lom,yuki --seconds 4 --vpn none
nothing_is_on lom yuki
lap "the controller was killed"

tree=$scratch/clock
set_clock() { ssh yuki "date -s '+1 hour'" >/dev/null; }
struck set_clock --host lom,yuki --seconds 4 --vpn none
check "a clock that is set in mid-run changes no figure" exits 0
check "and is seen" python3 -c '
import json, sys
yuki = [json.load(open(path))["meta"]["attempt_history"][0]["connections"][1] for path in sys.argv[1:]]
seen = [at[key] for at in yuki for key in ("clock_offset_before_ms", "clock_offset_after_ms")]
assert abs(max(seen) - min(seen) - 3600e3) < 5000, seen' "$tree/Internal/baseline/0_lom/tcp_iperf3.json" "$tree/Internal/baseline/1_yuki/tcp_iperf3.json"
lap "a clock was set"

tree=$scratch/memory
# What the kernel does when memory is short, with the daemon as what it ends first.
end_daemon() {
	# shellcheck disable=SC2016 # all of it is for the shell there
	ssh lom 'for pid in $(pgrep -x tincd); do echo 1000 >/proc/$pid/oom_score_adj; done; echo f >/proc/sysrq-trigger'
}
struck end_daemon --host lom,yuki --seconds 4 --vpn tinc --attempts 2
check "a daemon that was ended for its memory is named" grep -qE '"cause": ?"(crashed|memory)"' "$tree/Tinc/baseline/0_lom/tcp_iperf3.json"
check "its host lives, starts it again and measures both links" exits 0
for link in 0_lom 1_yuki; do
	check "$link tcp succeeded" succeeded "$tree/Tinc/baseline/$link/tcp_iperf3.json"
done
lap "a daemon was ended for its memory"

tree=$scratch/power
cut_power() { kill -9 "$(cat "$there/yuki/pid")"; }
struck cut_power --host lom,yuki --seconds 4 --vpn none
check "a run that loses a machine ends and says so" says 'yuki: the connection was lost'
check "the cause of the cell is the loss" grep -qE '"cause": ?"lost"' "$tree/Internal/baseline/0_lom/tcp_iperf3.json"
uml_boot yuki
check "the machine starts again" uml_answers yuki
meshbench run --resume "$tree"
check "and the run goes on" exits 0
for link in 0_lom 1_yuki; do
	check "$link tcp succeeded" succeeded "$tree/Internal/baseline/$link/tcp_iperf3.json"
done
nothing_is_on lom yuki
lap "a machine lost its power"

tree=$scratch/sshd
stop_sshd() { ssh yuki systemctl stop there.service; }
struck stop_sshd --host lom,yuki --seconds 4 --vpn none,tinc
check "without its SSH server a machine is lost at the next visit" says 'yuki: no SSH server answers there'
for link in 0_lom 1_yuki; do
	check "what it had begun on $link was measured" succeeded "$tree/Internal/baseline/$link/tcp_iperf3.json"
done
lap "an SSH server was stopped"
finish
