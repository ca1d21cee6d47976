#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Readers that we have not written, from Debian, read what a sensor wrote, by the users that they are
to have: python3-redis as two readers of a group, of which one dies, and with the URL of
tools/redis/vector.yaml; Redis.pm (libredis-perl) with what tools/redis/logstash.conf says. ioredis too,
where it is installed. Neither Vector nor Logstash is in Debian."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
from harness import GOLDEN, PROGRAM, TOP, Redis, RedisServer, Report, Skip  # noqa: E402
from servers import free_port  # noqa: E402

POLICY = os.path.join(TOP, "policy/example.yaml")
PYTHON = "/usr/bin/python3"
KEY = "spanwatch:{eu-west-1}:"
SECRET = "p@s/s:w%rd?"
SCRATCH = tempfile.mkdtemp(prefix="swsh-")

GROUP = r"""
import json, redis, sys
path, key, secret = sys.argv[1:]
alice, bob = (redis.Redis(unix_socket_path=path, username="spanwatch-tail", password=secret,
                          decode_responses=True) for _ in range(2))
alice.xgroup_create(key, "siem", "0", mkstream=True)
seen = []
((_, entries),) = alice.xreadgroup("siem", "alice", {key: ">"}, count=12)
for name, fields in entries[:7]:
    seen.append(fields["json"])
    alice.xack(key, "siem", name)
del alice  # with five that it has not acknowledged
cursor = "0-0"
while True:
    cursor, entries, *_ = bob.xautoclaim(key, "siem", "bob", 0, cursor, count=3)
    for name, fields in entries:
        seen.append(fields["json"])
        bob.xack(key, "siem", name)
    if cursor == "0-0":
        break
while True:
    answer = bob.xreadgroup("siem", "bob", {key: ">"}, count=5, block=50)
    if not answer:
        break
    for name, fields in answer[0][1]:
        seen.append(fields["json"])
        bob.xack(key, "siem", name)
print("\n".join(seen))
"""

VECTOR = r"""
import redis, sys
url, key = sys.argv[1:]
reader = redis.Redis.from_url(url, decode_responses=True)
while (text := reader.lpop(key)) is not None:
    print(text)
"""

LOGSTASH = r"""
use Redis;
my ($port, $password, $key) = @ARGV;
my $r = Redis->new(server => "127.0.0.1:$port", password => $password, no_auto_connect_on_new => 0);
while (my ($k, $text) = $r->blpop($key, 1)) { last unless defined $text; print "$text\n"; }
"""

IOREDIS = r"""
const Redis = require("ioredis");
(async () => {
  const [path, key, secret] = process.argv.slice(1);
  const r = new Redis({path, username: "spanwatch-tail", password: secret, enableReadyCheck: false});
  await r.xgroup("CREATE", key, "node", "0");
  for (;;) {
    const answer = await r.xreadgroup("GROUP", "node", "a", "COUNT", 7, "STREAMS", key, ">");
    if (!answer) break;
    for (const [id, flat] of answer[0][1]) {
      console.log(flat[flat.indexOf("json") + 1]);
      await r.xack(key, "node", id);
    }
  }
  r.disconnect();
})();
"""


class Stage:
    """A server with what a sensor wrote of the shipped capture; `written` is what it printed."""

    def __init__(self, *users):
        path = os.path.join(SCRATCH, "users.acl")
        with open(os.path.join(TOP, "tools/redis/users.acl"), encoding="ascii") as file:
            lines = [line.replace("resetpass", ">" + SECRET) for line in file.read().splitlines()]
        with open(path, "w", encoding="ascii") as file:
            file.write("\n".join([*lines, "user admin on >over ~* &* +@all",
                                  *(users or ("user default off",))]) + "\n")
        self.port = free_port()
        self.server = RedisServer("--aclfile", path, "--port", str(self.port))
        done = subprocess.run(
            [PROGRAM, "-q", "-r", os.path.join(GOLDEN, "run.pcap"), "-p", POLICY, "--json", "--site",
             "eu-west-1", "--run", "r1", "--queue-maxlen", "1000", "--redis",
             "unix://spanwatch:@" + self.server.socket], check=True, capture_output=True,
            env=dict(os.environ, SPANWATCH_REDIS_PASSWORD=SECRET))
        self.written = done.stdout.decode().splitlines()
        admin = self.admin = Redis(self.server.socket)
        admin("AUTH", "admin", "over")
        for key in admin("KEYS", "*:run:r1:*"):
            admin("RENAME", key, key.replace(":run:r1:", ":"))

    def read(self, *command):
        done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr[-800:]
        return done.stdout.splitlines()

    def assert_all(self, lines):
        assert len(self.written) == 26 and lines == self.written, (len(lines), lines[:1])
        assert len({json.loads(line)["event"]["id"] for line in lines}) == 26
        assert self.admin("ACL", "LOG") == []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.stop()


def needs(*command):
    if not shutil.which(command[0]) or \
            subprocess.run(command, capture_output=True, check=False).returncode != 0:
        raise Skip("not there: " + " ".join(command))


def text_of(name):
    with open(os.path.join(TOP, "tools/redis", name), encoding="utf-8") as file:
        return file.read()


def test_python_redis_as_a_group():
    needs(PYTHON, "-c", "import redis")
    with Stage() as stage:
        lines = stage.read(PYTHON, "-c", GROUP, stage.server.socket, KEY + "events", SECRET)
        stage.assert_all(lines)
        assert stage.admin("XPENDING", KEY + "events", "siem")[0] == 0


def test_the_url_of_vector():
    needs(PYTHON, "-c", "import redis")
    text = text_of("vector.yaml")
    url, key = re.search(r"url: (\S+)", text)[1], re.search(r'key: "(.*)"', text)[1]
    assert "percent-encoded" in text
    with Stage() as stage:
        url = url.replace("${SPANWATCH_REDIS_PASSWORD}", urllib.parse.quote(SECRET, safe=""))
        url = url.replace("redis.example:6379", f"127.0.0.1:{stage.port}")
        stage.assert_all(stage.read(PYTHON, "-c", VECTOR, url, key))


def test_what_logstash_is_told():
    needs("perl", "-MRedis", "-e1")
    text = text_of("logstash.conf")
    key = re.search(r'key => "(.*)"', text)[1]
    assert 'data_type => "list"' in text and "batch_count => 1" in text
    with open(os.path.join(TOP, "tools/redis/users.acl"), encoding="ascii") as file:
        rights = re.search(r"^user spanwatch-shipper (.*)$", file.read(), re.M)[1]
    with Stage("user default reset " + rights.replace("resetpass", ">" + SECRET)) as stage:
        stage.assert_all(stage.read("perl", "-e", LOGSTASH, str(stage.port), SECRET, key))


def test_ioredis_as_a_group():
    needs("node", "-e", 'require("ioredis")')
    with Stage() as stage:
        stage.assert_all(stage.read("node", "-e", IOREDIS, "--", stage.server.socket, KEY + "events",
                                    SECRET))


if __name__ == "__main__":
    REPORT = Report()
    REPORT.run([value for name, value in list(globals().items()) if name.startswith("test_")],
               sys.argv[1:])
    shutil.rmtree(SCRATCH, ignore_errors=True)
    sys.exit(REPORT.status())
