# SPDX-License-Identifier: ISC
"""Writes what was measured into the man page and the README, between their marks."""

import json
import os
import sys

from benchmarks import costs, figures, growth, picture, ports

PAGE = os.path.join("tools", "spanwatch-benchmarks.7")
README = "README.md"
PICTURES = {"results": os.path.join("tools", "benchmarks.svg"),
            "growth": os.path.join("tools", "benchmarks-growth.svg")}
MARKS = {PAGE: ('.\\" {} begins: written by tools/bench page', '.\\" {} ends'),
         README: ("<!-- {} begins: written by tools/bench page -->", "<!-- {} ends -->")}


def replace(path, text, name, lines):
    """`text` with what stands between the marks of that name changed."""
    begin, end = (mark.format(name) for mark in MARKS[path])
    if begin not in text or end not in text:
        sys.exit(f"bench: {path}: the marks '{begin}' and '{end}' are missing")
    head, rest = text.split(begin, 1)
    tail = rest.split(end, 1)[1]
    return head + begin + "\n" + "\n".join(lines) + "\n" + end + tail


def escape(line):
    """For mdoc."""
    line = line.replace("\\", "\\e").replace("–", "\\(en").replace("≤", "<=").replace("≥", ">=")
    return "\\&" + line if line.startswith((".", "'")) else line


def literal(lines):
    return [".Bd -literal", *(escape(line) for line in lines), ".Ed"]


def mix_tables(results):
    out = []
    for name, mix in results["mixes"].items():
        rows = [[row[0], *(row[i] for i in (1, 3, 4, 7, 8, 9))] for row in figures.mix_rows(mix)]
        out += [f".Ss {escape(mix['note'][0].upper() + mix['note'][1:])}",
                f"{name}: {mix['packets']} packets, {mix['bytes'] / 1e9:.2f} GB,",
                f"{mix['bytes'] // mix['packets']} bytes each.", *literal(figures.table(rows))]
    return out


def machine_lines(results):
    where = results["machine"]
    return [f"{where['cpu']}, {where['cores']} cores,",
            f"{where['memory_bytes'] / 2**30:.0f} GiB, Linux {where['kernel']}; spanwatch "
            f"{where['commit']};", f"{results['form']} form."]


def live_tables(live):
    """Of tools/bench-live."""
    rows = [["", "Mp/s", "Gbit/s", "lost %", "CPU s/Gbit", "ns/packet", "x tcpdump"]]
    for row in live.get("load", ()):
        ratio = row["cpu_to_tcpdump"]
        rows.append([f"{row['mix']}: {row['program']}", f"{row['sent_per_s'] / 1e6:.2f}",
                     f"{row['sent_gbit_per_s']:.2f}", f"{row['lost_percent']:.1f}",
                     f"{row['cpu_s_per_gbit']:.3f}", f"{row['cpu_ns_per_packet']:.0f}",
                     f"{ratio:.2f}" if ratio else ""])
    out = literal(figures.table(rows))
    rows = [["milliseconds, p50 / p99", "sensor's own", "from outside"]]
    for part, pairs in (("delay", (("decided", "own", "decided"),)),
                        ("delivery", (("to Redis's answer", "own_delivery", "delivered"),))):
        for name, row in live.get(part, {}).items():
            for what, own, outside in pairs:
                rows.append([f"{what}, {name}", *(
                    f"{row[key + '_p50_ms']:.1f} / {row[key + '_p99_ms']:.1f}"
                    for key in (own, outside))])
    return out + literal(figures.table(rows))


def write_page(results, grown, live, into):
    with open(PAGE, encoding="utf-8") as file:
        text = file.read()
    text = replace(PAGE, text, "machine", [escape(line) for line in machine_lines(results)])
    text = replace(PAGE, text, "targets", literal(figures.table(narrow_targets(results))))
    text = replace(PAGE, text, "programs", mix_tables(results))
    text = replace(PAGE, text, "stages", literal(figures.table(figures.stage_rows(
        results["mixes"]))))
    if any(mix.get("costs") for mix in results["mixes"].values()):
        text = replace(PAGE, text, "costs", cost_lines(results))
    text = replace(PAGE, text, "ports", literal(figures.table(ports.rows(results))))
    if grown:
        text = replace(PAGE, text, "growth", literal(figures.table(growth.rows(grown["curves"]))))
    if live:
        text = replace(PAGE, text, "live", live_tables(live))
    with open(os.path.join(into, PAGE), "w", encoding="utf-8") as out:
        out.write(text)


def cost_lines(results):
    mixes = results["mixes"]
    one = {name: mix for name, mix in mixes.items() if name == "realistic"} or mixes
    rows = costs.cost_rows(mixes)
    head = ["", "sessions", "us each", "misses/packet", "events", "us: JSON", "flat", "message",
            "with a journal"]
    return [*literal(figures.table([head, *rows[1:]])),
            *literal(figures.table(costs.limit_rows(one)))]


def narrow_targets(results):
    """Long words go to the end of the line."""
    rows = figures.target_rows(results["mixes"])
    return [[row[1], row[2], row[3], row[4], "  " + row[0]] for row in rows]


def readme_lines(results):
    """One table: what spanwatch takes and what others take, by CPU time, over the empty loop."""
    names = ["spanwatch (nothing matters)", "spanwatch", "tcpdump -w", "softflowd", "ndpiReader",
             "suricata single"]
    lines = ["| CPU time, times an empty libpcap loop | " + " | ".join(names) + " |",
             "|---|" + "---|" * len(names)]
    for mix in results["mixes"].values():
        cells = []
        for name in names:
            program = mix["programs"].get(name)
            value = figures.ratio(mix["programs"], name, "null loop", "cpu_s")
            cells.append(f"{value:.1f}" if value else "gave up" if program else "")
        lines.append(f"| {mix['note']} | " + " | ".join(cells) + " |")
    return lines


def write_readme(results, into):
    with open(README, encoding="utf-8") as file:
        text = file.read()
    text = replace(README, text, "benchmarks", readme_lines(results))
    with open(os.path.join(into, README), "w", encoding="utf-8") as out:
        out.write(text)


def beside(path, name):
    path = os.path.join(os.path.dirname(path), name)
    if not os.path.exists(path):
        return None
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def run(options):
    with open(options.json, encoding="utf-8") as file:
        results = json.load(file)
    grown, live = (beside(options.json, name) for name in ("growth.json", "live.json"))
    os.makedirs(os.path.join(options.into, "tools"), exist_ok=True)
    write_page(results, grown, live, options.into)
    write_readme(results, options.into)
    picture.write(results, os.path.join(options.into, PICTURES["results"]))
    if grown:
        growth.draw(grown, os.path.join(options.into, PICTURES["growth"]))
    print("written:", PAGE, README, *PICTURES.values())
    return 0
