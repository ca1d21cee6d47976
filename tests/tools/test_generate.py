#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""The traffic generator: the same seed gives the same bytes; packets are well-formed."""

import collections
import os
import struct
import subprocess
import tempfile

GENERATE = os.path.join(os.environ["SPANWATCH_BUILD"], "generate")


def generate(*options):
    with tempfile.NamedTemporaryFile() as out:
        subprocess.run([GENERATE, *options, "-o", out.name], check=True)
        return out.read()


def packets(capture):
    offset, records = 24, []
    while offset < len(capture):
        seconds, micros, caplen, length = struct.unpack_from("=IIII", capture, offset)
        assert caplen == length and micros < 1000000
        records.append((seconds * 1000000 + micros, capture[offset + 16:offset + 16 + caplen]))
        offset += 16 + caplen
    assert offset == len(capture)
    return records


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return total


def parse(frame):
    """(source, destination, protocol, transport bytes), with all checksums checked."""
    if frame[12:14] == b"\x08\0":
        length, protocol = struct.unpack_from("!H", frame, 16)[0], frame[23]
        assert checksum(frame[14:34]) == 0xffff
        source, target, body = frame[26:30], frame[30:34], frame[34:14 + length]
    else:
        assert frame[12:14] == b"\x86\xdd"
        length, protocol = struct.unpack_from("!H", frame, 18)[0], frame[20]
        source, target, body = frame[22:38], frame[38:54], frame[54:54 + length]
    pseudo = source + target + struct.pack("!HH", protocol, len(body))
    assert checksum(pseudo + body) == 0xffff
    return source, target, protocol, body


def same_seed_same_bytes():
    one = generate("--size", "3M", "--seed", "7")
    assert one == generate("--size", "3M", "--seed", "7")
    assert one != generate("--size", "3M", "--seed", "8")


def counts_are_kept():
    assert len(packets(generate("--mix", "syn-flood", "--packets", "1234"))) == 1234
    size = len(generate("--size", "2M"))
    assert 2000000 <= size < 2002000


def time_never_goes_back():
    times = [when for when, _ in packets(generate("--size", "5M"))]
    assert times == sorted(times) and times[-1] > times[0]


def checksums_are_right():
    for mix in ("realistic", "syn-flood", "elephants", "sessions", "answered-scan"):
        for _, frame in packets(generate("--mix", mix, "--packets", "4000")):
            parse(frame)


def sequence_numbers_join():
    expected = {}
    for _, frame in packets(generate("--packets", "60000", "--sessions", "300")):
        source, target, protocol, body = parse(frame)
        if protocol != 6:
            continue
        ports, seq, ack = body[:4], *struct.unpack_from("!II", body, 4)
        flags, payload = body[13], body[body[12] >> 4 << 2:]
        here, there = (source, target, ports), (target, source, ports[2:] + ports[:2])
        if flags & 2:
            expected[here] = seq + 1
            continue
        if flags & 4 or here not in expected:
            continue
        assert seq == expected[here] & 0xffffffff, (seq, expected[here])
        assert ack == expected[there] & 0xffffffff
        expected[here] += len(payload) + (flags & 1)


def a_third_matters():
    counts = collections.Counter()
    for _, frame in packets(generate("--size", "60M", "--sessions", "500")):
        source, target, _, _ = parse(frame)
        inside = [a[0] in (10, 0xfd) for a in (source, target)]
        server = [a[:2] in (b"\x0a\x14", b"\xfd\0") and not a[2:3] > b"\x63"
                  for a in (source, target)]
        if all(inside):
            counts["internal"] += 1
        elif (inside[0] and server[0]) or (inside[1] and server[1]):
            counts["inbound"] += 1
        else:
            counts["other"] += 1
    share = counts["inbound"] / sum(counts.values())
    assert 0.28 < share < 0.38, share


def a_scan_is_answered():
    answers, targets, flags = {}, set(), collections.Counter()
    for _, frame in packets(generate("--mix", "answered-scan", "--refused", "30",
                                     "--packets", "180k")):
        source, target, _, body = parse(frame)
        kind = {2: "syn", 18: "syn-ack", 20: "refused", 4: "given up"}[body[13]]
        flags[kind] += 1
        if kind == "syn":
            targets.add((target, body[2:4]))
        elif kind != "given up":
            assert answers.setdefault((source, body[:2]), kind) == kind
    assert 0 <= flags["syn"] - flags["syn-ack"] - flags["refused"] <= 256, flags
    assert 0 <= flags["syn-ack"] - flags["given up"] <= 256, flags
    assert 0.28 < flags["refused"] / (flags["refused"] + flags["syn-ack"]) < 0.32, flags
    hosts = len({host for host, _ in targets})
    assert len(targets) == flags["syn"] and hosts > 64000, (len(targets), hosts, flags)


def tunnels_hold_the_same():
    plain = packets(generate("--packets", "3000"))
    for (when, frame), (outer_when, outer) in zip(plain, packets(generate(
            "--packets", "3000", "--vxlan")), strict=True):
        assert when == outer_when and outer[50:] == frame
        assert checksum(outer[14:34]) == 0xffff and outer[36:38] == b"\x12\xb5"
        assert struct.unpack_from("!HH", outer, 36 + 2)[0] == len(outer) - 34
        assert struct.unpack_from("!H", outer, 16)[0] == len(outer) - 14


def short_sessions_have_eight_packets():
    ends = collections.Counter()
    for _, frame in packets(generate("--mix", "short-sessions", "--packets", "80k")):
        source, target, _, body = parse(frame)
        ends[frozenset(((source, body[:2]), (target, body[2:4])))] += 1
    assert max(ends.values()) == 8
    assert sum(count == 8 for count in ends.values()) > 0.5 * len(ends)


def main():
    for check in (same_seed_same_bytes, counts_are_kept, time_never_goes_back,
                  checksums_are_right, sequence_numbers_join, a_third_matters,
                  a_scan_is_answered, tunnels_hold_the_same,
                  short_sessions_have_eight_packets):
        try:
            check()
            print("ok generate", check.__name__)
        except AssertionError as error:
            print("not ok generate", check.__name__, error)


if __name__ == "__main__":
    main()
