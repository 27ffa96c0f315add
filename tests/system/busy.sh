#!/bin/sh
# SPDX-License-Identifier: MIT
# Other programs on this machine: said before, tried once more, marked in the tree and named in the summary.
. "$(dirname "$0")/lib.sh"

processors=$(nproc)
loops=
begin_loops() {
	for _ in $(seq $((processors * 2))); do
		sh -c 'while :; do :; done' &
		loops="$loops $!"
	done
}
# shellcheck disable=SC2086
end_loops() { kill $loops; wait $loops 2>/dev/null; }

tree=$scratch/tree
cell=$tree/Internal/baseline/0_lom/ping.json
begin_loops
meshbench run "$fast" --vpn none --workload ping --profile baseline --out "$tree"
check "a busy machine is measured on nevertheless" exits 0
check "run says before that figures will be marked" says "this machine is busy: other programs used .*--wait waits until"
check "the cell is tried once more" says "other programs used .*once more"
check "its mark stands in the tree" grep -q '"mark": *"busy"' "$cell"
check "both attempts are in its history" test "$(grep -c '"mark": *"busy"' "$cell")" = 3
check "the summary names it" prints "other programs used"
check "the tree is what its schema says" tree_is_sound
meshbench report "$tree" --markdown
check "the report shows the mark in the value" prints '^| Bare link | 3/3 | [0-9.]*\* |'
check "and says what the star means" prints 'Marked: something other than the VPN'
meshbench report "$tree" --json
check "one finding names what ran" prints '"Bare link, baseline, ping, 0_lom: other programs used'

meshbench compare "$tree" "$tree"
check "a comparison shows the mark on both sides" prints '| [0-9.]*\* (3/3) | [0-9.]*\* (3/3) |'

timeout --preserve-status -s INT 8 "$MESHBENCH" run --vpn none --workload ping --profile baseline --wait --out "$scratch/waited" \
	>"$scratch/out" 2>"$scratch/err" </dev/null
check "with --wait it says that it waits" says "waiting until it is quiet"
check "while it waits nothing is measured" test ! -e "$scratch/waited/Internal"
end_loops
check "nothing is left behind" nothing_is_left
finish
