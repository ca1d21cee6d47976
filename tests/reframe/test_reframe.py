#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# test: limit=240
"""The shipped captures as other mirrors would have delivered them: the events stay the same.

tools/reframe wraps every packet of every capture in each encapsulation, takes it apart, repeats it,
or cuts it off; the events are those of the plain captures, but for what tells the wrapping. All
captures are replayed at once, with a policy by group and one by service.
"""

import glob
import importlib.machinery
import importlib.util
import json
import lzma
import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
from harness import GOLDEN, PROGRAM, TOP, Report  # noqa: E402

sys.dont_write_bytecode = True
LOADER = importlib.machinery.SourceFileLoader("reframe", os.path.join(TOP, "tools/reframe"))
reframe = importlib.util.module_from_spec(importlib.util.spec_from_loader("reframe", LOADER))
LOADER.exec_module(reframe)

CAPTURES = sorted(glob.glob(os.path.join(GOLDEN, "captures", "*.pcap")))
LAB = os.path.join(TOP, "tests/lab")
MADE = tempfile.TemporaryDirectory()
# The ends that tools/reframe writes are addresses of outside: they are believed where they are named.
BELIEVED = "tunnels:\n  - { ends: [192.0.2.0/29, 2001:db8:1::/64] }\n"  # or one more of them


def believing(path):
    """A copy of the policy that believes those tunnels."""
    copy = os.path.join(MADE.name, path.replace("/", "-"))
    with open(path, encoding="utf-8") as file, open(copy, "w", encoding="utf-8") as made:
        text = file.read()
        head, named, rest = text.partition("\ntunnels:")
        made.write(head + "\n" + BELIEVED + rest.partition("\n")[2] if named else text + BELIEVED)
    return copy


POLICIES = [believing(os.path.join(GOLDEN, "policies/group.yaml")),
            believing(os.path.join(TOP, "policy/example.yaml"))]
COUNTERS = re.compile(r"(\d+) (probes|conversations|duplicated packets)")
RECAST = os.path.join(os.environ.get("SPANWATCH_BUILD", os.path.join(TOP, "build")), "recast")
PACKETS = {os.path.basename(path): reframe.read(path)[0] for path in CAPTURES}


def prepare(folder, changes, names):
    for name in names:
        packets, link = reframe.change(PACKETS[name], *changes)
        reframe.write(os.path.join(folder, name), packets, link)


def replay(folder, policy, options):
    result = subprocess.run([PROGRAM, "-r", folder, "-p", policy, "--json", *options],
                            capture_output=True, check=True)
    events = [json.loads(line) for line in result.stdout.splitlines()]
    # That a mirror shows everything twice, or cuts packets off, is told by an event of its own.
    events = [e for e in events if not e["event"]["action"].startswith("sensor.")]
    said = result.stderr.decode().splitlines()[-1]
    return events, {name: int(count) for count, name in COUNTERS.findall(said)}


def run(*changes, options=(), names=tuple(PACKETS)):
    """For each policy the events, and the closing numbers."""
    with tempfile.TemporaryDirectory() as folder:
        prepare(folder, changes, names)
        return [replay(folder, policy, options) for policy in POLICIES]


def strip(event):
    """Without what tells how the packets came; that is returned as well."""
    event = json.loads(json.dumps(event))
    del event["event"]["sequence"]
    tunnels = event["spanwatch"].pop("tunnels", None)
    for finding in ("exposure", "incident"):
        event["spanwatch"].get(finding, {}).pop("input", None)
    network = event.get("network", {})
    ingress = event["observer"].get("ingress", {})
    ingress.pop("vlan", None)
    if not ingress:
        event["observer"].pop("ingress", None)
    return event, tunnels, network.pop("vlan", None), network.pop("inner", None)


def first_difference(plain, other, path=""):
    if isinstance(plain, dict) and isinstance(other, dict):
        for key in sorted(set(plain) | set(other)):
            found = first_difference(plain.get(key), other.get(key), f"{path}.{key}")
            if found:
                return found
        return None
    return None if plain == other else f"{path}: {plain} became {other}"


PLAIN = run()


def findings(events):
    """
    Who was found with whom, and how far that went. A SYN in pieces proves nothing about a wall, so
    that what is told of walls, of closings and of their times may differ.
    """
    found = {}
    for event in events:
        server, exposure = event.get("server", {}), event["spanwatch"].get("exposure")
        if exposure and exposure["state"] != "merged":
            key = (server.get("ip"), server.get("port"), event["network"]["transport"])
            found[key] = max(found.get(key, 0), exposure["level"])
    return found


# A scan over UDP is left out: what was refused is told by ICMP, in pieces as well, and later.
WHOLE_STORIES = tuple(name for name in PACKETS if name != "scn-nmap-udp.pcap")


def same_findings(*changes):
    results = zip(run(names=WHOLE_STORIES), run(*changes, names=WHOLE_STORIES))
    for (plain, counts), (changed, changed_counts) in results:
        before, after = findings(plain), findings(changed)
        assert before and before == after, f"{changes}: {set(before.items()) ^ set(after.items())}"
        difference = abs(counts["conversations"] - changed_counts["conversations"])
        assert difference <= counts["conversations"] // 50, (changes, counts, changed_counts)


def same(*changes, options=(), tunnels=None):
    """The same events; each that has a conversation tells these kinds of tunnels."""
    results = run(*changes, options=options)
    for (plain, counts), (changed, changed_counts) in zip(PLAIN, results):
        for before, after in zip(plain, changed):
            after, told, _, _ = strip(after)
            difference = first_difference(strip(before)[0], after)
            assert not difference, f"{' '.join(changes)}: {before['event']['action']} " \
                                   f"{before.get('server')} {difference}"
            if tunnels is not None and "exposure" in after["spanwatch"]:
                kinds = [t["kind"] for t in told or []]
                assert kinds in tunnels, f"{changes}: {kinds}"
        assert len(plain) == len(changed), f"{changes}: {len(plain)} became {len(changed)} events"
        for name in ("probes", "conversations"):
            assert counts[name] == changed_counts[name], \
                f"{changes}: {counts[name]} {name} became {changed_counts[name]}"
    return results


# --- Encapsulations ----------------------------------------------------------------------------

KINDS = {
    "vxlan": ["vxlan"], "geneve": ["geneve"], "geneve-options": ["geneve"], "erspan1": ["erspan-1"],
    "erspan2": ["erspan-2"], "erspan3": ["erspan-3"], "erspan3-subheader": ["erspan-3"],
    "gretap": ["gretap"], "gretap-over-ipv6": ["gretap"], "nvgre": ["nvgre"], "gre": ["gre"],
    "gre-key-sequence": ["gre"], "mpls": ["mpls"], "mpls-pseudowire": ["mpls"],
    "mpls-control-word": ["mpls"], "pppoe": ["pppoe"], "l2tpv3": ["l2tpv3"], "tzsp": ["tzsp"],
    "gtp": ["gtp-u"], "etherip": ["etherip"], "vlan": [], "qinq": [], "sll": [], "sll2": [],
    "raw": [], "ppp": [], "null": [], "ip-in-ip": ["ip-in-ip"], "ip-in-ipv6": ["ip-in-ip"],
    "vxlan-gpe": ["vxlan-gpe"], "vxlan-gpe-ip": ["vxlan-gpe"], "vxlan-gpe-nsh": ["vxlan-gpe"],
    "lisp": ["lisp"], "l2tpv2": ["l2tpv2"], "l2tpv3-udp": ["l2tpv3"], "capwap": ["capwap"],
    "jmirror": ["jmirror"], "mpls-udp": ["mpls"], "gue": ["gue"], "fou": ["fou"], "wccp": ["gre"],
    "aruba": ["gre"], "erspan2-sgt": ["erspan-2"], "mpls-link": ["mpls"],
    **{name: [] for name in (
        "vn-tag", "e-tag", "sgt", "vlan-sgt", "ttag", "arista", "three-tags", "hsr", "prp",
        "frame-check", "macsec", "pbb", "pbb-tagged", "trill", "nsh", "nsh-ip", "snap", "ppp-sides",
        "c-hdlc", "frame-relay", "nflog", "enc", "802.11", "radiotap", "ppi", "ipoib", "pktap")},
}


def test_every_encapsulation():
    assert set(KINDS) == set(reframe.ENCAPSULATIONS)
    for name, kinds in KINDS.items():
        same("wrap=" + name, tunnels=[kinds, ["6in4"]] if name == "ip-in-ip" else [kinds])


def test_nested_encapsulations():
    same("wrap=vxlan", "wrap=erspan2", tunnels=[["erspan-2", "vxlan"]])
    same("wrap=gre", "wrap=mpls", "wrap=geneve", tunnels=[["geneve", "mpls", "gre"]])
    same("wrap=qinq", "wrap=vxlan", "wrap=vlan", tunnels=[["vxlan"]])


def test_ids_are_told():
    events = run("wrap=vxlan", "wrap=vlan")[0][0]
    told = [strip(e) for e in events if "exposure" in e["spanwatch"]]
    assert told
    for _, tunnels, vlan, _ in told:
        assert tunnels == [{"kind": "vxlan", "id": 4242, "source": "192.0.2.1",
                            "destination": "192.0.2.2"}], tunnels
        assert vlan == {"id": "100"}, vlan
    told = [strip(e) for e in run("wrap=qinq")[0][0] if "exposure" in e["spanwatch"]]
    assert all(v == {"id": "200"} and i == {"vlan": {"id": "100"}} for _, _, v, i in told)


def test_equal_addresses_of_different_ids():
    """With --separate-vni two tenants with one address are two hosts; without, they are one."""
    for options, hosts in (((), 1), (("--separate-vni",), 2)):
        with tempfile.TemporaryDirectory() as folder:
            name = "real-redis-flushall.pcap"
            prepare(folder, ("wrap=vxlan",), [name])
            packets, _ = reframe.read(os.path.join(folder, name))
            for packet in packets:
                packet.frame = packet.frame.replace(reframe.VXLAN,
                                                    bytes.fromhex("0800000000777700"))
            reframe.write(os.path.join(folder, "z.pcap"), packets)
            events, _ = replay(folder, POLICIES[0], options)
        opened = [e["spanwatch"]["exposure"] for e in events
                  if e["event"]["action"] == "exposure.opened"]
        assert len(opened) == hosts, f"{options}: {len(opened)} exposures"
        realms = {x.get("realm") for x in opened}
        assert realms == ({4242, 0x7777} if hosts == 2 else {None}), realms


def on_port(packets, port):
    """VXLAN on another port."""
    for packet in packets:
        packet.frame = packet.frame[:36] + port.to_bytes(2, "big") + packet.frame[38:]
    return packets


def test_other_ports_by_option():
    """A tunnel's port that is not listed is a port like any other: nothing is looked into."""
    with tempfile.TemporaryDirectory() as folder:
        name = "real-redis-flushall.pcap"
        packets, _ = reframe.change(PACKETS[name], "wrap=vxlan")
        reframe.write(os.path.join(folder, name), on_port(packets, 8472))
        assert not replay(folder, POLICIES[0], ())[0]
        assert replay(folder, POLICIES[0], ("--vxlan-ports", "4789,8472"))[0]


def test_checksums_by_option():
    """A wrong one: not looked at, and said; without the option it is looked at like others."""
    name = "real-redis-flushall.pcap"
    with tempfile.TemporaryDirectory() as folder:
        packets = [reframe.Packet(p.ts_ns, p.frame[:50] + b"\x13\x37" + p.frame[52:], p.wire)
                   for p in PACKETS[name]]
        reframe.write(os.path.join(folder, name), packets)
        assert replay(folder, POLICIES[0], ())[0]
        result = subprocess.run([PROGRAM, "-r", folder, "-p", POLICIES[0], "--json", "--checksums"],
                                capture_output=True, check=True)
        assert b"exposure" not in result.stdout and b"wrong checksum" in result.stderr


# --- Fragments ---------------------------------------------------------------------------------

def test_small_fragments():
    for size in (8, 16, 24, 64, 512):
        same_findings(f"fragment={size}")


def test_fragments_from_the_last_to_the_first():
    same_findings("backwards=16")
    same_findings("backwards=256")


def test_fragments_in_tunnels_and_tunnels_in_fragments():
    same_findings("fragment=32", "wrap=vxlan")
    same_findings("wrap=vxlan", "fragment=64")
    same_findings("fragment=48", "wrap=gre", "fragment=40", "wrap=erspan1")
    same_findings("wrap=gretap-over-ipv6", "fragment=64")


# --- Copies ------------------------------------------------------------------------------------

def expect_copies(results):
    for _, counts in results:
        assert counts.get("duplicated packets", 0) > 500, counts


def test_every_packet_twice():
    for how in ("same", "routed"):
        expect_copies(same("duplicate=" + how))


def test_copies_in_a_tunnel():
    expect_copies(same("duplicate=vxlan"))
    expect_copies(same("duplicate=before"))


def test_copies_that_lag():
    """Times of what is last seen move with the copies; nothing else does."""
    for how in ("routed", "vxlan", "before"):
        for (plain, counts), (changed, others) in zip(PLAIN, run("lag=" + how)):
            assert [e["event"]["action"] for e in plain] == [e["event"]["action"] for e in changed]
            for before, after in zip(plain, changed):
                x, y = (e["spanwatch"].get("exposure", {}) for e in (before, after))
                for key in ("level", "flows", "clients", "bytes", "probes", "logins"):
                    assert x.get(key) == y.get(key), f"{how}: {before} became {after}"
            assert counts["probes"] == others["probes"], how
            assert counts["conversations"] == others["conversations"], how


def test_a_mirror_that_shows_everything_twice_is_told():
    with tempfile.TemporaryDirectory() as folder:
        prepare(folder, ("duplicate=vxlan", "duplicate=routed"), ["scn-nmap-sv.pcap"])
        told = subprocess.run([PROGRAM, "-q", "-r", folder, "-p", POLICIES[0], "--json"],
                              capture_output=True, check=True).stdout
    assert b'"action":"sensor.blind"' in told and b"packets came twice" in told


def test_copies_count_if_they_are_to():
    """With --duplicate-ms 0 every datagram counts; but for the one that begins a conversation."""
    plain = run("duplicate=same", names=("scn-nmap-udp.pcap",))
    twice = run("duplicate=same", options=("--duplicate-ms", "0"), names=("scn-nmap-udp.pcap",))
    assert twice[0][1]["probes"] == 2 * plain[0][1]["probes"] - 1, (plain[0][1], twice[0][1])
    assert "duplicated packets" not in twice[0][1]


def test_copies_of_copies():
    expect_copies(same("duplicate=routed", "duplicate=vxlan"))


def test_copies_in_fragments():
    same_findings("duplicate=routed", "fragment=64")
    same_findings("fragment=64", "duplicate=routed")


# --- The laboratory ----------------------------------------------------------------------------

def test_the_recording_of_the_laboratory():
    """All its scenarios at once, in each encapsulation, and twice."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "recording.pcap")
        with lzma.open(os.path.join(LAB, "recording.pcap.xz")) as kept, open(path, "wb") as made:
            made.write(kept.read())
        packets, _ = reframe.read(path)
        policy = believing(os.path.join(LAB, "policy.yaml"))
        plain, _ = replay(folder, policy, ())
        assert len(plain) > 100, len(plain)
        for change in ["wrap=" + name for name in reframe.ENCAPSULATIONS] + \
                ["duplicate=routed", "duplicate=vxlan"]:
            reframe.write(path, *reframe.change(packets, change))
            changed, _ = replay(folder, policy, ())
            assert len(plain) == len(changed), f"{change}: {len(plain)} became {len(changed)}"
            for before, after in zip(plain, changed):
                difference = first_difference(strip(before)[0], strip(after)[0])
                assert not difference, f"{change}: {before['event']['action']} {difference}"


# --- Cuts --------------------------------------------------------------------------------------

def endpoints(events):
    """What answered whom, and how that is known."""
    return {(e["server"]["ip"], e["server"].get("port"), e["network"]["transport"],
             e["spanwatch"]["evidence"]["outcome"]) for e in events
            if e["event"]["action"] == "exposure.opened" and e["spanwatch"]["exposure"].get("rule")}


def test_frames_cut_off():
    """By the capture or by the mirror: who answered is known all the same, with the group's rule."""
    for change in ("snap=66", "slice=66", "snap=80", "slice=128"):
        events = run(change)[0][0]
        missing = endpoints(PLAIN[0][0]) - endpoints(events)
        missing = {m for m in missing if m[2] == "tcp"}  # UDP is told apart by its bytes
        assert not missing, f"{change}: {sorted(missing)}"


def test_cut_off_in_a_tunnel():
    """A mirror that cuts packets in a tunnel is the same as one that cuts them without."""
    cut, inside = run("slice=90"), run("slice=90", "wrap=erspan2")
    for (plain, _), (changed, _) in zip(cut, inside):
        assert [strip(e)[0] for e in plain] == [strip(e)[0] for e in changed]


# --- Halves and late starts --------------------------------------------------------------------

def recast(*changes):
    """The events by group of what tools/recast makes of the captures."""
    with tempfile.TemporaryDirectory() as folder:
        for path in CAPTURES:
            subprocess.run([RECAST, *changes, path, os.path.join(folder, os.path.basename(path))],
                           check=True)
        return replay(folder, POLICIES[0], ())[0]


def reached(events, *outcomes):
    """TCP endpoints that were reached, by any conversation or by those that went so."""
    return {(e["server"]["ip"], e["server"].get("port")) for e in events
            if "exposure" in e["spanwatch"] and e["network"]["transport"] == "tcp" and
            (not outcomes or e["spanwatch"]["evidence"]["outcome"] in outcomes)}


def sights(events):
    return {e["spanwatch"]["evidence"]["sight"] for e in events if "exposure" in e["spanwatch"]}


def test_only_what_servers_send():
    """An answer proves all: the same endpoints."""
    events = recast("--server")
    assert reached(events) == reached(PLAIN[0][0]), reached(events) ^ reached(PLAIN[0][0])
    assert sights(events) == {"server"}, sights(events)


def test_only_what_clients_send():
    """Who goes on after the handshake was let in. A scanner that does not, and a client that was seen
    late and then says nothing that is answered, prove nothing; datagrams never do, but for services
    that do not answer."""
    events, plain = recast("--client"), PLAIN[0][0]
    assert reached(events) <= reached(plain), reached(events) - reached(plain)
    missing = reached(plain, "established", "client_only") - reached(events)
    assert not missing, sorted(missing)
    assert sights(events) == {"client"}, sights(events)


def test_a_late_start():
    """Nothing but what the whole shows; and all of those who had more to say."""
    plain = reached(PLAIN[0][0])
    for late, share in ((3, 0.9), (4, 0.8), (6, 0.6)):
        found = reached(recast("--late", str(late)))
        assert found <= plain, sorted(found - plain)
        assert len(found) >= share * len(plain), f"{late}: {len(found)} of {len(plain)}"


def test_a_late_start_and_half_of_it():
    plain = reached(PLAIN[0][0])
    for half, share in (("--client", 0.3), ("--server", 0.8)):
        found = reached(recast("--late", "4", half))
        assert found <= plain, sorted(found - plain)
        assert len(found) >= share * len(plain), f"{half}: {len(found)} of {len(plain)}"


def test_own_connections_in_halves():
    """What our own hosts fetch is never inbound, whatever part of it is seen."""
    name = os.path.join(GOLDEN, "captures", "scn-outbound.pcap")
    for changes in ((), ("--client",), ("--server",), ("--late", "1"), ("--late", "2", "--server"),
                    ("--late", "3"), ("--late", "4", "--client"), ("--late", "4", "--server")):
        with tempfile.TemporaryDirectory() as folder:
            made = os.path.join(folder, "x.pcap")
            subprocess.run([RECAST, *(changes or ("--late", "0")), name, made], check=True)
            for policy in POLICIES:
                events, _ = replay(folder, policy, ())
                assert not events, f"{changes}: {events[0]['event']['reason']}"


if __name__ == "__main__":
    report = Report()
    report.run([f for name, f in list(globals().items()) if name.startswith("test_")],
               sys.argv[1:])
    sys.exit(report.status())
