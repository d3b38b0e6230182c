"""A figure for every row and column, as shades with numbers in them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PatchCollection, QuadMesh
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from mtbench.reports.plots.names import SMALL, TEXT, labels, number, widest
from mtbench.reports.plots.style import NAME_WIDTH, Margins, Rect, bare, sheet


@dataclass(frozen=True, slots=True)
class Grid:
    """`values` (rows times columns, nan for none) between `low` (light) and `high` (dark), written with `decimals`.

    `numbers`, if any, stand between the rows' names and the cells. Cells of `blank` stay empty; others without a value
    are hatched.
    """

    rows: Sequence[str]
    columns: Sequence[str]
    values: NDArray[np.float64]
    low: float
    high: float
    decimals: int
    blank: NDArray[np.bool_]
    numbers: Sequence[str] = ()


def draw_grid(grid: Grid, title: str, foot: Sequence[str]) -> Figure:
    """The grid on a sheet of its own, with numbers in the cells or else a scale. To be called within `styled()`."""
    names, heads = labels(grid.rows, NAME_WIDTH), labels(grid.columns, _HEAD_WIDTH, SMALL)
    shape = grid.values.shape
    is_written = max(shape) <= _MOST_WRITTEN
    height = _cell_height(shape[0], is_written)
    written = widest({number(float(value), grid.decimals) for value in grid.values.flat}, SMALL) if is_written else 0.0
    head_width = widest(heads.values(), SMALL)
    stands = head_width > _cell_height(shape[1], is_written) and shape[1] > _MOST_LYING
    width = max(_cell_height(shape[1], is_written), written + _SPACE, 0.0 if stands else head_width + _SPACE)
    beside = widest(grid.numbers, SMALL) + (_SPACE if grid.numbers else 0.0)
    margins = Margins(
        left=widest(names.values(), TEXT) + _SPACE + beside,
        right=0.0 if is_written else _SCALE,
        top=head_width + _SPACE if stands else 0.22,
    )
    figure, place = sheet(shape[1] * width, shape[0] * height, margins, title, foot)
    axes = figure.add_axes(place)
    axes.set(xlim=(0, shape[1]), ylim=(shape[0], 0))
    bare(axes)
    mesh = _shade(axes, grid)
    if is_written:
        _write(axes, grid, mesh)
    else:
        figure.colorbar(mesh, cax=figure.add_axes(_scale_place(figure, place)))
    for row, name in enumerate(grid.rows):
        _beside(axes, row + 0.5, names[name], -(beside + _SPACE / 2) / width, TEXT)
    for row, text in enumerate(grid.numbers):
        _beside(axes, row + 0.5, text, -_SPACE / 2 / width, SMALL)
    turn: Literal["vertical", "horizontal"] = "vertical" if stands else "horizontal"
    for column, name in enumerate(grid.columns):
        axes.text(column + 0.5, -_SPACE / 2 / height, heads[name], rotation=turn, size=SMALL, ha="center", va="bottom")
    return figure


_HEAD_WIDTH = 1.2
_SPACE = 0.12
_SCALE = 0.9
"""Inches: of a column's head at most, between texts, of the scale at the side."""
_MOST_WRITTEN = 45
_MOST_LYING = 12
"""Rows or columns up to which cells are large enough for numbers; columns up to which heads lie in a row."""


def _cell_height(count: int, is_written: bool) -> float:
    """Inches."""
    if not is_written:
        return 0.15
    return 0.4 if count <= 10 else 0.27


def _shade(axes: Axes, grid: Grid) -> QuadMesh:
    shown = np.ma.masked_invalid(np.where(grid.blank, np.nan, grid.values))
    # A scale without an extent has no shades; the middle one is then as good as any.
    low, high = (grid.low, grid.high) if grid.low < grid.high else (grid.low - 0.5, grid.high + 0.5)
    mesh = axes.pcolormesh(shown, cmap=matplotlib.colormaps["Blues"], norm=Normalize(low, high))
    mesh.set(edgecolor="white", linewidth=0.6)
    missing = [Rectangle((column, row), 1, 1) for row, column in np.argwhere(np.isnan(grid.values) & ~grid.blank)]
    axes.add_collection(PatchCollection(missing, facecolor="white", edgecolor="#8c8c8c", hatch="////", linewidth=0))
    return mesh


def _write(axes: Axes, grid: Grid, mesh: QuadMesh) -> None:
    for row, column in np.argwhere(~np.isnan(grid.values) & ~grid.blank):
        value = float(grid.values[row, column])
        red, green, blue, _ = mesh.to_rgba(np.array([value]))[0]
        color = "black" if 0.299 * red + 0.587 * green + 0.114 * blue > 0.5 else "white"
        text = number(value, grid.decimals)
        axes.text(column + 0.5, row + 0.5, text, size=SMALL, color=color, ha="center", va="center_baseline")


def _beside(axes: Axes, y: float, text: str, x: float, size: float) -> None:
    axes.text(x, y, text, size=size, ha="right", va="center")


def _scale_place(figure: Figure, place: Rect) -> Rect:
    inch_x, inch_y = 1 / figure.get_figwidth(), 1 / figure.get_figheight()
    height = min(3 * inch_y, place[3])
    return (place[0] + place[2] + 0.15 * inch_x, place[1] + place[3] - height, 0.15 * inch_x, height)
