#!/bin/sh
# SPDX-License-Identifier: MIT
# A run on machines that SSH reaches, joined by their network cards; what happens to the cards, and when a connection is cut.
. "$(dirname "$0")/machines.sh"
machines_only
. "$(dirname "$0")/lib.sh"
machines_begin
machine lom 1
machine yuki 2

# What a machine has of its card, without what the kernel makes by itself.
card() { ip -n "$1" -brief address show dev data0 2>&1 | sed 's/fe80[^ ]*//'; ip -n "$1" route show dev data0; ip -n "$1" -6 route show dev data0 | grep -v 'proto kernel'; }
card lom >"$scratch/lom.before"
card yuki >"$scratch/yuki.before"
card_is_back() { card "$1" | diff - "$scratch/$1.before" >&2; }
card_comes_back() {
	tries=0
	until card "$1" | cmp -s - "$scratch/$1.before"; do
		tries=$((tries + 1))
		[ $tries -lt 400 ] || { card_is_back "$1"; return 1; }
		sleep 0.05
	done
}
{ echo hosts:; host_of lom 1; host_of yuki 2 'sudo: true'; } >"$scratch/hosts.yml"

tree=$scratch/tree
# As an ordinary user, whose ssh has to find the user's own keys although meshbench is root in a namespace. A source tree that
# the user cannot reach is bound to a folder that everybody can.
as_user='setpriv --reuid=65534 --regid=65534 --clear-groups'
$as_user test -x "$MESHBENCH" || {
	mount --bind "$SOURCE_ROOT" /mnt
	as_user="$as_user env MESHBENCH_DATA=/mnt MESHBENCH_LIBEXEC=/mnt${MESHBENCH_LIBEXEC#"$SOURCE_ROOT"}"
	MESHBENCH=/mnt${MESHBENCH#"$SOURCE_ROOT"}
}
chmod 755 "$scratch"
mkdir "$tree"
chown -R 65534 "$tree" "$scratch/key" "$scratch/known"
$as_user "$MESHBENCH" run "$fast" --on "$scratch/hosts.yml" --profile baseline --vpn none,tinc --workload ping,reboot \
	--seconds 1 --attempts 1 \
	--out "$tree" >"$scratch/out" 2>"$scratch/err" </dev/null
status=$?
chown -R 0 "$scratch/key" "$scratch/known"
check "a run of an ordinary user on two machines measures everything" exits 0
for vpn in Internal Tinc; do
	for link in 0_lom 1_yuki; do
		check "$vpn $link ping succeeded" succeeded "$tree/$vpn/baseline/$link/ping.json"
	done
done
# A ping fits the MTU, so nothing is larger; that nobody could count would be null.
frames_are_counted() { test "$(grep -o "\"oversized_frames\": *0" "$1" | wc -l)" = 2; }
check "a cell says how many frames larger than the MTU each card was given" frames_are_counted "$tree/Internal/baseline/0_lom/ping.json"
check "every host of Tinc was rebooted, and the others saw it" succeeded "$tree/Tinc/baseline/reboot.json"
check "the tree is what its schema says" tree_is_sound
check "it has what each machine is, and the hash of each program there" python3 -c '
import json, sys
machines = json.load(open(sys.argv[1]))["place"]["machines"]
assert [m["host"] for m in machines] == ["lom", "yuki"]
for m in machines:
	assert m["cpu"] and m["cores"] > 0 and m["memory"].endswith("kB") and m["virtualization"] and m["nic_mtu_bytes"] == 1500, m
	assert len({p["name"]: p["sha256"] for p in m["programs"]}["tincd"]) == 64, m' "$tree/environment.json"
check "hardware.json has each machine, as it says there" python3 -c '
import json, sys
machines = json.load(open(sys.argv[1]))["data"]["machines"]
assert [m["machine_name"] for m in machines] == ["lom", "yuki"], machines
for m in machines:
	assert m["cpu"]["architecture"] and m["memory"]["total_bytes"] > 1 << 20, m
	assert {i["unix_device_name"] for i in m["network_interfaces"]} >= {"lo", "eth0"}, m' "$tree/General/hardware.json"
meshbench report "$tree" --json
check "equal machines are not a finding" sh -c "! grep -q unequal-machines '$scratch/out'"
for host in lom yuki; do
	check "the card of $host has its addresses and routes again" card_is_back $host
done
check "no helper is left" no_helper_is_left

tree=$scratch/killed
second_then_kill() {
	meshbench run "$fast" --on "$scratch/hosts.yml" --profile baseline --vpn none --workload ping --out "$scratch/never"
	second=$status
	mv "$scratch/err" "$scratch/err.second"
	kill -9 "$running"
}
unset USER
struck second_then_kill --vpn none
check "a second run on the same machines cannot be" test "$second" = 3
check "and says that another one uses them, and whose that is" grep -q "lom: another meshbench uses it.*(it is meshbench of somebody@$(uname -n))" "$scratch/err.second"
check "a killed controller leaves no helper" no_helper_is_left
check "and the card of lom comes back" card_comes_back lom
check "and that of yuki" card_comes_back yuki

# The kernel brings a real card back when its network ends, but destroys a veth; so the test holds the network and does that itself.
tree=$scratch/helper
kill_helper() {
	helper=$(pgrep -o -x meshbench-host)
	machine=lom
	[ "$(stat -Lc %i "/proc/$helper/ns/net")" = "$(stat -Lc %i /run/netns/lom)" ] || machine=yuki
	for child in $(cat "/proc/$helper/task/$helper/children"); do
		[ "$(stat -Lc %i "/proc/$child/ns/net")" = "$(stat -Lc %i "/run/netns/$machine")" ] || ip netns attach held "$child" 2>/dev/null
	done
	kill -9 "$helper"
	ip -n held link set eth0 down
	ip -n held link set eth0 netns "$machine"
}
struck kill_helper --vpn none
check "a run in which a helper is killed says so" says "the connection to $machine ended"
check "the card of that machine is restored under its own name" card_comes_back "$machine"
check "and no helper is left" no_helper_is_left

tree=$scratch/cut
cut() { ip link set c-yuki nomaster; }
struck cut --vpn none
check "a run whose connection is cut says what was lost" says 'yuki: the connection was lost; see whether it runs: ssh yuki'
check "and how to go on" says "continue with: meshbench run --resume $tree"
check "the cause of the cell is the loss" grep -qE '"cause": ?"lost"' "$tree/Internal/baseline/0_lom/tcp_iperf3.json"
check "the other cell waits for the machine" test ! -e "$tree/Internal/baseline/1_yuki/tcp_iperf3.json"
check "the machine that is not reached gives its card back" card_comes_back yuki
check "and ends all that was started there" no_helper_is_left
ip link set c-yuki master control
meshbench run --resume "$tree"
check "when the machine is back the run goes on" exits 0
for link in 0_lom 1_yuki; do
	check "$link tcp succeeded" succeeded "$tree/Internal/baseline/$link/tcp_iperf3.json"
done

# What was said of starts, ends and clocks; what iperf3 printed came later.
is_quiet() {
	python3 -c '
import json, sys
connections = json.load(open(sys.argv[1]))["meta"]["attempt_history"][-1]["connections"]
for c in connections:
	assert 0 < c["measuring_sent_bytes"] < 1000 and 0 < c["measuring_received_bytes"] < 1000, c
assert sum(c["received_bytes"] - c["measuring_received_bytes"] for c in connections) > 4000, connections' "$1"
}
check "while tcp is measured each connection carries less than a kilobyte a way" is_quiet "$tree/Internal/baseline/1_yuki/tcp_iperf3.json"

# Packets meet fates at each machine's own edge. A delay is long here, because clocks by SSH are known to a millisecond.
tree=$scratch/edge
meshbench run "$fast" --on "$scratch/hosts.yml" --profile low:delay=60ms,loss=5% --vpn none --workload ping,reboot --attempts 1 --out "$tree"
check "a profile that impairs packets is possible on machines" exits 0
check "a wire at every machine's edge does it" grep -qE '"engine": ?"edge"' "$tree/environment.json"
check "what it does was measured first, by clocks that are known well enough" python3 -c '
import json, sys
c = json.load(open(sys.argv[1]))["low_impairment_delay=60ms_loss=5_"]
e = c["effective"]
assert c["engine"] == "edge" and e["clock_bound_ms"] < 6 and "delay_unknown" not in e, c
assert 58 < e["delay_us"]["mean"] / 1e3 < 63 and 3 < e["loss_percent"] < 7, e' "$tree/calibration.json"
edge_is_told() {
	python3 -c '
import json, sys
meta = json.load(open(sys.argv[1]))["meta"]
assert 115 < meta["figures"]["rtt_ms"] < 130, meta["figures"]
wire = meta["wire"]
assert wire["was_good"] or wire["reason"], wire
assert [p["host"] for p in wire["ports"]] == ["lom", "yuki"], wire
assert all(p["in_packets"] > 0 and p["card_unfetched"] == 0 for p in wire["ports"]), wire
for c in meta["attempt_history"][0]["connections"]:
	assert abs(c["clock_offset_before_ms"]) < 50 and 0 < c["clock_bound_after_ms"] < 50, c
	assert c["sent_bytes"] > 0 and c["received_bytes"] > 0, c' "$1"
}
check "a cell says what the wires did, what clocks showed and what the connections carried" edge_is_told "$tree/Internal/low_impairment_delay=60ms_loss=5_/0_lom/ping.json"
check "hosts behind such wires reboot" succeeded "$tree/Internal/low_impairment_delay=60ms_loss=5_/reboot.json"
check "the tree is what its schema says" tree_is_sound
for host in lom yuki; do
	check "the card of $host has its addresses and routes again" card_is_back $host
done
# The kernel's own impairment, as far as this one has it: packets are cut before it, whatever a card has joined.
tree=$scratch/netem
meshbench run "$fast" --on "$scratch/hosts.yml" --engine netem --profile baseline --vpn none --workload tcp,reboot --seconds 1 --attempts 1 --out "$tree"
check "hosts are joined with their cards by traffic control, and again after a reboot" exits 0
check "what each host is sent is counted behind the cut, and none of it is larger than a packet" python3 -c '
import json, sys
wire = json.load(open(sys.argv[1]))["meta"]["wire"]
assert wire["was_good"] and [(p["host"], p["oversized_frames"]) for p in wire["ports"]] == [("lom", 0), ("yuki", 0)], wire' \
	"$tree/Internal/baseline/0_lom/tcp_iperf3.json"
check "every change is a line of the event log" grep -q 'filter add dev eth0 parent ffff: .* redirect dev whole' "$tree/events.jsonl"
for host in lom yuki; do
	check "the card of $host has its addresses and routes again" card_is_back $host
	check "and nothing of ours" sh -c "! { ip -n $host link show data0; tc -n $host qdisc show dev data0; } | grep -E 'ALLMULTI|ingress|tbf'"
done
stand_in modinfo 'exit 1'
meshbench run "$fast" --on "$scratch/hosts.yml" --engine netem --profile low --vpn none --workload ping --out "$scratch/never"
check "a machine whose kernel has no netem is refused" exits 3
check "in one sentence with the next step" says 'lom: its kernel (Linux [^)]*) has no netem; install its extra modules .*, or use --engine edge$'
rm "$there/bin/modinfo"
printf 'hosts:\n  lom: { ssh: lom, share: ctl }\n  yuki: { ssh: yuki, share: ctl }\n' >"$scratch/share.yml"
meshbench run "$fast" --on "$scratch/share.yml" --engine netem --profile baseline --vpn none --workload ping --out "$scratch/never"
check "a card that SSH uses is not given to netem" exits 2

tree=$scratch/dead
kill_wire() { kill -9 "$(pgrep -o -x meshbench-wire)"; }
struck kill_wire --vpn none --engine edge --attempts 2
check "a wire that dies fails the attempt, and the next has another" exits 0
check "the attempt says so, and the others do not" python3 -c '
import json, sys
history = json.load(open(sys.argv[1]))["meta"]["attempt_history"]
# Here the machines share processors, so the good attempt may be made twice, and its wire may have waited for one.
assert history[0]["cause"] == "wire" and "was ended by signal 9" in history[0]["evidence"], history
assert len(history) > 1 and not any("signal" in (a["evidence"] or "") for a in history[1:]), history' "$tree/Internal/baseline/0_lom/tcp_iperf3.json"
check "no helper is left" no_helper_is_left

# Machines that keep their only card: the host has an address of its own on it, or the machine's.
tree=$scratch/macvlan
{ echo hosts:; host_of lom 1; host_of yuki 2; } | sed 's/nic: data0/macvlan: ctl/' >"$scratch/macvlan.yml"
meshbench run "$fast" --on "$scratch/macvlan.yml" --profile baseline --vpn none --workload ping --attempts 1 --out "$tree"
check "hosts may have macvlans on the cards that SSH uses" exits 0
check "they answer" succeeded "$tree/Internal/baseline/0_lom/ping.json"
check "nothing of them is left" sh -c "! ip -n lom link show meshbench0 2>/dev/null"
tree=$scratch/share
meshbench run "$fast" --on "$scratch/share.yml" --profile baseline --vpn none,tinc --workload ping --attempts 1 --out "$tree"
check "hosts may share the machines' only cards and addresses" exits 0
for vpn in Internal Tinc; do
	check "$vpn works so" succeeded "$tree/$vpn/baseline/0_lom/ping.json"
done
check "by the machine's address" grep -qE '"address": ?"10.98.0.1"' "$tree/environment.json"
check "the machine has its packets again" test -z "$(ip netns exec lom nft list tables)"
finish
