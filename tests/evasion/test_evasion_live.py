#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# test: limit=600
# test: alone
"""The tricks of tricks.py against Linux and real servers. For each: did the server run the command, as
the table says? And does the sensor say of the packets that passed what the server did?

usage: tests/evasion/test_evasion_live.py [--keep DIRECTORY] [PART-OF-A-NAME ...]
"""

import os
import shutil
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import contents  # noqa: E402
from live import LiveWire, Memcached, Network, Redis  # noqa: E402
from packets import write_capture  # noqa: E402
from test_evasion import POLICY, judge  # noqa: E402
from tricks import TRICKS  # noqa: E402

SERVERS = {False: (Redis, contents.REDIS), True: (Memcached, contents.DATAGRAMS)}


def ready(server):
    for _ in range(100):
        try:
            server.set()
            return
        except (OSError, AssertionError, RuntimeError, ValueError, Exception):  # noqa: B014
            time.sleep(0.1)
    raise TimeoutError(f"{server.content} does not start")


def play(trick, family, number, network, server, content, folder):
    """What is wrong, or None."""
    server.set()
    wire = LiveWire(family, content, network.wire, number)
    try:
        trick.play(wire)
    except TimeoutError as error:
        return str(error)
    finally:
        wire.finish()
    gone = server.is_gone()
    capture = os.path.join(folder, f"{trick.name}-v{family}.pcap")
    write_capture(capture, wire.frames)
    if gone != trick.runs:
        return f"the table says that Linux {trick.linux}, but the server " + \
            ("ran the command" if gone else "did not run it")
    return judge(trick, wire, capture, os.path.join(folder, "policy.yaml"))


def main():
    arguments = sys.argv[1:]
    wanted = [(trick, family) for trick in TRICKS if trick.live for family in trick.families]
    missing = [tool for tool in ("ip", "redis-server", "memcached") if not shutil.which(tool)]
    if os.geteuid() != 0 or missing:
        why = "needs root" if os.geteuid() != 0 else f"needs {missing[0]}"
        for trick, family in wanted:
            print(f"skip live-{trick.name}-v{family} {why}")
        return 0
    keep = None
    if arguments[:1] == ["--keep"]:
        keep, arguments = arguments[1], arguments[2:]
    failed = 0
    with tempfile.TemporaryDirectory() as own:
        folder = keep or own
        with open(os.path.join(folder, "policy.yaml"), "w", encoding="utf-8") as out:
            out.write(POLICY)
        network = Network()
        try:
            servers = {udp: (start(network, own), content)
                       for udp, (start, content) in SERVERS.items()}
            for server, _ in servers.values():
                ready(server)
            for number, (trick, family) in enumerate(wanted):
                name = f"live-{trick.name}-v{family}"
                if arguments and not any(part in name for part in arguments):
                    continue
                wrong = play(trick, family, number, network, *servers[trick.udp], folder)
                failed += wrong is not None
                print(f"ok {name}" if wrong is None else f"not ok {name}\n# {trick.sent}: {wrong}",
                      flush=True)
        finally:
            network.close()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
