# SPDX-License-Identifier: ISC
"""A client for protocols of lines: says something, waits for the answer, and so on.

usage: ask.py [-u] HOST PORT SAY UNTIL [SAY UNTIL ...]

SAY may be empty and may hold backslash escapes. UNTIL is a text that the answer holds; empty:
nothing is waited for. Prints what was heard. Status 1 if something did not come. -u: UDP.
"""

import socket
import sys

LIMIT = 30  # seconds without a word


def main():
    words = sys.argv[1:]
    kind = socket.SOCK_DGRAM if words[0] == "-u" else socket.SOCK_STREAM
    host, port, *turns = words[1:] if words[0] == "-u" else words
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, kind) as client:
        client.settimeout(LIMIT)
        client.connect((host, int(port)))
        for say, until in zip(turns[::2], turns[1::2]):
            heard = b""
            client.sendall(say.encode().decode("unicode_escape").encode("latin-1"))
            while until.encode() not in heard:
                more = client.recv(65536)
                if not more:
                    sys.exit(f"it hung up before \"{until}\", after {heard!r}")
                heard += more
            sys.stdout.write(heard.decode("latin-1"))


if __name__ == "__main__":
    main()
