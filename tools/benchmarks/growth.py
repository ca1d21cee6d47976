# SPDX-License-Identifier: ISC
"""
How time and memory grow: one number is made larger by tens while all else stays. Each curve has
its promise, and is checked: a cost per packet that is promised not to depend on n (or on its
logarithm at most) may grow with the caches that n outgrows, but not in step with n.
"""

import json
import math
import os
import shutil
import statistics
import subprocess
import sys
import time

from benchmarks import captures, figures, stages
from benchmarks.drawing import GREY, INK, LIGHT, OURS, Picture, Scale, short

PACKETS = {"standard": 2000000, "quick": 200000, "smoke": 20000}
TOP = {  # the last power of ten
    "standard": {"flows": 7, "exposures": 6, "prefixes": 5, "rules": 4},
    "quick": {"flows": 5, "exposures": 4, "prefixes": 4, "rules": 3},
    "smoke": {"flows": 4, "exposures": 2, "prefixes": 3, "rules": 2},
}
EXPONENT = 0.5  # of n, over the last two decades: linear is 1
FLOOR_NS = 10  # a cost that grows by less than that has not grown
HEAD = """version: 1
site: growth
zones:
  inside: [10.0.0.0/8, "fd00::/8"]
"""
RULES_BY_SERVICE = """  - { name: by-service, services: [database], internal-only: true, severity: high }
"""


class Curve:
    def __init__(self, name, unit, promise, note):
        self.name, self.unit, self.promise, self.note, self.points = name, unit, promise, note, []

    def add(self, n, cost, memory):
        self.points.append({"n": n, "cost": cost, "memory_bytes": memory})
        print(f"{self.name}: {n}: {cost:.1f} {self.unit}, {memory / 2**20:.1f} MiB", flush=True)

    def exponent(self):
        """Of n in the cost, over the last two decades at most; 0 where the growth is small."""
        last = self.points[-1]
        first = self.points[max(0, len(self.points) - 3)]
        if last["n"] == first["n"] or last["cost"] - first["cost"] < FLOOR_NS:
            return 0.0
        return math.log(last["cost"] / max(first["cost"], FLOOR_NS)) / math.log(
            last["n"] / first["n"])

    def good(self):
        return self.promise == "told" or self.exponent() <= EXPONENT


def decades(options, name, start):
    return [10 ** power for power in range(start, TOP[options.form][name] + 1)]


def write_policy(options, name, text):
    path = os.path.join(options.build, "bench", name + ".yaml")
    with open(path, "w", encoding="utf-8") as out:
        out.write(text)
    return path


def least(options, stage, path, policy, extra=()):
    """The run with the least CPU time of a few: what disturbs only adds."""
    samples = [stages.run(options.build, stage, path, policy, options=extra)
               for _ in range(options.runs)]
    return min(samples, key=lambda sample: sample["cpu_ns"])


def capture(options, mix, n, packets):
    """Not kept: they are large, and quickly made."""
    path = os.path.join(options.build, "bench", "growing.pcap")
    if os.path.exists(path):
        os.unlink(path)
    return captures.generate(options.build, ["--mix", mix, "--sessions", str(n), "--packets",
                                             str(packets)], "growing.pcap")


def flows(options):
    curve = Curve("flows", "ns/packet", "O(1)", "a packet of any of n open conversations")
    for n in decades(options, "flows", 3):
        extra = ("--max-flows", str(n))
        opening = capture(options, "growing-flows", n, n)
        start = least(options, "flow", opening, options.policy, extra)
        count = PACKETS[options.form]
        whole = least(options, "flow", capture(options, "growing-flows", n, n + count),
                      options.policy, extra)
        curve.add(n, (whole["cpu_ns"] - start["cpu_ns"]) / count, whole["peak_bytes"])
    return curve


def exposures(options):
    curve = Curve("exposures", "ns/packet", "O(1)",
                  "a new connection to any of n exposed endpoints")
    for n in decades(options, "exposures", 0):
        extra = ("--max-exposures", str(max(n, 16)), "--max-flows", "16384")
        count = PACKETS[options.form] // 4
        start = least(options, "engine", capture(options, "growing-exposures", n, n),
                      options.policy, extra)
        whole = least(options, "engine", capture(options, "growing-exposures", n, n + count),
                      options.policy, extra)
        curve.add(n, (whole["cpu_ns"] - start["cpu_ns"]) / count, whole["peak_bytes"])
    return curve


def prefix_policy(options, n):
    """Prefixes of 16 addresses, spread over the address space as far as the capture's clients."""
    step = (0xdf000000 - 0x0b000000) // n & ~15
    listed = (0x0b000000 + i * step for i in range(n))
    lines = "".join(f"    - {a >> 24}.{a >> 16 & 255}.{a >> 8 & 255}.{a & 255}/28\n"
                    for a in listed if a >> 24 not in (127, 0))
    return write_policy(options, "prefixes", HEAD + "  partners:\n" + lines + "rules:\n" +
                        RULES_BY_SERVICE)


def prefixes(options):
    curve = Curve("prefixes", "ns/packet", "O(log n)", "decode and two look-ups in n prefixes")
    path = captures.generate(options.build, ["--packets", "300k"], "growing-policy-" +
                             captures.generator_digest() + ".pcap")
    for n in decades(options, "prefixes", 1):
        sample = least(options, "zones", path, prefix_policy(options, n))
        curve.add(n, sample["cpu_ns"] / 300000, sample["peak_bytes"])
    return curve


def rules(options):
    curve = Curve("rules", "ns/observation", "O(1)",
                  "the engine, per observation, with n rules and n groups")
    path = captures.generate(options.build, ["--packets", "300k"], "growing-policy-" +
                             captures.generator_digest() + ".pcap")
    for n in decades(options, "rules", 1):
        groups = "".join(f"  g{i}: {{ hosts: [10.{20 + (i >> 16)}.{i >> 8 & 255}.{i & 255}/32] }}\n"
                         for i in range(n))
        lines = "".join(f"  - {{ name: r{i}, groups: [g{i}], internal-only: true, "
                        f"severity: high }}\n" for i in range(n))
        policy = write_policy(options, "rules", HEAD + "groups:\n" + groups + "rules:\n" + lines)
        start = least(options, "session", path, policy)
        whole = least(options, "engine", path, policy)
        curve.add(n, (whole["cpu_ns"] - start["cpu_ns"]) / whole["observations"],
                  whole["peak_bytes"])
    return curve


def workers(options):
    """Several captures in a directory; on more workers than cores nothing can be gained."""
    curve = Curve("workers", "ns/packet", "told", "wall time of 4 captures on n workers")
    folder = os.path.join(options.build, "bench", "growing-workers")
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    packets = 4 * PACKETS[options.form] // 4
    for i in range(4):
        subprocess.run([os.path.join(options.build, "generate"), "--seed", str(i), "--packets",
                        str(packets // 4), "-o", os.path.join(folder, f"{i}.pcap")], check=True)
    for n in (1, 2, 4):
        walls = []
        for _ in range(options.runs):
            start = time.monotonic()
            command = [os.path.join(options.build, "spanwatch"), "-q", "-r", folder, "-p",
                       options.policy, "--json", "--workers", str(n)]
            done = subprocess.run(command, check=False, stdout=subprocess.DEVNULL).returncode == 0
            walls.append(time.monotonic() - start)
        if not done:
            print("workers: this spanwatch replays on one only")
            break
        curve.add(n, statistics.median(walls) / packets * 1e9, 0)
    shutil.rmtree(folder)
    return curve


CURVES = {"flows": flows, "prefixes": prefixes, "rules": rules, "exposures": exposures,
          "workers": workers}


def rows(curves):
    lines = [["", "promised", "n", "cost", "", "memory MiB", "exponent", ""]]
    for curve in curves:
        for i, point in enumerate(curve["points"]):
            last = i + 1 == len(curve["points"])
            lines.append([curve["name"] if i == 0 else "", curve["promise"] if i == 0 else "",
                          short(point["n"]), f"{point['cost']:.1f}", curve["unit"],
                          f"{point['memory_bytes'] / 2**20:.1f}" if point["memory_bytes"] else "–",
                          f"{curve['exponent']:.2f}" if last else "",
                          ("as promised" if curve["good"] else "GROWS FASTER") if last else ""])
    return lines


def panel(picture, curve, x, y, width, height):
    points = [point for point in curve["points"]]
    low, high = points[0]["n"], points[-1]["n"]
    across = Scale(low, max(high, low * 1.01), x + 48, x + width - 48, True)
    if len(points) < 2:
        return
    picture.text(x, y, f"{curve['name']}: {curve['promise']}", 13, INK, bold=True)
    picture.text(x, y + 16, curve["note"], 11, GREY)
    top, bottom = y + 30, y + height - 34
    for key, colour, side in (("cost", OURS, -1), ("memory_bytes", "#c4620a", 1)):
        most = max(point[key] for point in points)
        if most <= 0:
            continue
        scale = Scale(0, most * (1.1 if key == "cost" else 1.1 / 2**20 * 2**20), bottom, top, False)
        unit = 1 if key == "cost" else 2**20
        steps = Scale(0, most * 1.1 / unit, bottom, top, False)
        for tick in steps.ticks():
            if side < 0:
                picture.line([(x + 48, steps(tick)), (x + width - 48, steps(tick))], LIGHT)
            at = x + 44 if side < 0 else x + width - 44
            picture.text(at, steps(tick) + 4, f"{tick:g}", 10, colour,
                         "end" if side < 0 else "start")
        picture.line([(across(p["n"]), scale(p[key])) for p in points], colour, 2,
                     "" if side < 0 else "5 4")
        for point in points:
            picture.dot(across(point["n"]), scale(point[key]), colour)
    for point in points:
        picture.text(across(point["n"]), bottom + 15, short(point["n"]), 10, GREY, "middle")
    picture.text(x + 48, bottom + 30, curve["unit"], 10, OURS)
    picture.text(x + width - 48, bottom + 30, "peak memory, MiB (dashed)", 10, "#c4620a", "end")


def draw(results, path):
    picture = Picture(960, 0)
    picture.text(20, 28, "How time and memory grow", 16, bold=True)
    picture.text(20, 46, "n on a logarithmic axis; cost and memory on linear axes from 0", 11, GREY)
    for i, curve in enumerate(results["curves"]):
        panel(picture, curve, 20 + (i % 2) * 470, 76 + i // 2 * 250, 450, 230)
    picture.height = 76 + (len(results["curves"]) + 1) // 2 * 250
    picture.write(path)


def run(options):
    chosen = options.only.split(",") if options.only else list(CURVES)
    unknown = [name for name in chosen if name not in CURVES]
    if unknown:
        sys.exit(f"bench: no such curve: {', '.join(unknown)}; there are {', '.join(CURVES)}")
    curves = [CURVES[name](options) for name in chosen]
    results = {"machine": figures.machine(), "form": options.form, "curves": [
        {"name": curve.name, "unit": curve.unit, "promise": curve.promise, "note": curve.note,
         "points": curve.points, "exponent": curve.exponent(), "good": curve.good()}
        for curve in curves]}
    with open(options.json, "w", encoding="utf-8") as out:
        json.dump(results, out, indent=1)
    draw(results, options.svg)
    print()
    print("\n".join(figures.table(rows(results["curves"]))))
    print(f"\n{options.json}\n{options.svg}")
    grows = [curve["name"] for curve in results["curves"] if not curve["good"]]
    return 1 if grows and options.form != "smoke" else 0
