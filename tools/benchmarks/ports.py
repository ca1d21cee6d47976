# SPDX-License-Identifier: ISC
"""
What a port of 10, 40 and 100 Gbit/s needs: on paper from the measured ns per packet, and by a
simulation of flows hashed over workers with rings. The kernel's share of a packet is not measured
by a replay and is assumed; so is that a CPU should not be busier than BUSY on average.
"""

import json
import math
import random

from benchmarks import figures, stages

GBITS = (10, 40, 100)
WIRE = 24  # bytes of a frame on the wire beside what is captured: preamble, gap, check sequence
KERNEL_NS = 300  # interrupt, socket buffer, copy into the ring; AF_PACKET, one queue for each core
XDP_NS = 60  # the same with AF_XDP in zero-copy mode, as its authors report it
BUSY = 0.6
QUEUE_PPS = 1e9 / KERNEL_NS  # where one queue, and so one core's kernel side, ends
SIMULATED = {"flows": 20000, "alpha": 1.2, "steps": 500, "step_s": 0.01, "ring_bytes": 64 << 20,
             "seed": 2015}
MOST = 0.1  # of the port, for one conversation
MANY = 512  # workers
MIXES = ("realistic", "elephants", "syn-flood")


def user_ns(mix):
    """A packet's way through the sensor, without the reading of a file."""
    costs = stages.costs(mix["stages"], mix["packets"])
    return sum(max(cost, 0) for stage, cost in costs.items() if stage != "read")


def need(gbit, size, ns):
    """(packets/s, cores with AF_PACKET, cores with AF_XDP) of a full port."""
    pps = gbit * 1e9 / 8 / (size + WIRE)
    return pps, pps * (ns + KERNEL_NS) * 1e-9 / BUSY, pps * (ns + XDP_NS) * 1e-9 / BUSY


def flow_rates(name):
    """Of the conversations of a full port; in a flood each packet is one of its own."""
    if name == "syn-flood":
        return [1.0] * SIMULATED["flows"]
    chance = random.Random(SIMULATED["seed"])
    rates = [chance.paretovariate(SIMULATED["alpha"]) for _ in range(SIMULATED["flows"])]
    most = MOST * sum(rates)
    return [min(rate, most) for rate in rates]


def loses(gbit, size, ns, workers, rates):
    """
    Does a full port lose anything? Flows of very unequal rates (Pareto), each on the worker that
    its hash says; how much comes to a worker changes every step; a ring before each worker.
    """
    chance = random.Random(SIMULATED["seed"] + workers)
    shares = [0.0] * workers
    for rate in rates:
        shares[chance.randrange(workers)] += rate
    whole = sum(shares)
    bytes_per_step = gbit * 1e9 / 8 * SIMULATED["step_s"]
    served = SIMULATED["step_s"] / ((ns + KERNEL_NS) * 1e-9) * size
    waiting = [0.0] * workers
    for _ in range(SIMULATED["steps"]):
        for worker, share in enumerate(shares):
            arrived = bytes_per_step * share / whole * chance.lognormvariate(-0.08, 0.4)
            waiting[worker] = max(waiting[worker] + arrived - served, 0.0)
        if max(waiting) > SIMULATED["ring_bytes"]:
            return True
    return False


def enough_workers(gbit, size, ns, rates):
    """The fewest workers that lose nothing in the simulation; None: not even MANY."""
    workers = max(1, int(gbit * 1e9 / 8 / (size + WIRE) * (ns + KERNEL_NS) * 1e-9))
    while workers <= MANY:
        if not loses(gbit, size, ns, workers, rates):
            return workers
        workers += 1 + workers // 8
    return None


def rows(results):
    lines = [["full port", "Gbit/s", "bytes", "Mpacket/s", "ns", "cores", "simulated", "AF_XDP"]]
    for name in MIXES:
        mix = results["mixes"].get(name)
        if not mix or not mix.get("stages"):
            continue
        rates = flow_rates(name)
        ns, size = user_ns(mix), mix["bytes"] / mix["packets"]
        for gbit in GBITS:
            pps, cores, xdp = need(gbit, size, ns)
            lines.append([name if gbit == GBITS[0] else "", gbit, f"{size:.0f}",
                          f"{pps / 1e6:.2f}", f"{ns:.0f}", math.ceil(cores),
                          enough_workers(gbit, size, ns, rates) or f"> {MANY}", math.ceil(xdp)])
    return lines


def run(options):
    with open(options.json, encoding="utf-8") as file:
        results = json.load(file)
    print(f"assumed: {KERNEL_NS} ns a packet in the kernel ({XDP_NS} with AF_XDP), CPUs "
          f"{BUSY:.0%} busy; one queue ends at {QUEUE_PPS / 1e6:.1f} Mpacket/s")
    print(f"simulated: {SIMULATED['flows']} flows, rates by Pareto {SIMULATED['alpha']}, a ring of "
          f"{SIMULATED['ring_bytes'] >> 20} MiB for each worker, nothing lost in "
          f"{SIMULATED['steps'] * SIMULATED['step_s']:.0f} s\n")
    print("\n".join(figures.table(rows(results))))
    return 0
