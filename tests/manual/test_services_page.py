#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""spanwatch-services(7) is what the program knows: each name of the page works in a policy, and each
name that the program tells is on the page. What is installed is what the table says."""

import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
from harness import GOLDEN, PROGRAM, TOP, Report, Skip  # noqa: E402

BUILD = os.environ.get("SPANWATCH_BUILD", os.path.join(TOP, "build"))
PAGE = os.path.join(BUILD, "spanwatch-services.7")
POLICY = """version: 1
site: test
zones: {{ inside: [10.0.0.0/8] }}
rules:
  - {{ name: all, services: [{names}], internal-only: true, severity: low }}
"""


def page():
    with open(PAGE, encoding="utf-8") as file:
        return file.read()


def names():
    return re.findall(r"^\.It Sy (\S+)$", page(), re.M)


def policy_accepts(words):
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        file.write(POLICY.format(names=", ".join(words)))
        file.flush()
        result = subprocess.run([PROGRAM, "-n", "-p", file.name], check=False,
                                capture_output=True, text=True)
    return result.returncode == 0


def test_page_has_the_services():
    found = names()
    assert len(found) > 150 and len(set(found)) == len(found), len(found)
    assert {"redis", "elasticsearch", "syslog", "imap", "snmp", "s3"} <= set(found)


def test_page_is_what_the_table_prints():
    prints = subprocess.run([os.path.join(BUILD, "services-page")], check=True,
                            stdout=subprocess.PIPE, text=True).stdout
    assert prints == page()


def test_every_name_works_in_a_policy():
    found = names()
    for at in range(0, len(found), 12):
        some = found[at:at + 12]
        assert policy_accepts(some), some
    assert not policy_accepts(["no-such-service"])


def test_every_name_of_the_sources_is_there():
    """Rows of services, as they are written in dissectors/ and in the list of nDPI's."""
    rows = set()
    for path in glob.glob(os.path.join(TOP, "dissectors/**/*.[ch]"), recursive=True):
        with open(path, encoding="utf-8") as file:
            text = file.read()
        rows |= set(re.findall(r"\.name = \"([a-z0-9-]+)\",\s+\.family", text))
        rows |= set(re.findall(r"^PRODUCT\([A-Z0-9_]+, \"([a-z0-9-]+)\"", text, re.M))
    assert len(rows) > 100
    assert rows <= set(names()), sorted(rows - set(names()))


def test_what_is_recognised_is_on_the_page():
    captures = os.path.join(GOLDEN, "captures")
    lines = subprocess.run([PROGRAM, "-q", "-r", captures, "--inventory"], check=True,
                           stdout=subprocess.PIPE, text=True).stdout
    told = set(re.findall(r'"protocol":"([^"]+)"', lines))
    assert len(told) > 15 and told <= set(names()), told


def test_each_own_service_says_how_and_what():
    own = page().split(".Sh SERVICES TOLD BY NDPI")[0]
    for entry in re.split(r"^\.It Sy ", own, flags=re.M)[1:]:
        assert re.search(r"^Recognised over .+ by .+\.$", entry, re.M), entry
        assert re.search(r"^Read: .+\.$", entry, re.M), entry


def test_page_is_clean():
    if not shutil.which("mandoc"):
        raise Skip("no mandoc")
    result = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", PAGE], check=False,
                            capture_output=True, text=True)
    assert result.returncode == 0, result.stdout


def test_install_brings_it():
    with tempfile.TemporaryDirectory() as root:
        subprocess.run(["make", "-s", "-C", TOP, f"B={BUILD}", f"DESTDIR={root}", "PREFIX=/usr",
                        "install"], check=True, stdout=subprocess.DEVNULL)
        path = os.path.join(root, "usr/share/man/man7/spanwatch-services.7")
        with open(path, encoding="utf-8") as file:
            assert file.read() == page()


def test_manuals_refer_to_it():
    with open(os.path.join(TOP, "sensor/run/spanwatch.8"), encoding="utf-8") as file:
        assert ".Xr spanwatch-services 7" in file.read()


if __name__ == "__main__":
    REPORT = Report()
    REPORT.run([value for name, value in list(globals().items()) if name.startswith("test_")],
               sys.argv[1:])
    sys.exit(REPORT.status())
