# SPDX-License-Identifier: ISC
"""What a session and an event cost, and how far the first stages are from the least that is needed."""

import json
import os
import statistics
import subprocess
import sys

from benchmarks import stages

# The stages of tools/bench-limit.c, and the last of ours that does the same and more.
LIMITS = {"read": "read", "headers": "decode", "zones": "zones", "flows": "flow"}
EVENTS = {"json": "as JSON", "fields": "as flat fields", "message": "as a message to Redis",
          "journal": "all, but for sockets, with a journal"}


def line_of(command):
    """The JSON that a program ends with, on whichever stream."""
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    found = [line for line in (done.stdout + "\n" + done.stderr).splitlines()
             if line.startswith("{") and '"@timestamp"' not in line]
    if done.returncode or not found:
        sys.exit(f"bench: {' '.join(command)}: status {done.returncode}: {done.stderr[-300:]}")
    return json.loads(found[-1])


def measure(build, mix, policy):
    """{"limit": ns per packet up to each stage, "events": ns of each way of writing one}"""
    return {"limit": line_of([os.path.join(build, "tools", "bench-limit"), mix.path]),
            "events": line_of([os.path.join(build, "bench-events"), "-r", mix.path, "-p", policy])}


def limit_rows(mixes):
    """ns per packet up to a stage, ours and the least; and misses, where they are counted."""
    measured = {name: mix for name, mix in mixes.items() if mix.get("costs") and mix.get("stages")}
    rows = [["ns/packet, all before too", *(word for name in measured
                                           for word in (name, "least", "times"))]]
    for stage, ours in LIMITS.items():
        row = ["up to " + stages.STAGES[ours]]
        for mix in measured.values():
            taken = statistics.median(mix["stages"][ours]["cpu_ns"]) / mix["packets"]
            least = mix["costs"]["limit"][stage]
            row += [f"{taken:.1f}", f"{least:.1f}", f"{taken / least:.1f}" if least else "–"]
        rows.append(row)
    return rows


def cost_rows(mixes):
    """us: of all packets of a session, and of one event behind the engine."""
    rows = [["", "sessions", "us a session", "misses/packet", "events",
             *(f"us {words}" for words in EVENTS.values())]]
    for name, mix in mixes.items():
        if not mix.get("costs") or not mix.get("stages"):
            continue
        whole, events = mix["stages"]["output"], mix["costs"]["events"]
        misses = whole.get("cache_misses", 0)
        cpu_us = statistics.median(whole["cpu_ns"]) / 1e3
        rows.append([name, whole["flows"],
                     f"{cpu_us / whole['flows']:.2f}" if whole["flows"] else "–",
                     f"{misses / mix['packets']:.2f}" if misses else "–", events["events"],
                     *(f"{events[key + '_ns'] / 1e3:.1f}" if events["events"] else "–"
                       for key in EVENTS)])
    return rows
