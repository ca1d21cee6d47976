#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Programs whose keys have other schema versions beside each other at one Redis: the program under
test, and copies of it that differ in the version that their script carries. More, with the script
alone: tests/unit/sensor/test_redis_schema.c."""

import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
from harness import GOLDEN, PROGRAM, TOP, Redis, RedisServer, Report, wait_until  # noqa: E402

POLICY = os.path.join(TOP, "policy/example.yaml")
FOLDER = tempfile.mkdtemp(prefix="swv-")
HEAD = b"local MAJOR, MINOR = 2, 1\n"
KEY = "spanwatch:{example}:run:r1:"
EVENTS = 26


def version(major, minor):
    """A program that writes this version; the digits must fit."""
    with open(PROGRAM, "rb") as file:
        data = file.read()
    assert data.count(HEAD) == 1
    path = os.path.join(FOLDER, f"spanwatch-{major}.{minor}")
    with open(path, "wb") as file:
        file.write(data.replace(HEAD, HEAD.replace(b"2, 1", f"{major}, {minor}".encode())))
    os.chmod(path, 0o755)
    return path


def words(program, server, sensor, *options):
    return [program, "-q", "-r", os.path.join(GOLDEN, "run.pcap"), "-p", POLICY, "--json",
            "--sensor", sensor, "--run", "r1", "--redis", "unix://" + server.socket, *options]


def replay(*what):
    return subprocess.run(words(*what), check=False, stdout=subprocess.DEVNULL,
                          stderr=subprocess.PIPE, text=True, timeout=100)


def replay_in_vain(*what):
    """Until it has said why; what that was. It would wait for half a minute."""
    log = os.path.join(FOLDER, "log")
    with open(log, "wb") as err:
        process = subprocess.Popen(words(*what), stdout=subprocess.DEVNULL, stderr=err)
    try:
        with open(log, encoding="utf-8") as said:
            return wait_until(lambda: said.read() if process.poll() is None else "it ended")
    finally:
        process.kill()
        process.wait()


def everything(redis):
    """All keys, as Redis would save them."""
    return {key: redis("TYPE", key) + str(redis("DEBUG", "DIGEST-VALUE", key))
            for key in redis("KEYS", "*")}


def test_another_minor_version():
    with RedisServer() as server:
        redis, newer = Redis(server.socket), version(2, 7)
        for number, (program, schema) in enumerate(
                ((PROGRAM, "2.1"), (newer, "2.7"), (PROGRAM, "2.7"), (newer, "2.7")), 1):
            done = replay(program, server, f"s{number}")
            assert done.returncode == 0 and not done.stderr, done.stderr
            assert redis("GET", KEY + "schema") == schema
            assert redis("XLEN", KEY + "events") == number * EVENTS


def check_waits(first, second, held, writes):
    journal = os.path.join(FOLDER, f"journal-{held}")
    with RedisServer("--enable-debug-command", "yes") as server:
        redis = Redis(server.socket)
        assert replay(first, server, "s1").returncode == 0
        before = everything(redis)
        said = replay_in_vain(second, server, "s2", "--journal", journal)
        assert f"the keys have schema {held}, this sensor writes {writes} and so nothing" in said, said
        assert everything(redis) == before
        redis("FLUSHALL")
        done = replay(second, server, "s2", "--journal", journal)
        assert "SPANWATCH-SCHEMA" not in done.stderr, done.stderr
        assert redis("GET", KEY + "schema") == writes
        assert redis("XLEN", KEY + "events") == EVENTS, done.stderr


def test_a_newer_major_version_waits():
    check_waits(PROGRAM, version(3, 0), "2.1", "3.0")


def test_an_older_major_version_waits():
    check_waits(version(3, 0), PROGRAM, "3.0", "2.1")


if __name__ == "__main__":
    REPORT = Report()
    REPORT.run([value for name, value in list(globals().items()) if name.startswith("test_")],
               sys.argv[1:])
    shutil.rmtree(FOLDER, ignore_errors=True)
    sys.exit(REPORT.status())
