#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""tools/make-study on a small tree: its page has the tree's figures and no others. Speaks TAP. usage: test_study.py MESHBENCH"""
import json
import random
import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).parent))
import make_tree  # noqa: E402
from tap import check, end  # noqa: E402

MESHBENCH, ROOT = Path(sys.argv[1]).resolve(), Path(__file__).resolve().parents[2]
HOSTS = ["lom", "yuki", "luna"]
PROFILES = {"baseline": 9e8, "low_impairment": 5e7, "low_impairment_unit=superpacket": 3e8}


def fill_profile(r, top, profile, level):
    for position, host in enumerate(HOSTS):
        target = HOSTS[(position + 1) % 3]
        for name, data in make_tree.results(r, level):
            spent = {"resources": {"daemons_cpu_s": 2.5, "daemons_cpu_s_per_gb": round(r.uniform(5, 50), 3)}}
            meta = {**make_tree.meta(r, host, target, **spent), "test_attempts": 1}
            make_tree.write({"status": "success", "data": data, "meta": meta}, top, f"{position}_{host}", name)
    pairs = [{"source": host, "target": HOSTS[(i + 1) % 3], "result": make_tree.iperf3(r, 5, level / 2, False)} for i, host in enumerate(HOSTS)]
    make_tree.write({"status": "success", "data": {"pairs": pairs}, "meta": make_tree.meta(r, "lom", "yuki")}, top, "parallel_tcp_iperf3.json")
    for name, figures in (("connect.json", ("answered_s", "stable_s", "simultaneous_s", "daemons_s")), ("reboot.json", ("one_s", "all_s"))):
        meta = {"duration_seconds": 5, "test_attempts": 1, "figures": {figure: round(r.uniform(.02, 9), 3) for figure in figures}}
        make_tree.write({"status": "success", "data": {}, "meta": meta}, top, name)
    settings = None if profile == "baseline" else {"bandwidth_mbit": None, "latency_ms": 4, "jitter_ms": 4, "packet_loss_percent": .5,
                                                  "reorder_percent": 1.0, "reorder_correlation": 25.0}
    make_tree.write({"alias": profile, "settings": settings}, top, "tc_settings.json")


def fill(tree, **changes):
    """What a run of plans/study.yml leaves, with invented numbers."""
    r = random.Random(7)
    for share, vpn in enumerate(("Internal", "Wireguard", "Headscale"), 1):
        for profile, level in PROFILES.items():
            fill_profile(r, tree / vpn / profile, profile, level / share)
    vpns = {vpn: {"name": vpn.lower(), "title": title, "version": f"{title} 1.2.3", "datapath": "userspace"}
            for vpn, title in (("Internal", "Bare link"), ("Wireguard", "WireGuard"), ("Headscale", "Tailscale with Headscale"))}
    plan = {"hosts": HOSTS, "workloads": ["ping", "tcp"], "profiles": ["baseline", "low", "low:unit=superpacket"], "engine": "wire", "repeat": 4,
            "seed": 1, "seconds": 3.0, **changes}
    make_tree.write({"schema": 1, "meshbench": {"version": "0.2.0"}, "started": 1795850070.5, "plan": plan, "vpns": vpns,
                     "machine": {"cores": 2, "cpu": "Some CPU", "memory": "8388608 kB", "kernel": "6.1.0", "operating_system": "Some Linux"}},
                    tree, "environment.json")


def study(folder, *words, text=None):
    """Runs make-study in a folder that has the text of the repository, or another one."""
    folder.mkdir(exist_ok=True)
    for name in ("text.md", "published.json"):
        shutil.copyfile(ROOT / "doc/study" / name, folder / name)
    if text is not None:
        (folder / "text.md").write_text(text)
    return subprocess.run([ROOT / "tools/make-study", "--into", folder, *words], capture_output=True, text=True, check=False)


def figures(text):
    """Numbers as a reader sees them: neither in code nor in the target of a link, and no part of a word."""
    text = re.sub(r"<!--.*?-->|`[^`]*`|\]\([^)]*\)", " ", text, flags=re.S)
    return set(re.findall(r"(?<![\w.])\d+(?:\.\d+)*", text.replace("\\", "")))


def rounded(value):
    """Every number of a JSON value, with up to three significant digits or in full, and every one in its texts."""
    if isinstance(value, dict):
        return set().union(*map(rounded, value.values()), *map(rounded, value))
    if isinstance(value, list):
        return set().union(*map(rounded, value))
    if isinstance(value, str):
        return figures(value) | set(re.findall(r"\d+(?:\.\d+)*", value))
    if isinstance(value, bool) or value is None:
        return set()
    return {f"{value:.{decimals}f}" for decimals in range(4)} | {f"{value:g}"}


def report(tree, form):
    return subprocess.run([MESHBENCH, "report", tree, form], capture_output=True, text=True, check=True).stdout


def pages(work, tree):
    made = study(work / "study", MESHBENCH, tree)
    check("the text of doc/study is a page of a tree that has what plan study measures", made.returncode == 0, made.stderr)
    page = (work / "study/README.md").read_text()
    known = rounded(json.loads(report(tree, "--json"))) | figures(report(tree, "--markdown"))
    known |= rounded(json.loads((tree / "environment.json").read_text())) | rounded(json.loads((work / "study/published.json").read_text()))
    known |= {"27", "28", "2026", "8"}  # the day and the memory, which are counted in other units there
    check("no figure stands on it that neither the tree nor the quotations have", not figures(page) - known, figures(page) - known)
    check("... and there are many", len(figures(page)) > 100, len(figures(page)))
    check("no placeholder is left", "{{" not in page, page[page.find("{{"):][:200])
    drawings = [xml.etree.ElementTree.parse(work / "study" / name) for name in re.findall(r"!\[[^]]*\]\(([^)]*\.svg)\)", page)]
    check("its charts are pictures that stand alone", drawings and all(d.getroot().tag.endswith("svg") and "--sheet" in d.getroot()[0].text for d in drawings))
    check("it says when and on what it was measured", "on 28 November 2026" in page and "2 processors (Some CPU), 8 GiB" in page, page[:900])
    check("a tree that is compared with itself has no factor but one", "| 1 |" in (
        study(work / "again", "--before", tree, MESHBENCH, tree, text="{{changes}}\n") and (work / "again/README.md").read_text()))
    return page


def archives(work, tree, page):
    for name in ("one", "two"):
        (work / name).mkdir()
        study(work / "study", "--pack", work / name, tree)
    one, two = (next((work / name).iterdir()) for name in ("one", "two"))
    check("a tree that is packed twice has the same bytes, and its day as its name",
          one.name == "meshbench-study-2026-11-28.tar.xz" and one.read_bytes() == two.read_bytes(), one.name)
    made = study(work / "study", MESHBENCH, one)
    named = (work / "study/tree.sha256").read_text().strip()
    check("the page of the archive is that of the tree, byte for byte, but for the archive's name",
          made.returncode == 0 and (work / "study/README.md").read_text().replace(f"`{named}`", "not packed yet") == page, made.stderr)
    two.write_bytes(one.read_bytes() + b"\0")
    made = study(work / "study", MESHBENCH, two)
    check("an archive with another hash is refused", made.returncode == 1 and "does not have the hash" in made.stderr, made.stderr)


def refusals(work, tree):
    def refused(sentence, why, text, of=tree):
        made = study(work / "not", MESHBENCH, of, text=text)
        check(sentence, made.returncode == 1 and why in made.stderr and not (work / "not/README.md").exists(), made.stderr)

    refused("a number that is written by hand is refused, with its line", "line 2 of text.md has a number", "# A study\nWireGuard carries 44 Mbit/s.\n")
    refused("a value that the tree does not have is refused", "has 0 rows for 'Nebula'", "{{value tcp_baseline_corrected Nebula received_mbps}}\n")
    refused("... and a chart", "nothing to draw in chart 'wake'", "{{chart wake}}\n")
    refused("a sentence that the tree contradicts is refused", "write that part again",
            "{{where tcp_impairment_corrected Internal low > tcp_impairment_corrected Internal baseline}}\n")
    for path in (tree / "Internal/low_impairment").glob("*/tcp_iperf3.json"):
        value = json.loads(path.read_text())
        value["meta"]["marks"] = [{"mark": "busy", "reason": "something else ran"}]
        path.write_text(json.dumps(value))
    refused("a marked value is not quoted", "is marked", "{{value tcp_impairment_corrected Internal low}}\n")
    poor = work / "poor"
    poor.mkdir()
    fill(poor, repeat=1, engine="bridge")
    refused("a tree of one block over a bridge is too poor", "1 blocks, of at least 4; engine bridge", "# {{title}}\n{{trial}}", poor)
    study(work / "not", "--trial", MESHBENCH, poor, text="# {{title}}\n{{trial}}")
    check("... and as a trial it says so", "This is a trial" in (work / "not/README.md").read_text())


with tempfile.TemporaryDirectory() as scratch:
    place = Path(scratch)
    fill(place / "tree")
    archives(place, place / "tree", pages(place, place / "tree"))
    refusals(place, place / "tree")
end()
