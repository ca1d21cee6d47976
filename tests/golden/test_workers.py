#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# test: limit=300 threads
"""Several workers read many captures: what comes out is the same bytes as with one, in its order.

The captures are those of the golden cases, plain, compressed, broken, missing a header, of an
unknown link type, empty and standard input, alone and all together.
"""

import filecmp
import glob
import gzip
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
PROGRAM = os.path.abspath(os.environ.get("SPANWATCH", os.path.join(TOP, "build/spanwatch")))
POLICY = os.path.join(TOP, "policy/example.yaml")
RUN = os.path.join(HERE, "run.pcap")
SLOW = os.environ.get("SPANWATCH_LABEL") in ("asan", "tsan")
COUNTS = ("3",) if SLOW else ("2", "3", "4", "9")
WAYS = {"events": ["--json", "-p", POLICY], "text": ["--text", "-p", POLICY],
        "inventory": ["--inventory"], "inventory by policy": ["--inventory", "-p", POLICY],
        "filter": ["--json", "-p", POLICY, "-f", "tcp port 6379 or udp"]}
failures = 0


def check(name, good, note=""):
    global failures
    failures += not good
    print("ok" if good else "not ok", name, note)


def run(*words, **more):
    result = subprocess.run([PROGRAM, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            timeout=120, check=False, **more)
    return result.returncode, result.stdout, result.stderr


def same(name, words, **more):
    """One worker's word is law; its totals on standard error as well."""
    law = run("--workers", "1", *words, **more)
    for count in COUNTS:
        got = run("--workers", count, *words, **more)
        where = next((what for what, a, b in zip(("status", "output", "messages"), law, got)
                      if a != b), None)
        note = f"{where}: {law[2][-300:]!r} {got[2][-300:]!r}" if where else ""
        check(f"{name}, {count} workers", not where, note)
    return law


def write(path, data):
    with open(path, "wb") as file:
        file.write(data)


def read(path):
    with open(path, "rb") as file:
        return file.read()


def make_mixed(directory):
    """Good captures among such that are not."""
    captures = sorted(glob.glob(os.path.join(HERE, "captures", "*.pcap")))
    for number, path in enumerate(captures):
        name = os.path.join(directory, f"{number:03}-{os.path.basename(path)}")
        if number % 5 == 1:
            write(name + ".gz", gzip.compress(read(path)))
        else:
            shutil.copy(path, name)
    data = read(RUN)
    write(os.path.join(directory, "010-cut.pcap"), data[:len(data) * 2 // 3])
    write(os.path.join(directory, "011-cut.pcap.gz"), gzip.compress(data)[:-2000])
    write(os.path.join(directory, "020-none.pcap"), b"this is no capture at all\n" * 4)
    write(os.path.join(directory, "021-empty.pcap"), b"")
    write(os.path.join(directory, "022-header.pcap"), data[:24])
    write(os.path.join(directory, "030-link.pcap"), data[:20] + b"\x93\0\0\0" + data[24:])
    write(os.path.join(directory, "040-huge.pcap"), data[:24] + bytes(8) + b"\xff" * 8)
    shutil.copy(RUN, os.path.join(directory, "200-run.pcap"))


def check_results(directory):
    for name, words in WAYS.items():
        law = same(f"one capture, {name}", ["-q", "-r", RUN, *words])
        check(f"one capture, {name}: something to compare", len(law[1]) > 100)
        law = same(f"a directory, {name}", ["-r", directory, *words])
        check(f"a directory, {name}: broken inputs are told", law[0] == 3 and b"020-none" in law[2])
    same("no file is missed", ["-r", directory, "/nowhere/at/all", "--inventory"])
    for name in ("events", "inventory"):
        same(f"standard input, {name}", ["-q", "-r", "-", RUN, *WAYS[name]], input=read(RUN))
    same("small tables", ["-r", directory, "--json", "-p", POLICY, "--max-flows", "16",
                          "--max-sessions", "16", "--max-probed", "16", "--max-exposures", "16"])
    same("small tables, inventory", ["-r", directory, "--inventory", "--max-flows", "16",
                                     "--max-sessions", "16", "--max-inventory", "16"])


def check_evidence(directory, scratch):
    kept = []
    for count in ("1", "2", "4"):
        kept.append(os.path.join(scratch, "evidence-" + count))
        run("-q", "-r", directory, "--json", "-p", POLICY, "--workers", count,
            "--evidence", kept[-1])
    names = sorted(os.listdir(kept[0]))
    check("evidence: something to compare", len(names) > 3, str(len(names)))
    for other in kept[1:]:
        _, unequal, errors = filecmp.cmpfiles(kept[0], other, names, shallow=False)
        check("evidence is the same", sorted(os.listdir(other)) == names and
              not unequal and not errors, f"{unequal} {errors}")


def check_interrupt(scratch):
    """A replay that is stopped ends soon, with what it has so far: a part of the whole, in order."""
    many = os.path.join(scratch, "many")
    os.makedirs(many)
    data = read(RUN)
    long = data + data[24:] * 600
    for number in range(12):
        write(os.path.join(many, f"{number:02}.pcap"), long)
    for name in ("events", "inventory"):
        words = [PROGRAM, "-q", "-r", many, *WAYS[name], "--workers", "3"]
        whole = subprocess.run(words, stdout=subprocess.PIPE, check=False).stdout
        with tempfile.TemporaryFile() as out:
            process = subprocess.Popen(words, stdout=out, stderr=subprocess.DEVNULL)
            time.sleep(0.2)  # anywhere: before, in the middle or after
            process.send_signal(signal.SIGTERM)
            status = process.wait(60)
            out.seek(0)
            lines = out.read().splitlines()
        every = set(whole.splitlines())
        known = sum(line in every for line in lines)
        check(f"interrupted, {name}", status in (0, -signal.SIGTERM) and
              known >= len(lines) * 0.5, f"{status}: {known} of {len(lines)} lines")
    shutil.rmtree(many)


def main():
    with tempfile.TemporaryDirectory() as scratch:
        mixed = os.path.join(scratch, "mixed")
        os.makedirs(mixed)
        make_mixed(mixed)
        check_results(mixed)
        check_evidence(mixed, scratch)
        check_interrupt(scratch)
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
