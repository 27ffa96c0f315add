#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What a report says of hosts behind routers, of results that real VPNs made (tests/golden/record-ways). Speaks TAP. usage: test_ways.py TOOL"""
import json
import subprocess
import sys
from pathlib import Path

TREES = Path(__file__).resolve().parents[1] / "golden" / "trees"
number = failed = 0


def check(sentence, is_so, found=""):
    global number, failed
    number += 1
    failed += not is_so
    print(f"{'ok' if is_so else 'not ok'} {number} - {sentence}")
    if not is_so:
        print(f"# {found}", file=sys.stderr)


class Report:
    def __init__(self, tree):
        run = subprocess.run([sys.argv[1], "report", TREES / tree, "--json"], check=True, capture_output=True, text=True)
        self.value = json.loads(run.stdout)

    def row(self, table, vpn, **more):
        rows = next(t["rows"] for t in self.value["tables"] if t["id"] == table)
        return next((r for r in rows if r["vpn"] == vpn and all(r[key] == value for key, value in more.items())), {})

    def vpns(self, finding):
        return {vpn for f in self.value["findings"] if f["id"] == finding for vpn in f["vpns"]}

    def situation(self, name):
        found = next((s for s in self.value["situations"] if s["id"] == name), {"vpns": []})
        return {f["vpn"]: f for f in found["vpns"]}


def has(row, **values):
    return bool(row) and all(row[key] == value for key, value in values.items())


def narrow_lines():
    report = Report("uplink")
    lines = {(vpn, icmp): report.row("mtu_lines", vpn, icmp=icmp) for vpn in ("none", "wireguard", "nebula") for icmp in ("yes", "no")}
    check("all of a bare link's line passes, with and without ICMP",
          all(lines["none", icmp]["whole_bytes"] == 1280 for icmp in ("yes", "no")), lines)
    print("# " + json.dumps(list(lines.values())))


def two_ways():
    report = Report("pair")
    for table in ("pathchoice_ways", "relay_ways", "roam_silence", "punch_pairs"):
        print("# " + json.dumps([r for t in report.value["tables"] if t["id"] == table for r in t["rows"]]))
    print("# " + json.dumps(report.value["situations"]))
    print("# " + json.dumps({f["id"]: f["vpns"] for f in report.value["findings"]}))


narrow_lines()
two_ways()
print(f"1..{number}")
sys.exit(failed > 0)
