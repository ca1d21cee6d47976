#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# test: limit=300
"""Tricks that hide from who only listens what the server does, each as a capture that is replayed: what
reached the server must be told. The table is in tricks.py; test_evasion_live.py plays it against real
servers.

usage: tests/evasion/test_evasion.py [--keep DIRECTORY] [PART-OF-A-NAME ...]
"""

import json
import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import contents  # noqa: E402
from packets import write_capture  # noqa: E402
from tricks import TRICKS  # noqa: E402
from wire import Wire  # noqa: E402

PROGRAM = os.environ.get("SPANWATCH", "build/spanwatch")
POLICY = """version: 1
site: evasion
zones:
  inside: [10.20.0.0/15, "fd00:20::/32"]
groups:
  servers: { hosts: [10.20.7.0/24, "fd00:20:7::/48"], owner: platform }
rules:
  - { name: internal, groups: [servers], internal-only: true, severity: critical }
"""


def variants():
    for trick in TRICKS:
        for content in (contents.DATAGRAMS,) if trick.udp else \
                contents.ALL if trick.wide else (contents.REDIS,):
            for family in trick.families:
                yield f"{trick.name}-{content.name}-v{family}", trick, content, family


def judge(trick, wire, capture, policy):
    """What is wrong with what the sensor says, or None."""
    run = subprocess.run([PROGRAM, "-q", "-r", capture, "-p", policy, "--json"],
                         capture_output=True, text=True, check=False)
    if run.returncode != 0:
        return f"status {run.returncode}: {run.stderr.strip()}"
    levels = set()
    for line in run.stdout.splitlines():
        event = json.loads(line)
        exposure = event.get("spanwatch", {}).get("exposure", {})
        server = event.get("server", {})
        if (server.get("ip"), server.get("port")) == (wire.server, wire.ports[1]):
            levels.add(exposure.get("level_name"))
    # Of a datagram to memcached only the answer is read, not what was asked.
    if bool(levels & {"destroyed", "answered" if trick.udp else "destroyed"}) != trick.runs:
        return f"said {sorted(map(str, levels))}"
    if not trick.seen:
        return None
    text = subprocess.run([PROGRAM, "-q", "-r", capture, "-p", policy], capture_output=True,
                          text=True, check=False).stdout
    return None if re.search(trick.seen, text) else f"nothing like {trick.seen!r} in the report"


def main():
    arguments = sys.argv[1:]
    keep = None
    if arguments[:1] == ["--keep"]:
        keep, arguments = arguments[1], arguments[2:]
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        policy = os.path.join(keep or folder, "policy.yaml")
        with open(policy, "w", encoding="utf-8") as out:
            out.write(POLICY)
        for name, trick, content, family in variants():
            if arguments and not any(part in name for part in arguments):
                continue
            wire = Wire(family, content)
            trick.play(wire)
            capture = os.path.join(keep or folder, name + ".pcap")
            write_capture(capture, wire.frames)
            wrong = judge(trick, wire, capture, policy)
            failed += wrong is not None
            print(f"ok {name}" if wrong is None else
                  f"not ok {name}\n# {trick.sent}; Linux {trick.linux}: {wrong}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
