#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Blindness in packet time: a capture that goes one-way, then silent, then loses every fifth packet.

usage: tests/cli/test_blindness.py
"""

import json
import os
import shutil
import struct
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
from harness import PROGRAM, TOP, Report  # noqa: E402

POLICY = os.path.join(TOP, "policy/example.yaml")
START = 1700000000
SCRATCH = tempfile.mkdtemp(prefix="swcb-")


class Capture:
    """Conversations between two insiders: twenty turns a second, each of 500 bytes both ways."""

    def __init__(self):
        self.records, self.next, self.sent = [], {}, 0

    def send(self, when, port, from_client, length, shown):
        ends = [(bytes([10, 1, 1, 1]), port), (bytes([10, 1, 1, 2]), 443)]
        (source, sport), (target, tport) = ends if from_client else ends[::-1]
        mine = self.next.setdefault((port, from_client), 1000)
        theirs = self.next.setdefault((port, not from_client), 1000)
        self.next[(port, from_client)] = mine + length
        if not shown:
            return
        tcp = struct.pack(">HHIIBBHHH", sport, tport, mine, theirs, 0x50, 0x18, 1000, 0, 0)
        ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 40 + length, 0, 0, 64, 6, 0, source, target)
        frame = b"\2" * 6 + b"\4" * 6 + b"\x08\x00" + ip + tcp + b"x" * length
        whole = int(when)
        self.records.append(struct.pack("<IIII", whole, int((when - whole) * 1e6), len(frame),
                                        len(frame)) + frame)

    def seconds(self, first, last, shows=(True, True), lose=0):
        for tick in range(first * 20, last * 20):
            for from_client in (True, False):
                self.sent += 1
                self.send(START + tick / 20, 30000 + tick % 5, from_client, 500,
                          shows[not from_client] and not (lose and self.sent % lose == 0))

    def write(self, name):
        path = os.path.join(SCRATCH, name)
        with open(path, "wb") as file:
            file.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
            file.write(b"".join(self.records))
        return path


def spoilt():
    capture = Capture()
    capture.seconds(0, 60)
    capture.seconds(60, 90, shows=(True, False))
    capture.seconds(90, 150)
    capture.seconds(200, 260)
    capture.seconds(260, 290, lose=7)
    capture.seconds(290, 330)
    return capture.write("spoilt.pcap")


def replay(*words):
    result = subprocess.run([PROGRAM, "-q", "-p", POLICY, *words], check=False,
                            capture_output=True, timeout=60)
    assert result.returncode == 0, result.stderr
    return result.stdout


def seconds_of(text):
    hours, minutes, rest = text.split("T")[1].rstrip("Z").split(":")
    return int(hours) * 3600 + int(minutes) * 60 + float(rest) - (START % 86400)


def test_each_cause_once_and_in_time():
    told = []
    for line in replay("--json", "-r", spoilt()).splitlines():
        event = json.loads(line)
        blindness = event["spanwatch"].get("blindness")
        if blindness:
            assert blindness["interface"] == "spoilt.pcap", blindness
            told.append((event["event"]["action"], blindness["cause"],
                         seconds_of(event["@timestamp"])))
    wanted = [("sensor.blind", "one-way", 60), ("sensor.sighted", "one-way", 90),
              ("sensor.blind", "silence", 150), ("sensor.sighted", "silence", 200),
              ("sensor.blind", "unseen-data", 260), ("sensor.sighted", "unseen-data", 290)]
    assert [t[:2] for t in told] == [w[:2] for w in wanted], told
    for (action, cause, at), (_, _, since) in zip(told, wanted):
        assert 0 < at - since <= 30, f"{action} {cause} after {at - since} s"


def test_the_same_capture_gives_the_same_bytes():
    path = spoilt()
    assert replay("--json", "-r", path) == replay("--json", "-r", path)


def test_the_report_ends_with_what_was_not_seen():
    text = replay("-r", spoilt()).decode()
    assert "Blind spots" in text, text
    for cause in ("one-way", "silence", "unseen-data"):
        assert f"  {cause}" in text.split("Blind spots")[1], text


def test_good_captures_one_after_the_other_are_no_blindness():
    paths = []
    for number in range(3):
        capture = Capture()
        capture.seconds(number * 5000, number * 5000 + 60)
        paths.append(capture.write(f"good-{number}.pcap"))
    for order in (paths, paths[::-1]):
        assert b"sensor.blind" not in replay("--json", "-r", *order)
    assert b"Blind spots" not in replay("-r", *paths)


if __name__ == "__main__":
    REPORT = Report()
    REPORT.run([value for name, value in list(globals().items()) if name.startswith("test_")],
               sys.argv[1:])
    shutil.rmtree(SCRATCH, ignore_errors=True)
    sys.exit(REPORT.status())
