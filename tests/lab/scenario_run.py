# SPDX-License-Identifier: ISC
"""Runs scenarios of tests/lab/products in a Laboratory, and judges events by what they expect."""

import json
import os
import re
import string
import subprocess
import sys
import time

from harness import TOP
from laboratory import CLIENT_LIMIT, SHELTERED
from recipe import HERE, full_path

sys.path.insert(0, os.path.join(TOP, "tests/golden"))
from test_golden import (  # noqa: E402
    SCHEMA, Filter, all_match, check, import_jsonschema, wanted_number)

SECOND_CHANCE = 1.5  # seconds before it


def version_of(package):
    """What the program calls itself: Debian's version without epoch, revision and suffixes."""
    text = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", package], capture_output=True,
                          text=True, check=False).stdout
    return re.split(r"[-+~]", re.sub(r"^\d+:", "", text))[0]


def missing_packages(product):
    missing = []
    for package in product.packages:
        state = subprocess.run(["dpkg-query", "-W", "-f", "${db:Status-Status}", package],
                               capture_output=True, text=True, check=False).stdout
        if state != "installed":
            missing.append(package)
    return missing


def about(events, addresses):
    """Those about an exposure of which one of the addresses is a side, incidents left out."""
    return [e for e in events if "exposure" in e["spanwatch"] and
            any(e.get(side, {}).get("ip") in addresses for side in ("server", "client"))]


def invalid(events):
    """The first event that is not what sensor/event/event.schema.json says; None if there is none."""
    jsonschema = import_jsonschema()
    with open(SCHEMA, encoding="utf-8") as file:
        schema = json.load(file)
    validator = jsonschema.validators.validator_for(schema)(schema)
    for event in events:
        for error in validator.iter_errors(event):
            return f"{event['event']['action']}: {error.message[:300]}"
    return None


class Judge:
    """One scenario's expectations, with its variables put in."""

    def __init__(self, scenario, variables):
        self.scenario, self.variables = scenario, variables
        self.addresses = scenario.addresses()
        self.checks = [self.compiled(kind, words) for kind, words in scenario.checks]

    def filters(self, words):
        return [Filter(string.Template(w).safe_substitute(self.variables)) for w in words]

    def compiled(self, kind, words):
        line = " ".join([kind, *words])
        if kind == "expect":
            return kind, line, words[0], self.filters(words[1:])
        if kind == "count":
            return kind, line, wanted_number(words[0]), self.filters(words[1:])
        if kind == "order":
            at = words.index("THEN")
            return kind, line, None, (self.filters(words[:at]), self.filters(words[at + 1:]))
        return kind, line, None, self.filters(words)

    @staticmethod
    def expect(level, filters, events):
        ports = [f for f in filters if f.path == ["server", "port"]]
        mine = [e for e in events if all_match(ports, e)]
        opened = [e for e in mine if e["event"]["action"] == "exposure.opened"]
        if len(opened) != 1:
            return f"{len(opened)} exposures were opened"
        last = mine[-1]
        if last["spanwatch"]["exposure"]["level_name"] not in level.split("|"):
            return f"level {last['spanwatch']['exposure']['level_name']}"
        wrong = [f for f in filters if not f.matches(last)]
        return None if not wrong else "; ".join(
            f"{'.'.join(f.path)} is {told(last, f.path)}" for f in wrong)

    def problems(self, events):
        mine, found = about(events, self.addresses), []
        for kind, line, wanted, filters in self.checks:
            if kind == "quiet":
                problem = None if not mine else mine[0]["event"]["reason"]
            elif kind == "expect":
                problem = self.expect(wanted, filters, mine)
            else:
                problem = check(kind, wanted, filters, mine, [])
            if problem:
                found.append(f"{line}: {problem}")
        return found


def told(event, path):
    for name in path:
        if isinstance(event, list):
            event = [e.get(name) for e in event]
        elif isinstance(event, dict):
            event = event.get(name)
        else:
            return None
    return repr(event)[:300]


class Play:
    """One scenario in a running laboratory."""

    def __init__(self, lab, scenario, client, host):
        self.lab, self.scenario, self.probed = lab, scenario, 0
        self.internet, self.listeners = client, []
        self.client = {"internet": client, "partner": lab.network.partner,
                       "colleague": lab.network.colleague, "host": host}[scenario.source]
        server, server6 = scenario.addresses()
        self.server = server
        self.variables = {
            "SERVER": server, "SERVER6": server6,
            "DIR": f"{SHELTERED}/{scenario.product.name}",
            "CLIENT": self.client.v4[0], "CLIENT6": self.client.v6[0], "INTERNET": client.v4[0],
            "ASK": f"{sys.executable} {os.path.join(HERE, 'ask.py')}",
            "BALANCER": f"10.21.{scenario.product.number}.1",
            "VERSION": version_of(scenario.product.packages[0])}
        self.judge = Judge(scenario, self.variables)
        if scenario.closed:
            lab.network.close(server, server6)

    def run(self):
        """AssertionError when a client did not do what it should, or events did not come."""
        try:
            for verb, text, more in self.scenario.steps:
                getattr(self, "do_" + verb.replace("await", "wait"))(text, more)
        finally:
            for listener in self.listeners:
                listener.close()
        # What must not happen is looked at when all is over; what must happen, here.
        try:
            self.lab.wait(lambda: not self.problems(), what="what is expected")
        except AssertionError:
            self.lab.alive()
            raise AssertionError("; ".join(self.problems())) from None

    def problems(self):
        return self.judge.problems(list(self.lab.events))


    def do_client(self, text, more):
        """A client that fails is given a second chance: a server may listen before it is ready."""
        problem = self.client_problem(text, more)
        if problem:
            time.sleep(SECOND_CHANCE)
            problem = self.client_problem(text, more)
        assert not problem, problem

    def client_problem(self, text, more):
        status, output = self.lab.run(self.client.role, text, **self.variables)
        seen = " ".join(output[-400:].split())
        if more["status"] != "any" and status != int(more["status"]):
            return f"the client's status is {status}: {seen}"
        lacking = [words for words in more["says"] if words not in output]
        return f"the client did not say \"{lacking[0]}\" but {seen}" if lacking else None

    def endpoint(self, text):
        transport, port, *rest = text.split()
        return [(a, transport, int(port)) for a in self.scenario.addresses()], rest

    def do_open(self, text, _):
        self.lab.network.open(*self.endpoint(text)[0])

    def do_shut(self, text, _):
        self.lab.network.shut(*self.endpoint(text)[0])

    def do_reject(self, text, _):
        self.lab.network.reject(self.endpoint(text)[0][0])

    def do_probe(self, text, _):
        endpoints, rest = self.endpoint(text)
        times = int(rest[0]) if rest else 1
        self.lab.probe(self.client, *endpoints[0], times, self.probed)
        self.probed += times

    def do_listen(self, text, _):
        made = self.lab.network.socket(self.internet.role, timeout=CLIENT_LIMIT)
        made.bind((self.internet.v4[0], int(text)))
        made.listen()
        self.listeners.append(made)

    @staticmethod
    def do_pause(text, _):
        time.sleep(float(text))

    def do_wait(self, text, _):
        filters = self.judge.filters([full_path(w) for w in text.split()])
        self.lab.wait(lambda: any(all_match(filters, e) for e in
                                  about(list(self.lab.events), self.scenario.addresses())),
                      what=text)
