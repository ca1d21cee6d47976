#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# test: limit=120
"""spanwatch-report: the same findings in every format, and hostile texts that no format obeys.

usage: tests/tools/test_report.py
"""

import csv
import glob
import html.parser
import io
import json
import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
from harness import GOLDEN, PROGRAM, TOP, Report, Skip  # noqa: E402

TOOL = os.path.join(os.path.dirname(PROGRAM), "spanwatch-report")
EXAMPLE = os.path.join(TOP, "policy/example.yaml")
RUN = os.path.join(GOLDEN, "run.pcap")
SCRATCH = tempfile.mkdtemp(prefix="swrp-")


def report(*words, stdin="", status=0):
    result = subprocess.run([TOOL, *words], input=stdin.encode(), capture_output=True, check=False,
                            timeout=60)
    assert result.returncode == status, f"{result.returncode}: {result.stderr.decode()}"
    return result.stdout.decode()


def replay(capture=RUN, policy=EXAMPLE):
    return subprocess.run([PROGRAM, "-q", "--json", "-r", capture, "-p", policy], check=True,
                          capture_output=True, timeout=60, text=True).stdout


EVENTS = replay()


class Page(html.parser.HTMLParser):
    """Every element, attribute and text of a page."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes, self.texts, self.open = set(), [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes += attrs
        if tag not in ("meta", "line", "circle", "br"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes += attrs

    def handle_endtag(self, tag):
        assert self.open and self.open[-1] == tag, (tag, self.open[-3:])
        self.open.pop()

    def handle_data(self, data):
        self.texts.append(data)


def test_the_page_answers_in_order():
    page = Page(report("-", stdin=EVENTS))
    text = " ".join(page.texts)
    places = [text.index(words) for words in (
        "1 door is open, the worst for 18 min: Dovecot on 10.21.0.5:143 answers; owner mail; 3 more "
        "were open and are closed; in 2 somebody got in", "Open now (1)", "Was open, is closed (3)",
        "In time", "By owner", "Each finding", "YES: data went out: 2.7 kB",
        "between 2026-11-21 09:03:59Z and 2026-11-21 09:07:48Z", "3 attempts in vain",
        "nc -vz -w 3 10.20.0.11 9200", "No rule speaks of these (1)", "What could not be seen")]
    assert places == sorted(places), places
    assert page.open == [] and "svg" in page.tags and "script" not in page.tags
    for name, value in page.attributes:
        assert name not in ("src", "srcset") and not name.startswith("on"), (name, value)
        assert name != "href" or value.startswith("#"), value


def test_formats_say_the_same():
    data = json.loads(report("--format", "json", "-", stdin=EVENTS))
    rows = list(csv.DictReader(io.StringIO(report("--format", "csv", "-", stdin=EVENTS))))
    text = report("--format", "markdown", "-", stdin=EVENTS)
    assert [x["id"] for x in data["exposures"]] == [r["id"] for r in rows] and len(rows) == 5
    for x, row in zip(data["exposures"], rows):
        assert x["did_they_get_anything"] == row["did_they_get_anything"], row
        assert x["unlisted"] or f"id {x['id']}" in text, x["id"]
        assert x["capture"] == row["capture"] and x["packet"] == int(row["packet"]), row
    assert data["summary"].startswith("1 door is open") and len(data["incidents"]) == 2


def test_captures_bring_an_inventory():
    out = os.path.join(SCRATCH, "report.html")
    report("-p", EXAMPLE, "-r", RUN, "--out", out, "--title", "Site <A>")
    with open(out, encoding="utf-8") as file:
        text = file.read()
    assert "Inventory (32)" in text and "<h1>Site &lt;A&gt;</h1>" in text
    assert report("-p", EXAMPLE, "-r", RUN) == report("-p", EXAMPLE, "-r", RUN)


HOSTILE = ("<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "=cmd|'/C calc'!A0",
           "@SUM(1+9)", "-2+3", "[x](javascript:alert(1))", "![x](http://203.0.113.1/a.png)",
           "| a | b |\n# head", "&lt;b&gt;", "`code`", "'; DROP", "https://evil.example/x")


def poison(value, text):
    """Every text that is not a name of ours, replaced."""
    if isinstance(value, dict):
        return {k: v if k in ("action", "id", "state", "severity", "@timestamp", "level_name",
                              "opened", "closed", "changed_after", "changed_before", "last",
                              "close_reason", "first") else poison(v, text)
                for k, v in value.items()}
    if isinstance(value, list):
        return [poison(v, text) for v in value]
    return text if isinstance(value, str) else value


def test_hostile_texts_are_shown_and_not_obeyed():
    clean = Page(report("-", stdin=EVENTS))
    for text in HOSTILE:
        events = "".join(json.dumps(poison(json.loads(line), text)) + "\n"
                         for line in EVENTS.splitlines())
        page = Page(report("-", stdin=events))
        assert page.tags <= clean.tags, (text, page.tags - clean.tags)
        assert {n for n, _ in page.attributes} <= {n for n, _ in clean.attributes}, text
        rows = list(csv.reader(io.StringIO(report("--format", "csv", "-", stdin=events))))
        assert {len(r) for r in rows} == {18}, text
        for cell in (c for r in rows for c in r):
            assert not cell or cell[0] not in "=+-@\t\r", (text, cell)
        markdown = report("--format", "markdown", "-", stdin=events)
        for wrong in ("<script", "<img", "](http", "](java", "\n# head", " `code`", "| a | b |",
                      "https://evil"):
            assert wrong not in markdown, (text, wrong)
        json.loads(report("--format", "json", "-", stdin=events))


def test_what_is_no_event():
    assert "says nothing about what is open" in report("-", stdin="")
    report("-", stdin="hello\n", status=3)
    report(os.path.join(SCRATCH, "not there"), status=3)
    report("--format", "pdf", "-", status=2)
    report("-r", RUN, status=2)
    report(status=2)
    report("-", "--out", "/dev/full", stdin=EVENTS, status=3)


def test_the_page_is_drawn_in_a_browser():
    browser = shutil.which("chromium")
    if not browser:
        raise Skip("no chromium")
    out, picture = os.path.join(SCRATCH, "page.html"), os.path.join(SCRATCH, "page.png")
    report("-p", EXAMPLE, "-r", RUN, "--out", out)
    result = subprocess.run([browser, "--headless", "--no-sandbox", "--disable-gpu",
                             f"--user-data-dir={SCRATCH}/profile", f"--screenshot={picture}",
                             "--window-size=400,900", "file://" + out], capture_output=True,
                            check=False, timeout=100)
    if result.returncode != 0 or not glob.glob(picture):
        raise Skip("chromium does not run here")
    assert os.path.getsize(picture) > 10_000


def main():
    suite = Report()
    suite.run([value for name, value in sorted(globals().items()) if name.startswith("test_")],
              sys.argv[1:])
    shutil.rmtree(SCRATCH, ignore_errors=True)
    return suite.status()


sys.exit(main())
