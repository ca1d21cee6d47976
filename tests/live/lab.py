# SPDX-License-Identifier: ISC
"""A small site in network namespaces: the internet, a filter, a server, a colleague, a sensor.

    internet 203.0.113.21-29 ── ext  edge  srv ── server 10.20.1.10
                                     cli ── colleague 10.20.2.10
                                     span ── sensor (no address: the mirror port)

The edge forwards; its nftables table `sg` is the security group. tc copies what passes `ext` (that
is outside of the filter) and `cli` to the mirror port. Names hold the process id, so that labs
can live side by side; what dead ones left is removed. Nothing leaves the namespaces.
"""

import ctypes
import os
import re
import shutil
import socket
import subprocess
import threading

from harness import Skip

CLONE_NEWNET = 0x40000000
INTERNET = [f"203.0.113.{n}" for n in range(21, 30)]
SERVER, COLLEAGUE = "10.20.1.10", "10.20.2.10"
ROLES = ("internet", "edge", "server", "colleague", "sensor")
MIRROR_PORT = "span0"
MIRRORED = ("ext", "cli")  # sides of the edge whose packets are copied, both ways

SECURITY_GROUP = """
table inet sg {
	set open { type inet_service; }
	chain forward {
		type filter hook forward priority 0; policy drop;
		iifname "ext" tcp dport @open accept
		iifname "ext" ct state established,related accept
		iifname { "srv", "cli" } accept
	}
}
"""


def command(*words, **more):
    return subprocess.run(words, check=True, capture_output=True, text=True, timeout=30, **more)


def need_tools():
    if os.geteuid() != 0:
        raise Skip("needs root for network namespaces")
    # A minimal root's PATH may lack them.
    os.environ["PATH"] = os.environ.get("PATH", "") + ":/usr/sbin:/sbin:/usr/bin:/bin"
    missing = [t for t in ("ip", "tc", "nft", "nsenter", "redis-server") if not shutil.which(t)]
    if missing:
        raise Skip("needs " + ", ".join(missing))


def name_of(role, pid=None):
    return f"swlab{pid or os.getpid()}{role}"


def remove_dead():
    for line in command("ip", "netns", "list").stdout.splitlines():
        match = re.match(r"swlab(\d+)[a-z]+\b", line)
        if match and not os.path.exists(f"/proc/{match[1]}"):
            subprocess.run(["ip", "netns", "del", match[0]], check=False, capture_output=True)


class Lab:
    def __init__(self):
        need_tools()
        self.processes = []
        try:
            remove_dead()
            self.build()
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired, OSError) as error:
            self.remove()
            why = getattr(error, "stderr", None) or error
            raise Skip(f"no network namespaces here: {str(why).strip()[:200]}") from error

    def ip(self, role, *words):
        command("ip", "-n", name_of(role), *words)

    def link(self, edge_side, role, other_side, edge_address=None, addresses=(), length=24):
        """A cable from the edge to a namespace, with an address at each end."""
        self.ip("edge", "link", "add", edge_side, "type", "veth", "peer", "name", other_side,
                "netns", name_of(role))
        for at, side, mine in (("edge", edge_side, [edge_address] if edge_address else []),
                               (role, other_side, addresses)):
            self.sysctl(at, f"net.ipv6.conf.{side}.disable_ipv6=1")
            for address in mine:
                self.ip(at, "addr", "add", f"{address}/{length}", "dev", side)
            self.ip(at, "link", "set", side, "up")
        if addresses:
            self.ip(role, "route", "add", "default", "via", edge_address)

    def sysctl(self, role, setting):
        key, value = setting.split("=")
        command(*self.inside(role), "sh", "-c",
                f"echo {value} > /proc/sys/{key.replace('.', '/')}")

    def build(self):
        for role in ROLES:
            command("ip", "netns", "add", name_of(role))
            self.ip(role, "link", "set", "lo", "up")
        self.link("ext", "internet", "up0", "203.0.113.1", INTERNET)
        self.link("srv", "server", "up0", "10.20.1.1", [SERVER])
        self.link("cli", "colleague", "up0", "10.20.2.1", [COLLEAGUE])
        self.link("span", "sensor", MIRROR_PORT)
        self.sysctl("edge", "net.ipv4.ip_forward=1")
        command(*self.inside("edge"), "nft", "-f", "-", input=SECURITY_GROUP)
        for side in MIRRORED:
            command(*self.inside("edge"), "tc", "qdisc", "add", "dev", side, "clsact")
        self.mirror_on()

    def mirror_way_on(self, way):
        for side in MIRRORED:
            command(*self.inside("edge"), "tc", "filter", "add", "dev", side, way, "protocol",
                    "all", "prio", "9", "u32", "match", "u32", "0", "0", "action", "mirred",
                    "egress", "mirror", "dev", "span")

    def mirror_way_off(self, way):
        for side in MIRRORED:
            command(*self.inside("edge"), "tc", "filter", "del", "dev", side, way)

    def mirror_on(self):
        for way in ("ingress", "egress"):
            self.mirror_way_on(way)

    def mirror_off(self):
        for way in ("ingress", "egress"):
            self.mirror_way_off(way)

    def mirror_lossy(self):
        """A fifth of the copies is lost: what a filter without an action takes is not mirrored.
        51 of the 256 values that the low byte of IP's identification takes in turns."""
        for side in MIRRORED:
            for way in ("ingress", "egress"):
                for value, mask in ((0, 0x07), (1, 0x0f), (2, 0x7f), (3, 0xff)):
                    command(*self.inside("edge"), "tc", "filter", "add", "dev", side, way,
                            "protocol", "ip", "prio", "1", "u32", "match", "u8", hex(value),
                            hex(mask), "at", "5", "flowid", "1:1")

    def mirror_whole(self):
        for side in MIRRORED:
            for way in ("ingress", "egress"):
                command(*self.inside("edge"), "tc", "filter", "del", "dev", side, way, "prio",
                        "1")

    @staticmethod
    def inside(role):
        return ["nsenter", f"--net=/run/netns/{name_of(role)}"]

    def open_port(self, port):
        command(*self.inside("edge"), "nft", "add", "element", "inet", "sg", "open",
                f"{{ {port} }}")

    def close_port(self, port):
        command(*self.inside("edge"), "nft", "delete", "element", "inet", "sg", "open",
                f"{{ {port} }}")

    def sent_by_sensor(self):
        """Packets that left the mirror port's own end: a passive sensor sends none."""
        text = command(*self.inside("sensor"), "cat",
                       "/proc/net/dev").stdout
        fields = re.search(rf"{MIRROR_PORT}:\s*(.*)", text)[1].split()
        return int(fields[9])

    def start(self, role, words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL):
        process = subprocess.Popen([*self.inside(role), *words], stdin=subprocess.DEVNULL,
                                   stdout=stdout, stderr=stderr, start_new_session=True)
        self.processes.append(process)
        return process

    def socket(self, role, source=None, timeout=10):
        """A TCP socket that belongs to a namespace; any thread may use it."""
        made = []

        def make():
            with open(f"/run/netns/{name_of(role)}", "rb") as namespace:
                if ctypes.CDLL(None, use_errno=True).setns(namespace.fileno(), CLONE_NEWNET) == 0:
                    made.append(socket.socket(socket.AF_INET, socket.SOCK_STREAM))

        thread = threading.Thread(target=make)
        thread.start()
        thread.join()
        if not made:
            raise Skip("setns() was refused")
        made[0].settimeout(timeout)
        if source:
            made[0].bind((source, 0))
        return made[0]

    def listen(self, role, address, port):
        """The kernel completes handshakes by itself; nobody answers."""
        made = self.socket(role)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((address, port))
        made.listen(64)
        return made

    def remove(self):
        for process in self.processes:
            if process.poll() is None:
                process.kill()
            process.wait()
        for role in ROLES:
            subprocess.run(["ip", "netns", "del", name_of(role)], check=False,
                           capture_output=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.remove()
