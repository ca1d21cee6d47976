#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# test: limit=180
# test: alone
"""tools/bench-live in its short form; the sensor's own delays against a measurement from outside.

usage: tests/live/test_bench_live.py
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
from harness import TOP, Report, Skip  # noqa: E402

BUILD = os.environ.get("SPANWATCH_BUILD", os.path.join(TOP, "build"))
RESULTS = {}


def measure(folder):
    if os.geteuid() != 0:
        raise Skip("needs root for network namespaces")
    if not shutil.which("ip", path=os.environ["PATH"] + ":/usr/sbin:/sbin"):
        raise Skip("needs ip")
    path = os.path.join(folder, "results")
    done = subprocess.run([os.path.join(TOP, "tools/bench-live"), BUILD, "--smoke", "--mixes",
                           "mixed", "--json", path], check=False, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True)
    if done.returncode and done.stderr.startswith("bench-live: "):
        raise Skip(done.stderr.strip())
    assert done.returncode == 0, done.stderr[-1000:]
    print("".join(f"# {line}\n" for line in done.stdout.splitlines()), end="", flush=True)
    with open(path, encoding="utf-8") as file:
        RESULTS.update(json.load(file))


def test_every_packet_is_received_or_counted_as_lost():
    row = next(r for r in RESULTS["load"] if r["program"] == "spanwatch")
    assert row["sent"] > 10000, row
    assert row["taken"] + row["lost"] == row["arrived"] == row["sent"], row


def test_detection_agrees_with_the_outside():
    rows = {**RESULTS["delay"], **RESULTS["delivery"]}
    assert len(rows) == 4, rows.keys()
    for name, row in rows.items():
        assert row["seen"] == row["probes"], f"{name}: {row}"
        own = "own" if name in RESULTS["delay"] else "own_detection"
        assert row[own + "_count"] >= row["probes"], f"{name}: {row}"
        if row.get("rate", 0) == 0:  # beside a load its own findings count as well
            assert row[own + "_count"] == row["probes"], f"{name}: {row}"
            assert row["distance"] <= 0.2, f"{name}: {row}"


def test_delivery_agrees_with_the_outside():
    for name, row in RESULTS["delivery"].items():
        assert row["own_delivery_count"] >= row["probes"], f"{name}: {row}"
        # A reader gets an event about when the sensor gets the answer.
        assert row["own_delivery_p50_ms"] <= row["delivered_p50_ms"] * 4 + 5, f"{name}: {row}"
        assert row["delivered_p50_ms"] <= row["own_delivery_p50_ms"] * 4 + 5, f"{name}: {row}"


def test_the_page_takes_it():
    sys.path.insert(0, os.path.join(TOP, "tools"))
    sys.dont_write_bytecode = True
    from benchmarks import page  # pylint: disable=import-outside-toplevel
    lines = page.live_tables(RESULTS)
    assert sum("spanwatch" in line for line in lines) == 1, lines
    assert sum("decided, " in line for line in lines) == 2, lines
    assert max(map(len, lines)) <= 78, lines


def main():
    report = Report()
    folder = tempfile.mkdtemp()
    try:
        measure(folder)
        report.run([test_every_packet_is_received_or_counted_as_lost,
                    test_detection_agrees_with_the_outside,
                    test_delivery_agrees_with_the_outside, test_the_page_takes_it])
    except Skip as why:
        print(f"skip bench-live {why}")
    except (AssertionError, OSError, ValueError) as error:
        report.fail("bench-live", repr(error))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    sys.exit(report.status())


if __name__ == "__main__":
    main()
