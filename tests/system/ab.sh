#!/bin/sh
# SPDX-License-Identifier: MIT
# Two versions in turn: alike, one of them slowed by a known amount, and too little time to know. Values count even where this
# machine is busy, since what they share falls out of their ratio.
. "$(dirname "$0")/lib.sh"

tree=$scratch/tree
tcp="--workload tcp --seconds 1 --attempts 1 --accept-marked"
holds() { grep -q -e "$2" "$1"; }

# shellcheck disable=SC2086
meshbench ab none none $tcp --margin 50 --json "$scratch/ab.json" --bmf "$scratch/bmf.json" --markdown "$scratch/summary.md" --out "$tree"
check "a version is not worse than itself" exits 0
check "it says how large a difference it would have seen" prints 'do not differ by more than 50 %'
check "and how often it is wrong" prints 'wrong in at most 5 %'
check "both sides have results of their own" test -f "$tree/Internal@old/baseline/0_lom/tcp_iperf3.json" -a \
	-f "$tree/Internal@new/baseline/0_lom/tcp_iperf3.json"
check "every second block goes back" sh -c "python3 - '$tree' <<-'EOF'
	import json, sys
	events = [json.loads(line) for line in open(sys.argv[1] + '/events.jsonl')]
	sides = [event['vpn'][-3:] for event in events if event.get('event', event.get('kind')) == 'visit']
	assert len(sides) >= 8 and sides[:8] == ['old', 'new', 'new', 'old'] * 2, sides
	EOF"
check "the tree is what its schema says" tree_is_sound
check "ab.json is asked for and in the tree" cmp -s "$scratch/ab.json" "$tree/General/ab.json"
check "it holds the verdict" holds "$scratch/ab.json" '"verdict": "no difference"'
check "a tracker's file holds the figures" holds "$scratch/bmf.json" '"lower_value"'
check "the summary is a table in Markdown" holds "$scratch/summary.md" '^| tcp, baseline | `forward_mbps` |'
meshbench report "$tree" --json
check "the report reads the tree" exits 0

# shellcheck disable=SC2086
meshbench ab none none $tcp --time 1 --out "$tree"
check "a folder with the results of another comparison is refused" exits 2
check "without a verdict" sh -c "! grep -q 'Cannot tell' '$scratch/out'"
check "and keeps what it held" cmp -s "$scratch/ab.json" "$tree/General/ab.json"

# shellcheck disable=SC2086
meshbench ab none none $tcp --time 1 --out "$scratch/short" --history "$scratch/history" --commit c1
check "two blocks tell nothing" exits 4
check "which it says" prints '^Cannot tell whether'
check "but what was measured of the second version is in the history, without its side" \
	sh -c "grep -q '\"commit\":\"c1\".*\"vpn\":\"Internal\",.*\"key\":\"tcp\"' '$scratch/history' && ! grep -q '@' '$scratch/history'"

for side in 0 200; do
	mkdir -p "$scratch/slower-$side"
	cp "$SLOWER" "$scratch/slower-$side/slower.so"
	printf '#!/bin/sh\nexport LD_PRELOAD=%s SLOWER_PERCENT=%s\nexec %s "$@"\n' "$scratch/slower-$side/slower.so" "$side" \
		"$(PATH=$PATH:/usr/sbin command -v tincd)" >"$scratch/slower-$side/tincd"
	chmod 755 "$scratch/slower-$side" "$scratch/slower-$side/tincd" "$scratch/slower-$side/slower.so"
done
# shellcheck disable=SC2086
meshbench ab "$scratch/slower-0" "$scratch/slower-200" --vpn tinc $tcp --out "$scratch/slower"
check "a version that needs three times the processor time is worse" exits 1
check "which it says" prints '^tinc@new is worse than tinc@old'
# shellcheck disable=SC2086
meshbench ab "$scratch/slower-200" "$scratch/slower-0" --vpn tinc $tcp --out "$scratch/faster"
check "and the other way round it is better" sh -c "[ $status = 0 ] && grep -q '^tinc@new is better than tinc@old' '$scratch/out'"

meshbench ab none
check "one version is wrong input" exits 2
meshbench ab "$scratch/absent" "$scratch" --vpn tinc --out "$scratch/none"
check "so is a folder that does not exist" exits 2
check "which it names" says "$scratch/absent"
check "nothing is left behind" nothing_is_left
finish
