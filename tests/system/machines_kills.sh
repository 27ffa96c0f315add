#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs on machines whose controller, helper or connection ends at any moment: nothing is left on a machine, each has its card and
# answers. By choice: MACHINES_KILLS rounds (default: as many as fit into MACHINES_SECONDS, 600), from MACHINES_SEED.
. "$(dirname "$0")/machines.sh"
machines_only
. "$(dirname "$0")/lib.sh"
seconds=${MACHINES_SECONDS:-600}
most=${MACHINES_KILLS:-100000}
seed=${MACHINES_SEED:-$(date +%s)}
echo "# seed $seed"
machines_begin
machine lom 1
machine yuki 2
{ echo hosts:; host_of lom 1; host_of yuki 2; } >"$scratch/hosts.yml"
began=$(date +%s)

# draw MOST: the next whole number below it, in $drawn; the same ones for a seed.
state=$seed
draw() {
	state=$(((state * 1103515245 + 12345) % 2147483648))
	drawn=$((state * $1 / 2147483648))
}
card() { ip -n "$1" -brief address show dev data0 2>&1 | sed 's/fe80[^ ]*//;s/@[^ ]*//'; ip -n "$1" route show dev data0; }
for host in lom yuki; do card $host >"$scratch/$host.before"; done
has_its_card() { card "$1" | cmp -s - "$scratch/$1.before"; }
is_free() { ssh "$1" flock -n /run/unit.lock true && [ -z "$(ssh "$1" ls -A /run/meshbench 2>/dev/null)" ]; }
no_controller() { ! pgrep -x ssh >/dev/null && ! pgrep -x meshbench >/dev/null; }
no_helper() { [ "$(helpers)" = 0 ]; }

kill_controller() { kill -9 "$running"; }
kill_ssh() {
	draw 2
	victim=$(pgrep -x ssh | sed -n "$((drawn + 1))p")
	[ -z "$victim" ] || kill -9 "$victim" 2>/dev/null
}
black_hole() {
	ip link set "c-$1" nomaster
	wait "$running"
	ip link set "c-$1" master control
}
# A veth ends with its network, which a card does not: so the network is held and the card moved, as the kernel does it.
kill_helper() {
	for helper in $(pgrep -x meshbench-host); do
		[ "$(stat -Lc %i "/proc/$helper/ns/net" 2>/dev/null)" = "$(stat -Lc %i "/run/netns/$1")" ] || continue
		for child in $(cat "/proc/$helper/task/$helper/children" 2>/dev/null); do
			[ "$(stat -Lc %i "/proc/$child/ns/net" 2>/dev/null)" = "$(stat -Lc %i "/run/netns/$1")" ] || ip netns attach held "$child" 2>/dev/null
		done
		kill -9 "$helper"
	done
	for card in eth0 data0; do
		ip -n held link set $card down 2>/dev/null && ip -n held link set $card netns "$1" 2>/dev/null
	done
	ip netns delete held 2>/dev/null
}

round=0
failed=
while [ $round -lt "$most" ] && [ $(($(date +%s) - began)) -lt "$seconds" ]; do
	round=$((round + 1))
	rm -rf "$scratch/tree"
	begin=$(date +%s)
	"$MESHBENCH" run "$fast" --on "$scratch/hosts.yml" --profile baseline --vpn tinc --workload ping,tcp --seconds 1 --attempts 1 \
		--out "$scratch/tree" >"$scratch/out" 2>"$scratch/err" </dev/null &
	running=$!
	draw 5000
	wait_ms=$drawn
	draw 2
	host=lom
	[ $drawn = 0 ] || host=yuki
	# Before that there is nothing to strike, and a run that nothing struck is waited for in vain.
	until [ "$(helpers)" != 0 ] || ! kill -0 "$running" 2>/dev/null; do sleep 0.02; done
	sleep "$(awk -v ms="$wait_ms" 'BEGIN { print ms / 1000 }')"
	draw 4
	case $drawn in
	0) blow=kill_controller ;;
	1) blow=kill_ssh ;;
	2) blow=kill_helper ;;
	3) blow=black_hole ;;
	esac
	$blow $host
	wait "$running" 2>/dev/null
	echo "$blow" >>"$scratch/blows"
	ended=$(date +%s)
	for fact in no_controller no_helper "has_its_card lom" "has_its_card yuki" "is_free lom" "is_free yuki"; do
		await $fact && continue
		failed="$failed $round"
		echo "# round $round, $blow on $host after $wait_ms ms: not $fact" >&2
		for name in lom yuki; do card $name | diff - "$scratch/$name.before" >&2; done
		tail -n 5 "$scratch/err" >&2
	done
	echo "# round $round, $blow on $host after $wait_ms ms: the run took $((ended - begin)) s, and $(($(date +%s) - ended)) s until all was as before"
	[ -z "$failed" ] || break
done
sort "$scratch/blows" | uniq -c | sed 's/^/# /'
echo "# $round rounds in $(($(date +%s) - began)) s"
check "after every kill nothing is left, each machine has its card and answers" test -z "$failed"
meshbench run "$fast" --on "$scratch/hosts.yml" --profile baseline --vpn none --workload ping --out "$scratch/last"
check "and the next run finds all as it was" exits 0
finish
