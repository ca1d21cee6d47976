#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Conversations over UDP that our own hosts had begun before the capture did, and whose other end is seen
to speak first. Where the bytes say who asks, nothing is reported; where they say nothing, at most a
guess, which is never more than medium."""

import json
import os
import struct
import subprocess
import sys
import tempfile

PROGRAM = os.environ.get("SPANWATCH", "build/spanwatch")
OURS, THEIRS = bytes([10, 20, 0, 11]), bytes([198, 51, 100, 7])
POLICY = """version: 1
site: honest
zones: { inside: [10.0.0.0/8] }
groups: { servers: { hosts: [10.20.0.0/24], owner: platform } }
rules:
  - { name: internal, groups: [servers], internal-only: true, severity: critical }
"""


def dns(flags, more=b""):
    return b"\x12\x34" + flags + b"\0\1" + (b"\0\1" if more else b"\0\0") + bytes(4) + \
        b"\7example\3com\0\0\1\0\1" + more


def snmp(pdu):
    return bytes.fromhex("302602010104067075626c6963" + pdu +
                         "19020101020100020100300e300c06082b060102010101000500")


IKE = b"12345678abcdefgh" + b"\x2e\x20\x25"
COOKIE = b"\x21\x12\xa4\x42abcdefghijkl"
# name: our port, theirs, what ours say, what they say, do the bytes tell who asks?
TALKS = {
    "dns": (40001, 53, dns(b"\1\0"), dns(b"\x81\x80", b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\1\2\3\4"), True),
    "dns-53": (53, 53, dns(b"\1\0"), dns(b"\x81\x80", b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\1\2\3\4"), True),
    "ntp": (40002, 123, b"\x23\0\6\xec" + bytes(44), b"\x24\1\6\xec" + bytes(44), True),
    "ntp-123": (123, 123, b"\x23\0\6\xec" + bytes(44), b"\x24\1\6\xec" + bytes(44), True),
    "ike": (500, 500, IKE + b"\x08\0\0\0\1\0\0\0\x50" + bytes(60),
            IKE + b"\x20\0\0\0\1\0\0\0\x50" + bytes(60), True),
    "stun": (40005, 3478, b"\0\1\0\0" + COOKIE, b"\1\1\0\0" + COOKIE, True),
    "sip": (5060, 5060, b"OPTIONS sip:a@b SIP/2.0\r\nVia: x\r\n\r\n",
            b"SIP/2.0 200 OK\r\nVia: x\r\n\r\n", True),
    "snmp": (40006, 161, snmp("a0"), snmp("a2"), True),
    "radius": (40007, 1812, b"\1\x10\0\x14" + bytes(16), b"\2\x10\0\x14" + bytes(16), True),
    "esp-in-udp": (4500, 4500, b"\xaa\xbb\xcc\xdd\0\0\0\5" + b"\x91" * 80,
                   b"\xaa\xbb\xcc\xee\0\0\0\5" + b"\x92" * 80, False),
    "quic": (40003, 443, b"\x41" + b"\x93" * 60, b"\x42" + b"\x94" * 900, False),
    "dtls": (40004, 4433, b"\x17\xfe\xfd\0\1\0\0\0\0\0\5\0\x20" + b"\x95" * 32,
             b"\x17\xfe\xfd\0\1\0\0\0\0\0\6\0\x20" + b"\x96" * 32, False),
    "wireguard": (51820, 51820, b"\4\0\0\0" + b"\x97" * 92, b"\4\0\0\0" + b"\x98" * 92, False),
    "rtp": (40008, 40009, b"\x80\x60" + b"\x99" * 160, b"\x80\x60" + b"\x9a" * 160, False),
}


def frame(source, destination, source_port, destination_port, payload):
    total = 28 + len(payload)
    ip = struct.pack(">BBHHHBBH", 0x45, 0, total, 0, 0, 60, 17, 0) + source + destination
    total = sum(struct.unpack(">10H", ip))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    ip = ip[:10] + struct.pack(">H", ~total & 0xFFFF) + ip[12:]
    return b"\2" * 12 + b"\x08\0" + ip + \
        struct.pack(">HHHH", source_port, destination_port, 8 + len(payload), 0) + payload


def write_capture(path):
    records = []
    for number, (ours, theirs, asks, answers, _) in enumerate(TALKS.values()):
        for turn in range(40):
            at = 1790000000000000 + number * 100000 + turn * 5000000
            records.append((at, frame(THEIRS, OURS, theirs, ours, answers)))
            records.append((at + 10000, frame(OURS, THEIRS, ours, theirs, asks)))
    with open(path, "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        for at, content in sorted(records):
            file.write(struct.pack("<IIII", at // 1000000, at % 1000000, len(content), len(content)))
            file.write(content)


def main():
    with tempfile.TemporaryDirectory() as folder:
        capture, policy = os.path.join(folder, "honest.pcap"), os.path.join(folder, "policy.yaml")
        write_capture(capture)
        with open(policy, "w", encoding="utf-8") as file:
            file.write(POLICY)
        done = subprocess.run([PROGRAM, "-q", "--json", "-r", capture, "-p", policy], check=True,
                              stdout=subprocess.PIPE)
    told = {}
    for event in map(json.loads, done.stdout.splitlines()):
        if event["event"]["action"].startswith("exposure."):
            told.setdefault(event["server"]["port"], []).append(event)
    bad = 0
    for name, (ours, _, _, _, speak) in TALKS.items():
        events = told.get(ours, [])
        guesses = all(e["spanwatch"]["severity"] in ("info", "low", "medium") and
                      e["spanwatch"]["evidence"]["direction"] == "guess" for e in events)
        good = not events if speak else guesses
        bad += not good
        print("ok" if good else "not ok", name, "is nothing" if speak else "is a guess at most")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
