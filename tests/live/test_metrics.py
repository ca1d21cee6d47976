#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# test: limit=120
"""--metrics of a live sensor on lo: what it answers, strictly read, and clients that mean harm.

usage: tests/live/test_metrics.py
"""

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
from harness import PATIENCE, PROGRAM, TOP, Report, Skip, wait_until  # noqa: E402

POLICY = os.path.join(TOP, "policy/example.yaml")
NAME, LABEL = r"[a-zA-Z_:][a-zA-Z0-9_:]*", r"[a-zA-Z_][a-zA-Z0-9_]*"
VALUE = r'"(?:[^"\\\n]|\\["\\n])*"'
SAMPLE = re.compile(rf"({NAME})(?:\{{({LABEL}={VALUE}(?:,{LABEL}={VALUE})*)\}})? "
                    r"(\d+(?:\.\d+)?)")


def parse(text):
    """Prometheus's text format 0.0.4, as strict as promtool: {(name, labels): value}."""
    samples, types, helps, family = {}, {}, set(), None
    assert text.endswith("\n")
    for line in text.splitlines():
        comment = re.fullmatch(rf"# (HELP|TYPE) ({NAME}) (.+)", line)
        if comment:
            kind, name, rest = comment.groups()
            if kind == "HELP":
                assert name not in helps, f"two families {name}"
                helps.add(name)
                family = name
            else:
                assert name == family and name not in types, line
                assert rest in ("counter", "gauge", "histogram"), line
                types[name] = rest
            continue
        match = SAMPLE.fullmatch(line)
        assert match, line
        name, labels, value = match.groups()
        base = re.sub(r"_(bucket|sum|count)$", "", name) \
            if types.get(family) == "histogram" else name
        assert base == family and family in types, f"{name} is not in its family {family}"
        assert (types[family] == "counter") == name.endswith("_total"), name
        names = re.findall(rf"({LABEL})={VALUE}", labels or "")
        assert len(names) == len(set(names)), line
        assert (name, labels) not in samples, f"twice: {line}"
        samples[(name, labels)] = float(value)
    return samples


class Sensor:
    def __init__(self, where):
        self.log = tempfile.NamedTemporaryFile()
        self.process = subprocess.Popen(
            [PROGRAM, "-v", "-q", "-i", "lo", "-p", POLICY, "--json", "--sensor", 'a"b\\c',
             "--metrics", where], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=self.log)
        self.family = socket.AF_INET6 if "[" in where else socket.AF_INET
        self.address = "::1" if "[" in where else "127.0.0.1"
        self.port = wait_until(self.find_port, what="the port")

    def words(self):
        with open(self.log.name, encoding="utf-8") as file:
            return file.read()

    def find_port(self):
        if self.process.poll() is not None:
            raise Skip("cannot capture on lo: " + self.words().strip()[-100:])
        found = re.search(r"metrics on port (\d+)\n(?:.*\n)*.*watching", self.words())
        return found and int(found[1])

    def connect(self):
        made = socket.socket(self.family)
        made.settimeout(PATIENCE)
        made.connect((self.address, self.port))
        return made

    def ask(self, raw):
        with self.connect() as made:
            made.sendall(raw)
            answer = b""
            while True:
                piece = made.recv(65536)
                if not piece:
                    return answer
                answer += piece

    def get(self, path="/metrics"):
        head, body = self.ask(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode()).split(
            b"\r\n\r\n", 1)
        lines = head.decode().split("\r\n")
        fields = dict(line.lower().split(": ", 1) for line in lines[1:])
        assert int(fields["content-length"]) == len(body), fields
        return lines[0], fields, body.decode()

    def samples(self):
        return parse(self.get()[2])

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)


SENSOR = None


def test_answers_in_the_text_format():
    status, fields, body = SENSOR.get()
    assert status == "HTTP/1.1 200 OK", status
    assert fields["content-type"] == "text/plain; version=0.0.4; charset=utf-8", fields
    samples = parse(body)
    assert len(samples) > 120, len(samples)
    assert ("spanwatch_sensor_info", 'sensor="a\\"b\\\\c",site="example",interface="lo"') \
        in samples, [k for k in samples if k[0] == "spanwatch_sensor_info"]
    assert samples[("spanwatch_events_total", 'kind="sensor.started"')] == 1
    for name in ("capture_dropped_kernel_total", "observations_lost_total", "packets_total"):
        assert ("spanwatch_" + name, 'interface="lo"') in samples, name


def test_counters_count():
    before = SENSOR.samples()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as made:
        for _ in range(100):
            made.sendto(b"x", ("127.0.0.1", 9))
    key = ("spanwatch_packets_total", 'interface="lo"')
    wait_until(lambda: SENSOR.samples()[key] >= before[key] + 100, what="the packets")
    after = SENSOR.samples()
    fallen = [k for k, v in before.items() if k[0].endswith("_total") and after[k] < v]
    assert not fallen, fallen


def test_health():
    status, _, body = SENSOR.get("/healthz")
    assert status.endswith("200 OK") and body.split()[0] in ("watching", "blind"), body


def test_wrong_questions():
    for question, status in (
            (b"GET /nothing HTTP/1.1\r\n\r\n", b"404"), (b"POST /metrics HTTP/1.1\r\n\r\n", b"405"),
            (b"GET /metrics\r\n\r\n", b"400"), (b"GET http://x/ HTTP/1.1\r\n\r\n", b"400"),
            (b"\x16\x03\x01\x02\x00\r\n\r\n", b"405"), (b"\r\n\r\n", b"405"),
            (b"GET /" + b"a" * 300 + b" HTTP/1.1\r\n\r\n", b"400"),
            (b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 2000, b"431"), (b"\0" * 70000, b"431"),
            (b"GET /metrics?a=b HTTP/1.0\n\n", b"200"), (b"HEAD /metrics HTTP/1.1\r\n\r\n", b"200")):
        try:
            answer = SENSOR.ask(question)
        except ConnectionError:
            assert status == b"431", question[:40]
            continue
        assert answer.startswith(b"HTTP/1.1 " + status), (question[:40], answer[:40])
        assert not (question.startswith(b"HEAD") and answer.split(b"\r\n\r\n", 1)[1])


def test_too_many_and_too_slow_clients():
    began = time.monotonic()
    idle = [SENSOR.connect() for _ in range(40)]
    dropped = 0
    for made in idle[16:]:
        try:
            dropped += made.recv(1) == b""
        except ConnectionError:
            dropped += 1
    assert dropped == 24, dropped
    # The others send a byte now and then, and are cut off all the same.
    def all_gone():
        left = 0
        for made in idle[:16]:
            try:
                made.send(b"x")
                made.setblocking(False)
                left += made.recv(1) != b""
            except BlockingIOError:
                left += 1
            except OSError:
                pass
        return left == 0
    wait_until(all_gone, what="the end of slow clients", every=0.3)
    assert time.monotonic() - began >= 5
    samples = SENSOR.samples()
    assert samples[("spanwatch_http_refused_total", None)] >= 24
    assert samples[("spanwatch_http_dropped_total", None)] >= 16


def test_a_client_that_does_not_read():
    made = SENSOR.connect()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
    made.sendall(b"GET /metrics HTTP/1.1\r\n\r\n" * 100)
    for _ in range(200):
        assert SENSOR.get()[0].endswith("200 OK")
    made.close()


def test_the_sandbox_holds():
    with open(f"/proc/{SENSOR.process.pid}/status", encoding="utf-8") as file:
        status = file.read()
    assert re.search(r"^CapEff:\t0+$", status, re.M) and re.search(r"^Seccomp:\t2$", status, re.M)


def test_stops_with_clients_connected():
    waiting = [SENSOR.connect() for _ in range(5)]
    assert SENSOR.stop() == 0, SENSOR.words()
    for made in waiting:
        made.close()


def test_ipv6():
    try:
        with socket.socket(socket.AF_INET6) as made:
            made.bind(("::1", 0))
    except OSError as why:
        raise Skip("no IPv6 here") from why
    sensor = Sensor("[::1]:0")
    assert sensor.get()[0].endswith("200 OK")
    assert sensor.stop() == 0


def test_a_port_in_use_is_told():
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        made.listen()
        result = subprocess.run(
            [PROGRAM, "-q", "-i", "lo", "-p", POLICY, "--metrics", str(made.getsockname()[1])],
            capture_output=True, timeout=PATIENCE, check=False)
    assert result.returncode == 3 and b"cannot listen" in result.stderr, result


if __name__ == "__main__":
    REPORT = Report()
    try:
        SENSOR = Sensor("0")
        REPORT.run([v for n, v in list(globals().items()) if n.startswith("test_")])
    except Skip as WHY:
        print(f"skip metrics {WHY}")
    except AssertionError as ERROR:
        REPORT.fail("sensor", repr(ERROR))
    finally:
        if SENSOR and SENSOR.process.poll() is None:
            SENSOR.process.kill()
    sys.exit(REPORT.status())
