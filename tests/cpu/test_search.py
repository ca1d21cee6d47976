#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# test: limit=400
"""No bytes cost many times what others cost: the short form of the search, in counted work.

usage: tests/cpu/test_search.py (SPANWATCH_BUILD names the build)
"""

import os
import subprocess
import sys

# (what, stage, part of the case's name, times the work for each packet of an ordinary conversation)
CASES = [
    ("a stranger's first packet", "stray", "by client, 1400 once", 10),
    ("byte by byte, at any stage", "", "drip", 10),
    ("small packets of a stranger", "stray", "by client, 60", 15),
    ("small packets of a client before recognition", "open", "by client, 60", 10),
    ("small packets of a client after recognition", "known", "by client, 60", 10),
    # Of the many commands in a packet a part is read in full, for the protocols of lines. Metrics
    # are no commands, and all are looked at: they cost most.
    ("large packets of a client after recognition", "known", "by client, 1400", 95),
    ("large packets of commands, Redis", "known redis", "by client, 1400", 45),
    ("large packets, at any stage", "", "1400", 150),
]


def main():
    program = os.path.join(os.environ["SPANWATCH_BUILD"], "count/cpu-search")
    if not os.path.exists(program):
        print(f"skip cpu no {program}")
        return 0
    failed = 0
    for what, stage, shape, most in CASES:
        run = subprocess.run([program, "--short", "--top", "8", "--most", str(most), "--stage",
                              stage, "--only", shape], stdout=subprocess.PIPE, text=True,
                             check=False)
        print("".join(f"# {line}\n" for line in run.stdout.splitlines()), end="")
        print(f"{'ok' if run.returncode == 0 else 'not ok'} {what}: {most} times at most",
              flush=True)
        failed += run.returncode != 0
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
