#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""tools/bench gate: makes figures where there are none, keeps to them, and fails if they are beaten.

usage: tests/tools/test_bench_gate.py
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
from harness import TOP, Report, Skip  # noqa: E402

SCRATCH = tempfile.mkdtemp(prefix="swbg-")
FIGURES = os.path.join(SCRATCH, "gate.json")


def gate(*words):
    if not shutil.which("valgrind"):
        raise Skip("needs valgrind")
    done = subprocess.run([os.path.join(TOP, "tools/bench"), "gate", "--smoke", "--json", FIGURES,
                           "--build", os.environ["SPANWATCH_BUILD"], *words], cwd=TOP, check=False,
                          capture_output=True, text=True, timeout=100)
    return done.returncode, done.stdout + done.stderr


def figures():
    with open(FIGURES, encoding="utf-8") as file:
        return json.load(file)


def tamper(share):
    sets = {key: {mix: number * share for mix, number in kept.items()}
            for key, kept in figures().items()}
    with open(FIGURES, "w", encoding="utf-8") as file:
        json.dump(sets, file)


def test_first_run_makes_figures():
    status, said = gate()
    assert status == 0 and "made new ones" in said, said
    (kept,) = figures().values()
    assert kept["syn-flood"] > 100 and kept["start"] > 1000000, kept


def test_fails_when_instructions_grow_and_only_then():
    tamper(1 / 1.01)
    status, said = gate()
    assert status == 0 and "MORE" not in said, said
    tamper(1 / 1.03)
    status, said = gate()
    assert status == 1 and "more instructions: start, syn-flood" in said, said


def test_figures_in_the_tree_are_of_the_mixes_that_are_counted():
    sys.path.insert(0, os.path.join(TOP, "tools"))
    from benchmarks import gate as module  # pylint: disable=C0415
    with open(os.path.join(TOP, module.FIGURES), encoding="utf-8") as file:
        for kept in json.load(file).values():
            assert set(kept) == {"start", *module.MIXES}, kept


if __name__ == "__main__":
    REPORT = Report()
    REPORT.run([value for name, value in list(globals().items()) if name.startswith("test_")],
               sys.argv[1:])
    shutil.rmtree(SCRATCH, ignore_errors=True)
    sys.exit(REPORT.status())
