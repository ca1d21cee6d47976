# SPDX-License-Identifier: ISC
"""A data centre in network namespaces: the internet, a partner, an edge, hosts, a mirror port.

    internet clients 203.0.113.x, 2001:db8:1::x ─┐
    partner          198.51.100.10 ──────────────┴─ ext  edge  int ── hosts 10.20.N.x
    colleague        10.21.0.10 ─────────────────┬─ dmz         │         2001:db8:20:N::x
    balancers        10.21.N.1 ──────────────────┘         span └─ mirror ─ sensor

Each client and each host is a namespace of its own on a switch (a bridge) behind `ext`, `dmz`,
`int`. A host owns many addresses, so that each scenario has an endpoint that nobody else touches, though
one server serves them all. The edge routes; its nftables table `sg` is the security group. What
passes `ext` (outside of the filter) and `dmz` is copied by tc to the mirror port, as it is or in a
tunnel: MIRRORS. Names hold the process id, so that labs can live side by side; what dead ones
left is removed. Nothing leaves the namespaces. The sensor's port has no address: it cannot answer.
"""

import contextlib
import ctypes
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading

from harness import Skip

MIRRORS = ("plain", "vxlan", "erspan")
MIRROR_PORT = "span0"
MIRRORED = ("ext", "dmz")  # sides of the edge whose packets are copied, both ways
WAYS = ("ingress", "egress")
TUNNEL_FROM, TUNNEL_TO, VNI, ERSPAN_SESSION = "10.99.0.1", "10.99.0.2", 4242, 77
SOURCES = 6  # addresses of each internet client: probes must come from distinct ones
TOOLS = ("ip", "tc", "nft", "nsenter", "unshare", "ethtool", "tcpdump", "redis-server")
CLONE_NEWNET = 0x40000000
HERE = os.path.dirname(os.path.abspath(__file__))

SECURITY_GROUP = """
table inet sg {
	set closed4 { type ipv4_addr; flags interval; }
	set closed6 { type ipv6_addr; flags interval; }
	set open4 { type ipv4_addr . inet_proto . inet_service; }
	set open6 { type ipv6_addr . inet_proto . inet_service; }
	set rejected4 { type ipv4_addr . inet_proto . inet_service; }
	chain forward {
		type filter hook forward priority 0; policy accept;
		iifname != "ext" accept
		ct state established,related accept
		ip daddr . meta l4proto . th dport @rejected4 reject with tcp reset
		ip daddr . meta l4proto . th dport @open4 accept
		ip6 daddr . meta l4proto . th dport @open6 accept
		ip daddr @closed4 drop
		ip6 daddr @closed6 drop
	}
}
"""


def command(*words, **more):
    return subprocess.run(words, check=True, capture_output=True, text=True, timeout=60, **more)


def need_tools():
    if os.geteuid() != 0:
        raise Skip("needs root for network namespaces")
    # A minimal root's PATH may lack them.
    os.environ["PATH"] = os.environ.get("PATH", "") + ":/usr/sbin:/sbin:/usr/bin:/bin"
    missing = [t for t in TOOLS if not shutil.which(t)]
    if missing:
        raise Skip("needs " + ", ".join(missing))


def name_of(role, pid=None):
    return f"swdc{pid or os.getpid()}-{role}"


def inside(role):
    """What to put before a command, so that it runs in that namespace."""
    return ["nsenter", f"--net=/run/netns/{name_of(role)}"]


def remove_dead():
    for line in command("ip", "netns", "list").stdout.splitlines():
        match = re.match(r"swdc(\d+)-\S+", line)
        if match and not os.path.exists(f"/proc/{match[1]}"):
            for pid in command("ip", "netns", "pids", match[0]).stdout.split():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(int(pid), signal.SIGKILL)
            subprocess.run(["ip", "netns", "del", match[0]], check=False, capture_output=True)


def try_out():
    """Skip where the kernel or a container does not let us, found out with the least there is."""
    one, name = f"swdc{os.getpid()}-try", f"/run/netns/swdc{os.getpid()}-try"
    script = f"""
        ip netns add {one} && ip -n {one} link add try0 type veth peer name try1 &&
        nsenter --net={name} tc qdisc add dev try0 clsact && nsenter --net={name} nft list ruleset &&
        unshare --mount --pid --uts --fork --kill-child --mount-proc mount -t tmpfs tmpfs /run
        """
    try:
        command("sh", "-c", script)
    except subprocess.CalledProcessError as error:
        why = " ".join(error.stderr.split())[:200]
        raise Skip("no network namespaces here: " + why) from None
    finally:
        subprocess.run(["ip", "netns", "del", one], check=False, capture_output=True)


def batch(lines, role=None):
    where = ["-n", name_of(role)] if role else []
    command("ip", *where, "-batch", "-", input="".join(f"{line}\n" for line in lines))


class Host:
    """A namespace inside: number N has some of 10.20.N.0/24 and of 2001:db8:20:N::/64."""

    def __init__(self, role, number, addresses):
        self.role, self.number = role, number
        self.v4 = [self.address(n) for n in addresses]
        self.v6 = [self.address6(n) for n in addresses]

    def address(self, last):
        return f"10.20.{self.number}.{last}"

    def address6(self, last):
        return f"2001:db8:20:{self.number:x}::{last:x}"


class Client:
    """A namespace outside, or the colleague's; `v4[0]` is the source unless a command asks."""

    def __init__(self, role, v4, v6):
        self.role, self.v4, self.v6 = role, v4, v6


class Balancer:
    """A namespace between the two: what it asks of hosts is on the mirror as well."""

    def __init__(self, role, number):
        self.role, self.v4, self.v6 = role, [f"10.21.{number}.1"], [f"2001:db8:21:{number:x}::1"]


class Network:
    """`hosts`: Host objects, whose number is below 255. `clients`: how many on the internet."""

    def __init__(self, hosts, clients, mirror="plain", balancers=()):
        self.hosts, self.balancers = hosts, balancers
        self.mirror, self.encapsulator, self.mirror_device = mirror, None, "span"
        self.processes = []  # of start()
        self.clients = [Client(f"net{n}", [f"203.0.113.{8 * n + 8 + i}" for i in range(SOURCES)],
                               [f"2001:db8:1::{8 * n + 8 + i:x}" for i in range(SOURCES)])
                        for n in range(clients)]
        self.partner = Client("partner", ["198.51.100.10"], ["2001:db8:2::10"])
        self.colleague = Client("colleague", ["10.21.0.10"], ["2001:db8:21::10"])
        self.roles = ["internet", "edge", "dmz", "inside", "sensor"] + \
            [s.role for s in [*self.clients, self.partner, self.colleague, *balancers, *hosts]]
        need_tools()
        try_out()
        try:
            remove_dead()
            self.build()
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired, OSError) as error:
            self.remove()
            why = getattr(error, "stderr", None) or error
            why = str(why).strip()[:500]
            raise AssertionError(f"the network cannot be built: {why}") from error

    # --- cables ---

    @staticmethod
    def cable(role, device, other_role, other_device):
        return f"link add {device} netns {name_of(role)} type veth peer name {other_device} " \
               f"netns {name_of(other_role)}"

    def switch(self, role, uplink, ports):
        """A bridge in namespace `role` of the uplink and one port for each of `ports`."""
        batch(["link add br0 type bridge forward_delay 0 mcast_snooping 0",
               *[f"link set {device} master br0 up" for device in [uplink, *ports]],
               "link set br0 up"], role)

    def build(self):
        batch([f"netns add {name_of(role)}" for role in self.roles])
        switches = (("ext", "internet", [*self.clients, self.partner]),
                    ("dmz", "dmz", [self.colleague, *self.balancers]),
                    ("int", "inside", self.hosts))
        cables = [self.cable("edge", "span", "sensor", MIRROR_PORT)]
        for side, role, stations in switches:
            cables.append(self.cable("edge", side, role, "up0"))
            cables += [self.cable(role, f"p{n}", s.role, "eth0") for n, s in enumerate(stations)]
        batch(cables)
        self.quiet_devices()
        for _, role, stations in switches:
            self.switch(role, "up0", [f"p{n}" for n in range(len(stations))])
        self.edge()
        for client in self.clients:
            self.station(client.role, client.v4, client.v6, 24, 64, "203.0.113.1", "2001:db8:1::1")
        self.station("partner", self.partner.v4, self.partner.v6, 24, 64, "198.51.100.1",
                     "2001:db8:2::1")
        for near in (self.colleague, *self.balancers):
            self.station(near.role, near.v4, near.v6, 16, 48, "10.21.0.1", "2001:db8:21::1")
        for host in self.hosts:
            self.station(host.role, host.v4, host.v6, 16, 48, "10.20.0.1", "2001:db8:20::1")
        batch([f"link set {MIRROR_PORT} mtu 9000 up promisc on"], "sensor")
        self.start_mirror()

    def quiet_devices(self):
        """Frames as on a wire (no 64 kB packets with half a checksum), and no chatter of IPv6."""
        ends = " ".join(name_of(r) for r in self.roles if r not in ("internet", "dmz", "inside"))
        script = """
            for name in $ENDS; do nsenter --net=/run/netns/$name sh -c '
                echo 0 >/proc/sys/net/ipv6/conf/all/accept_ra
                for device in eth0 ext int dmz; do
                    [ ! -d /sys/class/net/$device ] && [ ! -d /proc/sys/net/ipv4/conf/$device ] ||
                    ethtool -K $device tx off tso off gso off gro off sg off; done'
            done >/dev/null 2>&1
            for name in $PORTS; do nsenter --net=/run/netns/$name sh -c '
                for file in /proc/sys/net/ipv6/conf/*/disable_ipv6; do echo 1 >$file; done'
            done 2>/dev/null
            nsenter --net=/run/netns/$EDGE sh -c '
                echo 1 >/proc/sys/net/ipv4/ip_forward
                echo 1 >/proc/sys/net/ipv6/conf/all/forwarding
                echo 1 >/proc/sys/net/ipv6/conf/span/disable_ipv6'
            """
        command("sh", "-c", script, env={
            **os.environ, "ENDS": ends, "EDGE": name_of("edge"),
            "PORTS": " ".join(name_of(r) for r in ("internet", "dmz", "inside", "sensor"))})

    def edge(self):
        batch(["addr add 203.0.113.1/24 dev ext", "addr add 198.51.100.1/24 dev ext",
               "addr add 2001:db8:1::1/64 dev ext nodad", "addr add 2001:db8:2::1/64 dev ext nodad",
               "addr add 10.20.0.1/16 dev int", "addr add 2001:db8:20::1/48 dev int nodad",
               "addr add 10.21.0.1/16 dev dmz", "addr add 2001:db8:21::1/48 dev dmz nodad",
               *[f"link set {device} up" for device in ("lo", "ext", "int", "dmz")],
               "link set span mtu 9000 up"], "edge")
        self.nft(SECURITY_GROUP)

    @staticmethod
    def station(role, v4, v6, length4, length6, gateway4, gateway6):
        batch(["link set lo up",
               *[f"addr add {a}/{length4} dev eth0" for a in v4],
               *[f"addr add {a}/{length6} dev eth0 nodad" for a in v6],
               "link set eth0 up", f"route add default via {gateway4}",
               f"route add default via {gateway6} src {v6[0]}"], role)

    # --- the mirror ---

    def start_mirror(self):
        if self.mirror != "plain":
            self.mirror_device = getattr(self, self.mirror)()
        for side in MIRRORED:
            self.tc("qdisc", "add", "dev", side, "clsact")
        self.mirror_on()

    @staticmethod
    def tc(*words):
        command(*inside("edge"), "tc", *words)

    def mirror_on(self, ways=WAYS):
        for side in MIRRORED:
            for way in ways:
                # The match-all of kernels that have neither matchall nor flower.
                self.tc("filter", "add", "dev", side, way, "protocol", "all", "prio", "9",
                        "u32", "match", "u32", "0", "0", "action", "mirred", "egress", "mirror",
                        "dev", self.mirror_device)

    def mirror_off(self, ways=WAYS):
        for side in MIRRORED:
            for way in ways:
                self.tc("filter", "del", "dev", side, way)

    def mirror_lossy(self):
        """A fifth of the copies is lost: what a filter without an action takes is not mirrored.
        51 of the 256 values that the low byte of IP's identification takes in turns."""
        for side in MIRRORED:
            for way in WAYS:
                for value, mask in ((0, 0x07), (1, 0x0f), (2, 0x7f), (3, 0xff)):
                    self.tc("filter", "add", "dev", side, way, "protocol", "ip", "prio", "1",
                            "u32", "match", "u8", hex(value), hex(mask), "at", "5",
                            "flowid", "1:1")

    def mirror_whole(self):
        for side in MIRRORED:
            for way in WAYS:
                self.tc("filter", "del", "dev", side, way, "prio", "1")

    def wrapping(self):
        """What events must say of the mirror: spanwatch.tunnels, None without a tunnel."""
        kind = {"vxlan": ("vxlan", VNI), "erspan": ("erspan-2", ERSPAN_SESSION)}.get(self.mirror)
        return kind and [{"kind": kind[0], "id": kind[1], "source": TUNNEL_FROM,
                          "destination": TUNNEL_TO}]

    def tunnel_end(self):
        """The edge knows the sensor's end by its Ethernet address: the sensor never speaks."""
        link = command("ip", "-n", name_of("sensor"), "link", "show", MIRROR_PORT).stdout
        mac = re.search(r"link/ether (\S+)", link)[1]
        batch([f"addr add {TUNNEL_FROM}/24 dev span",
               f"neigh add {TUNNEL_TO} lladdr {mac} dev span nud permanent"], "edge")

    def vxlan(self):
        self.tunnel_end()
        batch([f"link add vx0 mtu 8000 type vxlan id {VNI} local {TUNNEL_FROM} remote {TUNNEL_TO} "
               "dstport 4789 dev span nolearning noudpcsum", "link set vx0 up"], "edge")
        return "vx0"

    def erspan(self):
        """Many kernels have no erspan device: a small program makes the outer header."""
        self.tunnel_end()
        batch(["link add tap0 mtu 8000 type veth peer name tap1 mtu 8000", "link set tap0 up",
               "link set tap1 up"], "edge")
        self.encapsulator = subprocess.Popen(
            [*inside("edge"), sys.executable, os.path.join(HERE, "erspan.py"), "tap1", TUNNEL_TO,
             str(ERSPAN_SESSION)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
            start_new_session=True)
        if self.encapsulator.stdout.readline() != "ready\n":
            raise OSError("the ERSPAN encapsulator did not start")
        return "tap0"

    # --- the security group ---

    @staticmethod
    def nft(text):
        command(*inside("edge"), "nft", "-f", "-", input=text)

    def close(self, *addresses):
        """From now on only what open() names gets in to these addresses or prefixes."""
        for address in addresses:
            self.nft(f"add element inet sg closed{6 if ':' in address else 4} {{ {address} }}")

    def open(self, *endpoints):
        """Endpoints are (address, "tcp" or "udp", port); all of them by one change."""
        self.change("add", "open", endpoints)

    def shut(self, *endpoints):
        self.change("delete", "open", endpoints)

    def reject(self, *endpoints):
        self.change("add", "rejected", endpoints)

    def change(self, verb, name, endpoints):
        self.nft("".join(
            f"{verb} element inet sg {name}{6 if ':' in address else 4} "
            f"{{ {address} . {transport} . {port} }}\n" for address, transport, port in endpoints))

    def sent_by_sensor(self):
        """Packets that left the mirror port's own end: a passive sensor sends none."""
        text = command(*inside("sensor"), "cat", "/proc/net/dev").stdout
        return int(re.search(rf"{MIRROR_PORT}:\s*(.*)", text)[1].split()[9])

    # --- who lives here ---

    def start(self, role, words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL):
        """A program in that namespace; remove() ends it."""
        process = subprocess.Popen([*inside(role), *words], stdin=subprocess.DEVNULL,
                                   stdout=stdout, stderr=stderr, start_new_session=True)
        self.processes.append(process)
        return process

    @staticmethod
    def socket(role, source=None, kind=socket.SOCK_STREAM, family=socket.AF_INET, timeout=10):
        """A socket that belongs to a namespace; any thread may use it."""
        made = []

        def make():
            with open(f"/run/netns/{name_of(role)}", "rb") as namespace:
                if ctypes.CDLL(None, use_errno=True).setns(namespace.fileno(), CLONE_NEWNET) == 0:
                    made.append(socket.socket(family, kind))

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

    def inhabitants(self):
        """The processes in our namespaces."""
        ours, found = set(), []
        for role in self.roles:
            with contextlib.suppress(OSError):
                ours.add(os.stat(f"/run/netns/{name_of(role)}").st_ino)
        for folder in os.listdir("/proc"):
            with contextlib.suppress(OSError):
                if folder.isdigit() and os.stat(f"/proc/{folder}/ns/net").st_ino in ours:
                    found.append(int(folder))
        return found

    def remove(self):
        for process in self.processes:
            if process.poll() is None:
                process.kill()
            process.wait()
        if self.encapsulator:
            os.killpg(self.encapsulator.pid, signal.SIGKILL)
            self.encapsulator.wait()
            self.encapsulator.stdout.close()
        names = "".join(f"netns del {name_of(role)}\n" for role in self.roles)
        subprocess.run(["ip", "-force", "-batch", "-"], input=names, text=True, check=False,
                       capture_output=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.remove()
