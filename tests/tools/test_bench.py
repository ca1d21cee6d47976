#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# test: limit=120
"""The commands of spanwatch-benchmarks(7) work, from captures to the page; no figure is judged."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
from harness import TOP, Report  # noqa: E402

SCRATCH = tempfile.mkdtemp(prefix="swbn-")
RESULTS, GROWN = os.path.join(SCRATCH, "results.json"), os.path.join(SCRATCH, "growth.json")
PAGE = "tools/spanwatch-benchmarks.7"


def bench(*words, status=0):
    command = [os.path.join(TOP, "tools/bench"), *words, "--build", os.environ["SPANWATCH_BUILD"]]
    result = subprocess.run(command, cwd=TOP, check=False, capture_output=True, text=True,
                            timeout=100)
    assert result.returncode == status, f"{result.returncode}: {result.stdout}{result.stderr}"
    return result.stdout


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def test_run():
    said = bench("run", "--smoke", "--programs", "null loop,spanwatch", "--json", RESULTS, "--svg",
                 os.path.join(SCRATCH, "results.svg"))
    results = json.loads(read(RESULTS))
    assert set(results["mixes"]) == {"realistic", "elephants", "syn-flood", "answered-scan",
                                     "short-sessions", "ipv6", "vxlan"}
    for name, mix in results["mixes"].items():
        assert mix["packets"] == 20000 and name in said
        for program in ("null loop", "spanwatch"):
            assert mix["programs"][program]["cpu_s"][0] > 0, (name, mix)
        assert mix["stages"]["read"]["cpu_ns"][0] > 0
        assert mix["stages"]["output"]["packets"] == 20000
    xml.etree.ElementTree.parse(os.path.join(SCRATCH, "results.svg"))
    assert "times the empty libpcap loop" in said


# Further stages let packets get further: what each of them counts shows which ran.
def test_stages():
    stages = json.loads(read(RESULTS))["mixes"]["realistic"]["stages"]
    assert stages["zones"]["matter"] == 0 < stages["sight"]["matter"]
    assert stages["copies"]["flows"] == 0 < stages["flow"]["flows"] == stages["output"]["flows"]
    assert stages["stream"]["observations"] < stages["session"]["observations"]
    assert stages["session"]["events"] == 0 < stages["engine"]["events"]
    assert stages["engine"]["events"] == stages["output"]["events"]


def test_stage_must_be_named():
    program = os.path.join(os.environ["SPANWATCH_BUILD"], "bench-stages")
    result = subprocess.run([program, "-r", "tests/golden/run.pcap", "-p", "policy/example.yaml"],
                            cwd=TOP, check=False, capture_output=True, text=True, timeout=60)
    assert result.returncode == 2 and "SPANWATCH_STAGE is one of" in result.stderr, result


def test_growth():
    said = bench("growth", "--smoke", "--json", GROWN, "--svg",
                 os.path.join(SCRATCH, "growth.svg"))
    curves = {curve["name"]: curve for curve in json.loads(read(GROWN))["curves"]}
    assert set(curves) == {"flows", "prefixes", "rules", "exposures", "workers"}
    assert [point["n"] for point in curves["flows"]["points"]] == [1000, 10000]
    assert all(name in said for name in curves)
    xml.etree.ElementTree.parse(os.path.join(SCRATCH, "growth.svg"))
    bench("growth", "--smoke", "--only", "nothing", status=1)


def test_page():
    bench("page", "--json", RESULTS, "--into", SCRATCH)
    text, before = read(os.path.join(SCRATCH, PAGE)), read(os.path.join(TOP, PAGE))
    results = json.loads(read(RESULTS))
    for mix in results["mixes"].values():
        assert f"{mix['packets']} packets" in text
    assert "capture" in text and text.count("begins: written by") == before.count(
        "begins: written by")
    readme = read(os.path.join(SCRATCH, "README.md"))
    assert "| realistic mix, a third of it matters |" in readme
    if subprocess.run(["which", "mandoc"], check=False, stdout=subprocess.DEVNULL).returncode == 0:
        subprocess.run(["mandoc", "-T", "lint", "-W", "warning", os.path.join(SCRATCH, PAGE)],
                       check=True)
    for name in ("tools/benchmarks.svg", "tools/benchmarks-growth.svg"):
        xml.etree.ElementTree.parse(os.path.join(SCRATCH, name))


def test_ports():
    said = bench("ports", "--json", RESULTS)
    assert "Mpacket/s" in said and "simulated" in said and "syn-flood" in said


if __name__ == "__main__":
    REPORT = Report()
    REPORT.run([value for name, value in list(globals().items()) if name.startswith("test_")],
               sys.argv[1:])
    shutil.rmtree(SCRATCH, ignore_errors=True)
    sys.exit(REPORT.status())
