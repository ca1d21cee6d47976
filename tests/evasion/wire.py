# SPDX-License-Identifier: ISC
"""What a trick is played on. Wire writes both sides of the conversation as they would be on the wire,
the server's as Linux answers; live.py has the same with a real server."""

import packets
from packets import ACK, FIN, PSH, SYN

CLIENT = {4: "198.51.100.23", 6: "2001:db8:66::23"}
SERVER = {4: "10.20.7.12", 6: "fd00:20:7::12"}
BEGIN = 1795000000.0
SUM_FLAW = 0x1234
FAR = 0x20000000  # out of any window


class Wire:
    """One client, one server. `c_next` and `s_next`: the next byte of each side, as both know it."""
    live = False

    def __init__(self, family, content):
        self.family, self.content = family, content
        self.client, self.server = CLIENT[family], SERVER[family]
        self.ports = (40000, content.port)
        self.frames, self.now = [], BEGIN
        self.c_next, self.s_next = 1000, 500000
        self.identification = 1
        self.stamps = False  # are time stamps on?
        self.clock = 1000

    # --- what goes out -------------------------------------------------------------------------

    def emit(self, packet, from_client=True):
        self.now += 0.001
        self.frames.append((self.now, packets.ethernet(packet, from_client)))

    def pause(self, seconds):
        self.now += seconds

    def ip(self, data, protocol=packets.TCP, **how):
        """The client's IP packet; `extensions`: so many IPv6 headers before the data."""
        count, first, kind = how.pop("extensions", 0), how.pop("first", 60), how.pop("kind", 1)
        if self.family == 6:
            for name in ("identification", "fragment", "options", "sum_flaw"):
                how.pop(name, None)
            if count:
                protocol, data = packets.with_extensions(protocol, data, count, first, kind)
            return packets.ipv6(self.client, self.server, protocol, data, **how)
        self.identification += 1
        how.setdefault("identification", self.identification)
        return packets.ipv4(self.client, self.server, protocol, data, **how)

    def stamp(self, age=0):
        if not self.stamps:
            return b""
        self.clock += 1
        value = (self.clock - age) % 2**32
        return b"\x01\x01\x08\x0a" + value.to_bytes(4, "big") + self.echo.to_bytes(4, "big")

    echo = 7

    def segment(self, data=b"", flags=PSH | ACK, at=0, ack=0, tcp=None, ip=None, age=0):
        """A segment of the client's, `at` bytes behind what the server has; nobody's state moves."""
        tcp = dict(tcp or {})
        tcp["options"] = self.stamp(age) + tcp.get("options", b"")
        acknowledged = self.s_next + ack if flags & ACK else 0
        self.emit(self.ip(packets.tcp(self.client, self.server, self.ports,
                                      (self.c_next + at, acknowledged), flags, data, **tcp),
                          **(ip or {})))

    # --- what both do --------------------------------------------------------------------------

    def answer(self, flags, data=b"", number=None, acknowledged=None):
        """The server's packet. A real server sends its own."""
        numbers = (self.s_next if number is None else number,
                   self.c_next if acknowledged is None else acknowledged)
        reply = packets.tcp(self.server, self.client, self.ports[::-1], numbers, flags, data,
                            options=b"\x01\x01\x08\x0a" + bytes(8) if self.stamps else b"")
        if self.family == 6:
            self.emit(packets.ipv6(self.server, self.client, packets.TCP, reply), False)
        else:
            self.identification += 1
            self.emit(packets.ipv4(self.server, self.client, packets.TCP, reply,
                                   identification=self.identification), False)

    def expect_synack(self):
        self.answer(SYN | ACK, number=self.s_next - 1)

    def open(self, flags=SYN, data=b"", tcp=None, ip=None, stamps=False):
        self.stamps = False
        options = b"\x02\x04\x05\xb4" + (b"\x01\x01\x08\x0a" + bytes([0, 0, 3, 0]) + bytes(4)
                                         if stamps else b"")
        tcp = dict(tcp or {})
        tcp["options"] = options + tcp.get("options", b"")
        self.segment(data, flags, at=-1, tcp=tcp, ip=ip)
        self.stamps = stamps
        self.expect_synack()
        self.segment(flags=ACK)

    def taken(self, count, reply=b""):
        """The server has taken `count` more bytes of the client's, and says `reply`."""
        self.c_next += count
        self.answer(ACK | (PSH if reply else 0), reply)
        self.s_next += len(reply)
        if reply:
            self.segment(flags=ACK)

    def say(self, data, reply=b"", **how):
        self.segment(data, **how)
        self.taken(len(data), reply)

    def prelude(self):
        """What is said before the command that matters."""
        for who, data in self.content.prelude:
            if who == "server":
                self.taken(0, data)
            else:
                reply = data[1]
                self.say(data[0], reply)

    def real(self, **how):
        self.say(self.content.real, self.content.reply, **how)

    def close(self):
        self.segment(flags=FIN | ACK)
        self.c_next += 1
        self.answer(FIN | ACK)
        self.s_next += 1
        self.segment(flags=ACK)

    def fragmented(self, size, order=1, data=None):
        """The command in one segment, which comes in pieces."""
        segment = packets.tcp(self.client, self.server, self.ports, (self.c_next, self.s_next),
                              PSH | ACK, self.content.real if data is None else data)
        self.identification += 1
        pieces = packets.fragments(self.client, self.server, packets.TCP, segment, size,
                                   self.identification)
        for piece in pieces[::order]:
            self.emit(piece)

    # --- UDP -----------------------------------------------------------------------------------

    def datagram(self, data, port=None, ip=None, **how):
        ports = (port or self.ports[0], self.content.port)
        self.emit(self.ip(packets.udp(self.client, self.server, ports, data, **how), packets.UDP,
                          **(ip or {})))

    def answer_datagram(self, data, port=None):
        ports = (self.content.port, port or self.ports[0])
        reply = packets.udp(self.server, self.client, ports, data)
        if self.family == 6:
            self.emit(packets.ipv6(self.server, self.client, packets.UDP, reply), False)
        else:
            self.identification += 1
            self.emit(packets.ipv4(self.server, self.client, packets.UDP, reply,
                                   identification=self.identification), False)

