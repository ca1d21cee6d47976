# SPDX-License-Identifier: ISC
"""Packets with every field as one likes, from the IP header up, and captures of them."""

import socket
import struct

FIN, SYN, RST, PSH, ACK, URG, ECE, CWR = (1 << bit for bit in range(8))
TCP, UDP, FRAGMENT, DESTINATION, HOP_BY_HOP = 6, 17, 44, 60, 0
MAC_CLIENT, MAC_SERVER = b"\x02\x00\x00\x00\x66\x01", b"\x02\x00\x00\x00\x66\x02"
MD5_OPTION = b"\x13\x12" + b"\x5a" * 16 + b"\x01\x01"


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def is_v6(address):
    return ":" in address


def packed(address):
    return socket.inet_pton(socket.AF_INET6 if is_v6(address) else socket.AF_INET, address)


def pseudo_header(source, destination, protocol, length):
    ends = packed(source) + packed(destination)
    if is_v6(source):
        return ends + struct.pack("!IHBB", length, 0, 0, protocol)
    return ends + struct.pack("!BBH", 0, protocol, length)


def tcp(source, destination, ports, numbers, flags, data=b"", options=b"", urgent=0, sum_flaw=0,
        offset=None, window=64240):
    """One segment; ports and numbers are pairs: (source, destination), (sequence, acknowledgement)."""
    options += b"\x01" * (-len(options) % 4)
    words = 5 + len(options) // 4 if offset is None else offset
    header = struct.pack("!HHIIBBHHH", *ports, numbers[0] % 2**32, numbers[1] % 2**32, words << 4,
                         flags, window, 0, urgent) + options
    whole = header + data
    total = checksum(pseudo_header(source, destination, TCP, len(whole)) + whole) ^ sum_flaw
    return whole[:16] + struct.pack("!H", total) + whole[18:]


def udp(source, destination, ports, data, sum_flaw=0, no_sum=False, length=None):
    length = 8 + len(data) if length is None else length
    header = struct.pack("!HHHH", *ports, length, 0)
    total = checksum(pseudo_header(source, destination, UDP, length) + header + data[:length - 8])
    total = 0 if no_sum else (total or 0xFFFF) ^ sum_flaw
    return header[:6] + struct.pack("!H", total) + data


def ipv4(source, destination, protocol, data, ttl=64, identification=0, fragment=0x4000,
         options=b"", sum_flaw=0):
    header = struct.pack("!BBHHHBBH4s4s", 0x45 + len(options) // 4, 0, 20 + len(options) + len(data),
                         identification, fragment, ttl, protocol, 0, packed(source),
                         packed(destination)) + options
    return header[:10] + struct.pack("!H", checksum(header) ^ sum_flaw) + header[12:] + data


def ipv6(source, destination, protocol, data, ttl=64):
    return struct.pack("!IHBB", 6 << 28, len(data), protocol, ttl) + packed(source) + \
        packed(destination) + data


def extension(following, kind=1, length=4):
    """An extension header of 8 bytes with one option: kind 1 is padding."""
    return struct.pack("!BBBB", following, 0, kind, length) + b"\0" * 4


def with_extensions(protocol, data, count, first=DESTINATION, kind=1):
    """`count` headers before `data`; returns the protocol of the first and all bytes."""
    for at in range(count):
        data = extension(protocol, kind) + data
        protocol = first if at == count - 1 else DESTINATION
    return protocol, data


def fragments(source, destination, protocol, data, size, identification, ttl=64):
    """The IP packets that carry `data` in pieces of `size` bytes, a multiple of 8."""
    pieces = []
    for at in range(0, len(data), size):
        piece, more = data[at:at + size], at + size < len(data)
        if is_v6(source):
            header = struct.pack("!BBHI", protocol, 0, at | more, identification)
            pieces.append(ipv6(source, destination, FRAGMENT, header + piece, ttl))
        else:
            pieces.append(ipv4(source, destination, protocol, piece, ttl, identification,
                               at // 8 | (0x2000 if more else 0)))
    return pieces


def ethernet(packet, from_client, macs=(MAC_CLIENT, MAC_SERVER)):
    client, server = macs
    kind = b"\x86\xdd" if packet[0] >> 4 == 6 else b"\x08\x00"
    return (server + client if from_client else client + server) + kind + packet


def write_capture(path, frames):
    """frames: (seconds, bytes)."""
    with open(path, "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262144, 1))
        for when, frame in frames:
            ns = round(when * 1e9)
            out.write(struct.pack("<IIII", ns // 10**9, ns % 10**9, len(frame), len(frame)) + frame)
