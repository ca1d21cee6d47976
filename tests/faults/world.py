# SPDX-License-Identifier: ISC
"""A machine of one's own for the fault run: network, mounts and processes in fresh namespaces.

A script starts itself again inside: ports of the loopback are free there, small file systems can be
mounted, and whatever it leaves running ends with it. `wire0` is a cable to `span0`, which a sensor
watches.
"""

import os
import signal
import subprocess
import sys

from harness import Skip

UNSHARE = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
WIRE, SPAN = "wire0", "span0"


def command(*words):
    return subprocess.run(words, check=True, capture_output=True, text=True, timeout=30)


def possible(words):
    try:
        return subprocess.run(words + ["true"], capture_output=True, timeout=30,
                              check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def words():
    """Before a command these make it run in a new world; Skip where none can be had."""
    # A minimal root's PATH may lack them.
    os.environ["PATH"] = os.environ.get("PATH", "") + ":/usr/sbin:/sbin:/usr/bin:/bin"
    for tried in (UNSHARE, UNSHARE + ["--map-root-user"]):
        if possible(tried):
            return tried
    raise Skip("needs root, or user namespaces, for a machine of its own")


def build():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # as process 1 it would ignore it
    try:
        command("ip", "link", "set", "lo", "up")
        command("ip", "link", "add", WIRE, "type", "veth", "peer", "name", SPAN)
        for name in (WIRE, SPAN):
            with open(f"/proc/sys/net/ipv6/conf/{name}/disable_ipv6", "w",
                      encoding="ascii") as setting:
                setting.write("1")
            command("ip", "link", "set", name, "up")
    except (OSError, subprocess.SubprocessError) as error:
        why = getattr(error, "stderr", None) or error
        raise Skip(f"no cable in a network namespace here: {str(why).strip()[:200]}") from error


class SmallDisk:
    """A file system of few bytes that can be filled and relieved."""

    def __init__(self, folder, mib):
        self.folder = folder
        self.ballast = os.path.join(folder, "ballast")
        os.makedirs(folder)
        try:
            command("mount", "-t", "tmpfs", "-o", f"size={mib}m", "none", folder)
        except subprocess.SubprocessError as error:
            raise Skip("cannot mount a small file system here") from error

    def fill(self):
        with open(self.ballast, "ab", buffering=0) as file:
            size = 1 << 16
            while size:
                try:
                    if file.write(bytes(size)) == 0:
                        size //= 2
                except OSError:
                    size //= 2

    def relieve(self):
        os.unlink(self.ballast)

    def remove(self):
        subprocess.run(["umount", "-l", self.folder], check=False, capture_output=True)
