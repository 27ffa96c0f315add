# TAP for system tests in shell. A test file sources this, calls `check "sentence" command...` and ends with `finish`.
# $MESHBENCH is the program; $SOURCE_ROOT the tree. Everything a test starts carries $MESHBENCH_TEST in its environment, so that
# what it leaves behind is found.
set -u

MESHBENCH_TEST=$(basename "$0").$$
export MESHBENCH_TEST
tap_count=0
tap_failed=0
scratch=$(mktemp -d "${TMPDIR:-/tmp}/meshbench-test.XXXXXX")
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
			[ -f "$scratch/$file" ] && tail -n 15 "$scratch/$file" | sed "s/^/# $file: /"
		done
	fi
	return 0
}

# meshbench ARGUMENT...: runs it; output in $scratch/out and $scratch/err, exit status in $status.
meshbench() {
	"$MESHBENCH" "$@" >"$scratch/out" 2>"$scratch/err" </dev/null
	status=$?
}

exits() { [ "$status" = "$1" ]; }
says() { grep -q -e "$1" "$scratch/err"; }
prints() { grep -q -e "$1" "$scratch/out"; }

# Processes that carry this test's mark; the shell's own children for looking are not counted.
survivors() {
	for environ in /proc/[0-9]*/environ; do
		pid=${environ#/proc/}
		pid=${pid%/environ}
		[ "$pid" = $$ ] && continue
		tr '\0' '\n' <"$environ" 2>/dev/null | grep -qx "MESHBENCH_TEST=$MESHBENCH_TEST" || continue
		case $(tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null) in
		*meshbench* | *tincd* | *nebula* | *yggdrasil* | *wireguard-go* | *iperf3* | *ping* | *daemon*)
			case $(sed -n 's/^State:\t\(.\).*/\1/p' "/proc/$pid/status" 2>/dev/null) in
			Z | X | '') ;;
			*)
				# This shell and its subshells run a file of tests/system.
				grep -qz 'tests/system/' "/proc/$pid/cmdline" 2>/dev/null || echo "$pid" ;;
			esac ;;
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
links_before=$(ip -o link | wc -l)

finish() {
	echo "1..$tap_count"
	[ $tap_failed = 0 ]
	exit $?
}
