# SPDX-License-Identifier: ISC
"""From measurements to figures: medians, ratios, targets, and tables of text."""

import os
import platform
import statistics
import subprocess

from benchmarks import costs, stages

# (what, mix, the slower program, the faster one, at least or at most, the ratio asked for)
NOTHING, OURS = "spanwatch (nothing matters)", "spanwatch"
TARGETS = [
    ("traffic that the policy does not care about: times the empty libpcap loop", "realistic",
     NOTHING, "null loop", "most", 1.0),
    ("mix where a third matters: times the empty libpcap loop", "realistic", OURS, "null loop",
     "most", 2.0),
    ("that mix: times faster than ndpiReader", "realistic", "ndpiReader", OURS, "least", 8.0),
    ("that mix: times faster than Suricata (single)", "realistic", "suricata single", OURS,
     "least", 10.0),
    ("SYN flood: times faster than Suricata (single)", "syn-flood", "suricata single", OURS,
     "least", 50.0),
]
TARGETS += [("2 workers, " + what, mix, *(name + ", 2 workers" if name in (NOTHING, OURS) else name
                                          for name in pair), bound, wanted)
            for what, mix, *pair, bound, wanted in TARGETS]


def machine():
    """What the figures were taken on."""
    model = ""
    with open("/proc/cpuinfo", encoding="ascii", errors="replace") as info:
        for line in info:
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    commit = subprocess.run(["git", "describe", "--always", "--dirty"], check=False,
                            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                            text=True).stdout.strip()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {"cpu": model, "cores": os.cpu_count(), "memory_bytes": memory,
            "kernel": platform.release(), "commit": commit}


def median(program, key="cpu_s"):
    return statistics.median(program[key])


def ratio(programs, name, base, key="wall_s"):
    """How many times as long `name` takes as `base`; None if either was not measured."""
    one, other = programs.get(name), programs.get(base)
    if not one or not other or "failed" in one or "failed" in other:
        return None
    return median(one, key) / median(other, key)


def targets(mixes):
    """[(what, asked for, by the clock, by CPU time, met)]; None: not measured."""
    rows = []
    for what, mix, slower, faster, bound, wanted in TARGETS:
        programs = mixes.get(mix, {}).get("programs", {})
        wall, cpu = (ratio(programs, slower, faster, key) for key in ("wall_s", "cpu_s"))
        met = None if wall is None else wall <= wanted if bound == "most" else wall >= wanted
        rows.append((what, ("≤ " if bound == "most" else "≥ ") + f"{wanted:g}", wall, cpu, met))
    return rows


def number(value, digits=2):
    return "–" if value is None else f"{value:.{digits}f}"


def table(rows, align=None):
    """Lines of text; the first row is the head. All but the first column to the right."""
    rows = [[str(cell) for cell in row] for row in rows]
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    align = align or "<" + ">" * (len(widths) - 1)
    return ["  ".join(f"{cell:{align[i]}{widths[i]}}" for i, cell in enumerate(row)).rstrip()
            for row in rows]


def mix_rows(mix):
    """The comparison on one mix, head first."""
    rows = [["", "wall s", "least-most", "CPU s", "ns/packet", "Mpacket/s", "Gbit/s", "peak MiB",
             "x null", "by CPU", "runs"]]
    programs, packets, size = mix["programs"], mix["packets"], mix["bytes"]
    for name, program in programs.items():
        if "failed" in program:
            rows.append([name, program["failed"]] + [""] * 9)
            continue
        wall, cpu = median(program, "wall_s"), median(program)
        rows.append([name, number(wall),
                     f"{min(program['wall_s']):.2f}-{max(program['wall_s']):.2f}", number(cpu),
                     f"{cpu / packets * 1e9:.0f}", number(packets / wall / 1e6),
                     number(size * 8 / wall / 1e9, 1), f"{program['peak_bytes'] / 2**20:.0f}",
                     number(ratio(programs, name, "null loop")),
                     number(ratio(programs, name, "null loop", "cpu_s")), len(program["wall_s"])])
    return rows


def stage_rows(mixes):
    """CPU ns per packet of each stage, a column for each mix; instructions where they are known."""
    measured = {name: mix for name, mix in mixes.items() if mix.get("stages")}
    counted = next((mix["instructions"] for mix in measured.values() if mix.get("instructions")),
                   None)
    head = ["ns/packet", *measured] + (["instructions"] if counted else [])
    costs = {name: stages.costs(mix["stages"], mix["packets"]) for name, mix in measured.items()}
    rows = [head]
    for stage, label in stages.STAGES.items():
        row = [label] + [f"{costs[name][stage]:.1f}" for name in measured]
        rows.append(row + ([f"{counted[stage]:.0f}"] if counted else []))
    total = ["all"] + [f"{sum(costs[name].values()):.1f}" for name in measured]
    rows.append(total + ([f"{sum(counted.values()):.0f}"] if counted else []))
    return rows


def target_rows(mixes):
    rows = [["target", "asked", "wall", "CPU", ""]]
    for what, wanted, wall, cpu, met in targets(mixes):
        word = "not measured" if met is None else "met" if met else "missed"
        rows.append([what, wanted, number(wall), number(cpu), word])
    return rows


def show(results):
    """Everything, on the terminal."""
    where = results["machine"]
    print(f"\n{where['cpu']}, {where['cores']} cores, "
          f"{where['memory_bytes'] / 2**30:.0f} GiB, Linux {where['kernel']}; "
          f"spanwatch {where['commit']}; {results['form']} form")
    for name, mix in results["mixes"].items():
        print(f"\n{name}: {mix['note']}: {mix['packets']} packets, {mix['bytes'] / 1e9:.2f} GB; "
              f"{mix['bytes'] // mix['packets']} bytes a packet")
        print("\n".join(table(mix_rows(mix))))
    if any(mix.get("stages") for mix in results["mixes"].values()):
        print(f"\nCPU time of each stage; instructions by {results['instructions_by']}")
        print("\n".join(table(stage_rows(results["mixes"]))))
        print("\nHow far from the least that is needed (tools/bench-limit.c)")
        print("\n".join(table(costs.limit_rows(results["mixes"]))))
        print("\nWhat a session costs with all its packets, and an event behind the engine")
        print("\n".join(table(costs.cost_rows(results["mixes"]))))
    print()
    print("\n".join(table(target_rows(results["mixes"]))))
