"""Who beats whom how often: a row and a column a model."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from mtbench.reports.plots.grid import Grid, draw_grid
from mtbench.reports.plots.style import counted, first, known, styled

MOST = 100


@styled()
def heatmap(
    models: Sequence[str],
    rates: Mapping[tuple[str, str], float | None],
    title: str = "How often the row wins against the column, in %",
    *,
    n: int | None = None,
    foot: str = "",
) -> Figure:
    """Win rates as percentages, darker for higher: `rates[row, column]`, from 0 to 1, is how often row beats column.

    `models`: in the order of the rows, best first; the first 100 are shown. `n`: games in all. A pair without a rate
    is hatched. Raises ValueError when there is no model.
    """
    shown, notes = first(models, MOST)
    values = np.array([[100 * known(rates.get((row, column))) for column in shown] for row in shown], dtype=np.float64)
    diagonal = np.eye(len(shown), dtype=bool)
    if np.isnan(values[~diagonal]).any():
        notes.append("hatched: no games between the two")
    numbers = [str(number) for number in range(1, len(shown) + 1)]
    grid = Grid(shown, numbers, values, 0.0, 100.0, decimals=0, blank=diagonal, numbers=numbers)
    return draw_grid(grid, counted(title, n), [*([foot] if foot else []), *notes])
