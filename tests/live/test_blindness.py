#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# test: limit=420
# test: alone
"""A mirror that dies, goes one-way or loses packets is told within 30 s, and so is its recovery.

usage: tests/live/test_blindness.py

Real conversations pass the edge of tests/lab/network.py all the time; only their copy for the
sensor is spoilt.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lab"))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import RedisServer, Report, Skip, wait_until  # noqa: E402
from network import Network  # noqa: E402
from test_live import HOST, SERVER, Sensor, seconds_of  # noqa: E402

LIMIT = 30  # seconds, as the issue demands
WARM = 20  # seconds of traffic before something breaks
TALKS = 6


class Talk(threading.Thread):
    """A client and a server that send each other 2 kB ten times a second, in turns."""

    def __init__(self, client, server, stop):
        super().__init__(daemon=True)
        self.client, self.server, self.stop = client, server, stop
        self.turns = 0

    def run(self):
        while not self.stop.is_set():
            try:
                for one, other in ((self.client, self.server), (self.server, self.client)):
                    one.sendall(b"x" * 2000)
                    left = 2000
                    while left:
                        left -= len(other.recv(left))
                self.turns += 1
            except OSError:
                return
            time.sleep(0.1)


class Story:
    def __init__(self, lab, folder, server):
        self.lab, self.stop = lab, threading.Event()
        listener = lab.listen("server", SERVER, 7000)
        listener.settimeout(10)
        self.talks, self.kept = [], [listener]
        for _ in range(TALKS):
            client = lab.socket("colleague")
            client.connect((SERVER, 7000))
            self.talks.append(Talk(client, listener.accept()[0], self.stop))
        for talk in self.talks:
            talk.start()
        self.sensor = Sensor(lab, folder, server, "sight")

    def causes(self):
        return self.sensor.heartbeat().get("blind", "").split(",")

    def told(self, kind, cause, since):
        """The first such event after `since`, and how many seconds later it was."""
        def find():
            assert all(talk.is_alive() for talk in self.talks), "the traffic itself broke off"
            return [e for e in self.sensor.events(kind, blind_cause=cause)
                    if seconds_of(e["created"]) >= since]
        event = wait_until(lambda: self.sensor.alive() and find(), LIMIT + 15,
                           f"{kind} {cause}", every=0.1)[0]
        delay = seconds_of(event["created"]) - since
        print(f"# {kind} {cause}: {delay:.1f} s; {event['reason']}", flush=True)
        assert delay <= LIMIT, f"{delay:.1f} s"
        return event

    def spoil(self, cause, breaks, mends):
        since = time.time()
        breaks()
        event = self.told("sensor.blind", cause, since)
        assert event["blind_interface"] == "span0", event
        wait_until(lambda: cause in self.causes(), what="the heartbeat's word")
        assert self.sensor.heartbeat()["state"] == "blind"
        since = time.time()
        mends()
        self.told("sensor.sighted", cause, since)
        return event

    def warm(self):
        wait_until(lambda: self.causes() == [""], LIMIT, "sight")
        time.sleep(WARM)
        assert self.causes() == [""], self.causes()

    def test_a_good_mirror_is_no_news(self):
        self.warm()
        assert self.sensor.events("sensor.blind") == []
        held = self.sensor.heartbeat()
        assert held["state"] == "watching", held["state"]
        assert int(held["conversations_both_ways"]) >= 10, held
        assert held["conversations_one_way"] == "0", held
        assert held["bytes_unseen"] == "0" and int(held["bytes_sent"]) > 50000, held

    def test_dead_mirror(self):
        event = self.spoil("silence", self.lab.mirror_off, self.lab.mirror_on)
        assert event["severity"] == "high" and event["alert"] == "1", event

    def test_one_way_mirror(self):
        self.warm()
        self.spoil("one-way", lambda: self.lab.mirror_off(["egress"]),
                   lambda: self.lab.mirror_on(["egress"]))

    def test_lossy_mirror(self):
        self.warm()
        event = self.spoil("unseen-data", self.lab.mirror_lossy, self.lab.mirror_whole)
        share = int(event["blind_share_permille"])
        assert 50 <= share <= 450, f"{share} permille for a loss of 200"

    def test_nothing_else_was_told(self):
        causes = {e["blind_cause"] for e in self.sensor.events("sensor.blind")}
        assert causes <= {"silence", "one-way", "unseen-data"}, causes
        turns = [talk.turns for talk in self.talks]
        assert min(turns) > 100, turns
        assert self.sensor.stop() == 0, self.sensor.log()[-500:]
        reasons = [e for e in self.sensor.written() if e["event"]["action"] == "sensor.blind"]
        assert all(re.match(r"span0: ", e["event"]["reason"]) for e in reasons)
        assert all(e["spanwatch"]["blindness"]["interface"] == "span0" for e in reasons)

    def tests(self):
        return [getattr(self, name) for name in vars(Story) if name.startswith("test_")]


def main():
    report = Report()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    folder = tempfile.mkdtemp(prefix="swb-", dir="/tmp")
    try:
        with Network([HOST], 1) as lab, RedisServer(folder=folder) as server:
            story = Story(lab, folder, server)
            report.run(story.tests())
            story.stop.set()
    except Skip as why:
        print(f"skip blindness {why}")
    except (AssertionError, OSError, subprocess.SubprocessError) as error:
        report.fail("lab", repr(error))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    sys.exit(report.status())


if __name__ == "__main__":
    main()
