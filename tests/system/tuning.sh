#!/bin/sh
# SPDX-License-Identifier: MIT
# Tuned hosts as a factor of a run: their cells lie aside, their settings are read back, the report compares.
. "$(dirname "$0")/lib.sh"

tree=$scratch/tree
tuned=$tree/General/tunings

meshbench run "$fast" --vpn none --workload tcp --tuning none,reorder-only,bbr --out "$tree"
check "all was measured" exits 0
check "stock hosts lie where they always were" test -s "$tree/Internal/baseline/0_lom/tcp_iperf3.json"
check "tuned ones in a tree of their own" test -s "$tuned/reorder-only/Internal/baseline/2_luna/tcp_iperf3.json"
check "the other congestion control was used" \
	grep -q '"sender_tcp_congestion": "bbr"' "$tuned/bbr/Internal/baseline/0_lom/tcp_iperf3.json"
check "and not on stock hosts" grep -q '"sender_tcp_congestion": "cubic"' "$tree/Internal/baseline/0_lom/tcp_iperf3.json"
check "what was read back is kept" sh -c "python3 -c '
import json, sys
said = json.load(open(sys.argv[1]))[\"tunings\"][\"reorder-only\"][\"sysctls\"]
sys.exit(not any(s[\"key\"] == \"net.ipv4.tcp_reordering\" and s[\"found\"] == \"10\" for s in said))' '$tree/environment.json'"
check "the summary has a row for each" prints 'baseline, reorder-only'
check "the tree is what its schema says" tree_is_sound
meshbench report "$tree" --json
check "the report compares them" prints 'kernel_tuning_internal_reorder-only'
rm "$tuned/bbr/Internal/baseline/1_yuki/tcp_iperf3.json"
meshbench run --resume "$tree"
check "a missing cell of a tuning is measured again" exits 0
check "and nothing else" sh -c "[ \$(grep -c '\"kind\": *\"visit\"' '$tree/events.jsonl') = 4 ]"
mkdir "$scratch/data"
for folder in drivers features plans profiles tunings; do cp -r "$SOURCE_ROOT/$folder" "$scratch/data"; done
sed -i 's/tcp_reordering=10/tcp_reordering=11/' "$scratch/data/tunings/reorder-only.yml"
MESHBENCH_DATA=$scratch/data meshbench run --resume "$tree"
check "cells of a tuning that has changed are measured again" says 'has changed (tuning reorder-only), so 3 cells are measured again'
check "and no other" sh -c "[ \$(grep -c '\"kind\": *\"visit\"' '$tree/events.jsonl') = 5 ]"

# Processors: what each host says of itself is what was laid out for it; and so in the tree next to it, where nothing is limited.
are_pinned() {
	python3 -c '
import json, sys
lab = json.load(open(sys.argv[1] + "/environment.json"))["lab"]
wanted = lab["processors"]["hosts"]
sys.exit(len(wanted) != 3 or any(wanted[h["name"]] != h["processors"] for h in lab["hosts"]))' "$1"
}
tree=$scratch/cpus
meshbench run "$fast" --dry-run --vpn none --cpus 1
check "a dry run shows who runs where" prints '^== Processors, 1 a host: lom [0-9]*; yuki'
meshbench run "$fast" --vpn none --workload tcp --attempts 1 --engine wire --cpus 1,all --out "$tree"
check "hosts with one processor and with all are measured" exits 0
check "each host has the processor that was laid out for it" are_pinned "$tree/1cpus"
check "hosts with all are not limited" sh -c "! grep -q limited_by '$tree/allcpus/environment.json'"
check "a table compares both" prints 'allcpus *1cpus *the processor limits'
tree=$tree/1cpus
check "a tree of pinned hosts is what its schema says" tree_is_sound
meshbench report "$tree" --markdown
check "the report says how many a host had" sh -c "cat '$scratch/out' '$scratch/err' | grep -q 'a host has 1 processor'"
sed -i 's/"processors of a host": 1/"processors of a host": 2/' "$tree/environment.json"
rm "$tree/Internal/baseline/0_lom/tcp_iperf3.json"
meshbench run --resume "$tree"
check "results of other processors are not mixed" says 'has changed since it was measured: processors of a host'
tree=$scratch/far
meshbench run "$fast" --on local --vpn none --workload tcp --attempts 1 --cpus 1 --out "$tree"
check "far hosts are pinned as well" are_pinned "$tree"
check "nothing is left behind" nothing_is_left
finish
