# SPDX-License-Identifier: ISC
"""Traffic whose events are known beforehand: conversations with endpoints that must not be reached.

An endpoint lives in three acts, each a whole exchange, repeated as often as one likes:
  open    a client of the internet asks a Redis for PONG and gets it: opened, then escalated;
  again   the same by somebody else: changes counters, announces nothing;
  close   three others are refused by a reset: closed.
What must have been announced of it in the end is in `Ledger`, whatever died in between.
"""

import collections
import itertools
import socket
import struct
import threading
import time

SERVER_MAC, CLIENT_MAC = b"\x02\x00\x00\x00\x00\x01", b"\x02\x00\x00\x00\x00\x02"
FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
PORT = 6379
REFUSALS = 3  # from distinct clients: what the policy takes for closed

POLICY = """version: 1
site: faults
zones:
  inside: [10.20.0.0/16]
groups:
  servers: { hosts: [10.20.0.0/16], owner: platform, security-group: sg-faults }
rules:
  - { name: servers-are-internal, groups: [servers], internal-only: true, severity: critical }
"""


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total & 0xffff) + (total >> 16)
    return ~(total + (total >> 16)) & 0xffff


def frame(source, target, number, sport, dport, seq, ack, flags, data=b""):
    """One TCP segment in Ethernet; addresses are four bytes. TCP's checksum is left out, as in
    packets that were captured where they were made."""
    to_server = dport == PORT
    header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 40 + len(data), number & 0xffff, 0x4000, 64, 6,
                         0, source, target)
    header = header[:10] + struct.pack("!H", checksum(header)) + header[12:]
    tcp = struct.pack("!HHIIBBHHH", sport, dport, seq, ack, 0x50, flags, 65535, 0, 0)
    macs = SERVER_MAC + CLIENT_MAC if to_server else CLIENT_MAC + SERVER_MAC
    return macs + b"\x08\x00" + header + tcp + data


def server_address(number):
    return bytes((10, 20, 1 + number // 250 % 250, 1 + number % 250))


def client_address(number):
    return bytes((203 - number // 62500 % 8, 1 + number // 250 % 250, 1 + number % 250, 9))


class Talks:
    """Frames of exchanges; clients and ports never repeat."""

    def __init__(self):
        self.clients = itertools.count()
        self.numbers = itertools.count(1)

    def talk(self, server, script):
        """`script`: (from the client?, flags, data) in turn."""
        number = next(self.clients)
        client, sport = client_address(number), 20000 + number % 40000
        here, there = 1000, 9000
        frames = []
        for from_client, flags, data in script:
            step = len(data) + (1 if flags & (SYN | FIN) else 0)
            if from_client:
                frames.append(frame(client, server, next(self.numbers), sport, PORT, here, there,
                                    flags, data))
                here += step
            else:
                frames.append(frame(server, client, next(self.numbers), PORT, sport, there, here,
                                    flags, data))
                there += step
        return frames

    def answered(self, server):
        return self.talk(server, (
            (True, SYN, b""), (False, SYN | ACK, b""), (True, ACK, b""),
            (True, PSH | ACK, b"PING\r\n"), (False, PSH | ACK, b"+PONG\r\n"),
            (True, FIN | ACK, b""), (False, FIN | ACK, b""), (True, ACK, b"")))

    def refused(self, server):
        return [f for _ in range(REFUSALS) for f in
                self.talk(server, ((True, SYN, b""), (False, RST | ACK, b"")))]


class Generator:
    """Sends the acts of new endpoints at a rate, in a thread of its own.

    An endpoint is closed when `lag` others have been opened after it, unless `closing` is false.
    """

    def __init__(self, interface, rate, lag=40):
        self.talks = Talks()
        self.wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
        self.wire.bind((interface, 0))
        self.rate, self.lag, self.closing = rate, lag, True
        self.opened, self.closed = [], []  # addresses, in order
        self.frames = 0
        self.lock = threading.Lock()
        self.pause = threading.Event()
        self.ended = False
        self.thread = threading.Thread(target=self.run, daemon=True)

    def send(self, frames):
        for one in frames:
            self.wire.send(one)
        self.frames += len(frames)

    def turn(self):
        with self.lock:
            server = server_address(len(self.opened))
            self.send(self.talks.answered(server))
            self.opened.append(server)
            if self.closing and len(self.opened) - len(self.closed) > self.lag:
                self.close_next()

    def close_next(self):
        server = self.opened[len(self.closed)]
        self.send(self.talks.refused(server))
        self.closed.append(server)

    def burst(self, count):
        """So many new endpoints as fast as the cable takes them."""
        new = [server_address(len(self.opened) + n) for n in range(count)]
        frames = [f for server in new for f in self.talks.answered(server)]
        self.send(frames)
        self.opened += new

    def run(self):
        due = time.monotonic()
        while not self.ended:
            if self.pause.is_set():
                time.sleep(0.01)
                due = time.monotonic()
                continue
            self.turn()
            due += 1 / self.rate
            wait = due - time.monotonic()
            if wait > 0:
                time.sleep(wait)
            elif wait < -1:
                due = time.monotonic()  # a busy machine: no burst afterwards

    def start(self):
        self.thread.start()
        return self

    def wait_more(self, count):
        """Until so many more endpoints were opened."""
        end = len(self.opened) + count
        while len(self.opened) < end and self.thread.is_alive():
            time.sleep(0.01)

    def again(self, passes=1):
        """Everything in its present state once more, for a sensor that was not there."""
        with self.lock:
            for _ in range(passes):
                closed = set(self.closed)
                for server in self.opened:
                    self.send(self.talks.refused(server) if server in closed
                              else self.talks.answered(server))

    def close_rest(self):
        with self.lock:
            while len(self.closed) < len(self.opened):
                self.close_next()

    def stop(self):
        self.ended = True
        if self.thread.is_alive():
            self.thread.join()

    def load(self, packets_a_second, seconds):
        """Packets between hosts inside, which mean nothing; gives how many."""
        size, sent, began = 200, 0, time.monotonic()
        burst = [frame(server_address(n), server_address(n + 1), n, 30000 + n, 40000, 1, 1,
                       PSH | ACK, bytes(size)) for n in range(200)]
        while time.monotonic() - began < seconds:
            for one in burst:
                self.wire.send(one)
            sent += len(burst)
            ahead = sent / packets_a_second - (time.monotonic() - began)
            if ahead > 0:
                time.sleep(ahead)
        return sent


def text_of(address):
    return ".".join(str(byte) for byte in address)


class Ledger:
    """What must have been announced of each endpoint, and what was."""

    def __init__(self, generator):
        self.opened = {text_of(a) for a in generator.opened}
        self.closed = {text_of(a) for a in generator.closed}
        self.told = collections.Counter()

    def add(self, event):
        """`event`: flat fields, as in the stream."""
        if event["kind"] in ("exposure.opened", "exposure.closed", "exposure.reopened"):
            self.told[event["server_ip"], event["kind"]] += 1
            # Who has gone that far when it can be told at last.
            if (event["kind"], event["level_name"]) == ("exposure.opened", "accessed"):
                self.told[event["server_ip"], "accessed"] += 1
        elif event["kind"] == "exposure.escalated":
            self.told[event["server_ip"], event["level_name"]] += 1

    def wanted(self):
        return ({(a, "exposure.opened") for a in self.opened} |
                {(a, "accessed") for a in self.opened} |
                {(a, "exposure.closed") for a in self.closed})

    def missing(self):
        return sorted(self.wanted() - set(self.told))

    def too_many(self):
        """Announced twice, or never deserved."""
        wanted = self.wanted()
        return sorted(k for k, n in self.told.items() if n > 1 or k not in wanted)
