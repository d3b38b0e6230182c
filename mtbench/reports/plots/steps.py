"""How figures change from step to step: from turn to turn, or over classes of something."""

from collections.abc import Mapping, Sequence
from math import isnan, nan

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mtbench.reports.plots.names import SMALL, TEXT, labels, number, widest
from mtbench.reports.plots.placing import spread
from mtbench.reports.plots.style import (
    GREY,
    LEADER,
    NAME_WIDTH,
    Margins,
    bare,
    counted,
    draw_line,
    first,
    known,
    limits,
    right_of,
    sheet,
    styled,
    ticks,
)

MOST = 150


@styled()
def steps(
    scores: Mapping[str, Sequence[float | None]],
    title: str = "Mean score by turn",
    ylabel: str = "mean score",
    *,
    heads: Sequence[str] = (),
    n: int | None = None,
    foot: str = "",
) -> Figure:
    """A line a model from its score at the first step to those at later ones, with its name and scores beside the end.

    `scores`: model → a score a step, None or nan where there is none: the line has a gap there. The first 150 models
    are shown. `heads`: what the steps are called; left out, they are turns. `n`: scores in all. Raises ValueError when
    there is no model or no step, or one model has more steps.
    """
    shown, left_out = first(list(scores), MOST)
    rows = [[known(score) for score in scores[model]] for model in shown]
    heads = heads or [f"turn {turn}" for turn in range(1, len(rows[0]) + 1)]
    if not heads or any(len(row) != len(heads) for row in rows):
        raise ValueError("not every model has the same number of steps, one or more")
    names = labels(shown, NAME_WIDTH)
    columns = [[head, *(number(row[step], 2) for row in rows)] for step, head in enumerate(heads)]
    widths = [widest(names.values(), TEXT), *(widest(column, SMALL) + _SPACE for column in columns)]
    width, height = max(_WIDTH, len(heads) * _STEP), max(_HEIGHT, len(rows) * _ROW)
    y_ends = limits([score for row in rows for score in row])
    levels = ticks(*y_ends)
    margins = Margins(
        left=widest(levels.values(), SMALL) + _LABEL, right=_LEAD + _SPACE + sum(widths), bottom=0.3, top=0.25
    )
    figure, place = sheet(width, height, margins, counted(title, n), [*([foot] if foot else []), *left_out])
    axes = figure.add_axes(place)
    axes.set(xlim=(0, len(heads) - 1) if heads[1:] else (-1, 0), ylim=y_ends, ylabel=ylabel)
    axes.set_yticks(list(levels), list(levels.values()))
    axes.set_xticks(range(len(heads)), heads, size=TEXT)
    axes.grid(visible=True)
    aside = figure.add_axes(right_of(place, figure, margins.right))
    bare(aside)
    aside.set(xlim=(0, margins.right), ylim=(0, height))
    _write(aside, height + 0.16, ["", *heads], widths, GREY)
    ends = [_end(row) for row in rows]
    low, high = y_ends
    wanted = [0.0 if isnan(score) else (score - low) / (high - low) * height for _, score in ends]
    for index, y in enumerate(spread(wanted, _ROW, _ROW / 2, height - _ROW / 2)):
        draw_line(axes, list(enumerate(rows[index])), index)
        _lead(axes, ends[index], (_LEAD / width, y / height))
        _write(aside, y, [names[shown[index]], *(column[index + 1] for column in columns)], widths, "black")
    return figure


_WIDTH, _HEIGHT, _STEP = 3.2, 3.0, 1.2
"""Inches: of the drawing at least, and from step to step."""
_ROW = 0.17
_LEAD = 0.3
_SPACE = 0.14
_LABEL = 0.4


def _end(row: Sequence[float]) -> tuple[float, float]:
    """Step, from 0, and score of the last point; nan if there is none."""
    return max(((float(step), score) for step, score in enumerate(row) if not isnan(score)), default=(nan, nan))


def _lead(axes: Axes, end: tuple[float, float], to: tuple[float, float]) -> None:
    """A dotted line from a line's end to its label: `to` counts from the lower right corner, in drawings."""
    (left, right), (low, high) = axes.get_xlim(), axes.get_ylim()
    x, y = right + to[0] * (right - left), low + to[1] * (high - low)
    axes.plot([end[0], x], [end[1], y], color=GREY, linewidth=0.8, linestyle=LEADER, clip_on=False, zorder=1)


def _write(aside: Axes, y: float, texts: Sequence[str], widths: Sequence[float], color: str) -> None:
    x = _LEAD + _SPACE / 2
    aside.text(x, y, texts[0], size=TEXT, color=color, va="center")
    x += widths[0]
    for text, width in zip(texts[1:], widths[1:], strict=True):
        x += width
        aside.text(x, y, text, size=SMALL, color=color, ha="right", va="center")
