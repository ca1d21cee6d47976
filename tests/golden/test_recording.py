#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""The scenarios of tests/lab for machines that cannot have one: judged by the recording of a run.

usage: tests/golden/test_recording.py [PART-OF-A-NAME ...]

tests/lab/recording.pcap.xz and .json are written by `tests/lab/test_lab.py --record tests/lab`, on
Debian 12. A scenario that is new or has another address is not in them: record again.
"""

import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lab"))
from harness import PROGRAM  # noqa: E402
from laboratory import addresses_in  # noqa: E402
from recipe import HERE, read_all  # noqa: E402
from scenario_run import Judge, import_jsonschema, invalid  # noqa: E402

RECORDING = os.path.join(HERE, "recording")
AGAIN = "not in the recording: run tests/lab/test_lab.py --record tests/lab"


def main():
    parts = sys.argv[1:]
    import_jsonschema()
    with open(RECORDING + ".json", encoding="utf-8") as file:
        variables = json.load(file)
    command = [PROGRAM, "--quiet", "-r", RECORDING + ".pcap.xz", "--json", "-p",
               os.path.join(HERE, "policy.yaml")]
    result = subprocess.run(command, capture_output=True, check=False)
    if result.returncode != 0:
        sys.exit(f"status {result.returncode}: {result.stderr.decode('utf-8', 'replace')}")
    events = [json.loads(line) for line in result.stdout.splitlines()]
    seen, failed, why = addresses_in(RECORDING + ".pcap.xz"), 0, invalid(events)
    if why:
        failed += 1
        print(f"not ok recorded schema: {why}")
    for scenario in [s for p in read_all() for s in p.scenarios]:
        if parts and not any(part in scenario.name for part in parts):
            continue
        problems = [AGAIN]
        if scenario.name in variables and seen.intersection(scenario.addresses()):
            problems = Judge(scenario, variables[scenario.name]).problems(events)
        failed += bool(problems)
        print(f"not ok recorded {scenario.name}: {'; '.join(problems)}" if problems
              else f"ok recorded {scenario.name}")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
