# SPDX-License-Identifier: MIT
# TAP for system tests in shell. A test file sources this, calls `check "sentence" command...` and ends with `finish`.
# $MESHBENCH is the program; $SOURCE_ROOT the tree. Everything a test starts carries $MESHBENCH_TEST in its environment, so that
# what it leaves behind is found.
set -u

MESHBENCH_TEST=$(basename "$0").$$
export MESHBENCH_TEST
tap_count=0
tap_failed=0
scratch=$(mktemp -d "${TMPDIR:-/tmp}/meshbench-system.XXXXXX")
trap 'rm -rf "$scratch"' EXIT

# check SENTENCE COMMAND...: the command's success decides.
check() {
	sentence=$1
	shift
	tap_count=$((tap_count + 1))
	if "$@"; then
		echo "ok $tap_count - $sentence"
	else
		tap_failed=$((tap_failed + 1))
		echo "not ok $tap_count - $sentence"
		for file in out err; do
			[ -f "$scratch/$file" ] && tail -n 15 "$scratch/$file" | sed "s/^/# $file: /" >&2
		done
	fi
	return 0
}

# skip SENTENCE REASON: in place of a check that this machine does not allow; CI lists what may skip (.ci/may-skip).
skip() {
	tap_count=$((tap_count + 1))
	echo "ok $tap_count - $1 # SKIP $2"
}

# meshbench ARGUMENT...: runs it; output in $scratch/out and $scratch/err, exit status in $status.
meshbench() {
	"$MESHBENCH" "$@" >"$scratch/out" 2>"$scratch/err" </dev/null
	status=$?
}

# instead NAME SCRIPT: meshbench_instead runs with a program of that name before all others on PATH.
instead() {
	mkdir -p "$scratch/instead"
	printf '#!/bin/sh\n%s\n' "$2" >"$scratch/instead/$1"
	chmod 755 "$scratch/instead/$1"
}
meshbench_instead() {
	saved=$PATH
	PATH=$scratch/instead:$PATH
	meshbench "$@"
	PATH=$saved
}

# Every file of $tree is what its schema says; the checker's words are not TAP.
tree_is_sound() { "$SOURCE_ROOT/tools/check-tree" "$tree" >&2; }
# succeeded FILE: whether a result is one.
succeeded() { grep -qE '"status": ?"success"' "$1"; }
exits() { [ "$status" = "$1" ]; }
says() { grep -q -e "$1" "$scratch/err"; }
prints() { grep -q -e "$1" "$scratch/out"; }

# Processes that carry this test's mark, but for the shells that run the test itself.
survivors() {
	for process in /proc/[0-9]*; do
		{ tr '\0' '\n' <"$process/environ" | grep -qx "MESHBENCH_TEST=$MESHBENCH_TEST"; } 2>/dev/null || continue
		{ tr '\0' ' ' <"$process/cmdline" | grep -q "^/bin/sh [^ ]*$(basename "$0") *\$"; } 2>/dev/null && continue
		case $(sed -n 's/^State:\t\(.\).*/\1/p' "$process/status" 2>/dev/null) in
		Z | X | '') ;;
		*) echo "${process#/proc/}" ;;
		esac
	done
}

# The kernel ends a killed lab on its own; that takes a moment, which is waited for as a fact.
nothing_is_left() {
	tries=0
	while left=$(survivors) && [ -n "$left" ]; do
		tries=$((tries + 1))
		if [ $tries -gt 100 ]; then
			for pid in $left; do
				echo "# left: $pid $(tr '\0' ' ' <"/proc/$pid/cmdline")"
			done
			return 1
		fi
		sleep 0.05
	done
	[ "$(ip -o link | wc -l)" = "$links_before" ] && ! grep -q meshbench /proc/mounts
}
# A fact that has to come true within thirty seconds.
await() {
	tries=0
	until "$@"; do
		tries=$((tries + 1))
		[ $tries -lt 3000 ] || return 1
		sleep 0.01
	done
}
links_before=$(ip -o link | wc -l)

# The quick plan with everything cut short: the paths are the same, the numbers are not for reading.
fast=$scratch/fast.yml
sed -e 's/^ping_count:.*/ping_count: 4/' -e 's/^ping_runs:.*/ping_runs: 1/' -e 's/^mesh_runs:.*/mesh_runs: 1/' \
	-e 's/^seconds:.*/seconds: 1/' -e 's/^parallel_seconds:.*/parallel_seconds: 1/' "$SOURCE_ROOT/plans/quick.yml" >"$fast"

finish() {
	echo "1..$tap_count"
	[ $tap_failed = 0 ]
	exit $?
}
