#!/bin/sh
# SPDX-License-Identifier: MIT
# What a run on three machines costs compared with the same run in a lab of this one, and how soon its hosts are ready. By choice, on a
# quiet machine: MACHINES_SECONDS (default 10) of measuring per cell.
. "$(dirname "$0")/machines.sh"
machines_only
. "$(dirname "$0")/lib.sh"
machines_begin
machine lom 1
machine yuki 2
machine luna 3
{ echo hosts:; host_of lom 1; host_of yuki 2; host_of luna 3; } >"$scratch/hosts.yml"
ms() { date +%s%3N; }
timed() {
	begin=$(ms)
	meshbench run "$fast" --profile baseline --vpn none,tinc --workload ping,tcp,http_small --seconds "${MACHINES_SECONDS:-10}" --attempts 1 "$@"
	took=$(($(ms) - begin))
}
timed --on "$scratch/hosts.yml" --out "$scratch/machines"
check "a run on three machines measures everything" exits 0
machines=$took
timed --host lom,yuki,luna --engine bridge --out "$scratch/lab"
check "so does the same run in a lab" exits 0
lab=$took
echo "# on machines $machines ms, in the lab $lab ms: ratio $(awk -v a="$machines" -v b="$lab" 'BEGIN { printf "%.3f", a / b }'); load $(cut -d' ' -f1 /proc/loadavg)"
check "a run on machines takes less than 5 % longer" test $((100 * machines)) -lt $((105 * lab))
begin=$(ms)
ssh lom true
ssh_ms=$(($(ms) - begin))
# From the begin of a visit, which starts ssh to every machine, until every host has answered every other.
ready_ms=$(python3 -c '
import json, sys
begin = None
for line in open(sys.argv[1]):
	event = json.loads(line)
	if event.get("kind") == "visit":
		begin = event["t"]
	elif begin is not None and event.get("what") == "reach the others" and event.get("kind") == "end":
		print(int(1000 * (event["t"] - begin)))
		break' "$scratch/machines/events.jsonl")
echo "# a command by SSH takes $ssh_ms ms; three hosts are up and answer each other $ready_ms ms after their visit begins"
check "three hosts are ready in less than 3 s after SSH answers" test "$ready_ms" -lt $((3000 + ssh_ms))
finish
