#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The feature matrix in every form of a report: with it, without it, damaged. Usage: test_features.py TOOL; speaks TAP."""
import csv
import json
import re
import subprocess
import sys
import tempfile
from html.parser import HTMLParser
from pathlib import Path

sys.dont_write_bytecode = True
from tap import check, end  # noqa: E402

HERE = Path(__file__).resolve().parent
TOOL = sys.argv[1]


def report(*words):
    return subprocess.run([TOOL, "report", tree, "--force", *words], check=True, capture_output=True, text=True).stdout


class Matrix(HTMLParser):
    """Classes of the cells, and all text of the section."""

    def __init__(self):
        super().__init__()
        self.cells, self.text, self.links, self.alike, self.as_read, self.kinds = [], "", [], 0, 0, []

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag == "td" and "data-vpn" in attrs:
            self.cells.append((attrs["data-vpn"], attrs["class"]))
        self.alike += tag == "tr" and "alike" in attrs.get("class", "").split()
        self.as_read += tag == "tr" and "as-read" in attrs.get("class", "").split()
        self.kinds += [attrs.get("class", "")] if tag == "li" else []
        if tag == "a":
            self.links.append(attrs["href"])

    def handle_data(self, data):
        self.text += data


def page(part="features"):
    report()
    text = (tree / "report.html").read_text()
    section = re.search(f'<section id="{part}">.*?</section>', text, re.S)
    matrix = Matrix()
    matrix.feed(section[0] if section else "")
    return text, section and section[0], matrix


with tempfile.TemporaryDirectory() as scratch:
    tree = Path(scratch) / "tree"
    subprocess.run([sys.executable, HERE / "make_tree.py", tree, "--seed", "5"], check=True)
    text, section, matrix = page()
    check("every VPN that was read has a cell in every row", len(matrix.cells) == 10, matrix.cells)
    check("cells have the colour of their kind, and those of another version are pale",
          matrix.cells[0] == ("Wireguard", "yes") and matrix.cells[2] == ("Wireguard", "no pale"), matrix.cells)
    check("rows in which the VPNs agree as far as they are known can be hidden", matrix.alike == 3, matrix.alike)
    check("the reason for being pale is said", "read in 2.0; the version that runs is another: 1.0" in matrix.text, matrix.text)
    check("a VPN that nobody has read is named, and has no cell", "Not read, so nothing is known of: Bare link." in matrix.text and
          not any(vpn == "Internal" for vpn, _ in matrix.cells), matrix.text)
    check("lines are linked with their commit", matrix.links[0] ==
          "https://github.com/example/wire/blob/0123456789abcdef0123456789abcdef01234567/src/tun.c#L10-L12", matrix.links)
    check("what is not a repository or a commit becomes no link", len(matrix.links) == 3, matrix.links)
    check("foreign text stays text", "<script>alert" not in section and "<img" not in section, section)

    text, section, before = page("before")
    check("the page leads there", 'href="#before"' in text)
    check("before you choose: every line with its source, pale ones with their reason", before.kinds == ["pale", "", ""] and
          "CVE-2020-0000" in before.text and "read in 2.0; the version that runs is another: 1.0" in before.text and
          before.links == ["https://github.com/example/wire/blob/0123456789abcdef0123456789abcdef01234567/src/key.c#L1-L4"], section)
    check("foreign text stays text there, too", "<img" not in section and "<b>" not in section, section)

    tables = {table["id"]: table for table in json.loads(report("--json"))["tables"]}
    check("JSON has the matrix", tables["features"]["rows"][1]["Wireguard"] == "~no, IPv4 only" and
          tables["features"]["rows"][0]["Nebula"] == "yes", tables["features"])
    check("and counts, without numbers for what was not read", [(row["vpn"], row["yes"], row["other_version"]) for row in
          tables["feature_counts"]["rows"]] == [("Internal", None, None), ("Wireguard", 1, 3), ("Nebula", 3, 1)], tables["feature_counts"])
    check("and every answer with its evidence", len(tables["feature_cells"]["rows"]) == 10, tables["feature_cells"])
    check("and what to know before choosing", [row["see"] for row in tables["security"]["rows"]] ==
          [None, "CVE-2020-0000", "\"' onload=alert(3)"], tables["security"])
    report("--csv", Path(scratch) / "csv")
    with open(Path(scratch) / "csv/feature_cells.csv", newline="", encoding="utf-8") as stream:
        cell = list(csv.DictReader(stream))[1]
    check("CSV too", (cell["place"], cell["absent"], cell["standing"]) == ("example/wire src/tun.c:12", "AF_INET6", "other_version"), cell)
    markdown = report("--markdown")
    check("Markdown has the matrix, but not the evidence of every cell", "(features, " in markdown and "(feature_cells, " not in markdown)

    document = json.loads((tree / "features.json").read_text())
    seen = document["rows"][0]
    document["categories"].append({"id": "encryption", "title": "Encryption"})
    seen["category"] = "encryption"
    (tree / "features.json").write_text(json.dumps(document))
    (tree / "Wireguard/baseline/observe.json").write_text(json.dumps({"status": "success", "meta": {}, "data": {"answers": [
        {"row": row["id"], "is": "yes", "because": "<i>3</i> arrived", "check": "altered"} for row in document["rows"][:2]] + [
            {"row": "names", "is": None, "check": "names", "because": "", "known": "yes", "control": "no", "not_decided": "<u>no</u>"}]}}))
    text, section, before = page("before")
    check("before you choose: what checks saw of security, and of nothing else", section.count(">observed</span>") == 1 and
          f"{seen['title']}: yes" in before.text and "<i>3</i> arrived (check altered)" in before.text, section)

    text, section, matrix = page()
    differing = [cell for cell in matrix.cells if "unlike" in cell[1] or "observed" in cell[1]]
    check("a cell shows what was observed before what was read, and where they differ", differing ==
          [("Wireguard", "yes observed"), ("Wireguard", "yes unlike")], matrix.cells)
    check("its evidence has both", "observed, unlike it was read: yes" in matrix.text and "read: no, IPv4 only" in matrix.text, matrix.text)
    check("rows that were observed as they were read can be hidden", 'id="only-unlike"' in section and matrix.as_read == 4, matrix.as_read)
    check("a check whose control failed is named with both answers, and a check that decided nothing says why in its cell",
          "check names (Names): the bare link answered no, and yes is known of it" in matrix.text and
          "not decided by check names: <u>no</u>" in matrix.text, matrix.text)
    tables = {table["id"]: table for table in json.loads(report("--json"))["tables"]}
    check("tables have all of them: what differs", [(row["vpn"], row["id"], row["observed"], row["read"]) for row in
          tables["feature_differences"]["rows"]] == [("Wireguard", "ipv6", "yes", "no, IPv4 only")], tables.get("feature_differences"))
    check("and controls that failed", [(row["vpn"], row["check"], row["known"], row["control"]) for row in tables["feature_controls"]["rows"]] ==
          [("Wireguard", "names", "yes", "no")], tables.get("feature_controls"))
    check("and the matrix marks them", [tables["features"]["rows"][i]["Wireguard"] for i in (0, 1)] == ["*yes", "!yes"] and
          [(row["observed"], row["unlike"]) for row in tables["feature_counts"]["rows"]] == [(None, None), (2, 1), (0, 0)], tables["features"])

    (tree / "features.json").write_text('{"schema": 2}')
    text, section, matrix = page()
    check("a damaged file is named, and there is no matrix", "features.json</a>: its schema is not 1" in text and not section, text[-2000:])
    check("and no link to one", 'href="#features"' not in text)
    (tree / "features.json").unlink()
    text, section, matrix = page()
    check("a tree without the file has a report without the matrix", not section and 'href="#features"' not in text)
    check("and without its tables", not any(table["id"].startswith("feature") for table in json.loads(report("--json"))["tables"]))

end()
