#!/bin/sh
# SPDX-License-Identifier: MIT
# What `meshbench report` prints for scripts and what it prints for people.
# usage: test_terminal.sh MESHBENCH
set -u
here=$(dirname "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tree=$work/tree
python3 "$here/make_tree.py" "$tree" --seed 5
count=0
failed=0

check() { # check SENTENCE COMMAND...
	sentence=$1
	shift
	count=$((count + 1))
	if "$@"; then
		echo "ok $count - $sentence"
	else
		echo "not ok $count - $sentence"
		failed=1
	fi
}

"$1" report "$tree" >"$work/out" 2>"$work/err"
check "stdout has the path of the page and nothing else" [ "$(cat "$work/out")" = "$tree/report.html" ]
check "people read what was measured" grep -q '^Nebula, WireGuard, Zzz-unknown and the bare link: ping, TCP, ' "$work/err"
check "they read the table" grep -Eq '^VPN +TCP ' "$work/err"
check "they read who is ahead" grep -Eq 'is ahead|cannot be recommended' "$work/err"
"$1" report "$tree" --json >"$work/out" 2>"$work/err"
check "with --json nothing is said besides" [ ! -s "$work/err" ]
"$1" report "$tree" --markdown >"$work/out" 2>"$work/err"
check "Markdown begins with what was measured" sh -c "head -1 '$work/out' | grep -q '^# Nebula, WireGuard, '"
check "and has the table" grep -q '^| VPN | TCP, Mbit/s |' "$work/out"
echo "1..$count"
exit $failed
