#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""--evidence: which packets are kept of a capture, in which files, and who may read them.

usage: tests/cli/test_evidence.py
"""

import glob
import json
import os
import re
import resource
import shutil
import stat
import struct
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
from harness import GOLDEN, PROGRAM, TOP, Report, Skip  # noqa: E402

EXAMPLE = os.path.join(TOP, "policy/example.yaml")
RUN = os.path.join(GOLDEN, "run.pcap")
CAPTURES = os.path.join(GOLDEN, "captures")
SCRATCH = tempfile.mkdtemp(prefix="swce-")
LINKS = {1: "Ethernet", 113: "cooked", 276: "cooked 2", 101: "raw", 0: "null"}
BY_SERVICE = """version: 1
site: s
zones: { inside: [10.0.0.0/8] }
rules: [{ name: databases, services: [database], internal-only: true, severity: high }]
"""
NOTHING = """version: 1
site: s
zones: { inside: [10.0.0.0/8] }
rules: []
"""


def policy(text):
    path = os.path.join(SCRATCH, "policy.yaml")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def replay(directory, *words, rules=EXAMPLE, status=0, **more):
    result = subprocess.run([PROGRAM, "-q", "--json", "-p", rules, "--evidence", directory, *words],
                            check=False, capture_output=True, timeout=60, **more)
    assert result.returncode == status, result.stderr
    return [json.loads(line) for line in result.stdout.splitlines()]


def exposures(events):
    return {e["spanwatch"]["exposure"]["id"] for e in events
            if "exposure" in e["spanwatch"] and not e["spanwatch"]["exposure"]["unlisted"]}


def fresh(name):
    path = os.path.join(SCRATCH, name)
    shutil.rmtree(path, ignore_errors=True)
    return path


def files(directory):
    found = {}
    for path in glob.glob(os.path.join(directory, "*")):
        match = re.fullmatch(r"([0-9a-f]{16})\.pcapng", os.path.basename(path))
        assert match, path
        with open(path, "rb") as file:
            found[match[1]] = file.read()
    return found


def blocks(data):
    at = 0
    while at < len(data):
        kind, length = struct.unpack_from("<II", data, at)
        assert length % 4 == 0 and length >= 12 and at + length <= len(data), (at, length)
        assert struct.unpack_from("<I", data, at + length - 4)[0] == length
        yield kind, data[at + 8:at + length - 4]
        at += length


def options(body):
    found, at = {}, 0
    while at + 4 <= len(body):
        code, length = struct.unpack_from("<HH", body, at)
        if code == 0:
            break
        found[code] = body[at + 4:at + 4 + length]
        at += 4 + (length + 3) // 4 * 4
    return found


def packets(data):
    """(link, ns, frame) of each packet; checks the rest of the file on the way."""
    links, found = [], []
    for number, (kind, body) in enumerate(blocks(data)):
        if kind == 0x0a0d0d0a:
            assert number == 0 and body[:4] == b"\x4d\x3c\x2b\x1a", body[:4]
        elif kind == 1:
            links.append(struct.unpack_from("<H", body)[0])
            assert options(body[8:])[9] == b"\x09"
        else:
            assert kind == 6, kind
            interface, high, low, captured, wire = struct.unpack_from("<IIIII", body)
            assert captured <= wire and links[interface] in LINKS
            found.append((links[interface], high << 32 | low, body[20:20 + captured]))
    return found


def originals(path):
    with open(path, "rb") as file:
        data = file.read()
    magic = struct.unpack_from("<I", data)[0]
    scale = {0xa1b2c3d4: 1000, 0xa1b23c4d: 1}[magic]
    at, found = 24, []
    while at < len(data):
        seconds, fraction, captured, _ = struct.unpack_from("<IIII", data, at)
        found.append((seconds * 10**9 + fraction * scale, data[at + 16:at + 16 + captured]))
        at += 16 + captured
    return found


def test_a_file_for_each_exposure_of_a_rule():
    where = fresh("run")
    wanted = exposures(replay(where, "-r", RUN))
    kept = files(where)
    assert set(kept) == wanted and len(wanted) == 4, (sorted(kept), wanted)
    assert stat.S_IMODE(os.stat(where).st_mode) == 0o700
    for name, data in kept.items():
        assert stat.S_IMODE(os.stat(os.path.join(where, name + ".pcapng")).st_mode) == 0o600
        comment = options(next(blocks(data))[1][16:])[1].decode()
        assert comment.startswith(f"exposure {name}: 10.2"), comment


def test_packets_are_those_of_the_capture_with_the_handshake():
    where = fresh("packets")
    replay(where, "-r", RUN)
    known = originals(RUN)
    for data in files(where).values():
        found = packets(data)
        assert all((ns, frame) in known for _, ns, frame in found)
        assert [p[1] for p in found] == sorted(p[1] for p in found)
        flags = [frame[47] & 0x3f for _, _, frame in found[:3]]
        assert flags == [2, 18, 16], f"not SYN, SYN-ACK, ACK: {flags}"


def test_the_same_bytes_each_time():
    one, other = fresh("one"), fresh("other")
    replay(one, "-r", RUN)
    replay(other, "-r", RUN)
    first = files(one)
    assert first and first == files(other)
    replay(one, "-r", RUN)
    assert first == files(one), "a second replay changed the files"


def test_what_is_kept_shows_the_same_exposures():
    where, again = fresh("kept"), fresh("again")
    events = replay(where, "-r", RUN)
    levels = {}
    for event in events + replay(again, "-r", where):
        exposure = event["spanwatch"].get("exposure")
        if exposure and not exposure["unlisted"]:
            levels.setdefault(exposure["id"], []).append(exposure["level"])
    assert set(levels) == set(files(where))
    assert {k: len(v) for k, v in files(where).items()} == \
        {k: len(v) for k, v in files(again).items()}


def test_rules_by_service_keep_what_came_before_they_applied():
    where = fresh("service")
    capture = os.path.join(CAPTURES, "real-postgresql-open-unauth.pcap")
    wanted = exposures(replay(where, "-r", capture, rules=policy(BY_SERVICE)))
    kept = files(where)
    assert len(wanted) == 1 and set(kept) == wanted
    found = packets(kept[wanted.pop()])
    assert found[0][2][47] & 0x3f == 2, "the first packet is not the SYN"
    assert [f for _, _, f in found] == [f for _, f in originals(capture)]


def test_nothing_is_kept_without_a_broken_rule():
    where = fresh("quiet")
    replay(where, "-r", RUN, rules=policy(NOTHING))
    assert os.path.isdir(where) and files(where) == {}


def test_every_link_type():
    where = fresh("links")
    replay(where, "-r", *sorted(glob.glob(os.path.join(CAPTURES, "*")))[:200])
    kept = files(where)
    assert len(kept) > 10
    for data in kept.values():
        assert packets(data)


def test_other_programs_read_it():
    tcpdump = shutil.which("tcpdump", path=os.environ["PATH"] + ":/usr/sbin:/usr/bin")
    if not tcpdump:
        raise Skip("no tcpdump")
    where = fresh("others")
    replay(where, "-r", RUN)
    for name, data in files(where).items():
        path = os.path.join(where, name + ".pcapng")
        result = subprocess.run([tcpdump, "-nn", "-r", path], check=False, capture_output=True)
        assert result.returncode == 0, result.stderr
        assert len(result.stdout.splitlines()) >= len(packets(data))
        if shutil.which("capinfos"):
            words = subprocess.run(["capinfos", "-c", "-M", path], check=True,
                                   capture_output=True).stdout
            assert re.search(rb"packets:\s+%d\n" % len(packets(data)), words), words


def test_limits():
    where = fresh("limits")
    replay(where, "-r", RUN, "--evidence-files", "2")
    assert len(files(where)) == 2
    for wrong in (("--evidence-files", "0"), ("--evidence-mib", "x"), ("--inventory",)):
        replay(fresh("wrong"), "-r", RUN, *wrong, status=2)


def test_a_disk_that_is_full_costs_only_the_evidence():
    where = fresh("full")
    plain = replay(fresh("plain"), "-r", RUN)

    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (1024, 1024))

    result = subprocess.run(
        ["sh", "-c", 'trap "" XFSZ; exec "$@"', "sh", PROGRAM, "--json", "-p", EXAMPLE,
         "--evidence", where, "-r", RUN], check=False, capture_output=True, preexec_fn=limit,
        timeout=60)
    assert result.returncode == 0, result.stderr
    assert [json.loads(line) for line in result.stdout.splitlines()] == plain
    assert re.search(rb"[1-9]\d* packets that could not be written", result.stderr), result.stderr
    assert all(packets(data) for data in files(where).values())


def test_a_directory_that_cannot_be():
    for path in ("/dev/null", "/nowhere/at/all", RUN):
        replay(path, "-r", RUN, status=2)


if __name__ == "__main__":
    REPORT = Report()
    REPORT.run([value for name, value in list(globals().items()) if name.startswith("test_")],
               sys.argv[1:])
    shutil.rmtree(SCRATCH, ignore_errors=True)
    sys.exit(REPORT.status())
