# SPDX-License-Identifier: ISC
"""A network with real servers, one sensor on its mirror port, Redis, and a recording of all of it.

    with Laboratory(folder, hosts, policy_text) as lab:
        server = lab.start_server(host, "redis", script, [("tcp", 6379)])
        lab.run(lab.network.clients[0].role, "redis-cli -h 10.20.14.11 INFO")
        lab.wait(lambda: lab.find(...))
        lab.stop_sensor()
        lab.replay()

Any thread may start servers and run clients. Events are collected by one thread; `events` only
grows. What a lab started dies with it, whatever it became: each server is the first process of a
process namespace.
"""

import contextlib
import json
import lzma
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import threading
import time

from harness import PATIENCE, PROGRAM, Redis, RedisServer, Skip, wait_until
from network import MIRROR_PORT, Network, command, inside

START_LIMIT, CLIENT_LIMIT, STOP_LIMIT = 150, 40, 30  # seconds
POLL = 0.05
SITE = "lab"
LISTENING = {"tcp": "0A", "udp": "07"}  # states in /proc/net
SHELTERED = "/srv/lab"  # where servers and clients see `folder`: its real name is not on the wire
# Names are asked of nobody, and the machine's own name is not told.
SHELTER = f"""
mount -t tmpfs -o mode=755 tmpfs /srv && mkdir {SHELTERED} && mount --bind "$FOLDER" {SHELTERED} &&
mount --bind {SHELTERED}/resolv.conf /etc/resolv.conf &&
mount --bind {SHELTERED}/hosts /etc/hosts &&
hostname lab && unset FOLDER && cd "$DIR" &&
"""
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
NAMESPACES = ("unshare", "--mount", "--pid", "--uts", "--fork", "--kill-child", "--mount-proc")


def children_of(parent):
    for folder in os.listdir("/proc"):
        with contextlib.suppress(OSError):
            if folder.isdigit():
                with open(f"/proc/{folder}/stat", encoding="latin-1") as file:
                    if int(file.read().rpartition(")")[2].split()[1]) == parent:
                        yield int(folder)


def end_namespace(unshare):
    """Ends the first process of a process namespace, and so all of them. (unshare's --kill-child
    is no help where that one has changed its user: the kernel then forgets the parent's death.)"""
    if unshare.poll() is None:
        for child in children_of(unshare.pid):
            os.kill(child, signal.SIGKILL)
        try:
            unshare.wait(STOP_LIMIT)
        except subprocess.TimeoutExpired:
            unshare.kill()
    unshare.wait()


class Event(dict):
    """An event's JSON; `arrived_ms` is when Redis took it, by Redis's clock."""
    arrived_ms = 0


class Collector(threading.Thread):
    """Reads the stream for as long as the lab lives."""

    def __init__(self, path):
        super().__init__(daemon=True)
        self.redis, self.events, self.last, self.over = Redis(path), [], "-", False
        self.lock = threading.Lock()

    def take(self):
        with self.lock:
            for name, flat in self.redis("XRANGE", f"spanwatch:{{{SITE}}}:events", self.last, "+"):
                event = Event(json.loads(dict(zip(flat[::2], flat[1::2]))["json"]))
                event.arrived_ms = int(name.split("-")[0])
                self.events.append(event)
                self.last = "(" + name

    def run(self):
        while not self.over:
            self.take()
            time.sleep(POLL)


class Server:
    def __init__(self, name, process, log):
        self.name, self.process, self.log = name, process, log

    def listens(self, transport, port):
        assert self.process.poll() is None, f"{self.name} ended: {self.tail()}"
        for version in ("", "6"):
            with open(f"/proc/{self.process.pid}/net/{transport}{version}",
                      encoding="ascii") as file:
                if re.search(rf":{port:04X} [0-9A-F]+:0000 {LISTENING[transport]} ", file.read()):
                    return True
        return False

    def tail(self):
        with open(self.log, encoding="utf-8", errors="replace") as file:
            return " ".join(file.read()[-600:].split())

    def stop(self):
        end_namespace(self.process)


class Laboratory:
    """`folder` is empty, short-named, and can be entered by all; policy must say `site: lab`."""

    def __init__(self, folder, hosts, policy, clients=8, mirror="plain", balancers=(),
                 options=()):
        self.folder, self.mirror = folder, mirror
        self.policy = os.path.join(folder, "policy.yaml")
        self.capture = os.path.join(folder, "lab.pcap")
        self.servers, self.sensor, self.recorder, self.redis = [], None, None, None
        self.collector = self.network = None
        self.outlived = []  # processes that close() had not expected; it ends them
        self.files(policy)
        try:
            self.network = Network(hosts, clients, mirror, balancers)
            self.redis = RedisServer(folder=os.path.join(folder, "redis"),
                                     prefix=inside("sensor"))
            self.start_recorder()
            self.start_sensor(options)
        except BaseException:
            self.close()
            raise

    def files(self, policy):
        os.chmod(self.folder, 0o755)
        os.mkdir(os.path.join(self.folder, "redis"))
        for name, text in (("policy.yaml", policy), ("resolv.conf", "nameserver 127.0.0.1\n"),
                           ("hosts", "127.0.0.1 localhost lab\n::1 localhost\n")):
            with open(os.path.join(self.folder, name), "w", encoding="utf-8") as file:
                file.write(text)
        self.certificates(os.path.join(self.folder, "certs"))

    @staticmethod
    def certificates(folder):
        os.mkdir(folder)
        if not shutil.which("openssl"):
            return
        command("sh", "-ec", """
            openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 \
                -subj /CN=lab-ca -keyout ca.key -out ca.crt
            openssl req -newkey rsa:2048 -nodes -subj /CN=server.lab.example \
                -addext subjectAltName=DNS:server.lab.example -keyout server.key -out server.csr
            openssl x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 3650 \
                -copy_extensions copy -out server.crt
            chmod 644 server.key
            """, cwd=folder)

    # --- sensor and recording ---

    def start_recorder(self):
        log = os.path.join(self.folder, "tcpdump.log")
        with open(log, "wb") as out:
            self.recorder = self.network.start(
                "sensor", ["tcpdump", "-i", MIRROR_PORT, "--immediate-mode", "-U", "-B", "65536",
                           "-Z", "root", "-s", "0", "-w", self.capture], stderr=out)
        wait_until(lambda: os.path.exists(self.capture) and os.path.getsize(self.capture) >= 24,
                   what="tcpdump's start")

    def start_sensor(self, options):
        with open(os.path.join(self.folder, "sensor.log"), "wb") as log, \
                open(os.path.join(self.folder, "events.jsonl"), "wb") as out:
            self.sensor = self.network.start(
                "sensor", [PROGRAM, "-i", MIRROR_PORT, "-p", self.policy, "--json", "--sensor",
                           "lab", "--heartbeat", "1", "--redis", "unix://" + self.redis.socket,
                           *options], stdout=out, stderr=log)
        self.collector = Collector(self.redis.socket)
        wait_until(lambda: self.alive() and self.heartbeat().get("state") == "watching",
                   what="the sensor's first heartbeat")
        self.collector.start()

    def sensor_log(self):
        with open(os.path.join(self.folder, "sensor.log"), encoding="utf-8") as file:
            return file.read()

    def alive(self):
        assert self.sensor.poll() is None, \
            f"the sensor ended with status {self.sensor.poll()}: {self.sensor_log()[-800:]}"
        return True

    def heartbeat(self):
        client = Redis(self.redis.socket)
        try:
            return client.mapping(f"spanwatch:{{{SITE}}}:sensor:lab")
        finally:
            client.close()

    @property
    def events(self):
        return self.collector.events

    def wait(self, condition, seconds=PATIENCE, what="it"):
        return wait_until(lambda: self.alive() and condition(), seconds, what, every=POLL)

    def stop_sensor(self):
        """All that was seen is told. Returns the exit status."""
        self.sensor.send_signal(signal.SIGTERM)
        status = self.sensor.wait(STOP_LIMIT)
        self.collector.over = True
        self.collector.join()
        self.collector.take()
        self.recorder.terminate()
        self.recorder.wait(STOP_LIMIT)
        return status

    def replay(self, capture=None, options=()):
        """The events that the recording gives, with the same policy."""
        result = subprocess.run(
            [PROGRAM, "--quiet", "-r", capture or self.capture, "-p", self.policy, "--json",
             *options], capture_output=True, timeout=120, check=False)
        assert result.returncode == 0, result.stderr.decode("utf-8", "replace")[-800:]
        return [Event(json.loads(line)) for line in result.stdout.splitlines()]

    # --- servers and clients ---

    def environment(self, **more):
        return {"PATH": PATH, "LANG": "C.UTF-8", "FOLDER": self.folder,
                "HOME": SHELTERED, "DIR": SHELTERED, "CERTS": f"{SHELTERED}/certs", **more}

    def start_server(self, host, name, script, ready, seconds=START_LIMIT, **variables):
        """Runs a shell script that ends in a server; returns when it listens on `ready`."""
        folder = os.path.join(self.folder, name)
        os.makedirs(folder, exist_ok=True)
        os.chmod(folder, 0o777)
        log = os.path.join(self.folder, name + ".log")
        with open(log, "ab") as out:
            process = subprocess.Popen(
                [*inside(host.role), *NAMESPACES, "sh", "-c",
                 SHELTER + "mount -t tmpfs -o mode=755 tmpfs /run && set -e\n" + script],
                stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True,
                env=self.environment(DIR=f"{SHELTERED}/{name}", **variables))
        server = Server(name, process, log)
        self.servers.append(server)
        for transport, port in ready:
            try:
                wait_until(lambda t=transport, p=port: server.listens(t, p), seconds, name)
            except AssertionError as why:
                raise Skip(f"{name} did not start on {transport} {port}: {why} "
                           f"{server.tail()}") from why
        return server

    def run(self, role, script, seconds=CLIENT_LIMIT, **variables):
        """A client, run to its end in namespace `role`: exit status and output, both streams."""
        process = subprocess.Popen(
            [*inside(role), *NAMESPACES, "sh", "-c", SHELTER + "{ " + script + "\n}"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            env=self.environment(**variables), start_new_session=True)
        try:
            output = process.communicate(timeout=seconds)[0]
        except subprocess.TimeoutExpired:
            end_namespace(process)
            output = process.communicate()[0] + f"\n(stopped after {seconds} s)".encode()
        return process.returncode, output.decode("utf-8", "replace")

    def probe(self, client, address, transport, port, times, first=0, data=b"\r\n"):
        """One packet from each of `times` sources. Closed before the kernel sends it again."""
        kind = socket.SOCK_STREAM if transport == "tcp" else socket.SOCK_DGRAM
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        sources = client.v6 if ":" in address else client.v4
        for number in range(first, first + times):
            made = self.network.socket(client.role, sources[number % len(sources)], kind, family)
            made.setblocking(False)
            made.connect_ex((address, port))
            if transport == "udp":
                made.send(data)
            time.sleep(0.02)
            made.close()

    def close(self):
        for server in self.servers:
            server.stop()
        for process in (self.sensor, self.recorder):
            if process:
                if process.poll() is None:
                    process.kill()
                process.wait()
        if self.collector:
            self.collector.over = True
            if self.collector.is_alive():
                self.collector.join()
        if self.redis:
            self.redis.stop()
        if self.network:
            for pid in self.network.inhabitants():
                if not self.network.encapsulator or pid != self.network.encapsulator.pid:
                    self.outlived.append(pid)
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
            self.network.remove()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


# --- the recording ---

OUTER = {"plain": 0, "vxlan": 50, "erspan": 50}  # bytes before the mirrored frame: tunnels of ours


def unwrapper(mirror):
    return lambda frame: frame[OUTER[mirror]:]


def packets(path):
    """(seconds, raw record header, frame) of each packet of a little-endian pcap of ours."""
    with (lzma.open if path.endswith(".xz") else open)(path, "rb") as file:
        magic = struct.unpack("<I", file.read(24)[:4])[0]
        scale = 1e-9 if magic == 0xa1b23c4d else 1e-6
        while len(header := file.read(16)) == 16:
            seconds, fraction, length, _ = struct.unpack("<IIII", header)
            yield seconds + fraction * scale, header, file.read(length)


def ip_of(frame):
    """(source, destination, transport, payload) of an Ethernet frame, or None."""
    kind, packet = frame[12:14], frame[14:]
    if kind == b"\x08\x00" and len(packet) >= 20:
        start = (packet[0] & 15) * 4
        return (socket.inet_ntoa(packet[12:16]), socket.inet_ntoa(packet[16:20]), packet[9],
                packet[start:])
    if kind == b"\x86\xdd" and len(packet) >= 40:
        return (socket.inet_ntop(socket.AF_INET6, packet[8:24]),
                socket.inet_ntop(socket.AF_INET6, packet[24:40]), packet[6], packet[40:])
    return None


def syn_acks(path, unwrap=lambda frame: frame):
    """{(server, port, client, port): seconds} of the first SYN-ACK of each conversation."""
    found = {}
    for seconds, _, frame in packets(path):
        parts = ip_of(unwrap(frame))
        if parts and parts[2] == 6 and len(parts[3]) >= 14 and parts[3][13] & 0x12 == 0x12:
            sport, dport = struct.unpack("!HH", parts[3][:4])
            found.setdefault((parts[0], sport, parts[1], dport), seconds)
    return found


def extract(path, into, addresses, unwrap=lambda frame: frame):
    """Writes the packets from or to one of the addresses."""
    with open(path, "rb") as file, open(into, "wb") as out:
        out.write(file.read(24))
        for _, header, frame in packets(path):
            parts = ip_of(unwrap(frame))
            if parts and (parts[0] in addresses or parts[1] in addresses):
                out.write(header + frame)


def addresses_in(path, unwrap=lambda frame: frame):
    """Every address that the recording has as a source or a destination."""
    found = set()
    for _, _, frame in packets(path):
        parts = ip_of(unwrap(frame))
        found.update(parts[:2] if parts else ())
    return found
