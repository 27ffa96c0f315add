#!/bin/sh
# SPDX-License-Identifier: MIT
# Recomputes a tree and holds every number to an independent program.
# usage: test_recompute.sh TOOL published|SEED
set -eu
here=$(dirname "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if [ "$2" = published ]; then
	. "$here/published.sh"
else
	tree=$work/tree
	python3 "$here/make_tree.py" "$tree" --seed "$2" --repetitions 2
fi
"$1" recompute "$tree" "$work/comparison" >"$work/log"
python3 "$here/check_recompute.py" "$tree" "$work/comparison"
