#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""What operators do in Redis: sensor/redis/operate.lua as the user of tools/redis/operator.acl, with
what a real sensor wrote. What ends a mute: tests/unit/sensor/test_sink_redis.c."""

import json
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
from harness import GOLDEN, PROGRAM, TOP, Redis, RedisError, RedisServer, Report  # noqa: E402

KEY = "spanwatch:{eu}:run:r1:"
PARTS = ("apply_time.lua", "apply_say.lua", "operate.lua")
STAGE = {}


def text_of(path):
    with open(os.path.join(TOP, path), encoding="ascii") as file:
        return file.read()


def start():
    server = STAGE["server"] = RedisServer()
    subprocess.run([PROGRAM, "-q", "-r", os.path.join(GOLDEN, "run.pcap"), "-p",
                    os.path.join(TOP, "policy/example.yaml"), "--json", "--site", "eu", "--run", "r1",
                    "--redis", "unix://" + server.socket], check=True, stdout=subprocess.DEVNULL)
    admin = STAGE["admin"] = Redis(server.socket)
    words = text_of("tools/redis/operator.acl").replace("resetpass", ">secret").split()
    admin("ACL", "SETUSER", *words[1:])
    STAGE["operator"] = Redis(server.socket)
    STAGE["operator"]("AUTH", "spanwatch-operator", "secret")
    STAGE["script"] = "".join(text_of("sensor/redis/" + name) for name in PARTS)


def act(about, *words):
    return STAGE["operator"]("EVAL", STAGE["script"], 1, f"{KEY}ops:{about}", KEY, about, *words)


def refused(about, *words):
    try:
        act(about, *words)
    except RedisError as error:
        return "SPANWATCH-OPERATOR" in str(error)
    return False


def latest():
    ((_, flat),) = STAGE["admin"]("XREVRANGE", KEY + "events", "+", "-", "COUNT", 1)
    return dict(zip(flat[::2], flat[1::2]))


def test_actions_are_kept_and_told():
    start()
    admin, later = STAGE["admin"], int(time.time() * 1000) + 3600000
    (about,) = admin("ZRANGE", KEY + "open", 0, 0)
    for words, name, value in (
            (("alice", "ack", "seen"), "ack_by", "alice"),
            (("alice", "assign", "bob"), "assignee", "bob"),
            (("bob", "note", 'a "note"'), "notes", "1"),
            (("bob", "mute", "moves on Friday", later), "mute_until_ms", str(later))):
        assert act(about, *words) == "OK"
        assert admin("HGET", f"{KEY}ops:{about}", name) == value, words
        told = latest()
        event = json.loads(told["json"])
        assert told["kind"] == event["event"]["action"] == "operator." + words[1]
        assert told["actor"] == event["user"]["name"] == words[0] and told["exposure"] == about
        assert told["group"] and event["spanwatch"]["operator"]["exposure"] == about
    assert admin("ZRANGE", KEY + "ops:muted", 0, -1) == [about]
    (note,) = admin("LRANGE", f"{KEY}ops:{about}:notes", 0, -1)
    assert json.loads(note)["note"] == 'a "note"'
    for words, name in ((("bob", "unmute"), "mute_until_ms"), (("bob", "unack"), "ack_by"),
                        (("bob", "assign", ""), "assignee")):
        assert act(about, *words) == "OK"
        assert admin("HGET", f"{KEY}ops:{about}", name) is None
    assert admin("ZRANGE", KEY + "ops:muted", 0, -1) == []
    assert admin("ACL", "LOG") == []


def test_incidents_too():
    about = STAGE["admin"]("ZRANGE", KEY + "open:incidents", 0, 0)[0]
    assert act(about, "alice", "ack") == "OK" and latest()["incident"] == about


def test_what_makes_no_sense_is_refused():
    (about,) = STAGE["admin"]("ZRANGE", KEY + "open", 0, 0)
    now = int(time.time() * 1000)
    for words in (("", "ack"), ("a", "mute", "", now + 60000), ("a", "mute", "why", now - 1),
                  ("a", "mute", "why", ""), ("a", "mute", "why", now + 91 * 86400000), ("a", "note"),
                  ("a", "shout"), ("a", "note", "x" * 1001)):
        assert refused(about, *words), words
    assert refused("0" * 16, "a", "ack")
    closed = STAGE["admin"]("ZRANGE", KEY + "closed", 0, 0)[0]
    assert refused(closed, "a", "mute", "why", now + 60000)


def test_the_user_writes_nothing_else():
    operator = STAGE["operator"]
    (about,) = STAGE["admin"]("ZRANGE", KEY + "open", 0, 0)
    assert operator("HGET", f"{KEY}exposure:{about}", "state") == "open"
    for words in (("HSET", f"{KEY}exposure:{about}", "state", "closed"), ("ZREM", KEY + "open", about),
                  ("EXPIRE", f"{KEY}exposure:{about}", 1), ("DEL", KEY + "open"), ("FLUSHALL",),
                  ("EVAL", "return redis.call('ZREM', KEYS[1], 'x')", 1, KEY + "open")):
        try:
            operator(*words)
        except RedisError:
            continue
        raise AssertionError(words)


if __name__ == "__main__":
    REPORT = Report()
    try:
        REPORT.run([value for name, value in list(globals().items()) if name.startswith("test_")],
                   sys.argv[1:])
    finally:
        if "server" in STAGE:
            STAGE["server"].stop()
    sys.exit(REPORT.status())
