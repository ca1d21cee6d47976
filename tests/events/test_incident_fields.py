#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Every figure of an incident is where it must be: what has a row in sensor/event/incident_fields.h
has a property of its type in the schema, is named in spanwatch-events(7), as a flat field and as a
field of the hash in spanwatch-redis(7), and is merged by the script in Redis. And the check can
fail: with the name taken from one of these, it does."""

import json
import os
import re

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
HEADER = "sensor/event/incident_fields.h"
SCHEMA = "sensor/event/event.schema.json"
EVENTS_PAGE = "sensor/event/spanwatch-events.7"
REDIS_PAGE = "sensor/redis/spanwatch-redis.7"
SCRIPT = "sensor/redis/apply_merge.lua"
TYPES = {"TIME": {"$ref": "#/$defs/time"}, "COUNT32": {"$ref": "#/$defs/count"},
         "FLAG": {"type": "boolean"}}


def texts():
    found = {}
    for path in (HEADER, SCHEMA, EVENTS_PAGE, REDIS_PAGE, SCRIPT):
        with open(os.path.join(TOP, path), encoding="utf-8") as file:
            found[path] = file.read()
    return found


def rows(text):
    return re.findall(r"^\tX\((\w+), \w+, (\w+),", text, re.M)


def incident_of(page):
    """The part of spanwatch-events(7) on spanwatch.incident, up to the next item of that list."""
    return re.split(r"^\.It Cm spanwatch\.", page.split(".It Cm spanwatch.incident", 1)[1], maxsplit=1,
                    flags=re.M)[0]


def missing(found):
    """(row, file) of what is not there."""
    schema = json.loads(found[SCHEMA])["$defs"]["incident"]["properties"]
    events = incident_of(found[EVENTS_PAGE])
    for name, kind in rows(found[HEADER]):
        if schema.get(name) != TYPES[kind]:
            yield name, SCHEMA
        if not re.search(rf"\b{name}\b", events):
            yield name, EVENTS_PAGE
        for word in (name, "incident_" + name):
            if not re.search(rf"^\.(?:It )?(?:Cm|Li) .*\b{word}\b", found[REDIS_PAGE], re.M):
                yield word, REDIS_PAGE
        if f"event.incident_{name}" not in found[SCRIPT]:
            yield name, SCRIPT


def is_noticed(found, path, name):
    """Is it, when the name is taken from that file?"""
    damaged = dict(found)
    damaged[path] = re.sub(rf"\b(incident_)?{name}\b", "mood", damaged[path])
    return any(where == path for _, where in missing(damaged))


def main():
    found = texts()
    names = [name for name, _ in rows(found[HEADER])]
    lost = [f"{name} is not in {path}" for name, path in missing(found)]
    print(("ok " if names and not lost else "not ok ") + "every figure is everywhere: "
          + ("; ".join(lost) or f"{len(names)} of them"))
    for path in (SCHEMA, EVENTS_PAGE, REDIS_PAGE, SCRIPT):
        noticed = all(is_noticed(found, path, name) for name in names)
        print(("ok " if noticed else "not ok ") + f"is noticed: not in {path}")


if __name__ == "__main__":
    main()
