#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# test: limit=240
"""spanwatch-notify against real HTTP, SMTP and Redis servers: one message for each incident, updated
and not doubled; nothing lost when servers fail or lie, and when it is killed; a digest in a storm."""

import email
import email.policy
import glob
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from receivers import Mail, Maildir, Web  # noqa: E402
from harness import PROGRAM, TOP, Redis, RedisServer, Report, Skip, wait_until  # noqa: E402
from servers import make_certificate  # noqa: E402

NOTIFY = os.path.join(os.path.dirname(PROGRAM), "notify")
SCRATCH = tempfile.mkdtemp(prefix="swn-")
KEY = "spanwatch:{lab}:"
SECRET = "hush-hush-4711"
OPEN_ROUTE = "routes:\n  - to: [{}]\n    severity: info\n"


def write(name, text, mode=0o600):
    path = os.path.join(SCRATCH, name)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(path, mode)
    return path


def config(channels, routes=None, name="notify.yaml"):
    """{name: "type: ..., ..."}"""
    lines = [f"  {n}: {{ {text} }}" for n, text in channels.items()]
    routes = routes or OPEN_ROUTE.format(", ".join(channels))
    return write(name, "version: 1\nchannels:\n" + "\n".join(lines) + "\n" + routes)


class Notify:
    def __init__(self, server, path, *options, site="lab", env=None):
        self.err = tempfile.TemporaryFile("w+b")
        self.out = tempfile.TemporaryFile("w+b")
        redis = ["--redis", "unix://" + server.socket] if server else []
        self.process = subprocess.Popen(
            [NOTIFY, "--config", path, *redis, "--site", site, *options],
            stdin=subprocess.DEVNULL, stdout=self.out, stderr=self.err,
            env=dict(os.environ, **(env or {})))

    def said(self):
        return os.pread(self.err.fileno(), 1 << 20, 0).decode()

    def printed(self):
        return os.pread(self.out.fileno(), 1 << 24, 0).decode()

    def end(self, status=0):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        got = self.process.wait(30)
        assert got == status, (got, self.said())
        assert SECRET not in self.said() + self.printed()
        return self.said()

    def finish(self, status=0):
        """Of one that ends by itself."""
        got = self.process.wait(60)
        assert got == status, (got, self.said())
        return self.said()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()


def once(server, path, *options, status=0, **more):
    with Notify(server, path, "--once", *options, **more) as notify:
        return notify.finish(status)


def incident(redis, name, kind="opened", state="open", level=2, severity="high", members=1,
             opened=1, reason=None, group="logging", owner="platform"):
    """What a sensor's event makes of the hash, the index and the stream."""
    names = ["blocked", "refused", "reachable", "answered", "accessed", "data-out"]
    number = {"info": 10, "low": 30, "medium": 50, "high": 70, "critical": 90}[severity]
    reason = reason or f"group {group}: {members} endpoints exposed ({name})"
    common = {"reason": reason, "group": group, "owner": owner, "rule": "r1"}
    figures = {"state": state, "level": level, "level_name": names[level], "severity": severity,
               "severity_number": number, "opened": "2026-11-21T09:07:12.416000Z",
               "member_count": members, "open_count": opened}
    if state == "closed":
        figures["closed"] = "2026-11-21T09:31:24.416000Z"
    flat = {**common, "kind": f"incident.{kind}", "id": os.urandom(16).hex(), "sensor": "s1",
            "ts": "2026-11-21T09:07:12.416000Z", "severity": severity, "incident": name,
            **{"incident_" + k: v for k, v in figures.items()}}
    redis("HSET", f"{KEY}incident:{name}", *pairs({**common, **figures, "id": name}))
    if state == "closed":
        redis("ZREM", KEY + "open:incidents", name)
    else:
        redis("ZADD", KEY + "open:incidents", number + level, name)
    redis("XADD", KEY + "events", "*", *pairs(flat))


def pairs(mapping):
    return [x for pair in mapping.items() for x in pair]


def ledger(redis, channel):
    return {k: json.loads(v) for k, v in redis.mapping(f"{KEY}notified:{channel}").items()}


def hook(web, *more):
    gather = () if any("gather" in word for word in more) else ("gather: 0s",)
    return ", ".join([f'type: webhook, url: "{web.url("/hook")}"', *gather, *more])


def secret_url(web, path):
    return write(path.strip("/") + ".url", web.url(path))


def parsed(raw):
    return email.message_from_bytes(raw, policy=email.policy.default)


# --- One message, updated ----------------------------------------------------------------------
def test_one_message_for_an_incident_that_is_updated():
    token = write("token", SECRET)
    with RedisServer() as server, Web() as web, Mail() as mail:
        redis = Redis(server.socket)
        path = config({
            "hook": hook(web), "pager": f'type: pagerduty, url: "{web.url("/pd")}", '
                                        f'routing-key-file: {token}, gather: 0s',
            "slack": f'type: slack, url: "{web.url("/slack")}", token-file: {token}, channel: C1, gather: 0s',
            "mm": f'type: mattermost, url: "{web.url("/mm")}", token-file: {token}, channel: C2, gather: 0s',
            "post": f'type: mail, url: "{mail.url()}", from: sw@example.org, '
                    'gather: 0s, to: [noc@example.org, gone@example.org]'})
        with Notify(server, path) as notify:
            wait_until(lambda: "group made" in notify.said())
            incident(redis, "a1")
            first = web.wait(4)
            mail.wait(1)
            incident(redis, "a1", "updated", level=5, members=2, opened=2)
            web.wait(8)
            incident(redis, "a1", "closed", state="closed", level=5, members=2, opened=0)
            web.wait(12)
            mails = [parsed(m) for m in mail.wait(3)]
            wait_until(lambda: ledger(redis, "mm")["a1"]["state"] == "closed")
            said = notify.end()
        assert len(web.got) == 12 and len(mail.got) == 3, (len(web.got), len(first))
        by_path = {p: [b for q, _, b in web.got if q == p] for p in {p for p, _, _ in web.got}}
        assert [b["kind"] for b in by_path["/hook"]] == ["opened", "updated", "closed"]
        assert [b["number"] for b in by_path["/hook"]] == [1, 2, 3]
        assert len({b["first_delivery"] for b in by_path["/hook"][1:]}) == 1
        assert by_path["/hook"][1]["first_delivery"] == by_path["/hook"][0]["delivery"]
        assert "open for 24 min" in by_path["/hook"][2]["title"], by_path["/hook"][2]
        assert [b["event_action"] for b in by_path["/pd"]] == ["trigger", "trigger", "resolve"]
        assert {b["dedup_key"] for b in by_path["/pd"]} == {"spanwatch:lab:a1"}
        assert {b["routing_key"] for b in by_path["/pd"]} == {SECRET}
        threads = [b.get("thread_ts") for b in by_path["/slack"]]
        assert threads[0] is None and threads[1] == threads[2] != None, threads  # noqa: E711
        roots = [b.get("root_id") for b in by_path["/mm/api/v4/posts"]]
        assert roots[0] is None and roots[1] == roots[2] != None, roots  # noqa: E711
        assert mails[0]["References"] is None
        assert {m["References"] for m in mails[1:]} == {mails[0]["Message-ID"]}
        assert mail.got[0][1] == ["noc@example.org"] and "not for 1 of its recipients" in said
        authorized = {h.get("Authorization") for p, h, _ in web.got if p == "/slack"}
        assert authorized == {"Bearer " + SECRET}
        noted = ledger(redis, "hook")["a1"]
        assert noted["state"] == "closed" and noted["count"] == 3 and noted["level"] == 5
        assert noted["severity_number"] == 70 and noted["ref"] and "pending" not in noted
        assert redis("ZSCORE", KEY + "notified:hook:at", "a1") and \
            redis("TTL", KEY + "notified:hook") > 399 * 86400
        assert redis("XPENDING", KEY + "events", "notify")[0] == 0


def test_forms_are_what_the_vendors_describe():
    """tests/notify/forms.json, written from their public documents, which it names."""
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "forms.json"),
              encoding="ascii") as file:
        paths = list(json.load(file))
    token, evil = write("token", SECRET), '<!here> `a` "\\ \x1b[1m http://evil.example/ ' + "ü" * 300
    with RedisServer() as server, Web() as web:
        redis = Redis(server.socket)
        path = config({
            "hook": hook(web), "am": f'type: alertmanager, url: "{web.url("/am")}", gather: 0s',
            "pd": f'type: pagerduty, url: "{web.url("/pd")}", routing-key-file: {token}, gather: 0s',
            "s1": f'type: slack, url: "{web.url("/slack")}", token-file: {token}, channel: C1, gather: 0s',
            "s2": f'type: slack, url-file: {secret_url(web, "/slackhook")}, gather: 0s',
            "m1": f'type: mattermost, url: "{web.url("/mm")}", token-file: {token}, channel: C2, gather: 0s',
            "m2": f'type: mattermost, url-file: {secret_url(web, "/mmhook")}, gather: 0s',
            "te": f'type: teams, url-file: {secret_url(web, "/teams")}, gather: 0s'})
        with open(path, "r+", encoding="utf-8") as file:
            text = file.read()
            file.seek(0)
            file.write(text.replace("version: 1", "version: 1\ndashboard: https://dashboard.example/"))
        incident(redis, "a1", members=2, reason=evil, group=evil[:60], owner=evil[:60])
        redis("SADD", KEY + "incident:a1:members", "e1")
        redis("HSET", KEY + "exposure:e1", "state", "open", "server_ip", "2001:db8::1", "server_port",
              "80", "transport", "udp", "level", "2", "level_name", "reachable", "product", evil)
        once(server, path)
        incident(redis, "a1", "updated", members=2, level=5, reason=evil, severity="critical")
        redis("XADD", KEY + "events", "*", "kind", "sensor.blind", "sensor", "s1", "severity",
              "medium", "reason", evil, "blind_cause", "silence", "id", "x1")
        once(server, path)
        incident(redis, "a1", "closed", state="closed", opened=0, reason=evil)
        once(server, path)
        for number in range(8):
            incident(redis, f"d{number}", reason=evil)
        once(server, path)
        lines = "".join(json.dumps([p, b]) + "\n" for p, _, b in web.got)
        assert {p for p, _, _ in web.got} == set(paths)
        done = subprocess.run(
            [os.environ.get("SPANWATCH_SCHEMA_PYTHON", "/usr/bin/python3"), "-c", """
import json, sys
try:
    import jsonschema
except ImportError:
    sys.exit(77)
forms = json.load(open(sys.argv[1]))
for line in sys.stdin:
    path, body = json.loads(line)
    for error in jsonschema.Draft202012Validator(forms[path]).iter_errors(body):
        sys.exit(f"{path} {list(error.path)}: {error.message}"[:700])
    if len(line) > 28000 and path == "/teams":
        sys.exit("too long for Teams")
""", os.path.join(os.path.dirname(os.path.abspath(__file__)), "forms.json")], input=lines, text=True,
            capture_output=True, check=False)
        if done.returncode == 77:
            raise Skip("no jsonschema module")
        assert done.returncode == 0, done.stderr
        alerts = [b for p, _, b in web.got if p.startswith("/am")]
        severities = [[a["labels"]["severity"] for a in b] for b in alerts[:4]]
        assert ["high", "critical"] in severities, severities  # the one before is ended


def test_tells_only_what_is_new():
    with RedisServer() as server, Web() as web:
        redis = Redis(server.socket)
        path = config({"hook": hook(web, "every: 2s")})
        incident(redis, "a1")  # before anybody listened: what is open is told all the same
        incident(redis, "gone", "closed", state="closed")
        with Notify(server, path) as notify:
            web.wait(1)
            for members in range(2, 40):
                incident(redis, "a1", "updated", members=members, opened=members)
            web.wait(2)
            assert web.bodies()[1]["facts"]["endpoints"] == "39, 39 open", web.bodies()[1]
            incident(redis, "a1", "updated", members=39, opened=39)
            notify.end()
        once(server, path)
        assert [b["id"] for b in web.bodies()] == ["a1", "a1"], web.bodies()


# --- Servers that fail and lie -----------------------------------------------------------------
def test_servers_that_fail_and_lie():
    certificate = tempfile.mkdtemp(dir=SCRATCH)
    make_certificate(certificate)
    faults = {"five": [503], "busy": [(429, {"Retry-After": "3"})], "reset": ["reset"],
              "silent": ["silence"], "endless": ["endless"], "garbage": ["garbage"],
              "refused": [(302, {"Location": "http://127.0.0.1:1/"})], "moved": [307]}
    with RedisServer() as server, Web() as elsewhere, Web(certificate=certificate) as safe:
        webs = {name: Web(list(f)) for name, f in faults.items()}
        webs["moved"].faults = [(307, {"Location": elsewhere.url("/stolen")})] * 9
        redis = Redis(server.socket)
        channels = {name: hook(web, "timeout: 1s") for name, web in webs.items()}
        del channels["refused"]
        https = f'type: webhook, url: "https://localhost:{safe.port}/tls"'
        channels["safe"] = https + f", ca: {certificate}/cert"
        channels["unknown"] = https
        channels["wrong"] = https.replace("localhost", "127.0.0.2") + f", ca: {certificate}/cert"
        began = time.monotonic()
        with Notify(server, config(channels)) as notify:
            wait_until(lambda: "group made" in notify.said())
            incident(redis, "a1")
            for name in ("five", "busy", "reset", "silent", "endless", "garbage"):
                webs[name].wait(1)
            safe.wait(1)
            for name in ("five", "busy", "reset", "silent", "endless", "garbage"):
                wait_until(lambda n=name: ledger(redis, n)["a1"].get("count") == 1, what=name)
            wait_until(lambda: "channel unknown" in notify.said() and
                       "channel wrong" in notify.said() and "channel moved" in notify.said())
            assert time.monotonic() - began > 3
            said = notify.end(1)
        for name in ("five", "busy", "reset", "silent", "endless", "garbage"):
            assert len(webs[name].got) == 1, (name, webs[name].got)
            assert webs[name].tried[:-1] == faults[name][:len(webs[name].tried) - 1], name
        assert len(safe.got) == 1 and not elsewhere.got and not webs["moved"].got
        assert "a redirection, which is not followed" in said, said
        assert "certificate" in said or "peer" in said, said
        for name in ("moved", "unknown", "wrong"):
            assert ledger(redis, name)["a1"]["pending"] is True and "state" not in \
                ledger(redis, name)["a1"]
            assert said.count(f"channel {name}: ") == 2, said  # trouble once, and the end's count
        for web in webs.values():
            web.stop()


def test_mail_servers_that_fail():
    faults = {"grey": [451], "silent": ["silence"], "garbage": ["garbage"]}
    with RedisServer() as server:
        mails = {name: Mail(list(f)) for name, f in faults.items()}
        redis = Redis(server.socket)
        path = config({n: f'type: mail, url: "{m.url()}", from: sw@example.org, timeout: 1s, '
                          'gather: 0s, to: [noc@example.org]' for n, m in mails.items()})
        with Notify(server, path) as notify:
            wait_until(lambda: "group made" in notify.said())
            incident(redis, "a1", reason="\r\nBcc: evil@example.com\r\n\r\n.\r\nü\u202e")
            for name, mail in mails.items():
                (raw,) = mail.wait(1)
                mail.stop()
                one = parsed(raw)
                assert one["Bcc"] is None and one["To"] == "noc@example.org", raw
                assert "Bcc: evil" in one.get_content() and "\u202e" not in one.get_content()
                assert max(map(len, raw.split(b"\r\n"))) < 100 and raw.isascii()
            notify.end()


# --- Nothing is lost, nothing doubled ----------------------------------------------------------
def test_killed_again_and_again():
    with RedisServer() as server, Web() as web:
        redis = Redis(server.socket)
        path = config({"hook": hook(web, "gather: 0s", "burst: 1000", "digest-from: 1000")})
        once(server, path)
        for number in range(40):
            incident(redis, f"{number:016x}")
        for kills in range(1, 5):
            with Notify(server, path) as notify:
                wait_until(lambda: len(web.got) >= 8 * kills)
                notify.process.kill()
        for number in range(0, 40, 2):
            incident(redis, f"{number:016x}", "closed", state="closed", opened=0)
        once(server, path)
        told = [(b["id"], b["kind"]) for b in web.bodies()]
        unique = {b["delivery"] for b in web.bodies()}
        wanted = {(f"{n:016x}", "opened") for n in range(40)} | \
                 {(f"{n:016x}", "closed") for n in range(0, 40, 2)}
        last = {name: kind for name, kind in told}
        # What closed before it could be told is told once, as closed. One may have been under way
        # at each kill; it comes again under the same delivery id.
        assert {(n, k) for n, k in last.items()} == \
            {(f"{n:016x}", "opened" if n % 2 else "closed") for n in range(40)}, last
        assert set(told) <= wanted and len(unique) == len(set(told)), (len(told), len(unique))
        assert len(told) <= len(unique) + 4, (len(told), len(unique))
        before = len(web.got)
        once(server, path)
        assert len(web.got) == before


def test_redis_dies_and_forgets():
    with RedisServer() as server, Web() as web:
        path = config({"hook": hook(web, "gather: 0s")})
        redis = Redis(server.socket)
        with Notify(server, path) as notify:
            wait_until(lambda: "group made" in notify.said())
            incident(redis, "a1")
            web.wait(1)
            wait_until(lambda: ledger(redis, "hook").get("a1", {}).get("count") == 1)
            redis("FLUSHALL")
            incident(redis, "a1", "updated")  # the sensors tell what is open anew
            incident(redis, "b1")
            web.wait(2)
            wait_until(lambda: len(ledger(redis, "hook")) == 2)
            server.process.kill()
            server.process.wait()
            server.process = RedisServer(folder=server.folder).process
            redis = Redis(server.socket)
            incident(redis, "a1", "updated")
            incident(redis, "b1", "closed", state="closed")
            web.wait(3)
            notify.end()
        assert [(b["id"], b["kind"]) for b in web.bodies()] == \
            [("a1", "opened"), ("b1", "opened"), ("b1", "closed")]


# --- Storms, quiet hours, mutes ----------------------------------------------------------------
def test_a_storm_is_a_digest():
    token = write("token", SECRET)
    with RedisServer() as server, Web() as web:
        redis = Redis(server.socket)
        path = config({"hook": hook(web, "gather: 1s"),
                       "pager": f'type: pagerduty, url: "{web.url("/pd")}", '
                                f'routing-key-file: {token}'})
        for number in range(300):
            incident(redis, f"{number:016x}", severity="critical" if number % 10 == 0 else "medium")
        once(server, path)
        hooks = [b for p, _, b in web.got if p == "/hook"]
        pages = [b for p, _, b in web.got if p == "/pd"]
        assert len(hooks) == 1 and len(pages) == 1, [(h['title'], h['at']) for h in hooks]
        assert hooks[0]["kind"] == "digest" and len(hooks[0]["digest"]) == 300
        assert "30 critical, 270 medium open" in hooks[0]["title"] and \
            hooks[0]["severity"] == "critical"
        assert len(ledger(redis, "hook")) == 300
        for number in range(300):
            incident(redis, f"{number:016x}", "closed", state="closed", opened=0)
        once(server, path)
        pages = [b for p, _, b in web.got if p == "/pd"]
        assert [p["event_action"] for p in pages] == ["trigger", "resolve"], pages[1:]
        assert pages[0]["dedup_key"] == pages[1]["dedup_key"]
        hooks = [b for p, _, b in web.got if p == "/hook"]
        assert len(hooks) == 2 and "300 over" in hooks[1]["sentence"], hooks[1:]


def test_quiet_hours_hold_what_is_not_grave():
    with RedisServer() as server, Web() as web:
        redis = Redis(server.socket)
        quiet = config({"hook": hook(web, 'quiet: ["00:00-24:00"]')})
        incident(redis, "m1", severity="medium")
        incident(redis, "m2", severity="high")
        incident(redis, "c1", severity="critical")
        once(server, quiet)
        assert [b["id"] for b in web.bodies()] == ["c1"]
        once(server, config({"hook": hook(web)}))
        assert {b["id"] for b in web.bodies()} >= {"m1", "m2"} and len(web.got) == 3


def test_what_is_muted_is_not_told():
    with RedisServer() as server, Web() as web:
        redis = Redis(server.socket)
        path = config({"hook": hook(web)})
        redis("HSET", KEY + "ops:a1", "mute_until_ms", int((time.time() + 3600) * 1000))
        incident(redis, "a1")
        incident(redis, "b1")
        once(server, path)
        assert [b["id"] for b in web.bodies()] == ["b1"]
        with Notify(server, path) as notify:
            wait_until(lambda: notify.said() == "" and ledger(redis, "hook")["a1"]["pending"])
            redis("HDEL", KEY + "ops:a1", "mute_until_ms")
            redis("XADD", KEY + "events", "*", "kind", "operator.mute", "incident", "a1")
            web.wait(2)
            notify.end()
        assert web.bodies()[1]["id"] == "a1"


# --- The program ---------------------------------------------------------------------------------
def test_routes():
    routes = """routes:
  - { to: [a], owners: [platform], severity: critical, last: true }
  - { to: [b], groups: ["db-*"] }
  - { to: [c], about: [sensors] }
"""
    with RedisServer() as server, Web() as web:
        redis = Redis(server.socket)
        path = config({n: f'type: webhook, url: "{web.url("/" + n)}"' for n in "abc"}, routes)
        incident(redis, "one", severity="critical", group="db-1")
        incident(redis, "two", owner="dba", severity="low", group="db-1")
        incident(redis, "three", owner="dba")
        redis("XADD", KEY + "events", "*", "kind", "sensor.blind", "sensor", "s1", "severity",
              "medium", "reason", "no packets", "blind_cause", "silence", "id", "x1")
        said = once(server, path, "--from", "beginning")
        got = {(p[1:], b["id"]) for p, _, b in web.got}
        assert got == {("a", "one"), ("b", "two"), ("c", "sensor:s1:silence")}, got
        assert "told to nobody" in said and "1 events were for no route" in said or \
            "2 events were for no route" in said, said


def refused(text, name="bad.yaml"):
    done = subprocess.run([NOTIFY, "--config", write(name, text), "--check"], check=False,
                          capture_output=True, text=True)
    assert done.returncode == 2 and not done.stdout, done
    return done.stderr


def test_settings_are_checked_all_at_once():
    loose = write("loose", SECRET, 0o644)
    said = refused(f"""version: 1
chanels: {{}}
channels:
  desk: {{ type: slak, url-file: /x }}
  pager: {{ type: pagerduty, routing-key-file: {loose} }}
  hook: {{ type: webhook, url: "http://example.org/", to: [a@b] }}
  two: {{ type: webhook, url: "https://u:{SECRET}@example.org/" }}
  post: {{ type: mail, url: "smtp://h", from: "x", to: ["a b"], quiet: ["25:00-1"] }}
  plain: {{ type: alertmanager, url: "http://example.org" }}
  chat: {{ type: slack, url: "https://hooks.slack.com/x" }}
routes:
  - {{ to: [desks], severity: hihg }}
  - {{ to: [hook], nope: 1 }}
""")
    for wanted in ('2:1: error: unknown key "chanels" in the file (did you mean "channels"?)',
                   '"slak" is not a type (did you mean "slack"?)',
                   "can be read by others than its owner", '"to" means nothing to a channel of',
                   "must not hold a user or password", '"25:00-1" is not like 22:00-07:00',
                   "9:37: error: url: is not encrypted", 'it needs either "url-file"',
                   'no channel "desks" (did you mean "desk"?)',
                   '"hihg" is not a severity (did you mean "high"?)', 'unknown key "nope"'):
        assert wanted in said, (wanted, said)
    assert SECRET not in said and said.count("\n") >= 11, said
    assert "cannot open it" in refused("version: 1\nchannels: { p: { type: pagerduty, "
                                       "routing-key-file: /nowhere/at/all } }\n"
                                       "routes: [{ to: [p] }]\n")
    assert "version" in refused("a: 1\n") and refused("\t") and refused("- 1\n")


def test_shipped_example_is_right():
    folder = tempfile.mkdtemp(dir=SCRATCH)
    with open(os.path.join(TOP, "tools/notify/example.yaml"), encoding="utf-8") as file:
        text = file.read()
    for path in re.findall(r"(?:url|token|password|routing-key)-file: (\S+?)[,\s]", text):
        write(os.path.join(folder, os.path.basename(path)),
              "https://example.org/x" if "url" in path else SECRET)
    text = text.replace("/etc/spanwatch/", folder + "/")
    done = subprocess.run([NOTIFY, "--config", write("example.yaml", text), "--check"],
                          check=False, capture_output=True, text=True)
    assert done.returncode == 0 and not done.stderr, done


def test_test_messages():
    with Web() as web, Web([403] * 9) as deaf:
        path = config({"hook": hook(web), "deaf": hook(deaf)})
        with Notify(None, path, "--test", "--channel", "hook") as notify:
            assert "took the test" in notify.finish()
        with Notify(None, path, "--test") as notify:
            said = notify.finish(1)
        assert "channel hook: 127.0.0.1 took" in said and "did not take the test: status 403" in said
        assert [b["kind"] for b in web.bodies()] == ["test", "test"]
        assert len({b["delivery"] for b in web.bodies()}) == 2


def test_dry_run_changes_nothing():
    with RedisServer() as server, Web() as web:
        redis = Redis(server.socket)
        path = config({"hook": hook(web)})
        incident(redis, "a1")
        with Notify(server, path, "--once", "--dry-run") as notify:
            notify.finish()
            name, text = notify.printed().strip().split("\t")
        assert name == "hook" and json.loads(text)["id"] == "a1" and not web.got
        assert not redis("KEYS", "*notified*")
        once(server, path)
        assert len(web.got) == 1


def test_usage():
    def status(*words):
        return subprocess.run([NOTIFY, *words], check=False, capture_output=True).returncode
    assert status() == 2 and status("--nonsense") == 2
    assert status("--config", "/nowhere", "--check") == 2
    assert status("--check", "--test", "--config", "x") == 2
    done = subprocess.run([NOTIFY, "--help"], check=True, capture_output=True, text=True)
    with open(os.path.join(TOP, "tools/spanwatch-notify.8"), encoding="utf-8") as file:
        manual = file.read()
    for option in set(re.findall(r"--([a-z-]+)", done.stdout)):
        assert f"Fl -{option}" in manual, option
    with open(os.path.join(TOP, "tools/notify/settings_rows.c"), encoding="utf-8") as file:
        rows = file.read()
    for key in set(re.findall(r'(?:\.key = |TEXT\()"([a-z-]+)"', rows)):
        assert re.search(rf"It Cm (.*, )?{key}\b", manual), f"{key} is not in the manual"


def test_with_the_shipped_rights():
    with open(os.path.join(TOP, "tools/redis/users.acl"), encoding="ascii") as file:
        users = file.read().replace("resetpass", ">" + SECRET)
    acl = write("users.acl", users + "user admin on >over ~* &* +@all\nuser default off\n")
    with RedisServer("--aclfile", acl) as server, Web() as web:
        redis = Redis(server.socket)
        redis("AUTH", "admin", "over")
        incident(redis, "a1", members=2)
        redis("SADD", KEY + "incident:a1:members", "e1")
        redis("HSET", KEY + "exposure:e1", "state", "open", "server_ip", "10.1.1.1", "server_port",
              "80", "transport", "tcp", "level", "2", "level_name", "reachable")
        incident(redis, "old", "closed", state="closed")
        redis("HSET", KEY + "notified:hook", "old", '{"state":"closed","count":1,"at_ms":5}')
        done = subprocess.run(
            [NOTIFY, "--config", config({"hook": hook(web)}), "--redis",
             f"unix://spanwatch-notify:@{server.socket}", "--site", "lab", "--once"], check=False,
            capture_output=True, text=True, env=dict(os.environ, SPANWATCH_REDIS_PASSWORD=SECRET))
        assert done.returncode == 0, done.stderr
        assert redis("ACL", "LOG") == [] and len(web.got) == 1
        assert web.bodies()[0]["endpoints"][0]["endpoint"] == "10.1.1.1:80"
        assert list(ledger(redis, "hook")) == ["a1"]  # what is over for long is forgotten


# --- From the packet to a person -----------------------------------------------------------------
def packets_of(path):
    """(header of the file, [(seconds, bytes)]) of a small capture."""
    import lzma  # pylint: disable=import-outside-toplevel
    import struct  # pylint: disable=import-outside-toplevel
    data = lzma.open(path).read()
    at, found = 24, []
    while at < len(data):
        seconds, micro, length = struct.unpack("<III", data[at:at + 12])
        found.append((seconds + micro / 1e6, data[at:at + 16 + length]))
        at += 16 + length
    return data[:24], found


def test_from_the_packet_to_a_person():
    folder = os.path.join(TOP, "tests/incidents/mandrill")
    with open(os.path.join(folder, "changes.json"), encoding="ascii") as file:
        shut = json.load(file)["closed"][0]
    header, packets = packets_of(os.path.join(folder, "recording.pcap.xz"))
    with RedisServer() as server, Web() as web, Maildir(SCRATCH) as mail:
        path = config({"hook": hook(web, "gather: 1s"),
                       "post": f'type: mail, url: "{mail.url()}", '
                                                  'from: sw@example.org, to: [noc@example.org]'})
        sensor = subprocess.Popen(
            [PROGRAM, "-q", "-r", "-", "--live-clock", "-p", os.path.join(folder, "policy.yaml"),
             "--run", "r1", "--json", "--redis", "unix://" + server.socket],
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        with Notify(server, path, "--run", "r1") as notify:
            wait_until(lambda: "group made" in notify.said())
            sensor.stdin.write(header + b"".join(p for t, p in packets if t < shut))
            sensor.stdin.flush()
            sent = time.monotonic()
            web.wait(1)
            mail.wait(1)
            late = time.monotonic() - sent
            before = len(web.got), len(mail.mails())
            sensor.stdin.write(b"".join(p for t, p in packets if t >= shut))
            sensor.stdin.close()
            wait_until(lambda: web.bodies()[-1]["kind"] == "closed")
            wait_until(lambda: b"closed, proven" in mail.mails()[-1])
            notify.end()
        sensor.wait(30)
        first, last = web.bodies()[0], web.bodies()[-1]
        assert {b["id"] for b in web.bodies()} == {first["id"]} and first["kind"] == "opened"
        assert "group logging is exposed" in first["title"], first
        assert last["title"].startswith("CRITICAL group logging: closed, proven, open for "), last
        assert len(last["endpoints"]) == 7 and last["title"].endswith("(replay r1)")
        mails = sorted((parsed(m) for m in mail.mails()), key=lambda m: m["References"] or "")
        assert mails[0]["References"] is None
        assert {m["References"] for m in mails[1:]} == {mails[0]["Message-ID"]}
        print(f"     told {late:.1f} s after the packets, {before} messages, then "
              f"{len(web.got)} and {len(mails)}")


if __name__ == "__main__":
    REPORT = Report()
    REPORT.run([value for name, value in list(globals().items()) if name.startswith("test_")],
               sys.argv[1:])
    shutil.rmtree(SCRATCH, ignore_errors=True)
    sys.exit(REPORT.status())
