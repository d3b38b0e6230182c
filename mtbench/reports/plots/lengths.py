"""Whether long answers score higher."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import hypot, isnan

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mtbench.reports.plots.names import LINE, SMALL, inches, labels, widest
from mtbench.reports.plots.placing import Box, around
from mtbench.reports.plots.style import (
    GREY,
    LEADER,
    MARK,
    Margins,
    bare,
    counted,
    first,
    known,
    limits,
    sheet,
    styled,
    ticks,
)

MOST = 100


@dataclass(frozen=True, slots=True)
class Spot:
    """A model's mean answer length, in whatever the x axis says, and its score; None or nan for what is not known."""

    length: float | None
    score: float | None


@styled()
def lengths(
    spots: Mapping[str, Spot],
    title: str = "Mean score against mean answer length",
    xlabel: str = "mean answer length in characters",
    ylabel: str = "mean score",
    *,
    n: int | None = None,
    foot: str = "",
) -> Figure:
    """A dot a model, with its name, for the first 100. `n`: answers in all.

    Models without a length or a score are named in the foot. Raises ValueError when there is no model.
    """
    within, left_out = first(list(spots), MOST)
    at = {model: (known(spots[model].length), known(spots[model].score)) for model in within}
    shown = [model for model, point in at.items() if not isnan(sum(point))]
    names = labels(within, _NAME_WIDTH, SMALL)
    scale = max(1.0, (len(shown) / _AT_EASE) ** 0.5)
    width, height = _WIDTH * scale, _HEIGHT * scale
    x_ends, y_ends = limits((at[model][0] for model in shown), _AIR), limits((at[model][1] for model in shown), _AIR)
    points = [(width * _share(at[model][0], x_ends), height * _share(at[model][1], y_ends)) for model in shown]
    sizes = [(inches(names[model], SMALL) + 0.04, SMALL * LINE / 72) for model in shown]
    boxes = around(points, sizes, Box(0, 0, width, height), _CLEAR)
    notes = [
        *([foot] if foot else []),
        *_listed("not shown, for want of a length or a score", [names[model] for model in at if model not in shown]),
        *_listed(
            "no room for the names", [names[model] for model, box in zip(shown, boxes, strict=True) if box is None]
        ),
        *left_out,
    ]
    across, up = ticks(*x_ends), ticks(*y_ends)
    margins = Margins(left=widest(up.values(), SMALL) + _LABEL, bottom=0.45, right=widest(across.values(), SMALL) / 2)
    figure, place = sheet(width, height, margins, counted(title, n), notes)
    axes = figure.add_axes(place)
    axes.set(xlim=x_ends, ylim=y_ends, xlabel=xlabel, ylabel=ylabel)
    axes.set_xticks(list(across), list(across.values()))
    axes.set_yticks(list(up), list(up.values()))
    axes.grid(visible=True)
    axes.plot([at[model][0] for model in shown], [at[model][1] for model in shown], "o", color="black", ms=MARK)
    over = figure.add_axes(place, facecolor="none")
    over.set(xlim=(0, width), ylim=(0, height))
    bare(over)
    for model, point, box in zip(shown, points, boxes, strict=True):
        if box is not None:
            _name(over, names[model], point, box)
    return figure


_WIDTH, _HEIGHT = 5.4, 4.0
"""Inches of the drawing up to `_AT_EASE` models; it grows with the square root of more."""
_AT_EASE = 12
_NAME_WIDTH = 2.0
_LABEL = 0.4
_CLEAR = 0.06
_FAR = 0.12
"""Inches: of a name at most, of an axis' label, from a dot's middle to any name, and from where a name needs a line."""
_AIR = 0.12


def _share(value: float, ends: tuple[float, float]) -> float:
    return (value - ends[0]) / (ends[1] - ends[0])


def _listed(what: str, names: Sequence[str]) -> list[str]:
    return [f"{what}: {', '.join(names)}"] if names else []


def _name(over: Axes, name: str, point: tuple[float, float], box: Box) -> None:
    over.text((box.left + box.right) / 2, (box.bottom + box.top) / 2, name, size=SMALL, ha="center", va="center")
    x, y = box.nearest(*point)
    if hypot(x - point[0], y - point[1]) > _FAR:
        over.plot([point[0], x], [point[1], y], color=GREY, linewidth=0.8, linestyle=LEADER)
