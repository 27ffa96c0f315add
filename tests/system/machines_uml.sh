#!/bin/sh
# SPDX-License-Identifier: MIT
# Three machines with kernels of their own, systemd and sshd: what `doctor --on` says of them, runs under the kernel's own netem, and
# what no stand-in for systemd can show: a killed controller, a power cut, a clock that is set, a daemon that the kernel ends for its memory.
. "$(dirname "$0")/machines.sh"
machines_only
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/uml_machines.sh"
machines_network
began=$(date +%s)
lap() { echo "# $(($(date +%s) - began)) s: $1"; }
check "programs are there that run on such machines" uml_programs
lap "programs"
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
		! pgrep meshbench && [ ! -e /run/meshbench ] && ip -brief address show eth1 && ip route show dev eth1 && ip link show eth1 &&
		tc qdisc show dev eth1' >"$scratch/left" 2>&1
	if [ "$(grep -c '10\.9[67]\.0\.' "$scratch/left")" -lt 2 ] || grep -qE 'ALLMULTI|ingress|netem|tbf' "$scratch/left"; then
		cat "$scratch/left" >&2
		return 1
	fi
}
nothing_is_on() { for machine; do check "nothing is left on $machine but its card with its address and route" left "$machine"; done; }

{
	echo hosts:
	host_of lom 1
	host_of yuki 2
	host_of amy 3
} | sed 's/data0/eth1/' >"$scratch/hosts.yml"
sed '/amy/d' "$scratch/hosts.yml" >"$scratch/pair.yml"

meshbench doctor --on "$scratch/pair.yml"
check "two good machines are good" exits 0
check "systemd is a real one" prints '^  unit  *yes  systemd 2[0-9][0-9].* with cgroup v2'
check "the card is not that of SSH" prints '^  network  *yes  nic eth1.*; SSH uses eth0$'
check "a host can be started" prints '^  host  *yes'
check "their kernel has netem" prints '^  netem  *yes'
grep -E '^[a-z]+ \(|^  (kernel|unit|network|host|clock) ' "$scratch/out" | sed 's/^/# /'
lap "doctor"

# Each machine has a fraction of a processor, so that every figure is marked: a second attempt would be no better. The watch over a mesh
# asks so often that three machines on two processors would not do.
tree=$scratch/mesh
meshbench run "$fast" --on "$scratch/hosts.yml" --host lom,yuki --profile baseline --vpn tinc,wireguard --workload connect,reboot --attempts 1 --out "$tree"
check "meshes of two machines are joined, and again after each was rebooted" exits 0
for vpn in Tinc Wireguard; do
	for workload in connect reboot; do
		check "$vpn $workload succeeded" succeeded "$tree/$vpn/baseline/$workload.json"
	done
done
lap "connect and reboot"

tree=$scratch/tree
meshbench run "$fast" --on "$scratch/hosts.yml" --engine netem --profile low --vpn none,tinc,wireguard --workload ping,tcp --seconds 1 --attempts 1 \
	--out "$tree"
check "a run under the kernel's netem on three machines measures everything" exits 0
for vpn in Internal Tinc Wireguard; do
	for workload in ping tcp_iperf3; do
		for link in "$tree/$vpn"/low_impairment/[0-9]*; do
			check "$vpn ${link##*/} $workload succeeded" succeeded "$link/$workload.json"
		done
	done
done
tail -n 40 "$scratch/out" | grep -v '^  ' | sed 's/^/# /'
check "netem delayed what each host was sent, packet by packet" python3 -c '
import glob, json, sys
tree = sys.argv[1]
assert json.load(open(tree + "/calibration.json"))["low_impairment"]["engine"] == "edge-netem"
for path in glob.glob(tree + "/*/low_impairment/[0-9]*/tcp_iperf3.json"):
	ports = json.load(open(path))["meta"]["wire"]["ports"]
	assert [(p["host"], p["oversized_frames"]) for p in ports] == [("lom", 0), ("yuki", 0), ("amy", 0)], (path, ports)
for path in glob.glob(tree + "/Internal/low_impairment/[0-9]*/ping.json"):
	assert 3 < json.load(open(path))["meta"]["figures"]["rtt_ms"] < 40, path' "$tree"
check "line by line in the event log" grep -q 'qdisc add dev port0 root handle 1: netem limit .* delay 2ms 2ms' "$tree/events.jsonl"
check "the tree is what its schema says" tree_is_sound
# shellcheck disable=SC2086 # they are several
nothing_is_on $machines
lap "run"

tree=$scratch/killed
kill_controller() { kill -9 "$running"; }
struck kill_controller --host lom,yuki --seconds 4 --vpn none
nothing_is_on lom yuki
lap "the controller was killed"

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
cut_power() { uml_cut yuki; }
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

tree=$scratch/clock
set_clock_and_stop_sshd() { ssh yuki "date -s '+1 hour' && systemctl stop there.service" >/dev/null; }
struck set_clock_and_stop_sshd --host lom,yuki --seconds 4 --vpn none,tinc
check "without its SSH server a machine is lost at the next visit" says 'yuki: no SSH server answers there'
for link in 0_lom 1_yuki; do
	check "what it had begun on $link was measured, although its clock was set" succeeded "$tree/Internal/baseline/$link/tcp_iperf3.json"
done
check "and that is seen" python3 -c '
import json, sys
yuki = [json.load(open(path))["meta"]["attempt_history"][0]["connections"][1] for path in sys.argv[1:]]
seen = [at[key] for at in yuki for key in ("clock_offset_before_ms", "clock_offset_after_ms")]
assert abs(max(seen) - min(seen) - 3600e3) < 5000, seen' "$tree/Internal/baseline/0_lom/tcp_iperf3.json" "$tree/Internal/baseline/1_yuki/tcp_iperf3.json"
lap "a clock was set, and an SSH server was stopped"
finish
