#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# test: limit=600
# test: alone
"""Real incidents: each story is played with real servers, and its recording is replayed.

usage: tests/incidents/test_incidents.py [OPTION ...] [PART-OF-A-NAME ...]

  --mirror plain|vxlan|erspan   what the mirror port carries (default: what the story says)
  --replay      only the recordings
  --record      keep what is played as the recording, and write the pages' output anew
  --pages       write the pages' output anew
  --keep FOLDER leave logs, events and packets there
  --jobs N      networks at the same time (4): they mostly wait

See tests/incidents/incident.py. Without root or network namespaces only recordings are replayed.
"""

import argparse
import concurrent.futures
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import traceback

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from incident import read_all_incidents  # noqa: E402
from harness import PROGRAM, TOP, Skip  # noqa: E402
from laboratory import Event  # noqa: E402
from network import MIRRORS  # noqa: E402

BLOCK = re.compile(r"```console\n\$ (?P<command>[^\n]*)\n(?P<output>.*?)```\n", re.S)


class Tally:
    def __init__(self):
        self.failed = 0

    def say(self, name, problem):
        self.failed += problem is not None
        print(f"ok {name}" if problem is None else f"not ok {name}: {problem[:1200]}", flush=True)


def live(incident, options, tally, mirror):
    how = "live" if mirror == "plain" else f"live {mirror}"
    if not incident.story:
        print(f"skip {incident.name} {how}: its servers are not in Debian; replayed only")
        return
    for what in getattr(incident.story, "PLAYED", ()):
        print(f"# {incident.name}: {what} is played from its documents, it is no real server")
    lacking = incident.lacking()
    if lacking:
        print(f"skip {incident.name} {how}: needs {', '.join(lacking)}", flush=True)
        return
    folder = tempfile.mkdtemp(prefix="swinc-", dir="/tmp")
    try:
        for line, problem in incident.play(folder, mirror, options.record):
            tally.say(f"{incident.name} {how}: {line}", problem)
    except Skip as why:
        print(f"skip {incident.name} {how}: {why}", flush=True)
    except Exception as error:  # pylint: disable=broad-except
        tally.say(f"{incident.name} {how}", traceback.format_exc(limit=-2) + repr(error))
    finally:
        if options.keep:
            shutil.copytree(folder, os.path.join(options.keep, incident.name), dirs_exist_ok=True,
                            ignore=lambda at, names: [n for n in names if not (
                                os.path.isdir(os.path.join(at, n)) or
                                os.path.isfile(os.path.join(at, n)))])
        shutil.rmtree(folder, ignore_errors=True)


def replay(incident, tally):
    if not os.path.exists(incident.recording):
        tally.say(f"{incident.name} replay", "there is no recording")
        return
    output = incident.replay(PROGRAM, "--json")
    again = incident.replay(PROGRAM, "--json")
    tally.say(f"{incident.name} replay: same bytes twice", None if output == again else "no")
    events = [Event(json.loads(line)) for line in output.splitlines()]
    for line, problem in incident.expected.problems(events, incident.changes(),
                                                    incident.first_answer()):
        tally.say(f"{incident.name} replay: {line}", problem)


def output_of(command):
    """Of a page's command, which is run in the top directory with the program under test."""
    environment = {**os.environ, "PATH": os.path.dirname(PROGRAM) + ":" + os.environ["PATH"]}
    words = command.replace("build/spanwatch", PROGRAM)
    return subprocess.run(["sh", "-c", words], cwd=TOP, env=environment, check=False, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=120).stdout


def identifier(incident):
    """Of the first incident that the recording has, or of its first exposure."""
    events = [json.loads(line) for line in incident.replay(PROGRAM, "--json").splitlines()]
    for kind in ("incident", "exposure"):
        for event in events:
            if event["event"]["action"] == kind + ".opened":
                return event["spanwatch"][kind]["id"]
    raise AssertionError("nothing is opened")


def page(incident, tally, write):
    """The page shows what the sensor really says of the recording."""
    path = os.path.join(incident.folder, "README.md")
    with open(path, encoding="utf-8") as file:
        text = file.read()
    blocks = list(BLOCK.finditer(text))
    if write:
        def renew(match):
            command = re.sub(r"(?<=tools/receipt )(INCIDENT|EXPOSURE|[0-9a-f]{16})",
                             identifier(incident), match["command"])
            return f"```console\n$ {command}\n{output_of(command)}```\n"

        made = BLOCK.sub(renew, text)
        with open(path, "w", encoding="utf-8") as file:
            file.write(made)
        return
    wrong = [b["command"] for b in blocks if output_of(b["command"]) != b["output"]]
    tally.say(f"{incident.name} page", "no command" if not blocks else
              f"shows other output than {wrong[0]}" if wrong else None)


def mirrors_of(incident, options):
    if options.replay or options.pages:
        return ()
    mirrors = getattr(incident.story, "MIRRORS", ("plain",))
    if options.record:
        return mirrors[:1]
    return (options.mirror,) if options.mirror else mirrors


def of_its_own(incident, mirror, options, children):
    """One network by a process of its own, which can have no more than one; without a mirror the
    recording is replayed. Returns the status."""
    words = [sys.executable, os.path.abspath(__file__), "--exactly", "--jobs", "1", incident.name]
    words += ["--live", "--mirror", mirror] if mirror else ["--replay"]
    words += ["--keep", options.keep] if options.keep else []
    child = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    children.append(child)
    print(child.communicate()[0], end="", flush=True)
    return child.returncode


def side_by_side(incidents, options):
    """The worst status of all."""
    children = []
    parts = [(i, mirror) for i in incidents for mirror in (*mirrors_of(i, options), None)]
    try:
        with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
            return max(pool.map(lambda part: of_its_own(*part, options, children), parts))
    finally:
        for child in children:
            if child.poll() is None:
                child.terminate()


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--mirror", choices=MIRRORS)
    parser.add_argument("--replay", action="store_true")
    parser.add_argument("--record", action="store_true")
    parser.add_argument("--pages", action="store_true")
    parser.add_argument("--keep")
    parser.add_argument("--jobs", type=int, default=4)
    for word in ("--exactly", "--live"):
        parser.add_argument(word, action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("parts", nargs="*")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    tally = Tally()
    incidents = [i for i in read_all_incidents() if not options.parts or
                 any(p == i.name or (p in i.name and not options.exactly) for p in options.parts)]
    if options.jobs > 1 and len(incidents) > 1 and not (options.record or options.pages):
        sys.exit(side_by_side(incidents, options))
    for incident in incidents:
        for mirror in mirrors_of(incident, options):
            live(incident, options, tally, mirror)
        if options.live:
            continue
        replay(incident, tally)
        page(incident, tally, options.record or options.pages)
    sys.exit(1 if tally.failed else 0)


if __name__ == "__main__":
    main()
