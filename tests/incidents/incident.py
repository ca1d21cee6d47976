# SPDX-License-Identifier: ISC
"""A real incident as a story that servers and clients play, and what must be reported of it.

A folder tests/incidents/NAME holds

  story.py             HOSTS = {role: (number, how many addresses)}; PACKAGES and COMMANDS that it
                       needs; PLAYED = what of it is no real server; play(stage) makes it happen;
                       edit(), if any, stretches the recording
  policy.yaml          the policy of the site
  expected             what must be reported: count, last and order as in
                       tests/golden/test_golden.py, with the names of tests/lab/recipe.py, and
      interval NAME FILTER ...      the first match says that the rule changed between two moments;
                                    the change NAME of the story lies in it
      soon SECONDS FILTER ...       the first match came that soon after the first SYN-ACK to a
                                    client outside
  recording.pcap.xz    what the mirror showed when the story was recorded
  changes.json         when the rules changed, seconds since 1970: {NAME: [before, after]}
  known-bad.csv        if any: what is known of versions, see --known-bad
  *.played             answers of a service that is played from its documents: played.py
  README.md            what happened, what the sensor says and when

The same expectations are put to the live sensor's events and to a replay of the recording.
"""

import glob
import importlib.util
import json
import lzma
import os
import shlex
import shutil
import struct
import subprocess
import sys
import time
from datetime import datetime

HERE = os.path.dirname(os.path.abspath(__file__))
for _folder in ("lib", "lab", "golden"):
    sys.path.insert(0, os.path.join(os.path.dirname(HERE), _folder))

from laboratory import Laboratory, ip_of, packets, syn_acks, unwrapper  # noqa: E402
from network import Balancer, Host  # noqa: E402
from recipe import full_path, read_all  # noqa: E402
from scenario_run import version_of  # noqa: E402
from test_golden import Filter, all_match, check, wanted_number  # noqa: E402

WALL = 4  # seconds after which a probe without an answer is one
CLIENTS = 6
SETTLE = 30


def stretch(capture, edited, pause, unwrap=lambda frame: frame):
    """The same packets with pause(server's port, how many conversations came before) seconds in
    front of each conversation from outside. Within one, time runs as it did. `unwrap` takes off
    what the mirror put around a frame."""
    begun, records = {}, []
    for seconds, header, frame in packets(capture):
        parts = ip_of(unwrap(frame))
        outside = [a for a in parts[:2] if a.startswith("203.")] if parts else []
        shift = max(begun.values(), default=0)
        if outside and len(parts[3]) >= 4:
            ports = struct.unpack("!HH", parts[3][:4])
            mine, other = ports if parts[0] == outside[0] else ports[::-1]
            if (outside[0], mine) not in begun:
                begun[outside[0], mine] = shift + pause(other, len(begun))
            shift = begun[outside[0], mine]
        whole, rest = struct.unpack("<I12s", header)
        records.append((seconds + shift, struct.pack("<I12s", whole + shift, rest) + frame))
    with open(capture, "rb") as file:
        start = file.read(24)
    with open(edited, "wb") as out:
        out.write(start + b"".join(r for _, r in sorted(records)))


def seconds_of(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


class Expectations:
    def __init__(self, path):
        self.lines = []
        with open(path, encoding="utf-8") as file:
            for line in file:
                words = shlex.split(line, comments=True)
                if words:
                    self.lines.append((line.strip(), words[0], words[1:]))

    def problems(self, events, changes, first_answer):
        """[(line, None or what is wrong)]"""
        found = []
        for line, verb, rest in self.lines:
            found.append((line, self.problem(verb, rest, events, changes, first_answer)))
        return found

    @staticmethod
    def problem(verb, rest, events, changes, first_answer):
        if verb in ("interval", "soon"):
            filters = [Filter(full_path(w)) for w in rest[1:]]
            match = next((e for e in events if all_match(filters, e)), None)
            if not match:
                return "no such event"
            if verb == "interval":
                return between(match["spanwatch"], changes[rest[0]])
            late = (match.arrived_ms / 1000 or seconds_of(match["@timestamp"])) - first_answer
            return None if late <= float(rest[0]) else f"{late:.3f} s after the first SYN-ACK"
        if verb == "order":
            at = rest.index("THEN")
            filters = ([Filter(full_path(w)) for w in rest[:at]],
                       [Filter(full_path(w)) for w in rest[at + 1:]])
            return check("order", None, filters, events, [])
        if verb == "last":
            return check("last", None, [Filter(full_path(w)) for w in rest], events, [])
        return check("count", wanted_number(rest[0]), [Filter(full_path(w)) for w in rest[1:]],
                     events, [])


def between(said, true):
    """The true moment of the change is in [before, after] of the story."""
    told = said.get("incident")
    told = told if isinstance(told, dict) else said["exposure"]
    if "changed_after" not in told:
        return "no interval is told"
    after, before = seconds_of(told["changed_after"]), seconds_of(told["changed_before"])
    if after <= true[1] and before >= true[0]:
        return None
    return f"told {after:.3f} to {before:.3f}, changed {true[0]:.3f} to {true[1]:.3f}"


def first_answer(capture, mirror):
    """When the first SYN-ACK went to somebody outside; 0 if none did."""
    answers = syn_acks(capture, unwrapper(mirror))
    return min((t for (_, _, client, _), t in answers.items() if client.startswith("203.")),
               default=0)


class Stage:
    """What a story's play() gets: its hosts, clients and the security group."""

    def __init__(self, lab, hosts, recipes):
        self.lab, self.hosts, self.recipes = lab, hosts, recipes
        self.changes, self.clients = {}, lab.network.clients

    def serve(self, role, product, more=(), script=None, ready=None):
        """A server of tests/lab/products on that host, or one by a script of the story's own."""
        host = self.hosts[role]
        recipe = self.recipes.get(product)
        self.lab.start_server(host, f"{role}-{product}",
                              script or "\n".join(recipe.scripts["serve"]),
                              ready or recipe.ready, ADDRESS=host.v4[0],
                              VERSION=version_of(recipe.packages[0]) if recipe else "",
                              NET=f"10.20.{host.number}", **dict(more))

    def serve_played(self, role, story, *services):
        """Answers from documents: (file beside the story, port), see played.py."""
        folder = os.path.dirname(os.path.abspath(story))
        words = [f"{os.path.join(folder, name)} {port}" for name, port in services]
        self.serve(role, "played", script=f"exec {sys.executable} {HERE}/played.py " +
                   " ".join(words), ready=[("tcp", port) for _, port in services])

    def address(self, role):
        return self.hosts[role].v4[0]

    def colleague(self, script, **more):
        """The same from inside: nothing may be said of it."""
        return self.ask(0, script, role=self.lab.network.colleague.role, **more)

    def ask(self, client, script, role=None, status=0, **variables):
        """A client's command, with $ROLE for each host's address. Its output."""
        names = {r.upper().replace("-", "_"): h.v4[0] for r, h in self.hosts.items()}
        where = role or self.clients[client].role
        code, output = self.lab.run(where, script, **names, **variables)
        assert status is None or code == status, f"{script}: status {code}: {output[-400:]}"
        return output

    def probe(self, endpoints, times=4, first=0):
        for number, (address, transport, port) in enumerate(endpoints):
            self.lab.probe(self.clients[number % CLIENTS], address, transport, port, times, first)

    def close(self, *endpoints):
        self.lab.network.close(*{address for address, _, _ in endpoints})

    def change(self, name, verb, endpoints):
        """One change of the security group, and when it was."""
        before = time.time()
        getattr(self.lab.network, verb)(*endpoints)
        self.changes[name] = [before, time.time()]

    @staticmethod
    def wait_wall():
        time.sleep(WALL)

    def pass_on(self):
        """Time goes on in the recording as well: what waits for it is judged there, too."""
        time.sleep(WALL)
        self.lab.probe(self.lab.network.colleague, next(iter(self.hosts.values())).v4[0], "udp", 9, 1)
        time.sleep(0.5)

    def wait(self, what, *words, count=1):
        filters = [Filter(full_path(w)) for w in words]
        self.lab.wait(lambda: sum(all_match(filters, e) for e in self.lab.events) >= count,
                      SETTLE, what)


class Incident:
    def __init__(self, name):
        self.name, self.folder = name, os.path.join(HERE, name)
        self.policy = os.path.join(self.folder, "policy.yaml")
        self.expected = Expectations(os.path.join(self.folder, "expected"))
        self.recording = os.path.join(self.folder, "recording.pcap.xz")
        known = os.path.join(self.folder, "known-bad.csv")
        self.options = ["--known-bad", known] if os.path.exists(known) else []
        path = os.path.join(self.folder, "story.py")
        self.story = None
        if os.path.exists(path):
            spec = importlib.util.spec_from_file_location(f"story_{name}", path)
            self.story = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(self.story)

    def replay(self, program, *options):
        """(status, standard output) of a replay of the recording."""
        result = subprocess.run([program, "--quiet", "-r", self.recording, "-p", self.policy,
                                 *self.options, *options], capture_output=True, timeout=120, check=False)
        assert result.returncode == 0, result.stderr.decode("utf-8", "replace")[-800:]
        return result.stdout

    def changes(self):
        with open(os.path.join(self.folder, "changes.json"), encoding="utf-8") as file:
            return json.load(file)

    def lacking(self):
        return [p for p in getattr(self.story, "PACKAGES", ()) if subprocess.run(
            ["dpkg-query", "-W", p], capture_output=True, check=False).returncode != 0] + \
            [c for c in getattr(self.story, "COMMANDS", ()) if not shutil.which(c)]

    def play(self, folder, mirror="plain", record=False):
        """The story, live. Yields (line, problem)."""
        with open(self.policy, encoding="utf-8") as file:
            policy = file.read()
        hosts = {role: Host(role, number, range(1, 1 + count))
                 for role, (number, count) in self.story.HOSTS.items()}
        balancers = [Balancer(role, number)
                     for role, number in getattr(self.story, "BALANCERS", {}).items()]
        with Laboratory(folder, list(hosts.values()), policy, CLIENTS, mirror, balancers,
                        self.options) as lab:
            stage = Stage(lab, hosts, {p.name: p for p in read_all()})
            self.story.play(stage)
            stage.pass_on()
            status = lab.stop_sensor()
            yield "the sensor ends well", None if status == 0 else f"status {status}"
            for line, problem in self.expected.problems(lab.events, stage.changes,
                                                        first_answer(lab.capture, mirror)):
                yield line, problem
            if record:
                self.keep(lab.capture, stage.changes)

    def keep(self, capture, changes):
        edited = capture + ".edited"
        shutil.copy(capture, edited)
        if hasattr(self.story, "edit"):
            self.story.edit(capture, edited, changes)
        with open(edited, "rb") as file, lzma.open(self.recording, "wb", preset=9) as out:
            shutil.copyfileobj(file, out)
        with open(os.path.join(self.folder, "changes.json"), "w", encoding="utf-8") as file:
            json.dump(changes, file, indent="\t", sort_keys=True)
            file.write("\n")

    def first_answer(self):
        return first_answer(self.recording, getattr(self.story, "MIRRORS", ("plain",))[0])


def read_all_incidents():
    return [Incident(os.path.basename(os.path.dirname(p)))
            for p in sorted(glob.glob(os.path.join(HERE, "*", "policy.yaml")))]

