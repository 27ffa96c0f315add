# SPDX-License-Identifier: MIT
"""test_trend.py MESHBENCH: figures of a tree become lines of a history, and a history becomes a page that says what changed. Speaks TAP."""
import json
import pathlib
import subprocess
import sys
import tempfile

meshbench, here = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(__file__).parent
checks = []


def run(*words):
    return subprocess.run([meshbench, *words], capture_output=True, text=True, cwd=work)


def figure(line, key):
    return next(f for f in line["figures"] if (f["vpn"], f["profile"], f["key"]) == ("Nebula", "baseline", key))


with tempfile.TemporaryDirectory() as folder:
    work = pathlib.Path(folder)
    subprocess.run([sys.executable, here / "make_tree.py", work / "tree", "--seed", "5", "--repetitions", "3", "--profiles", "2"],
                   check=True, stdout=subprocess.DEVNULL)
    environment = work / "tree/General/environment.json"
    environment.parent.mkdir(exist_ok=True)
    environment.write_text(json.dumps({"status": "success", "data": {"started": 1764313200, "machine": {"cpu": "A CPU", "cores": 4}}}))
    done = run("report", "tree", "--history", "history", "--commit", "c0")
    lines = (work / "history").read_text().splitlines()
    first = json.loads(lines[0])
    checks += [
        ("report adds a line to a history", done.returncode == 0 and len(lines) == 1),
        ("the page's path stays alone on stdout", done.stdout == "tree/report.html\n"),
        ("the line says what was measured, when and where",
         (first["commit"], first["date"], first["place"]) == ("c0", "2025-11-28T07:00:00Z", "A CPU, 4 processors")),
        ("a figure has its interval, and how sure that is",
         (lambda f: f["low"] <= f["value"] <= f["high"] and 0.7 < f["confidence"] < 0.8)(figure(first, "tcp"))),
        ("the line says what the profiles did to packets",
         first["profiles"].keys() == {"low"} and first["profiles"]["low"].endswith("%")),
        ("a commit without a history is refused", run("report", "tree", "--commit", "c0").returncode == 2),
        ("what is not a tree adds nothing",
         run("report", "tree/General", "--history", "history").returncode == 2 and len((work / "history").read_text().splitlines()) == 1),
    ]

    # What a project's pipeline would have added: TCP loses a tenth with c12, and everything else is as it was.
    with open(work / "history", "a") as history:
        for number in range(1, 24):
            line = json.loads(lines[0])
            line["commit"] = f"c{number}"
            for f in line["figures"]:
                f["value"] *= 1 + 0.01 * ((7 * number) % 5)
            figure(line, "tcp")["value"] *= 0.9 if number >= 12 else 1
            history.write(json.dumps(line) + "\n")
        history.write('{"schema": 1, "date\n{"schema": 9}\n')
    done = run("trend", "history")
    page = (work / "history.html").read_text()
    told = json.loads(run("trend", "history", "--json").stdout)
    changed = [f for f in told["figures"] if len(f["levels"]) > 1]
    markdown = run("trend", "history", "--markdown").stdout
    checks += [
        ("trend writes a page, whose path is alone on stdout", (done.returncode, done.stdout) == (0, "history.html\n")),
        ("people read what changed",
         "# 1 change; the newest: TCP, one stream of Nebula under baseline is 10 % worse since c12." in done.stderr.splitlines()),
        ("lines that cannot be read are named", "history:25: " in done.stderr and "history:26: schema 9 was written" in done.stderr),
        ("the JSON has the one change",
         [(f["vpn"], f["key"], f["levels"][1]["commit"], f["levels"][1]["values"]) for f in changed] == [("Nebula", "tcp", "c12", 12)]),
        ("the page draws every figure, and the change", page.count("<svg") == len(told["figures"]) and page.count('class="change"') == 1),
        ("the page needs nothing else", "<script" not in page and "http" not in page.replace("http_small", "")),
        ("Markdown has all figures", markdown.count("| Nebula | baseline |") > 10 and "| c12 (2025-11-28) |" in markdown),
        ("a page that differs stays unless forced",
         (run("report", "tree", "--history", "history", "--force").returncode, run("trend", "history").returncode,
          run("trend", "history", "--force").returncode) == (0, 2, 0)),
        ("behind a line that was broken off, a new one begins", len(json.loads(run("trend", "history", "--json").stdout)["problems"]) == 2),
        ("a file that is not there is wrong input", run("trend", "nothing").returncode == 2),
    ]
    (work / "other").write_text('{"schema": 9}\n')
    done = run("trend", "other")
    checks.append(("a history of another schema alone is refused by name", done.returncode == 2 and "other:1: schema 9" in done.stderr))

for number, (sentence, is_so) in enumerate(checks, 1):
    print("ok" if is_so else "not ok", number, "-", sentence)
print(f"1..{len(checks)}")
sys.exit(not all(is_so for _, is_so in checks))
