# SPDX-License-Identifier: ISC
"""The captures that are measured on: made by tools/generate, once, seeded."""

import glob
import hashlib
import os
import subprocess
import time

SEED = "2015"
# What can be measured on a mix. The slow ones only where they say something.
OURS = ("spanwatch", "spanwatch, 2 workers")
QUICK_PEERS = ("null loop", *OURS, "tcpdump -w", "ndpiReader")
ALL_PEERS = (*QUICK_PEERS, "softflowd", "argus", "p0f", "suricata single", "suricata autofp")


class Mix:
    """One kind of traffic. `size`, `quick`: the generator's options in those forms."""

    def __init__(self, name, note, options, size, quick, peers):
        self.name, self.note, self.options, self.peers = name, note, options, peers
        self.size = {"standard": size, "quick": quick, "smoke": ["--packets", "20k"]}
        self.path, self.packets, self.bytes = None, 0, 0


def mixes():
    nothing = ("spanwatch (nothing matters)", "spanwatch (nothing matters), 2 workers")
    return [
        Mix("realistic", "realistic mix, a third of it matters", [], ["--size", "1100M"],
            ["--size", "150M"], (*nothing, *ALL_PEERS)),
        Mix("elephants", "elephants: long transfers only", ["--mix", "elephants"],
            ["--size", "960M"], ["--size", "150M"],
            (*nothing, *QUICK_PEERS, "softflowd", "argus", "p0f", "suricata single")),
        Mix("syn-flood", "SYN flood, random sources", ["--mix", "syn-flood"],
            ["--packets", "10M"], ["--packets", "1M"],
            ("null loop", *OURS, "tcpdump -w", "suricata single")),  # ndpiReader: > 20 GiB
        Mix("answered-scan", "answered scan of a /16", ["--mix", "answered-scan"],
            ["--packets", "2M"], ["--packets", "200k"], QUICK_PEERS),
        Mix("short-sessions", "a million short sessions from outside",
            ["--mix", "short-sessions"], ["--packets", "8M"], ["--packets", "800k"],
            QUICK_PEERS),
        Mix("ipv6", "realistic mix over IPv6", ["--ipv6", "100"], ["--size", "550M"],
            ["--size", "80M"], (*QUICK_PEERS, "suricata single")),
        Mix("vxlan", "realistic mix in VXLAN", ["--vxlan"],
            ["--size", "550M"], ["--size", "80M"], (*QUICK_PEERS, "suricata single")),
    ]


def generator_digest():
    """A changed generator makes other captures."""
    digest = hashlib.sha256()
    for path in sorted(glob.glob(os.path.join("tools", "generate", "*.[ch]"))):
        with open(path, "rb") as source:
            digest.update(source.read())
    return digest.hexdigest()[:8]


def generate(build, options, path):
    """The file of that name, made if it is not there; then read, so that the page cache has it."""
    path = os.path.join(build, "bench", path)
    if not os.path.exists(path):
        start = time.monotonic()
        os.makedirs(os.path.dirname(path), exist_ok=True)
        command = [os.path.join(build, "generate"), "--seed", SEED, *options, "-o", path + ".part"]
        subprocess.run(command, check=True)
        os.rename(path + ".part", path)
        print(f"generated {path} in {time.monotonic() - start:.1f} s", flush=True)
    with open(path, "rb") as capture:
        while capture.read(1 << 24):
            pass
    return path


def prepare(build, mix, form):
    """Makes the mix's capture, and counts it."""
    digest, size = generator_digest(), mix.size[form]
    name = f"{mix.name}-{size[1]}-{digest}.pcap"
    for old in glob.glob(os.path.join(build, "bench", f"{mix.name}-{size[1]}-*.pcap")):
        if os.path.basename(old) != name:
            os.unlink(old)
    mix.path = generate(build, [*mix.options, *size], name)
    words = subprocess.run([os.path.join(build, "tools", "bench-null"), mix.path], check=True,
                           stdout=subprocess.PIPE, text=True).stdout.split()
    mix.packets, mix.bytes = int(words[0]), int(words[2])
