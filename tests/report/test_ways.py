#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What a report says of hosts behind routers, of results that real VPNs made (tests/golden/record-ways). Speaks TAP. usage: test_ways.py TOOL"""
import json
import subprocess
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True
from tap import check, end  # noqa: E402

TREES = Path(__file__).resolve().parents[1] / "golden" / "trees"


class Report:
    def __init__(self, tree):
        run = subprocess.run([sys.argv[1], "report", TREES / tree, "--json"], check=True, capture_output=True, text=True)
        self.value = json.loads(run.stdout)

    def row(self, table, vpn, **more):
        rows = next(t["rows"] for t in self.value["tables"] if t["id"] == table)
        return next((r for r in rows if r["vpn"] == vpn and all(r[key] == value for key, value in more.items())), {})

    def vpns(self, finding):
        return {vpn for f in self.value["findings"] if f["id"] == finding for vpn in f["vpns"]}

    def evidence(self, finding):
        return [e["text"] for f in self.value["findings"] if f["id"] == finding for about in f["about"] for e in about["evidence"]]

    def situation(self, name):
        found = next((s for s in self.value["situations"] if s["id"] == name), {"vpns": []})
        return {f["vpn"]: f for f in found["vpns"]}


def has(row, **values):
    return bool(row) and all(row[key] == value for key, value in values.items())


def narrow_lines():
    """wireguard-go without batches of datagrams (0.0.20220316) next to one with them, on a line that takes 1280 bytes."""
    report = Report("uplink")
    lines = {(vpn, icmp): report.row("mtu_lines", vpn, icmp=icmp) for vpn in ("Wireguard", "Wireguard@system") for icmp in ("yes", "no")}
    told, silent = lines["Wireguard", "yes"], lines["Wireguard", "no"]
    check("a table says what passes a narrow line", has(told, outer_mtu_bytes=1280, whole_bytes=1420, beyond="refused", tcp="goes on",
                                                       begins="yes", begun_tcp="goes on", runs=1), told)
    check("... and how little is left of a flow and of a new one", round(told["before_mbps"]) == 262 and round(told["after_mbps"], 1) == 2.6 and
          round(told["begun_mbps"], 1) == 2.3, told)
    check("a silent router makes flows hang", has(silent, whole_bytes=1216, beyond="silence", tcp="hangs", begun_tcp="hangs", silent_s=None), silent)
    check("who crawls is named, and who does not is not", report.vpns("narrow-line-crawl") == {"Wireguard"})
    check("both hang without ICMP", report.vpns("mtu-black-hole") == {"Wireguard", "Wireguard@system"})


def two_ways():
    report = Report("pair")
    slow, lossy = (report.row("pathchoice_ways", "Wireguard", kind=kind) for kind in ("slow", "lossy"))
    check("a table says who stays on a slow way", has(slow, start="direct", way_before="direct", way_bad="direct", way_good="direct", moves=0,
                                                     moved_s=None, lost_packets=0), slow)
    check("... with its delay", slow["before_rtt_ms"] < 1 and 300 < slow["bad_rtt_ms"] < 301, slow)
    check("... and on a lossy one", has(lossy, way_bad="direct", moves=0, lost_packets=125), lossy)
    check("to stay is a finding", report.vpns("stays-on-bad-way") == {"Wireguard"})
    check("the way was direct before it was blocked", has(report.row("relay_ways", "Wireguard"), start="direct", way="direct", blocked_way="none",
                                                        relay_mbps=None), report.row("relay_ways", "Wireguard"))
    check("that nobody relays is a finding", report.vpns("no-relay") == {"Wireguard"})
    back = report.row("roam_silence", "Wireguard", change="router forgets its mappings")
    check("who is back has a silence", has(back, runs=1, returned=1) and back["silent_s"] < 0.1, back)
    check("... and what was lost in both directions", has(back, from_sent=172, from_received=172, to_sent=172, to_received=172, to_lost_silent=0,
                                                          to_lost_after=0), back)
    lost = report.row("roam_silence", "Wireguard", change="router has another address")
    check("... and who is not has none", has(lost, runs=1, returned=0, silent_s=None), lost)
    check("... but lost all that it sent", has(lost, from_sent=903, from_received=0, from_lost_silent=903, from_lost_after=0, to_sent=0), lost)
    called = report.row("roam_silence", "Wireguard", change="router has another address; the host is called")
    check("... or what was sent to it", has(called, from_sent=0, to_sent=932, to_lost_silent=932), called)
    check("who hears it all the same is named", any("server heard it and alice did not" in text for text in report.evidence("lost-after-change")))
    quiet = report.row("keepalive_gaps", "Wireguard", **{"from": "bob", "to": "server"})
    check("silence all the time is not a gap", has(quiet, gaps=0, median_s=None, longest_s=None, compared="silent for all 39 s"), quiet)
    check("to send seldom is a finding", "Wireguard" in report.vpns("seldom-sends"), report.vpns("seldom-sends"))
    check("a curve has the time by which half of all trials are direct",
          report.row("punch_pairs", "Wireguard")["half_direct_s"] == 6.8 and report.row("punch_pairs", "Tinc+tcp")["half_direct_s"] is None)


def answers():
    report = Report("pair")
    homes, laptop = report.situation("two-homes"), report.situation("laptop")
    check("two homes are answered for each VPN", {vpn: f["fit"] for vpn, f in homes.items()} == {"Wireguard": "well", "Tinc+tcp": "somehow"}, homes)
    check("... with what was seen", homes["Tinc+tcp"]["text"] == "direct in 0 of 2 trials (0 to 66 %), relayed in 2" and
          homes["Wireguard"]["text"].endswith("nobody relays when the direct way is blocked"), homes)
    check("a laptop that is not found again is said", laptop["Wireguard"]["fit"] == "badly", laptop)
    check("the verdict says who does best behind routers", report.value["verdict"]["behind_routers"].startswith("Behind routers, "),
          report.value["verdict"])
    check("... and the answers have few words for a table", homes["Wireguard"]["brief"] == "direct, 6.8 s" and laptop["Wireguard"]["brief"] == "not back: new address",
          (homes, laptop))
    check("what nobody measured is not answered", not report.situation("carrier") and not report.situation("udp-blocked"))
    with tempfile.TemporaryDirectory() as scratch:
        page = Path(scratch) / "report.html"
        subprocess.run([sys.argv[1], "report", TREES / "pair", "--html", page], check=True, capture_output=True)
        text = page.read_text()
    first = text.partition('<section id="verdict">')[2].partition("</section>")[0]
    check("the first screen of the page has a table of situations", "Behind routers" in first and "+ direct, 6.8 s" in first and
          'class="out" title="back in only 0 of 1 runs' in first, first)
    check("the page has the answers, the curves and a picture of kinds", all(words in text for words in (
        "Two homes behind ordinary routers", "Laptop that moves", "Share of direct ways by time since the VPN began",
        "Direct ways by kinds of router: WireGuard")))


narrow_lines()
two_ways()
answers()
end()
