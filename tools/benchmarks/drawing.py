# SPDX-License-Identifier: ISC
"""SVG, written by hand: text, bars, lines. Nothing but the standard library."""

import html
import math

FONT = "font-family='Helvetica,Arial,DejaVu Sans,sans-serif'"
INK, GREY, LIGHT, OURS, PEER = "#1b1f24", "#5b6570", "#dde2e8", "#0b6bcb", "#a9b4c0"


class Picture:
    def __init__(self, width, height):
        self.width, self.height, self.parts = width, height, []

    def rect(self, x, y, width, height, fill, title=""):
        tip = f"<title>{html.escape(title)}</title>" if title else ""
        self.parts.append(f"<rect x='{x:.1f}' y='{y:.1f}' width='{max(width, 0):.1f}' "
                          f"height='{height:.1f}' fill='{fill}'>{tip}</rect>")

    def line(self, points, stroke=INK, width=1.0, dash=""):
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        dashes = f" stroke-dasharray='{dash}'" if dash else ""
        self.parts.append(f"<polyline points='{path}' fill='none' stroke='{stroke}' "
                          f"stroke-width='{width}'{dashes}/>")

    def dot(self, x, y, fill, radius=3):
        self.parts.append(f"<circle cx='{x:.1f}' cy='{y:.1f}' r='{radius}' fill='{fill}'/>")

    def text(self, x, y, words, size=12, fill=INK, anchor="start", bold=False):
        weight = " font-weight='bold'" if bold else ""
        self.parts.append(f"<text x='{x:.1f}' y='{y:.1f}' font-size='{size}' fill='{fill}' "
                          f"text-anchor='{anchor}'{weight} {FONT}>{html.escape(words)}</text>")

    def write(self, path):
        head = (f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {self.width} "
                f"{self.height:.0f}' width='{self.width}' height='{self.height:.0f}'>\n"
                f"<rect width='100%' height='100%' fill='#ffffff'/>\n")
        with open(path, "w", encoding="utf-8") as out:
            out.write(head + "\n".join(self.parts) + "\n</svg>\n")


class Scale:
    """From values to places; logarithmic, or linear from 0."""

    def __init__(self, low, high, start, end, log):
        self.low, self.high, self.start, self.end, self.log = low, high, start, end, log

    def __call__(self, value):
        if self.log:
            part = math.log(value / self.low) / math.log(self.high / self.low)
        else:
            part = (value - self.low) / (self.high - self.low)
        return self.start + part * (self.end - self.start)

    def ticks(self):
        if self.log:
            low, high = math.ceil(math.log10(self.low) - 1e-9), math.floor(
                math.log10(self.high) + 1e-9)
            return [10.0 ** power for power in range(low, high + 1)]
        step = 10.0 ** math.floor(math.log10(self.high / 2))
        while self.high / step > 6:
            step *= 2 if self.high / step <= 12 else 2.5 if self.high / step <= 15 else 5
        return [step * i for i in range(int(self.high / step + 1e-9) + 1)]


def short(value):
    """1000 -> 1 k."""
    for limit, word in ((1e9, " G"), (1e6, " M"), (1e3, " k")):
        if value >= limit:
            return f"{value / limit:g}{word}"
    return f"{value:g}"
