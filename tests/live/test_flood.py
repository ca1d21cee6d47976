#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# test: limit=300
# test: alone
"""A flood of data towards a closed port does not hide the exposure of an open one beside it.

usage: tests/live/test_flood.py

Segments of data that belong to no connection (newlines, CRLF, Redis' numbers, single bytes), each
in another stranger's name, are sent to the sensor's mirror port at some rates, the last of them as fast as the
cable takes them. Meanwhile a client on the internet asks a real Redis. It must be told; how soon is
printed, with what the kernel dropped: a busy machine is no reason to fail.

Then one client feigns conversations with thousands of endpoints that give answers, while another
asks a real one: that is told, and the feigned ones are one finding with their number.
"""

import os
import random
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lab"))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import PATIENCE, RedisServer, Report, Skip, wait_until  # noqa: E402
from network import Network  # noqa: E402
from test_live import HOST, SERVER, Sensor, seconds_of  # noqa: E402

RATES = [("5,000 packets/s", ["--rate", "5000"]), ("50,000 packets/s", ["--rate", "50000"]),
         ("full rate", [])]
PORTS = [6379, 6380, 6381, 6382]
CLOSED = 7777
SECONDS = 12  # of each flood
BEFORE = 2  # of it, before the client comes
TUPLES = 40000
FEIGNED_HOSTS, FEIGNED_PORTS = range(20, 220), range(7001, 7041)
FEIGNER = bytes([198, 18, 7, 7])
FEIGNED_SHOWN = 256  # collapse-client, by default
PATTERNS = [b"\n" * 1024, b"\r\n" * 512, b"*1\r\n" * 256, b"\n"]


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def segment(dice, number):
    """An Ethernet frame: one segment of data out of nowhere."""
    payload = PATTERNS[number % len(PATTERNS)]
    source = bytes([198, 18, dice.randrange(256), dice.randrange(1, 255)])
    tcp = struct.pack("!HHIIBBHHH", dice.randrange(1024, 65536), CLOSED, dice.getrandbits(32),
                      dice.getrandbits(32), 5 << 4, 0x18, 65535, 0, 0)
    head = struct.pack("!BBHHHBBH", 0x45, 0, 40 + len(payload), number & 0xffff, 0, 60, 6, 0) \
        + source + socket.inet_aton(SERVER)
    head = head[:10] + struct.pack("!H", checksum(head)) + head[12:]
    return b"\x02\0\0\0\0\x01\x02\0\0\0\0\x02\x08\x00" + head + tcp + payload


def write_flood(path):
    dice = random.Random(1)
    with open(path, "wb") as file:
        file.write(struct.pack("=IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
        for number in range(TUPLES):
            frame = segment(dice, number)
            file.write(struct.pack("=IIII", number // 1000000, number % 1000000, len(frame),
                                   len(frame)) + frame)


def talk(server, port, number):
    """A client is asked for nothing: five frames of a conversation that never took place."""
    ends = (FEIGNER, 20000 + number % 40000), (server, port)
    at = [1000, 5000]
    for by, flags, data in ((0, 2, b""), (1, 0x12, b""), (0, 0x10, b""), (0, 0x18, b"PING\r\n"),
                            (1, 0x18, b"+PONG\r\n")):
        (source, sport), (target, dport) = ends[by], ends[1 - by]
        tcp = struct.pack("!HHIIBBHHH", sport, dport, at[by], at[1 - by] if flags != 2 else 0,
                          5 << 4, flags, 65535, 0, 0)
        head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 40 + len(data), number & 0xffff, 0, 60, 6, 0,
                           source, target)
        head = head[:10] + struct.pack("!H", checksum(head)) + head[12:]
        at[by] += len(data) + (flags & 2) // 2
        yield b"\x02\0\0\0\0\x01\x02\0\0\0\0\x02\x08\x00" + head + tcp + data


def write_storm(path):
    places = [(socket.inet_aton(f"10.20.1.{host}"), port)
              for port in FEIGNED_PORTS for host in FEIGNED_HOSTS]
    with open(path, "wb") as file:
        file.write(struct.pack("=IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
        for number, (server, port) in enumerate(places):
            for frame in talk(server, port, number):
                file.write(struct.pack("=IIII", 1700000000 + number // 1000, number % 1000 * 1000,
                                       len(frame), len(frame)) + frame)


class Story:
    def __init__(self, lab, folder, server):
        self.lab, self.folder = lab, folder
        self.internet = lab.clients[0]
        self.send = os.path.join(os.environ.get("SPANWATCH_BUILD", "build"), "tools/send")
        if not os.path.exists(self.send):
            raise Skip(f"no {self.send}")
        self.flood_file = os.path.join(folder, "flood.pcap")
        write_flood(self.flood_file)
        self.storm_file = os.path.join(folder, "storm.pcap")
        write_storm(self.storm_file)
        lab.close(SERVER)
        for port in PORTS:
            data = os.path.join(folder, f"redis-{port}")
            os.mkdir(data)
            lab.start("server", ["redis-server", "--bind", SERVER, "--port", str(port),
                                 "--protected-mode", "no", "--save", "", "--dir", data])
            wait_until(lambda at=port: self.ask("colleague", at), what="redis-server")
            lab.open((SERVER, "tcp", port))
        self.sensor = Sensor(lab, folder, server, "flood")

    def ask(self, role, port):
        try:
            with self.lab.socket(role) as made:
                made.connect((SERVER, port))
                made.sendall(b"PING\r\n")
                return made.recv(100).startswith(b"+PONG")
        except OSError:
            return False

    def found(self, port):
        return self.sensor.alive() and self.sensor.events("exposure.opened", server_port=port)

    def one_flood(self, name, rate, port, file=None):
        sent = os.path.join(self.folder, "sent")
        with open(sent, "wb") as out:
            flood = self.lab.start("edge", [self.send, self.lab.mirror_device,
                                            file or self.flood_file,
                                            "--seconds", str(SECONDS), *rate], stdout=out)
        time.sleep(BEFORE)
        began = time.time()
        asked = 0
        while not self.found(port) and time.time() < began + SECONDS + PATIENCE:
            asked += 1
            assert self.ask(self.internet.role, port), "redis-server does not answer"
            try:
                wait_until(lambda: self.found(port), 2, every=0.01, what="the exposure")
            except AssertionError:
                pass
        event = self.found(port)
        during = flood.poll() is None
        flood.wait(SECONDS + PATIENCE)
        held = self.sensor.heartbeat()
        with open(sent, encoding="utf-8") as file:
            words = " ".join(file.read().split())
        print(f"# {name}: sent {words}; dropped by the kernel so far {held.get('dropped_kernel')} of "
              f"{held.get('capture_received')}; " + (f"found {seconds_of(event[0]['created']) - began:.2f}"
              f" s after the first of {asked} conversations" if event else "NOT FOUND"), flush=True)
        assert event, "the exposure was not told"
        assert during, "it was told only after the flood"
        assert event[0]["server_ip"] == SERVER, event

    def tests(self):
        def named(name, rate, port):
            def test():
                self.one_flood(name, rate, port)
            test.__name__ = "test_redis_beside_a_flood_of_" + name.replace(" ", "_")
            return test
        return [named(name, rate, port) for (name, rate), port in zip(RATES, PORTS)] \
            + [self.test_nobody_was_made_up, self.test_redis_within_a_storm]

    def test_nobody_was_made_up(self):
        ports = {e["server_port"] for e in self.sensor.events("exposure.opened")}
        assert ports <= {str(port) for port in PORTS}, ports

    def test_redis_within_a_storm(self):
        self.one_flood("a storm of feigned answers", ["--rate", "8000"], PORTS[-1],
                       self.storm_file)
        feigned = [e for e in self.sensor.events("exposure.opened")
                   if int(e["server_port"]) in FEIGNED_PORTS]
        held = self.sensor.heartbeat()
        print(f"# {len(feigned)} of {len(FEIGNED_HOSTS) * len(FEIGNED_PORTS)} feigned endpoints "
              f"announced, {held['exposures_put_back']} only counted", flush=True)
        assert 0 < len(feigned) <= FEIGNED_SHOWN + 8, len(feigned)
        assert int(held["exposures_put_back"]) > 0, held
        assert self.sensor.stop() == 0, self.sensor.log()[-500:]


def main():
    report = Report()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    folder = tempfile.mkdtemp(prefix="swf-", dir="/tmp")
    try:
        with Network([HOST], 1) as lab, RedisServer(folder=folder) as server:
            report.run(Story(lab, folder, server).tests())
    except Skip as why:
        print(f"skip flood {why}")
    except (AssertionError, OSError, subprocess.SubprocessError) as error:
        report.fail("lab", repr(error))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    sys.exit(report.status())


if __name__ == "__main__":
    main()
