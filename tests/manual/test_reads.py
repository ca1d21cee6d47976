#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# test: limit=600
"""What spanwatch-services(7) says that a dissector reads is what it reads: over the conversations of
all unit tests and the kept inputs of the fuzz targets, each fact that its .reads declare is told at
some time, and no other is shown."""

import collections
import functools
import glob
import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
from harness import TOP, Report, Skip  # noqa: E402

BUILD = os.environ.get("SPANWATCH_BUILD", os.path.join(TOP, "build"))


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def flags():
    """[(bit, name)] of dissector.h"""
    text = read(os.path.join(TOP, "dissectors/dissector.h"))
    return [(1 << int(bit), name) for name, bit in re.findall(r"READS_(\w+) = 1 << (\d+)", text)]


def rows():
    text = read(os.path.join(TOP, "dissectors/table.c"))
    return re.findall(r"^\tD\((\w+)\)", text, re.M)


def play(log):
    """Every conversation of the unit tests; test_kept_inputs plays those of the fuzz targets."""
    for program in sorted(glob.glob(os.path.join(BUILD, "tests/unit/dissectors/test_*"))):
        if not program.endswith(".d"):
            subprocess.run([program], check=False, cwd=TOP, capture_output=True,
                           env=dict(os.environ, SPANWATCH_READS_LOG=log))


@functools.lru_cache(None)
def sessions():
    """{dissector: [declared, shown, told]} over everything that is kept."""
    found = collections.defaultdict(lambda: [0, 0, 0])
    with tempfile.TemporaryDirectory() as folder:
        log = os.path.join(folder, "log")
        play(log)
        if not os.path.exists(log):
            raise Skip("the unit tests are not built")
        text = read(log)
    for line in text.splitlines():
        name, *numbers = line.split()
        for i, number in enumerate(numbers):
            found[name][i] |= int(number, 16)
    return found


def names(bits):
    return ", ".join(name for bit, name in flags() if bits & bit)


def compare(wrong, what):
    """`wrong`: (declared, shown, told) -> flags"""
    found = sessions()
    assert len(found) == len(rows()), f"sessions of {len(found)} dissectors of {len(rows())}"
    lines = [f"{name}: {names(bits)}" for name, known in sorted(found.items())
             if (bits := wrong(*known))]
    assert not lines, f"{what} " + "; ".join(lines)


def test_what_is_declared_is_read():
    compare(lambda declared, shown, told: declared & ~told, "no sample tells")


def test_what_is_read_is_declared():
    compare(lambda declared, shown, told: shown & ~declared, "not declared")


if __name__ == "__main__":
    REPORT = Report()
    REPORT.run([value for name, value in list(globals().items()) if name.startswith("test_")],
               sys.argv[1:])
    sys.exit(REPORT.status())
