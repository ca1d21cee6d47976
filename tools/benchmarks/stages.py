# SPDX-License-Identifier: ISC
"""
What each stage of the packet path costs: build/bench-stages lets packets get so far and no further,
and a stage's cost is what a run takes longer than one that ends before it.
"""

import json
import os
import re
import shutil
import statistics
import subprocess
import sys

# Name in bench-stages, and what it is called in tables.
STAGES = {
    "read": "capture", "decode": "decode", "zones": "zones, keys", "sight": "sight",
    "copies": "copies", "flow": "flow, probes", "stream": "stream", "identify": "identify",
    "ndpi": "nDPI", "session": "session", "engine": "engine", "output": "output",
}
SLOW_NS = 3e9  # what takes longer is not repeated
INSTRUCTIONS_CAPTURE = ["--packets", "100k"]


def run(build, stage, path, policy, before=(), options=()):
    """One run's figures, without set-up. `before`: a command that runs it."""
    command = [*before, os.path.join(build, "bench-stages"), "-r", path, "-p", policy, "--json",
               *options]
    process = subprocess.run(command, env={**os.environ, "SPANWATCH_STAGE": stage}, check=False,
                             stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    line = next((line for line in process.stderr.splitlines() if line.startswith("{")), None)
    if process.returncode or not line:
        sys.exit(f"bench: {' '.join(command)}: status {process.returncode}: {process.stderr}")
    return {**json.loads(line), "said": process.stderr}


def measure(build, mix, policy, runs):
    """{stage: {wall_ns: [], cpu_ns: [], ...}}: whole runs up to that stage; the stages take turns."""
    results = {stage: {"wall_ns": [], "cpu_ns": []} for stage in STAGES}
    for turn in range(runs):
        for stage, result in results.items():
            if turn and result["wall_ns"][0] > SLOW_NS:
                continue
            sample = run(build, stage, mix.path, policy)
            result["wall_ns"].append(sample["wall_ns"])
            result["cpu_ns"].append(sample["cpu_ns"])
            for name in ("packets", "peak_bytes", "instructions", "cache_misses", "flows", "matter", "observations",
                         "events"):
                result[name] = sample[name]
    return results


def costs(stages, packets, key="cpu_ns"):
    """{stage: ns per packet}: each one's difference to the one before."""
    before, result = 0.0, {}
    for stage, taken in stages.items():
        whole = statistics.median(taken[key]) / packets
        result[stage] = whole - before
        before = whole
    return result


def cachegrind(build, stage, path, policy):
    """Instructions of a whole run, set-up and all."""
    sample = run(build, stage, path, policy, before=(
        "valgrind", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"))
    return int(re.search(r"I +refs: +([0-9,]+)", sample["said"]).group(1).replace(",", ""))


def instructions(build, stages, policy, capture, nothing):
    """
    ({stage: instructions per packet}, by what): perf's counter where the machine has one, else
    cachegrind on a smaller capture; ({}, why not) if there is neither.
    """
    if stages["output"]["instructions"]:
        whole = {stage: taken["instructions"] for stage, taken in stages.items()}
        packets, by, start = stages["output"]["packets"], "the CPU's counter", 0
    elif shutil.which("valgrind"):
        sample = run(build, "output", capture, policy)
        packets, by = sample["packets"], "valgrind"
        start = cachegrind(build, "read", nothing, policy)
        whole = {stage: cachegrind(build, stage, capture, policy) for stage in STAGES}
    else:
        return {}, "neither the CPU's counters nor valgrind are to be had here"
    result = {}
    for stage, count in whole.items():
        result[stage] = (count - start) / packets
        start = count
    return result, by
