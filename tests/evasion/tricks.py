# SPDX-License-Identifier: ISC
"""The table: what a client does so that who only listens does not see what the server sees. One line
per trick: its name, what is sent, what Linux does with it, and what must be said of it. `destroyed`:
the command reached the server, whatever else was sent. `seen`: words that the report must have.

Each trick is a function of the wire that it is played on: wire.py writes what a server would answer,
live.py asks a real one."""

import collections

import packets
from packets import ACK, CWR, ECE, FIN, PSH, RST, SYN, URG
from wire import FAR, SUM_FLAW

PAUSE = 45  # seconds: an ended conversation is forgotten
LOW = {"ttl": 1}
BAD_SUM = {"sum_flaw": SUM_FLAW}
SIGNED = {"options": packets.MD5_OPTION}

# families: IP versions; wide: with every content; fresh: nothing is said before; runs: Linux executes
# the command; seen: a regular expression, in the report; live: may be played against a real server.
Trick = collections.namedtuple("Trick", "name sent linux play families wide runs seen live udp")
TRICKS = []


def trick(name, sent, linux, families=(4, 6), wide=False, runs=True, seen=None, live=True, udp=False):
    def add(play):
        TRICKS.append(Trick(name, sent, linux, play, families, wide, runs, seen, live, udp))
        return play
    return add


def opened(wire):
    wire.open()
    wire.prelude()


# --- Controls ---------------------------------------------------------------------------------------

@trick("plain", "the command", "runs it", wide=True)
def _(wire):
    opened(wire)
    wire.real()
    wire.close()


@trick("byte-by-byte", "one segment for each byte", "runs it")
def _(wire):
    opened(wire)
    real = wire.content.real
    for at in range(len(real) - 1):
        wire.say(real[at:at + 1])
    wire.say(real[-1:], wire.content.reply)


@trick("refused", "a command with an error in it", "does not run it", runs=False)
def _(wire):
    opened(wire)
    wire.say(b"FLUSHALL x\r\n", b"-ERR syntax error\r\n")


# --- Ends that are none -----------------------------------------------------------------------------

def ended(flags, **flaw):
    def play(wire):
        opened(wire)
        wire.segment(flags=flags, **flaw)
        wire.pause(PAUSE)
        wire.real()
    return play


for _name, _flags in (("rst", RST), ("rst-ack", RST | ACK), ("fin", FIN | ACK)):
    trick(f"{_name}-bad-checksum", f"{_name.upper()} with a wrong checksum, a pause, the command",
          "drops it", wide=_name == "rst")(ended(_flags, tcp=BAD_SUM))
    trick(f"{_name}-far", f"{_name.upper()} out of the window, a pause, the command",
          "drops it")(ended(_flags, at=FAR))
    trick(f"{_name}-low-ttl", f"{_name.upper()} that ends before the server, a pause, the command",
          "never gets it", wide=_name == "rst")(ended(_flags, ip=LOW))
    trick(f"{_name}-signed", f"{_name.upper()} with an MD5 signature, a pause, the command",
          "drops it")(ended(_flags, tcp=SIGNED))
trick("rst-in-window", "RST 100 bytes ahead, a pause, the command", "asks back (RFC 5961)")(
    ended(RST, at=100))
trick("rst-behind", "RST of a byte before, a pause, the command", "drops it")(ended(RST, at=-5))
trick("fin-behind", "FIN of a byte before, a pause, the command", "drops it")(ended(FIN | ACK, at=-5))


@trick("both-ends-bad-checksum", "FIN, then RST, both with wrong checksums, from port 443",
       "drops both")
def _(wire):
    wire.ports = (443, wire.ports[1])
    opened(wire)
    wire.segment(flags=FIN | ACK, tcp=BAD_SUM)
    wire.segment(flags=RST, tcp=BAD_SUM)
    wire.pause(PAUSE)
    wire.real()


@trick("rst-forged-for-server", "RST in the server's name to the client, wrong checksum", "is not asked",
       live=False)
def _(wire):
    wire.ports = (443, wire.ports[1])
    opened(wire)
    reply = packets.tcp(wire.server, wire.client, wire.ports[::-1], (wire.s_next, wire.c_next),
                        RST | ACK, sum_flaw=SUM_FLAW)
    wire.emit((packets.ipv6 if wire.family == 6 else packets.ipv4)(wire.server, wire.client,
                                                                  packets.TCP, reply), False)
    wire.pause(PAUSE)
    wire.real()


@trick("long-silence", "nothing for a long time, from port 443, then the command", "runs it")
def _(wire):
    wire.ports = (443, wire.ports[1])
    opened(wire)
    wire.pause(5 * 3600)
    wire.real()


# --- Two versions of the same bytes -----------------------------------------------------------------

def hidden(before=True, stamps=False, **flaw):
    def play(wire):
        wire.open(stamps=stamps)
        wire.prelude()
        if before:
            wire.segment(wire.content.cover, **flaw)
        wire.real()
        if not before:
            wire.segment(wire.content.cover, at=-len(wire.content.real), **flaw)
    return play


trick("decoy-bad-checksum", "a harmless command with a wrong checksum, then the real one",
      "drops the first", wide=True)(hidden(tcp=BAD_SUM))
trick("decoy-low-ttl", "a harmless command that ends before the server, then the real one",
      "never gets the first", wide=True, seen="two versions")(hidden(ip=LOW))
trick("decoy-signed", "a harmless command with an MD5 signature, then the real one",
      "drops the first")(hidden(tcp=SIGNED))
trick("decoy-old-stamp", "a harmless command with an old time stamp, then the real one",
      "drops the first (PAWS)", wide=True, seen="two versions")(hidden(stamps=True, age=2**30))
trick("decoy-no-ack", "a harmless command without ACK, then the real one",
      "drops the first")(hidden(flags=PSH))
trick("decoy-no-flags", "a harmless command without any flag", "drops the first")(hidden(flags=0))
trick("decoy-syn", "a harmless command in a SYN, then the real one", "drops the first",
      seen=None)(hidden(flags=SYN | ACK | PSH))
trick("decoy-ack-ahead", "a harmless command that acknowledges what was never sent",
      "drops the first", seen="two versions")(hidden(ack=100000))
trick("decoy-ip-checksum", "a harmless command with a wrong checksum of IP", "drops the first",
      families=(4,))(hidden(ip={"sum_flaw": SUM_FLAW}))
trick("decoy-same-identification", "both with the same identification and checksum field",
      "drops the first", families=(4,))(hidden(tcp=BAD_SUM, ip={"identification": 2000}))
trick("decoy-afterwards", "the command, then a harmless one in its place", "runs the first",
      seen="two versions")(hidden(before=False, ip=LOW))
trick("decoy-source-route", "a harmless command with a source route", "drops the first",
      families=(4,), seen="two versions")(
          hidden(ip={"options": b"\x83\x07\x04\x0a\x14\x07\x0c\x00"}))
trick("decoy-hop-by-hop", "a harmless command behind an option that must be understood",
      "drops the first", families=(6,), seen="two versions")(
          hidden(ip={"extensions": 1, "first": 0, "kind": 0x9e}))


@trick("decoy-same-packet", "both alike in every field but the bytes, the checksum right for the second",
       "drops the first", families=(4,))
def _(wire):
    opened(wire)
    numbers = (wire.c_next, wire.s_next)
    right = packets.tcp(wire.client, wire.server, wire.ports, numbers, PSH | ACK, wire.content.real)
    wrong = right[:20] + wire.content.cover
    for data in (wrong, right):
        wire.emit(wire.ip(data, identification=3000))
    wire.taken(len(wire.content.real), wire.content.reply)


@trick("decoy-longer", "a long harmless one that ends before the server, then the command in pieces",
       "never gets the first", wide=True, seen="two versions")
def _(wire):
    opened(wire)
    real = wire.content.real
    wire.segment(wire.content.cover + wire.content.cover, ip=LOW)
    wire.say(real[:5])
    wire.say(real[5:], wire.content.reply)


@trick("decoy-shorter", "the beginning of a harmless one, then the command", "never gets the first",
       wide=True, seen="two versions")
def _(wire):
    opened(wire)
    wire.segment(bytes(byte ^ 1 for byte in wire.content.cover[:4]), ip=LOW)
    wire.real()


@trick("decoy-within", "half of the command, nonsense that ends before the server, the other half",
       "never gets the nonsense", wide=True, seen="two versions")
def _(wire):
    opened(wire)
    real = wire.content.real
    wire.say(real[:4])
    wire.segment(b"x" * len(real[4:]), ip=LOW)
    wire.say(real[4:], wire.content.reply)


@trick("decoys-three", "three harmless ones that end before the server, the command between them",
       "never gets them", seen="two versions")
def _(wire):
    opened(wire)
    cover = wire.content.cover
    wire.segment(cover, ip=LOW)
    wire.segment(cover.replace(b"1", b"3"), ip=LOW)
    wire.segment(wire.content.real)
    wire.segment(cover.replace(b"1", b"4"), ip=LOW)
    wire.taken(len(wire.content.real), wire.content.reply)


@trick("decoy-huge", "1400 bytes of nonsense that end before the server, then the command",
       "never gets the nonsense", wide=True, seen="two versions")
def _(wire):
    opened(wire)
    wire.segment(b"y" * 1400, ip=LOW)
    wire.real()


@trick("decoy-each-byte", "before each byte another one that ends before the server",
       "never gets them", seen="two versions")
def _(wire):
    opened(wire)
    real = wire.content.real
    for at in range(len(real)):
        wire.segment(b"z", ip=LOW)
        wire.say(real[at:at + 1], wire.content.reply if at == len(real) - 1 else b"")


# --- Overlapping segments ---------------------------------------------------------------------------

@trick("order-reversed", "the pieces of the command, the last first", "puts them in order", wide=True)
def _(wire):
    opened(wire)
    real = wire.content.real
    for at in range(len(real) - 2, -1, -2):
        wire.segment(real[at:at + 2] if at else real[:2], at=at)
    if len(real) % 2:
        wire.segment(real[:2])
    wire.taken(len(real), wire.content.reply)


@trick("overlap-in-order", "other bytes for the tail early, then the whole command in order",
       "takes what comes in order", wide=True, seen="two versions")
def _(wire):
    opened(wire)
    real = wire.content.real
    wire.segment(b"x" * (len(real) - 5), at=5)
    wire.real()


@trick("overlap-first-held", "the tail early, then other bytes in its place, then the head",
       "takes the first of those that wait", seen="two versions")
def _(wire):
    opened(wire)
    real = wire.content.real
    wire.segment(real[5:], at=5)
    wire.segment(b"x" * len(real[5:]), at=5)
    wire.segment(real[:5])
    wire.taken(len(real), wire.content.reply)


@trick("overlap-begins-earlier", "other bytes for the tail early, then a longer piece over them",
       "takes the longer", seen="two versions")
def _(wire):
    opened(wire)
    real = wire.content.real
    wire.segment(b"x" * (len(real) - 6), at=6)
    wire.segment(real[3:], at=3)
    wire.segment(real[:3])
    wire.taken(len(real), wire.content.reply)


@trick("overlap-behind", "a piece that begins before, with other bytes for what is there",
       "takes only what is new", seen="two versions")
def _(wire):
    opened(wire)
    real = wire.content.real
    wire.say(real[:6])
    wire.segment(b"xx" + real[6:], at=-2)
    wire.taken(len(real) - 6, wire.content.reply)


@trick("overlap-partial-held", "two pieces that wait and differ where they overlap",
       "takes the one that begins first", seen="two versions")
def _(wire):
    opened(wire)
    real = wire.content.real
    wire.segment(b"xx" + real[8:], at=6)
    wire.segment(real[4:8], at=4)
    wire.segment(real[:4])
    wire.taken(len(real), wire.content.reply)


# --- Urgent data ------------------------------------------------------------------------------------

@trick("urgent-byte", "a byte in the middle is urgent", "does not pass it on", wide=True, seen="urgent")
def _(wire):
    opened(wire)
    real = wire.content.real
    data = real[:5] + b"!" + real[5:]
    wire.say(data, wire.content.reply, flags=PSH | ACK | URG, tcp={"urgent": 6})


@trick("urgent-first", "the first byte is urgent", "does not pass it on", seen="urgent")
def _(wire):
    opened(wire)
    wire.say(b"!" + wire.content.real, wire.content.reply, flags=PSH | ACK | URG, tcp={"urgent": 1})


@trick("urgent-ahead", "the pointer is to a byte of a later segment", "does not pass that on",
       seen="urgent")
def _(wire):
    opened(wire)
    real = wire.content.real
    wire.say(real[:4], flags=PSH | ACK | URG, tcp={"urgent": 7})
    wire.say(real[4:6] + b"!" + real[6:], wire.content.reply)


@trick("urgent-no-flag", "a pointer without the flag", "pays no heed")
def _(wire):
    opened(wire)
    wire.real(tcp={"urgent": 4})


# --- The handshake ----------------------------------------------------------------------------------

@trick("syn-data-ignored", "a SYN with harmless data, then the command in its place",
       "drops the data (no Fast Open)")
def _(wire):
    wire.open(data=wire.content.cover)
    wire.real()


@trick("syn-data-again", "a SYN with the command, which is sent again", "drops the first")
def _(wire):
    wire.open(data=wire.content.real)
    wire.real()


@trick("syn-data-taken", "a SYN with the command, and a SYN-ACK that acknowledges it",
       "runs it (Fast Open)", live=False)
def _(wire):
    real = wire.content.real
    wire.segment(real, SYN, at=-1, tcp={"options": b"\x22\x0a" + b"c" * 8})
    wire.c_next += len(real)
    wire.answer(SYN | ACK, number=wire.s_next - 1)
    wire.segment(flags=ACK)
    wire.taken(0, wire.content.reply)


@trick("synack-first", "a SYN-ACK with a wrong checksum, then a connection from that port",
       "drops the first")
def _(wire):
    wire.segment(flags=SYN | ACK, at=-1, tcp=BAD_SUM)
    opened(wire)
    wire.real()


@trick("synack-after-syn", "a SYN, and a SYN-ACK that ends before the server, from port 443",
       "never gets the second", live=False)
def _(wire):
    wire.ports = (443, wire.ports[1])
    wire.segment(flags=SYN, at=-1)
    wire.segment(flags=SYN | ACK, at=-1, ip=LOW)
    wire.answer(SYN | ACK, number=wire.s_next - 1)
    wire.segment(flags=ACK)
    wire.pause(PAUSE)
    wire.real()


for _name, _flags in (("congestion", SYN | ECE | CWR), ("urgent", SYN | URG), ("push", SYN | PSH)):
    @trick(f"syn-{_name}", f"a SYN with the flags of {_name}", "takes it for a SYN")
    def _(wire, flags=_flags):
        wire.open(flags)
        wire.prelude()
        wire.real()


@trick("syn-twice", "two SYNs with other numbers, the first ends before the server",
       "never gets the first")
def _(wire):
    wire.segment(flags=SYN, at=70000, ip=LOW)
    opened(wire)
    wire.real()


@trick("wrap", "sequence numbers that wrap within the command", "runs it", wide=True)
def _(wire):
    wire.c_next = 2**32 - 3 - sum(len(data[0]) for who, data in wire.content.prelude
                                  if who == "client")
    wire.open()
    wire.c_next %= 2**32
    wire.prelude()
    wire.real()


for _port in (443, 53, 80, 22, 6379, 1):
    @trick(f"from-port-{_port}", f"from port {_port}, which looks like a server's", "runs it")
    def _(wire, port=_port):
        wire.ports = (port, wire.ports[1])
        opened(wire)
        wire.pause(PAUSE)
        wire.real()


@trick("keep-alive", "a byte of nothing before the next, as some systems do", "answers it")
def _(wire):
    opened(wire)
    wire.segment(b"\0", flags=ACK, at=-1)
    wire.pause(PAUSE)
    wire.real()


# --- The network below ------------------------------------------------------------------------------

@trick("ip-options", "the command behind options that do nothing", "runs it", families=(4,))
def _(wire):
    opened(wire)
    wire.real(ip={"options": b"\x01\x01\x01\x00"})


for _count in (1, 8):
    @trick(f"extensions-{_count}", f"the command behind {_count} extension headers", "runs it",
           families=(6,))
    def _(wire, count=_count):
        opened(wire)
        wire.real(ip={"extensions": count})


for _name, _order in (("", 1), ("-reversed", -1)):
    @trick(f"fragments{_name}", f"the command in small pieces{_name.replace('-', ', ')}",
           "puts them together", wide=True)
    def _(wire, order=_order):
        opened(wire)
        # Over IPv6 the first has to hold all of TCP's header (RFC 7112).
        wire.fragmented(8 if wire.family == 4 else 24, order)
        wire.taken(len(wire.content.real), wire.content.reply)


@trick("fragments-decoy", "a piece with other bytes that ends before the server, then all pieces",
       "never gets the first", families=(4,), runs=True)
def _(wire):
    opened(wire)
    segment = packets.tcp(wire.client, wire.server, wire.ports, (wire.c_next, wire.s_next),
                          PSH | ACK, wire.content.cover)
    piece = packets.fragments(wire.client, wire.server, packets.TCP, segment, 8,
                              wire.identification + 1, ttl=1)[2]
    wire.emit(piece)
    wire.identification += 5
    wire.fragmented(8)
    wire.taken(len(wire.content.real), wire.content.reply)


# --- UDP --------------------------------------------------------------------------------------------

def asked(port=None, **how):
    def play(wire):
        wire.datagram(wire.content.real, port, **how)
        wire.answer_datagram(wire.content.reply, port)
    return play


trick("udp-plain", "the command in a datagram", "runs it", udp=True)(asked())
trick("udp-no-checksum", "the command in a datagram without checksum", "runs it", families=(4,),
      udp=True)(asked(no_sum=True))
trick("udp-extensions-8", "the command behind 8 extension headers", "runs it", families=(6,),
      udp=True)(asked(ip={"extensions": 8}))
trick("udp-ip-options", "the command behind options that do nothing", "runs it", families=(4,),
      udp=True)(asked(ip={"options": b"\x01\x01\x01\x00"}))
for _port in (53, 123, 443, 11211, 6379, 69):
    trick(f"udp-from-port-{_port}", f"the command from port {_port}", "runs it", udp=True)(
        asked(_port))


@trick("udp-junk-first", "four datagrams of nonsense, then the command from port 53", "runs the last",
       udp=True)
def _(wire):
    for at in range(4):
        wire.datagram(bytes([at, 255]) * 8, 50000 + at)
    wire.datagram(wire.content.real, 53)
    wire.answer_datagram(wire.content.reply, 53)


@trick("udp-decoy-bad-checksum", "a datagram with a wrong checksum, then the command",
       "drops the first", udp=True)
def _(wire):
    wire.datagram(wire.content.cover, sum_flaw=SUM_FLAW)
    asked()(wire)


@trick("udp-decoy-low-ttl", "a datagram that ends before the server, then the command",
       "never gets the first", udp=True)
def _(wire):
    wire.datagram(wire.content.cover, ip=LOW)
    asked()(wire)


@trick("udp-tail", "the command, and bytes behind the end that UDP tells", "runs the command",
       families=(4,), udp=True)
def _(wire):
    wire.datagram(wire.content.real + b"get a\r\n", length=8 + len(wire.content.real))
    wire.answer_datagram(wire.content.reply)
