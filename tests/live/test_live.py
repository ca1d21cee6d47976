#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# test: limit=180
# test: alone
"""A live sensor on a mirror port, with real servers behind a real filter; see
tests/lab/network.py.

usage: tests/live/test_live.py

The tests are one story and need each other: when one fails, those after it may fail as well.
"""

import calendar
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lab"))
from harness import PATIENCE, PROGRAM, Redis, RedisServer, Report, Skip, wait_until  # noqa: E402
from network import MIRROR_PORT, Host, Network, batch  # noqa: E402

HOST = Host("server", 1, [10])
SERVER = HOST.v4[0]

LIMIT = 2.0  # seconds from the SYN-ACK to the exposure in Redis
STOP_LIMIT = 15  # seconds from SIGTERM to the end: 5 of them are for Redis
POLICY = """version: 1
site: live
zones:
  inside: [10.20.0.0/15]
groups:
  servers: {{ hosts: [10.20.1.0/24], owner: platform, security-group: sg-live }}
rules:
  - {{ name: {rule}, groups: [servers], internal-only: true, severity: critical }}
"""


def seconds_of(text):
    whole, fraction = re.fullmatch(r"(.*?)\.(\d+)Z", text).groups()
    return calendar.timegm(time.strptime(whole, "%Y-%m-%dT%H:%M:%S")) + float("0." + fraction)


class Sensor:
    """A running spanwatch, its Redis and its policy file."""

    def __init__(self, lab, folder, server, name, *options):
        self.folder, self.name, self.redis = folder, name, Redis(server.socket)
        self.policy = os.path.join(folder, f"{name}.yaml")
        self.write_policy(POLICY.format(rule="servers-are-internal"))
        self.log_path = os.path.join(folder, f"{name}.log")
        with open(self.log_path, "wb") as log, \
                open(os.path.join(folder, f"{name}.jsonl"), "wb") as out:
            self.process = lab.start(
                "sensor", [PROGRAM, "-i", MIRROR_PORT, "-p", self.policy, "--json", "--sensor",
                           name, "--heartbeat", "1", "--redis", "unix://" + server.socket,
                           *options], stdout=out, stderr=log)
        wait_until(lambda: self.alive() and self.heartbeat().get("state") == "watching",
                   what="the first heartbeat")

    @staticmethod
    def refused(lab, folder, server, name, journal):
        """What a sensor says that does not even start."""
        log_path = os.path.join(folder, f"{name}.log")
        with open(log_path, "wb") as log:
            process = lab.start(
                "sensor", [PROGRAM, "-i", MIRROR_PORT, "-p",
                           os.path.join(folder, "killed.yaml"), "--sensor", name, "--journal",
                           journal, "--redis", "unix://" + server.socket],
                stdout=subprocess.DEVNULL, stderr=log)
        assert process.wait(PATIENCE) == 2, f"status {process.returncode}"
        with open(log_path, encoding="utf-8") as file:
            return file.read()

    def alive(self):
        assert self.process.poll() is None, \
            f"the sensor ended with status {self.process.poll()}: {self.log()[-800:]}"
        return True

    def write_policy(self, text):
        with open(self.policy, "w", encoding="utf-8") as file:
            file.write(text)

    def log(self):
        with open(self.log_path, encoding="utf-8") as file:
            return file.read()

    def written(self):
        """The events that went to standard output."""
        with open(os.path.join(self.folder, f"{self.name}.jsonl"), encoding="utf-8") as file:
            return [json.loads(line) for line in file]

    def heartbeat(self):
        return self.redis.mapping("spanwatch:{live}:sensor:" + self.name)

    def events(self, kind=None, **fields):
        """Those of this sensor in the stream, as flat fields."""
        found = [f for f in self.redis.told("spanwatch:{live}:events")
                 if f["sensor"] == self.name and kind in (None, f["kind"])]
        return [f for f in found if all(f.get(k) == str(v) for k, v in fields.items())]

    def wait_event(self, kind, seconds=PATIENCE, **fields):
        return wait_until(lambda: self.alive() and self.events(kind, **fields), seconds,
                          f"{kind} {fields}", every=0.005)[0]

    def exposure(self, event):
        return self.redis.mapping("spanwatch:{live}:exposure:" + event["exposure"])

    def incident(self, event):
        return self.redis.mapping("spanwatch:{live}:incident:" + event["incident"])

    def wait_packets(self, before, more):
        """Until the sensor has looked at what was just sent."""
        return wait_until(lambda: int(self.heartbeat().get("packets", 0)) >= before + more,
                          what="packets in the heartbeat")

    def packets(self):
        return int(self.heartbeat().get("packets", 0))

    def pid(self):
        return self.process.pid

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(STOP_LIMIT)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"still there {STOP_LIMIT} s after SIGTERM") from None


class Story:  # pylint: disable=too-many-public-methods
    def __init__(self, lab, folder, server):
        self.lab, self.folder, self.server = lab, folder, server
        self.internet = lab.clients[0]
        lab.close(SERVER)
        self.redis_version, self.nginx = None, False
        self.listeners = []
        self.sensor = self.began = self.exposed = self.known_loaded = None

    # --- what happens in the lab ---

    def start_servers(self):
        data = os.path.join(self.folder, "victim")
        os.mkdir(data)
        self.lab.start("server", ["redis-server", "--bind", SERVER, "--port", "6379",
                                  "--protected-mode", "no", "--save", "", "--dir", data])
        if shutil.which("nginx"):
            config = os.path.join(self.folder, "nginx.conf")
            with open(config, "w", encoding="utf-8") as file:
                file.write(f"daemon off; master_process off; pid {data}/nginx.pid;\n"
                           "error_log /dev/null;\nevents {}\nhttp {\naccess_log off;\n"
                           + "".join(f"{kind}_temp_path {data}/{kind};\n" for kind in
                                     ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
                           + f"server {{ listen {SERVER}:8080; root {data}; "
                             "location / { return 200 hello; } }\n}\n")
            self.lab.start("server", ["nginx", "-p", data, "-c", config])
            self.nginx = True
        for port in (9090, 9091, 9092):
            self.listeners.append(self.lab.listen("server", SERVER, port))
        self.listeners.append(self.lab.listen(self.internet.role, self.internet.v4[0], 443))
        wait_until(lambda: self.reachable("colleague", 6379), what="the server's redis-server")
        with self.connect("colleague", 6379) as made:
            self.redis_version = re.search(r"redis_version:(\S+)",
                                           self.ask(made, b"INFO server\r\n"))[1]
        if self.nginx:
            wait_until(lambda: self.reachable("colleague", 8080), what="nginx")

    def open_port(self, port):
        self.lab.open((SERVER, "tcp", port))

    def connect(self, role, port, source=None, server=SERVER):
        made = self.lab.socket(role, source)
        try:
            made.connect((server, port))
        except OSError:
            made.close()
            raise
        return made

    def reachable(self, role, port):
        try:
            self.connect(role, port).close()
            return True
        except OSError:
            return False

    @staticmethod
    def ask(made, words):
        made.sendall(words)
        return made.recv(65536).decode("latin-1")

    def probe(self, port, source):
        """A SYN that nobody answers. While its socket is open the kernel sends it again: close it
        before the wall is opened, or the answer to an old SYN is the first exposure."""
        made = self.lab.socket(self.internet.role, source)
        made.setblocking(False)
        made.connect_ex((SERVER, port))
        self.listeners.append(made)
        return made

    def exposures(self):
        return [e for e in self.sensor.events() if "exposure" in e]

    def kept(self, sensor, exposure=None):
        folder = os.path.join(self.folder, "kept-" + sensor)
        return os.path.join(folder, exposure + ".pcapng") if exposure else folder

    # --- the story ---

    def test_sensor_starts_and_gives_up_its_rights(self):
        self.known = os.path.join(self.folder, "known.csv")
        self.write_known("product,from,before,id,note\n")
        self.sensor = Sensor(self.lab, self.folder, self.server, "north", "--journal",
                             os.path.join(self.folder, "north.db"), "--evidence",
                             self.kept("north"), "--known-bad", self.known)
        self.sensor.wait_event("sensor.started")
        self.sensor.wait_event("policy.loaded")
        with open(f"/proc/{self.sensor.pid()}/status", encoding="utf-8") as file:
            status = dict(re.findall(r"^(\w+):\t(.*)$", file.read(), re.M))
        assert int(status["CapEff"], 16) == int(status["CapPrm"], 16) == 0, status["CapEff"]
        assert status["NoNewPrivs"] == "1" and status["Seccomp"] == "2"

    def test_wall_colleagues_and_outbound_raise_nothing(self):
        before = self.sensor.packets()
        self.began = time.time()
        filtered = [self.probe(6379, self.internet.v4[0]), self.probe(5432, self.internet.v4[0])]
        with self.connect("colleague", 6379, self.lab.colleague.v4[0]) as made:
            assert "PONG" in self.ask(made, b"PING\r\n")
        with self.connect("server", 443, server=self.internet.v4[0]) as made:
            made.sendall(b"GET / HTTP/1.0\r\n\r\n")
        self.sensor.wait_packets(before, 14)
        # A wall is one when nobody answered for a while.
        wait_until(lambda: time.time() > self.began + 4, what="time")
        for probe in filtered:
            probe.close()
        assert self.exposures() == [], f"{self.exposures()[0]['reason']}"
        assert self.sensor.redis("ZCARD", "spanwatch:{live}:open") == 0

    def test_rule_flip_is_in_redis_within_two_seconds(self):
        self.before_flip = time.time()
        self.open_port(6379)
        self.after_flip = time.time()
        with self.connect(self.internet.role, 6379, self.internet.v4[1]) as made:
            event = self.sensor.wait_event("exposure.opened", server_port=6379)
            delay = time.time() - seconds_of(event["first_answer"])
            self.exposed = event
            print(f"# exposure in Redis {delay:.3f} s after the SYN-ACK", flush=True)
            held = self.sensor.exposure(event)
            assert held["state"] == "open" and held["server_ip"] == SERVER, held
            assert held["client_ip"] == self.internet.v4[1] and held["severity"] == "critical", held
            assert event["exposure"] in self.sensor.redis("ZRANGE", "spanwatch:{live}:open", 0, -1)
            assert delay <= LIMIT, f"{delay:.3f} s"
            assert "redis_version" in self.ask(made, b"INFO server\r\n")
        event = self.sensor.wait_event("exposure.escalated", server_port=6379,
                                       level_name="accessed")
        assert event["service"] == "redis" and event["auth"] == "none", event
        assert event["version"] == self.redis_version, event["version"]
        assert len(self.sensor.events("exposure.opened")) == 1

    def test_incident_tells_when_the_wall_fell(self):
        event = self.sensor.wait_event("incident.opened")
        held = self.sensor.incident(event)
        assert held["group"] == "servers" and held["state"] == "open", held
        after, before = seconds_of(held["changed_after"]), seconds_of(held["changed_before"])
        assert self.began - 1 <= after <= self.after_flip, "changed_after is no probe of ours"
        assert before >= self.before_flip and after <= before, \
            f"flip at {self.before_flip:.3f}, told {after:.3f} to {before:.3f}"

    def test_nginx_joins_the_incident(self):
        if not self.nginx:
            raise Skip("no nginx")
        self.open_port(8080)
        with self.connect(self.internet.role, 8080, self.internet.v4[2]) as made:
            answer = self.ask(made, b"GET / HTTP/1.1\r\nHost: victim\r\n\r\n")
        assert "200 OK" in answer, answer
        event = self.sensor.wait_event("exposure.opened", server_port=8080)
        known = self.sensor.wait_event("exposure.escalated", server_port=8080, product="nginx")
        assert known["service"] == "http", known
        assert event["exposure"] != self.exposed["exposure"]
        members = f"spanwatch:{{live}}:incident:{self.exposed['incident']}:members" \
            if "incident" in self.exposed else None
        incident = self.sensor.events("incident.opened")
        assert len(incident) == 1, "a second incident for one change"
        key = members or f"spanwatch:{{live}}:incident:{incident[0]['incident']}:members"
        wait_until(lambda: self.sensor.redis("SCARD", key) == 2, what="the second member")

    def test_packets_of_the_exposure_are_kept(self):
        path = self.kept("north", self.exposed["exposure"])
        wait_until(lambda: os.path.exists(path) and b"redis_version" in self.content(path),
                   what="the server's answer in the evidence")
        data = self.content(path)
        assert self.exposed["exposure"].encode() in data
        flags = [bytes([0x50 + n * 16, f]) for n in range(11) for f in (2, 18)]
        assert sum(data.count(f) for f in flags) >= 2, "no SYN and SYN-ACK"
        assert os.stat(path).st_mode & 0o7777 == 0o600
        assert os.stat(self.kept("north")).st_mode & 0o7777 == 0o700
        held = self.sensor.heartbeat()
        assert held["evidence_errors"] == "0" and held["evidence_refused"] == "0", held

    @staticmethod
    def content(path):
        with open(path, "rb") as file:
            return file.read()

    def close(self, port):
        self.lab.shut((SERVER, "tcp", port))
        for source in self.internet.v4[2:6]:
            self.probe(port, source)

    def test_probes_in_vain_close_it(self):
        ports = [6379] + ([8080] if self.nginx else [])
        for port in ports:
            self.close(port)
        for port in ports:
            event = self.sensor.wait_event("exposure.closed", server_port=port)
            assert event["close_reason"] == "probes", event
            assert self.sensor.exposure(event)["state"] == "closed"
        self.sensor.wait_event("incident.closed")
        assert self.sensor.redis("ZCARD", "spanwatch:{live}:open") == 0

    def test_good_policy_is_taken_up(self):
        loaded = len(self.sensor.events("policy.loaded"))
        self.sensor.write_policy(POLICY.format(rule="new-rule"))
        self.sensor.process.send_signal(signal.SIGHUP)
        wait_until(lambda: len(self.sensor.events("policy.loaded")) == loaded + 1,
                   what="policy.loaded")
        self.open_port(9090)
        self.connect(self.internet.role, 9090, self.internet.v4[1]).close()
        assert self.sensor.wait_event("exposure.opened", server_port=9090)["rule"] == "new-rule"

    def write_known(self, text):
        with open(self.known, "w", encoding="ascii") as file:
            file.write(text)

    def test_known_versions_are_read_beside_the_packets(self):
        self.write_known("this is no file of that kind\n")
        self.sensor.process.send_signal(signal.SIGHUP)
        wait_until(lambda: "what was known before stays" in self.sensor.log(),
                   what="the thread's end")
        assert f"{self.known}:1: error" in self.sensor.log()
        self.sensor.alive()

    def test_bad_policy_is_refused_and_the_old_one_stays(self):
        self.sensor.write_policy("version: 1\nzones:\n  inside: [10.20.0.1/16]\ncolour: blue\n")
        # Workers take up a policy between batches: the last reload may be under way still.
        wait_until(self.reload_refused, what="policy.rejected", every=1)
        errors = self.sensor.log()
        assert f"{self.sensor.policy}:3:" in errors and f"{self.sensor.policy}:4:1:" in errors
        self.open_port(9091)
        self.connect(self.internet.role, 9091, self.internet.v4[1]).close()
        assert self.sensor.wait_event("exposure.opened", server_port=9091)["rule"] == "new-rule"

    def reload_refused(self):
        self.sensor.alive()
        if not self.sensor.events("policy.rejected"):
            self.sensor.process.send_signal(signal.SIGHUP)
            time.sleep(0.2)
        return self.sensor.events("policy.rejected")

    def test_heartbeat_counts_drops(self):
        held = self.sensor.heartbeat()
        for name in ("packets", "bytes", "dropped_kernel", "dropped_interface",
                     "observations_lost", "events_waiting", "events_lost", "exposures_open"):
            assert held.get(name, "").isdigit(), f"{name}: {held.get(name)}"
        assert held["dropped_kernel"] == "0" and held["observations_lost"] == "0", held
        assert int(held["packets"]) > 30
        assert 0 < self.sensor.redis("TTL", "spanwatch:{live}:sensor:north") <= 60

    def test_numbers_on_request(self):
        self.sensor.process.send_signal(signal.SIGUSR1)
        wait_until(lambda: re.search(r"\d+ packets", self.sensor.log()), what="the numbers")

    def test_stop_loses_nothing(self):
        self.open_port(9092)
        made = self.connect(self.internet.role, 9092, self.internet.v4[1])
        status = self.sensor.stop()  # while the kernel still holds the packets
        made.close()
        assert status == 0, f"status {status}: {self.sensor.log()[-500:]}"
        events = self.sensor.events()
        last = [e for e in events if e["kind"] == "exposure.opened" and e["server_port"] == "9092"]
        assert len(last) == 1, "a connection made just before the stop was lost"
        assert events[-1]["kind"] == "sensor.stopped", events[-1]["kind"]
        numbers = [int(e["sequence"]) for e in events]
        assert numbers == list(range(1, len(numbers) + 1)), "the stream has holes or doubles"
        written = [e["event"]["id"] for e in self.sensor.written()]
        assert written == [e["id"] for e in events], "standard output and Redis differ"
        assert self.sensor.heartbeat()["state"] == "stopping"

    def test_passive(self):
        assert self.lab.sent_by_sensor() == 0, "the sensor sent packets into the mirror"

    def test_two_workers_and_another_user(self):
        self.sensor = Sensor(self.lab, self.folder, self.server, "south", "--workers", "2",
                             "--user", "nobody", "--evidence", self.kept("south"))
        tasks = os.listdir(f"/proc/{self.sensor.pid()}/task")
        assert len(tasks) >= 3, f"{len(tasks)} threads"
        with open(f"/proc/{self.sensor.pid()}/status", encoding="utf-8") as file:
            uids = re.search(r"^Uid:\s+(.*)$", file.read(), re.M)[1].split()
        assert "0" not in uids, f"still root: {uids}"
        before = self.sensor.packets()
        sources = self.internet.v4
        for number in range(40):
            self.connect(self.internet.role, 9090 + number % 3,
                         sources[number % len(sources)]).close()
        for port in (9090, 9091, 9092):
            self.sensor.wait_event("exposure.opened", server_port=port)
        self.sensor.wait_packets(before, 40 * 5)
        assert self.sensor.stop() == 0, self.sensor.log()[-500:]
        opened = [e["server_port"] for e in self.sensor.events("exposure.opened")]
        assert sorted(opened) == ["9090", "9091", "9092"], opened
        held = self.sensor.heartbeat()
        assert held["dropped_kernel"] == "0" and held["observations_lost"] == "0", held
        flows = {e["server_port"]: int(e["flows"]) for e in self.sensor.events()
                 if "exposure" in e}
        assert sum(flows.values()) == 40, f"of 40 conversations: {flows}"
        files = os.listdir(self.kept("south"))
        assert len(files) == 3, files
        assert {os.stat(os.path.join(self.kept("south"), f)).st_uid for f in files} != {0}

    def test_killed_sensor_remembers(self):
        """kill -9: the next run neither announces again nor forgets, and its numbers go on."""
        journal = os.path.join(self.folder, "killed.db")
        first = Sensor(self.lab, self.folder, self.server, "killed", "--journal", journal)
        self.open_port(9090)
        self.connect(self.internet.role, 9090, self.internet.v4[1]).close()
        opened = first.wait_event("exposure.opened", server_port=9090)
        first.process.kill()
        first.process.wait()
        first.redis("DEL", "spanwatch:{live}:sensor:killed")  # it would still be there for a while
        self.sensor = Sensor(self.lab, self.folder, self.server, "killed", "--journal", journal)
        assert "1 exposures (1 open)" in self.sensor.log(), self.sensor.log()
        before = self.sensor.packets()
        self.connect(self.internet.role, 9090, self.internet.v4[2]).close()
        self.sensor.wait_packets(before, 5)
        second = Sensor.refused(self.lab, self.folder, self.server, "killed2", journal)
        assert "in use by another sensor" in second, second
        assert self.sensor.stop() == 0, self.sensor.log()[-500:]
        events = self.sensor.events()
        again = [e for e in events if e["kind"] in ("exposure.opened", "exposure.reopened",
                                                    "incident.opened") and "exposure" in e]
        assert [e["exposure"] for e in again] == [opened["exposure"]], again
        assert len(self.sensor.events("incident.opened")) == 1, "announced again"
        last = [e for e in events if e.get("server_port") == "9090"][-1]
        assert last["opened"] == opened["opened"] and last["flows"] == "2", last
        numbers = [int(e["sequence"]) for e in events]
        # After a kill they jump, so that none stands for two events: spanwatch(8), JOURNAL.
        jumps = [i for i in range(1, len(numbers)) if numbers[i] != numbers[i - 1] + 1]
        assert numbers[0] == 1 and len(jumps) == 1 and numbers[jumps[0]] > 1_000_000, numbers

    def test_quiet_port(self):
        """Nothing comes in: the sensor lives on its clock, and stops when it is told."""
        self.sensor = Sensor(self.lab, self.folder, self.server, "west")
        first = self.sensor.heartbeat()["time"]
        wait_until(lambda: self.sensor.heartbeat()["time"] > first, what="another heartbeat")
        began = time.monotonic()
        assert self.sensor.stop() == 0, self.sensor.log()[-500:]
        print(f"# stopped in {time.monotonic() - began:.2f} s", flush=True)

    def test_interface_that_goes_away(self):
        self.sensor = Sensor(self.lab, self.folder, self.server, "east")
        batch([f"link del {MIRROR_PORT}"], "sensor")
        blind = wait_until(lambda: self.sensor.events("sensor.blind"), what="the event")
        assert blind[0]["severity"] == "high" and MIRROR_PORT in blind[0]["reason"], blind
        assert MIRROR_PORT in self.sensor.log() and "waiting" in self.sensor.log()
        assert self.sensor.process.poll() is None

    def tests(self):
        return [getattr(self, name) for name in vars(Story) if name.startswith("test_")]


def main():
    report = Report()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    folder = tempfile.mkdtemp(prefix="swl-", dir="/tmp")
    os.chmod(folder, 0o711)  # for the sensor that is not root
    try:
        with Network([HOST], 1) as lab, RedisServer("--unixsocketperm", "777", folder=folder) as server:
            story = Story(lab, folder, server)
            story.start_servers()
            report.run(story.tests())
    except Skip as why:
        print(f"skip live {why}")
    except (AssertionError, OSError, subprocess.SubprocessError) as error:
        report.fail("lab", repr(error))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    sys.exit(report.status())


if __name__ == "__main__":
    main()
