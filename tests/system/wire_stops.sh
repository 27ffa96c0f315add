#!/bin/sh
# SPDX-License-Identifier: MIT
# A wire that stands still: frames wait in their TAPs meanwhile, where nobody sees them. It is noticed, tried once more, marked in
# the tree and named by the report.
. "$(dirname "$0")/lib.sh"

# The wire of this test's own run, if there is one.
wire() {
	for process in /proc/[0-9]*; do
		{ tr '\0' '\n' <"$process/environ" | grep -qx "MESHBENCH_TEST=$MESHBENCH_TEST"; } 2>/dev/null || continue
		{ tr '\0' ' ' <"$process/cmdline" | grep -q '^[^ ]*meshbench-wire '; } 2>/dev/null && echo "${process#/proc/}"
	done
}

# Stops the wire for 0.8 s in every 2 s until the file goes.
stop_again_and_again() {
	while [ -e "$scratch/go-on" ]; do
		pids=$(wire)
		# shellcheck disable=SC2086
		[ -z "$pids" ] || { kill -STOP $pids; sleep 0.8; kill -CONT $pids; } 2>/dev/null
		sleep 1.2
	done
}

tree=$scratch/tree
cell=$tree/Internal/baseline/0_lom/ping.json
touch "$scratch/go-on"
stop_again_and_again &
stopper=$!
meshbench run "$fast" --vpn none --workload ping --profile baseline --engine wire --host lom,yuki --ping-count 20 --ping-runs 1 --attempts 2 --out "$tree"
rm "$scratch/go-on"
wait $stopper
check "the run goes on nevertheless" exits 0
check "the cell is tried once more" says "the wire stood still for 0.[789].* once more"
check "its mark is in the tree" grep -q '"mark": *"wire"' "$cell"
check "the mark says for how long the wire was away" grep -q '"reason": *"the wire stood still for 0.[789]' "$cell"
check "the absences are in the tree" /usr/bin/python3 -c '
import json, sys
away = json.load(open(sys.argv[1]))["meta"]["wire"]["absences"]
sys.exit(not (away["longest_us"] > 7e5 and away["total_s"] >= away["longest_us"] / 1e6 and away["watched_s"] > 3))' "$cell"
check "the tree is what its schema says" tree_is_sound
check "the summary names it" prints "the wire stood still"
meshbench report "$tree" --markdown
check "the report shows the mark in the value" prints '^| Bare link | 2/2 | [0-9.]*\* |'
meshbench report "$tree" --json
check "one finding names the cell" prints '"Bare link, baseline, ping, 0_lom: .*the wire stood still'
check "nothing is left behind" nothing_is_left

# A wire that is stopped and goes on only after three seconds, and one that does not go on at all.
ping_begins() { grep -s '"kind":"start","what":"ping, run 1 of 1","host":"lom"' "$tree/events.jsonl"; }
has_begun() { ping_begins >/dev/null; }
measure_ping() { # TREE ATTEMPTS: goes on alone
	tree=$scratch/$1
	cell=$tree/Internal/baseline/0_lom/ping.json
	"$MESHBENCH" run "$fast" --vpn none --workload ping --profile baseline --engine wire --host lom,yuki --ping-count 20 --attempts "$2" \
		--out "$tree" >"$scratch/out" 2>"$scratch/err" </dev/null &
	running=$!
	await has_begun
}
measure_ping long 1
pids=$(wire)
# shellcheck disable=SC2086
{ kill -STOP $pids; sleep 3; kill -CONT $pids; }
wait $running
status=$?
check "a wire that was stopped for three seconds does not end the run" exits 0
check "its mark says so" grep -q '"reason": *"the wire stood still for [23]\.' "$cell"

measure_ping ever 2
# shellcheck disable=SC2046
kill -STOP $(wire)
wait $running
status=$?
check "a wire that does not go on costs one attempt" exits 0
check "and the wire is its cause" /usr/bin/python3 -c '
import json, sys
first, second = json.load(open(sys.argv[1]))["meta"]["attempt_history"]
sys.exit(not (first["cause"] == "wire" and "did not answer" in first["evidence"] and second["cause"] == "success"))' "$cell"
check "the tree that it left is sound, too" tree_is_sound

# A wire that dies while a mesh connects: nobody waits for answers that cannot come, and the VPN is not blamed.
tree=$scratch/killed
"$MESHBENCH" run "$fast" --vpn none --workload connect --profile baseline --engine wire --seconds 10 --attempts 2 --out "$tree" \
	>"$scratch/out" 2>"$scratch/err" </dev/null &
running=$!
await grep -qs '"what":"watch the others"' "$tree/events.jsonl"
# shellcheck disable=SC2046
kill -KILL $(wire)
wait $running
status=$?
check "a wire that dies during an operation on the mesh costs one attempt" exits 0
check "and that says why" says "connect: .*ended by signal 9.* once more"
check "nobody waited for answers meanwhile" /usr/bin/python3 -c '
import json, sys
first, second = json.load(open(sys.argv[1]))["meta"]["attempt_history"]
sys.exit(not (first["cause"] == "wire" and first["duration_seconds"] < 60))' "$tree/Internal/baseline/connect.json"
check "the tree that it left is sound" tree_is_sound

# The same while a VPN comes up.
tree=$scratch/early
"$MESHBENCH" run "$fast" --vpn tinc --workload ping --profile baseline --engine wire --host lom,yuki --attempts 2 --out "$tree" \
	>"$scratch/out" 2>"$scratch/err" </dev/null &
running=$!
await grep -qs '"kind":"start","what":"run tinc"' "$tree/events.jsonl"
kill -KILL "$(grep '"kind":"start","what":"start the wire"' "$tree/events.jsonl" | tail -n 1 | sed 's/.*"pid":\([0-9]*\).*/\1/')"
wait $running
status=$?
check "a wire that dies while a VPN comes up costs one attempt" exits 0
check "which blames the wire at once" /usr/bin/python3 -c '
import json, sys
[failed] = json.load(open(sys.argv[1]))["failed_bring_ups"]
sys.exit(not (failed["cause"] == "wire" and "signal 9" in failed["evidence"] and failed["duration_seconds"] < 60))' "$tree/Tinc/baseline/vpn.json"
check "nor is anything left behind then" nothing_is_left

# The same while a profile is calibrated, before the first packet arrives: nobody waits for what cannot come, and the run goes on.
tree=$scratch/calibrated
"$MESHBENCH" run "$fast" --vpn none --workload ping --profile low:delay=400ms --engine wire --host lom,yuki --out "$tree" \
	>"$scratch/out" 2>"$scratch/err" </dev/null &
running=$!
await grep -qs '"kind":"start","what":"send probes"' "$tree/events.jsonl"
kill -KILL "$(grep '"kind":"start","what":"start the wire"' "$tree/events.jsonl" | tail -n 1 | sed 's/.*"pid":\([0-9]*\).*/\1/')"
began=$(date +%s)
await test -e "$tree/calibration.json"
check "a wire that dies during a calibration ends it at once" test $(($(date +%s) - began)) -lt 10
wait $running
status=$?
check "the run goes on without it" exits 0
check "the tree says why it is missing" grep -q '"error": *"calibrate low[^ ]*: start the wire .*signal 9' "$tree/calibration.json"
finish
