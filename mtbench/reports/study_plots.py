"""What was found out about a judge → plots, and their names."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mtbench.reports.plots.intervals import intervals
from mtbench.reports.plots.saving import save
from mtbench.reports.tables import Results, Table
from mtbench.stats.estimates import Estimate

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, slots=True)
class _Plotted:
    """A column that is drawn, a row of the table a row; `reference`: where a judge without fault would lie."""

    column: str
    label: str
    reference: float | None = None
    decimals: int = 2


PLOTTED = {
    "position": (_Plotted("consistent", "games with the same verdict in both orders, share", 1.0),),
    "position_category": (_Plotted("consistent", "games with the same verdict in both orders, share", 1.0),),
    "consistency": (_Plotted("flips", "other verdict when asked again, share", 0.0),),
}
"""By a table's kind, what is drawn of it."""


def save_study_plots(results: Results, folder: Path) -> list[Path]:
    """Draws the plots of `results`, as PNG and SVG; gives the files."""
    return [path for name, figure in _plots(results) for path in save(figure, folder, name)]


def _plots(results: Results) -> "Iterator[tuple[str, Figure]]":
    kinds = [table.kind for table in results.tables]
    for table in results.tables:
        for each in PLOTTED.get(table.kind, ()):
            rows = _estimates(table, each.column)
            if rows:
                about = "" if kinds.count(table.kind) == 1 else f"-{'-'.join((*table.judges, table.prompt_set))}"
                figure = intervals(rows, table.title, each.label, decimals=each.decimals, reference=each.reference)
                yield f"{table.kind.replace('_', '-')}-{each.column}{about}", figure


def _estimates(table: Table, key: str) -> dict[str, Estimate]:
    place = [column.key for column in table.columns].index(key)
    return {str(row[0]): cell for row in table.rows if isinstance(cell := row[place], Estimate)}
