# SPDX-License-Identifier: ISC
"""
The gate: no change makes the program execute more instructions than the figures in the tree say.
Instructions are counted by valgrind, so a busy machine cannot fool it. They differ with the compiler
and the libraries: a set of figures is of one such surrounding, and another one makes its own.
"""

import ctypes
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile

from benchmarks import captures

FIGURES = os.path.join("tools", "benchmarks", "gate.json")
ALLOWED = 1.02
MIXES = {
    "realistic": ["--packets", "40k"],
    "short-sessions": ["--mix", "short-sessions", "--packets", "20k"],
    "answered-scan": ["--mix", "answered-scan", "--packets", "20k"],
    "syn-flood": ["--mix", "syn-flood", "--packets", "40k"],
    "inventory": ["--packets", "20k"],
}
SMOKE = {"syn-flood": ["--mix", "syn-flood", "--packets", "2k"]}


def output(*command):
    try:
        return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True,
                              stderr=subprocess.DEVNULL).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "?"


def surrounding():
    """What instructions depend on, but for the tree."""
    compiler = os.environ.get("CC", "gcc")
    libc = ctypes.CDLL(None).gnu_get_libc_version
    libc.restype = ctypes.c_char_p
    with open("/proc/cpuinfo", encoding="ascii", errors="replace") as info:
        wide = " avx2" if re.search(r"^flags.*\bavx2\b", info.read(), re.M) else ""
    libraries = " ".join(f"{name} {output('pkg-config', '--modversion', name)}"
                         for name in ("libndpi", "libxxhash", "zlib"))
    return (f"{compiler} {output(compiler, '-dumpfullversion')}, libc {libc().decode()}, "
            f"{libraries}, {output('valgrind', '--version')}, {platform.machine()}{wide}")


def count(build, mix, path, policy):
    """Instructions of one run."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["valgrind", "--tool=callgrind",
                   "--callgrind-out-file=" + os.path.join(folder, "out"),
                   os.path.join(build, "bench-stages"), "-q", "-r", path,
                   *(["--inventory"] if mix == "inventory" else ["-p", policy, "--json"])]
        done = subprocess.run(command, check=False, stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE, text=True,
                              env={"PATH": os.environ["PATH"], "SPANWATCH_STAGE": "output"})
    found = re.search(r"Collected : (\d+)", done.stderr)
    if done.returncode or not found:
        sys.exit(f"bench: {' '.join(command)}: status {done.returncode}: {done.stderr[-500:]}")
    return int(found[1])


def packets(build, path):
    words = subprocess.run([os.path.join(build, "tools", "bench-null"), path], check=True,
                           stdout=subprocess.PIPE, text=True).stdout.split()
    return int(words[0])


def measure(build, policy, mixes):
    """{mix: instructions per packet}, and what one packet needs by itself: the start."""
    digest = captures.generator_digest()
    one = captures.generate(build, ["--packets", "1"], f"gate-one-{digest}.pcap")
    figures = {"start": count(build, "start", one, policy)}
    for mix, size in mixes.items():
        path = captures.generate(build, size, f"gate-{mix}-{size[-1]}-{digest}.pcap")
        figures[mix] = round((count(build, mix, path, policy) - figures["start"]) /
                             packets(build, path), 1)
        print(f"{mix}: {figures[mix]:.1f} instructions a packet", flush=True)
    return figures


def read(path):
    if not os.path.exists(path):
        return {}
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def write(path, sets):
    with open(path, "w", encoding="utf-8") as out:
        json.dump(sets, out, indent=1, sort_keys=True)
        out.write("\n")


def compare(known, figures):
    """What has grown too much; tells all of them."""
    grown = []
    for mix, now in figures.items():
        before = known.get(mix)
        share = now / before if before else 0
        word = "new" if not before else "MORE" if share > ALLOWED else \
            "less" if share < 2 - ALLOWED else "same"
        print(f"{mix:16} {before or 0:14.1f} {now:14.1f} {100 * (share - 1):+8.1f} %  {word}")
        grown += [mix] if word == "MORE" else []
    return grown


def run(options):
    if not shutil.which("valgrind"):
        print("bench: the gate needs valgrind")
        return 77
    path, own = options.json or FIGURES, os.path.join(options.build, "bench", "gate.json")
    key, smoke = surrounding(), options.form == "smoke"
    figures = measure(options.build, options.policy, SMOKE if smoke else MIXES)
    sets, own_sets = read(path), read(own)
    known = sets.get(key) or (None if options.json else own_sets.get(key))
    if options.write or not known:
        print(f"{key}\n" + ("figures written" if options.write else
                            "no figures for this compiler and these libraries: made new ones"))
        target, sets = (path, sets) if options.write or options.json else (own, own_sets)
        write(target, {**sets, key: figures})
        print(target)
        return 0
    print(f"\n{key}\n{'':16} {'figure':>14} {'now':>14}")
    grown = compare(known, figures)
    if grown:
        print(f"more than {100 * (ALLOWED - 1):.0f} % more instructions: {', '.join(grown)}")
        return 1
    return 0
