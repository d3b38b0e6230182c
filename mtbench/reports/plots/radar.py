"""Scores by category: a radar for a few models, a grid for many."""

from collections.abc import Mapping, Sequence
from math import cos, isnan, pi, sin

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle

from mtbench.reports.plots.grid import Grid, draw_grid
from mtbench.reports.plots.names import SMALL, TEXT, labels, widest
from mtbench.reports.plots.style import (
    GREY,
    NAME_WIDTH,
    PALE,
    Margins,
    bare,
    counted,
    draw_line,
    first,
    known,
    sheet,
    styled,
)

MOST_LINES = 8
"""Models that a radar can show; beyond that nobody can follow a line."""
SPOKES = range(3, 13)
"""Numbers of categories that a radar can show."""
MOST = 150


@styled()
def radar(
    categories: Sequence[str],
    scores: Mapping[str, Sequence[float | None]],
    top: float,
    title: str = "Mean score by category",
    *,
    n: int | None = None,
    foot: str = "",
) -> Figure:
    """A line a model around the categories, from 0 in the middle to `top`; with many models or categories, a grid.

    `scores`: model → a score for each of `categories`, None or nan where there is none: the line has a gap there.
    `n`: scores in all. Raises ValueError when there is no model or no category, or a model has not as many
    scores as there are categories.
    """
    shown, left_out = first(list(scores), MOST)
    values = {model: [known(score) for score in scores[model]] for model in shown}
    if not categories or any(len(row) != len(categories) for row in values.values()):
        raise ValueError(f"not every model has {len(categories)} scores, one a category")
    notes = [foot] if foot else []
    fits = all(isnan(score) or 0 <= score <= top for row in values.values() for score in row)
    if fits and len(values) <= MOST_LINES and len(categories) in SPOKES:
        if any(isnan(score) for row in values.values() for score in row):
            notes.append("a gap in a line: no score in that category")
        return _radar(categories, values, top, counted(title, n), notes)
    cells = np.array(list(values.values()), dtype=np.float64)
    if np.isnan(cells).any():
        notes.append("hatched: no score")
    low, high = (float(np.nanmin(cells)), float(np.nanmax(cells))) if np.isfinite(cells).any() else (0.0, top)
    grid = Grid(shown, categories, cells, low, high, decimals=2 if top <= 10 else 1, blank=np.zeros(cells.shape, bool))
    return draw_grid(grid, counted(title, n), [*notes, *left_out])


_RINGS = 5
_RADIUS = 1.9
_LEGEND_LINE = 0.24
_SAMPLE = 0.5
_SPACE = 0.12
"""Inches: of the circle, of a line of the legend, of a sample of a line, between things."""

_HALO = {"facecolor": "white", "edgecolor": "none", "alpha": 0.75, "pad": 0.5}
"""Keeps the rings' numbers legible where lines cross them."""


def _radar(
    categories: Sequence[str], scores: Mapping[str, Sequence[float]], top: float, title: str, foot: Sequence[str]
) -> Figure:
    names, spokes = labels(scores, NAME_WIDTH), labels(categories, 1.5)
    side = widest(spokes.values(), TEXT) + 2 * _SPACE
    legend = _SAMPLE + 2 * _SPACE + widest(names.values(), TEXT)
    margins = Margins(left=side, right=side + legend, bottom=0.3, top=0.3)
    figure, place = sheet(2 * _RADIUS, 2 * _RADIUS, margins, title, foot)
    axes = figure.add_axes(place)
    axes.set(xlim=(-1, 1), ylim=(-1, 1))
    bare(axes)
    angles = [2 * pi * number / len(categories) for number in range(len(categories))]
    _web(axes, angles, [spokes[category] for category in categories], top)
    for index, (model, row) in enumerate(scores.items()):
        radii = [score / top for score in row]
        points = [(radius * sin(angle), radius * cos(angle)) for radius, angle in zip(radii, angles, strict=True)]
        draw_line(axes, [*points, points[0]], index)
        y = 1 - (index + 0.5) * _LEGEND_LINE / _RADIUS
        x = 1 + side / _RADIUS
        draw_line(axes, [(x + part * _SAMPLE / _RADIUS, y) for part in (0.0, 0.5, 1.0)], index, marks=[1])
        axes.text(x + (_SAMPLE + _SPACE) / _RADIUS, y, names[model], size=TEXT, va="center")
    return figure


def _web(axes: Axes, angles: Sequence[float], spokes: Sequence[str], top: float) -> None:
    """Rings with their numbers, spokes with their names."""
    aside = angles[1] / 2
    for ring in range(1, _RINGS + 1):
        radius = ring / _RINGS
        axes.add_patch(Circle((0, 0), radius, fill=False, edgecolor=PALE, linewidth=0.8, clip_on=False))
        text = f"{top * radius:g}"
        axes.text(
            radius * sin(aside),
            radius * cos(aside),
            text,
            size=SMALL,
            color=GREY,
            ha="center",
            va="center",
            bbox=_HALO,
            zorder=4,
        )
    for angle, text in zip(angles, spokes, strict=True):
        x, y = sin(angle), cos(angle)
        axes.plot([0, x], [0, y], color=PALE, linewidth=0.8)
        ha = "center" if abs(x) < 0.1 else "left" if x > 0 else "right"
        va = "center" if abs(y) < 0.5 else "bottom" if y > 0 else "top"
        axes.text(1.06 * x, 1.06 * y, text, size=TEXT, ha=ha, va=va)
