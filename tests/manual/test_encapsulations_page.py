#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""The table of spanwatch(8), DECODING, is what `spanwatch --encapsulations` prints, in its order."""

import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
from harness import PROGRAM, TOP, Report  # noqa: E402


def printed():
    lines = subprocess.run([PROGRAM, "--encapsulations"], check=True, capture_output=True,
                           text=True).stdout.splitlines()
    assert lines[0].startswith("#") and len(lines) > 80, lines[:1]
    return [tuple(line.split("\t")) for line in lines[1:]]


def test_page_has_each_row():
    with open(os.path.join(TOP, "sensor/run/spanwatch.8"), encoding="utf-8") as file:
        section = re.search(r"^\.Sh DECODING\n(.*?)^\.Sh ", file.read(), re.M | re.S)[1]
    told = [tuple(cell.strip() for cell in re.split(r" Ta ?", line[4:]))
            for line in section.splitlines() if line.startswith(".It ") and " Ta " in line]
    assert told[1:] == printed(), set(told[1:]) ^ set(printed())


def test_nothing_has_two_rows():
    rows = printed()
    keys = [row[0] for row in rows if not row[0].startswith("802.11")]
    assert len(keys) == len(set(keys)), keys
    assert {row[2] for row in rows} == {"read", "counted", "told"}


if __name__ == "__main__":
    REPORT = Report()
    REPORT.run([value for name, value in list(globals().items()) if name.startswith("test_")],
               sys.argv[1:])
    sys.exit(REPORT.status())
