#!/bin/sh
# SPDX-License-Identifier: MIT
# Every workload of the thesis on machines that SSH reaches, and others that need no routers: what they need is brought there.
. "$(dirname "$0")/machines.sh"
machines_only
. "$(dirname "$0")/lib.sh"
machines_begin
machine lom 1
machine yuki 2
{ echo hosts:; host_of lom 1; host_of yuki 2; } >"$scratch/hosts.yml"
XDG_CACHE_HOME=$scratch/cache
export XDG_CACHE_HOME
mkdir "$XDG_CACHE_HOME"

tree=$scratch/tree
meshbench run "$fast" --on "$scratch/hosts.yml" --profile baseline --vpn none --attempts 1 --seconds 1 --video replay \
	--workload udp,quic,video,nix_cache,http_small,load_latency,reorder,rate,idle,scale --out "$tree"
check "a run of every workload measures all that machines can" exits 1
check "what only a lab can is left out, with the reason" says 'scale is left out: it is not possible on other machines: it starts more hosts'
for link in 0_lom 1_yuki; do
	for file in udp_iperf3 qperf rist_stream nix_cache http_small load_latency reorder rate; do
		check "$link $file succeeded" succeeded "$tree/Internal/baseline/$link/$file.json"
	done
done
check "so did idle, on the whole mesh" succeeded "$tree/Internal/baseline/idle.json"
check "the tree is what its schema says" tree_is_sound
of_clocks() {
	python3 -c '
import json, sys
stage = json.load(open(sys.argv[1]))["data"]["stages"][0]
for way in ("there", "back"):
	d = stage["wire"][way]
	assert d["delay_us"]["p50"] is None and d["delay_us"]["sd"] > 0 and d["delay_histogram_packets"] is None, d
	assert d["clock_bound_ms"] > 0 and "more than a tenth of a delay" in d["delay_unknown"], d
assert stage["wire"]["round_trip"]["delay_us"]["p50"] > 0, stage' "$1"
}
check "where clocks say nothing about a delay it is null with the reason, and round trips stand" \
	of_clocks "$tree/Internal/baseline/0_lom/load_latency.json"
artefacts() { echo "/proc/$(machine_pid "$1")/root/var/cache/meshbench/artefacts"; }
same_files() { diff -r "$(echo "$XDG_CACHE_HOME"/meshbench/"$1"-????????????????)" "$(echo "$(artefacts "$2")/$1"-*)" >&2; }
for host in lom yuki; do
	check "$host has the video as it was made" same_files video $host
	check "and the closure" same_files nix_cache $host
done
for file in "$(artefacts yuki)"/video-*/video.ts; do printf x >>"$file"; done
meshbench run "$fast" --on "$scratch/hosts.yml" --profile low:delay=60ms --vpn none --attempts 1 --seconds 1 --video replay --workload video,reorder \
	--out "$scratch/again"
check "what was changed there is brought again" same_files video yuki
check "where clocks are known well enough one-way delays are numbers" python3 -c '
import json, sys
tunnel = json.load(open(sys.argv[1]))["data"]["streams"][0]["tunnel"]
assert 57e3 < tunnel["delay_us"]["p50"] < 70e3 and "delay_unknown" not in tunnel and 0 < tunnel["clock_bound_ms"] < 6, tunnel' \
	"$scratch/again/Internal/low_impairment_delay=60ms/0_lom/reorder.json"
meshbench clean --on "$scratch/hosts.yml"
check "clean removes what was brought" sh -c "[ ! -e '$(artefacts lom)' ]"
finish
