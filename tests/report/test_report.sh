#!/bin/sh
# SPDX-License-Identifier: MIT
# The report on the published tree: tables, corrections, findings, answers, in every form.
# usage: test_report.sh TOOL
set -eu
here=$(dirname "$0")
. "$here/published.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$1" report "$tree" --json >"$work/report.json"
python3 "$here/check_report.py" "$tree" "$work/report.json"
