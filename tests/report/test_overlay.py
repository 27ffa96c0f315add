# SPDX-License-Identifier: MIT
"""test_overlay.py MESHBENCH: two trees on one page, whose differences are shown and not judged. Speaks TAP."""
import html
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

meshbench, here = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(__file__).parent
checks = []


def run(*words):
    return subprocess.run([meshbench, *words], capture_output=True, text=True, cwd=work)


def rows(page, table):
    """The rows of a table as they are for readers without a script."""
    part = page[page.index(f'id="{table}"'):]
    part = part[:part.index("</table>")]
    return [[html.unescape(re.sub("<[^>]+>", "", cell)) for cell in re.findall("<td[^>]*>(.*?)</td>", row)]
            for row in re.findall("<tr[^>]*>(.*?)</tr>", part, re.S)][1:]


with tempfile.TemporaryDirectory() as folder:
    work = pathlib.Path(folder)
    for name, seed, repetitions in (("before", 5, 2), ("after", 6, 1)):
        subprocess.run([sys.executable, here / "make_tree.py", work / name, "--seed", str(seed), "--repetitions", str(repetitions), "--profiles", "2"],
                       check=True, stdout=subprocess.DEVNULL)
    (work / "before/Nebula").rename(work / "before/Nebula@1")
    done = run("report", "before", "after", "--html", "both.html")
    page = (work / "both.html").read_text()
    differences = rows(page, "overlay")
    compared = json.loads(run("compare", "before", "after", "--json").stdout)["changes"]
    top = page[page.index('<section id="overlay">'):page.index('<section id="charts">')]
    colour_of = {vpn: colour for colour, vpn in re.findall(r'<label class="([^"]*)"><input[^>]*data-filter="vpn" value="([^"]*)"', page)}
    bars = [re.findall(r'<text class="name"[^>]*>([^<]*)<', svg) for svg in re.findall(r'<svg class="chart" .*?</svg>', page, re.S) if 'class="bar"' in svg]
    tcp = {row[0]: row for row in rows(page, "table-tcp_baseline")}
    checks += [
        ("two trees make a page", (done.returncode, done.stdout) == (0, "both.html\n")),
        ("it says what A and B are", "A is before, and B is after" in top),
        ("its differences are those of compare", len(differences) == len(compared) > 0 and all(
            f"{change['factor']:.3f}" == row[5] for change, row in zip(compared, differences) if change["factor"])),
        ("nobody judges them", "judges none" in top and not re.search(r"better|worse|too few|no difference", top)),
        ("what only one of them has is named", "Only in A: VPN Nebula@1." in top and "Only in B: VPN Nebula." in top),
        ("the second tree's VPNs stand next to the first's",
         re.search(r'value="Wireguard"><span>WireGuard</span>.*?<input[^>]*value="([^"]*)"', page, re.S).group(1) == "Wireguard (B)"),
        ("the same VPN has one colour in both, and another VPN has another", len({colour_of[vpn] for vpn in ("Internal", "Wireguard", "Zzz-unknown")}) == 3
         and all(colour_of[vpn + " (B)"] == colour_of[vpn] + " second" for vpn in ("Internal", "Wireguard", "Zzz-unknown"))
         and colour_of["Nebula (B)"].endswith(" second") and colour_of["Nebula (B)"] != colour_of["Nebula@1"] + " second"),
        ("bars of a pair stand together, the second below the first", bars and all(
            panel.index(name + " (B)") == panel.index(name) + 1 for panel in bars for name in ("Bare link", "WireGuard", "Zzz-unknown"))),
        ("each is held against its own bare link", tcp["Bare link"][2] == tcp["Bare link (B)"][2] == "100.0" and tcp["Bare link"][1] != tcp["Bare link (B)"][1]),
        ("there are no answers and findings of a single tree", not re.search(r'id="(answers|findings|verdict|features)"|href="#(answers|findings)', page)),
        ("a file is linked in the tree that has it", 'href="after/Wireguard/baseline/' in page and 'href="before/Wireguard/baseline/' in page
         and 'href="before/B' not in page),
        ("every linked file is there",
         all((work / html.unescape(path)).is_file() for path in re.findall(r'<a class="file" href="((?:before|after)/[^"%]*)"', page))),
    ]
    for words, why in ((["--json"], "a page only"), ([], "--html FILE"), (["--html", "x.html", "--history", "h"], "of one tree")):
        done = run("report", "before", "after", *words)
        checks.append((f"with {' '.join(words) or 'no option'} two trees are refused", done.returncode == 2 and why in done.stderr))
    for tree, place in (("before", None), ("after", {"kind": "ssh", "hosts_file": "hosts.yml", "machines": []})):
        (work / tree / "environment.json").write_text(json.dumps({"schema": 1, "plan": {}, "place": place} if place else {"schema": 1, "plan": {}}))
    refused = run("compare", "before", "after")
    done = run("report", "before", "after", "--html", "places.html")
    page = (work / "places.html").read_text() if done.returncode == 0 else ""
    told = "A was measured on hosts that share one machine, B on real machines"
    tables = re.findall(r'id="table-[^"]*".*?(?=id="table-|<footer|</main)', page, re.S)
    checks += [
        ("figures of one machine and of real machines are not compared",
         refused.returncode == 2 and "before was measured on hosts of one machine and after on real machines" in refused.stderr),
        ("one page says where each was measured", told in page[page.index('id="overlay"'):] if page else False),
        ("and no table is without them", tables and all(told in table for table in tables)),
    ]
    for tree in ("before", "after"):
        (work / tree / "environment.json").unlink()
    for settings in (work / "after").glob("*/low_impairment/tc_settings.json"):
        settings.write_text(re.sub(r'("latency_ms": )\d+', r"\g<1>77", settings.read_text()))
    done = run("report", "before", "after", "--html", "x.html")
    checks.append(("trees whose profile of one name differs are refused by name",
                   done.returncode == 2 and "'low' impairs packets differently in before and after" in done.stderr and not (work / "x.html").exists()))
    shutil.rmtree(work / "after")
    checks.append(("a second tree that is not there is wrong input", run("report", "before", "after", "--html", "x.html").returncode == 2))

for number, (sentence, is_so) in enumerate(checks, 1):
    print("ok" if is_so else "not ok", number, "-", sentence)
print(f"1..{len(checks)}")
sys.exit(not all(is_so for _, is_so in checks))
