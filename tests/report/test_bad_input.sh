#!/bin/sh
# SPDX-License-Identifier: MIT
# A folder that is not a result tree ends with status 2 and a sentence; damaged files are named and left out.
# usage: test_bad_input.sh TOOL
set -u
here=$(dirname "$0")
tool=$1
work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
count=0
failed=0

check() { # check SENTENCE STATUS; the condition is the status
	count=$((count + 1))
	if [ "$2" -eq 0 ]; then
		echo "ok $count - $1"
	else
		echo "not ok $count - $1"
		sed 's/^/# /' "$work/out"
		failed=1
	fi
}

refuses() { # refuses SENTENCE WORDS ARGS...
	sentence=$1
	words=$2
	shift 2
	"$tool" "$@" >"$work/out" 2>&1
	status=$?
	[ "$status" -eq 2 ] && grep -q "$words" "$work/out"
	check "$sentence" $?
}

mkdir -p "$work/empty" "$work/other/a/b/c"
touch "$work/file"
python3 "$here/make_tree.py" "$work/tree" --damage
for command in recompute "report --json"; do
	set -- $command
	name=$1
	shift
	refuses "$name refuses a folder that is not there" "No such file" "$name" "$work/none" "$@"
	refuses "$name refuses a file" "it is a file" "$name" "$work/file" "$@"
	refuses "$name refuses an empty folder" "does not contain results" "$name" "$work/empty" "$@"
	refuses "$name refuses another folder" "does not contain results" "$name" "$work/other" "$@"
	refuses "$name refuses the folder of one VPN" "does not contain results" "$name" "$work/tree/Internal" "$@"
done

"$tool" recompute "$work/tree" >"$work/out" 2>&1
check "a damaged tree is recomputed" $?
for name in cut deep empty hollow huge nan strange; do
	grep -q "0_ada/$name.json: " "$work/out"
	check "$name.json is named" $?
done

"$tool" recompute "$work/tree" >"$work/out" 2>&1
check "writing the same again does not count as overwriting" $?
file=$work/tree/General/comparison/baseline/ping.json
echo mine >"$file"
refuses "another file is not overwritten" "add --force" recompute "$work/tree"
[ "$(cat "$file")" = mine ]
check "and keeps its content" $?
"$tool" recompute "$work/tree" --force >"$work/out" 2>&1 && [ "$(cat "$file")" != mine ]
check "with --force it is" $?

if [ "$(id -u)" -eq 0 ]; then
	run="setpriv --reuid=65534 --regid=65534 --clear-groups"
else
	run=
fi
mkdir "$work/elsewhere" "$work/foreign"
cp -r "$work/tree/." "$work/foreign"
rm -rf "$work/foreign/General"
ln -s "$work/elsewhere" "$work/foreign/General"
"$tool" report "$work/foreign" --json >"$work/out" 2>&1
grep -q "links in a result tree are not followed" "$work/out"
check "a link in a tree is named in its report" $?
"$tool" recompute "$work/foreign" --force >"$work/out" 2>&1
[ $? -ne 0 ] && grep -q "foreign/General/comparison.*links are not followed" "$work/out" && [ -z "$(ls "$work/elsewhere")" ]
check "recompute does not write through a link in a tree" $?

# A tree from a stranger: links to results, to devices and to itself, and pipes in place of files.
mkdir "$work/hostile"
cp -r "$work/foreign/." "$work/hostile"
rm -rf "$work/hostile/General" "$work/hostile/Zzz-unknown"
ln -s "$work/foreign/Zzz-unknown" "$work/hostile/Zzz-unknown"
rm "$work/hostile/Internal/baseline"/0_ada/*.json
ln -s "$work/foreign/Internal/baseline/0_ada/ping.json" "$work/hostile/Internal/baseline/0_ada/ping.json"
ln -s /dev/zero "$work/hostile/Internal/baseline/0_ada/tcp_iperf3.json"
ln -s .. "$work/hostile/Internal/baseline/3_loop"
mkfifo "$work/hostile/Internal/baseline/0_ada/udp_iperf3.json" "$work/hostile/Internal/baseline/1_bob/samples.json"
mkdir -p "$work/hostile/General/tunings"
ln -s "$work/foreign" "$work/hostile/General/tunings/bbr"
for order in "foreign hostile" "hostile foreign"; do
	set -- $order
	timeout 20 "$tool" compare "$work/$1" "$work/$2" >"$work/out" 2>&1
	check "compare $order ends" $?
	! grep -q '^| Zzz-unknown' "$work/out"
	check "what lies behind a link is not compared" $?
	for name in Zzz-unknown Internal/baseline/0_ada/ping.json Internal/baseline/0_ada/tcp_iperf3.json Internal/baseline/3_loop; do
		grep -q "^Skipped: hostile, $name: it is or lies behind a symbolic link" "$work/out"
		check "$name is named" $?
	done
done
timeout 20 "$tool" compare "$work/foreign" "$work/hostile" json >"$work/out" 2>&1
grep -q '"path": *"Zzz-unknown"' "$work/out"
check "JSON names them, too" $?
timeout 20 "$tool" report "$work/hostile" --json >"$work/out" 2>&1
[ $? -eq 0 ] && ! grep -q kernel_tuning "$work/out"
check "a tuned tree behind a link is not read" $?

chmod 755 "$work"
mkdir -m 000 "$work/closed"
$run "$tool" recompute "$work/closed" >"$work/out" 2>&1
[ $? -eq 2 ] && grep -q "Permission denied" "$work/out"
check "a folder that may not be read is refused" $?
chmod -R a-w "$work/tree"
$run "$tool" recompute "$work/tree" "$work/tree/new" >"$work/out" 2>&1
[ $? -eq 2 ] && grep -q "Permission denied" "$work/out"
check "a folder that may not be written is refused" $?
chmod 755 "$work/closed"

echo "1..$count"
exit $failed
