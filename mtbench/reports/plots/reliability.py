"""What people give where a judge gives so much."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mtbench.reports.plots.names import SMALL, inches, widest
from mtbench.reports.plots.placing import spread
from mtbench.reports.plots.style import GREY, MARK, Margins, bare, limits, look, sheet, styled, ticks
from mtbench.stats.estimates import Estimate


@dataclass(frozen=True, slots=True)
class Step:
    """A bin: what the judge gives there on average, what people do, and what the map makes of the judge's."""

    judge: float
    people: Estimate
    mapped: float
    n: int


@dataclass(frozen=True, slots=True)
class Axis:
    """`label`, and how far values can reach: None for no end that is known. The x axis goes that far in any case."""

    label: str
    least: float | None = None
    most: float | None = None


@styled()
def reliability(steps: Sequence[Step], title: str, x: Axis, y: Axis, *, same_scale: str, foot: str = "") -> Figure:
    """A dot a bin with people's interval, the map as a line, and how many labels each bin has, above.

    `same_scale`: what the foot says of the diagonal, where judge and people give the same; empty for none, where their
    scales are not the same. A hollow dot is one without an interval. Raises ValueError when there is no bin.
    """
    if not steps:
        raise ValueError("a plot needs a bin")
    given = [*(step.judge for step in steps), *(end for end in (x.least, x.most) if end is not None)]
    x_ends, y_ends = _ends(given, x), _ends([*_seen(steps), *(given if same_scale else [])], y)
    across, up = ticks(*x_ends), ticks(*y_ends)
    counts = _counts(steps, x_ends)
    margins = Margins(left=widest(up.values(), SMALL) + _LABEL, right=0.3, bottom=0.45, top=0.25)
    above = "; above: labels" if counts else ""
    notes = [
        f"bars: 95 % intervals, clustered by question; line: the map, which only rises{above}",
        *([same_scale] if same_scale else []),
        *(["hollow: the interval is not known"] if any(not _is_known(step) for step in steps) else []),
        *([foot] if foot else []),
    ]
    figure, place = sheet(_WIDTH, _HEIGHT, margins, title, notes)
    axes = figure.add_axes(place)
    axes.set(xlim=x_ends, ylim=y_ends, xlabel=x.label, ylabel=y.label)
    axes.set_xticks(list(across), list(across.values()))
    axes.set_yticks(list(up), list(up.values()))
    axes.grid(visible=True)
    if same_scale:
        axes.plot(x_ends, x_ends, color=GREY, linewidth=1.0, linestyle=(0, (4, 3)))
    its = look(5)
    axes.plot([step.judge for step in steps], [step.mapped for step in steps], color=its.color, linewidth=1.5)
    for step in steps:
        _draw(axes, step)
    over = figure.add_axes(place, facecolor="none")
    over.set(xlim=(0, _WIDTH), ylim=(0, _HEIGHT))
    bare(over)
    for left, count in counts:
        over.text(left, _HEIGHT + 0.12, count, size=SMALL, color=GREY, ha="center", va="center")
    return figure


_WIDTH, _HEIGHT = 4.6, 4.0
_LABEL = 0.4
_GAP = 0.08
_AIR = 0.06
"""Inches: of the drawing, of an axis' label, and between two counts; and the part of an axis that is air."""


def _seen(steps: Sequence[Step]) -> list[float]:
    return [value for step in steps for value in (step.people.value, step.people.low, step.people.high, step.mapped)]


def _ends(values: Sequence[float], axis: Axis) -> tuple[float, float]:
    """Of an axis with all finite `values` on it, as far as values can reach, and some air around them."""
    finite = [value for value in values if isfinite(value)]
    low, high = min(finite), max(finite)
    low = low if axis.least is None else max(low, axis.least)
    high = high if axis.most is None else min(high, axis.most)
    return limits((low, high), _AIR)


def _is_known(step: Step) -> bool:
    return isfinite(step.people.low) and isfinite(step.people.high)


def _draw(axes: Axes, step: Step) -> None:
    known = _is_known(step)
    if known:
        low, high = axes.get_ylim()
        bottom, top = max(step.people.low, low), min(step.people.high, high)
        axes.plot([step.judge] * 2, [bottom, top], color="black", linewidth=1.2, solid_capstyle="butt")
    axes.plot([step.judge], [step.people.value], "o", color="black", mfc="black" if known else "white", markersize=MARK)


def _counts(steps: Sequence[Step], x_ends: tuple[float, float]) -> list[tuple[float, str]]:
    """The labels of each bin, and how many inches from the left they are written; none where all have no room."""
    counts = [f"{step.n:,}" for step in steps]
    gap = max(inches(count, SMALL) for count in counts) + _GAP
    if gap * (len(counts) - 1) > _WIDTH:
        return []
    wanted = [(step.judge - x_ends[0]) / (x_ends[1] - x_ends[0]) * _WIDTH for step in steps]
    return list(zip(spread(wanted, gap, 0, _WIDTH), counts, strict=True))
