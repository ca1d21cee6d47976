#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""spanwatch-trust(7) names what stands behind each promise: all of it must be there."""

import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
from harness import TOP, Report  # noqa: E402

PAGE = os.path.join(TOP, "sensor/engine/spanwatch-trust.7")


def text_of(path):
    with open(os.path.join(TOP, path), encoding="utf-8") as file:
        return file.read()


def test_every_path_is_there():
    paths = re.findall(r"\b(?:tests|dissectors|sensor)/[\w/.-]*\w", text_of(PAGE))
    assert len(paths) > 15
    for path in paths:
        assert os.path.exists(os.path.join(TOP, path)), path


def test_figures_that_the_sources_have():
    page = re.sub(r"\s+", " ", text_of(PAGE))
    sys.path.insert(0, os.path.join(TOP, "tests/evasion"))
    from tricks import TRICKS
    assert f"replays {len(TRICKS)} tricks" in page, len(TRICKS)
    asked = re.search(r"#define WORKER_ASKED\s+(\d+)", text_of("sensor/worker/worker_state.h"))
    assert f"set of {int(asked.group(1)):,} conversations" in page
    readers = text_of("dissectors/read/datagram_direction.c").split("readers[] = {")[1].split("};")[0]
    names = set(re.findall(r"\}, (\w+)\}", readers))
    assert f"{len(names)} protocols" in page, len(names)


def test_options_and_words_exist():
    events, policy = (text_of("sensor/event/spanwatch-events.7"),
                      text_of("policy/spanwatch-policy.5"))
    assert "CLOSING" in events and "tunnels" in policy
    for word in ("merged", "closing", "contradicted", "identification_starved", "untested"):
        assert word in text_of(PAGE)
        assert word in events + text_of("sensor/run/spanwatch.8"), word


if __name__ == "__main__":
    REPORT = Report()
    REPORT.run([value for name, value in list(globals().items()) if name.startswith("test_")],
               sys.argv[1:])
    sys.exit(REPORT.status())
