# SPDX-License-Identifier: ISC
"""What is done to a service while somebody tries to hide it: the command, its answer, and a harmless
one of the same length."""

import collections
import struct

# prelude: ("server", bytes) or ("client", (bytes, answer)); cover is as long as real.
Content = collections.namedtuple("Content", "name port prelude cover real reply")


def _document(*fields):
    body = b"".join(fields) + b"\0"
    return struct.pack("<i", len(body) + 4) + body


def _message(number, to, document):
    body = struct.pack("<I", 0) + b"\0" + document
    return struct.pack("<iiii", 16 + len(body), number, to, 2013) + body


def _text(name, value):
    return b"\x02" + name + b"\0" + struct.pack("<i", len(value) + 1) + value + b"\0"


def _number(name, value):
    return b"\x10" + name + b"\0" + struct.pack("<i", value)


_OK = _document(b"\x01ok\0" + struct.pack("<d", 1))
_HELLO = _document(_number(b"hello", 1), _text(b"$db", b"admin"))
_HELLO_OK = _document(b"\x08isWritablePrimary\0\1", _number(b"maxWireVersion", 21),
                      b"\x01ok\0" + struct.pack("<d", 1))
_DROP = _message(2, 0, _document(_number(b"dropDatabase", 1), _text(b"$db", b"customers")))
_PING = _message(2, 0, _document(_number(b"serverStatus", 1), _text(b"$db", b"customers")))

_JSON = b'{"acknowledged":true}'
_HTTP_OK = (b"HTTP/1.1 200 OK\r\nX-elastic-product: Elasticsearch\r\ncontent-type: application/json\r\n"
            b"content-length: %d\r\n\r\n%s" % (len(_JSON), _JSON))

REDIS = Content("redis", 6379, [("client", (b"PING\r\n", b"+PONG\r\n"))],
                b"PING 1 2\r\n", b"FLUSHALL\r\n", b"+OK\r\n")
HTTP = Content("http", 9200, [], b"GET /cust-lists HTTP/1.1\r\nHost: search\r\n\r\n",
               b"DELETE /patient HTTP/1.1\r\nHost: search\r\n\r\n", _HTTP_OK)
FTP = Content("ftp", 21, [("server", b"220 (vsFTPd 3.0.5)\r\n"),
                          ("client", (b"USER ftp\r\n", b"331 Please specify the password.\r\n")),
                          ("client", (b"PASS x\r\n", b"230 Login successful.\r\n"))],
              b"SIZE backup.sql\r\n", b"DELE backup.sql\r\n",
              b"250 Delete operation successful.\r\n")
MONGO = Content("mongodb", 27017, [("client", (_message(1, 0, _HELLO), _message(9, 1, _HELLO_OK)))],
                _PING, _DROP, _message(10, 2, _OK))
MEMCACHED = Content("memcached", 11211, [], b"get aaaaa\r\n", b"flush_all\r\n", b"OK\r\n")

ALL = (REDIS, HTTP, FTP, MONGO, MEMCACHED)
assert all(len(content.cover) == len(content.real) for content in ALL)

# Datagrams of memcached: a frame header before each.
FRAME = bytes([0, 1, 0, 0, 0, 1, 0, 0])
DATAGRAMS = MEMCACHED._replace(cover=FRAME + MEMCACHED.cover, real=FRAME + MEMCACHED.real,
                               reply=FRAME + MEMCACHED.reply)
