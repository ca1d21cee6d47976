# SPDX-License-Identifier: ISC
"""Sends every frame that arrives at a device on, in ERSPAN type II (GRE, draft-foschiano-erspan).

usage: erspan.py DEVICE DESTINATION SESSION

Says "ready" when it listens; runs until it is killed.
"""

import itertools
import socket
import struct
import sys

ETH_P_ALL, PACKET_OUTGOING, IPPROTO_GRE = 3, 4, 47
GRE_SEQUENCE, GRE_ERSPAN = 0x1000, 0x88be
BUFFER = 16 << 20


def main():
    device, destination, session = sys.argv[1], sys.argv[2], int(sys.argv[3])
    tap = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    tap.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
    tap.bind((device, 0))
    out = socket.socket(socket.AF_INET, socket.SOCK_RAW, IPPROTO_GRE)
    # Version 1 and no VLAN; then class, encapsulation, truncation and the session; then the index.
    erspan = struct.pack("!HHI", 1 << 12, session, 0)
    print("ready", flush=True)
    for number in itertools.count():
        frame, origin = tap.recvfrom(65536)
        while origin[2] == PACKET_OUTGOING:
            frame, origin = tap.recvfrom(65536)
        header = struct.pack("!HHI", GRE_SEQUENCE, GRE_ERSPAN, number & 0xffffffff)
        out.sendto(header + erspan + frame, (destination, 0))


if __name__ == "__main__":
    main()
