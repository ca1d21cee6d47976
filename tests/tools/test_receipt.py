#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# test: limit=180
"""tools/receipt: the same answers from JSON lines, a journal and a real Redis.

usage: tests/tools/test_receipt.py
"""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
from harness import GOLDEN, PROGRAM, TOP, Redis, RedisServer, Report, wait_until  # noqa: E402
from servers import free_port, sentinel_info, start_cluster, start_sentinel  # noqa: E402

EXAMPLE = os.path.join(TOP, "policy/example.yaml")
GROUP = os.path.join(GOLDEN, "policies/group.yaml")
RUN = os.path.join(GOLDEN, "run.pcap")
RECEIPT = os.path.join(TOP, "tools/receipt")
SCRATCH = tempfile.mkdtemp(prefix="swrc-")
INCIDENT, SEARCH, CACHE = "5ede18561d58415d", "aa2c08e51568db0c", "889bb5da767dbdc6"


def replay(*words, rules=EXAMPLE):
    return subprocess.run([PROGRAM, "-q", "--json", "-p", rules, *words], check=True,
                          capture_output=True, timeout=60).stdout


def receipt(*words, stdin=b"", status=0, text=False, env=None):
    result = subprocess.run([RECEIPT, *words, *([] if text else ["--json"])], input=stdin,
                            capture_output=True, check=False, timeout=60,
                            env={**os.environ, **(env or {})})
    assert result.returncode == status, f"{result.returncode}: {result.stderr.decode()}"
    if status:
        return result.stderr.decode()
    return result.stdout.decode() if text else json.loads(result.stdout)


def of_capture(name, rules=GROUP):
    """The receipt of the one exposure that a shipped capture shows."""
    events = replay("-r", os.path.join(GOLDEN, "captures", name), rules=rules)
    ids = receipt(stdin=events)["exposures"]
    assert len(ids) == 1, ids
    return receipt(ids[0], stdin=events)


EVENTS = replay("-r", RUN)


def test_the_first_lines_answer_the_question():
    for name, word in ((INCIDENT, "YES: "), (SEARCH, "YES: data went out: 2.7 kB"),
                       (CACHE, "YES: they were let in without credentials")):
        lines = receipt(name, stdin=EVENTS, text=True).splitlines()
        assert lines[0] == "Did they get anything?" and lines[1].startswith(word), lines[:2]


def test_an_exposure_has_its_whole_story():
    got = receipt(SEARCH, stdin=EVENTS)
    assert got["kind"] == "exposure" and got["got_anything"] == "yes"
    assert got["rule"] == "logging-is-internal" and got["owner"] == "platform"
    assert got["changed_after"] < got["changed_before"] <= got["opened"] < got["closed"]
    assert got["closed_proof"].startswith("3 attempts in vain")
    assert [s["ip"] for s in got["sources"]] == ["203.0.113.46", "203.0.113.142"]
    assert sum(s["bytes_out"] for s in got["sources"]) == got["bytes_out"] > 2000
    assert got["sources"][0]["level_name"] == "data-out" and got["flows"] == 4
    assert any(c["listing"] and c["accepted"] for c in got["commands"]), got["commands"]
    assert [e["kind"] for e in got["events"]] == \
        ["exposure.opened", "exposure.escalated", "exposure.escalated", "exposure.closed"]


def test_an_incident_has_its_members():
    got = receipt(INCIDENT, stdin=EVENTS)
    assert got["kind"] == "incident" and len(got["members"]) == 3 and got["one_change"]
    assert [m["got_anything"] for m in got["members"]] == ["yes", "yes", "no"]
    assert got["bytes_out"] == sum(m["bytes_out"] for m in got["members"])
    assert {s["ip"] for s in got["sources"]} == {"203.0.113.46", "203.0.113.142", "203.0.113.23"}
    assert got["events"][0]["kind"] == "exposure.opened"
    assert got["events"][-1]["kind"] == "incident.closed"


def test_what_they_got_is_judged_by_evidence():
    for capture, answer, words in (
            ("real-redis-flushall.pcap", "yes", "FLUSHALL"),
            ("real-postgresql-open-unauth.pcap", "yes", ""),
            ("real-redis-tls-open.pcap", "unknown", "encrypted"),
            ("real-redis-auth-fail.pcap", "no", "failed")):
        if not os.path.exists(os.path.join(GOLDEN, "captures", capture)):
            raise AssertionError(f"no {capture}")
        got = of_capture(capture)
        assert got["got_anything"] == answer and words in got["verdict"], \
            (capture, got["got_anything"], got["verdict"])


def test_the_list_has_the_worst_first():
    lines = receipt(stdin=EVENTS, text=True).splitlines()
    assert lines[0].startswith(f"incident {INCIDENT}") and len(lines) == 7, lines
    exposures = [line for line in lines if line.startswith("exposure")]
    assert exposures[0].startswith(f"exposure {SEARCH}") and "info" in exposures[-1]


def test_evidence_is_named():
    where = os.path.join(SCRATCH, "kept")
    events = replay("-r", RUN, "--evidence", where)
    got = receipt(SEARCH, "--evidence", where, stdin=events)
    assert got["evidence"] == [{"file": os.path.join(where, SEARCH + ".pcapng"),
                                "bytes": os.path.getsize(got["evidence"][0]["file"])}]
    assert len(receipt(INCIDENT, "--evidence", where, stdin=events)["evidence"]) == 3
    assert "packets:" in receipt(SEARCH, "--evidence", where, stdin=events, text=True)


def same(one, other):
    """Two receipts say the same, but for what their source cannot know."""
    names = """kind got_anything verdict id rule group owner security_group severity level level_name
    state opened closed changed_after changed_before bytes_out open_seconds""".split()
    for name in names:
        assert one.get(name) == other.get(name), (name, one.get(name), other.get(name))
    assert one["sources"] == other["sources"], (one["sources"], other["sources"])
    told = [[(e["time"], e["kind"], e["sensor"]) for e in r["events"]] for r in (one, other)]
    assert told[0] == told[1], told


def test_redis_says_the_same():
    with RedisServer() as server:
        url = "unix://" + server.socket
        replay("-r", RUN, "--redis", url, "--run", "r1")
        for name in (INCIDENT, SEARCH, CACHE):
            same(receipt(name, stdin=EVENTS), receipt(name, "--redis", url, "--run", "r1"))
        listed = receipt("--redis", url, "--run", "r1")
        assert INCIDENT in listed["incidents"] and len(listed["exposures"]) == 5, listed
        assert "neither" in receipt(SEARCH, "--redis", url, status=3), "not of that run"
        # The stream has been cut off: the hash knows what they got, and who.
        redis = Redis(server.socket)
        redis("DEL", "spanwatch:{example}:run:r1:events")
        got = receipt(SEARCH, "--redis", url, "--run", "r1", "--site", "example")
        assert got["got_anything"] == "yes" and len(got["sources"]) == 2, got["verdict"]
        assert got["events"] == [] and len(got["commands"]) == 4, got["commands"]


def test_redis_behind_a_sentinel():
    port, ports = free_port(), [free_port(), free_port()]
    folder = tempfile.mkdtemp(dir=SCRATCH)
    with RedisServer("--port", str(ports[0])) as server, \
            RedisServer("--port", str(ports[1]), "--requirepass", "x"):
        sentinel = start_sentinel(folder, port, ports[0], "requirepass sesame")
        try:
            wait_until(lambda: "status=ok" in sentinel_info(port, "sesame"))
            replay("-r", RUN, "--redis", "unix://" + server.socket, "--run", "r1")
            url = f"redis+sentinel://127.0.0.1:{free_port()},127.0.0.1:{port}/m"
            path = os.path.join(folder, "password")
            with open(path, "w", encoding="ascii") as file:
                file.write("sesame\n")
            told = receipt(SEARCH, "--redis", url, "--run", "r1", "--sentinel-password-file", path)
            same(receipt(SEARCH, stdin=EVENTS), told)
            assert "NOAUTH" in receipt(SEARCH, "--redis", url, status=3)
            assert "no master" in receipt(SEARCH, "--redis", url + "x", "--sentinel-password-file",
                                          path, status=3)
        finally:
            sentinel.kill()
            sentinel.wait()


def test_redis_in_a_cluster():
    servers, ports = start_cluster()
    try:
        url = f"redis+cluster://127.0.0.1:{free_port()},127.0.0.1:{ports[1]}"
        replay("-r", RUN, "--redis", f"redis+cluster://127.0.0.1:{ports[0]}", "--run", "r1")
        for more in ([], ["--site", "example"]):
            told = receipt(SEARCH, "--redis", url, "--run", "r1", *more)
            same(receipt(SEARCH, stdin=EVENTS), told)
            assert len(receipt("--redis", url, "--run", "r1", *more)["exposures"]) == 5
    finally:
        for server in servers:
            server.stop()


def test_two_sensors_are_one_receipt():
    with RedisServer() as server:
        url = "unix://" + server.socket
        for sensor in ("north", "south"):
            replay("-r", RUN, "--redis", url, "--run", "r2", "--sensor", sensor)
        both = receipt(SEARCH, "--redis", url, "--run", "r2")
        lines = b"".join(replay("-r", RUN, "--sensor", s) for s in ("north", "south"))
        same(both, receipt(SEARCH, stdin=lines))
        assert both["sensors"] == ["north", "south"] and len(both["sources"]) == 2
        assert both["sources"][0]["flows"] == 2 * receipt(SEARCH, stdin=EVENTS)["sources"][0][
            "flows"]


def test_a_password():
    with RedisServer("--requirepass", "secret") as server:
        url = "unix://" + server.socket
        assert "NOAUTH" in receipt("--redis", url, status=3)
        assert receipt("--redis", url, env={"SPANWATCH_REDIS_PASSWORD": "secret"})
        path = os.path.join(SCRATCH, "password")
        with open(path, "w", encoding="utf-8") as file:
            file.write("secret\nno\n")
        assert receipt("--redis", url, "--redis-password-file", path) is not None


def rows(path):
    try:
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as journal:
            return journal.execute("SELECT count(*) FROM event").fetchone()[0]
    except sqlite3.Error:
        return 0


def test_the_journal_of_a_killed_sensor():
    path = os.path.join(SCRATCH, "journal.db")
    with subprocess.Popen(
            [PROGRAM, "-q", "--json", "-p", EXAMPLE, "-r", RUN, "--journal", path, "--redis",
             "unix:///nowhere/at/all"], stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL) as process:
        try:
            wait_until(lambda: rows(path) == len(EVENTS.splitlines()), what="the journal")
        finally:
            process.kill()
    for name in (INCIDENT, SEARCH):
        same(receipt(name, stdin=EVENTS), receipt(name, "--journal", path))


def test_hostile_text_does_not_reach_the_terminal():
    lines = []
    for line in EVENTS.splitlines():
        event = json.loads(line)
        event["event"]["reason"] = "\x1b[31m\r\n\x9b2J"
        for command in event["spanwatch"].get("commands", []):
            command["text"] = "GET \x1b]0;x\x07"
        lines.append(json.dumps(event).encode())
    text = receipt(SEARCH, stdin=b"\n".join(lines), text=True)
    assert not set(text) & set("\x1b\x07\x9b\r"), "control characters"
    assert "GET ?]0;x?" in text


def test_wrong_input():
    assert "16 hexadecimal" in receipt("../etc/passwd", stdin=EVENTS, status=2)
    assert "neither" in receipt("0" * 16, stdin=EVENTS, status=3)
    assert "no such file" in receipt(SEARCH, "--journal", "/nowhere", status=3).lower()
    assert receipt(SEARCH, "--events", "/nowhere", status=3)
    assert receipt(SEARCH, "--redis", "unix:///nowhere", status=3)
    assert receipt(SEARCH, "--redis", "http://x", status=2)
    assert receipt(stdin=b'{}\n[1]\nnull\n\xff\n{"spanwatch":{}}\n') == \
        {"incidents": [], "exposures": []}


if __name__ == "__main__":
    REPORT = Report()
    REPORT.run([value for name, value in list(globals().items()) if name.startswith("test_")],
               sys.argv[1:])
    shutil.rmtree(SCRATCH, ignore_errors=True)
    sys.exit(REPORT.status())
