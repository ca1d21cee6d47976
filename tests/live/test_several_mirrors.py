#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# test: limit=120
"""Several mirrors at once: two interfaces and one that is sent to a socket, two workers.

usage: tests/live/test_several_mirrors.py

In a network namespace of its own: conversations are played into the far ends of two veth pairs, some
with each direction on its own interface as a tap has it, and as VXLAN to a port. Nothing may be lost,
each event names where it came in, and an interface that is deleted is watched again when it is back.
"""

import ctypes
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
from harness import Report, wait_until  # noqa: E402

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROGRAM = os.path.abspath(os.environ.get("SPANWATCH", os.path.join(TOP, "build/spanwatch")))
CAPTURE = os.path.join(TOP, "tests/golden/captures/real-redis-flushall.pcap")
CLONE_NEWNET = 0x40000000
PORT = 14789
URL = f"udp://127.0.0.1:{PORT}/vxlan"
SERVER = bytes([10, 20, 1, 10])
PACE = 2000  # packets a second: the rate at which nothing may be lost
CONVERSATIONS = 70  # by each way: fewer than `collapse-client` puts together

POLICY = """version: 1
zones: { inside: [10.0.0.0/8] }
groups: { all: { hosts: [10.20.0.0/16] } }
rules: [ { name: closed, groups: [all], internal-only: true, severity: critical } ]
"""


def packets(number):
    """The recorded conversation, of host `number` of ours: (frame, from the server?)."""
    with open(CAPTURE, "rb") as file:
        data = file.read()
    at, host = 24, bytes([10, 20, number >> 8, number & 255])
    while at < len(data):
        captured = struct.unpack_from("<I", data, at + 8)[0]
        frame = data[at + 16:at + 16 + captured]
        at += 16 + captured
        yield frame.replace(SERVER, host, 1), frame[26:30] == SERVER


def ip(*words):
    subprocess.run(["ip", *words], check=True, timeout=20)


def add_pair(name):
    ip("link", "add", name, "type", "veth", "peer", "name", "far-" + name)
    for end in (name, "far-" + name):
        ip("link", "set", end, "up")


def sender(name):
    out = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    out.bind(("far-" + name, 0))
    return out.send


def wrapped():
    """A socket for each direction, as ends of VXLAN take ports by flow."""
    outs = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(8)]
    header = struct.pack(">II", 0x08000000, 77 << 8)

    def send(frame):
        outs[sum(frame[34:38]) % 8].sendto(header + frame, ("127.0.0.1", PORT))
    return send


def play(numbers, client_way, server_way):
    for number in numbers:
        for frame, from_server in packets(number):
            (server_way if from_server else client_way)(frame)
            time.sleep(1 / PACE)


class Sensor:
    def __init__(self, folder, *interfaces):
        policy = os.path.join(folder, "policy.yaml")
        with open(policy, "w", encoding="utf-8") as file:
            file.write(POLICY)
        self.out = os.path.join(folder, "events.jsonl")
        self.err = os.path.join(folder, "errors")
        words = [PROGRAM, "--json", "-p", policy, "--workers", "2", "--buffer-mib", "8",
                 "--max-flows", "4096", "--max-sessions", "1024"]
        for name in interfaces:
            words += ["-i", name]
        with open(self.out, "wb") as out, open(self.err, "wb") as err:
            self.process = subprocess.Popen(words, stdout=out, stderr=err)
        wait_until(lambda: self.events("policy.loaded"), what="the sensor")

    def events(self, action):
        with open(self.out, encoding="utf-8") as file:
            found = [json.loads(line) for line in file if line.endswith("\n")]
        return [e for e in found if e["event"]["action"] == action]

    def errors(self):
        with open(self.err, encoding="utf-8") as file:
            return file.read()

    def opened(self):
        """{address: interface}"""
        return {e["server"]["ip"]: e["observer"]["ingress"]["interface"]["name"]
                for e in self.events("exposure.opened")}

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30)


def host(number):
    return f"10.20.{number >> 8}.{number & 255}"


class Story:
    def __init__(self, folder):
        self.folder = folder
        for name in ("span1", "span2"):
            add_pair(name)
        self.sensor = Sensor(folder, "span1", "span2", URL)

    def test_nothing_is_lost(self):
        one, two, sent = sender("span1"), sender("span2"), wrapped()
        ways = {"span1": (one, one), "span2": (two, one), URL: (sent, sent)}
        for i, (name, way) in enumerate(ways.items()):
            play(range(256 * i + 1, 256 * i + 1 + CONVERSATIONS), *way)
        # Of a tap's halves the one by which the answer comes, with which a finding begins.
        expected = {host(256 * i + 1 + n): name for i, name in enumerate(("span1", "span1", URL))
                    for n in range(CONVERSATIONS)}
        wait_until(lambda: len(self.sensor.opened()) >= len(expected),
                   what=f"all of {len(expected)}")
        assert self.sensor.opened() == expected

    def test_it_went_as_far(self):
        """Both directions came to one worker, in order: what the client did is understood."""
        def destroyed():
            return {e["server"]["ip"] for e in self.sensor.events("exposure.escalated")
                    if e["spanwatch"]["exposure"]["level_name"] == "destroyed"}
        wait_until(lambda: len(destroyed()) == 3 * CONVERSATIONS,
                   what=f"destroyed: {len(destroyed())} of {3 * CONVERSATIONS}")

    def test_an_interface_that_goes_is_told(self):
        ip("link", "del", "span2")
        wait_until(lambda: [e for e in self.sensor.events("sensor.blind")
                            if e["spanwatch"]["blindness"]["cause"] == "interface-gone"],
                   seconds=5, what="the event")
        event = self.sensor.events("sensor.blind")[-1]
        assert event["spanwatch"]["blindness"]["interface"] == "span2", event
        assert "span2" in self.sensor.errors() and "waiting" in self.sensor.errors()

    def test_the_others_are_watched(self):
        one = sender("span1")
        play([2001], one, one)
        wait_until(lambda: host(2001) in self.sensor.opened(), seconds=5, what="a finding")

    def test_it_is_watched_again(self):
        for number in (2002, 2003):  # twice
            add_pair("span2")
            told = number - 2001
            wait_until(lambda: len(self.sensor.events("sensor.sighted")) >= told, seconds=8,
                       what="its return")
            two = sender("span2")
            play([number], two, two)
            wait_until(lambda: self.sensor.opened().get(host(number)) == "span2", seconds=5,
                       what="a finding")
            ip("link", "del", "span2")
            wait_until(lambda: len([e for e in self.sensor.events("sensor.blind")
                                    if e["spanwatch"]["blindness"]["interface"] == "span2"])
                       > told, seconds=5, what="the event")

    def test_no_packet_was_dropped(self):
        assert self.sensor.stop() == 0
        assert "dropped" not in self.sensor.errors(), self.sensor.errors()

    def tests(self):
        return [getattr(self, name) for name in vars(Story) if name.startswith("test_")]


def main():
    report = Report()
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET) != 0:
        print("skip several mirrors: needs root, for a network namespace")
        return 0
    ip("link", "set", "lo", "up")
    story = None
    with tempfile.TemporaryDirectory(prefix="swm-", dir="/tmp") as folder:
        try:
            story = Story(folder)
            report.run(story.tests())
        except (AssertionError, OSError, subprocess.SubprocessError) as error:
            report.fail("several mirrors", repr(error))
        finally:
            if story and story.sensor.process.poll() is None:
                story.sensor.process.kill()
    return report.status()


if __name__ == "__main__":
    sys.exit(main())
