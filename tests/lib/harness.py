# SPDX-License-Identifier: ISC
"""What the tests of the whole program share: reporting, a small Redis client, a private Redis.

Standard library only. A test file calls Report.run() with its functions; each of them gets the
Report, raises AssertionError where something is wrong, and Skip where it cannot be tried.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import traceback

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROGRAM = os.path.abspath(os.environ.get("SPANWATCH", os.path.join(TOP, "build/spanwatch")))
GOLDEN = os.path.join(TOP, "tests/golden")
PATIENCE = 30  # seconds that something may take on a slow machine


class Skip(Exception):
    pass


class Report:
    def __init__(self):
        self.failed = 0

    def ok(self, name):
        print(f"ok {name}", flush=True)

    def fail(self, name, why):
        self.failed += 1
        print(f"not ok {name}: {why}", flush=True)

    def run(self, tests, parts=()):
        """Each function is one test; its name and its first line of documentation name it."""
        for test in tests:
            name = test.__name__.removeprefix("test_").replace("_", " ")
            if parts and not any(part in name for part in parts):
                continue
            try:
                test()
                self.ok(name)
            except Skip as why:
                print(f"skip {name} {why}", flush=True)
            except Exception as error:  # pylint: disable=broad-except
                where = traceback.extract_tb(error.__traceback__)[1:]
                at = ", ".join(f"line {f.lineno}" for f in where if f.filename == sys.argv[0] or
                               os.path.basename(f.filename) == os.path.basename(sys.argv[0]))
                text = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
                self.fail(name, f"{text[:1500]} ({at})")

    def status(self):
        return 1 if self.failed else 0


def wait_until(condition, seconds=PATIENCE, what="it", every=0.02):
    """The first true value of condition(); AssertionError when time is up."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"{what} did not happen within {seconds} s")
        time.sleep(every)


def told_by(fields):
    """The fields of a stream's entry, with those of its JSON that are single values."""
    event = json.loads(fields["json"])
    own = event["spanwatch"]
    parts = (own, own.get("exposure", {}), own.get("incident", {}), own.get("sensor", {}))
    texts = {k: v if isinstance(v, str) else json.dumps(v) for part in parts if isinstance(part, dict)
             for k, v in part.items() if not isinstance(v, (dict, list))}
    version = event.get("service", {}).get("version")
    blind = {f"blind_{k}": str(v) for k, v in own.get("blindness", {}).items()}
    return {**texts, **blind, **({"version": version} if version else {}),
            "created": event["event"]["created"], **fields}


class RedisError(Exception):
    pass


class Redis:
    """A connection to a unix socket, or to a port of this host: r("XLEN", key) returns text,
    numbers, lists or None."""

    def __init__(self, place, timeout=10):
        if isinstance(place, int):
            self.socket = socket.create_connection(("127.0.0.1", place), timeout)
        else:
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.settimeout(timeout)
            self.socket.connect(place)
        self.stream = self.socket.makefile("rb")

    def __call__(self, *words):
        data = [f"*{len(words)}\r\n".encode()]
        for word in words:
            raw = str(word).encode()
            data.append(b"$%d\r\n%s\r\n" % (len(raw), raw))
        self.socket.sendall(b"".join(data))
        return self.reply()

    def reply(self):
        line = self.stream.readline()[:-2]
        kind, rest = line[:1], line[1:].decode()
        if kind == b"+":
            return rest
        if kind == b"-":
            raise RedisError(rest)
        if kind == b":":
            return int(rest)
        if kind == b"$":
            if rest == "-1":
                return None
            return self.stream.read(int(rest) + 2)[:-2].decode()
        if kind == b"*":
            return None if rest == "-1" else [self.reply() for _ in range(int(rest))]
        raise RedisError(f"what is {line!r}")

    def mapping(self, key):
        flat = self("HGETALL", key)
        return dict(zip(flat[::2], flat[1::2]))

    def entries(self, key):
        """(id, fields) of each entry of a stream, oldest first."""
        return [(name, dict(zip(flat[::2], flat[1::2]))) for name, flat in
                self("XRANGE", key, "-", "+")]

    def told(self, key):
        """Each event of a stream as flat texts: what the entry has, and what only its JSON has."""
        return [told_by(fields) for _, fields in self.entries(key)]

    def close(self):
        self.stream.close()
        self.socket.close()


class RedisServer:
    """A private redis-server on a unix socket, in a folder of its own."""

    def __init__(self, *options, prefix=(), folder=None):
        binary = shutil.which("redis-server", path=os.environ.get("PATH", "") + ":/usr/bin")
        if not binary:
            raise Skip("no redis-server")
        self.own_folder = folder is None
        self.folder = folder or tempfile.mkdtemp(prefix="swr-")
        self.socket = os.path.join(self.folder, "s")
        self.process = subprocess.Popen(
            [*prefix, binary, "--port", "0", "--unixsocket", self.socket, "--save", "",
             "--dir", self.folder, *options],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True)
        try:
            wait_until(self.is_up, what="redis-server's start")
        except AssertionError:
            self.stop()
            raise

    def is_up(self):
        assert self.process.poll() is None, "redis-server ended at once"
        try:
            Redis(self.socket).close()
            return True
        except OSError:
            return False

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        if self.own_folder:
            shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
