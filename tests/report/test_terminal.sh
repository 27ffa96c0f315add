#!/bin/sh
# SPDX-License-Identifier: MIT
# What `meshbench report` prints for scripts and what it prints for people.
# usage: test_terminal.sh MESHBENCH
set -u
tool=$(realpath "$1")
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

"$tool" report "$tree" >"$work/out" 2>"$work/err"
check "stdout has the path of the page and nothing else" [ "$(cat "$work/out")" = "$tree/report.html" ]
check "people read what was measured" grep -q '^Nebula, WireGuard, Zzz-unknown and the bare link: ping, TCP, ' "$work/err"
check "they read the table" grep -Eq '^VPN +TCP ' "$work/err"
check "they read who is ahead" grep -Eq 'is ahead|cannot be recommended' "$work/err"
"$tool" report "$tree" --json >"$work/out" 2>"$work/err"
check "with --json nothing is said besides" [ ! -s "$work/err" ]
"$tool" report "$tree" --markdown >"$work/out" 2>"$work/err"
check "Markdown begins with what was measured" sh -c "head -1 '$work/out' | grep -q '^# Nebula, WireGuard, '"
check "and has the table" grep -q '^| VPN | TCP, Mbit/s |' "$work/out"

# Folders of a stranger's tree, whose names would clear the screen, colour it and name the window.
esc=$(printf '\033')
for seed in 5 6; do
	name=tree$seed
	python3 "$here/make_tree.py" "$work/$name" --seed $seed
	mv "$work/$name/Zzz-unknown" "$work/$name/Zzz${esc}[2J${esc}[31m"
	mv "$work/$name/Nebula/baseline" "$work/$name/Nebula/base${esc}]0;line"
done
has_no_control() { ! cat "$work/out" "$work/err" | tr -d '\n\t' | LC_ALL=C grep -q '[[:cntrl:]]'; }
for form in "report tree5" "report tree5 --markdown" "compare tree5 tree6"; do
	(cd "$work" && "$tool" $form >out 2>err)
	check "$form: a hidden name is shown" grep -q 'Zzz?\\*\[2J?\\*\[31m' "$work/out" "$work/err"
	check "$form: and no control character is printed" has_no_control
done
echo "1..$count"
exit $failed
