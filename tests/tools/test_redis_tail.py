#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# test: limit=240
"""tools/redis-tail against real servers: each event is printed at least once and acknowledged after
that, whatever happens to the server, the connection, the output or the reader."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
from harness import (GOLDEN, PROGRAM, TOP, Redis, RedisError, RedisServer, Report,  # noqa: E402
                     Skip, wait_until)
from servers import (free_port, make_certificate, sentinel_info, start_cluster,  # noqa: E402
                     start_sentinel)

BUILD = os.path.dirname(PROGRAM)
TAIL = os.path.join(BUILD, "redis-tail")
POLICY = os.path.join(TOP, "policy/example.yaml")
SCRATCH = tempfile.mkdtemp(prefix="swt-")
KEY = "spanwatch:{eu-west-1}:events"
SITE, RUN = ["--site", "eu-west-1"], ["--run", "r1"]
RUN_KEY = "spanwatch:{eu-west-1}:run:r1:events"
EVENTS = 26  # of run.pcap


def url(server):
    return "unix://" + server.socket


def fill(server):
    """What a sensor writes of the shipped capture; its events as JSON."""
    done = subprocess.run([PROGRAM, "-q", "-r", os.path.join(GOLDEN, "run.pcap"), "-p", POLICY,
                           "--json", *SITE, "--redis", url(server), *RUN], check=True,
                          capture_output=True)
    return done.stdout.decode().splitlines()


def add(redis, number, **more):
    redis("XADD", KEY, "*", "json", '{"n":%d}' % number, "kind", "sensor.started", "ts",
          "2026-11-21T09:07:12.416000Z", "severity", "info", "sensor", "s1", "reason",
          f"event {number}.", *[x for pair in more.items() for x in pair])


class Tail:
    """A redis-tail at work; what it has printed and said so far."""

    def __init__(self, where, *options, env=None):
        self.out = tempfile.TemporaryFile("w+b")
        self.err = tempfile.TemporaryFile("w+b")
        address = where if isinstance(where, str) else url(where)
        self.process = subprocess.Popen(
            [TAIL, "--redis", address, *SITE, *options], stdin=subprocess.DEVNULL,
            stdout=self.out, stderr=self.err, env=dict(os.environ, **(env or {})))

    def printed(self):
        return os.pread(self.out.fileno(), 1 << 24, 0).decode("utf-8").splitlines()

    def said(self):
        return os.pread(self.err.fileno(), 1 << 20, 0).decode("utf-8")

    def wait_for(self, text):
        wait_until(lambda: any(text in line for line in self.printed()),
                   what=f"{text!r}, instead of {self.printed()[-3:]} {self.said()}")

    def wait_said(self, text):
        wait_until(lambda: text in self.said(), what=f"{text!r}, instead of {self.said()}")

    def end(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(30)
        assert status == 0, (status, self.said())
        return self.printed()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.out.close()
        self.err.close()


def once(where, *options, status=0, **more):
    with Tail(where, "--once", *options, **more) as tail:
        assert tail.process.wait(60) == status, tail.said()
        return tail.printed(), tail.said()


def pending(redis, key=KEY):
    return redis("XPENDING", key, "redis-tail")[0]


def numbers(lines):
    return [int(m[1]) for line in lines for m in [re.search(r"event (\d+)\.", line)] if m]


def test_prints_what_the_sensor_wrote():
    with RedisServer() as server:
        written = fill(server)
        assert len(written) == EVENTS
        redis = Redis(server.socket)
        lines, said = once(server, *RUN)
        assert len(lines) == EVENTS and "group made, from the beginning" in said, said
        assert lines[0].startswith(
            "2026-11-21 09:07:12.416  CRITICAL  reachable  a service on 10.20.0.12:6379"), lines[0]
        assert lines[1].split()[3] == "INCIDENT" and lines[0].endswith("]")
        assert pending(redis, key=RUN_KEY) == 0
        lines, said = once(server, *RUN)
        assert not lines and not said, (lines, said)
        lines, _ = once(server, *RUN, "--json", "--group", "other")
        assert lines == written
        lines, _ = once(server, *RUN, "--json", "--group", "late", "--from", "new")
        assert not lines


def test_stops_after_a_number():
    with RedisServer() as server:
        fill(server)
        redis = Redis(server.socket)
        first, _ = once(server, *RUN, "--count", "10")
        second, _ = once(server, *RUN, "--count", "10")
        rest, _ = once(server, *RUN, "--count", "10")
        assert [len(first), len(second), len(rest)] == [10, 10, 6]
        assert len(set(first + second + rest)) >= EVENTS - 2 and pending(redis, key=RUN_KEY) == 0
        with Tail(server, "--count", "1", "--wait") as tail:
            add(redis, 1)
            add(redis, 2)
            assert tail.process.wait(30) == 0 and numbers(tail.printed()) == [1]
        assert pending(redis) == 0


def test_follows():
    with RedisServer() as server:
        redis = Redis(server.socket)
        with Tail(server, "--wait") as tail:
            tail.wait_said("group made")
            for number in range(300):
                add(redis, number)
            tail.wait_for("event 299.")
            assert numbers(tail.end()) == list(range(300))
        assert pending(redis) == 0


def test_acknowledges_only_what_was_written():
    with RedisServer() as server:
        redis = Redis(server.socket)
        for number in range(50):
            add(redis, number)
        reader, writer = os.pipe()
        os.close(reader)
        done = subprocess.run([TAIL, "--redis", url(server), *SITE, "--once"], stdout=writer,
                              stderr=subprocess.PIPE, check=False)
        os.close(writer)
        assert done.returncode == 1 and b"output" in done.stderr, done
        with open("/dev/full", "wb") as full:
            done = subprocess.run([TAIL, "--redis", url(server), *SITE, "--once"], stdout=full,
                                  stderr=subprocess.PIPE, check=False)
        assert done.returncode == 1 and b"No space" in done.stderr, done
        assert pending(redis) == 50
        assert numbers(once(server)[0]) == list(range(50))
        assert pending(redis) == 0


def test_takes_over_from_a_dead_reader():
    with RedisServer() as server:
        redis = Redis(server.socket)
        for number in range(250):
            add(redis, number)
        once(server, "--count", "1")
        redis("XREADGROUP", "GROUP", "redis-tail", "dead", "COUNT", "240", "STREAMS", KEY, ">")
        redis("XDEL", KEY, redis.entries(KEY)[100][0])
        lines, early = once(server)
        assert numbers(lines) == list(range(241, 250))  # the others may still come
        lines, said = once(server, "--claim", "0")
        assert numbers(lines) == [n for n in range(1, 241) if n != 100], (lines, said)
        # Redis 6.2 does not tell what is gone.
        assert "1 event is lost" in early + said or "redis_version:6" in redis("INFO"), said
        assert pending(redis) in (0, 1)


def test_refuses_a_site_that_is_not_there():
    with RedisServer() as server:
        for options in (("--once",), ()):
            with Tail(server, *options) as tail:
                assert tail.process.wait(30) == 1 and "nothing was ever written" in tail.said()
        assert Redis(server.socket)("KEYS", "*") == [], "a look made keys"


def test_survives_cut_connections():
    with RedisServer() as server:
        redis = Redis(server.socket)
        with Tail(server, "--wait") as tail:
            tail.wait_said("group made")
            for number in range(200):
                add(redis, number)
                if number % 20 == 0:
                    redis("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
            tail.wait_for("event 199.")
            wait_until(lambda: not pending(redis))
            assert set(numbers(tail.end())) == set(range(200))
            said = tail.said()
            assert "tries again" in said and "follows again" in said, said


def loaded(server):
    """A connection to a server that has its data."""
    redis = Redis(server.socket)

    def answers():
        try:
            return redis("PING")
        except RedisError:
            return None
    wait_until(answers, what="the end of loading")
    return redis


def test_survives_a_restart():
    with RedisServer("--appendonly", "yes", "--appendfsync", "always") as server:
        with Tail(server, "--wait") as tail:
            tail.wait_said("group made")
            for number in range(3):
                add(loaded(server), number)
                tail.wait_for(f"event {number}.")
                server.process.kill()
                server.process.wait()
                again = RedisServer("--appendonly", "yes", folder=server.folder)
                server.process = again.process
            add(loaded(server), 3)
            tail.wait_for("event 3.")
            assert set(numbers(tail.end())) == {0, 1, 2, 3}
            assert "group is gone" not in tail.said()


def test_tells_a_server_that_comes_back_empty():
    with RedisServer() as server:
        add(Redis(server.socket), 1)
        with Tail(server, "--from", "new") as tail:
            tail.wait_said("from now on")
            add(Redis(server.socket), 2)
            tail.wait_for("event 2.")
            server.process.kill()
            server.process.wait()
            server.process = RedisServer(folder=server.folder).process
            for number in range(2, 5):  # the sensors send again what was lost
                add(Redis(server.socket), number)
            tail.wait_for("event 4.")
            Redis(server.socket)("FLUSHALL")
            add(Redis(server.socket), 5)
            tail.wait_for("event 5.")
            assert numbers(tail.end()) == [2, 2, 3, 4, 5]
            assert tail.said().count("the group is gone") == 2, tail.said()


def test_goes_on_where_a_destroyed_group_was():
    with RedisServer() as server:
        redis = Redis(server.socket)
        for number in range(10):
            add(redis, number)
        with Tail(server) as tail:
            tail.wait_for("event 9.")
            redis("XGROUP", "DESTROY", KEY, "redis-tail")
            add(redis, 10)
            tail.wait_for("event 10.")
            assert numbers(tail.end()) == list(range(11))
            assert "the group is gone" in tail.said()


def test_tells_what_the_stream_had_dropped():
    with RedisServer() as server:
        redis = Redis(server.socket)
        for number in range(10):
            add(redis, number)
        once(server)
        for number in range(10, 30):
            add(redis, number)
        redis("XTRIM", KEY, "MAXLEN", "5")
        lines, said = once(server)
        assert numbers(lines) == list(range(25, 30))
        assert "15 events are lost" in said or "may be lost" in said, said
        assert once(server) == ([], "")
        for number in range(30, 40):
            add(redis, number)
        redis("XREADGROUP", "GROUP", "redis-tail", socket.gethostname(), "STREAMS", KEY, ">")
        redis("XTRIM", KEY, "MAXLEN", "3")
        lines, said = once(server)
        assert numbers(lines) == [37, 38, 39] and "7 events are lost" in said, (lines, said)


def test_waits_while_the_server_loads():
    with RedisServer("--save", "") as server:
        redis = Redis(server.socket)
        for number in range(40):
            add(redis, number)
        for number in range(2000):
            redis("SET", f"k{number}", "x" * 100)
        redis("SAVE")
        server.process.kill()
        server.process.wait()
        loading = RedisServer("--key-load-delay", "1000", "--loading-process-events-interval-bytes",
                              "1024", folder=server.folder)
        server.process = loading.process
        with Tail(server) as tail:
            tail.wait_for("event 39.")
            assert "LOADING" in tail.said(), tail.said()
            assert numbers(tail.end()) == list(range(40))


def test_waits_for_a_full_server():
    with RedisServer() as server:
        redis = Redis(server.socket)
        add(redis, 1)
        once(server)
        add(redis, 2)
        redis("CONFIG", "SET", "maxmemory", "1")
        assert numbers(once(server)[0]) == [2]  # there is the group already
        with Tail(server, "--group", "g2") as tail:
            tail.wait_said("OOM")
            redis("CONFIG", "SET", "maxmemory", "0")
            tail.wait_for("event 2.")


def move_slot(servers, ports):
    """Live: the stream's slot goes to the second node, as redis-cli --cluster reshard does it."""
    source, target = (Redis(s.socket) for s in servers)
    names = [r("CLUSTER", "MYID") for r in (source, target)]
    slot = source("CLUSTER", "KEYSLOT", KEY)
    target("CLUSTER", "SETSLOT", slot, "IMPORTING", names[0])
    source("CLUSTER", "SETSLOT", slot, "MIGRATING", names[1])
    for key in source("CLUSTER", "GETKEYSINSLOT", slot, 100):
        source("MIGRATE", "127.0.0.1", ports[1], key, 0, 5000)
    for redis in (target, source):
        redis("CLUSTER", "SETSLOT", slot, "NODE", names[1])


def test_follows_a_cluster():
    servers, ports = start_cluster()
    try:
        redis = Redis(servers[0].socket)
        add(redis, 0)
        for address in (f"redis://127.0.0.1:{ports[1]}",
                        f"redis+cluster://127.0.0.1:{free_port()},127.0.0.1:{ports[1]}"):
            group = address[:9]
            with Tail(address, "--group", group) as tail:
                tail.wait_for("event 0.")
                tail.end()
        with Tail(f"redis+cluster://127.0.0.1:{ports[1]}") as tail:
            tail.wait_for("event 0.")
            for number in range(1, 50):
                add(redis, number)
            move_slot(servers, ports)
            redis = Redis(servers[1].socket)
            for number in range(50, 80):
                add(redis, number)
            tail.wait_for("event 79.")
            assert set(numbers(tail.end())) == set(range(80))
    finally:
        for server in servers:
            server.stop()


def role(server):
    """"" while the sentinel cuts everybody off."""
    try:
        return Redis(server.socket)("ROLE")[0]
    except (OSError, RedisError):
        return ""


def test_follows_a_failover():
    ports, port = [free_port(), free_port()], free_port()
    folder = tempfile.mkdtemp(dir=SCRATCH)
    master = RedisServer("--port", str(ports[0]), "--repl-diskless-sync-delay", "0")
    replica = sentinel = None
    try:
        replica = RedisServer("--port", str(ports[1]), "--replicaof", f"127.0.0.1 {ports[0]}")
        sentinel = start_sentinel(folder, port, ports[0])
        wait_until(lambda: "slaves=1" in sentinel_info(port), what="the sentinel's start")
        with Tail(f"redis+sentinel://127.0.0.1:{port}/m") as tail:
            redis = Redis(master.socket)
            for number in range(20):
                add(redis, number)
            tail.wait_for("event 19.")
            redis("WAIT", "1", "10000")
            master.process.kill()
            wait_until(lambda: role(replica) == "master", 60, "the failover")
            for number in range(20, 40):
                add(Redis(replica.socket), number)
            tail.wait_for("event 39.")
            assert set(numbers(tail.end())) == set(range(40))
            assert "follows again" in tail.said()
    finally:
        for server in (master, replica):
            if server:
                server.stop()
        if sentinel:
            sentinel.kill()
            sentinel.wait()


def test_speaks_tls():
    if not shutil.which("openssl"):
        raise Skip("no openssl")
    folder, port = tempfile.mkdtemp(dir=SCRATCH), free_port()
    make_certificate(folder)
    with RedisServer("--tls-port", str(port), "--tls-cert-file", f"{folder}/cert", "--tls-key-file",
                     f"{folder}/key", "--tls-auth-clients", "no", "--tls-ca-cert-file",
                     f"{folder}/cert") as server:
        add(Redis(server.socket), 1)
        lines, _ = once(f"rediss://127.0.0.1:{port}", "--redis-tls-ca", f"{folder}/cert")
        assert numbers(lines) == [1]
        _, said = once(f"rediss://127.0.0.1:{port}", "--give-up", "1", status=1)
        assert "certificate" in said, said


def test_logs_in():
    with RedisServer("--requirepass", "se same") as server:
        redis = Redis(server.socket)
        redis("AUTH", "se same")
        add(redis, 1)
        path = os.path.join(SCRATCH, "password")
        with open(path, "w", encoding="ascii") as file:
            file.write("se same\n")
        assert numbers(once(server, "--redis-password-file", path)[0]) == [1]
        add(redis, 2)
        assert numbers(once(server, env={"SPANWATCH_REDIS_PASSWORD": "se same"})[0]) == [2]
        _, said = once(server, "--give-up", "1", status=1)
        assert "NOAUTH" in said and said.count("tries again") == 1, said
        _, said = once(server, "--give-up", "1", status=1,
                       env={"SPANWATCH_REDIS_PASSWORD": "other"})
        assert "log-in refused" in said and "other" not in said, said


def test_prints_nothing_that_is_not_printable():
    bad = b"\x1b]0;x\x07\x00\x9b\x80\xc2\x9b\r\n\x7f" + "ü€".encode()
    with RedisServer() as server:
        redis = Redis(server.socket)
        names = ["json", "kind", "ts", "severity", "level_name", "sensor", "reason"]
        flat = [part for name in names for part in (name.encode(), bad)]

        def send(*words):
            redis.socket.sendall(b"*%d\r\n" % len(words) + b"".join(
                b"$%d\r\n%s\r\n" % (len(w), w) for w in words))
            return redis.reply()
        send(b"XADD", KEY.encode(), b"*", *flat)
        bad = bad.replace(b"\x00", b"")
        flat = [part for name in names for part in (name.encode(), bad)]
        flat[1] = b'{"a":"' + bad + b'"}'
        send(b"XADD", KEY.encode(), b"*", *flat)
        send(b"XADD", KEY.encode(), b"*", b"json", b"{" + b"x" * 300000 + b"}", b"kind", b"")
        send(b"XADD", KEY.encode(), b"*", bad, bad)
        send(b"XADD", KEY.encode(), b"*", *[b"n%d" % i for i in range(2000)])
        for options in ([], ["--json"]):
            with Tail(server, "--once", "--group", f"g{len(options)}", *options) as tail:
                assert tail.process.wait(30) == 0, tail.said()
                raw = os.pread(tail.out.fileno(), 1 << 22, 0)
            text = raw.decode("utf-8")
            assert len(text.splitlines()) == 5, text[:1000]
            assert not [c for c in text if c != "\n" and (ord(c) < 32 or 127 <= ord(c) < 160)]
            assert text.count("not an event") == 3 and "ü€" in text, text[:1000]
        lines = text.splitlines()
        assert json.loads(lines[1])["a"].endswith("ü€") and json.loads(lines[0])["redis_id"]


def test_does_not_believe_what_is_not_redis():
    for answer in (b"*100000000\r\n", b"HTTP/1.1 400 Bad\r\n\r\n", b"*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n",
                   b"$-7\r\n", b"*0\r\n", b":1\r\n", b"*-1\r\n", b"*2\r\n:1\r\n$1\r\nx\r\n"):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            with Tail(f"redis://127.0.0.1:{listener.getsockname()[1]}", "--give-up", "1") as tail:
                listener.settimeout(20)
                peer, _ = listener.accept()
                with peer:
                    peer.recv(4096)
                    peer.sendall(answer * 3)
                    try:
                        peer.settimeout(1)
                        while peer.recv(4096):
                            peer.sendall(answer)
                    except OSError:
                        pass
                assert tail.process.poll() in (None, 1), (answer, tail.process.poll(), tail.said())
                assert not tail.printed()


def test_ends_at_a_signal():
    for number in (signal.SIGTERM, signal.SIGINT):
        with Tail(f"redis://127.0.0.1:{free_port()}") as tail:
            tail.wait_said("refused")
            tail.process.send_signal(number)
            assert tail.process.wait(30) == 0


def test_wrong_usage():
    def fails(*arguments):
        done = subprocess.run([TAIL, *arguments], check=False, capture_output=True, text=True)
        assert done.returncode == 2 and done.stderr and not done.stdout, done
        return done.stderr
    assert "usage" in fails()
    assert "usage" in fails("--redis", "redis://x")
    assert "usage" in fails("--nonsense")
    assert "password on the command line" in fails("--redis", "redis://:p@x", *SITE)
    assert "number" in fails("--redis", "redis://x", *SITE, "--count", "-1")
    assert "beginning or new" in fails("--redis", "redis://x", *SITE, "--from", "here")
    assert "must begin" in fails("--redis", "http://x", *SITE)
    done = subprocess.run([TAIL, "--help"], check=True, capture_output=True, text=True)
    manual = open(os.path.join(TOP, "tools/spanwatch-redis-tail.1"), encoding="utf-8").read()
    for option in set(re.findall(r"--([a-z-]+)", done.stdout)):
        assert f"Fl -{option}" in manual, f"--{option} is not in the manual"


if __name__ == "__main__":
    REPORT = Report()
    REPORT.run([value for name, value in list(globals().items()) if name.startswith("test_")],
               sys.argv[1:])
    shutil.rmtree(SCRATCH, ignore_errors=True)
    sys.exit(REPORT.status())
