#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Checks spanwatch's JSON lines against sensor/event/event.schema.json.

usage: tests/events/validate.py [--many] [FILE ...]      (standard input without a FILE)

Prints one line for each wrong event, and how many were good. Beyond the schema: no key twice in an
object; sequences rise by one within a FILE (unless --many: lines of several runs). Status: 0 all
good, 1 something is wrong, or there was no event at all, 77 no jsonschema module. Usable from other tests: `from validate import Checker`.
"""

import json
import os
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SCHEMA = os.path.join(TOP, "sensor", "event", "event.schema.json")


def unique(pairs):
    keys = [key for key, _ in pairs]
    if len(keys) != len(set(keys)):
        raise ValueError("a key twice in one object")
    return dict(pairs)


class Checker:
    """Checks lines of one run; `errors` holds (line number, message)."""

    def __init__(self, consecutive=True):
        import jsonschema  # pylint: disable=import-outside-toplevel

        with open(SCHEMA, encoding="utf-8") as file:
            schema = json.load(file)
        jsonschema.Draft202012Validator.check_schema(schema)
        self.validator = jsonschema.Draft202012Validator(schema)
        self.consecutive = consecutive
        self.lines = 0
        self.last = None
        self.errors = []

    def check(self, line):
        """Returns the event, or None if the line is wrong."""
        self.lines += 1
        before = len(self.errors)
        try:
            event = json.loads(line, object_pairs_hook=unique)
        except ValueError as error:
            self.errors.append((self.lines, str(error)))
            return None
        for error in self.validator.iter_errors(event):
            path = ".".join(str(part) for part in error.absolute_path)
            self.errors.append((self.lines, f"{path or 'event'}: {error.message}"))
        if len(self.errors) == before:
            self.check_sequence(event["event"]["sequence"])
        return event if len(self.errors) == before else None

    def check_sequence(self, sequence):
        if self.consecutive and self.last is not None and sequence != self.last + 1:
            self.errors.append((self.lines, f"sequence {sequence} follows {self.last}"))
        self.last = sequence


def main(arguments):
    many = "--many" in arguments
    paths = [argument for argument in arguments if argument != "--many"] or ["-"]
    good = bad = 0
    for path in paths:
        try:
            checker = Checker(consecutive=not many)
        except ImportError:
            print("validate: no module jsonschema", file=sys.stderr)
            return 77
        source = sys.stdin.buffer if path == "-" else open(path, "rb")
        with source as lines:
            for line in lines:
                good += checker.check(line) is not None
        for number, message in checker.errors:
            print(f"{path}:{number}: {message[:300]}")
        bad += len(checker.errors)
    print(f"{good} good, {bad} errors")
    return 1 if bad or not good else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
