#!/bin/sh
# SPDX-License-Identifier: MIT
# Ctrl-C, kill -9 and a full disk: nothing stays behind, nothing measured is lost, --resume completes.
. "$(dirname "$0")/lib.sh"

# The cells of a tree that succeeded.
successes() { grep -rlE '"status": ?"success"' --include=ping.json "$1" 2>/dev/null | wc -l; }

# start ARGUMENT...: meshbench in the background; its pid in $running.
start() {
	"$MESHBENCH" "$@" >"$scratch/out" 2>"$scratch/err" </dev/null &
	running=$!
}

has_successes() { [ "$(successes "$1")" -ge "$2" ]; }

# Ctrl-C in the middle
tree=$scratch/cancelled
start run "$fast" --vpn none,tinc --workload ping --out "$tree"
check "the first cell is measured" await has_successes "$tree" 1
kill -INT $running
wait $running
status=$?
check "Ctrl-C ends it with the status of an incomplete run" exits 1
check "it says how to go on" says "--resume $tree"
check "nothing is left behind" nothing_is_left
check "the state of the hosts is removed" test ! -e "$tree/General/state"
measured=$(successes "$tree")
stamp=$(find "$tree" -name ping.json -exec stat -c '%n %Y %i' {} + | sort)
meshbench run --resume "$tree"
check "the run is completed" exits 0
check "all six cells are there" has_successes "$tree" 6
echo "$stamp" >"$scratch/stamp"
check "what was measured ($measured cells) was not measured again" \
	sh -c "find '$tree' -name ping.json -exec stat -c '%n %Y %i' {} + | sort >'$scratch/now'; ! comm -23 '$scratch/stamp' '$scratch/now' | grep ."
meshbench run --resume "$tree"
check "a complete run has nothing to do" exits 0

# kill -9 at moments spread over the whole run, each time going on with the same tree
tree=$scratch/killed
moments=${MESHBENCH_KILLS:-12}
stayed=0
broken=0
i=0
start run "$fast" --vpn none,tinc --workload ping --out "$tree"
while [ $i -lt "$moments" ]; do
	# Moments are drawn, not tuned: 20 ms to about 1.3 s after the start.
	sleep "$(awk -v seed="$$$i" 'BEGIN { srand(seed); printf "%.3f", 0.02 + rand() * rand() * 1.3 }')"
	kill -9 $running 2>/dev/null
	wait $running 2>/dev/null
	nothing_is_left || stayed=$((stayed + 1))
	find "$tree" -name '*.json' 2>/dev/null | while read -r file; do
		/usr/bin/python3 -c 'import json,sys; json.load(open(sys.argv[1]))' "$file" 2>/dev/null || echo "$file"
	done | grep -q . && broken=$((broken + 1))
	if [ -f "$tree/environment.json" ]; then
		start run --resume "$tree"
	else
		rm -rf "$tree"
		start run "$fast" --vpn none,tinc --workload ping --out "$tree"
	fi
	i=$((i + 1))
done
wait $running
status=$?
check "after $moments kills nothing was ever left behind" test $stayed = 0
check "and no file was ever half written" test $broken = 0
check "and the last resumed run completes the tree" exits 0
check "with all six cells" has_successes "$tree" 6
check "and no state of hosts" test ! -e "$tree/General/state"

# A disk that fills up: a small tmpfs in namespaces of our own
cat >"$scratch/full.sh" <<'END'
mount -t tmpfs -o size=160k none "$1" || exit 99
"$MESHBENCH" run "$3" --vpn none --workload ping,tcp --out "$1/tree" >"$2/out" 2>"$2/err" </dev/null
echo $? >"$2/status"
find "$1" -name '*.json' >"$2/files"
for file in $(cat "$2/files"); do
	/usr/bin/python3 -c 'import json,sys; json.load(open(sys.argv[1]))' "$file" || echo "$file"
done >"$2/broken"
find "$1" -name '*.??????' >"$2/temporary"
END
mkdir "$scratch/disk"
if [ "$(id -u)" = 0 ]; then unshare=-m; else unshare=-rm; fi
unshare $unshare sh "$scratch/full.sh" "$scratch/disk" "$scratch" "$fast"
status=$(cat "$scratch/status")
check "a full disk ends the run with an error" exits 1
check "the message names the disk" says 'No space left on device'
check "it says how to go on" says '--resume'
check "what was written is whole" test ! -s "$scratch/broken"
check "something was written" grep -q ping.json "$scratch/files"
check "no temporary file stays" test ! -s "$scratch/temporary"
check "nothing is left behind in the end" nothing_is_left
finish
