# SPDX-License-Identifier: ISC
"""The same tricks against a real server: Redis and memcached in a network namespace behind a router
in another. The client is made of raw frames; what passes between it and the router is the mirror's
view. Root only."""

import os
import socket
import struct
import subprocess
import time

import packets
from packets import ACK, MAC_CLIENT, MAC_SERVER, SYN
from wire import SERVER, Wire

CLIENTS = 200
PATIENCE = 2.0  # seconds for an answer of the server's
SETTLE = 0.15  # seconds until nothing more comes
V4, V6 = "198.51.100.", "2001:db8:66::"
ETH_P_ALL = 3


def run(*words, **how):
    return subprocess.run(words, check=True, capture_output=True, text=True, **how).stdout


def mac(address):
    return ":".join(f"{byte:02x}" for byte in address)


class Network:
    """Client's wire `self.wire` - router - server; taken down with close()."""

    def __init__(self):
        mark = f"{os.getpid() % 100000}"
        self.router, self.server, self.wire = f"evr{mark}", f"evs{mark}", f"evc{mark}"
        self.processes = []
        try:
            self.build()
        except Exception:
            self.close()
            raise

    def within(self, namespace, *words):
        return run("ip", "netns", "exec", namespace, *words)

    def build(self):
        for namespace in (self.router, self.server):
            run("ip", "netns", "add", namespace)
            self.within(namespace, "ip", "link", "set", "lo", "up")
        run("ip", "link", "add", self.wire, "address", mac(MAC_CLIENT), "type", "veth", "peer",
            "name", "outer", "address", mac(MAC_SERVER), "netns", self.router)
        run("ip", "-n", self.router, "link", "add", "inner", "type", "veth", "peer", "name", "inner",
            "netns", self.server)
        run("sysctl", "-q", "-w", f"net.ipv6.conf.{self.wire}.disable_ipv6=1")
        run("ip", "link", "set", self.wire, "up")
        for namespace, device, ends in (
                (self.router, "outer", (V4 + "1/24", V6 + "1/64")),
                (self.router, "inner", ("10.20.7.1/24", "fd00:20:7::1/64")),
                (self.server, "inner", (SERVER[4] + "/24", SERVER[6] + "/64"))):
            run("ip", "-n", namespace, "link", "set", device, "up")
            for end in ends:
                run("ip", "-n", namespace, "addr", "add", end, "dev", device,
                    *(("nodad",) if ":" in end else ()))
        for name in ("net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1"):
            self.within(self.router, "sysctl", "-q", "-w", name)
        run("ip", "-n", self.server, "route", "add", "default", "via", "10.20.7.1")
        run("ip", "-n", self.server, "-6", "route", "add", "default", "via", "fd00:20:7::1")
        batch = "".join(f"neigh replace {base}{n:x} lladdr {mac(MAC_CLIENT)} dev outer nud permanent\n"
                        if ":" in base else
                        f"neigh replace {base}{n} lladdr {mac(MAC_CLIENT)} dev outer nud permanent\n"
                        for base in (V4, V6) for n in range(20, 20 + CLIENTS))
        run("ip", "-n", self.router, "-batch", "-", input=batch)

    def start(self, *words):
        with open(os.devnull, "wb") as nothing:
            self.processes.append(subprocess.Popen(
                ("ip", "netns", "exec", self.server) + words, stdout=nothing, stderr=nothing))

    def close(self):
        for process in self.processes:
            process.terminate()
            process.wait()
        for namespace in (self.server, self.router):
            subprocess.run(("ip", "netns", "del", namespace), check=False, capture_output=True)
        subprocess.run(("ip", "link", "del", self.wire), check=False, capture_output=True)


class Redis:
    """Its key is gone when somebody has flushed it."""
    content = "redis"

    def __init__(self, network, folder):
        self.path = os.path.join(folder, "redis.sock")
        network.start("redis-server", "--port", "6379", "--bind", "0.0.0.0", "::", "--protected-mode",
                      "no", "--save", "", "--unixsocket", self.path, "--dir", folder)

    def ask(self, command):
        with socket.socket(socket.AF_UNIX) as control:
            control.settimeout(PATIENCE)
            control.connect(self.path)
            control.sendall(command)
            return control.recv(1000)

    def set(self):
        assert self.ask(b"SET evasion here\r\n") == b"+OK\r\n"

    def is_gone(self):
        return self.ask(b"EXISTS evasion\r\n") == b":0\r\n"


class Memcached:
    content = "memcached"

    def __init__(self, network, _folder):
        self.network = network
        network.start("memcached", "-u", "root", "-U", "11211", "-l", f"{SERVER[4]},{SERVER[6]}")

    def ask(self, command):
        script = ("import socket,sys;c=socket.create_connection((sys.argv[1],11211),2);"
                  "c.sendall(sys.argv[2].encode());print(c.recv(1000).decode())")
        return self.network.within(self.network.server, "python3", "-c", script, SERVER[4], command)

    def set(self):
        # A flush counts for what was set in an earlier second.
        assert "STORED" in self.ask("set evasion 0 0 1\r\nx\r\n")
        time.sleep(1.1)

    def is_gone(self):
        return "VALUE" not in self.ask("get evasion\r\n")


class LiveWire(Wire):
    live = True

    def __init__(self, family, content, device, number):
        super().__init__(family, content)
        self.client = f"{V4}{20 + number}" if family == 4 else f"{V6}{20 + number:x}"
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        self.socket.bind((device, 0))
        self.skew = 0.0
        self.received = b""
        self.acknowledged = None

    def emit(self, packet, from_client=True):
        if not from_client:
            return  # a real server speaks for itself
        frame = packets.ethernet(packet, True)
        self.frames.append((time.time() + self.skew, frame))
        self.socket.send(frame)

    def pause(self, seconds):
        self.settle()
        self.skew += seconds

    def answer(self, flags, data=b"", number=None, acknowledged=None):
        pass

    def next_packet(self, seconds):
        """One of the server's TCP segments or UDP datagrams, as (ports, header and data), or None."""
        end = time.time() + seconds
        while (left := end - time.time()) > 0:
            self.socket.settimeout(left)
            try:
                frame, where = self.socket.recvfrom(65536)
            except socket.timeout:
                return None
            if where[2] == socket.PACKET_OUTGOING:
                continue
            self.frames.append((time.time() + self.skew, frame))
            packet = frame[14:]
            if self.family == 6 and packet[0] >> 4 == 6 and packet[6] in (6, 17):
                source, transport = packet[8:24], packet[40:40 + int.from_bytes(packet[4:6], "big")]
            elif self.family == 4 and packet[0] >> 4 == 4 and packet[9] in (6, 17):
                source = packet[12:16]
                transport = packet[(packet[0] & 15) * 4:int.from_bytes(packet[2:4], "big")]
            else:
                continue
            if source == packets.packed(self.server):
                return transport
        return None

    def take(self, segment):
        ports = struct.unpack("!HH", segment[:4])
        if ports != self.ports[::-1]:
            return 0
        number, acknowledged = struct.unpack("!II", segment[4:12])
        data, flags = segment[(segment[12] >> 4) * 4:], segment[13]
        if flags & SYN:
            self.s_next = (number + 1) % 2**32
            at = segment.find(b"\x08\x0a", 20)
            if at > 0:
                self.echo = int.from_bytes(segment[at + 2:at + 6], "big")
        if flags & ACK:
            self.acknowledged = acknowledged
        if data and number == self.s_next:
            self.s_next = (self.s_next + len(data)) % 2**32
            self.received += data
        return flags

    def settle(self):
        while (segment := self.next_packet(SETTLE)) is not None:
            self.take(segment)

    def expect_synack(self):
        while (segment := self.next_packet(PATIENCE)) is not None:
            if self.take(segment) & SYN:
                return
        raise TimeoutError("no SYN-ACK")

    def taken(self, count, reply=b""):
        self.c_next = (self.c_next + count) % 2**32
        self.received, end = b"", time.time() + PATIENCE
        while time.time() < end and (self.acknowledged != self.c_next or
                                     (reply and b"\n" not in self.received)):
            segment = self.next_packet(SETTLE)
            if segment is not None:
                self.take(segment)
        if self.received:
            self.segment(flags=ACK)

    def answer_datagram(self, data, port=None):
        self.next_packet(PATIENCE)

    def finish(self):
        self.settle()
        self.socket.close()
