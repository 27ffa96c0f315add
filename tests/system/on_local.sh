#!/bin/sh
# SPDX-License-Identifier: MIT
# A run on far hosts: the same tree as ever, a mark of where it was measured, and nothing left when a helper is killed.
. "$(dirname "$0")/lib.sh"

kind_of() { /usr/bin/python3 -c 'import json, sys; print((json.load(open(sys.argv[1]))["place"] or {}).get("kind"))' "$1/environment.json"; }
# The helpers of a run, which do not inherit the mark of this test.
helpers() {
	for child in $(cat "/proc/$1/task/$1/children" 2>/dev/null); do
		[ "$(cat "/proc/$child/comm" 2>/dev/null)" = meshbench-host ] && echo "$child"
	done
}
# Waits for the tool of the TCP workload, then for the end of the run after COMMAND was called with the first helper.
strike() {
	"$MESHBENCH" run "$fast" --on local --vpn none --workload tcp --seconds 3 --out "$tree" >"$scratch/out" 2>"$scratch/err" </dev/null &
	running=$!
	until grep -q '"iperf3' "$tree/events.jsonl" 2>/dev/null || ! kill -0 "$running"; do sleep 0.05; done
	all=$(helpers "$running")
	"$1"
	wait "$running"
	status=$?
}
all_are_gone() {
	tries=0
	for pid in $all; do
		until [ "$(cat "/proc/$pid/comm" 2>/dev/null)" != meshbench-host ]; do
			tries=$((tries + 1))
			[ $tries -lt 1000 ] || return 1
			sleep 0.01
		done
	done
}

tree=$scratch/tree
meshbench run "$fast" --on local --vpn none,tinc --workload ping,tcp,connect,reboot --out "$tree"
check "a run on far hosts measures everything" exits 0
for vpn in Internal Tinc; do
	for link in 0_lom 1_yuki 2_luna; do
		check "$vpn $link ping succeeded" succeeded "$tree/$vpn/baseline/$link/ping.json"
		check "$vpn $link tcp succeeded" succeeded "$tree/$vpn/baseline/$link/tcp_iperf3.json"
	done
	for file in connect reboot; do
		check "$vpn $file succeeded" succeeded "$tree/$vpn/baseline/$file.json"
	done
done
check "daemons of far hosts are measured where they run" \
	grep -qE '"daemons_cpu_s": ?(0\.[0-9]*[1-9]|[1-9])' "$tree/Tinc/baseline/0_lom/tcp_iperf3.json"
check "the tree is what its schema says" tree_is_sound
check "the tree says where it was measured" test "$(kind_of "$tree")" = local
meshbench report "$tree" --markdown
check "the report says it" prints 'Measured on far hosts, each served by a process of its own on one machine'
check "the page says it" grep -q 'Measured on far hosts' "$tree/report.html"
meshbench report "$tree" --json
check "tables of figures say it" /usr/bin/python3 -c 'import json, sys
tables = {table["id"]: table["notes"] for table in json.load(open(sys.argv[1]))["tables"]}
assert all(any("far hosts" in note for note in tables[name]) for name in ("latency_baseline", "tcp_baseline"))' "$scratch/out"

tree=$scratch/plain
meshbench run "$fast" --vpn none --workload ping --out "$tree"
meshbench report "$tree" --markdown
check "a report of hosts in namespaces does not" sh -c "! grep -q 'far hosts' '$scratch/out'"

tree=$scratch/killed-helper
kill_first() { kill -9 $(echo "$all" | head -n 1); }
strike kill_first
check "there is a helper for every host" test "$(echo "$all" | wc -w)" = 3
check "a run in which a helper is killed is completed" exits 0
check "and says what happened" says 'the connection to [a-z]* ended: the other end closed it'
check "the attempt is kept with its cause" grep -rq '"cause": "host"' "$tree/Internal/baseline"
check "the tree is sound with it" tree_is_sound
check "no helper is left" all_are_gone
check "nothing else is left" nothing_is_left

tree=$scratch/interrupted
interrupt() { kill -INT "$running"; }
strike interrupt
check "Ctrl-C ends it" exits 1
check "with all helpers" all_are_gone
started() { grep -c '"kind":"start","what":"meshbench-host"' "$tree/events.jsonl"; }
before=$(started)
meshbench run --resume "$tree"
check "it is resumed" exits 0
check "on far hosts" test "$(kind_of "$tree")" = local
check "as its commands show" test "$(started)" = $((before + 3))

meshbench run "$fast" --on moon --out "$scratch/never"
check "another word than local is a file, which has to be there" exits 2
check "and is named" says 'read moon: No such file'
meshbench run "$fast" --on local --virtual --out "$scratch/never"
check "far hosts and virtual time are refused together" exits 2
meshbench run --resume "$tree" --on local
check "a resumed run stays where it was" exits 2
check "and nothing was made" test ! -e "$scratch/never"
finish
