# SPDX-License-Identifier: ISC
"""The picture of a run: the programs against the empty loop, and where our own time goes."""

from benchmarks import figures, stages
from benchmarks.drawing import GREY, INK, LIGHT, OURS, PEER, Picture, Scale

WIDTH, LEFT, RIGHT = 980, 250, 90
ROW, GAP = 17, 30
CUT = 3  # times the next longest bar
COLOURS = {
    "read": "#9aa5b1", "decode": "#2b7bba", "zones": "#6db3e8", "sight": "#c7dff2",
    "copies": "#8c6bb1", "flow": "#2a9d5c", "stream": "#9bd6a4", "identify": "#f2a93b",
    "ndpi": "#f7d38f", "session": "#d9602b", "engine": "#b0245a", "output": "#e79ab8",
}


def ratios(mix):
    """[(program, times the empty loop by CPU time)], failures as None."""
    programs = mix["programs"]
    return [(name, figures.ratio(programs, name, "null loop", "cpu_s"), "failed" in program)
            for name, program in programs.items() if name != "null loop"]


def draw_ratios(picture, mixes, top):
    """Bars from 1 to the ratio on a logarithmic axis: equal lengths are equal factors."""
    values = [value for mix in mixes.values() for _, value, _ in ratios(mix) if value]
    rows = sum(len(ratios(mix)) + 1 for mix in mixes.values())
    bottom = top + 34 + rows * ROW + len(mixes) * 8
    scale = Scale(min(0.5, *values), max(10, *values) * 1.1, LEFT, WIDTH - RIGHT, True)
    picture.text(20, top, "CPU time of whole programs, times that of an empty libpcap loop", 15,
                 bold=True)
    picture.text(20, top + 17, "logarithmic axis: shorter is faster; left of 1 is faster than "
                 "the empty loop", 11, GREY)
    for tick in (0.25, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500):
        if scale.low <= tick <= scale.high:
            x = scale(tick)
            picture.line([(x, top + 30), (x, bottom)], INK if tick == 1 else LIGHT)
            picture.text(x, bottom + 14, f"{tick:g}", 11, GREY, "middle")
    y = top + 34
    for name, mix in mixes.items():
        picture.text(20, y + 13, mix["note"], 12, bold=True)
        y += ROW
        for program, value, failed in ratios(mix):
            picture.text(LEFT - 8, y + 12, program, 11, GREY, "end")
            if value:
                ends = sorted((scale(1), scale(value)))
                ours = program.startswith("spanwatch")
                picture.rect(ends[0], y + 2, ends[1] - ends[0], ROW - 5, OURS if ours else PEER,
                             f"{name}: {program}: {value:.2f}")
                picture.text(max(ends[1], scale(1)) + 5, y + 12, f"{value:.2g}" if value < 10
                             else f"{value:.0f}", 11, INK)
            else:
                picture.text(scale(1) + 5, y + 12, "gave up: memory or time" if failed else "–",
                             11, GREY)
            y += ROW
        y += 8
    return bottom + GAP + 20


def axis_end(sums):
    """The longest bar; one that is far beyond all others is cut, and says so."""
    ordered = sorted(sums, reverse=True)
    return ordered[1] if len(ordered) > 1 and ordered[0] > CUT * ordered[1] else ordered[0]


def draw_stages(picture, mixes, top):
    costs = {name: stages.costs(mix["stages"], mix["packets"]) for name, mix in mixes.items()
             if mix.get("stages")}
    most = axis_end([sum(max(cost, 0) for cost in of.values()) for of in costs.values()])
    scale = Scale(0, most * 1.02, LEFT, WIDTH - RIGHT, False)
    picture.text(20, top, "Where spanwatch's time goes: CPU ns per packet, stage by stage", 15,
                 bold=True)
    picture.text(20, top + 17, "linear axis from 0; the black mark is the empty libpcap loop on "
                 "the same capture, its start included", 11, GREY)
    x, y = 20, top + 38
    for stage, label in stages.STAGES.items():
        picture.rect(x, y - 10, 11, 11, COLOURS[stage])
        picture.text(x + 15, y, label, 11, GREY)
        x += 26 + 6.3 * len(label) + 6
    top, bottom = y + 14, y + 14 + len(costs) * 30
    for tick in scale.ticks():
        picture.line([(scale(tick), top), (scale(tick), bottom)], LIGHT)
        picture.text(scale(tick), bottom + 14, f"{tick:g}", 11, GREY, "middle")
    y = top
    for name, of in costs.items():
        picture.text(LEFT - 8, y + 19, name, 12, INK, "end")
        at = 0.0
        for stage, cost in of.items():
            if cost <= 0:
                continue
            width = scale(min(at + cost, most)) - scale(min(at, most))
            picture.rect(scale(min(at, most)), y + 5, width, 20, COLOURS[stage],
                         f"{name}: {stages.STAGES[stage]}: {cost:.1f} ns")
            if width > 26:
                picture.text(scale(at) + width / 2, y + 19, f"{cost:.0f}", 10, INK, "middle")
            at += cost
        cut = " (cut)" if at > most * 1.001 else ""
        picture.text(scale(min(at, most)) + 6, y + 19, f"{at:.0f} ns{cut}", 11, INK)
        null = mixes[name]["programs"].get("null loop")
        if null and "failed" not in null:
            x = scale(figures.median(null) / mixes[name]["packets"] * 1e9)
            picture.line([(x, y + 1), (x, y + 29)], INK, 2)
        y += 30
    return bottom + GAP


def write(results, path):
    mixes = results["mixes"]
    picture = Picture(WIDTH, 0)
    where = results["machine"]
    bottom = draw_ratios(picture, mixes, 30)
    if any(mix.get("stages") for mix in mixes.values()):
        bottom = draw_stages(picture, mixes, bottom + 10)
    picture.text(20, bottom + 8, f"{where['cpu']}, {where['cores']} cores; medians of interleaved "
                 f"runs; {results['form']} form; spanwatch {where['commit']}", 11, GREY)
    picture.height = bottom + 24
    picture.write(path)
