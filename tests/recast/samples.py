# SPDX-License-Identifier: ISC
"""The conversations with web products that the unit tests have, and what a wire makes of them.

Samples come from tests/unit/dissectors: http_samples/*.txt and the table of test_http_products.c.
Each has a server of its own, on a port that says nothing, so that one capture holds all of them.
"""

import ast
import glob
import gzip
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "evasion"))
import packets  # noqa: E402
from packets import ACK, FIN, PSH, SYN  # noqa: E402

UNITS = os.path.join(os.path.dirname(HERE), "unit/dissectors")
CLIENT, FIRST_PORT, BEGIN, SEGMENT = "198.51.100.23", 20000, 1795000000.0, 1400
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, SETTINGS = 0, 1, 4
END_STREAM, ACKNOWLEDGED, END_HEADERS = 1, 1, 4
CONNECTION = ("connection", "transfer-encoding", "content-length", "keep-alive", "upgrade")


class Message:
    """`start`: "GET /path" or "200 OK". `fields`: [(name, value)]"""

    def __init__(self, start, fields=(), body=b""):
        self.start, self.fields, self.body = start, list(fields), body


class Sample:
    def __init__(self, service):
        self.service, self.turns = service, []  # turns: [(from the client?, Message)]


def as_message(is_client, lines, body):
    start = lines[0].removesuffix(" HTTP/1.1") if is_client else lines[0]
    fields = [tuple(line.split(":", 1)) for line in lines[1:] if ":" in line]
    return Message(start, [(n, v.strip()) for n, v in fields if n.lower() not in CONNECTION],
                   body)


def from_text(path):
    """The format is told in test_http_samples.c."""
    with open(path, encoding="utf-8") as file:
        blocks = re.split(r"\n\n+", file.read())
    for block in blocks:
        lines = block.splitlines()
        while lines and (not lines[0] or lines[0].startswith("#")):
            del lines[0]
        if not lines:
            continue
        sample, head, body, is_client = Sample(lines[0][2:].split(",")[0]), [], [], None
        for line in [*lines[1:], "> end"]:
            side = {">": True, "<": False}.get(line[:2].rstrip()) if line[1:2] == " " else None
            if side is not None and head and (side != is_client):
                text = ("" if is_client else "\n").join(body).encode()
                sample.turns.append((is_client, as_message(is_client, head, text)))
                head, body = [], []
            if line.startswith(">> "):
                body.append(line[3:])
            elif side is None:
                body.append(line)
            else:
                is_client = side
                head.append(line[2:])
        yield sample


def from_table(path):
    """The rows of `samples[]`: request, the answer's head, its body, service, and more."""
    with open(path, encoding="utf-8") as file:
        table = file.read().partition("samples[] = {\n")[2].partition("\n};")[0]
    table = re.sub(r"/\*.*?\*/", "", table, flags=re.S)
    table = re.sub(r'GET\(("[^"]*")\)', r'"GET " \1 " HTTP/1.1\\r\\nHost: h\\r\\n\\r\\n"', table)
    text = re.sub(r"\bAUTH_\w+", "0", table).replace("{", "(").replace("}", ")")
    quoted = re.findall(r'"(?:\\.|[^"\\])*"', table)
    unquoted = re.sub(r'"(?:\\.|[^"\\])*"', "\0", text)
    for string in quoted:  # braces in strings stay what they are
        unquoted = unquoted.replace("\0", "b" + string, 1)
    for request, head, body, service, *_ in ast.literal_eval("[" + unquoted + "]"):
        sample = Sample(service.decode())
        for is_client, raw, content in ((True, request, b""), (False, head, body)):
            lines = [x for x in raw.decode("latin-1").split("\r\n") if x]
            sample.turns.append((is_client, as_message(is_client, lines, content)))
        yield sample


def read_all():
    found = []
    for path in sorted(glob.glob(os.path.join(UNITS, "http_samples/*.txt"))):
        found += from_text(path)
    return found + list(from_table(os.path.join(UNITS, "test_http_products.c")))


# --- as bytes ---

def packed(message):
    """With the body as gzip, where there is one."""
    if not message.body:
        return message
    return Message(message.start, [*message.fields, ("Content-Encoding", "gzip")],
                   gzip.compress(message.body, mtime=0))


def http1(turns):
    for is_client, message in turns:
        start = message.start + " HTTP/1.1" if is_client else "HTTP/1.1 " + message.start
        fields = [*message.fields]
        if message.body or not is_client:
            fields.append(("Content-Length", str(len(message.body))))
        head = "".join(f"{line}\r\n" for line in [start, *(f"{n}: {v}" for n, v in fields)])
        yield is_client, head.encode() + b"\r\n" + message.body


def prefixed(first, bits, number):
    """An integer of RFC 7541, 5.1."""
    most = (1 << bits) - 1
    if number < most:
        return bytes([first | number])
    out, number = [first | most], number - most
    while number >= 128:
        out.append(number % 128 + 128)
        number //= 128
    return bytes([*out, number])


def field(name, value):
    """A literal without indexing; what the static table has by name is named by its number."""
    known = {":method": 2, ":path": 4, ":status": 8}.get(name)
    out = prefixed(0, 4, known) if known else b"\0" + prefixed(0, 7, len(name)) + name.encode()
    raw = value.encode("latin-1", "replace")
    return out + prefixed(0, 7, len(raw)) + raw


def frame(kind, flags, stream, payload=b""):
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + \
        payload


def http2(turns):
    """h2c by prior knowledge; each request on a stream of its own."""
    begun, stream = set(), -1
    for is_client, message in turns:
        stream += 2 if is_client else 0
        word, _, rest = message.start.partition(" ")
        pseudo = [(":method", word), (":scheme", "http"), (":path", rest)] if is_client else \
            [(":status", word)]
        names = [(n.lower(), v) for n, v in message.fields]
        names = [(":authority" if n == "host" else n, v) for n, v in names]
        block = b"".join(field(n, v) for n, v in sorted(pseudo + names, key=lambda f: f[0][0] != ":"))
        out = frame(HEADERS, END_HEADERS | (0 if message.body else END_STREAM), stream, block)
        if message.body:
            out += frame(DATA, END_STREAM, stream, message.body)
        if is_client not in begun:
            begun.add(is_client)
            out = (PREFACE if is_client else b"") + frame(SETTINGS, 0, 0) + \
                frame(SETTINGS, ACKNOWLEDGED, 0) + out
        yield is_client, out


def extension(kind, data):
    return kind.to_bytes(2, "big") + len(data).to_bytes(2, "big") + data


def counted(data, size):
    return len(data).to_bytes(size, "big") + data


def tls(sample):
    """The two hellos of TLS 1.2 (RFC 5246) with names of server and protocol (RFC 6066, 7301)."""
    name = counted(b"\0" + counted(f"{sample.service}.example.com".encode(), 2), 2)
    protocols = counted(counted(b"h2", 1) + counted(b"http/1.1", 1), 2)
    client = b"\3\3" + bytes(32) + b"\0" + counted(b"\xc0\x2f\xc0\x30", 2) + b"\1\0" + \
        counted(extension(0, name) + extension(16, protocols), 2)
    server = b"\3\3" + bytes(32) + b"\0\xc0\x2f\0" + \
        counted(extension(16, counted(counted(b"h2", 1), 2)), 2)
    for is_client, kind, hello in ((True, 1, client), (False, 2, server)):
        yield is_client, b"\x16\3\1" + counted(bytes([kind]) + counted(hello, 3), 2)


# --- as a capture ---

def place(number):
    return f"10.77.{number // 250}.{number % 250 + 1}", FIRST_PORT + number


def frames_of(number, pieces, sides):
    """One connection; of `sides` (True: the client's) is seen what goes out."""
    (server, port), now = place(number), BEGIN + number
    ends, out = {True: [1000, port], False: [500000, port]}, []
    ports = {True: (40000, port), False: (port, 40000)}

    def send(is_client, flags, data=b""):
        nonlocal now
        now += 0.001
        source, target = (CLIENT, server) if is_client else (server, CLIENT)
        other = ends[not is_client][0] if flags & ACK else 0
        segment = packets.tcp(source, target, ports[is_client], (ends[is_client][0], other), flags,
                              data)
        if is_client in sides:
            out.append((now, packets.ethernet(packets.ipv4(source, target, packets.TCP, segment),
                                              is_client)))
        ends[is_client][0] += len(data) + bool(flags & (SYN | FIN))

    send(True, SYN)
    send(False, SYN | ACK)
    send(True, ACK)
    for is_client, data in pieces:
        for at in range(0, len(data), SEGMENT):
            send(is_client, PSH | ACK, data[at:at + SEGMENT])
        send(not is_client, ACK)
    send(True, FIN | ACK)
    send(False, FIN | ACK)
    send(True, ACK)
    return out


def write(path, samples, encode, sides=(True, False)):
    """encode(sample) gives (from the client?, bytes) in order."""
    frames = []
    for number, sample in enumerate(samples):
        frames += frames_of(number, list(encode(sample)), sides)
    packets.write_capture(path, frames)
