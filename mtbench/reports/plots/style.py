"""How every plot looks: fonts, lines and marks that differ without colour, and sheets as large as what is on them."""

import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from math import isfinite, nan
from typing import Literal

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from mtbench.reports.plots.names import LINE, SMALL, TEXT, TITLE, number, wrapped

GREY = "#595959"
PALE = "#d9d9d9"
Dashes = Literal["-"] | tuple[float, tuple[float, ...]]
LEADER: Dashes = (0, (1, 1.5))
"""From a label to what it names: dotted finely, as no line of data is."""
NAME_WIDTH = 2.6
"""Inches that a model's name may take."""
MARK = 6.0
"""Points across."""

Rect = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Look:
    """A line that is told from others by its dashes and marks, and by its colour where there is colour."""

    color: str
    dashes: Dashes
    marker: str


def look(index: int) -> Look:
    """The look of line `index`, from 0; the first 280 differ."""
    return Look(_COLORS[index % 7], _DASHES[index % 5], _MARKERS[index % 8])


# Okabe and Ito's palette (jfly.uni-koeln.de/color), without the yellow that white paper swallows; dark and light
# take turns, so that neighbours differ in grey too.
_COLORS = ("#000000", "#009e73", "#e69f00", "#d55e00", "#56b4e9", "#0072b2", "#cc79a7")
_DASHES: tuple[Dashes, ...] = ("-", (0, (5, 2)), (0, (1.2, 1.4)), (0, (7, 2, 1.5, 2)), (0, (3, 1, 1, 1, 1, 1)))
_MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")


def draw_line(
    axes: Axes, points: Sequence[tuple[float, float]], index: int, marks: Sequence[int] | None = None
) -> None:
    """Draws line `index` through `points`, with a gap where one is nan; `marks`: the points with a mark, None for all.

    Nothing is drawn for a point that is nan.
    """
    its = look(index)
    axes.plot(
        [x for x, _ in points],
        [y for _, y in points],
        color=its.color,
        linestyle=its.dashes,
        linewidth=1.5,
        marker=its.marker,
        markevery=None if marks is None else list(marks),
        markersize=MARK,
        markeredgecolor="white",
        markeredgewidth=0.5,
        clip_on=False,
        zorder=3,
    )


@contextmanager
def styled() -> Iterator[None]:
    """Draws in our style whatever the user's matplotlibrc says, and says nothing of characters that the font lacks."""
    with matplotlib.rc_context(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        _set_up()
        yield


# The first is used here, and comes with matplotlib; the others are for a reader of the SVG who has not got it.
_FONTS = ["DejaVu Sans", "Bitstream Vera Sans", "Verdana", "Arial", "sans-serif"]


def _set_up() -> None:
    matplotlib.rcdefaults()
    matplotlib.rc("font", size=TEXT, **{"sans-serif": _FONTS})
    matplotlib.rc("text", parse_math=False)  # a name with $ in it is a name
    # Text stays text: found, copied and read aloud, in the reader's font for any script.
    matplotlib.rc("svg", fonttype="none", hashsalt="mtbench")
    matplotlib.rc("axes", axisbelow=True, edgecolor=GREY)
    matplotlib.rc("axes.spines", top=False, right=False)
    matplotlib.rc("xtick", labelsize=SMALL)
    matplotlib.rc("ytick", labelsize=SMALL)
    matplotlib.rc("grid", color=PALE, linewidth=0.6)
    matplotlib.rc("hatch", color="#8c8c8c", linewidth=0.6)


@dataclass(frozen=True, slots=True)
class Margins:
    """Inches around a drawing that its own labels take."""

    left: float = 0.0
    right: float = 0.0
    bottom: float = 0.0
    top: float = 0.0


def sheet(width: float, height: float, margins: Margins, title: str, foot: Sequence[str]) -> tuple[Figure, Rect]:
    """A figure with its title and foot lines, and the place in it for a drawing of `width` times `height` inches.

    It is as large as drawing, margins, title and foot need, so nothing is cut off. To be called within `styled()`.
    """
    full_width = max(width + margins.left + margins.right + 2 * EDGE, _LEAST_WIDTH)
    heading = wrapped(title, full_width - 2 * EDGE, TITLE, "bold")
    notes = [line for sentence in foot for line in wrapped(sentence, full_width - 2 * EDGE, SMALL)]
    above = EDGE + len(heading) * _lines(TITLE) + _GAP + margins.top
    below = EDGE + len(notes) * _lines(SMALL) + (_GAP if notes else 0) + margins.bottom
    full_height = above + height + below
    figure = Figure(figsize=(full_width, full_height))
    x = EDGE / full_width
    for row, line in enumerate(heading):
        y = 1 - (EDGE + row * _lines(TITLE)) / full_height
        figure.text(x, y, line, size=TITLE, weight="bold", va="top")
    for row, line in enumerate(notes, 1):
        figure.text(
            x, (EDGE + (len(notes) - row) * _lines(SMALL)) / full_height, line, size=SMALL, color=GREY, va="bottom"
        )
    place = ((EDGE + margins.left) / full_width, below / full_height, width / full_width, height / full_height)
    return figure, place


def counted(title: str, n: int | None) -> str:
    """`title` with the number of values that the plot rests on, if it is known."""
    return title if n is None else f"{title} (n={n:,})"


def first(models: Sequence[str], most: int) -> tuple[Sequence[str], list[str]]:
    """The models that there is room for, and the sentences for the foot on those that are left out.

    Raises ValueError when there is no model.
    """
    if not models:
        raise ValueError("a plot needs a model")
    if len(models) <= most:
        return models, []
    return models[:most], [f"the first {most} of {len(models)} models"]


def known(value: float | None) -> float:
    """`value`, or nan for what cannot be drawn: None and the infinite."""
    return value if value is not None and isfinite(value) else nan


def limits(values: Iterable[float], share: float = 0.05) -> tuple[float, float]:
    """The ends of an axis with all finite `values` on it and some air around them; (0, 1) without any."""
    finite = [value for value in values if isfinite(value)] or [0.0, 1.0]
    low, high = min(finite), max(finite)
    margin = share * (high - low) or 0.5
    return low - margin, high + margin


def ticks(low: float, high: float) -> dict[float, str]:
    """Round numbers from `low` to `high`, and how they are written."""
    found = [float(value) for value in MaxNLocator(nbins=8, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high)]
    step = found[1] - found[0]
    decimals = next((digits for digits in range(12) if abs(round(step, digits) - step) < step / 1000), 12)
    return {value: number(value, decimals) for value in found if low <= value <= high}


def right_of(place: Rect, figure: Figure, width: float) -> Rect:
    """The `width` inches beside a drawing, as high as it."""
    return place[0] + place[2], place[1], width / figure.get_figwidth(), place[3]


def bare(axes: Axes) -> None:
    """Takes away everything but the drawing: ground, frame, ticks, numbers."""
    axes.patch.set_visible(False)
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_visible(False)


EDGE = 0.12
_GAP = 0.12
_LEAST_WIDTH = 5.5


def _lines(size: float) -> float:
    """Inches from one line of text to the next."""
    return size * LINE / 72
