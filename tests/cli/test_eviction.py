#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Full tables: what they give up is never an open exposure, unless that is told.

Random traffic, replayed with large tables and with tiny ones:
  - tiny tables of conversations, of what is read and of probes lose no exposure at all;
  - a tiny table of exposures keeps the severest; what is open and must go is closed by an event
    that says so, and what finds no room is counted.
"""

import json
import os
import random
import subprocess
import sys
import tempfile

PROGRAM = os.environ.get("SPANWATCH", "build/spanwatch")
GENERATE = os.path.join(os.environ.get("SPANWATCH_BUILD", "build"), "generate")
ROOM = 16
CROWN = 5  # hosts whose rule is the severest
TINY = [["--max-flows", "16"], ["--max-sessions", "16"], ["--max-probed", "16"],
        ["--max-flows", "16", "--max-sessions", "16", "--max-probed", "16",
         "--max-outbound", "1024", "--reassembly-mib", "1", "--fragments-mib", "1"]]
failures = 0


def check(name, good, note=""):
    global failures
    failures += not good
    print("ok" if good else "not ok", name, "" if good else note)


def write_policy(path, crown):
    hosts = ", ".join(f'"{host}"' for host in sorted(crown) or ["10.255.255.255"])
    with open(path, "w", encoding="ascii") as file:
        file.write(f"""version: 1
site: tiny
zones:
  inside: [10.0.0.0/8, "fd00::/8"]
groups:
  all: {{ hosts: [10.0.0.0/8, "fd00::/8"] }}
  crown: {{ hosts: [{hosts}] }}
rules:
  - {{ name: crown-internal, groups: [crown], internal-only: true, severity: critical }}
  - {{ name: all-internal, groups: [all], internal-only: true, severity: low }}
""")


class Run:
    """One replay: what was opened, what is open at the end, what was given up."""

    def __init__(self, capture, policy, options):
        result = subprocess.run([PROGRAM, "-r", capture, "-p", policy, "--json", *options],
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=True,
                                timeout=100)
        self.said = result.stderr.decode()
        self.opened, self.open, self.evicted, self.host, self.critical = set(), set(), [], {}, set()
        self.most, self.strange = 0, []
        for line in result.stdout.splitlines():
            self.take(json.loads(line))

    def take(self, event):
        if not event["event"]["action"].startswith("exposure."):
            return
        word, held = event["event"]["action"][9:], event["spanwatch"]["exposure"]
        name = held["id"]
        self.host[name] = event["server"]["ip"]
        if event["spanwatch"]["severity"] == "critical":
            self.critical.add(name)
        if word in ("opened", "reopened"):
            self.opened.add(name)
            self.strange += [f"{word} twice: {name}"] if name in self.open else []
            self.open.add(name)
        elif word == "closed":
            self.strange += [f"closed, not open: {name}"] if name not in self.open else []
            self.open.discard(name)
            if held.get("close_reason") == "evicted":
                self.evicted.append(name)
        elif name not in self.open:
            self.strange.append(f"{word}, not open: {name}")
        self.most = max(self.most, len(self.open))


def compare(seed, capture, policy):
    write_policy(policy, [])
    whole = Run(capture, policy, [])
    check(f"seed {seed}: something to lose", len(whole.opened) > 4 * ROOM, len(whole.opened))
    for options in TINY:
        tiny = Run(capture, policy, options)
        check(f"seed {seed}: nothing lost with {' '.join(options)}",
              tiny.open == whole.open and tiny.opened == whole.opened and not tiny.strange,
              f"{len(whole.open - tiny.open)} lost, {len(tiny.open - whole.open)} more")

    hosts = sorted(set(whole.host.values()))
    write_policy(policy, random.Random(seed).sample(hosts, CROWN))
    severe = Run(capture, policy, []).critical
    full = Run(capture, policy, ["--max-exposures", str(ROOM)])
    check(f"seed {seed}: the severest stay", severe and len(severe) <= ROOM and
          severe <= full.open, f"{len(severe)}: {sorted(severe - full.open)}")
    check(f"seed {seed}: what went was told", not full.strange and full.most <= ROOM and
          len(full.open) + len(set(full.evicted) - full.open) == len(full.opened),
          f"{full.strange[:3]} {full.most}")
    check(f"seed {seed}: what went was counted", "exposures not taken" in full.said and
          (not full.evicted or f"{len(full.evicted)} exposures evicted" in full.said), full.said)


def main():
    with tempfile.TemporaryDirectory() as scratch:
        capture, policy = (os.path.join(scratch, name) for name in ("mix.pcap", "policy.yaml"))
        for seed in (1, 2, 3, 4, 5):
            subprocess.run([GENERATE, "--seed", str(seed), "--packets", "30k", "-o", capture],
                           check=True)
            compare(seed, capture, policy)
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
