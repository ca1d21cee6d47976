#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Events fit what others have agreed on: each field outside of `spanwatch` is one of ECS 8.11 with its
type (tests/events/ecs-8.11.0.json: the fields that we use, their types and the types that each
category expects, from generated/ecs/ecs_flat.yml of https://github.com/elastic/ecs, tag v8.11.0); and
tools/siem/ocsf.jq makes OCSF 1.2 Detection Findings of them. The alerts for Prometheus name metrics
that there are."""

import glob
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
from harness import GOLDEN, PROGRAM, TOP, Report, Skip  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
# Elastic's own network sensors have it beside ja3; ECS has not got it yet.
NOT_ECS = {"tls.client.ja4"}
CAPTURES = ["run.pcap"] + ["captures/" + name for name in (
    "encap-3-vlan-tags.pcap.gz", "openssl-tls12-pg.pcap", "real-haproxy-forwardfor.pcap",
    "real-azurite-blob-tls-anonymous-list.pcap", "real-mariadb-tls-auth-ok.pcap",
    "real-postgresql-open-unauth.pcap", "scn-lb-send-proxy.pcap",
    "real-nginx-basic-auth-ok.pcap", "real-haproxy-stats.pcap")]
POLICY = """version: 1
site: test
zones: {inside: [10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, fd00::/8, "2001:db8:10::/48"]}
groups: {all: {hosts: [10.0.0.0/8, 172.16.0.0/12], owner: us, runbook: "https://wiki.example/x"}}
rules: [{name: r1, groups: [all], internal-only: true, severity: high}]
"""
MEMORY = {}


def events():
    if "events" not in MEMORY:
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as policy:
            policy.write(POLICY)
            policy.flush()
            MEMORY["text"] = b"".join(subprocess.run(
                [PROGRAM, "-q", "--json", "-r", os.path.join(GOLDEN, name), "-p", policy.name],
                check=True, capture_output=True).stdout for name in CAPTURES)
        MEMORY["events"] = [json.loads(line) for line in MEMORY["text"].splitlines()]
    return MEMORY["events"]


def flat(event, before=""):
    for key, value in event.items():
        if before + key == "spanwatch":
            continue
        if isinstance(value, dict):
            yield from flat(value, before + key + ".")
        else:
            yield before + key, value


def has_type(value, kind):
    if kind == "long":
        return isinstance(value, int) and not isinstance(value, bool)
    if kind == "ip":
        return isinstance(value, str) and re.fullmatch(r"[0-9a-f:.]+", value) is not None
    if kind == "date":
        return isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z", value) is not None
    return isinstance(value, str)


def complaints(found, ecs):
    wrong = set()
    for event in found:
        for name, value in flat(event):
            if name in NOT_ECS:
                continue
            kind = ecs["fields"].get(name)
            if kind is None:
                wrong.add(f"{name} is not known")
                continue
            kind, _, many = kind.partition(" ")
            if isinstance(value, list) != bool(many):
                wrong.add(f"{name}: {value}")
            for one in value if isinstance(value, list) else [value]:
                if not has_type(one, kind):
                    wrong.add(f"{name}: {one!r} is no {kind}")
    return wrong


def test_fields_are_those_of_ecs():
    with open(os.path.join(HERE, "ecs-8.11.0.json"), encoding="ascii") as file:
        ecs = json.load(file)
    found = events()
    assert len(found) > 60 and not complaints(found, ecs), complaints(found, ecs)
    seen = {name for event in found for name, _ in flat(event)}
    for name in ("message", "event.duration", "rule.id", "rule.ruleset", "rule.reference", "url.port",
                 "related.ip", "related.hosts", "related.user", "observer.ingress.zone",
                 "observer.ingress.vlan.id"):
        assert name in seen, name
    assert set(ecs["fields"]) - seen <= {"observer.ingress.interface.name",
                                         "observer.ingress.interface.alias", "network.forwarded_ip"}, \
        set(ecs["fields"]) - seen
    # And it can fail.
    broken = json.loads(json.dumps(found[0]))
    broken["event"]["mood"], broken["related"]["ip"], broken["url"] = "good", "1.2.3.4", {"port": "80"}
    assert len(complaints([broken], ecs)) == 3


def test_what_is_related_is_all_of_it():
    for event in events():
        wanted = {event[end][key] for end in ("source", "client", "destination", "server")
                  if end in event for key in ("ip", "address") if key in event[end]}
        own = event["spanwatch"]
        if "claimed_client" in own:
            wanted.add(own["claimed_client"]["ip"])
        for member in own.get("incident", {}).get("members", []):
            wanted.add(member["ip"])
        said = event.get("related", {}).get("ip", [])
        assert set(said) == wanted and len(set(said)) == len(said), event
        domain = event.get("url", {}).get("domain") or \
            event.get("tls", {}).get("client", {}).get("server_name")
        assert event.get("related", {}).get("hosts", []) == ([domain] if domain else []), event
        assert event["message"] == event["event"]["reason"]
        assert not re.search(r":\d+$", (domain or "").rpartition("]")[2] if domain else ""), domain


def test_every_kind_has_types_that_its_categories_expect():
    with open(os.path.join(HERE, "ecs-8.11.0.json"), encoding="ascii") as file:
        ecs = json.load(file)
    with open(os.path.join(TOP, "sensor/event/event_json.c"), encoding="utf-8") as file:
        rows = re.findall(r"\[(EVENT_\w+)\] = \{\{(.*?)\}, \{(.*?)\}\}", file.read(), re.S)
    assert len(rows) >= 16
    for kind, *words in rows:
        categories, types = (re.findall(r'"(\w+)"', w) for w in words)
        for one in types:
            assert any(one in ecs["expected_types"][c] for c in categories), (kind, one)
        for category in categories:
            assert set(types) & set(ecs["expected_types"][category]), (kind, category)
    assert {e["event"]["kind"] for e in events()} <= set(ecs["kinds"])


def test_ocsf_detection_findings():
    if not shutil.which("jq"):
        raise Skip("no jq")
    found = events()
    done = subprocess.run(["jq", "-c", "-f", os.path.join(TOP, "tools/siem/ocsf.jq")], check=True,
                          input=MEMORY["text"], capture_output=True)
    findings = [json.loads(line) for line in done.stdout.splitlines()]
    about = [e for e in found if e["event"]["action"].split(".")[0] in ("exposure", "incident")]
    assert len(findings) == len(about) and len(about) > 50
    checked = subprocess.run(
        [os.environ.get("SPANWATCH_SCHEMA_PYTHON", "/usr/bin/python3"), "-c", """
import json, sys
try:
    import jsonschema
except ImportError:
    sys.exit(77)
schema = json.load(open(sys.argv[1]))
jsonschema.Draft202012Validator.check_schema(schema)
validator = jsonschema.Draft202012Validator(schema)
for line in sys.stdin:
    for error in validator.iter_errors(json.loads(line)):
        sys.exit(f"{list(error.path)}: {error.message}"[:500])
""", os.path.join(HERE, "ocsf-1.2.0-detection-finding.schema.json")], input=done.stdout,
        capture_output=True, check=False)
    if checked.returncode == 77:
        raise Skip("no jsonschema module")
    assert checked.returncode == 0, checked.stderr.decode()
    activities = {f["activity_id"]: f["metadata"]["event_code"] for f in findings}
    assert set(activities) == {1, 2, 3}, activities
    for finding, event in zip(findings, about):
        own = event["spanwatch"].get("exposure") or event["spanwatch"]["incident"]
        assert finding["finding_info"]["uid"] == own["id"]
        assert finding["type_uid"] == 200400 + finding["activity_id"]
        assert (finding["status_id"] == 4) == (own["state"] == "closed")
    first = findings[0]
    assert first["time"] == 1795252032416 and first["severity_id"] == 4, first


def metrics():
    """Every name that the program may write: rows of counters, and families beside them."""
    names = set()
    for path in [os.path.join(TOP, "sensor/base/counter_rows.h")] + \
            glob.glob(os.path.join(TOP, "sensor/health/metrics*.c")):
        with open(path, encoding="utf-8") as file:
            names.update(re.findall(r'"([a-z_0-9]+)(?:\{[^"]*)?"', file.read()))
    return names


def test_alert_rules():
    path = os.path.join(TOP, "tools/siem/prometheus-rules.yml")
    with open(path, encoding="utf-8") as file:
        text = file.read()
    used = set(re.findall(r"\bspanwatch_([a-z_0-9]+)", text))
    known = metrics()
    missing = {name for name in used
               if not {name, re.sub("_bucket$", "", name)} & known}
    assert len(used) >= 8 and not missing, missing
    assert text.count("- alert:") == text.count("summary:") >= 8
    if not shutil.which("promtool"):
        raise Skip("no promtool (Debian's package prometheus): only the names of metrics were checked")
    done = subprocess.run(["promtool", "check", "rules", path], check=False, capture_output=True,
                          text=True)
    assert done.returncode == 0, done


if __name__ == "__main__":
    REPORT = Report()
    REPORT.run([value for name, value in list(globals().items()) if name.startswith("test_")],
               sys.argv[1:])
    sys.exit(REPORT.status())
