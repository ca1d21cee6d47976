#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# test: limit=240
"""spanwatch-policy: what it says of policies, and that it cannot disagree with the sensor.

usage: tests/tools/test_policy_tool.py
"""

import ipaddress
import json
import os
import random
import shutil
import struct
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
from harness import GOLDEN, PROGRAM, TOP, Report, Skip  # noqa: E402

TOOL = os.path.join(os.path.dirname(PROGRAM), "spanwatch-policy")
EXAMPLE = os.path.join(TOP, "policy/example.yaml")
RUN = os.path.join(GOLDEN, "run.pcap")
SCRATCH = tempfile.mkdtemp(prefix="swpt-")
CONNECTIONS = 100_000


def tool(*words, status=0, stdin=None):
    result = subprocess.run([TOOL, *words], input=stdin, capture_output=True, check=False,
                            timeout=120, text=True)
    assert result.returncode == status, f"{result.returncode}: {result.stderr or result.stdout}"
    return result.stdout + result.stderr


def file(name, text):
    path = os.path.join(SCRATCH, name)
    with open(path, "w", encoding="utf-8") as out:
        out.write(text if isinstance(text, str) else json.dumps(text))
    return path


POLICY = """\
version: 1
zones:
  inside: [10.0.0.0/8]
  partners: [198.51.100.0/24]
groups:
  logs: { hosts: [10.20.0.0/24], owner: platform, runbook: "https://runbooks.example/logs" }
rules:
  - { name: logs-internal, groups: [logs], internal-only: true, severity: critical }
  - { name: data-internal, services: [redis], internal-only: true, allow: [partners], severity: high }
"""

ADVICE = (
    # what is put in, what is said
    ("  - { rule: logs-internal, server: 10.20.0.1, client: 203.0.113.1, reason: r, owner: o,"
     " until: 2020-01-01 }", "ended on 2020-01-01"),
    ("  - { rule: logs-internal, server: 10.20.0.1, client: 0.0.0.0/0, reason: r, owner: o,"
     " until: 2400-01-01 }", "0.0.0.0/0 is everybody"),
    ("  - { rule: logs-internal, server: 10.20.0.1, client: 203.0.113.1, reason: r, owner: o,"
     " until: 2400-01-01 }", 'rule "data-internal" (line 9) still forbids it'),
)


def test_check_says_what_is_hardly_meant():
    for i, (exception, said) in enumerate(ADVICE):
        path = file(f"advice{i}.yaml", POLICY + "exceptions:\n" + exception + "\n")
        assert said in tool("check", path), tool("check", path)
        tool("check", "--strict", path, status=1)
        answer = json.loads(tool("check", "--json", path))
        assert answer["warnings"] and answer["files"][0]["messages"][0]["line"], answer
    lonely = file("lonely.yaml", POLICY.replace("[logs], int", "[nobody], int")
                  .replace("rules:", "  nobody: { hosts: [203.0.113.0/24] }\nproxies: [192.0.2.1]\n"
                           "rules:").replace("allow: [partners], ", ""))
    said = tool("check", lonely)
    for word in ('no rule names group "logs"', 'no host of group "nobody" is in any zone',
                 "the proxy 192.0.2.1 is neither inside nor in a group",
                 'no rule allows zone "partners"'):
        assert word in said, (word, said)
    assert "nothing will be found" in tool("check", file("none.yaml", POLICY.split("rules:")[0]))


def test_check_is_quiet_about_what_is_well():
    two = POLICY.replace("allow: [partners], ", "allow: [partners], ports: [6379], ")
    assert tool("check", "--strict", file("good.yaml", two), EXAMPLE).startswith("0 errors, 0 warn")


def test_errors_suggest_what_was_meant():
    for wrong, said in (("[mongo]", "mongodb"), ("[elastic]", "elasticsearch"),
                        ("[https]", '"http", and "tls"'), ("[rediss]", '"redis"'),
                        ("[postgres]", "postgresql")):
        path = file("wrong.yaml", POLICY.replace("[redis]", wrong))
        assert said in tool("check", path, status=2), (wrong, tool("check", path, status=2))
    path = file("wrong.yaml", POLICY.replace("critical", "urgent"))
    assert "info, low, medium, high, critical" in tool("check", path, status=2)
    path = file("wrong.yaml", POLICY.replace("10.20.0.0/24", "10.20.0.0/255.255.255.0"))
    assert "did you mean /24?" in tool("check", path, status=2)
    path = file("wrong.yaml", POLICY.replace("hosts: [10.20.0.0/24]", "hosts:"))
    assert "IPv6" not in tool("check", path, status=2)


def test_explain_names_the_line_that_decides():
    path = file("explain.yaml", POLICY)
    said = tool("explain", "-p", path, "203.0.113.9", "10.20.0.5:6379", "redis", status=1)
    for word in ("forbidden", "logs-internal, " + path + ":8", "owner platform",
                 "runbook    https://runbooks.example/logs", "data-internal: forbids it, high"):
        assert word in said, (word, said)
    said = tool("explain", "-p", path, "198.51.100.9", "10.21.0.5:6379", "redis")
    assert said.startswith("allowed") and "allows the client's zone" in said, said
    assert "the client is inside" in tool("explain", "-p", path, "10.1.1.1", "10.20.0.5:53/udp")
    assert "not ours" in tool("explain", "-p", path, "10.1.1.1", "[2001:db8::1]:53")
    for words in (("-p", path, "x", "10.1.1.1:1"), ("-p", path, "10.1.1.1", "10.1.1.1"),
                  ("-p", path, "10.1.1.1", "10.1.1.1:1/ipx"), ("10.1.1.1", "10.1.1.1:1"),
                  ("-p", path, "10.1.1.1", "10.1.1.1:1", "redi")):
        tool("explain", *words, status=2)


def test_list_knows_the_words():
    services = tool("list", "services")
    assert "\nredis " in services and "also" in services
    assert "database\n" in tool("list", "families") and "critical" in tool("list", "severities")
    assert "logs-internal" in tool("list", file("list.yaml", POLICY))


def test_diff_in_words_and_in_findings():
    with open(EXAMPLE, encoding="utf-8") as source:
        text = source.read()
    assert "say the same" in tool("diff", EXAMPLE, file("same.yaml", text + "# a comment\n"))
    new = file("new.yaml", text.replace("10.20.0.0/24", "10.22.0.0/24")
               .replace("services: [database]", "services: [backup]"))
    said = tool("diff", EXAMPLE, new, "-r", RUN, status=1)
    for word in ("~ group logging", "- hosts: 10.20.0.0/24", "+ hosts: 10.22.0.0/24",
                 "no finding any more: 10.20.0.1", "findings: 4 before"):
        assert word in said, (word, said)
    assert "findings: 4 before, 4 after, 0 differ" in tool("diff", EXAMPLE, EXAMPLE, "-r", RUN)


def test_export_is_read_by_those_whom_it_is_for():
    result = subprocess.run([PROGRAM, "-q", "-r", RUN, "-p", EXAMPLE, "-f",
                             tool("export", "bpf", EXAMPLE).strip()], check=False,
                            capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    targets = json.loads(tool("export", "prometheus", EXAMPLE))
    assert "[2001:db8:10:50::5]:6379" in targets[-1]["targets"], targets
    assert targets[-1]["labels"] == {"group": "dashboards", "owner": "network"}, targets
    sets = tool("export", "nftables", EXAMPLE)
    assert "set mail_backends_v6" in sets
    if shutil.which("nft") and os.geteuid() == 0:
        done = subprocess.run(["nft", "-c", "-f", "-"], input=sets, text=True, check=False,
                              capture_output=True)
        assert done.returncode == 0 or "not permitted" in done.stderr.lower() or \
            "Protocol not supported" in done.stderr, done.stderr


def test_a_draft_is_a_policy_that_finds_the_same():
    draft = tool("draft", "-r", RUN)
    path = file("draft.yaml", draft)
    tool("check", "--strict", path)
    assert "answered 0 inside, 3 OUTSIDE" in draft, draft
    events = subprocess.run([PROGRAM, "-q", "--json", "-r", RUN, "-p", path], check=True,
                            capture_output=True, text=True).stdout
    found = {(e["server"]["ip"], e["server"]["port"]) for e in map(json.loads, events.splitlines())
             if e["event"]["action"] == "exposure.opened" and
             not e["spanwatch"]["exposure"]["unlisted"]}
    assert found == {("10.20.0.11", 9200), ("10.20.0.12", 6379), ("10.20.0.13", 601),
                     ("10.21.0.5", 143)}, found
    inventory = subprocess.run([PROGRAM, "-q", "--inventory", "-r", RUN], check=True,
                               capture_output=True, text=True).stdout
    assert tool("draft", "-", stdin=inventory) == draft
    tool("draft", "-", stdin="no json\n", status=3)


HOSTILE = 'log1"\n- { evil: "\\\x1b[2J'
AWS = {"SecurityGroups": [
    {"GroupId": "sg-1", "GroupName": "logging", "Tags": [{"Key": "Owner", "Value": HOSTILE}],
     "IpPermissions": [{"IpProtocol": "tcp", "FromPort": 9200, "ToPort": 9300,
                        "IpRanges": [{"CidrIp": "10.0.0.0/8"}], "Ipv6Ranges": [],
                        "UserIdGroupPairs": [{"GroupId": "sg-2"}], "PrefixListIds": []}]}]}
INSTANCES = {"Reservations": [{"Instances": [
    {"InstanceId": "i-1", "State": {"Name": "running"},
     "Tags": [{"Key": "Name", "Value": HOSTILE}],
     "NetworkInterfaces": [{
         "PrivateIpAddresses": [{"PrivateIpAddress": "10.20.0.12",
                                 "Association": {"PublicIp": "203.0.113.10"}}],
         "Ipv6Addresses": [{"Ipv6Address": "2001:db8:10:20::12"}],
         "Groups": [{"GroupId": "sg-1", "GroupName": "logging"}]}]},
    {"InstanceId": "i-2", "State": {"Name": "terminated"}, "PrivateIpAddress": "10.20.0.13",
     "SecurityGroups": [{"GroupId": "sg-1"}]}]}]}
AZURE = [
    {"name": "db", "id": "/x/networkSecurityGroups/db", "tags": {"owner": "dba"},
     "securityRules": [
         {"access": "Deny", "direction": "Inbound", "priority": 100, "protocol": "*",
          "sourceAddressPrefix": "*", "destinationPortRange": "22"},
         {"access": "Allow", "direction": "Inbound", "priority": 200, "protocol": "Tcp",
          "sourceAddressPrefix": "Internet", "destinationPortRanges": ["22", "5432"],
          "destinationAddressPrefix": "*"}]},
    {"name": "nic1", "networkSecurityGroup": {"id": "/x/networkSecurityGroups/db"},
     "ipConfigurations": [{"privateIPAddress": "10.1.0.4"}]}]
GCP = [
    {"name": "allow-es", "direction": "INGRESS", "network": "https://x/networks/prod",
     "allowed": [{"IPProtocol": "tcp", "ports": ["9200", "9300-9400"]}],
     "sourceRanges": ["0.0.0.0/0"], "targetTags": ["es"]},
    {"name": "vm1", "labels": {"team": "search"}, "tags": {"items": ["es"]},
     "networkInterfaces": [{"networkIP": "10.2.0.7", "network": "https://x/networks/prod",
                            "accessConfigs": [{"natIP": "203.0.113.77"}]}]}]
NFTABLES = {"nftables": [
    {"metainfo": {"version": "1.0.6"}},
    {"set": {"family": "inet", "name": "cache", "table": "t", "type": "ipv4_addr",
             "elem": ["10.3.0.1", "10.3.0.2"]}},
    {"rule": {"family": "inet", "table": "t", "chain": "forward", "expr": [
        {"match": {"op": "==", "left": {"payload": {"protocol": "ip", "field": "daddr"}},
                   "right": "@cache"}},
        {"match": {"op": "==", "left": {"payload": {"protocol": "tcp", "field": "dport"}},
                   "right": {"set": [6379, {"range": [7000, 7005]}]}}},
        {"accept": None}]}}]}


def plan(cidr):
    module = {"root_module": {"resources": [
        {"type": "aws_security_group", "name": "logs", "address": "aws_security_group.logs",
         "values": {"name": "logs", "id": "sg-9", "tags": {"Owner": "platform"}, "ingress": [
             {"from_port": 9200, "to_port": 9200, "protocol": "tcp", "cidr_blocks": [cidr]}]}}],
        "child_modules": [{"resources": [
            {"type": "aws_instance", "name": "log1",
             "values": {"private_ip": "10.9.0.1", "vpc_security_group_ids": ["sg-9"]}}]}]}}
    return module


def test_import_makes_policies():
    for form, documents, words in (
            ("aws", (AWS, INSTANCES), ("10.20.0.12", "public: 203.0.113.10", "sg-1",
                                       "logging: ports 9200-9300/tcp for 10.0.0.0/8", "for sg-2")),
            ("azure", (AZURE,), ("10.1.0.4", "owner: \"dba\"", "port 5432/tcp for 0.0.0.0/0")),
            ("gcp", (GCP,), ("10.2.0.7", "public: 203.0.113.77", "es: port 9200/tcp for 0.0.0.0/0",
                             "owner: \"search\"")),
            ("nftables", (NFTABLES,), ("10.3.0.2", "cache: 10.3.0.1/32, port 6379/tcp",
                                       "ports 7000-7005/tcp")),
            ("terraform", ({"planned_values": plan("0.0.0.0/0")},),
             ("10.9.0.1", "logs: port 9200/tcp for 0.0.0.0/0"))):
        paths = [file(f"{form}{i}.json", d) for i, d in enumerate(documents)]
        policy = tool("import", form, *paths)
        for word in words:
            assert word in policy, (form, word, policy)
        tool("check", file("imported.yaml", policy))
    azure = tool("import", "azure", file("a.json", AZURE))
    assert "port 22/tcp" not in azure, azure
    assert "10.20.0.13" not in tool("import", "aws", file("a.json", AWS), file("i.json", INSTANCES))


def test_import_reads_spreadsheets():
    own = file("own.csv", '\ufeffgroup,address,owner,name\nlogs,10.5.0.1,"pla;t""form",log 1\r\n'
               "logs,10.5.0.2,,\n\nbad,nonsense,,\n")
    policy = tool("import", "csv", own)
    assert 'owner: "pla;t\\"form"' in policy and "10.5.0.2" in policy and "1 lines were" in policy
    netbox = file("netbox.csv", "ID,IP Address,Status,Role,Tenant,DNS Name,NAT (Outside)\n"
                  "1,10.6.0.1/24,Active,VIP,search,es.example,203.0.113.6/32\n")
    policy = tool("import", "netbox", netbox)
    for word in ("VIP:", "10.6.0.1", 'owner: "search"', "public: 203.0.113.6"):
        assert word in policy, (word, policy)
    tool("check", file("imported.yaml", policy))
    assert "no column is called" in tool("import", "csv", file("x.csv", "a,b\n1,2\n"), status=3)
    assert "is not closed" in tool("import", "csv", file("x.csv", 'address\n"10.0.0.1\n'), status=3)
    assert "no JSON" in tool("import", "aws", own, status=3)
    assert "nothing of format" in tool("import", "gcp", file("a.json", AWS), status=3)
    assert "there are: aws" in tool("import", "openstack", own, status=2)


def after(aws):
    changed = json.loads(json.dumps(aws))
    changed["SecurityGroups"][0]["IpPermissions"][0]["IpRanges"] = [{"CidrIp": "0.0.0.0/0"}]
    return changed


def test_the_rehearsal_names_the_servers_that_a_change_opens():
    before = ("--before", file("b.json", AWS), "--before", file("i.json", INSTANCES))
    both = ("aws", file("a.json", after(AWS)), file("i.json", INSTANCES))
    said = tool("import", *before, *both, status=1)
    assert "+ 10.20.0.12 (" in said and ") ports 9200-9300/tcp for 0.0.0.0/0 (internet), by logging\n" \
        in said, said
    assert "1 opened, 1 of them for somebody outside; 0 closed" in said, said
    assert "\x1b" not in said
    said = tool("import", "-p", EXAMPLE, *before, *both, status=1)
    assert "rule logging-is-internal forbids it, critical" in said, said
    # The other way round something is closed, and nothing changes nothing.
    back = tool("import", "--before", both[1], "--before", both[2], "aws", before[1], before[3])
    assert back.endswith("0 opened, 0 of them for somebody outside; 1 closed\n"), back
    same = tool("import", *before, "aws", before[1], before[3])
    assert same.startswith("0 opened"), same
    # A plan knows both states.
    document = file("plan.json", {"prior_state": {"values": plan("10.0.0.0/8")},
                                  "planned_values": plan("0.0.0.0/0")})
    said = tool("import", "--before", document, "terraform", document, status=1)
    assert "+ 10.9.0.1 (log1) port 9200/tcp for 0.0.0.0/0 (internet), by logs" in said, said


def test_ten_thousand_instances():
    groups = [{"GroupId": f"sg-{g}", "GroupName": f"g{g}", "IpPermissions": [
        {"IpProtocol": "tcp", "FromPort": p, "ToPort": p, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}
        for p in range(100, 110)]} for g in range(200)]
    instances = [{"InstanceId": f"i-{n}", "PrivateIpAddress": str(ipaddress.ip_address(0x0a000001 + n)),
                  "SecurityGroups": [{"GroupId": f"sg-{n % 200}"}, {"GroupId": f"sg-{n % 199}"}]}
                 for n in range(10_000)]
    aws = {"SecurityGroups": groups}
    servers = file("many.json", {"Reservations": [{"Instances": instances}]})
    changed = json.loads(json.dumps(aws))
    changed["SecurityGroups"][7]["IpPermissions"][3]["IpRanges"] = [{"CidrIp": "0.0.0.0/0"}]
    said = tool("import", "--before", file("m1.json", aws), "--before", servers, "aws",
                file("m2.json", changed), servers, status=1)
    expected = sum(1 for n in range(10_000) if 7 in (n % 200, n % 199))
    assert f"{expected} opened, {expected} of them for somebody outside" in said, said[-200:]


# --- explain and the sensor --------------------------------------------------------------------

def random_prefix(chance, base, least):
    length = min(chance.randrange(least, 33), chance.randrange(least, 33), 28)
    address = int(ipaddress.ip_address(base)) | chance.getrandbits(32 - 8)
    return str(ipaddress.ip_network((address, length), strict=False))


def random_policy(chance):
    """Zones and groups that overlap, rules of every kind, exceptions; thresholds out of the way."""
    groups = [f"g{i}" for i in range(chance.randrange(1, 8))]
    lines = ["version: 1", "thresholds: { collapse-ports: 65535, collapse-endpoints: 65535,",
             "  collapse-client: 1000000, announcements-per-second: 1000000 }", "zones:",
             "  inside: [10.0.0.0/8]"]
    zones = [f"z{i}" for i in range(chance.randrange(0, 4))]
    lines += [f"  {z}: [{random_prefix(chance, '203.0.0.0', 9)}, 198.51.100.{i * 16}/28]"
              for i, z in enumerate(zones)]
    lines.append("groups:")
    for g in groups:
        hosts = ", ".join(sorted({random_prefix(chance, "10.0.0.0", 9) for _ in range(6)}))
        ports = chance.choice(["", f", ports: [{chance.randrange(1, 40)}-{chance.randrange(40, 90)}]",
                               ", ports: [1-50/udp, 7/tcp, 9, 11-13]"])
        lines.append(f"  {g}: {{ hosts: [{hosts}]{ports} }}")
    lines.append("rules:")
    rules = []
    for i in range(chance.choice([1, 1, 1, 2, 5, 9])):
        named = sorted(set(chance.choices(groups, k=chance.randrange(1, 3))))
        allow = [z for z in zones if chance.random() < 0.3]
        ports = chance.choice(["", "", f", ports: [{chance.randrange(1, 50)}-60]"])
        rules.append(f"r{i}")
        lines.append(f"  - {{ name: r{i}, groups: [{', '.join(named)}], internal-only: true, allow: "
                     f"[{', '.join(allow)}], severity: "
                     f"{chance.choice(['info', 'low', 'medium', 'high', 'critical'])}{ports} }}")
    good = "\n".join(lines) + "\n"
    for _ in range(chance.randrange(0, 12)):
        more = good + ("" if "exceptions:" in good else "exceptions:\n") + (
            f"  - {{ rule: {chance.choice(rules)}, server: {random_prefix(chance, '10.0.0.0', 9)}, "
            f"client: {random_prefix(chance, '203.0.0.0', 9)}, reason: r, owner: o, until: "
            f"{chance.choice(['2001-01-01', '2400-01-01'])} }}\n")
        path = file("try.yaml", more)
        if subprocess.run([TOOL, "check", path], capture_output=True, check=False).returncode == 0:
            good = more
    return good


def packet(source, destination, sport, dport, flags, number):
    ip = struct.pack("!BBHHHBBHII", 0x45, 0, 40, number & 0xffff, 0x4000, 64, 6, 0, source, destination)
    tcp = struct.pack("!HHIIBBHHH", sport, dport, 100, 0 if flags == 2 else 101, 0x50, flags, 1000,
                      0, 0)
    frame = b"\2\0\0\0\0\1\2\0\0\0\0\2\x08\0" + ip + tcp
    return struct.pack("<IIII", 1_700_000_000 + number // 20000, (number % 20000) * 50, len(frame),
                       len(frame)) + frame


def replay_connections(path, rules, connections):
    with open(path, "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 262144, 1))
        for n, (client, server, port) in enumerate(connections):
            out.write(packet(client, server, 40000, port, 2, 2 * n))
            out.write(packet(server, client, port, 40000, 18, 2 * n + 1))
    events = subprocess.run([PROGRAM, "-q", "--json", "-r", path, "-p", rules, "--max-exposures",
                             "20000"], check=True, capture_output=True, text=True, timeout=120).stdout
    found = {}
    for event in map(json.loads, events.splitlines()):
        exposure = event["spanwatch"].get("exposure")
        if event["event"]["action"] != "exposure.opened":
            continue
        key = (event["server"]["ip"], event["server"]["port"])
        found[key] = ("unlisted",) if exposure["unlisted"] else \
            ("forbidden", exposure["rule"], event["spanwatch"]["severity"])
    return found


def test_explain_agrees_with_the_sensor():
    chance = random.Random(20261201)
    asked = 0
    verdicts = {}
    for round_number in range(20):
        rules = file(f"random{round_number}.yaml", random_policy(chance))
        connections = {}
        while len(connections) < CONNECTIONS // 20:
            server = chance.choice([0x0a000000, 0x0a000000, 0xcb000000]) | chance.getrandbits(24)
            client = chance.choice([0xcb000000 | chance.getrandbits(24),
                                    0xc6336400 | chance.getrandbits(8),
                                    0x0a000000 | chance.getrandbits(24)])
            connections[(server, chance.randrange(1, 100))] = client
        listed = [(c, s, p) for (s, p), c in connections.items() if c != s]
        found = replay_connections(os.path.join(SCRATCH, "random.pcap"), rules, listed)
        lines = "".join(f"{ipaddress.ip_address(c)} {ipaddress.ip_address(s)}:{p}\n"
                        for c, s, p in listed)
        result = subprocess.run([TOOL, "explain", "-p", rules, "--at", "2023-11-15T00:00:00Z",
                                 "--json", "-"], input=lines, text=True, capture_output=True,
                                check=False, timeout=120)
        answers = [json.loads(line) for line in result.stdout.splitlines()]
        assert len(answers) == len(listed), result.stderr
        for answer in answers:
            key = (answer["server"], answer["port"])
            said = {"forbidden": lambda a: ("forbidden", a["rule"], a["severity"]),
                    "unlisted": lambda a: ("unlisted",)}.get(answer["verdict"],
                                                              lambda a: None)(answer)
            assert found.get(key) == said, (rules, answer, found.get(key))
            verdicts[answer["verdict"]] = verdicts.get(answer["verdict"], 0) + 1
        asked += len(answers)
    assert asked > CONNECTIONS * 0.99 and len(verdicts) == 4 and min(verdicts.values()) > 50, verdicts
    print(f"{asked} connections under 20 policies: {verdicts}")


def test_inside_zones_may_be_denied():
    path = os.path.join(TOP, "tests/policy/good/inside-zones.yaml")
    for client, server, verdict in (("10.9.1.1", "10.1.0.1", "forbidden"),
                                    ("10.9.1.1", "10.2.0.1", "allowed"),
                                    ("10.8.1.1", "10.1.0.1", "allowed"),
                                    ("203.0.113.1", "10.9.0.1", "unlisted"),
                                    ("203.0.113.1", "10.1.0.1", "forbidden")):
        said = tool("explain", "-p", path, client, server + ":80", status=verdict == "forbidden")
        assert said.startswith(verdict), (client, server, said)
    capture = os.path.join(SCRATCH, "office.pcap")
    listed = [(0x0a090101, 0x0a010001, 80), (0x0a090101, 0x0a020001, 81),
              (0x0a080101, 0x0a010001, 82), (0xcb007101, 0x0a090001, 83)]
    assert replay_connections(capture, path, listed) == {
        ("10.1.0.1", 80): ("forbidden", "db", "high"), ("10.9.0.1", 83): ("unlisted",)}
    events = subprocess.run([PROGRAM, "-q", "--json", "-r", capture, "-p", path], check=True,
                            capture_output=True, text=True).stdout
    exposure = next(e["spanwatch"]["exposure"] for e in map(json.loads, events.splitlines())
                    if e["event"]["action"] == "exposure.opened")
    assert (exposure["client_zone"], exposure["contact"], exposure["ticket"]) == \
        ("office", "+49 30 0123", "NET-1"), exposure


def test_included_files_are_named():
    good = os.path.join(TOP, "tests/policy/good/include.yaml")
    said = tool("explain", "-p", good, "203.0.113.1", "10.2.0.1:80", status=1)
    assert "parts/logs.yaml:3, severity high" in said, said
    bad = os.path.join(TOP, "tests/policy/bad/include.yaml")
    assert 'parts/one.yaml:2:3: error: "db" is already in ' in tool("check", bad, status=2)


VALIDATE = """
import json, sys, jsonschema
schema, *documents = json.load(sys.stdin)
jsonschema.Draft202012Validator.check_schema(schema)
validator = jsonschema.Draft202012Validator(schema)
print(json.dumps([[e.message for e in validator.iter_errors(d)] for d in documents]))
"""
DOCUMENT = {
    "version": 1, "site": "x", "thresholds": {"data-out": "1 MiB", "incident-window": "10m"},
    "zones": {"inside": ["10.0.0.0/8"], "office": {"prefixes": ["10.9.0.0/16"], "inside": True}},
    "proxies": ["10.0.1.10", {"address": "10.0.1.11", "header": "X-Real-IP"}],
    "groups": {"db": {"hosts": ["10.1.0.0/24"], "ports": [5432, "6000-6010", "514/udp"]}},
    "rules": [{"name": "r", "groups": ["db"], "internal-only": True, "severity": "high",
               "deny": ["office"]},
              {"name": "s", "services": ["redis", "database"], "internal-only": True,
               "severity": "low"}],
    "exceptions": [{"rule": "r", "server": "10.1.0.1", "client": "203.0.113.0/24", "reason": "m",
                    "owner": "o", "until": "2400-12-31", "port": 5432}],
    "include": ["policy.d/*.yaml"]}


def test_the_schema_agrees_with_the_grammar():
    python = os.environ.get("SPANWATCH_SCHEMA_PYTHON", "/usr/bin/python3")
    schema = json.loads(tool("list", "schema"))
    wrong = []
    for path, value in ((("rules", 0, "severity"), "urgent"), (("rules", 1, "services"), ["mongo"]),
                        (("rules", 0, "internal-only"), False), (("groups", "db", "hosts"), []),
                        (("groups", "db", "host"), ["10.0.0.1"]), (("version",), "one"),
                        (("exceptions", 0, "until"), "tomorrow"), (("zones",), {"office": []}),
                        (("thresholds", "close-probes"), 0), (("rules", 0, "groups"), None)):
        document = json.loads(json.dumps(DOCUMENT))
        place = document
        for key in path[:-1]:
            place = place[key]
        if value is None:
            del place[path[-1]]
        else:
            place[path[-1]] = value
        wrong.append(document)
    result = subprocess.run([python, "-c", VALIDATE], input=json.dumps([schema, DOCUMENT, *wrong]),
                            capture_output=True, text=True, check=False)
    if "No module named" in result.stderr:
        raise Skip("no jsonschema")
    good, *bad = json.loads(result.stdout)
    assert good == [], good
    for document, errors in zip(wrong, bad):
        path = file("schema.yaml", document)  # JSON is YAML
        assert errors, document
        tool("check", path, status=2)
    without = {k: v for k, v in DOCUMENT.items() if k != "include"}
    tool("check", file("schema.yaml", without))


def test_usage_errors():
    tool(status=2)
    tool("chek", status=2)
    tool("check", status=2)
    tool("diff", EXAMPLE, status=2)
    tool("export", "csv", EXAMPLE, status=2)
    tool("check", os.path.join(SCRATCH, "not there"), status=2)
    assert "usage" in tool("--help")


def main():
    if not os.path.exists(TOOL):
        raise Skip(f"no {TOOL}")
    report = Report()
    report.run([value for name, value in sorted(globals().items()) if name.startswith("test_")],
               sys.argv[1:])
    shutil.rmtree(SCRATCH)
    return report.status()


sys.exit(main())
