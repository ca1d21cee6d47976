# SPDX-License-Identifier: ISC
"""More of Redis for tests of the whole program: ports, a cluster, a sentinel, TLS."""

import os
import random
import shutil
import socket
import subprocess

from harness import Redis, RedisError, RedisServer, wait_until


def is_free(port):
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
            return True
        except OSError:
            return False


def free_port():
    """Below those that connections take; free as well is the second one of a cluster's node."""
    while True:
        port = random.randrange(15000, 22000)
        if is_free(port) and is_free(port + 10000):
            return port


class TcpRedis(Redis):
    """The same client at a port."""

    def __init__(self, port):  # pylint: disable=super-init-not-called
        self.socket = socket.create_connection(("127.0.0.1", port), 10)
        self.stream = self.socket.makefile("rb")


def start_cluster(*options, login=None):
    """Two nodes, all slots at the first; (servers, ports)."""
    ports = [free_port(), free_port()]
    servers = []
    try:
        for port in ports:
            servers.append(RedisServer("--port", str(port), "--cluster-enabled", "yes",
                                       "--cluster-node-timeout", "2000", *options))
        clients = [Redis(server.socket) for server in servers]
        for client in clients if login else ():
            client("AUTH", *login)
        first = clients[0]
        try:
            first("CLUSTER", "ADDSLOTSRANGE", "0", "16383")
        except RedisError:
            first("CLUSTER", "ADDSLOTS", *range(16384))
        first("CLUSTER", "MEET", "127.0.0.1", ports[1])
        for client in clients:
            wait_until(lambda c=client: "cluster_state:ok" in c("CLUSTER", "INFO") and
                       "cluster_known_nodes:2" in c("CLUSTER", "INFO"))
        wait_until(lambda: "0-16383" in clients[1]("CLUSTER", "NODES"))
        return servers, ports
    except BaseException:
        for server in servers:
            server.stop()
        raise


def start_sentinel(folder, port, master, *lines):
    """One that knows this master as m; its process."""
    path = os.path.join(folder, "sentinel.conf")
    with open(path, "w", encoding="ascii") as file:
        file.write(f"port {port}\nbind 127.0.0.1\nsentinel monitor m 127.0.0.1 {master} 1\n"
                   "sentinel down-after-milliseconds m 500\nsentinel failover-timeout m 2000\n"
                   f"dir {folder}\n" + "".join(line + "\n" for line in lines))
    binary = shutil.which("redis-server", path=os.environ["PATH"] + ":/usr/bin")
    return subprocess.Popen([binary, path, "--sentinel"], stdout=subprocess.DEVNULL)


def sentinel_info(port, *login):
    try:
        redis = TcpRedis(port)
        if login:
            redis("AUTH", *login)
        return redis("INFO", "sentinel")
    except OSError:
        return ""


def make_certificate(folder):
    made = subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
         "-nodes", "-keyout", f"{folder}/key", "-out", f"{folder}/cert", "-days", "2", "-subj",
         "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"],
        capture_output=True, check=False)
    assert made.returncode == 0, made.stderr
