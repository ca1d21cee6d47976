#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# test: limit=240
"""The shipped captures as another wire would have shown them: what must not change does not.

tools/recast changes them; the inventory of what comes out is compared with that of the original.
How segments are cut, joined, repeated or ordered changes nothing that our own dissectors tell. Other
ports change only what was a guess by port. Where a part is missing, less may be known; but nothing
is told that the whole does not show.
"""

import collections
import glob
import json
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
from harness import GOLDEN, PROGRAM, TOP, Report  # noqa: E402

RECAST = os.path.join(os.environ.get("SPANWATCH_BUILD", os.path.join(TOP, "build")), "recast")
CAPTURES = sorted(glob.glob(os.path.join(GOLDEN, "captures", "*.pcap")))
VERDICT = ("protocol", "protocol_source", "product", "version", "outcome", "auth", "encrypted",
           "data_read", "directory_listing", "commands", "executes", "destructive", "flows", "bytes_c2s",
           "bytes_s2c")
ANYTHING = "*"
LESS_SPECIAL = ("http", "tls")  # what carries a service, when there is no more to be seen of it


def inventory(folder, *transform):
    """What is found in the captures, transformed into `folder`; and where --ports moved whom."""
    moved = {}
    for path in CAPTURES:
        name = os.path.basename(path)
        told = subprocess.run([RECAST, "--show-ports", *transform, path,
                               os.path.join(folder, name)], check=True, stdout=subprocess.PIPE,
                              text=True).stdout
        for line in told.splitlines():
            address, port, transport, new = line.split()
            moved[name, address, int(new), transport] = int(port)
    lines = subprocess.run([PROGRAM, "-q", "-r", folder, "--inventory"], check=True,
                           stdout=subprocess.PIPE).stdout.splitlines()
    return [json.loads(line) for line in lines], moved


def transformed(*transform):
    with tempfile.TemporaryDirectory() as folder:
        return inventory(folder, *transform)


def verdicts(lines, fields=VERDICT):
    """{conversation's ends: verdicts}"""
    found = collections.defaultdict(list)
    for line in lines:
        ends = tuple(line[k] for k in ("file", "server_ip", "server_port", "transport",
                                       "client_ip"))
        told = dict(line)
        if line["protocol_source"] != "payload":  # nDPI looks at single packets
            told["protocol"] = told["protocol_source"] = None
        found[ends].append(json.dumps([told[k] for k in fields]))
    return {ends: sorted(told) for ends, told in found.items()}


def same(*transform, but=()):
    lines, _ = transformed(*transform)
    plain, changed = verdicts(ORIGINAL), verdicts(lines)
    for ends in sorted(set(plain) | set(changed)):
        assert ends[0] in but or plain.get(ends) == changed.get(ends), \
            f"{ends}: {plain.get(ends)} became {changed.get(ends)}"


def less(*transform):
    """Nothing but what the whole shows; returns the share of conversations still identified."""
    lines, _ = transformed(*transform)
    allowed = collections.defaultdict(set)
    for line in ORIGINAL:
        allowed[line["file"]].add((line["server_ip"], line["server_port"], line["protocol"]))
        if line["bytes_s2c"] == 0 and line["bytes_c2s"]:  # a half cannot show that it kept silent
            allowed[line["file"]].add((line["server_ip"], line["server_port"], ANYTHING))
    named = {(line["file"], line["server_ip"], line["server_port"])
             for line in ORIGINAL if line["protocol_source"] == "payload"}
    still = set()
    for line in lines:
        if line["protocol_source"] != "payload":
            continue
        claim = (line["server_ip"], line["server_port"], line["protocol"])
        assert {claim, (*claim[:2], ANYTHING)} & allowed[line["file"]] or \
            claim[2] in LESS_SPECIAL, \
            f"{line['file']}: {claim} is not what it was"
        still.add((line["file"], *claim[:2]))
    return len(still & named) / len(named)


def test_original_is_worth_the_while():
    assert len(CAPTURES) > 50
    assert sum(line["protocol_source"] == "payload" for line in ORIGINAL) > 50


def test_split_into_single_bytes():
    same("--split", "1")


def test_split_into_sevens():
    same("--split", "7")


def test_cut_early():
    for at in ("1", "2", "4", "11"):
        same("--cut", at)


def test_merged():
    same("--merge", "60000")


def test_split_and_merged_again():
    same("--split", "5", "--merge", "60000")


def test_sent_again_with_other_bytes():
    same("--retransmit")


def test_split_and_out_of_order():
    # What comes before the first byte that was seen is not known to be missing.
    same("--split", "100", "--reorder", but=("scn-midstream.pcap",))


def test_other_ports():
    lines, moved = transformed("--ports", "7")
    for line in lines:
        key = (line["file"], line["server_ip"], line["server_port"], line["transport"])
        line["server_port"] = moved.get(key, line["server_port"])
    known = ("protocol", "product", "version", "auth", "encrypted", "commands")
    plain = verdicts([x for x in ORIGINAL if x["protocol_source"] == "payload"], known)
    changed = verdicts([x for x in lines if x["protocol_source"] == "payload"], known)
    lost = [ends for ends, told in plain.items() if changed.get(ends) != told]
    assert not lost, f"{lost[0]}: {plain[lost[0]]} became {changed.get(lost[0])}"


def test_clients_alone():
    assert less("--client") > 0.6


def test_servers_alone():
    assert less("--server") > 0.6


def test_late():
    for missing in ("1", "3", "4", "6", "8"):
        less("--late", missing)


def test_lossy():
    for every in ("2", "3", "5"):
        less("--drop", every)


def test_checksums_are_right():
    """Split frames are what a receiver would accept: tcpdump-like check of every TCP checksum."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "out.pcap")
        source = os.path.join(GOLDEN, "captures", "real-postgresql-open-unauth.pcap")
        subprocess.run([RECAST, "--ports", "3", "--split", "9", source, path], check=True)
        with open(path, "rb") as file:
            data = file.read()
    at, frames = 24, 0
    while at < len(data):
        length = int.from_bytes(data[at + 8:at + 12], "little")
        frame = data[at + 16:at + 16 + length]
        header = 14 + (frame[14] & 15) * 4
        segment = frame[header:14 + int.from_bytes(frame[16:18], "big")]
        assert folded(frame[14:header]) == 0xFFFF
        pseudo = frame[26:34] + bytes([0, 6]) + len(segment).to_bytes(2, "big")
        assert folded(pseudo + segment) == 0xFFFF
        at += 16 + length
        frames += 1
    assert frames > 100


def folded(data):
    data += b"\0" * (len(data) % 2)
    total = sum(int.from_bytes(data[i:i + 2], "big") for i in range(0, len(data), 2))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total


def test_usage():
    for words in ([], ["--split"], ["--split", "x", "a", "b"], ["--never", "a", "b"]):
        assert subprocess.run([RECAST, *words], check=False, capture_output=True).returncode == 2
    shown = subprocess.run([RECAST, "--help"], check=True, capture_output=True, text=True).stdout
    assert "--retransmit" in shown


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        ORIGINAL, _ = inventory(scratch)
    REPORT = Report()
    REPORT.run([value for name, value in list(globals().items()) if name.startswith("test_")],
               sys.argv[1:])
    sys.exit(REPORT.status())
