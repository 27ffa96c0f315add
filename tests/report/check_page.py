#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Holds a written report to what a reader relies on: one file, whole, every link with its target.

Usage: check_page.py REPORT_HTML CSV_DIR LATEX_DIR REPORT_JSON FAR_HTML ABOVE_HTML WITHIN_HTML WITHOUT_HTML; speaks TAP.
"""
import csv
import json
import os
import re
import sys
import urllib.parse
from html.parser import HTMLParser

LINES = re.compile(r"https://github\.com/[\w.-]+/[\w.-]+/blob/[0-9a-f]{12,40}/[\w./%~-]+#L\d+-L\d+")
VOID = {"meta", "link", "input", "br", "hr", "img"}


class Page(HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.faults, self.ids, self.targets, self.remote = [], [], [], set(), []
        self.opened = set()
        self.rows, self.figures, self.svgs, self.images = 0, 0, 0, []

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag not in VOID:
            self.open.append(tag)
        self.rows += tag == "tr"
        self.figures += tag == "figure"
        self.svgs += tag == "svg"
        if "id" in attrs:
            self.ids.append(attrs["id"])
        for key in ("href", "src"):
            value = attrs.get(key, "")
            if value.startswith("#"):
                self.targets.add(value[1:])
            elif value.startswith(("http:", "https:", "//")) and not (tag == "a" and LINES.fullmatch(value)):
                self.remote.append(value)
        if "popovertarget" in attrs:
            self.opened.add(attrs["popovertarget"])
        if tag == "svg" and attrs.get("aria-hidden") != "true" and attrs.get("role") != "img":
            self.images.append("a drawing without a role")

    def handle_endtag(self, tag):
        if tag in VOID:
            return
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}> closes nothing, line {self.getpos()[0]}")


count = failed = 0


def check(sentence, wrong):
    global count, failed
    count += 1
    failed += bool(wrong)
    print(f"{'not ok' if wrong else 'ok'} {count} - {sentence}")
    for line in list(wrong)[:5]:
        print(f"# {line}")


def file_links(path):
    with open(path, encoding="utf-8") as stream:
        return re.findall(r'<a class="file" href="([^"]*)"', stream.read())


class Texts(HTMLParser):
    """Rows of texts and links, as a reader without a script sees them."""
    def __init__(self):
        super().__init__()
        self.rows, self.is_in_head = [], False

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag in ("tr", "li"):
            self.rows.append([])
        if tag in ("td", "th", "li"):
            self.rows[-1].append("")
        if tag == "a":
            self.rows[-1][-1] += f"<{attrs['href']}>"

    def handle_data(self, data):
        if self.rows and self.rows[-1]:
            self.rows[-1][-1] += data


def rows_of(sheet):
    """The same of what the script makes of JSON."""
    def text(part):
        return part if isinstance(part, str) else (f"<{part[1]}>" if part[1] else "") + part[0]
    head = [[title for title, _, _ in sheet["head"]]] if sheet["head"] else []
    return head + [["".join(text(part) for part in cell) for cell in row[2:]] for row in sheet["rows"]]


def differing_sheets(text):
    """Tables and lists whose two forms differ; also none at all."""
    sheets = re.findall(r'<noscript>((?:(?!</noscript>).)*)</noscript><div class="sheet"[^>]*><script type="application/json">(.*?)</script>', text, re.S)
    wrong = [] if len(sheets) > 20 else [f"{len(sheets)} sheets"]
    for html, data in sheets:
        texts = Texts()
        texts.feed(html)
        want = [[cell.strip() for cell in row] for row in texts.rows]
        got = [[cell.strip() for cell in row] for row in rows_of(json.loads(data))]
        if want != got:
            wrong.append(str([pair for pair in zip(want, got) if pair[0] != pair[1]][:1]))
    return wrong


def main():
    html, csv_dir, latex_dir, report = sys.argv[1:5]
    with open(html, encoding="utf-8") as stream:
        text = stream.read()
    with open(report, encoding="utf-8") as stream:
        tables = json.load(stream)["tables"]
    page = Page()
    page.feed(re.sub(r"<script\b.*?</script>", "", text, flags=re.S))
    check("every element is closed", page.faults + page.open)
    check("no id is given twice", {i for i in page.ids if page.ids.count(i) > 1})
    check("every link within the page has its target", page.targets - set(page.ids))
    check("every button opens something that is there", page.opened - set(page.ids))
    check("nothing is fetched from anywhere, and links elsewhere lead to lines of a commit", page.remote)
    check("every drawing says that it is one", page.images)
    check("charts are drawn without a script", [] if page.svgs >= page.figures > 10 else [page.svgs])
    check("what opens with a script and without one says the same", differing_sheets(text) if 'id="data"' in text else [])
    check("there are tables", [] if page.rows > 100 else [page.rows])
    parts = re.findall(r'<section id="map">.*?</section>', text, re.S)
    failed_cells = [cell for cell in re.findall(r"<td>.*?</td>", parts[0], re.S) if "mark-failed" in cell]
    check("every failure in the map says why, with a link to its evidence", [cell for cell in failed_cells if
          not re.search(r'class="why">[^<]*<a [^>]*href="(#evidence-|)[^>]*>[^<]+</a>', cell)] if failed_cells else ["nothing failed"])
    check("what rules VPNs out has a column exactly where something does",
          [] if ("<th>Out because of</th>" in text) == bool(re.search('<td class="out">[^/]', text)) else ["it is the other way"])
    check("strange names are escaped", ["they are not"] if "<img src=x" in text else [])
    wrong = []
    for table in tables:
        with open(os.path.join(csv_dir, table["id"] + ".csv"), newline="", encoding="utf-8") as stream:
            rows = list(csv.DictReader(stream))
        if len(rows) != len(table["rows"]):
            wrong.append(f"{table['id']}: {len(rows)} rows")
        for row, want in zip(rows, table["rows"]):
            for key, value in want.items():
                same = row[key] == "" if value is None else (
                    row[key] == value if isinstance(value, str) else float(row[key]) == value)
                if not same:
                    wrong.append(f"{table['id']} {key}: {row[key]} is not {value}")
    check("CSV holds the numbers of the JSON", wrong)
    with open(os.path.join(csv_dir, "notes.csv"), newline="", encoding="utf-8") as stream:
        notes = [(row["table"], row["note"]) for row in csv.DictReader(stream)]
    check("and the notes of all tables", [] if notes == [(t["id"], n) for t in tables for n in t["notes"]] else ["not the same"])
    wrong = []
    for table in tables:
        with open(os.path.join(latex_dir, table["id"] + ".tex"), encoding="utf-8") as stream:
            latex = stream.read()
        body = latex.replace("\\{", "").replace("\\}", "")
        if body.count("{") != body.count("}") or latex.count(r"\\") != len(table["rows"]) + 1:
            wrong.append(table["id"])
    check("LaTeX is balanced and has all rows", wrong)
    far, above, within, without = sys.argv[5:9]
    for path, sentence in ((html, "in its tree"), (above, "above its tree"), (within, "in a folder of its tree")):
        links = file_links(path)
        gone = [link for link in links if not os.path.exists(os.path.join(os.path.dirname(path), urllib.parse.unquote(link)))]
        check(f"every file that a page {sentence} links to is there", gone if links else ["it has no links"])
    check("a page far from its tree names files without links", file_links(far))
    with open(far, encoding="utf-8") as stream:
        check("and says no path of this machine", ["it does"] if os.path.dirname(os.path.dirname(far)) in stream.read() else [])
    for path, sentence, words in ((html, "with a bare link counts it", "VPNs, including the bare link"), (without, "without one does not", "VPNs")):
        with open(path, encoding="utf-8") as stream:
            check(f"the summary of a tree {sentence}", [] if f"<span>{words}</span>" in stream.read() else [words])
    print(f"1..{count}")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
