#!/bin/sh
# SPDX-License-Identifier: MIT
# Every form of a report on an invented, damaged tree with hostile names.
# usage: test_forms.sh TOOL
set -eu
here=$(dirname "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tree=$work/tree
python3 "$here/make_tree.py" "$tree" --seed 5 --repetitions 5 --damage
mv "$tree/Nebula" "$tree/<img src=x onerror=alert(1)>&\"'"
mkdir "$work/tuned"
python3 "$here/make_tree.py" "$work/tuned" --seed 6
"$1" report "$tree" --json --tuned "$work/tuned" >"$work/report.json"
"$1" report "$tree" --tuned "$work/tuned" --html "$tree/report.html" --csv "$work/csv" --latex "$work/latex" >/dev/null
mkdir "$work/elsewhere" "$tree/pages"
"$1" report "$tree" --html "$work/elsewhere/far.html" >/dev/null
"$1" report "$tree" --html "$work/above.html" >/dev/null
"$1" report "$tree" --html "$tree/pages/within.html" >/dev/null
"$1" report "$tree" --markdown >"$work/report.md"
python3 "$here/make_tree.py" "$work/without" --seed 5
rm -r "$work/without/Internal"
"$1" report "$work/without" --html "$work/without.html" >/dev/null
python3 "$here/check_page.py" "$tree/report.html" "$work/csv" "$work/latex" "$work/report.json" "$work/elsewhere/far.html" "$work/above.html" "$tree/pages/within.html" "$work/without.html"
