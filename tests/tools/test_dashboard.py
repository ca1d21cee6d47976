#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Every query of tools/grafana/spanwatch.json, asked as the user spanwatch-dashboard of a real Redis
that live sensors have filled, with the words that Grafana's Redis data source (2.x) makes of it.
Grafana itself is in no release of Debian, so how it draws the answers is not tested.

The sensors watch the loopback, where 127.77.0.0/24 are ours; without the right to capture: skipped.
"""

import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
from harness import PATIENCE, PROGRAM, TOP, Redis, RedisServer, Report, Skip, wait_until  # noqa: E402

DASHBOARD = os.path.join(TOP, "tools/grafana/spanwatch.json")
USERS = os.path.join(TOP, "tools/redis/users.acl")
FOLDER = tempfile.mkdtemp(prefix="swg-")
SITE = "eu-west-1"
KEY = "spanwatch:{eu-west-1}:"
POLICY = f"""version: 1
site: {SITE}
zones:
  inside: [127.77.0.0/24]
groups:
  caches: {{ hosts: [127.77.0.2], owner: platform, security-group: sg-1 }}
  mail: {{ hosts: [127.77.0.3], owner: postmaster }}
  quiet: {{ hosts: [127.77.0.99] }}
rules:
  - {{ name: caches-are-internal, groups: [caches], internal-only: true, severity: critical }}
  - {{ name: mail-is-internal, groups: [mail], internal-only: true, severity: high }}
  - {{ name: quiet-is-internal, groups: [quiet], internal-only: true, severity: low }}
"""
STAGE = {}


def start_redis():
    path = os.path.join(FOLDER, "users.acl")
    with open(USERS, encoding="ascii") as shipped, open(path, "w", encoding="ascii") as file:
        file.write(shipped.read().replace("resetpass", ">secret"))
    STAGE["server"] = RedisServer("--aclfile", path)
    STAGE["admin"] = Redis(STAGE["server"].socket)


def start_sensor(name):
    with open(os.path.join(FOLDER, "policy.yaml"), "w", encoding="ascii") as file:
        file.write(POLICY)
    log = os.path.join(FOLDER, name + ".log")
    with open(log, "wb") as err:
        process = subprocess.Popen(
            [PROGRAM, "-q", "-i", "lo", "--no-promiscuous", "-p", os.path.join(FOLDER, "policy.yaml"),
             "--sensor", name, "--heartbeat", "1", "--queue-maxlen", "2", "--redis",
             "unix://spanwatch:@" + STAGE["server"].socket], stdout=subprocess.DEVNULL, stderr=err,
            env=dict(os.environ, SPANWATCH_REDIS_PASSWORD="secret"))
    STAGE.setdefault("sensors", []).append(process)

    def is_watching():
        if process.poll() is not None:
            with open(log, encoding="utf-8", errors="replace") as said:
                text = said.read()
            if "ermission" in text or "ermitted" in text:
                raise Skip("no right to capture")
            raise AssertionError(text)
        return STAGE["admin"]("HGET", f"{KEY}sensor:{name}", "state") == "watching"
    wait_until(is_watching, what=f"{name}'s heartbeat")
    return process


def talk(address):
    """A server of ours, and somebody from outside who gets an answer."""
    with socket.create_server((address, 0)) as server:
        with socket.create_connection(server.getsockname(), 10, ("127.0.0.1", 0)) as client:
            peer, _ = server.accept()
            with peer:
                client.sendall(b"hello\r\n")
                peer.recv(100)
                peer.sendall(b"220 mail.example ESMTP\r\n")
                client.recv(100)


def count_open():
    return STAGE["admin"]("ZCARD", KEY + "open")


def test_live_sensors_fill_redis():
    start_redis()
    start_sensor("span1")
    dead = start_sensor("span2")
    for address in ("127.77.0.2", "127.77.0.2", "127.77.0.3"):
        talk(address)
    wait_until(lambda: count_open() == 3, what="three exposures")
    wait_until(lambda: STAGE["admin"]("ZCARD", KEY + "open:incidents") >= 2)
    wait_until(lambda: int(STAGE["admin"].mapping(KEY + "sensor:span2").get("alerts", 0)) == 2)
    for name in STAGE["admin"]("ZRANGE", KEY + "open", 0, -1):
        wait_until(lambda n=name: STAGE["admin"]("HGET", f"{KEY}exposure:{n}", "sensors") ==
                   "span1,span2", what="both see it")
    dead.kill()
    dead.wait()
    # What happens by itself after a minute.
    STAGE["admin"]("DEL", KEY + "sensor:span2")
    wait_until(lambda: STAGE["admin"]("HGET", KEY + "sensor:span1", "events_waiting") == "0")
    reader = Redis(STAGE["server"].socket)
    reader("AUTH", "spanwatch-dashboard", "secret")
    STAGE["reader"] = reader


def dashboard():
    with open(DASHBOARD, encoding="utf-8") as file:
        return json.load(file)


def panels():
    return [p for p in dashboard()["panels"] if p["type"] != "row"]


def words_of(target):
    """What the data source sends: its query.go, redis-*.go."""
    if target["type"] == "cli":
        return shlex.split(target["query"])
    command, key = target["command"].upper(), target["keyName"]
    if command == "XREVRANGE":
        return [command, key, target["end"], target["start"], "COUNT", target["count"]]
    if command == "ZRANGE":
        assert target["zrangeQuery"] == ""
        return [command, key, target["min"], target["max"], "WITHSCORES"]
    if command == "HMGET":
        return [command, key, *target["field"].split()]
    if command == "HGET":
        return [command, key, target["field"]]
    assert command in ("GET", "XLEN", "HGETALL"), f"unknown command {command}"
    return [command, key]


def filled(words, values):
    def fill(text):
        for name, value in values.items():
            text = text.replace("$" + name, value)
        assert "$" not in text, text
        return text
    return [fill(str(word)) for word in words]


def flat(answer):
    """As the data source makes one column of a custom command's answer; it takes no nil."""
    if not isinstance(answer, list):
        assert answer is not None
        return [str(answer)]
    return [value for element in answer for value in flat(element)]


def ask(*words):
    if "reader" not in STAGE:
        raise Skip("no sensor has run")
    return STAGE["reader"](*words)


def variables():
    """Each variable's values, in the order in which they need each other."""
    found = {}
    for variable in dashboard()["templating"]["list"]:
        if variable["type"] != "query":
            continue
        words = filled(shlex.split(variable["query"]), {k: v[0] for k, v in found.items()})
        values = flat(ask(*words))
        pattern = variable["regex"]
        if pattern:
            matches = [re.search(pattern.strip("/"), value) for value in values]
            values = [m[1] for m in matches if m]
        assert values, f"nothing for ${variable['name']}"
        found[variable["name"]] = values
    return found


def results(title):
    """(values of the variables, answers to the targets) for each repetition of a panel."""
    (panel,) = [p for p in panels() if p["title"] == title]
    found, values = [], variables()
    for value in values[panel["repeat"]] if "repeat" in panel else [None]:
        chosen = {"site": values["site"][0]}
        if value:
            chosen[panel["repeat"]] = value
        found.append((value, [ask(*filled(words_of(t), chosen)) for t in panel["targets"]]))
    return found


def only(title):
    ((_, (answer,)),) = results(title)
    return answer


def rows(title):
    (panel,) = [p for p in panels() if p["title"] == title]
    names = panel["targets"][0]["field"].split()
    return [(value, dict(zip(names, answer))) for value, (answer,) in results(title)]


def test_variables():
    found = variables()
    assert found["site"] == [SITE] and sorted(found["sensor"]) == ["span1", "span2"]
    assert len(found["exposure"]) == 3
    assert found["incident"] == STAGE["admin"]("ZREVRANGE", KEY + "open:incidents", 0, 9)


def test_every_query_is_allowed_and_answers():
    count = 0
    for panel in panels():
        for value, answers in results(panel["title"]):
            for answer in answers:
                count += 1
                if value != "span2":
                    assert answer not in (None, [], ""), (panel["title"], value)
    assert count >= 20, count
    assert STAGE["admin"]("ACL", "LOG") == []


def test_open_by_severity():
    shown = {name: only(f"Open, {name}") for name in ("critical", "high", "medium", "low", "info")}
    assert shown == {"critical": 2, "high": 1, "medium": 0, "low": 0, "info": 0}, shown
    assert only("Open incidents") == STAGE["admin"]("ZCARD", KEY + "open:incidents")


def test_worst_exposures():
    shown = rows("$exposure")
    assert [r["severity"] for _, r in shown] == ["critical", "critical", "high"], shown
    for _, exposure in shown:
        assert exposure["state"] == "open" and exposure["server_ip"].startswith("127.77.0.")
        assert exposure["sensors"] == "span1,span2" and exposure["reason"] and exposure["opened"]
        for name in ("group", "owner", "rule", "last_seen", "level_name", "transport", "clients"):
            assert exposure[name], name


def test_incidents():
    shown = {r["group"]: r for _, r in rows("$incident")}
    assert set(shown) == {"caches", "mail"}
    assert shown["caches"]["member_count"] == "2" and shown["caches"]["security_group"] == "sg-1"
    assert shown["mail"]["severity"] == "high" and shown["mail"]["state"] == "open"


def test_sensors():
    shown = dict(rows("$sensor"))
    assert shown["span1"]["state"] in ("watching", "blind") and shown["span1"]["time"]
    assert shown["span1"]["events_lost"] == "0" and shown["span1"]["schema"] == "2.1"
    assert int(shown["span1"]["events"]) >= 5
    assert set(shown["span2"].values()) == {None}  # shown as "no heartbeat"
    assert only("Last sign of life")[::2] in (["span1", "span2"], ["span2", "span1"])
    said = only("What it said then")
    assert dict(zip(said[::2], said[1::2]))["span2"] in ("watching", "blind"), said
    assert dict(results("$sensor: events waiting"))["span1"] == ["0"]
    assert dict(results("$sensor: events lost"))["span1"] == ["0"]


def test_lines_never_tested():
    answer = only("Never tested")
    (panel,) = [p for p in panels() if p["title"] == "Never tested"]
    pattern = panel["transformations"][1]["options"]["filters"][0]["config"]["options"]["value"]
    lines = dict(zip(answer[::2], answer[1::2]))
    untested = {name for name, value in lines.items() if re.search(pattern, value)}
    assert "rule:quiet-is-internal@span1" in untested and "group:quiet@span2" in untested, lines
    assert "rule:caches-are-internal@span1" in lines.keys() - untested, lines


def test_events():
    answer = only("Latest events")
    entries = [dict(zip(fields[::2], fields[1::2])) for _, fields in answer]
    assert {"sensor.started", "exposure.opened", "incident.opened"} <= {e["kind"] for e in entries}
    (panel,) = [p for p in panels() if p["title"] == "Latest events"]
    names = panel["transformations"][0]["options"]["include"]["names"]
    for name in names:
        assert any(name in e for e in entries) or name == "service", name
    assert int(only("Events kept")) == STAGE["admin"]("XLEN", KEY + "events")
    assert int(only("Dropped by the queue")) == len(entries) - 2
    assert only("Schema") == "2.1"


def test_fits_its_grid():
    taken = set()
    for panel in dashboard()["panels"]:
        grid = panel["gridPos"]
        cells = {(x, y) for x in range(grid["x"], grid["x"] + grid["w"])
                 for y in range(grid["y"], grid["y"] + grid["h"])}
        assert max(x for x, _ in cells) < 24 and not cells & taken, panel["title"]
        taken |= cells
    numbers = [p["id"] for p in dashboard()["panels"]]
    assert len(set(numbers)) == len(numbers)


def clean_up():
    for process in STAGE.get("sensors", ()):
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
    if "server" in STAGE:
        STAGE["server"].stop()
    shutil.rmtree(FOLDER, ignore_errors=True)


if __name__ == "__main__":
    REPORT = Report()
    try:
        REPORT.run([value for name, value in list(globals().items()) if name.startswith("test_")],
                   sys.argv[1:])
    finally:
        clean_up()
    sys.exit(REPORT.status())
