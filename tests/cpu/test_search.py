#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# test: limit=400
"""No bytes cost many times what others cost: the short form of the search, in counted work.

usage: tests/cpu/test_search.py (SPANWATCH_BUILD names the build)
"""

import os
import subprocess
import sys

# Times the work for each packet of an ordinary conversation.
OUT_OF_NOWHERE = 10  # a stranger's packets, of whatever number, before one of ours has answered
DRIP = 10  # byte by byte, at any stage
ANY = 120  # 1400 bytes in a segment: many lines, or many messages

CASES = [
    ("a stranger's first packets cost little", "stray", "by client, 1400 once", OUT_OF_NOWHERE),
    ("a drip costs little before anybody is recognised", "open", "drip", DRIP),
    ("a drip costs little afterwards", "known", "drip", DRIP),
    ("nothing costs more than its bytes", "", "", ANY),
]


def main():
    program = os.path.join(os.environ["SPANWATCH_BUILD"], "count/cpu-search")
    if not os.path.exists(program):
        print(f"skip cpu no {program}")
        return 0
    failed = 0
    for name, stage, shape, most in CASES:
        run = subprocess.run([program, "--short", "--top", "8", "--most", str(most), "--stage",
                              stage, "--only", shape], stdout=subprocess.PIPE, text=True,
                             check=False)
        print("".join(f"# {line}\n" for line in run.stdout.splitlines()), end="")
        print(f"{'ok' if run.returncode == 0 else 'not ok'} {name}, {most} times at most",
              flush=True)
        failed += run.returncode != 0
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
