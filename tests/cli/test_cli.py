#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# test: limit=300
"""The command line as a contract: options, inputs, outputs, exit statuses.

usage: tests/cli/test_cli.py [PART-OF-A-NAME ...]
"""

import gzip
import json
import lzma
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
from harness import (GOLDEN, PATIENCE, PROGRAM, TOP, Redis, RedisServer, Report,  # noqa: E402
                     Skip, wait_until)

HERE = os.path.dirname(os.path.abspath(__file__))
RUN = os.path.join(GOLDEN, "run.pcap")
FLIP = os.path.join(GOLDEN, "captures/scn-flip-plain.pcap")
SILENT = os.path.join(GOLDEN, "captures/scn-internal-client.pcap")
EXAMPLE = os.path.join(TOP, "policy/example.yaml")
GROUP = os.path.join(GOLDEN, "policies/group.yaml")
DONE, EXPOSED, USAGE, BROKEN, UNSEEN, EXPOSED_BROKEN = range(6)
SCRATCH = tempfile.mkdtemp(prefix="swc-")

OPTIONS = """read interface policy check filter json text inventory fail-on-exposure redis
redis-password-file redis-tls-ca redis-tls-cert redis-tls-key redis-tls-name sentinel-user known-bad
sentinel-password-file journal sensor site run metrics user workers snaplen buffer-mib
capture-timeout-ms whole-packets no-promiscuous max-flows max-sessions reassembly-mib unpack-mib max-probed max-outbound
max-exposures max-walls max-incidents max-inventory memory prefault tcp-idle journal-keep journal-mib journal-days stream-maxlen queue-maxlen heartbeat
silence untested quiet verbose help version counters vxlan-ports geneve-ports fou-ports per-file live-clock no-tunnels encapsulations as-given separate-vni checksums
duplicate-ms fragments-mib evidence evidence-files evidence-file-mib evidence-mib""".split()
INVENTORY_FIELDS = """file server_ip server_port transport client_ip protocol protocol_source
product version outcome auth encrypted data_read commands executes destructive bytes_c2s
bytes_s2c""".split()


def spanwatch(*words, stdin=b"", status=None, timeout=PATIENCE * 2, env=None, stdout=None):
    result = subprocess.run(
        [PROGRAM, *map(str, words)], input=stdin, timeout=timeout, check=False,
        stdout=stdout or subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, **(env or {})})
    result.errors = result.stderr.decode("utf-8", "replace")
    if status is not None:
        assert result.returncode == status, f"status {result.returncode}: {result.errors[-800:]}"
    return result


def events_of(result):
    return [json.loads(line) for line in result.stdout.decode().splitlines()]


def replay(*words, status=DONE, policy=EXAMPLE, **more):
    return spanwatch("-q", "--json", "-p", policy, *words, status=status, **more)


def story(result):
    """What was said, without the names of captures."""
    return re.sub(rb',"input":\{[^}]*\}', b"", getattr(result, "stdout", result))


def stories(result):
    return [json.loads(line) for line in story(result).decode().splitlines()]


def scratch(name, data=b""):
    path = os.path.join(SCRATCH, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(data if isinstance(data, bytes) else data.encode())
    return path


def content(path):
    with open(path, "rb") as file:
        return file.read()


def packets_of(path):
    """(seconds, microseconds, frame) of each packet of a capture of ours."""
    data, at, packets = content(path), 24, []
    while at < len(data):
        seconds, micro, captured, _ = struct.unpack_from("<IIII", data, at)
        packets.append((seconds, micro, data[at + 16:at + 16 + captured]))
        at += 16 + captured
    return packets


# --- Options -----------------------------------------------------------------------------------

def test_help_lists_every_option():
    result = spanwatch("--help", status=DONE)
    shown = set(re.findall(r"--([a-z][a-z-]*)", result.stdout.decode()))
    assert not set(OPTIONS) - shown, f"missing: {sorted(set(OPTIONS) - shown)}"
    new = set(re.findall(r"^  .{4}--([a-z-]+)", result.stdout.decode(), re.M)) - set(OPTIONS)
    assert not new, f"not in this test's contract: {sorted(new)}"
    assert result.stderr == b""
    assert spanwatch("-h", status=DONE).stdout == result.stdout


def test_manual_tells_every_option():
    manual = content(os.path.join(TOP, "sensor/run/spanwatch.8")).decode().replace("\\-", "-")
    told = set(re.findall(r"\bFl -([a-z][a-z-]*)", manual))
    missing = [o for o in OPTIONS if o not in told and not re.search(rf"Fl Fl {o}\b", manual)]
    assert not missing, f"not in spanwatch.8: {missing}"


def test_version():
    text = spanwatch("--version", status=DONE).stdout.decode()
    assert re.fullmatch(r"spanwatch \d+\.\d+\.\d+\n", text), text
    assert spanwatch("-V", status=DONE).stdout.decode() == text


def test_unknown_options_are_named():
    for words in (["--frobnicate"], ["-Z"], ["--max-flow=1x"]):
        result = spanwatch(*words, status=USAGE)
        assert result.stdout == b"" and words[0].split("=")[0] in result.errors, result.errors


def test_missing_values():
    for option in ("-r", "--policy", "--workers", "-f", "--redis"):
        errors = spanwatch(option, status=USAGE).errors
        assert option in errors and "value" in errors, errors


def test_numbers_out_of_range_name_the_range():
    for option, value, low, high in (("workers", "0", "1", "64"), ("workers", "65", "1", "64"),
                                     ("workers", "", "1", "64"), ("workers", "2x", "1", "64"),
                                     ("workers", "-1", "1", "64"), ("workers", " 1", "1", "64"),
                                     ("snaplen", "63", "64", "262144"),
                                     ("max-flows", "99999999999999999999", "16", "100000000"),
                                     ("heartbeat", "3601", "1", "3600")):
        errors = spanwatch(f"--{option}={value}", status=USAGE).errors
        assert f"--{option}" in errors and low in errors and high in errors, errors


def test_combinations_that_make_no_sense():
    for words, about in ((["-r", FLIP], "policy"), (["-p", GROUP], "-r"), ([], "-r"),
                         (["-n"], "policy"), (["-r", FLIP, "-i", "lo", "-p", GROUP], "-i"),
                         (["-i", "lo", "--inventory"], "--inventory"),
                         (["-i", "lo", "-p", GROUP, "--per-file"], "--per-file"),
                         (["-r", FLIP, "-p", GROUP, "--json", "--text"], "--text"),
                         (["what.pcap"], "what.pcap"),
                         (["-r", FLIP, "-p", GROUP, "--redis", "http://x"], "redis"),
                         (["-r", FLIP, "-p", GROUP, "--redis", "redis+sentinel://x"], "master"),
                         (["-r", FLIP, "-p", GROUP, "--redis", "rediss://x", "--redis-tls-ca",
                           "/no/such/ca"], "/no/such/ca"),
                         (["-i", "no-such-interface", "-p", GROUP], "no-such-interface")):
        result = spanwatch(*words)
        wanted = (USAGE, BROKEN) if "no-such-interface" in words else (USAGE,)
        assert result.returncode in wanted, f"{words}: status {result.returncode}"
        assert about in result.errors and result.stdout == b"", f"{words}: {result.errors}"


# --- Policy ------------------------------------------------------------------------------------

def test_memory_grows_with_its_options():
    def rows(*words):
        text = spanwatch("--memory", "-p", EXAMPLE, *words, status=DONE).stdout.decode()
        *lines, total = text.splitlines()
        table = {line[16:]: int(line[:14]) for line in lines}
        assert int(total.split()[0]) == sum(table.values()), text
        return table

    small, large = (rows("--max-flows", n)[f"conversations  (--max-flows {n})"]
                    for n in ("1000000", "2000000"))
    assert 1.99 < large / small < 2.01, (small, large)
    assert any("kernel's ring" in row for row in rows())
    assert not any("kernel's ring" in row for row in rows("-r", RUN))
    assert any("(--workers 4)" in row for row in rows("--workers", "4"))


def test_prefault_changes_no_result():
    assert replay("--prefault", "-r", RUN).stdout == replay("-r", RUN).stdout


def test_check_good_policy():
    result = spanwatch("-n", "-p", GROUP, status=DONE)
    assert "good" in result.stdout.decode() and result.stderr == b""
    spanwatch("--check", "--policy", EXAMPLE, status=DONE)


BAD_POLICY = """version: 1
zones:
  inside: [10.0.0.1/8]
colour: blue
rules:
  - name: x
    services: [databse]
    internal-only: true
    severity: high
"""


def test_check_bad_policy_tells_all_errors_with_their_places():
    path = scratch("bad.yaml", BAD_POLICY)
    result = spanwatch("-n", "-p", path, status=USAGE)
    lines = result.errors.splitlines()
    places = [m.groups() for m in (re.match(re.escape(path) + r":(\d+):(\d+): (.+)", line)
                                   for line in lines) if m]
    found = {(line, column) for line, column, _ in places}
    assert {("3", "12"), ("4", "1"), ("7", "16")} <= found, result.errors
    assert result.stdout == b""


def test_bad_policy_stops_a_replay_before_it_begins():
    path = scratch("bad.yaml", BAD_POLICY)
    result = spanwatch("-r", RUN, "-p", path, "--json", status=USAGE)
    assert result.stdout == b"" and f"{path}:3:12:" in result.errors
    result = spanwatch("-r", RUN, "-p", "no/such.yaml", status=USAGE)
    assert "no/such.yaml" in result.errors


# --- Inputs ------------------------------------------------------------------------------------

def test_two_replays_are_the_same_bytes():
    for how in ("--json", "--text"):
        first, second = (spanwatch("-q", how, "-r", RUN, "-p", EXAMPLE, status=DONE)
                         for _ in range(2))
        assert first.stdout == second.stdout and len(first.stdout) > 1000


def test_several_files_in_the_order_given():
    captures = os.path.join(GOLDEN, "captures")
    names = [os.path.join(captures, n) for n in
             ("scn-nmap-sv.pcap", "scn-synflood.pcap", "scn-flip-plain.pcap")]
    words = replay("--as-given", "-r", *names, policy=GROUP)
    options = replay("--as-given", *(w for n in names for w in ("-r", n)), policy=GROUP)
    assert words.stdout == options.stdout
    opened = [e for e in events_of(words) if e["event"]["action"] == "exposure.opened" and
              (e["server"]["ip"], e["server"]["port"]) == ("10.20.1.10", 6379)]
    alone = [n for n in names if any(e["server"]["port"] == 6379 for e in
                                     events_of(replay("-r", n, policy=GROUP)) if "server" in e)]
    assert len(alone) > 1 and len(opened) == 1, "the files were not one story"


def test_directory_in_order_of_names():
    folder = os.path.join(SCRATCH, "folder")
    captures = os.path.join(GOLDEN, "captures")
    os.makedirs(os.path.join(folder, "sub"))
    order = ("scn-nmap-sv.pcap", "scn-synflood.pcap", "scn-flip-plain.pcap")
    for letter, name in reversed(list(zip("abc", order))):
        shutil.copy(os.path.join(captures, name), os.path.join(folder, f"{letter}.pcap"))
    scratch("folder/.hidden", b"no capture")
    scratch("folder/sub/deep.pcap", b"no capture")
    listed = replay("--as-given", "-r", *(os.path.join(captures, n) for n in order), policy=GROUP)
    assert story(replay("--as-given", "-r", folder, policy=GROUP)) == story(listed)


def write_packets(name, packets):
    return scratch(name, struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 262144, 1) + b"".join(
        struct.pack("<IIII", s, us, len(frame), len(frame)) + frame for s, us, frame in packets))


def test_captures_in_the_order_of_time():
    packets = packets_of(RUN)
    whole = replay("-r", RUN)
    third = len(packets) // 3
    ring = [write_packets(f"ring/{name}.pcap", part) for name, part in
            (("2", packets[:third]), ("0", packets[third:2 * third]), ("1", packets[2 * third:]))]
    halves = [write_packets(f"half-{i}.pcap", packets[i::2]) for i in (1, 0)]
    for names in (ring, ring[::-1], [os.path.dirname(ring[0])], halves):
        for workers in "1", "3":
            result = replay("--workers", workers, "-r", *names)
            assert story(result) == story(whole), names
            assert {e["spanwatch"]["exposure"]["input"]["file"] for e in events_of(result)
                    if "exposure" in e["spanwatch"]} <= set(names) | set(ring)


def lines_of_files(result, folder):
    """What --per-file says, by the names in the folder, in its order."""
    lines = re.findall(rf"^spanwatch: {folder}/(\S+): ((?:no packets|\d+ packets?|no capture).*)$",
                       result.errors, re.M)
    assert len(dict(lines)) == len(lines), lines
    return dict(lines)


def test_a_line_for_each_capture():
    packets = packets_of(RUN)
    half, unread = len(packets) // 2, b"\2" * 12 + b"\x99\x99" + b"\0" * 46
    second = packets[half][0]
    folder = os.path.dirname(write_packets("each/late.pcap", packets[half:]))
    write_packets("each/early.pcap", packets[:half])
    write_packets("each/odd.pcap", [(second + 90000, 5, unread)] * 3)
    write_packets("each/none.pcap", [])
    scratch("each/notes.txt", b"no capture")
    scratch("each/cut.pcap", content(write_packets("each/cut.pcap", packets[:2]))[:-3])
    begin, end = packets[0], packets[half - 1]

    def time_of(packet):
        return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(packet[0])) + f".{packet[1]:06}Z"

    scratch("each/bare.pcap", content(os.path.join(folder, "none.pcap"))[:20])

    for words in ((), ("--workers", "3"), ("--as-given",), ("--as-given", "--workers", "3")):
        result = replay("--per-file", *words, "-r", folder, status=BROKEN)
        lines = lines_of_files(result, folder)
        order = ["bare.pcap", "cut.pcap", "early.pcap", "late.pcap", "none.pcap", "odd.pcap", "notes.txt"] \
            if "--as-given" in words else \
            ["bare.pcap", "none.pcap", "cut.pcap", "early.pcap", "late.pcap", "odd.pcap", "notes.txt"]
        assert list(lines) == order, lines
        began = {}
        for event in events_of(result):
            if event["event"]["action"] == "exposure.opened":
                name = os.path.basename(event["spanwatch"]["exposure"]["input"]["file"])
                began[name] = began.get(name, 0) + 1
        assert sum(began.values()) >= 2
        for name in order[:-1]:
            count = began.get(name, 0)
            assert f", {count} exposure{'s' * (count != 1)}" in lines[name], lines
        assert lines["early.pcap"].startswith(
            f"{half} packets, {time_of(begin)} to {time_of(end)}, "), lines
        assert "; not read: 3 frames of ethertype 0x9999" in lines["odd.pcap"], lines
        assert "not read" not in lines["early.pcap"] + lines["late.pcap"], lines
        assert lines["cut.pcap"].startswith("1 packet, ") and "cut off" in lines["cut.pcap"], lines
        assert lines["none.pcap"].startswith("no packets"), lines
        assert lines["bare.pcap"].startswith("no packets") and "nothing was read" in lines["bare.pcap"]
        assert lines["notes.txt"] == "no capture, skipped", lines
    for workers in "1", "3":
        result = spanwatch("-q", "--inventory", "--per-file", "--workers", workers, "-r", folder,
                           status=BROKEN)
        lines = lines_of_files(result, folder)
        assert len(lines) == 7 and "exposure" not in "".join(lines.values()), lines
        assert "; not read: 3 frames" in lines["odd.pcap"] and "cut off" in lines["cut.pcap"], lines
    plain = replay("-r", folder, status=BROKEN)
    assert not lines_of_files(plain, folder)
    assert plain.stdout == replay("--per-file", "-r", folder, status=BROKEN).stdout


def test_packets_without_a_time_are_told():
    def block(kind, body):
        body += b"\0" * (-len(body) % 4)
        return struct.pack("<II", kind, len(body) + 12) + body + struct.pack("<I", len(body) + 12)

    frames = [frame for _, _, frame in packets_of(RUN)[:5]]
    data = block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1)) + \
        block(1, struct.pack("<HHI", 1, 0, 65535))
    timed = block(6, struct.pack("<IIIII", 0, 0, 7000000, len(frames[0]), len(frames[0])) +
                  frames[0])
    for frame in frames:
        data += block(3, struct.pack("<I", len(frame)) + frame)
    result = replay("--per-file", "-r", scratch("simple.pcapng", data), status=DONE)
    notes = [line for line in result.errors.splitlines() if "the time of 5 packets" in line]
    assert len(notes) == 2 and "1970-01-01T00:00:00Z" in notes[0], result.errors
    assert "5 packets, 1970-01-01T00:00:00.000000Z to 1970-" in notes[1], result.errors
    result = replay("--per-file", "-r", scratch("timed.pcapng", data + timed), status=DONE)
    assert "6 packets, 1970-01-01T00:00:00.000000Z to 1970-01-01T00:00:07.000000Z" \
        in result.errors, result.errors
    assert "packets is not known" not in replay("-r", RUN).errors


def test_the_newest_of_a_ring_is_cut():
    packets = packets_of(RUN)
    half = len(packets) // 2
    old = write_packets("grows/b.pcap", packets[:half])
    new = write_packets("grows/a.pcap", packets[half:])
    folder = os.path.dirname(old)
    scratch("grows/a.pcap", content(new)[:-5])
    scratch("grows/notes.txt", b"no capture")
    result = replay("-r", folder)
    assert "still be being written" in result.errors and "notes.txt" in result.errors
    scratch("grows/b.pcap", content(old)[:-5])
    assert "b.pcap: the file is cut off" in replay("-r", folder, status=BROKEN).errors


def test_empty_directory_is_told():
    folder = os.path.join(SCRATCH, "nothing")
    os.makedirs(folder)
    assert "nothing" in replay("-r", folder, status=BROKEN).errors


def test_standard_input():
    plain = story(replay("-r", RUN))
    assert story(replay("-r", "-", stdin=content(RUN))) == plain
    assert story(replay("-r", "-", stdin=gzip.compress(content(RUN)))) == plain
    with open(RUN, "rb") as file:
        again = subprocess.run([PROGRAM, "-q", "--json", "-p", EXAMPLE, "-r", "-"], stdin=file,
                               capture_output=True, check=True, timeout=PATIENCE)
    assert story(again) == plain


def test_compressed_captures_say_the_same():
    plain = story(replay("-r", FLIP, policy=GROUP))
    for path in (scratch("flip.gz", gzip.compress(content(FLIP))),
                 scratch("flip.xz", lzma.compress(content(FLIP))),
                 os.path.join(HERE, "flip.pcap.zst")):
        assert story(replay("-r", path, policy=GROUP)) == plain, path


def test_other_forms_of_captures_say_the_same():
    packets = packets_of(FLIP)
    plain = story(replay("-r", FLIP, policy=GROUP))

    def pcap(order, magic, unit):
        body = [struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 65535, 1)]
        for seconds, micro, frame in packets:
            body.append(struct.pack(order + "IIII", seconds, micro * unit, len(frame), len(frame)))
            body.append(frame)
        return b"".join(body)

    def block(kind, body):
        body += b"\0" * (-len(body) % 4)
        return struct.pack("<II", kind, len(body) + 12) + body + struct.pack("<I", len(body) + 12)

    pcapng = [block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1)),
              block(1, struct.pack("<HHI", 1, 0, 65535))]
    for seconds, micro, frame in packets:
        high, low = divmod(seconds * 1000000 + micro, 1 << 32)
        pcapng.append(block(6, struct.pack("<IIIII", 0, high, low, len(frame), len(frame)) + frame))
    forms = {"big-endian.pcap": pcap(">", 0xA1B2C3D4, 1), "nano.pcap": pcap("<", 0xA1B23C4D, 1000),
             "flip.pcapng": b"".join(pcapng)}
    for name, data in forms.items():
        assert story(replay("-r", scratch(name, data), policy=GROUP)) == plain, name


def test_truncated_capture_tells_what_was_read():
    whole = stories(replay("-r", RUN))
    end = content(RUN)
    packets = packets_of(RUN)
    length = 24 + sum(16 + len(frame) for _, _, frame in packets[:80])
    for path in (scratch("cut.pcap", end[:length + 20]),
                 scratch("cut.pcap.gz", gzip.compress(end[:length + 20])),
                 scratch("in-header.pcap", end[:length + 7])):
        result = replay("-r", path, status=BROKEN)
        assert os.path.basename(path) in result.errors and "80 packets" in result.errors, \
            result.errors
        found = stories(result)
        opened = [e for e in whole if e["event"]["action"] == "exposure.opened"
                  and e["@timestamp"] <= found[-1]["@timestamp"]]
        assert len(opened) >= 2 and found[:8] == whole[:8], f"{path}: events were lost"


def test_cut_gzip_tells_and_keeps():
    # Longer than the blocks in which such a file is taken apart.
    body = [content(FLIP)]
    flood = packets_of(os.path.join(GOLDEN, "captures/scn-synflood.pcap"))
    for seconds, micro, frame in flood * 2:
        body.append(struct.pack("<IIII", seconds + 3600, micro, len(frame), len(frame)) + frame)
    data = gzip.compress(b"".join(body), 1)
    result = replay("-r", scratch("cut.gz", data[:len(data) * 3 // 4]), status=BROKEN, policy=GROUP)
    assert re.search(r"\b[1-9]\d+ packets", result.errors), result.errors
    whole = stories(replay("-r", FLIP, policy=GROUP))
    assert stories(result)[:4] == whole[:4] and len(whole) >= 4, "events were lost"


def test_what_follows_a_broken_file_is_read():
    cut = scratch("first-cut.pcap", content(SILENT)[:-5])
    result = replay("-r", cut, FLIP, status=BROKEN, policy=GROUP)
    assert any(e["event"]["action"] == "exposure.opened" for e in events_of(result))


def test_inputs_that_are_none():
    for name, data in (("empty.pcap", b""), ("text.pcap", b"this is not a capture at all\n" * 9),
                       ("header.pcap", content(FLIP)[:11]), ("zeros.pcap", bytes(4096))):
        result = replay("-r", scratch(name, data), status=BROKEN)
        assert name in result.errors and result.stdout == b"", f"{name}: {result.errors}"
    result = replay("-r", os.path.join(SCRATCH, "missing.pcap"), status=BROKEN)
    assert "missing.pcap" in result.errors and "No such file" in result.errors


def test_capture_without_packets_is_no_all_clear():
    result = replay("-r", scratch("none.pcap", content(FLIP)[:24]))
    (event,) = events_of(result)
    assert event["event"]["action"] == "sensor.blind", event
    assert "not one packet" in result.errors, result.errors
    text = spanwatch("-q", "-p", EXAMPLE, "-r", os.path.join(SCRATCH, "none.pcap")).stdout.decode()
    assert "\nNo all-clear: " in text, text


def test_unsupported_link_type_is_told():
    data = bytearray(content(FLIP))
    struct.pack_into("<I", data, 20, 147)  # DLT_USER0
    result = spanwatch("--json", "-p", GROUP, "-r", scratch("user0.pcap", bytes(data)))
    assert result.returncode == BROKEN
    assert [e["spanwatch"]["blindness"]["cause"] for e in events_of(result)] == ["unread"]
    assert re.search("link type", result.errors), f"nothing told: {result.errors}"


def test_filter():
    def found(expression):
        result = replay("-r", RUN, "-f", expression)
        return {e["server"]["port"] for e in events_of(result) if "server" in e}

    assert found("port 9999") == set()
    assert found("tcp port 6379") == {6379}
    assert {6379, 9200, 601, 143} <= found("ip")


def test_bad_filter():
    for expression in ("prot 80", "tcp port http(", "host"):
        result = replay("-r", RUN, "-f", expression, status=USAGE)
        assert expression in result.errors and result.stdout == b"", result.errors


def test_ports_of_tunnels():
    for ports in ("", "0", "65536", "4789,", ",4789", "vxlan", "1,2,3,4,5,6,7,8,9", "4789 8472", "-1"):
        for option in ("--vxlan-ports", "--geneve-ports", "--fou-ports"):
            result = replay("-r", RUN, option, ports, status=USAGE)
            assert f"{option} must be up to 8 ports" in result.errors, result.errors
    replay("-r", RUN, "--vxlan-ports", "4789,8472", "--geneve-ports", "6081",
           "--fou-ports", "5555,7777", status=DONE)


# --- Exit status of findings -------------------------------------------------------------------

def test_fail_on_exposure():
    policies = os.path.join(GOLDEN, "policies")
    assert events_of(replay("-r", FLIP, "--fail-on-exposure", policy=GROUP, status=EXPOSED))
    replay("-r", SILENT, "--fail-on-exposure", policy=GROUP, status=DONE)
    for name in ("no-rules.yaml", "exception.yaml"):  # noted only; on purpose
        replay("-r", FLIP, "--fail-on-exposure", policy=os.path.join(policies, name), status=DONE)
    replay("-r", FLIP, policy=GROUP, status=DONE)
    cut = scratch("exposed-cut.pcap", content(FLIP)[:-5])
    replay("-r", cut, "--fail-on-exposure", policy=GROUP, status=EXPOSED_BROKEN)
    cut = scratch("silent-cut.pcap", content(SILENT)[:-5])
    replay("-r", cut, "--fail-on-exposure", policy=GROUP, status=BROKEN)
    replay("-r", RUN, "-f", "port 1", "--fail-on-exposure", status=UNSEEN)
    replay("-r", RUN, "-f", "port 1", status=DONE)


# --- Outputs -----------------------------------------------------------------------------------

def test_json_lines():
    result = replay("-r", RUN)
    lines = result.stdout.decode("utf-8").splitlines()
    assert result.stdout.endswith(b"\n") and len(lines) > 10
    events = [json.loads(line) for line in lines]
    numbers = [e["event"]["sequence"] for e in events]
    assert numbers == list(range(1, len(numbers) + 1)), "sequence with holes"
    assert all(e["observer"]["name"] == "replay" for e in events)
    assert all(e["spanwatch"]["site"] == "example" for e in events)


def test_sensor_and_site_names():
    events = events_of(replay("-r", FLIP, "--sensor", "north", "--site", "lab-2", policy=GROUP))
    assert {(e["observer"]["name"], e["spanwatch"]["site"]) for e in events} == {("north", "lab-2")}


def test_text_for_people():
    result = spanwatch("-r", RUN, "-p", EXAMPLE, status=DONE)
    text = result.stdout.decode()
    for phrase in ("CRITICAL", "INCIDENT", "closed", "Elasticsearch 7.17.9", "logging-is-internal",
                   "without credentials", "sg-0a1b2c3d", "10.20.0.11:9200", "203.0.113.46",
                   "Incidents", "Exposures", "Walls"):
        assert phrase in text, f"no \"{phrase}\""
    assert "\x1b" not in text, "colours where no terminal is"
    assert re.search(r"\d+ packets", result.errors), "no closing numbers"
    quiet = spanwatch("-q", "--text", "-r", RUN, "-p", EXAMPLE, status=DONE)
    assert quiet.stdout == result.stdout and quiet.stderr == b""


CATALOGUE = json.dumps({"title": "CISA", "vulnerabilities": [
    {"cveID": "CVE-2015-1427", "vendorProject": "Elastic", "product": "Elasticsearch", "cwes": []},
    {"cveID": "CVE-2022-0543", "vendorProject": "Redis", "product": "Debian-specific", "cwes": []}]})
FEED = json.dumps({"format": "NVD_CVE", "vulnerabilities": [{"cve": {
    "id": "CVE-2022-0543", "configurations": [{"nodes": [{"cpeMatch": [
        {"vulnerable": True, "criteria": "cpe:2.3:a:redis:redis:*:*:*:*:*:*:*:*",
         "versionEndExcluding": "7.1"}]}]}]}}]})


def known_of(*files):
    words = [word for file in files for word in ("--known-bad", file)]
    events = events_of(replay("-r", RUN, *words, policy=EXAMPLE))
    return {(e["service"]["name"], e["spanwatch"]["exposure"]["known"]) for e in events
            if "known" in e["spanwatch"].get("exposure", {})}


def test_known_vulnerabilities_are_marked():
    catalogue, feed = scratch("kev.json", CATALOGUE), scratch("nvd.json", FEED)
    lines = scratch("own.csv", "Elasticsearch,7.0,7.17.9,OURS-1,too old\nredis,7.0,8,OURS-2,\n")
    assert known_of() == set()
    assert known_of(catalogue) == {("elasticsearch", "CVE-2015-1427*?")}
    assert known_of(catalogue, feed) == {("elasticsearch", "CVE-2015-1427*?"),
                                         ("redis", "CVE-2022-0543*")}
    assert known_of(lines) == {("redis", "OURS-2")}
    text = spanwatch("-q", "-r", RUN, "-p", EXAMPLE, "--known-bad", lines, status=DONE).stdout
    assert b"known  OURS-2" in text


def test_bad_files_of_known_vulnerabilities_stop_it():
    path = scratch("bad.csv", "redis,7.0,8,OURS-2,\nredis,7.0\n,1,2,X,\n")
    result = spanwatch("-r", RUN, "-p", EXAMPLE, "--known-bad", path, status=USAGE)
    assert result.stdout == b"" and f"{path}:2: error" in result.errors
    assert f"{path}:3: error" in result.errors
    for text in ("{", '{"vulnerabilities": []}', '["CVE-2022-0543"]'):
        path = scratch("bad.json", text)
        result = spanwatch("-n", "-p", EXAMPLE, "--known-bad", path, status=USAGE)
        assert f"{path}:1: error" in result.errors
    result = spanwatch("-n", "-p", EXAMPLE, "--known-bad", "no/such.json", status=USAGE)
    assert "no/such.json" in result.errors


def test_text_without_findings_says_so():
    text = spanwatch("-q", "-r", SILENT, "-p", EXAMPLE, status=DONE).stdout.decode()
    assert re.search(r"\b(0|no) exposures?", text, re.I), f"silent about silence: {text!r}"


def test_inventory_takes_each_input_by_itself():
    # The same packets in another file are no copies: it is another wire.
    again = os.path.join(SCRATCH, "again.pcap")
    shutil.copy(SILENT, again)
    lines = events_of(spanwatch("-q", "--inventory", "-r", SILENT, again, status=DONE))
    first = [line for line in lines if line.pop("file") == os.path.basename(SILENT)]
    assert len(first) * 2 == len(lines) and first == lines[len(first):], lines


def test_inventory_needs_no_policy():
    result = spanwatch("-q", "--inventory", "-r", RUN, FLIP, status=DONE)
    lines = [json.loads(line) for line in result.stdout.decode().splitlines()]
    assert {line["file"] for line in lines} == {"run.pcap", "scn-flip-plain.pcap"}
    for line in lines:
        assert not set(INVENTORY_FIELDS) - set(line), "fields are missing"
    redis = [x for x in lines if x["server_port"] == 6379 and x["protocol_source"] == "payload"]
    assert all(x["protocol"] == "redis" and x["version"] == "7.0.15" for x in redis
               if x["client_ip"] == "203.0.113.23") and redis
    assert spanwatch("-q", "--inventory", "-r", RUN, FLIP).stdout == result.stdout


def test_full_disk_under_standard_output():
    with open("/dev/full", "wb") as full:
        for how in (["--json", "-p", EXAMPLE], ["--text", "-p", EXAMPLE], ["--inventory"]):
            result = spanwatch("-q", "-r", RUN, *how, stdout=full, status=BROKEN)
            assert "No space left" in result.errors, f"{how}: {result.errors!r}"


def test_reader_that_goes_away():
    for how in (["--json", "-p", EXAMPLE], ["--text", "-p", EXAMPLE], ["--inventory"]):
        reading, writing = os.pipe()
        os.close(reading)
        with os.fdopen(writing, "wb") as pipe:
            result = spanwatch("-q", "-r", RUN, *how, stdout=pipe)
        assert result.returncode in (BROKEN, -signal.SIGPIPE), f"{how}: {result.returncode}"


# --- Journal and Redis -------------------------------------------------------------------------

def test_journal_is_for_one_at_a_time():
    journal = os.path.join(SCRATCH, "journal.db")
    words = [PROGRAM, "-q", "--json", "-p", GROUP, "-r", "-", "--journal", journal]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE) as first:
        wait_until(lambda: os.path.exists(journal) and os.path.getsize(journal) > 0,
                   what="the journal")
        second = replay("-r", FLIP, "--journal", journal, policy=GROUP, status=USAGE)
        assert "journal" in second.errors and second.stdout == b"", second.errors
        out, _ = first.communicate(content(FLIP), timeout=PATIENCE)
        assert first.returncode == DONE and story(out) == story(replay("-r", FLIP, policy=GROUP))
    replay("-r", FLIP, "--journal", journal, policy=GROUP, status=DONE)


def test_journal_that_is_none():
    path = scratch("text.db", b"this is no database, but a text that somebody needs\n" * 40)
    before = content(path)
    errors = replay("-r", FLIP, "--journal", path, policy=GROUP, status=USAGE).errors
    assert "journal" in errors and content(path) == before, errors


def is_a_list_of(key):
    """Which sites and which replays there are: not keys of a replay itself."""
    return key == "spanwatch:sites" or key.endswith("}:runs")


def run_keys(redis):
    keys = sorted(k for k in redis("KEYS", "*") if not is_a_list_of(k))
    foreign = [k for k in keys if not k.startswith("spanwatch:{example}:run:")]
    assert keys and not foreign, f"keys outside of the run: {foreign}"
    return ":".join(keys[0].split(":")[:4]) + ":"


def snapshot(redis):
    """Everything that is there, without times to live."""
    content_of = {"hash": redis.mapping, "set": lambda k: sorted(redis("SMEMBERS", k)),
                  "zset": lambda k: redis("ZRANGE", k, 0, -1, "WITHSCORES"),
                  "stream": redis.entries, "list": lambda k: redis("LRANGE", k, 0, -1),
                  "string": lambda k: redis("GET", k)}
    return {key: content_of[redis("TYPE", key)](key) for key in redis("KEYS", "*")}


def check_objects(redis, prefix, events):
    """The hashes and sets say what the last event about each exposure said."""
    newest = {e["spanwatch"]["exposure"]["id"]: e for e in events if "exposure" in e["spanwatch"]}
    for name, event in newest.items():
        said, held = event["spanwatch"]["exposure"], redis.mapping(f"{prefix}exposure:{name}")
        assert held["state"] == said["state"] and held["level_name"] == said["level_name"], held
        assert held["server_ip"] == event["server"]["ip"], held
        assert held["server_port"] == str(event["server"]["port"]), held
        assert held["severity"] == event["spanwatch"]["severity"], held
        assert held["flows"] == str(said["flows"]), held
        assert held["bytes_out"] == str(said["bytes"]["out"]), held
    are_open = {n for n, e in newest.items() if e["spanwatch"]["exposure"]["state"] != "closed"}
    assert set(redis("ZRANGE", f"{prefix}open", 0, -1)) == are_open
    assert set(redis("ZRANGE", f"{prefix}open:severity", 0, -1)) == are_open
    incidents = {e["spanwatch"]["incident"]["id"]: e["spanwatch"]["incident"] for e in events
                 if e["event"]["action"].startswith("incident.")}
    for name, said in incidents.items():
        held = redis.mapping(f"{prefix}incident:{name}")
        assert held["state"] == said["state"] and held["group"] == said["group"], held
        assert held["member_count"] == str(said["member_count"]), held
        members = {m["exposure"] for m in said["members"]}
        assert set(redis("SMEMBERS", f"{prefix}incident:{name}:members")) == members


def test_replay_into_redis():
    with RedisServer() as server:
        url = "unix://" + server.socket
        result = replay("-r", RUN, "--redis", url)
        events = events_of(result)
        redis = Redis(server.socket)
        prefix = run_keys(redis)
        entries = redis.entries(prefix + "events")
        assert redis("XLEN", prefix + "events") == len(events)
        assert [json.loads(fields["json"]) for _, fields in entries] == events
        assert [f["kind"] for _, f in entries] == [e["event"]["action"] for e in events]
        check_objects(redis, prefix, events)
        assert all(redis("TTL", key) > 0 for key in redis("KEYS", "*")
                   if key != "spanwatch:sites"), "a replay stays for ever"
        before = snapshot(redis)
        again = replay("-r", RUN, "--redis", url, "--workers", "3")
        assert again.stdout == result.stdout
        after = snapshot(redis)
        changed = [key for key in before if before[key] != after.get(key)
                   and not key.endswith(("applied", "coverage", "}:runs"))]
        assert set(before) == set(after) and not changed, f"a repeated replay changed {changed}"


def test_replay_into_redis_under_a_name():
    with RedisServer() as server:
        replay("-r", FLIP, "--redis", "unix://" + server.socket, "--run", "monday", policy=GROUP)
        keys = Redis(server.socket)("KEYS", "*")
        assert keys and all(k.startswith("spanwatch:{lab}:run:monday:") or is_a_list_of(k)
                            for k in keys), keys


def test_queue_for_log_shippers():
    with RedisServer() as server:
        result = replay("-r", FLIP, "--redis", "unix://" + server.socket, "--run", "q",
                        "--queue-maxlen", "3", policy=GROUP)
        queue = Redis(server.socket)("LRANGE", "spanwatch:{lab}:run:q:queue", 0, -1)
        assert queue == result.stdout.decode().splitlines()[-3:]


def test_redis_with_a_password():
    with RedisServer("--requirepass", "open sesame") as server:
        url = "unix://" + server.socket
        replay("-r", FLIP, "--redis", url, "--run", "env", policy=GROUP,
               env={"SPANWATCH_REDIS_PASSWORD": "open sesame"})
        file = scratch("password", "open sesame\nsecond line\n")
        replay("-r", FLIP, "--redis", url, "--run", "file", "--redis-password-file", file,
               policy=GROUP)
        redis = Redis(server.socket)
        redis("AUTH", "open sesame")
        assert redis("XLEN", "spanwatch:{lab}:run:env:events") > 0
        assert redis("XLEN", "spanwatch:{lab}:run:file:events") > 0
        errors = spanwatch("-r", FLIP, "-p", GROUP, "--redis", url, "--redis-password-file",
                           "/no/such/file", status=USAGE).errors
        assert "/no/such/file" in errors


def test_password_on_the_command_line_is_refused():
    for url in ("redis://:geheim@localhost", "redis://me:geheim@localhost",
                "rediss+sentinel://:geheim@a,b/m", "unix://:geheim@/run/s"):
        errors = spanwatch("-r", FLIP, "-p", GROUP, "--redis", url, status=USAGE).errors
        assert "--redis-password-file" in errors and "geheim" not in errors, errors


def make_certificates(folder):
    script = """openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=ca -keyout ca.key -out ca.crt
        openssl req -newkey rsa:2048 -nodes -subj /CN=redis -keyout s.key -out s.csr
        echo subjectAltName=IP:127.0.0.1 >s.ext
        openssl x509 -req -in s.csr -CA ca.crt -CAkey ca.key -CAcreateserial -extfile s.ext -out s.crt"""
    if not shutil.which("openssl"):
        raise Skip("no openssl")
    subprocess.run(["sh", "-ec", script], cwd=folder, check=True, capture_output=True)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


def test_replay_into_redis_by_tls():
    """Inside the sandbox: a system call that TLS needs and the filter forbids would end it."""
    folder, port = tempfile.mkdtemp(prefix="tls-", dir=SCRATCH), free_port()
    make_certificates(folder)
    at = {name: os.path.join(folder, name) for name in ("ca.crt", "s.crt", "s.key")}
    with RedisServer("--tls-port", port, "--tls-cert-file", at["s.crt"], "--tls-key-file",
                     at["s.key"], "--tls-ca-cert-file", at["ca.crt"], "--tls-auth-clients",
                     "optional") as server:
        words = ("-r", RUN, "--redis", f"rediss://127.0.0.1:{port}")
        replay(*words, "--run", "tls", "--redis-tls-ca", at["ca.crt"])
        redis = Redis(server.socket)
        names = redis("KEYS", "*:run:tls:events")
        assert len(names) == 1 and redis("XLEN", names[0]) > 0
        # Started, and with a certificate that nobody vouches for: nothing leaves the sensor.
        # And with somebody's word whom nobody trusts: nothing leaves the sensor.
        log = os.path.join(folder, "log")
        with open(log, "wb") as errors, subprocess.Popen(
                [PROGRAM, "-q", "-p", EXAMPLE, *words, "--run", "trust", "--redis-tls-ca",
                 at["s.crt"]], stdout=subprocess.DEVNULL, stderr=errors) as process:
            try:
                wait_until(lambda: b"signed by nobody" in content(log), what="the reason")
            finally:
                process.kill()
        assert redis("KEYS", "*:run:trust:*") == []


class Background(threading.Thread):
    """A replay that may take its time: it waits for a Redis that is away."""

    def __init__(self, *words, **more):
        super().__init__()
        self.words, self.more, self.result = words, more, None
        self.start()

    def run(self):
        self.result = spanwatch(*self.words, **self.more)


AWAY = {}


def begin_replay_without_redis():
    """Started before the other tests, looked at after them."""
    folder = tempfile.mkdtemp(prefix="swr-", dir=SCRATCH)
    journal = os.path.join(folder, "journal.db")
    words = ("-p", GROUP, "-r", FLIP, "--json", "--run", "away", "--journal", journal,
             "--redis", "unix://" + os.path.join(folder, "s"))
    refused = ("-p", GROUP, "-r", FLIP, "--json", "--redis", "redis://127.0.0.1:1/0")
    AWAY.update(folder=folder, words=words, one=Background(*words, timeout=120),
                two=Background(*refused, timeout=120))


def test_redis_away_loses_nothing():
    AWAY["one"].join()
    result = AWAY["one"].result
    assert result and result.returncode not in (EXPOSED, USAGE), "no sensible status"
    events = events_of(result)
    assert events, "nothing on standard output"
    assert re.search(rf"\b{len(events)} events", result.errors) and "journal" in result.errors, \
        result.errors
    with RedisServer(folder=AWAY["folder"]) as server:
        again = spanwatch(*AWAY["words"], status=DONE)
        assert "not confirmed" not in again.errors, again.errors
        entries = Redis(server.socket).entries("spanwatch:{lab}:run:away:events")
        held = [json.loads(fields["json"])["event"]["id"] for _, fields in entries]
        wanted = [e["event"]["id"] for e in events]
        assert set(held) >= set(wanted), "events of the journal did not arrive"
        assert len(held) == len(set(held)), "events were doubled"


def test_redis_away_without_a_journal_is_told():
    AWAY["two"].join()
    result = AWAY["two"].result
    assert result and result.returncode not in (EXPOSED, USAGE), "no sensible status"
    assert re.search(r"not confirmed [1-9]\d* events", result.errors), result.errors


def test_redis_gets_everything_when_standard_output_is_gone():
    with RedisServer() as server:
        reading, writing = os.pipe()
        os.close(reading)
        with os.fdopen(writing, "wb") as pipe:
            result = spanwatch("-q", "--json", "-p", GROUP, "-r", FLIP, "--run", "gone",
                               "--redis", "unix://" + server.socket, stdout=pipe, status=BROKEN)
        wanted = len(events_of(replay("-r", FLIP, policy=GROUP)))
        assert Redis(server.socket)("XLEN", "spanwatch:{lab}:run:gone:events") == wanted, \
            result.errors


# --- Signals -----------------------------------------------------------------------------------

def test_interrupted_replay_reports_what_it_found():
    data = content(RUN)
    packets = packets_of(RUN)
    length = 24 + sum(16 + len(frame) for _, _, frame in packets[:100])
    with subprocess.Popen([PROGRAM, "--json", "-p", EXAMPLE, "-r", "-"], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdin.write(data[:length])
        process.stdin.flush()
        wait_until(lambda: handles_sigterm(process), what="the signal handler")
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate(data[length:], timeout=PATIENCE)
    assert process.returncode in (DONE, -signal.SIGTERM), f"status {process.returncode}"
    if process.returncode == DONE:
        assert all(json.loads(line) for line in out.decode().splitlines())


def records_of(path):
    """The header of a classic capture, and its records."""
    data, at, records = content(path), 24, []
    while at < len(data):
        end = at + 16 + struct.unpack_from("<I", data, at + 8)[0]
        records.append(data[at:end])
        at = end
    return data[:24], records


def test_live_clock_tells_of_a_stream_as_it_comes():
    header, records = records_of(FLIP)
    out, errors = scratch("live.json", b""), scratch("live.errors", b"")
    with open(out, "wb") as stdout, open(errors, "wb") as stderr, subprocess.Popen(
            [PROGRAM, "-q", "--json", "-r", "-", "--live-clock", "--silence", "1", "-p", GROUP],
            stdin=subprocess.PIPE, stdout=stdout, stderr=stderr) as process:
        for piece in [header, *records[:-1]]:
            process.stdin.write(piece)
            process.stdin.flush()
        wait_until(lambda: b"exposure.opened" in content(out), what="an event of an open stream")
        wait_until(lambda: b"the stream is silent" in content(errors), what="words of silence")
        wait_until(lambda: b"sensor.blind" in content(out), what="the event of silence")

        def seen_again():
            process.stdin.write(records[-1])
            process.stdin.flush()
            return b"no longer silent" in content(errors)
        wait_until(seen_again, every=0.3, what="words of packets")  # several busy seconds
        process.stdin.close()
        assert process.wait(PATIENCE) == DONE
    assert all(json.loads(line) for line in content(out).decode().splitlines())


def test_live_clock_is_for_one_stream():
    for words in (("-r", FLIP), ("-r", "-", FLIP), ("-i", "lo")):
        result = spanwatch(*words, "--live-clock", "-p", GROUP, status=USAGE)
        assert "--live-clock" in result.errors, result.errors


def handles_sigterm(process):
    """Its handlers are installed before it reads."""
    status = content(f"/proc/{process.pid}/status").decode()
    return int(re.search(r"SigCgt:\s*([0-9a-f]+)", status)[1], 16) & 1 << signal.SIGTERM - 1


def main():
    if not os.access(PROGRAM, os.X_OK):
        sys.exit(f"no program {PROGRAM}")
    parts = sys.argv[1:]
    report = Report()
    tests = [f for name, f in globals().items() if name.startswith("test_")]
    slow = [f for f in tests if "redis_away" in f.__name__]
    try:
        if not parts or "redis away" in " ".join(parts):
            begin_replay_without_redis()
        report.run([f for f in tests if f not in slow], parts)
        if AWAY:
            report.run(slow, parts)
    finally:
        for thread in (AWAY.get("one"), AWAY.get("two")):
            if thread:
                thread.join()
        shutil.rmtree(SCRATCH, ignore_errors=True)
    sys.exit(report.status())


if __name__ == "__main__":
    main()
