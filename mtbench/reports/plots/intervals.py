"""A figure of every model with its interval: scores, win rates, ratings."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from math import isfinite, isnan

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mtbench.reports.plots.names import NONE, SMALL, TEXT, labels, number, widest
from mtbench.reports.plots.style import (
    GREY,
    MARK,
    NAME_WIDTH,
    Margins,
    bare,
    counted,
    first,
    limits,
    right_of,
    sheet,
    styled,
    ticks,
)
from mtbench.stats.estimates import Estimate

MOST = 150
FOOT = "95 % intervals, clustered by question"


@styled()
def intervals(
    rows: Mapping[str, Estimate],
    title: str,
    xlabel: str,
    *,
    decimals: int = 2,
    foot: str = FOOT,
    reference: float | None = None,
) -> Figure:
    """A row a model, best on top: a dot, its interval as whiskers, and both as numbers.

    `decimals`: of the numbers. `foot`: what the intervals are. `reference`: where a line is drawn, such as 0.5 for win
    rates. A model without a value keeps its row and gets no dot; a hollow dot is one without an interval;
    an arrow is an end at infinity. The first 150 models are shown. Raises ValueError when there is no model.
    """
    ranked = sorted(rows, key=lambda model: (isnan(rows[model].value), -rows[model].value))
    shown, left_out = first(ranked, MOST)
    names = labels(shown, NAME_WIDTH)
    estimates = [rows[model] for model in shown]
    columns = _columns(estimates, decimals)
    widths = [widest(column, SMALL) + _SPACE for column in columns]
    height = len(shown) * _ROW + 0.1
    margins = Margins(widest(names.values(), TEXT) + _SPACE, sum(widths), bottom=0.45, top=0.15)
    figure, place = sheet(_WIDTH, height, margins, _titled(title, estimates), [*_notes(estimates, foot), *left_out])
    axes = figure.add_axes(place)
    x_ends = limits(_ends(estimates, reference))
    axes.set(xlim=x_ends, ylim=(len(shown) - 0.5 + 0.05 / _ROW, -0.5 - 0.05 / _ROW))
    axes.set_xlabel(xlabel)
    axes.set_xticks(list(ticks(*x_ends)), list(ticks(*x_ends).values()))
    axes.set_yticks(range(len(shown)), list(names.values()), size=TEXT)
    axes.tick_params(axis="y", length=0)
    axes.grid(visible=True)
    axes.spines["left"].set_visible(False)
    if reference is not None:
        axes.axvline(reference, color="black", linewidth=0.8, linestyle=(0, (4, 3)))
    for row, estimate in enumerate(estimates):
        _draw(axes, row, estimate)
    aside = figure.add_axes(right_of(place, figure, sum(widths)))
    bare(aside)
    aside.set(xlim=(0, sum(widths)), ylim=axes.get_ylim())
    for column, right in zip(columns, accumulate(widths), strict=True):
        _write(aside, right, column)
    return figure


_WIDTH = 4.0
_ROW = 0.22
_SPACE = 0.14
"""Inches: of the drawing, a row, and between columns."""


def _draw(axes: Axes, row: int, estimate: Estimate) -> None:
    left, right = axes.get_xlim()
    known = not isnan(estimate.low) and not isnan(estimate.high)
    if known and not isnan(estimate.value):
        low, high = max(estimate.low, left), min(estimate.high, right)
        ends = [(low, "|" if low == estimate.low else "<"), (high, "|" if high == estimate.high else ">")]
        axes.plot([low, high], [row, row], color="black", linewidth=1.2, solid_capstyle="butt")
        for x, marker in ends:
            axes.plot([x], [row], marker=marker, color="black", markersize=MARK, clip_on=False)
    if isfinite(estimate.value):
        axes.plot([estimate.value], [row], "o", color="black", mfc="black" if known else "white", markersize=MARK)


def _ends(estimates: Sequence[Estimate], reference: float | None) -> list[float]:
    """All that the axis should reach."""
    ends = [end for each in estimates for end in (each.value, each.low, each.high)]
    return ends if reference is None else [*ends, reference]


def _columns(estimates: Sequence[Estimate], decimals: int) -> list[Sequence[str]]:
    """What stands beside the rows, each column with its head; n only where it is not the same for all."""
    columns: list[Sequence[str]] = [
        ["value", *(number(each.value, decimals) for each in estimates)],
        ["interval", *(_interval(each, decimals) for each in estimates)],
    ]
    if len({each.n for each in estimates}) > 1:
        columns.append(["n", *(f"{each.n:,}" for each in estimates)])
    return columns


def _interval(estimate: Estimate, decimals: int) -> str:
    if isnan(estimate.low) or isnan(estimate.high):
        return NONE
    return f"[{number(estimate.low, decimals)}, {number(estimate.high, decimals)}]"


def _write(aside: Axes, right: float, column: Sequence[str]) -> None:
    for row, text in enumerate(column, -1):
        y, color = (row, "black") if row >= 0 else (-1.1, GREY)
        aside.text(right, y, text, size=SMALL, color=color, ha="right", va="center")


def _titled(title: str, estimates: Sequence[Estimate]) -> str:
    """`title` with n and the number of clusters, where they are the same for all."""
    sizes = {(each.n, each.clusters) for each in estimates}
    if len(sizes) != 1:
        return title
    n, clusters = sizes.pop()
    return counted(title, n) if n == clusters else f"{title} (n={n:,} in {clusters:,} cluster{'s'[: clusters != 1]})"


def _notes(estimates: Sequence[Estimate], foot: str) -> Iterator[str]:
    yield foot
    if any(isfinite(each.value) and isnan(each.low + each.high) for each in estimates):
        yield "hollow: the interval is not known"
