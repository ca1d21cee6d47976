#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""The commands that spanwatch-redis(7) shows are run, in their order, against a real Redis with what
a real sensor wrote, by the user that the page gives them to; the README's as well, with redis-cli.
The shippers' configurations name the list that is there."""

import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
from harness import GOLDEN, PROGRAM, TOP, Redis, RedisServer, Report, Skip  # noqa: E402

POLICY = os.path.join(TOP, "policy/example.yaml")
KEY = "spanwatch:{eu-west-1}:"
FOLDER = tempfile.mkdtemp(prefix="swx-")
EVENTS, QUEUE = 26, 20
# Live sensors only: in a replay there is no such key.
LIVE_ONLY = ("sensor:", "coverage", "sensors", "fleet", "runs", "settings")
USERS = {"XGROUP": "tail", "XREADGROUP": "tail", "XACK": "tail", "XAUTOCLAIM": "tail",
         "BLPOP": "shipper", "DEL": None, "ZREM": None, "HDEL": None}
STAGE = {}


def text_of(path):
    with open(os.path.join(TOP, path), encoding="utf-8") as file:
        return file.read()


def start():
    """A replay's keys under the names that a live sensor's have."""
    path = os.path.join(FOLDER, "users.acl")
    with open(path, "w", encoding="ascii") as file:
        file.write(text_of("tools/redis/users.acl").replace("resetpass", ">secret"))
    server = STAGE["server"] = RedisServer("--aclfile", path)
    subprocess.run([PROGRAM, "-q", "-r", os.path.join(GOLDEN, "run.pcap"), "-p", POLICY, "--json",
                    "--site", "eu-west-1", "--run", "r1", "--queue-maxlen", str(QUEUE), "--redis",
                    "unix://" + server.socket], check=True, stdout=subprocess.DEVNULL)
    admin = STAGE[None] = Redis(server.socket)
    for key in admin("KEYS", "*"):
        admin("RENAME", key, key.replace(":run:r1:", ":"))
    for user in ("dashboard", "tail", "shipper"):
        STAGE[user] = Redis(server.socket)
        STAGE[user]("AUTH", "spanwatch-" + user, "secret")


def examples():
    """The lines of literal blocks that begin with a command of Redis."""
    blocks = re.findall(r"^\.Bd -literal.*?\n(.*?)^\.Ed", text_of("sensor/redis/spanwatch-redis.7"),
                        re.M | re.S)
    return [line for block in blocks for line in block.splitlines()
            if re.match(r"[A-Z]{3,} .*spanwatch:[{s]", line)]


def filled(line):
    """With ids that are there."""
    admin, members = STAGE[None], STAGE[None]("ZRANGE", KEY + "open", 0, 0)
    if "incident:" in line:
        members = admin("ZRANGE", KEY + "open:incidents", 0, 0)
    line = re.sub(r"(exposure|history|incident):[0-9a-f]{16}", rf"\1:{members[0]}", line)
    first = admin("XRANGE", KEY + "events", "-", "+", "COUNT", 1)[0][0]
    return re.sub(r"\b\d{13}-0\b", first, line).replace("BLOCK 0 ", "BLOCK 1 ").replace(" $", " 0")


def run(line):
    words = shlex.split(filled(line))
    return STAGE[USERS.get(words[0], "dashboard")](*words)


def test_examples_of_the_manual():
    start()
    lines, answers = examples(), {}
    assert len(lines) >= 20, lines
    for line in lines:
        if line.startswith("SUBSCRIBE"):
            other = Redis(STAGE["server"].socket)
            other("AUTH", "spanwatch-dashboard", "secret")
            assert other(*line.split()) == ["subscribe", KEY + "live", 1]
            continue
        answers[line] = run(line)
        if not any(KEY + name in line for name in LIVE_ONLY) and "0-0" not in line:
            assert answers[line] not in (None, [], "", 0), (line, answers[line])
    assert answers[f"GET {KEY}schema"] == "2.1"
    assert STAGE[None]("ACL", "LOG") == []
    ((_, taken),) = answers[f"XREADGROUP GROUP desk alice COUNT 10 BLOCK 5000 STREAMS {KEY}events >"]
    ((_, again),) = answers[f"XREADGROUP GROUP desk alice STREAMS {KEY}events 0"]
    assert len(taken) == 10 and again == taken[1:]
    assert answers[f"XPENDING {KEY}events desk"][0] == 9
    assert answers[f"GET {KEY}queue:lost"] == str(EVENTS - QUEUE)
    assert answers[f"LLEN {KEY}queue"] == QUEUE - 1  # one was taken by BLPOP


def test_examples_of_the_readme():
    if not shutil.which("redis-cli"):
        raise Skip("no redis-cli")
    commands = re.findall(r"^redis-cli (.*)$", text_of("README.md"), re.M)
    assert len(commands) >= 3
    for command in commands:
        if "SUBSCRIBE" in command:
            continue
        done = subprocess.run(
            f"redis-cli -s {STAGE['server'].socket} --user spanwatch-dashboard --pass secret "
            "--no-auth-warning " + command, shell=True, check=True, capture_output=True, text=True)
        nobody_is_dead = "sensors' -inf" in command
        assert (done.stdout.strip() or nobody_is_dead) and \
            "(error)" not in done.stdout + done.stderr and \
            not done.stdout.startswith(("ERR", "NOPERM", "WRONG")), (command, done.stdout)


def test_reader_of_the_readme():
    commands = re.findall(r"^build/redis-tail (.*)$", text_of("README.md"), re.M)
    assert len(commands) == 2
    for number, command in enumerate(commands):
        # Without --once the command would not end.
        words = shlex.split(command, comments=True) + ["--once", "--group", f"g{number}"]
        words[words.index("redis://redis.example")] = \
            "unix://spanwatch-tail:@" + STAGE["server"].socket
        done = subprocess.run(
            [os.path.join(os.path.dirname(PROGRAM), "redis-tail"), *words], check=True, text=True,
            capture_output=True, env=dict(os.environ, SPANWATCH_REDIS_PASSWORD="secret"))
        assert len(done.stdout.splitlines()) == EVENTS, done
        assert ('"@timestamp"' in done.stdout) == ("--json" in command)


def test_shippers_read_what_is_there():
    for name in ("logstash.conf", "vector.yaml"):
        text = text_of("tools/redis/" + name)
        keys = re.findall(r'key(?::| =>) "([^"]*)"', text)
        assert keys == [KEY + "queue"] and STAGE[None]("TYPE", keys[0]) == "list", (name, keys)
        assert "list" in text and "json" in text and "SPANWATCH_REDIS_PASSWORD" in text


if __name__ == "__main__":
    REPORT = Report()
    try:
        REPORT.run([value for name, value in list(globals().items()) if name.startswith("test_")],
                   sys.argv[1:])
    finally:
        if "server" in STAGE:
            STAGE["server"].stop()
        shutil.rmtree(FOLDER, ignore_errors=True)
    sys.exit(REPORT.status())
