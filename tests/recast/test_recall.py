#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# test: limit=120
"""How many of the web products are still told when the wire shows them in another way?

usage: tests/recast/test_recall.py [--table] [--misses WAY] [PART-OF-A-NAME ...]

The unit tests' conversations (samples.py), each on a port that says nothing, as HTTP/1.1 and as h2c,
with bodies as they are and as gzip, both directions and either alone; and in TLS, where only the
names of server and protocol are to be seen. --table prints the share of each product. The shares of
all together stand in spanwatch-services(7): they are the bounds. What is told is never another
product.
"""

import collections
import json
import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))
import samples  # noqa: E402
from harness import PROGRAM, TOP, Report  # noqa: E402

LEEWAY = 2  # per cent: a new sample is no news. That each stays what it is, the unit tests say.
PAGE = os.path.join(TOP, "tools/services-page/main.c")
BOTH, CLIENT_ONLY, SERVER_ONLY = (True, False), (True,), (False,)


def as_http1(sample):
    return samples.http1(sample.turns)


def as_http1_gzip(sample):
    return samples.http1([(c, m if c else samples.packed(m)) for c, m in sample.turns])


def as_http2(sample):
    return samples.http2(sample.turns)


def as_http2_gzip(sample):
    return samples.http2([(c, m if c else samples.packed(m)) for c, m in sample.turns])


WAYS = {
    "HTTP/1.1": (as_http1, BOTH),
    "HTTP/1.1, gzip": (as_http1_gzip, BOTH),
    "HTTP/1.1, client alone": (as_http1, CLIENT_ONLY),
    "HTTP/1.1, server alone": (as_http1, SERVER_ONLY),
    "HTTP/1.1, server alone, gzip": (as_http1_gzip, SERVER_ONLY),
    "h2c": (as_http2, BOTH),
    "h2c, gzip": (as_http2_gzip, BOTH),
    "h2c, client alone": (as_http2, CLIENT_ONLY),
    "h2c, server alone": (as_http2, SERVER_ONLY),
    "TLS": (samples.tls, BOTH),
}
# What a product is called where less is to be seen of it: no wrong name.
GENERAL = ("http", "http2", "tls", None)
# The one answers as the other does: by that half alone nobody can tell.
ALIKE = {("victoriametrics", "prometheus"), ("kubelet", "kubernetes")}


def told(way, chosen):
    """The name that the inventory has for each sample; None: none by the bytes."""
    encode, sides = WAYS[way]
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "x.pcap")
        samples.write(path, chosen, encode, sides)
        lines = subprocess.run([PROGRAM, "-q", "-r", path, "--inventory"], check=True,
                               stdout=subprocess.PIPE).stdout.splitlines()
    names = {}
    for line in map(json.loads, lines):
        if line["protocol_source"] == "payload":
            names[line["server_ip"], line["server_port"]] = line["protocol"]
    return [names.get(samples.place(number)) for number in range(len(chosen))]


def share(right, all_of_them):
    return 100 * right // all_of_them


def figures():
    """{way: (share of the conversations, share of the products)}, per cent."""
    found = {}
    for way, names in NAMES.items():
        right = [s.service for s, name in zip(SAMPLES, names) if name == s.service]
        found[way] = (share(len(right), len(SAMPLES)),
                      share(len(set(right)), len({s.service for s in SAMPLES})))
    return found


def rows_of_page():
    with open(PAGE, encoding="utf-8") as file:
        text = file.read()
    return {way: (int(one), int(other)) for way, one, other in
            re.findall(r'{"([^"]+)", (\d+), (\d+)},', text)}


def test_there_is_enough_to_judge():
    assert len(SAMPLES) > 250
    assert len({s.service for s in SAMPLES}) > 110


def test_shares_are_what_the_page_says():
    said, found = rows_of_page(), figures()
    assert said.keys() == found.keys(), said.keys() ^ found.keys()
    for way, shares in found.items():
        for measured, bound in zip(shares, said[way]):
            assert measured >= bound - LEEWAY, \
                f"{way}: {shares} per cent of conversations and products, the page says {said[way]}"
            assert measured <= bound + LEEWAY, \
                f"{way}: {shares} is better than {said[way]}: say so in {PAGE}"


def test_nothing_is_told_as_another_product():
    for way, names in NAMES.items():
        wrong = {(s.service, name) for s, name in zip(SAMPLES, names)
                 if name not in (s.service, *GENERAL)}
        assert wrong <= (ALIKE if "server alone" in way else set()), f"{way}: {wrong}"


def test_compressed_or_not_is_the_same():
    for plain, packed in (("HTTP/1.1", "HTTP/1.1, gzip"), ("h2c", "h2c, gzip"),
                          ("HTTP/1.1, server alone", "HTTP/1.1, server alone, gzip")):
        lost = {s.service for s, a, b in zip(SAMPLES, NAMES[plain], NAMES[packed]) if a != b}
        assert not lost, f"{packed}: {lost}"


def test_tls_is_told_as_such():
    """ALPN and the server's name prove nothing about the product behind it."""
    assert set(NAMES["TLS"]) == {"tls"}, set(NAMES["TLS"])


def print_table():
    count = collections.Counter(s.service for s in SAMPLES)
    print("%-22s %s" % ("conversations", "  ".join(f"{n}" for n in WAYS)))
    for service in sorted(count):
        cells = []
        for way, names in NAMES.items():
            right = sum(s.service == service == name for s, name in zip(SAMPLES, names))
            cells.append(f"{right}".rjust(len(way)))
        print(f"{service:18} {count[service]:3} {'  '.join(cells)}")
    for way, (conversations, products) in figures().items():
        print(f'\t{{"{way}", {conversations}, {products}}},')


def print_misses(way):
    for sample, name in zip(SAMPLES, NAMES[way]):
        if name != sample.service:
            asked = "; ".join(m.start for c, m in sample.turns if c)
            answers = "; ".join(f"{m.start} {m.body[:300]!r}" for c, m in sample.turns if not c)
            print(f"{sample.service}: told as {name}: {asked}: {answers}")


if __name__ == "__main__":
    SAMPLES = [s for s in samples.read_all() if s.service not in ("http", "http-dirlist")]
    NAMES = {w: told(w, SAMPLES) for w in WAYS}
    words = sys.argv[1:]
    if words[:1] == ["--table"]:
        print_table()
    elif words[:1] == ["--misses"]:
        print_misses(words[1])
    else:
        REPORT = Report()
        REPORT.run([value for name, value in list(globals().items()) if name.startswith("test_")],
                   words)
        sys.exit(REPORT.status())
