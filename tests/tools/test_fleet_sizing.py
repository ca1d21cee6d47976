#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""tools/fleet-sizing in its short form: 40 sensors' events are in one Redis, and in a cluster of
three, each exactly once; counters, sets and the list of sensors agree; memory is counted. What it
measures is not judged here."""

import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
from harness import PROGRAM, TOP, Report, Skip  # noqa: E402

TOOL = os.path.join(TOP, "tools/fleet-sizing")


def test_every_event_is_applied_once():
    done = subprocess.run([TOOL, os.path.dirname(PROGRAM), "--short"], capture_output=True,
                          text=True, timeout=100, check=False)
    if done.returncode == 77:
        raise Skip(done.stdout.strip())
    assert done.returncode == 0 and not done.stderr, (done.stdout, done.stderr)
    assert done.stdout.count("each applied exactly once; 40 sensors listed") == 2, done.stdout
    sizes = re.findall(r"(\d+) bytes for each exposure with all that belongs to it, (\d+) bytes",
                       done.stdout)
    assert len(sizes) == 3, done.stdout
    # An event's JSON alone has 2 KB; several servers and few exposures share what is fixed.
    assert all(2000 < int(e) < 10000 and 1000 < int(x) < 60000 for x, e in sizes), done.stdout
    assert "ERRORS" not in done.stdout and "left out" not in done.stdout, done.stdout


def test_says_what_is_wrong():
    done = subprocess.run([TOOL, "/nowhere", "--short"], capture_output=True, text=True, timeout=60,
                          check=False)
    assert done.returncode not in (0, 77), done.stdout


if __name__ == "__main__":
    report = Report()
    report.run([test_every_event_is_applied_once, test_says_what_is_wrong], sys.argv[1:])
    sys.exit(report.status())
