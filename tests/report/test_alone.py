# SPDX-License-Identifier: MIT
"""test_alone.py MESHBENCH: the page of a run that no question is about has no empty parts. Speaks TAP."""
import json
import pathlib
import re
import subprocess
import sys
import tempfile

meshbench, here = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(__file__).parent

with tempfile.TemporaryDirectory() as folder:
    tree = pathlib.Path(folder) / "tree"
    subprocess.run([sys.executable, here / "make_tree.py", tree, "--seed", "5", "--profiles", "1"], check=True, stdout=subprocess.DEVNULL)
    for path in [*tree.glob("*/baseline/**/*.json"), *tree.glob("General/**/*.json")]:
        path.unlink()
    for vpn in ("Nebula", "Wireguard"):
        (tree / vpn / "baseline/relay.json").write_text(json.dumps(
            {"status": "success", "data": {}, "meta": {"figures": {"relay_mbps": 10, "direct_mbps": 90}}}))
    done = subprocess.run([meshbench, "report", tree], capture_output=True, text=True)
    page = (tree / "report.html").read_text() if done.returncode == 0 else done.stderr
    parts = set(re.findall(r'<section id="([a-z]+)"', page))
    links = set(re.findall(r'<a href="#([a-z]+)">', page[:page.index("</header>")]))
    environment = json.loads((tree / "environment.json").read_text()) if (tree / "environment.json").exists() else {}
    environment["topology"] = {"name": "world", "title": "A <b>world</b>", "public": ["server"], "sites": [
        {"name": "carrier", "hosts": [], "nat": "carrier", "udp_fresh": "30s", "family": "dual"},
        {"name": "phone", "hosts": ["ali<ce"], "behind": "carrier", "nat": "symmetric", "udp": "blocked", "mtu": "1280", "black_hole": "true"},
        {"name": "home", "hosts": ["bob"], "uplinks": [
            {"name": "wifi", "nat": "full-cone", "up": "wifi-good"}, {"name": "lte", "nat": "symmetric", "tcp": "443"}]}]}
    (tree / "environment.json").write_text(json.dumps(environment))
    drawn = subprocess.run([meshbench, "report", tree, "--force"], capture_output=True, text=True)
    second = (tree / "report.html").read_text()
    drawing = second.partition('<section id="topology">')[2].partition("</section>")[0]
    words = re.findall(r"<text[^>]*>([^<]*)</text>", drawing)
    checks = [
        ("the tree has a page", done.returncode == 0),
        ("it says that no question is about it", "What was measured ranks no VPN; findings and tables say what it shows." in page),
        ("it has no part for answers", "answers" not in parts and "answers" not in links),
        ("a flat network is not drawn", "topology" not in parts),
        ("a topology is drawn, with a link to it", drawn.returncode == 0 and '<a href="#topology">' in second and "<svg" in drawing),
        ("every router has its kind next to it, and every host its name", {"server", "carrier, changed", "symmetric, changed", "ali&lt;ce", "bob"} <= set(words)),
        ("... and what is blocked there", {"IPv4 and IPv6", "UDP is blocked", "packets of at most 1280 bytes, and no word about larger ones"} <= set(words) and drawing.count('class="way stop"') == 2),
        ("... and every uplink", {"wifi, at first: full-cone", "lte: symmetric, changed", "TCP to port 443 only", "profile wifi-good out, none in"} <= set(words)),
        ("foreign words are text", "<b>" not in drawing and "A &lt;b&gt;world" in drawing),
        ("every link of its head has a part, and every part a link", links == parts),
        ("no card is about flows, of which there are none", "stalled flows stored" not in page),
        ("what was measured is drawn and in a table", "TCP by way of a relay" in page and "table-relay" in page),
    ]

for number, (sentence, is_so) in enumerate(checks, 1):
    print("ok" if is_so else "not ok", number, "-", sentence)
print(f"1..{len(checks)}")
sys.exit(not all(is_so for _, is_so in checks))
