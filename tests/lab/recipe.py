# SPDX-License-Identifier: ISC
"""Reads tests/lab/products/*.lab: how a real server is started, and what happens to it.

A file is one server. Lines of one word and its values; a block is indented by tabs; "#" starts a
comment line outside of blocks.

  host N            its number: addresses 10.20.N.x; the same in no other file
  package NAME ...  Debian packages that it needs; without them its scenarios are skipped. The
                    first one's version is $VERSION
  ready tcp|udp PORT ...   it has started when it listens there
  serve             a shell script that ends in the server, in a namespace of its own: network,
                    processes, /run. $DIR is its folder, $CERTS has ca.crt server.crt server.key

  balance           a script like serve, for a second machine: $BALANCER, 10.21.N.1. It starts when
                    the server listens, and must listen on `balances tcp PORT ...`; $NET is 10.20.N

  scenario NAME     then, indented:
    # why, or what for
    from internet|partner|colleague|host   who the client is (default internet)
    segment office           an address that no rule names: 10.20.(128+N).x
    address X                the address's last number; policy.yaml may name it
    closed                   the security group lets nothing in to this address
    open|shut|reject tcp|udp PORT
    probe tcp|udp PORT TIMES one packet each, from that many sources (the next probe: from others)
    listen PORT              somebody at $INTERNET accepts TCP connections there
    pause SECONDS            e.g. 4: a probe without an answer is one after 3
    client COMMAND           in the shell; $SERVER, $SERVER6, $CLIENT, $BALANCER are addresses. In
                             order with the steps above; a longer script continues in lines indented twice
                             $ASK is ask.py, for protocols of lines
    status N|any             the last client's exit status (default 0)
    says TEXT                the last client's output holds it
    await FILTER ...         until such an event is there
    expect LEVEL FILTER ...  one exposure was opened, and its newest event has this level (a|b:
                             one of these)
    count, last, order       as in tests/golden/test_golden.py, about events of this address
    quiet                    no event at all is about this address

A FILTER is that of tests/golden/test_golden.py; NAMES below may stand for paths.
"""

import glob
import os
import re

HERE = os.path.dirname(os.path.abspath(__file__))
FIRST_ADDRESS = 11  # of a scenario that names none
OFFICE = 128
LEVELS = ("reachable", "answered", "accessed", "data-out", "executed", "destroyed")
STEPS = ("client", "open", "shut", "reject", "probe", "listen", "pause", "await")
CHECKS = ("expect", "count", "last", "order", "quiet")
NAMES = {
    "kind": "event.action", "service": "service.name", "family": "service.type",
    "port": "server.port", "client": "client.ip", "source": "source.ip", "rule": "rule.name",
    "severity": "spanwatch.severity", "auth": "spanwatch.auth",
    "encrypted": "spanwatch.encrypted", "product": "spanwatch.product",
    "version": "service.version", "read": "spanwatch.data_read",
    "listing": "spanwatch.directory_listing", "command": "spanwatch.commands.text",
    "accepted": "spanwatch.commands.accepted", "level": "spanwatch.exposure.level_name",
    "state": "spanwatch.exposure.state", "unlisted": "spanwatch.exposure.unlisted",
    "failed": "spanwatch.exposure.logins.failed", "flows": "spanwatch.exposure.flows",
    "outcome": "spanwatch.evidence.outcome", "direction": "spanwatch.evidence.direction",
    "known": "spanwatch.evidence.identified_by",
}


class RecipeError(Exception):
    pass


def full_path(word):
    """A filter with its path written out."""
    match = re.match(r"(!?)([a-z_]+)(?=[=!<>~?]|$)", word)
    if match and match[2] in NAMES:
        return match[1] + NAMES[match[2]] + word[match.end():]
    return word


class Scenario:
    def __init__(self, name, product, index):
        self.name, self.product = name, product
        self.source, self.segment, self.last = "internet", "servers", FIRST_ADDRESS + index
        self.closed = False
        self.steps = []   # [verb, text, {"status": N, "says": [...]}]
        self.checks = []  # (verb, [words])
        self.why = []

    def number(self):
        return self.product.number + (OFFICE if self.segment == "office" else 0)

    def addresses(self):
        return f"10.20.{self.number()}.{self.last}", f"2001:db8:20:{self.number():x}::{self.last:x}"

    def line(self, verb, text):
        if verb == "from":
            self.source = text
        elif verb == "segment":
            self.segment = text
        elif verb == "address":
            self.last = int(text)
        elif verb == "closed":
            self.closed = True
        elif verb in STEPS:
            self.steps.append([verb, text, {"status": "0", "says": []}])
        elif verb == "status":
            self.steps[-1][2]["status"] = text
        elif verb == "says":
            self.steps[-1][2]["says"].append(text)
        elif verb in CHECKS:
            self.checks.append((verb, [full_path(w) for w in text.split()]))
        else:
            raise RecipeError(f"scenario {self.name}: what is \"{verb}\"?")


class Product:
    """One file: a server and its scenarios."""

    def __init__(self, path):
        self.name = os.path.basename(path)[:-len(".lab")]
        self.number, self.packages, self.ready, self.balances = None, [], [], []
        self.scripts = {"serve": [], "balance": []}
        self.scenarios = []
        block = None
        with open(path, encoding="utf-8") as file:
            for line in file.read().splitlines():
                block = self.line(line, block)
        if not self.number or not self.scenarios:
            raise RecipeError(f"{self.name}: no host or no scenario")
        for scenario in self.scenarios:
            if not scenario.checks:
                raise RecipeError(f"{scenario.name}: nothing is expected")

    def line(self, line, block):
        if not line.strip() or line.startswith("#"):
            if block in self.scripts:
                self.scripts[block].append("")
            return block
        if line.startswith("\t"):
            self.indented(line[1:], block)
            return block
        verb, _, text = line.partition(" ")
        if verb == "host":
            self.number = int(text)
        elif verb == "package":
            self.packages += text.split()
        elif verb in ("ready", "balances"):
            words = text.split()
            getattr(self, verb).extend((words[0], int(port)) for port in words[1:])
        elif verb in self.scripts:
            return verb
        elif verb == "scenario":
            self.scenarios.append(Scenario(text, self, len(self.scenarios)))
            return "scenario"
        else:
            raise RecipeError(f"{self.name}: what is \"{verb}\"?")
        return None

    def indented(self, line, block):
        if block in self.scripts:
            self.scripts[block].append(line)
        elif block != "scenario":
            raise RecipeError(f"{self.name}: unexpected: {line}")
        elif line.startswith("\t"):
            self.scenarios[-1].steps[-1][1] += "\n" + line[1:]
        elif line.startswith("#"):
            self.scenarios[-1].why.append(line)
        else:
            verb, _, text = line.partition(" ")
            self.scenarios[-1].line(verb, text)


def read_all(folder=os.path.join(HERE, "products")):
    products = [Product(path) for path in sorted(glob.glob(os.path.join(folder, "*.lab")))]
    for what, values in (("host", [p.number for p in products]),
                         ("scenario", [s.name for p in products for s in p.scenarios]),
                         ("address", [s.addresses() for p in products for s in p.scenarios])):
        double = [v for v in values if values.count(v) > 1]
        if double:
            raise RecipeError(f"{what} {double[0]} is there twice")
    return products
