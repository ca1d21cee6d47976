#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Every field of an event is where it must be: the schema, the man pages and the receipt say what
the rows of sensor/event/exposure_fields.h say. And the check can fail: with a copy of these files
from which one field was taken in one place, it does."""

import os
import re
import shutil
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TOOL = os.path.join(TOP, "tools", "event-fields")
HEADER = "sensor/event/exposure_fields.h"
SCHEMA = "sensor/event/event.schema.json"
EVENTS_PAGE = "sensor/event/spanwatch-events.7"
REDIS_PAGE = "sensor/redis/spanwatch-redis.7"
RECEIPT = "tools/receipt"
FILES = (HEADER, SCHEMA, EVENTS_PAGE, REDIS_PAGE, RECEIPT)

# (what was done, file, pattern, replacement)
DAMAGE = (
    ("a row is gone", HEADER, r'\tX\(owner, .*?"\) *\\\n', ""),
    ("a row is new", HEADER, r"(#define ZONE_FIELDS\(X\) *\\\n)",
     r'\1\tX(mood, mood, TEXT, ZONE, 0, SELDOM, "", "mood", "Its mood.") \\' + "\n"),
    ("a row merges otherwise", HEADER, r"47, TOTAL", "47, HIGHEST"),
    ("a row has another type", HEADER, r"messages, SOME,", "messages, COUNT,"),
    ("another field is new", HEADER, r"\tX\(kind, EACH\)", r"\tX(kind, EACH) X(mood, SELDOM)"),
    ("not in the schema", SCHEMA, r'\t*"users_tried": \{[^}]*\},\n', ""),
    ("unknown in the schema", SCHEMA, r'("users_tried": )', r'"mood": {"$ref": "#/$defs/text"}, \1'),
    ("another type in the schema", SCHEMA, r'("users_tried": .*\n.*defs/)count', r"\1text"),
    ("not in spanwatch-events(7)", EVENTS_PAGE, r"\.It Cm users_tried\n.*\n", ""),
    ("not in spanwatch-redis(7)", REDIS_PAGE, r" wall_was ,", ""),
    ("another field not there", REDIS_PAGE, r" conn_state ,", ""),
    ("merged otherwise there", REDIS_PAGE, r"(\.It Cm .*)users_tried , ", r"\1"),
    ("not in the receipt", RECEIPT, r'"users_tried", ', ""),
)


def check(top):
    return subprocess.run([sys.executable, TOOL, "--check", "--top", top], capture_output=True,
                          text=True, check=False)


def damaged(directory, path, pattern, replacement):
    """Status of the check with this one thing changed."""
    for name in FILES:
        os.makedirs(os.path.dirname(os.path.join(directory, name)), exist_ok=True)
        shutil.copy(os.path.join(TOP, name), os.path.join(directory, name))
    with open(os.path.join(directory, path), encoding="utf-8") as file:
        text = file.read()
    changed = re.sub(pattern, replacement, text, count=1, flags=0 if "\\n.*" in pattern else re.S)
    if changed == text:
        return None
    with open(os.path.join(directory, path), "w", encoding="utf-8") as file:
        file.write(changed)
    return check(directory).returncode


def main():
    result = check(TOP)
    if result.returncode == 0:
        print("ok every field is everywhere")
    else:
        print(result.stdout + result.stderr)
        print("not ok every field is everywhere")
    with tempfile.TemporaryDirectory() as directory:
        for what, *damage in DAMAGE:
            status = damaged(directory, *damage)
            print(("ok " if status == 1 else "not ok ") + "is noticed: " + what
                  + ("" if status is not None else " (nothing was changed)"))


if __name__ == "__main__":
    main()
