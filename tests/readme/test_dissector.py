#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# test: limit=400
"""What the README says of adding a dissector, done: in a copy of the tree without the example, its
conversation is unknown; with one file and one line more, it is known everywhere."""

import glob
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
from harness import TOP, Report  # noqa: E402

BUILD = os.environ.get("SPANWATCH_BUILD", os.path.join(TOP, "build"))
FILE, TABLE = "dissectors/ident.c", "dissectors/table.c"
LINE = re.compile(r"^\tD\(ident\) +\\\n", re.M)
POLICY = """version: 1
site: test
zones: { inside: [10.0.0.0/8] }
rules:
  - { name: all, services: [ident], internal-only: true, severity: low }
"""
CLIENT, SERVER = bytes([203, 0, 113, 5]), bytes([10, 20, 1, 10])


def text_of(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def frame(from_client, flags, sequence, acknowledged, payload=b""):
    source, destination = (CLIENT, SERVER) if from_client else (SERVER, CLIENT)
    ports = (40000, 30113) if from_client else (30113, 40000)
    tcp = struct.pack(">HHIIBBHHH", *ports, sequence, acknowledged, 0x50, flags, 65535, 0, 0)
    total = 20 + len(tcp) + len(payload)
    address = struct.pack(">BBHHHBBH", 0x45, 0, total, 0, 0, 64, 6, 0) + source + destination
    return bytes(12) + b"\x08\x00" + address + tcp + payload


def write_capture(path):
    asks, answers = b"6193, 23\r\n", b"6193, 23 : USERID : UNIX : stjohns\r\n"
    frames = [frame(True, 2, 1, 0), frame(False, 18, 100, 2), frame(True, 16, 2, 101),
              frame(True, 24, 2, 101, asks), frame(False, 24, 101, 2 + len(asks), answers),
              frame(True, 17, 2 + len(asks), 101 + len(answers))]
    with open(path, "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        for second, content in enumerate(frames):
            file.write(struct.pack("<IIII", 1795219200 + second, 0, len(content), len(content)))
            file.write(content)


class Copy:
    """The tree and its build, where sources come and go."""

    def __init__(self, folder):
        self.folder, self.program = folder, os.path.join(folder, "build/spanwatch")
        for name in ("dissectors", "policy", "sensor", "tools"):
            shutil.copytree(os.path.join(TOP, name), os.path.join(folder, name))
            built = os.path.join(BUILD, name)
            if os.path.isdir(built):
                shutil.copytree(built, os.path.join(folder, "build", name))
        shutil.copy2(os.path.join(TOP, "Makefile"), folder)
        shutil.copy2(os.path.join(BUILD, "libspanwatch.a"), os.path.join(folder, "build"))
        self.capture = os.path.join(folder, "ident.pcap")
        self.policy = os.path.join(folder, "policy.yaml")
        write_capture(self.capture)
        with open(self.policy, "w", encoding="utf-8") as file:
            file.write(POLICY)

    def path(self, name):
        return os.path.join(self.folder, name)

    def make(self):
        done = subprocess.run(["make", "-C", self.folder, "B=build", "all"], check=False,
                              capture_output=True, text=True)
        assert done.returncode == 0, done.stderr[-1500:]

    def inventory(self):
        done = subprocess.run([self.program, "-q", "-r", self.capture, "--inventory"], check=True,
                              stdout=subprocess.PIPE)
        return json.loads(done.stdout)

    def accepts_policy(self):
        return subprocess.run([self.program, "-n", "-p", self.policy], check=False,
                              capture_output=True).returncode == 0


def test_one_file_and_one_line_make_a_dissector():
    with tempfile.TemporaryDirectory() as folder:
        copy = Copy(folder)
        table = text_of(copy.path(TABLE))
        assert len(LINE.findall(table)) == 1
        os.remove(copy.path(FILE))
        with open(copy.path(TABLE), "w", encoding="utf-8") as file:
            file.write(LINE.sub("", table))
        copy.make()
        assert copy.inventory()["protocol"] is None
        assert not copy.accepts_policy()
        assert "Sy ident\n" not in text_of(copy.path("build/spanwatch-services.7"))

        shutil.copy(os.path.join(TOP, FILE), copy.path(FILE))
        with open(copy.path(TABLE), "w", encoding="utf-8") as file:
            file.write(table)
        copy.make()
        line = copy.inventory()
        assert line["protocol"] == "ident" and line["protocol_source"] == "payload", line
        assert line["data_read"] is True and line["family"] == "infrastructure", line
        assert copy.accepts_policy()
        assert "Sy ident\n" in text_of(copy.path("build/spanwatch-services.7"))


def test_nothing_else_knows_it():
    for name in ("dissectors", "policy", "sensor", "tools"):
        for path in glob.glob(os.path.join(TOP, name, "**/*.[ch]"), recursive=True):
            if not path.endswith((FILE, TABLE)):
                assert not re.search(r'"ident"|\bident_dissector\b', text_of(path)), path


def test_readme_tells_its_size():
    readme = text_of(os.path.join(TOP, "README.md"))
    lines = text_of(os.path.join(TOP, FILE)).count("\n")
    assert re.search(rf"^ {re.escape(FILE)} +{lines} lines, new$", readme, re.M), lines
    assert re.search(rf"^ {re.escape(TABLE)} +1 line: +D\(ident\)$", readme, re.M)


if __name__ == "__main__":
    REPORT = Report()
    REPORT.run([value for name, value in list(globals().items()) if name.startswith("test_")],
               sys.argv[1:])
    sys.exit(REPORT.status())
