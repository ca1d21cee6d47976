#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# test: limit=120
"""Several sensors that see the same packets and tell the same Redis: one exposure with all of them
named; clocks a minute apart; one of them is killed.

usage: tests/live/test_fleet.py [PART-OF-A-NAME ...]

The live ones watch lo, and need the right to capture there.
"""

import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
from harness import (GOLDEN, PATIENCE, PROGRAM, Redis, RedisServer, Report, Skip,  # noqa: E402
                     wait_until)

FLIP = os.path.join(GOLDEN, "captures/scn-flip-plain.pcap")
GROUP = os.path.join(GOLDEN, "policies/group.yaml")
SCRATCH = tempfile.mkdtemp(prefix="swf-")
RUN = "spanwatch:{lab}:run:both:"
LO = "spanwatch:{lo}:"
SERVER = "127.0.0.1"
POLICY = """version: 1
site: lo
zones: { inside: [127.0.0.1/32] }
groups: { servers: { hosts: [127.0.0.1/32] } }
rules: [{ name: internal, groups: [servers], internal-only: true, severity: high }]
"""


def later(path, seconds):
    """The same capture, by a clock that is ahead."""
    with open(path, "rb") as file:
        data = file.read()
    order = "<" if data[0] in (0xd4, 0x4d) else ">"
    out, at = bytearray(data), 24
    while at < len(data):
        moment, _, captured, _ = struct.unpack_from(order + "IIII", data, at)
        struct.pack_into(order + "I", out, at, moment + seconds)
        at += 16 + captured
    shifted = os.path.join(SCRATCH, f"later-{seconds}.pcap")
    with open(shifted, "wb") as file:
        file.write(out)
    return shifted


def replay(server, sensor, capture):
    done = subprocess.run(
        [PROGRAM, "-q", "--json", "-r", capture, "-p", GROUP, "--sensor", sensor, "--run", "both",
         "--redis", "unix://" + server.socket], capture_output=True, text=True, timeout=PATIENCE,
        check=False)
    assert done.returncode == 0 and not done.stderr, done.stderr


def objects(redis, kind):
    keys = [key for key in redis("KEYS", RUN + kind + ":*") if not key.endswith(":members")]
    assert keys
    return {key: redis.mapping(key) for key in keys}


def test_two_mirrors_of_one_path():
    with RedisServer() as server:
        redis = Redis(server.socket)
        replay(server, "north", FLIP)
        alone = objects(redis, "exposure") | objects(redis, "incident")
        replay(server, "south", FLIP)
        both = objects(redis, "exposure") | objects(redis, "incident")
        assert set(both) == set(alone), "the same exposure has two ids"
        for key, held in both.items():
            was = alone[key]
            assert was["sensors"] == "north" and held["sensors"] == "north,south", held
            for name in ("state", "level", "severity", "opened", "changed_after",
                         "changed_before", "closed"):
                assert held.get(name) == was.get(name), (key, name)
            assert "changed_disputed" not in held, held
            if "flows" in held:
                assert held["flows"] == str(2 * int(was["flows"])), held


def test_clocks_a_minute_apart():
    for names in (("north", "south"), ("south", "north")):
        with RedisServer() as server:
            redis = Redis(server.socket)
            captures = {"north": FLIP, "south": later(FLIP, 60)}
            for name in names:
                replay(server, name, captures[name])
            disputed = 0
            for key, held in (objects(redis, "exposure") | objects(redis, "incident")).items():
                assert held["sensors"] == "north,south", (key, held)
                after, before = held.get("changed_after"), held["changed_before"]
                assert after is None or after < before, (key, after, before)
                assert held.get("changed_disputed") == ("1" if after else None), (key, held)
                assert held["opened"] <= held.get("last_seen", held.get("last")), (key, held)
                disputed += "changed_disputed" in held
            assert disputed, "no interval is told"


class Sensor:
    def __init__(self, server, name, policy):
        self.log = os.path.join(SCRATCH, name + ".log")
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [PROGRAM, "-q", "-i", "lo", "-f", "tcp port " + str(policy[1]), "-p", policy[0],
                 "--json", "--sensor", name, "--heartbeat", "1", "--redis",
                 "unix://" + server.socket],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log)
        redis = Redis(server.socket)
        wait_until(lambda: self.runs() and redis("EXISTS", LO + "sensor:" + name),
                   what="the first heartbeat")

    def runs(self):
        if self.process.poll() is not None:
            with open(self.log, encoding="utf-8") as log:
                raise Skip("cannot capture on lo: " + log.read().strip()[-100:])
        return True

    def end(self, number):
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)


def knock(port, last):
    """From an address of lo that no zone has."""
    with socket.socket() as made:
        made.settimeout(PATIENCE)
        made.bind(("127.0.0." + str(last), 0))
        try:
            made.connect((SERVER, port))
            return made.recv(100)
        except ConnectionRefusedError:
            return None


def greet(listener, last):
    port = listener.getsockname()[1]
    with socket.socket() as made:
        made.settimeout(PATIENCE)
        made.bind(("127.0.0." + str(last), 0))
        made.connect((SERVER, port))
        with listener.accept()[0] as accepted:
            accepted.sendall(b"220 ready\r\n")
            made.recv(100)


def test_a_killed_sensor_is_seen_and_holds_nothing_open():
    listener = socket.create_server((SERVER, 0))
    port = listener.getsockname()[1]
    path = os.path.join(SCRATCH, "lo.yaml")
    with open(path, "w", encoding="ascii") as file:
        file.write(POLICY)
    started = []
    with RedisServer() as server:
        redis = Redis(server.socket)
        try:
            for name in ("north", "south"):
                started.append(Sensor(server, name, (path, port)))
            play(redis, listener, port, *started)
        finally:
            for sensor in started:
                if sensor.process.poll() is None:
                    sensor.process.kill()
                    sensor.process.wait()


def play(redis, listener, port, north, south):
    greet(listener, 9)
    key = wait_until(lambda: redis("KEYS", LO + "exposure:*"), what="the exposure")[0]
    wait_until(lambda: redis("HGET", key, "sensors") == "north,south", what="both sensors' word")
    # One change, one incident, though no two clocks or kernels stamp a packet alike.
    incidents = [k for k in redis("KEYS", LO + "incident:*") if not k.endswith(":members")]
    assert len(incidents) == 1, incidents
    wait_until(lambda: redis("HGET", incidents[0], "sensors") == "north,south", what="the incident")
    skews = [int(wait_until(lambda n=n: redis("HGET", LO + "sensor:" + n, "clock_skew_ms"),
                            what="the clock")) for n in ("north", "south")]
    assert all(abs(skew) < 2000 for skew in skews), skews
    south.end(signal.SIGKILL)
    killed = time.monotonic()
    # The heartbeat's time to live is three intervals: 3 s.
    wait_until(lambda: not redis("EXISTS", LO + "sensor:south"), what="the end of the heartbeat")
    assert time.monotonic() - killed < PATIENCE
    assert redis("EXISTS", LO + "sensor:north") == 1
    assert redis("ZRANGE", LO + "sensors", 0, -1) == ["south", "north"]  # longest silent first
    assert redis("HGET", LO + "sensors:state", "south") == "watching"
    # Closed with proof, for the one that is still there.
    listener.close()
    for last in range(11, 19):
        assert knock(port, last) is None
    wait_until(lambda: redis("HGET", key, "state@north") == "closed", what="the proof")
    assert redis("HGET", key, "state") == "open", "south has only been silent for seconds"
    # Somebody takes it out of the list.
    assert redis("ZREM", LO + "sensors", "south") == 1
    wait_until(lambda: redis("HGET", key, "state") == "closed", what="the end of the exposure")
    assert redis("HGET", key, "close_reason") == "sensor-gone"
    assert redis("ZCARD", LO + "open") == 0
    assert north.end(signal.SIGTERM) == 0
    assert redis("HGET", LO + "sensors:state", "north") == "stopping"


def main():
    report = Report()
    try:
        report.run([test_two_mirrors_of_one_path, test_clocks_a_minute_apart,
                    test_a_killed_sensor_is_seen_and_holds_nothing_open], sys.argv[1:])
    finally:
        shutil.rmtree(SCRATCH)
    sys.exit(report.status())


if __name__ == "__main__":
    main()
