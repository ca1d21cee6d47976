#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""The table of spanwatch(8), METRICS, is what `spanwatch --counters` prints, in its order; and each
metric that is no counter is named above it."""

import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
from harness import PROGRAM, TOP, Report  # noqa: E402


def section():
    with open(os.path.join(TOP, "sensor/run/spanwatch.8"), encoding="utf-8") as file:
        return re.search(r"^\.Sh METRICS\n(.*?)^\.Sh ", file.read(), re.M | re.S)[1]


def rows():
    printed = subprocess.run([PROGRAM, "--counters"], check=True, capture_output=True, text=True)
    assert printed.stderr == ""
    lines = printed.stdout.splitlines()
    assert lines[0].startswith("#") and len(lines) > 80, lines[:1]
    found = [tuple(line.split("\t")) for line in lines[1:]]
    assert all(len(row) == 3 and all(row) for row in found), found
    return found


def test_page_has_each_counter():
    table = section().split(".Ss Counters")[1]
    told = re.findall(r"^\.It Li (\S+) , Cm (\S+)\n(.+)$", table, re.M)
    wanted = rows()
    for row in wanted:
        assert row in told, "not in spanwatch(8):\n.It Li {} , Cm {}\n{}".format(*row)
    assert told == wanted, sorted(set(told) - set(wanted)) or "another order"


def test_other_metrics_are_named():
    """The families that metrics.c writes by itself."""
    with open(os.path.join(TOP, "sensor/health/metrics.c"), encoding="utf-8") as file:
        code = file.read()
    named = set(re.findall(r'metrics_(?:family|single|latency)\(text, "(\w+)"', code))
    named |= set(re.findall(r'\{"(\w+)", "(?:gauge|counter)", ', code))
    assert len(named) > 12, named
    above = section().split(".Ss Counters")[0]
    missing = [name for name in named if not re.search(rf"\b{name}\b", above)]
    assert not missing, missing


def test_sums_share_a_field_on_purpose():
    fields = [field for _, field, _ in rows()]
    assert {f for f in fields if fields.count(f) > 1} == {
        "fragments_contradicting", "evidence_errors", "events_lost"}


if __name__ == "__main__":
    REPORT = Report()
    REPORT.run([value for name, value in list(globals().items()) if name.startswith("test_")],
               sys.argv[1:])
    sys.exit(REPORT.status())
