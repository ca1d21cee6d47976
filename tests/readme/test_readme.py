#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# test: limit=120
"""What the README shows is what happens.

Each ```console block is run: a line that begins with "$ " is a command, in a shell, in the top
directory, with build/spanwatch standing for the program under test; the lines after it are its
output, to the letter, where "..." alone on a line stands for any lines. The policy that the README
shows must be good, the files that it links to must exist, its keys and words must be those of the
man pages and of the program.
"""

import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
from harness import PROGRAM, TOP, Report  # noqa: E402


def readme():
    with open(os.path.join(TOP, "README.md"), encoding="utf-8") as file:
        return file.read()


def blocks(kind):
    return re.findall(rf"^```{kind}\n(.*?)^```$", readme(), re.M | re.S)


def page(path):
    with open(os.path.join(TOP, path), encoding="utf-8") as file:
        return file.read()


def commands(block):
    """(command, expected lines) for each "$ " of a console block."""
    found = []
    for line in block.splitlines():
        if line.startswith("$ "):
            found.append((line[2:], []))
        else:
            found[-1][1].append(line)
    return found


def matches(lines, wanted):
    """Do the lines agree, where "..." stands for any number of them?"""
    if not wanted:
        return not lines
    if wanted[0] == "...":
        return any(matches(lines[i:], wanted[1:]) for i in range(len(lines) + 1))
    return bool(lines) and lines[0] == wanted[0] and matches(lines[1:], wanted[1:])


def test_shows_real_output():
    count = 0
    os.makedirs(os.path.join(TOP, "build"), exist_ok=True)
    for block in blocks("console"):
        for command, wanted in commands(block):
            command = command.replace("build/spanwatch", PROGRAM)
            result = subprocess.run(command, shell=True, cwd=TOP, check=False, timeout=60,
                                    stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            lines = result.stdout.decode("utf-8", "replace").splitlines()
            assert matches(lines, wanted), f"{command}\n" + "\n".join(lines)
            count += 1
    assert count >= 3, f"only {count} commands in the README are run"


def test_policy_in_a_minute_is_good():
    for block in blocks("yaml"):
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            file.write(block)
            file.flush()
            result = subprocess.run([PROGRAM, "-n", "-p", file.name], check=False,
                                    capture_output=True, text=True)
            assert result.returncode == 0, result.stderr


def test_links_lead_somewhere():
    links = re.findall(r"\]\(([^)#]+)\)", readme())
    assert len(links) >= 8
    for link in links:
        assert os.path.exists(os.path.join(TOP, link)), f"no {link}"


def test_redis_keys_are_those_of_the_man_page():
    manual = page("sensor/redis/spanwatch-redis.7")
    keys = re.findall(r"[`…']spanwatch:\{[^}]*\}:([a-z]+)|`…:([a-z]+)", readme())
    names = {a or b for a, b in keys}
    assert {"events", "live", "exposure", "incident", "open", "sensor", "coverage"} <= names
    for name in names:
        assert re.search(rf"\b{name}\b", manual), f"{name} is not in spanwatch-redis(7)"


def test_levels_are_those_of_the_schema():
    schema = page("sensor/event/event.schema.json")
    rows = re.findall(r"^\| \d \| `([a-z-]+)` \|", readme(), re.M)
    assert len(rows) == 8
    for name in rows:
        assert f'"{name}"' in schema, f"{name} is not in the schema"


def test_rooms_are_those_of_the_list():
    """sensor/rooms is the list that `make lint` proves; the README shows the same."""
    rows = [line.split(None, 2) for line in page("sensor/rooms").splitlines()
            if line and line[0] != "#"]
    shown = readme().split("<!-- rooms begins -->")[1].split("<!-- rooms ends -->")[0]
    assert re.findall(r"^\| `sensor/([a-z]+)/` \| \[([a-z_]+\.h)\]\(.+?\) \| (.+) \|$", shown, re.M) == [
        (name, header, text.strip()) for name, header, text in rows]
    for name, header, _ in rows:
        assert f" * The room {name}/" in page(f"sensor/{name}/{header}"), header


def test_options_of_the_readme_exist():
    known = subprocess.run([PROGRAM, "--help"], check=True, capture_output=True, text=True).stdout
    for line in re.findall(r"^.*spanwatch -[-a-z].*$", readme(), re.M):
        for option in re.findall(r"(?<=\s)--[a-z-]+", line):
            assert option in known, option


def test_man_page_and_help_name_the_same_options():
    known = subprocess.run([PROGRAM, "--help"], check=True, capture_output=True, text=True).stdout
    manual = page("sensor/run/spanwatch.8")
    options = re.findall(r"^  (?:-\w,|   )\s+--([a-z-]+)", known, re.M)
    assert len(options) > 30
    for option in options:
        assert re.search(rf"\bFl -{option}\b", manual), f"--{option} is not in spanwatch(8)"
    for option in re.findall(r"\bFl -([a-z][a-z-]+)\b", manual):
        assert option in options, f"--{option} is in spanwatch(8) only"


def test_packages_of_the_readme_are_installed_by_bootstrap():
    packages = page("tools/packages")
    for library in ("libpcap", "libndpi", "libhiredis", "libevent", "libyaml", "libjansson",
                    "libsqlite3", "libhttp-parser", "libarchive", "libxxhash", "libcap-ng",
                    "libseccomp", "libcmocka"):
        assert f"\n{library}-dev" in packages, library


if __name__ == "__main__":
    REPORT = Report()
    REPORT.run([value for name, value in list(globals().items()) if name.startswith("test_")],
               sys.argv[1:])
    sys.exit(REPORT.status())
