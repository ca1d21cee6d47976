#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# test: limit=300
"""Golden tests: captures in, contract fields out.

usage: tests/golden/test_golden.py [PART-OF-A-NAME ...]

A case is a file tests/golden/cases/NAME.case with one directive a line; "#" starts a comment.

  capture FILE ...        of captures/ (run.pcap: here), replayed in this order
  policy FILE             of policies/, else of policy/; without one, only the inventory is asked
  options WORD ...        more options of spanwatch, e.g. a filter
  status N                exit status, default 0
  events N                how many events there are in all
  count N FILTER ...      how many events match every filter
  last FILTER ...         the newest event about an exposure matches
  order FILTER ... THEN FILTER ...   the first match of the left comes before one of the right
  inventory N FILTER ...  how many lines of --inventory match; the policy says whose word about
                          clients is believed
  total N                 how many lines of --inventory there are in all

N is a number, or "N+" for at least N. A FILTER is PATH OP VALUE in one word: OP is = != >= <= or ~
("contains"); VALUE may hold alternatives a|b. "PATH?" asks whether there is such a field, "!PATH"
that there is none. A path goes into lists: one matching element is enough.

Every event is also checked against sensor/event/event.schema.json; every replay is done twice and gives
the same bytes; text for people is written without failing. Full texts are never compared.
"""

import glob
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
PROGRAM = os.path.abspath(os.environ.get("SPANWATCH", os.path.join(TOP, "build/spanwatch")))
SCHEMA = os.path.join(TOP, "sensor/event/event.schema.json")
TIME_LIMIT = 60  # seconds for one replay
PATTERN = re.compile(r"(?P<path>[A-Za-z0-9_.@]+?)(?P<op>!=|>=|<=|=|~)(?P<value>.*)")


def import_jsonschema():
    """This Python's, or that of the interpreter which tests/run names."""
    try:
        import jsonschema
        return jsonschema
    except ImportError:
        pass
    other = os.environ.pop("SPANWATCH_SCHEMA_PYTHON", "/usr/bin/python3")
    if os.path.realpath(other) != os.path.realpath(sys.executable):
        os.execv(other, [other, *sys.argv])
    sys.exit("no Python module jsonschema (Debian: python3-jsonschema)")


class CaseError(Exception):
    pass


def values_at(node, path):
    """Every value that the dotted path leads to; lists are gone into."""
    if isinstance(node, list):
        return [v for element in node for v in values_at(element, path)]
    if not path:
        return [node]
    if not isinstance(node, dict) or path[0] not in node:
        return []
    return values_at(node[path[0]], path[1:])


def as_text(value):
    return value if isinstance(value, str) else json.dumps(value)


def compare(value, op, wanted):
    if op == "=":
        return as_text(value) in wanted.split("|")
    if op == "!=":
        return as_text(value) not in wanted.split("|")
    if op == "~":
        return any(part in as_text(value) for part in wanted.split("|"))
    if isinstance(value, str):  # times sort as they are
        return value >= wanted if op == ">=" else value <= wanted
    return value >= float(wanted) if op == ">=" else value <= float(wanted)


class Filter:
    def __init__(self, word):
        match = PATTERN.fullmatch(word)
        if word.startswith("!"):
            self.path, self.op, self.value = word[1:].split("."), "absent", None
        elif word.endswith("?"):
            self.path, self.op, self.value = word[:-1].split("."), "present", None
        elif match:
            self.path, self.op, self.value = match["path"].split("."), match["op"], match["value"]
        else:
            raise CaseError(f"not a filter: {word}")

    def matches(self, record):
        found = values_at(record, self.path)
        if self.op in ("absent", "present"):
            return bool(found) == (self.op == "present")
        if self.op == "!=":
            return all(compare(v, self.op, self.value) for v in found)
        return any(compare(v, self.op, self.value) for v in found)


def all_match(filters, record):
    return all(f.matches(record) for f in filters)


def wanted_number(word):
    match = re.fullmatch(r"(\d+)(\+?)", word)
    if not match:
        raise CaseError(f"not a number: {word}")
    return int(match[1]), bool(match[2])


class Case:
    def __init__(self, path):
        self.name = os.path.basename(path)[:-len(".case")]
        self.captures, self.policy, self.options, self.status, self.checks = [], None, [], 0, []
        with open(path, encoding="utf-8") as file:
            for line in file:
                words = shlex.split(line, comments=True)
                if words:
                    self.directive(words, line.strip())
        if not self.captures:
            raise CaseError("no capture")

    def directive(self, words, line):
        key, rest = words[0], words[1:]
        if key == "capture":
            self.captures += [os.path.join(HERE, "captures", f) if f != "run.pcap"
                              else os.path.join(HERE, f) for f in rest]
        elif key == "policy":
            folder = os.path.join(HERE, "policies")
            if not os.path.exists(os.path.join(folder, rest[0])):
                folder = os.path.join(TOP, "policy")
            self.policy = os.path.join(folder, rest[0])
        elif key == "options":
            self.options += rest
        elif key == "status":
            self.status = int(rest[0])
        elif key in ("events", "total"):
            self.checks.append((key, line, wanted_number(rest[0]), []))
        elif key in ("count", "inventory"):
            self.checks.append((key, line, wanted_number(rest[0]), [Filter(w) for w in rest[1:]]))
        elif key == "last":
            self.checks.append((key, line, None, [Filter(w) for w in rest]))
        elif key == "order":
            at = rest.index("THEN")
            self.checks.append((key, line, None, ([Filter(w) for w in rest[:at]],
                                                  [Filter(w) for w in rest[at + 1:]])))
        else:
            raise CaseError(f"what is \"{key}\"?")


def number_is(found, wanted):
    number, at_least = wanted
    return found >= number if at_least else found == number


def check(kind, wanted, filters, events, inventory):
    """None, or what was found instead."""
    if kind in ("events", "total", "count", "inventory"):
        records = inventory if kind in ("total", "inventory") else events
        found = [r for r in records if all_match(filters, r)]
        return None if number_is(len(found), wanted) else f"found {len(found)}"
    if kind == "last":
        about = [e for e in events if "exposure" in e["spanwatch"]]
        if not about:
            return "no event about an exposure"
        return None if all_match(filters, about[-1]) else "the newest event does not match"
    firsts = [i for i, e in enumerate(events) if all_match(filters[0], e)]
    seconds = [i for i, e in enumerate(events) if all_match(filters[1], e)]
    return None if firsts and seconds and firsts[0] < seconds[-1] else "not in this order"


class Runner:
    def __init__(self, validator):
        self.validator, self.failed = validator, 0

    def say(self, name, problem=None):
        self.failed += problem is not None
        print(f"ok {name}" if problem is None else f"not ok {name}: {problem}", flush=True)

    def replay(self, case, *options):
        command = [PROGRAM, "--quiet", "-r", *case.captures, *case.options, *options]
        return subprocess.run(command, capture_output=True, timeout=TIME_LIMIT, check=False)

    def lines(self, case, what, result, status):
        """The JSON lines of a run; None if it did not end as it should have."""
        if result.returncode != status:
            errors = result.stderr.decode("utf-8", "replace").strip()[-2000:]
            self.say(f"{case.name} {what}", f"status {result.returncode}, {errors}")
            return None
        try:
            return [json.loads(line) for line in result.stdout.decode("utf-8").splitlines()]
        except ValueError as error:
            self.say(f"{case.name} {what}", f"not JSON lines: {error}")
            return None

    def validate(self, name, events):
        for event in events:
            error = next(self.validator.iter_errors(event), None)
            if error:
                where = "/".join(str(p) for p in error.absolute_path)
                return self.say(name, f"event {event['event']['sequence']} at {where}: "
                                f"{error.message[:300]}")
        return self.say(name)

    def events(self, case):
        first = self.replay(case, "--json", "-p", case.policy)
        events = self.lines(case, "events", first, case.status)
        if events is None:
            return None
        again = self.replay(case, "--json", "-p", case.policy)
        self.say(f"{case.name} same bytes twice",
                 None if again.stdout == first.stdout else "they differ")
        self.validate(f"{case.name} schema", events)
        ids = [e["event"]["id"] for e in events]
        self.say(f"{case.name} identifiers", None if len(set(ids)) == len(ids) else "not unique")
        text = self.replay(case, "--text", "-p", case.policy)
        self.say(f"{case.name} text", None if text.returncode == case.status
                 else f"status {text.returncode}")
        return events

    def run(self, path):
        case = Case(path)
        events = self.events(case) if case.policy else []
        inventory = []
        if any(kind in ("inventory", "total") for kind, *_ in case.checks):
            policy = ["-p", case.policy] if case.policy else []
            result = self.replay(case, "--inventory", *policy)
            inventory = self.lines(case, "inventory", result, case.status)
        if events is None or inventory is None:
            return
        for kind, line, wanted, filters in case.checks:
            self.say(f"{case.name}: {line}", check(kind, wanted, filters, events, inventory))


def check_run(runner):
    """run.pcap is what make-run makes of the captures."""
    with tempfile.NamedTemporaryFile() as made:
        subprocess.run([sys.executable, os.path.join(HERE, "make-run"), made.name], check=True)
        with open(os.path.join(HERE, "run.pcap"), "rb") as kept:
            runner.say("run.pcap", None if kept.read() == made.read() else "make-run says other")


def main():
    jsonschema = import_jsonschema()
    with open(SCHEMA, encoding="utf-8") as file:
        schema = json.load(file)
    kind = jsonschema.validators.validator_for(schema)
    kind.check_schema(schema)
    runner = Runner(kind(schema, format_checker=jsonschema.FormatChecker()))
    paths = sorted(glob.glob(os.path.join(HERE, "cases", "*.case")))
    parts = sys.argv[1:]
    for path in paths:
        if parts and not any(part in path for part in parts):
            continue
        try:
            runner.run(path)
        except (CaseError, ValueError, IndexError) as error:
            runner.say(os.path.basename(path), repr(error))
        except subprocess.TimeoutExpired as error:
            runner.say(os.path.basename(path), f"{error}; the cases after it were not tried")
            break
    if not parts:
        check_run(runner)
    if not paths:
        runner.say("cases", "there are none")
    sys.exit(1 if runner.failed else 0)


if __name__ == "__main__":
    main()
