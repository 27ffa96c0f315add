#!/bin/sh
# SPDX-License-Identifier: MIT
# Somebody stops (SIGSTOP) a daemon, a program that measures, or meshbench itself in the middle of a cell. No account of processor time shows
# it, so the cell says it, and so do summary and report.
. "$(dirname "$0")/lib.sh"

tree=$scratch/tree
starts() { grep -s '"kind":"start","what":"'"$1"'","host":"'"$2"'"' "$tree/events.jsonl"; }
pid_of() { starts "$1" "$2" | tail -n 1 | sed 's/.*"pid":\([0-9]*\).*/\1/'; }
has_begun() { starts "$1" "$2" >/dev/null; }
# stop PID SECONDS: what measures must find it standing still, so that time has to pass.
stop() { kill -STOP "$1" && sleep "$2" && kill -CONT "$1"; }
cell_has() { grep -q -e "$2" "$tree/Tinc/baseline/$1"; }

"$MESHBENCH" run "$fast" --vpn tinc --workload ping,udp --profile baseline --engine wire --host lom,yuki --ping-count 20 --attempts 1 \
	--out "$tree" >"$scratch/out" 2>"$scratch/err" </dev/null &
running=$!
await has_begun "ping, run 1 of 1" lom
stop "$(pid_of "run tinc" yuki)" 3
await has_begun "ping, run 1 of 1" yuki
stop $running 1
await has_begun "flood from lom" lom
stop "$(pid_of "flood from lom" lom)" 0.5
wait $running
status=$?
check "the run goes on nevertheless" exits 0
check "the tree is what its schema says" tree_is_sound
check "a daemon that was stopped marks its cell" cell_has 0_lom/ping.json '"mark": *"daemon"'
check "and says for how long" cell_has 0_lom/ping.json '"reason": *"run tinc on yuki was stopped for [23]\.[0-9]* s'
check "meshbench itself, too" cell_has 1_yuki/ping.json '"reason": *"meshbench was stopped for up to [12]\.'
check "a program of ours that measures, too" cell_has 0_lom/udp_iperf3.json '"reason": *"flood from lom on lom was stopped for 0\.[4-9]'
check "which is another mark" cell_has 0_lom/udp_iperf3.json '"mark": *"instrument"'
is_not_called_stopped() { ! cell_has "$1" "was stopped"; }
check "what nobody stopped is not called so" is_not_called_stopped 1_yuki/udp_iperf3.json
check "the summary names them" prints "run tinc on yuki was stopped for"
meshbench report "$tree" --markdown
check "the report shows the marks in the values" prints '^| tinc | 2/2 | [0-9.]*\* |'
meshbench report "$tree" --json
check "a finding names the daemon" prints '"tinc, baseline, ping, 0_lom: run tinc on yuki was stopped for'
check "nothing is left behind" nothing_is_left
finish
