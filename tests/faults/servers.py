# SPDX-License-Identifier: ISC
"""Redis in all its forms, on ports of the loopback that are nobody else's (see world.py)."""

import itertools
import os
import shutil
import signal
import socket
import subprocess
import threading
import time

from harness import PATIENCE, Redis, RedisError, RedisServer, Skip, wait_until
from sensor import SITE

PORTS = itertools.count(7001)
DURABLE = ("--appendonly", "yes", "--appendfsync", "always")
MASTER = "the-master"


class Server:
    """One redis-server that may die and come back, with or without its data."""

    def __init__(self, folder, *options, name="redis"):
        self.folder, self.options = os.path.join(folder, name), options
        self.port = next(PORTS)
        os.makedirs(self.folder)
        self.server = None
        self.start()

    def start(self):
        self.server = RedisServer("--port", str(self.port), "--bind", "127.0.0.1", *self.options,
                                  folder=self.folder)
        wait_until(self.loaded, what="Redis's data")

    def loaded(self):
        try:
            return self.ask("PING") == "PONG"
        except RedisError:
            return False

    def url(self):
        return f"redis://127.0.0.1:{self.port}"

    def redis(self):
        return Redis(self.port)

    def ask(self, *words):
        redis = self.redis()
        try:
            return redis(*words)
        finally:
            redis.close()

    def kill(self):
        self.server.process.kill()
        self.server.process.wait()

    def forget(self):
        """Its data is gone."""
        for name in os.listdir(self.folder):
            path = os.path.join(self.folder, name)
            if os.path.isdir(path):
                shutil.rmtree(path)
            else:
                os.unlink(path)

    def lose_replicas(self, servers):
        """They stay, but get nothing more from their master until they are asked to lead."""
        for server in servers:
            if server is not self and server.server.process.poll() is None:
                server.ask("CONFIG", "SET", "masterauth", "wrong")
        self.ask("CLIENT", "KILL", "TYPE", "replica")

    def freeze(self):
        self.server.process.send_signal(signal.SIGSTOP)

    def thaw(self):
        self.server.process.send_signal(signal.SIGCONT)

    def end(self):
        self.thaw()
        self.kill()


class Sentinels:
    """A master, a replica, and three sentinels that watch them."""

    def __init__(self, folder):
        more = ("--repl-diskless-sync-delay", "0", "--repl-ping-replica-period", "1") + DURABLE
        self.folder = folder
        self.servers = [Server(folder, *more, name="s0")]
        self.servers.append(Server(folder, *more, "--replicaof",
                                   f"127.0.0.1 {self.servers[0].port}", name="s1"))
        self.ports, self.processes = [], []
        for number in range(3):
            self.start_sentinel(number)
        self.wait_agreed()

    def start_sentinel(self, number):
        home, port = os.path.join(self.folder, f"sentinel{number}"), next(PORTS)
        os.makedirs(home)
        config = os.path.join(home, "sentinel.conf")
        with open(config, "w", encoding="ascii") as file:
            file.write(f"port {port}\nbind 127.0.0.1\n"
                       f"sentinel monitor {MASTER} 127.0.0.1 {self.servers[0].port} 2\n"
                       f"sentinel down-after-milliseconds {MASTER} 1000\n"
                       f"sentinel failover-timeout {MASTER} 3000\n")
        self.ports.append(port)
        self.processes.append(subprocess.Popen(
            ["redis-server", config, "--sentinel"], cwd=home, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True))

    def url(self):
        return "redis+sentinel://" + ",".join(f"127.0.0.1:{p}" for p in self.ports) + "/" + MASTER

    def views(self):
        """What each sentinel says: (port of the master, replicas in reach, other sentinels)."""
        for port in self.ports:
            redis = Redis(port)
            try:
                flat = redis("SENTINEL", "MASTER", MASTER)
                state = dict(zip(flat[::2], flat[1::2]))
                replicas = [dict(zip(r[::2], r[1::2])) for r in
                            redis("SENTINEL", "REPLICAS", MASTER)]
            finally:
                redis.close()
            good = [r for r in replicas if "down" not in r["flags"] and
                    r["master-link-status"] == "ok"]
            yield (int(state["port"]), state["flags"], len(good), state["num-other-sentinels"])

    def agreed(self, replicas):
        try:
            views = set(self.views())
        except (OSError, RedisError, ValueError):
            return None
        for server in self.servers:
            if views == {(server.port, "master", replicas, "2")}:
                return server
        return None

    def wait_agreed(self, replicas=1):
        return wait_until(lambda: self.agreed(replicas), 3 * PATIENCE, "an agreement of sentinels",
                          every=0.1)

    def end(self):
        for process in self.processes:
            process.kill()
            process.wait()
        for server in self.servers:
            server.end()


class Cluster:
    """Three masters and one replica, of the node that has the site's slot."""

    def __init__(self, folder):
        self.slot = 0
        self.nodes = []
        for number in range(4):
            self.nodes.append(Server(
                folder, *DURABLE, "--cluster-enabled", "yes", "--cluster-port",
                str(next(PORTS)), "--cluster-node-timeout", "1500",
                "--cluster-replica-validity-factor", "0", "--repl-diskless-sync-delay", "0",
                name=f"n{number}"))
        self.ids = {node.ask("CLUSTER", "MYID"): node for node in self.nodes}
        for node in self.nodes[1:]:
            bus = node.options[node.options.index("--cluster-port") + 1]
            self.nodes[0].ask("CLUSTER", "MEET", "127.0.0.1", node.port, bus)
        wait_until(lambda: self.all_say("cluster_known_nodes:4"), what="the nodes' meeting")
        for node, first, last in zip(self.nodes, (0, 5461, 10923), (5460, 10922, 16383)):
            node.ask("CLUSTER", "ADDSLOTSRANGE", first, last)
        wait_until(lambda: self.all_say("cluster_state:ok"), what="the cluster")
        self.slot = self.nodes[0].ask("CLUSTER", "KEYSLOT", SITE + "events")
        self.replicate(self.nodes[3], self.owner())

    def all_say(self, word):
        return all(word in node.ask("CLUSTER", "INFO") for node in self.alive())

    def alive(self):
        return [n for n in self.nodes if n.server.process.poll() is None]

    @staticmethod
    def id_of(node):
        return node.ask("CLUSTER", "MYID")

    def replicate(self, replica, master):
        wait_until(lambda: self.id_of(master) in replica.ask("CLUSTER", "NODES"), what="a node")
        replica.ask("CLUSTER", "REPLICATE", self.id_of(master))
        wait_until(lambda: "state=online" in master.ask("INFO", "replication"), what="a replica")

    def owner(self):
        """The master that has the slot; None while there is none."""
        for node in self.alive():
            try:
                if node.ask("ROLE")[0] == "master" and \
                        node.ask("EXISTS", SITE + "events") is not None:
                    return node
            except (RedisError, OSError):
                pass
        return None

    def wait_owner(self):
        return wait_until(self.owner, 3 * PATIENCE, "a master for the slot", every=0.1)

    def move(self, source, target, every):
        """The slot with all its keys to another node; `every` is called between two keys."""
        target.ask("CLUSTER", "SETSLOT", self.slot, "IMPORTING", self.id_of(source))
        source.ask("CLUSTER", "SETSLOT", self.slot, "MIGRATING", self.id_of(target))
        moved = 0
        while True:
            keys = source.ask("CLUSTER", "GETKEYSINSLOT", self.slot, 10)
            if not keys:
                break
            for key in keys:
                try:
                    source.ask("MIGRATE", "127.0.0.1", target.port, key, 0, 10000)
                    moved += 1
                except RedisError as error:  # it expired meanwhile
                    if "BUSYKEY" in str(error):
                        raise
            every(moved)
        for node in (target, source):
            node.ask("CLUSTER", "SETSLOT", self.slot, "NODE", self.id_of(target))
        return moved

    def url(self):
        return "redis+cluster://" + ",".join(f"127.0.0.1:{n.port}" for n in self.nodes[:3])

    def redis(self):
        return self.wait_owner().redis()

    def end(self):
        for node in self.nodes:
            node.end()


class Proxy:
    """A cable to Redis that can be cut, pulled and bent: TCP, in threads."""

    def __init__(self, target):
        self.target, self.port = target, next(PORTS)
        self.mode = "good"  # "pulled": nothing gets through, nobody hears why; "slow"
        self.pairs, self.lock = [], threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self.accept, daemon=True).start()

    def url(self):
        return f"redis://127.0.0.1:{self.port}"

    def accept(self):
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            try:
                far = socket.create_connection(("127.0.0.1", self.target), 5)
            except OSError:
                near.close()
                continue
            far.settimeout(None)
            with self.lock:
                self.pairs.append((near, far))
            for here, there in ((near, far), (far, near)):
                threading.Thread(target=self.carry, args=(here, there), daemon=True).start()

    def carry(self, here, there):
        try:
            while data := here.recv(4096):
                if self.mode == "slow":
                    time.sleep(0.03)
                while self.mode == "pulled":
                    time.sleep(0.01)
                there.sendall(data)
        except OSError:
            pass
        for one in (here, there):
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def cut(self):
        """In the middle of whatever is on its way, with a reset."""
        with self.lock:
            pairs, self.pairs = self.pairs, []
        for pair in pairs:
            for one in pair:
                try:
                    one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                    one.shutdown(socket.SHUT_RDWR)
                    one.close()
                except OSError:
                    pass

    def end(self):
        self.listener.close()
        self.cut()


def need_redis():
    if not shutil.which("redis-server", path=os.environ.get("PATH", "") + ":/usr/bin"):
        raise Skip("no redis-server")
