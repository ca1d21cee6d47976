#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""tools/redis/users.acl as it is shipped: with it nobody gets in until there are passwords; then a
sensor, its queue, its replays, redis-tail and the receipt do all they do, at one server, behind a
sentinel and in a cluster, and nothing is denied; and no user can do more than it must. What a live
sensor needs besides, and that each right is needed: tests/unit/sensor/test_redis_rights.c."""

import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
from harness import (GOLDEN, PROGRAM, TOP, Redis, RedisError, RedisServer, Report,  # noqa: E402
                     wait_until)
from servers import free_port, sentinel_info, start_cluster, start_sentinel  # noqa: E402

BUILD = os.path.dirname(PROGRAM)
TAIL = os.path.join(BUILD, "redis-tail")
POLICY = os.path.join(TOP, "policy/example.yaml")
USERS = os.path.join(TOP, "tools/redis/users.acl")
SENTINEL_USERS = os.path.join(TOP, "tools/redis/sentinel-users.conf")
ADMIN = ["admin", "over"]
PASSWORD = {"spanwatch": "p:w", "spanwatch-dashboard": "p/d", "spanwatch-tail": "p@t",
            "spanwatch-shipper": "p%s", "spanwatch-notify": "p#n"}
SCRATCH = tempfile.mkdtemp(prefix="swu-")
EVENTS = 26


def lines_of(path):
    with open(path, encoding="ascii") as file:
        return [line for line in file.read().splitlines() if line.startswith("user ")]


def acl_file():
    """The shipped lines with a password each, and somebody who may look afterwards."""
    path = os.path.join(SCRATCH, "users.acl")
    with open(path, "w", encoding="ascii") as file:
        for line in lines_of(USERS):
            file.write(line.replace("resetpass", f">{word_of(line)}") + "\n")
        file.write(f"user default off\nuser {ADMIN[0]} on >{ADMIN[1]} ~* &* +@all\n")
    return path


def word_of(line):
    return PASSWORD[line.split()[1]]


def as_admin(server):
    redis = Redis(server.socket)
    redis("AUTH", *ADMIN)
    return redis


def log_in(server, user):
    redis = Redis(server.socket)
    redis("AUTH", user, PASSWORD[user])
    return redis


def environment(user):
    return dict(os.environ, SPANWATCH_REDIS_PASSWORD=PASSWORD[user],
                SPANWATCH_SENTINEL_PASSWORD=PASSWORD[user])


def run(user, *command):
    done = subprocess.run(command, env=environment(user), capture_output=True, text=True,
                          timeout=60, check=False)
    assert done.returncode == 0 and "NOPERM" not in done.stderr, (command, done.stderr)
    return done


def use(url, *options):
    """A sensor writes, redis-tail reads. `url` has a place for the user."""
    for run_id in ("r1", "r2"):
        done = run("spanwatch", PROGRAM, "-q", "-r", os.path.join(GOLDEN, "run.pcap"), "-p", POLICY,
                   "--json", "--redis", url.format("spanwatch:@"), "--queue-maxlen", "10", "--run",
                   run_id, *[o.format("spanwatch") for o in options])
        assert len(done.stdout.splitlines()) == EVENTS and not done.stderr, done.stderr
    done = run("spanwatch-tail", TAIL, "--redis", url.format("spanwatch-tail:@"), "--site",
               "example", "--run", "r1", "--once", "--claim", "0",
               *[o.format("spanwatch-tail") for o in options])
    assert len(done.stdout.splitlines()) == EVENTS, done


def assert_nothing_denied(*servers):
    for server in servers:
        assert as_admin(server)("ACL", "LOG") == [], as_admin(server)("ACL", "LOG")


def test_manual_shows_the_same_lines():
    with open(os.path.join(TOP, "sensor/redis/spanwatch-redis.7"), encoding="utf-8") as file:
        text = " ".join(file.read().split()).replace("\\&", "")
    assert len(lines_of(USERS)) == len(PASSWORD)
    for line in lines_of(USERS) + lines_of(SENTINEL_USERS)[:1]:
        assert " ".join(line.split()) in text, line


def test_nobody_gets_in_without_a_password():
    path = os.path.join(SCRATCH, "shipped.acl")
    shutil.copy(USERS, path)
    with RedisServer("--aclfile", path) as server:
        for user in PASSWORD:
            for password in ("", "resetpass", ">password", user):
                try:
                    Redis(server.socket)("AUTH", user, password)
                except RedisError as error:
                    assert "WRONGPASS" in str(error)
                    continue
                raise AssertionError(f"{user} got in")


def test_one_server():
    with RedisServer("--aclfile", acl_file()) as server:
        use("unix://{}" + server.socket)
        use("unix://{}" + server.socket + "?db=1")
        receipt = [os.path.join(TOP, "tools/receipt"), "--redis",
                   f"unix://spanwatch-dashboard:@{server.socket}", "--json", "--site", "example",
                   "--run", "r1"]
        assert '"exposures"' in run("spanwatch-dashboard", *receipt).stdout
        assert_nothing_denied(server)
        admin = as_admin(server)
        assert admin("LLEN", "spanwatch:{example}:run:r1:queue") == 10
        assert admin("GET", "spanwatch:{example}:run:r1:queue:lost") == str(EVENTS - 10)


def test_behind_a_sentinel():
    port, master = free_port(), free_port()
    lines = [line.replace("resetpass", f">{word_of(line)}") for line in lines_of(SENTINEL_USERS)]
    folder = tempfile.mkdtemp(dir=SCRATCH)
    with RedisServer("--port", str(master), "--aclfile", acl_file()) as server:
        sentinel = start_sentinel(folder, port, master, *lines, "user default off",
                                  f"user {ADMIN[0]} on >{ADMIN[1]} ~* &* +@all",
                                  f"sentinel auth-user m {ADMIN[0]}",
                                  f"sentinel auth-pass m {ADMIN[1]}")
        try:
            wait_until(lambda: "status=ok" in sentinel_info(port, *ADMIN))
            use(f"redis+sentinel://{{}}127.0.0.1:{port}/m", "--sentinel-user={}")
        finally:
            sentinel.kill()
            sentinel.wait()
        assert_nothing_denied(server)
        assert "cmdstat_role" in as_admin(server)("INFO", "commandstats")


def test_in_a_cluster():
    servers, ports = start_cluster("--aclfile", acl_file(), login=ADMIN)
    try:
        use(f"redis+cluster://{{}}127.0.0.1:{ports[1]}")
        assert_nothing_denied(*servers)
        assert "cmdstat_cluster|nodes" in as_admin(servers[0])("INFO", "commandstats") or \
            "cmdstat_cluster" in as_admin(servers[0])("INFO", "commandstats")
    finally:
        for server in servers:
            server.stop()


def is_denied(redis, *words):
    try:
        redis(*words)
    except RedisError as error:
        # DEBUG and MODULE are switched off for everybody.
        return str(error).startswith("NOPERM") or "not allowed" in str(error)
    return False


def arguments(redis, name):
    """Enough to be looked at."""
    (info,) = redis("COMMAND", "INFO", name)
    return ["spanwatch:x"] * (abs(info[1]) - 1) if info else None


def test_dashboard_only_reads():
    with RedisServer("--aclfile", acl_file()) as server:
        admin, dashboard = as_admin(server), log_in(server, "spanwatch-dashboard")
        count = 0
        for category in ("write", "dangerous", "scripting", "admin"):
            for name in admin("ACL", "CAT", category):
                more = arguments(admin, name) if "|" not in name else None
                # Everybody may ask for these, as far as they are allowed at all.
                if more is None or name in ("command", "role", "cluster", "script", "eval_ro"):
                    continue
                assert is_denied(dashboard, name, *more), name
                count += 1
        assert count > 100
        assert is_denied(dashboard, "GET", "other") and is_denied(dashboard, "SUBSCRIBE", "other")
        assert dashboard("GET", "spanwatch:x") is None and dashboard("SCAN", "0")[0] == "0"


def test_tail_only_moves_its_group():
    with RedisServer("--aclfile", acl_file()) as server:
        as_admin(server)("XADD", "spanwatch:x", "*", "a", "b")
        tail = log_in(server, "spanwatch-tail")
        for words in (("XADD", "spanwatch:x", "*", "a", "b"), ("XTRIM", "spanwatch:x", "MAXLEN", "0"),
                      ("XDEL", "spanwatch:x", "0-1"), ("DEL", "spanwatch:x"), ("KEYS", "*"),
                      ("XGROUP", "DESTROY", "spanwatch:x", "g"), ("HGETALL", "spanwatch:x"),
                      ("PUBLISH", "spanwatch:x", "y"), ("SUBSCRIBE", "spanwatch:x"),
                      ("XRANGE", "other", "-", "+"), ("CONFIG", "GET", "*"), ("FLUSHALL",)):
            assert is_denied(tail, *words), words
        assert tail("XGROUP", "CREATE", "spanwatch:x", "g", "0") == "OK"


def test_shipper_only_takes_from_the_queue():
    with RedisServer("--aclfile", acl_file()) as server:
        admin, shipper = as_admin(server), log_in(server, "spanwatch-shipper")
        admin("RPUSH", "spanwatch:{x}:queue", "1", "2")
        assert shipper("BLPOP", "spanwatch:{x}:queue", "1") == ["spanwatch:{x}:queue", "1"]
        assert shipper("LPOP", "spanwatch:{x}:queue") == "2"
        for words in (("RPUSH", "spanwatch:{x}:queue", "3"), ("DEL", "spanwatch:{x}:queue"),
                      ("LPOP", "spanwatch:{x}:events"), ("GET", "spanwatch:{x}:queue:lost"),
                      ("EVAL", "return 1", "0"), ("KEYS", "*")):
            assert is_denied(shipper, *words), words


def test_the_files_are_installed():
    folder = os.path.join(SCRATCH, "root")
    subprocess.run(["make", "-s", "install", f"DESTDIR={folder}", "PREFIX=/usr", f"B={BUILD}"],
                   cwd=TOP, check=True, capture_output=True)
    for name in ("bin/spanwatch-redis-tail", "share/man/man1/spanwatch-redis-tail.1",
                 "share/spanwatch/redis/users.acl", "share/spanwatch/redis/sentinel-users.conf",
                 "share/spanwatch/redis/vector.yaml", "share/spanwatch/grafana/spanwatch.json"):
        assert os.path.exists(os.path.join(folder, "usr", name)), name
    assert re.match("usage: ", subprocess.run(
        [os.path.join(folder, "usr/bin/spanwatch-redis-tail"), "--help"], check=True,
        capture_output=True, text=True).stdout)


if __name__ == "__main__":
    REPORT = Report()
    REPORT.run([value for name, value in list(globals().items()) if name.startswith("test_")],
               sys.argv[1:])
    shutil.rmtree(SCRATCH, ignore_errors=True)
    sys.exit(REPORT.status())
