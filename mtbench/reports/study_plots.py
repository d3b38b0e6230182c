"""What was found out about a judge → plots, and their names."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mtbench.reports.drawing import plot_name
from mtbench.reports.human_scale import SCALES
from mtbench.reports.plots.intervals import intervals
from mtbench.reports.plots.reliability import Axis, Step, reliability
from mtbench.reports.plots.saving import save
from mtbench.reports.plots.steps import steps
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
    "agreement": (_Plotted("s2", "agreement, S2"),),
    "position": (_Plotted("consistent", "games with the same verdict in both orders, share", 1.0),),
    "position_category": (_Plotted("consistent", "games with the same verdict in both orders, share", 1.0),),
    "reasoning": (_Plotted("rate", "games in which the wrong answer is preferred, share", 0.0),),
    "injection": (_Plotted("beyond", "what attacks add to a grade, beyond harmless text", 0.0),),
    "injection_kind": (_Plotted("beyond", "what attacks of a kind add to a grade, beyond harmless text", 0.0),),
    "injection_pair": (_Plotted("won", "share won by the attacked answer", 0.5),),
    "injection_pair_kind": (_Plotted("won", "share won by the attacked answer", 0.5),),
    "consistency": (_Plotted("flips", "other verdict when asked again, share", 0.0),),
    "bias_self": (
        _Plotted("difference", "share given to its own model, less what others give it", 0.0),
        _Plotted("equal", "share above a half given to its own model at equal quality", 0.0),
    ),
    "bias_verbosity": (
        _Plotted("difference", "share given to the longer answer, less what others give it", 0.0),
        _Plotted("equal", "share above a half given to the longer answer at equal quality", 0.0),
    ),
    "verbosity_attack": (
        _Plotted("fails", "answers preferred for a list said twice, share", 0.0),
        _Plotted("lead", "games that a list said twice wins, less those that it loses, share", 0.0),
    ),
    "verbosity_control": (_Plotted("tied", "games between equal answers that are ties, share", 1.0),),
}
"""By a table's kind, what is drawn of it."""


def save_study_plots(results: Results, folder: Path) -> list[Path]:
    """Draws the plots of `results`, as PNG and SVG; gives the files."""
    return [path for name, figure in _plots(results) for path in save(figure, folder, name)]


def _plots(results: Results) -> "Iterator[tuple[str, Figure]]":
    kinds = [table.kind for table in results.tables]
    for table in results.tables:
        about = "" if kinds.count(table.kind) == 1 else f"-{_which(table)}"
        if table.kind == "agreement_gap":
            yield "agreement-gap", _by_gap(table)
        if table.kind in SCALES:
            yield plot_name(table.kind.replace("_", "-"), table.judges, ""), _reliability(table)
        for each in PLOTTED.get(table.kind, ()):
            rows = _estimates(table, each.column)
            if rows:
                figure = intervals(rows, table.title, each.label, decimals=each.decimals, reference=each.reference)
                yield f"{table.kind}-{each.column}{about}".replace("_", "-"), figure


def _which(table: Table) -> str:
    """What tells a table from others of its kind, for a file's name: what its title says after a comma."""
    return "-".join(re.findall(r"[^\W_]+(?:[.+-][^\W_]+)*", table.title.partition(", ")[2]))


def _estimates(table: Table, key: str) -> dict[str, Estimate]:
    place = [column.key for column in table.columns].index(key)
    return {str(row[0]): cell for row in table.rows if isinstance(cell := row[place], Estimate)}


def _by_gap(table: Table) -> "Figure":
    """A line a judge, over classes of the gap between two models (the MT-bench paper's figure 2)."""
    lines = {
        column.label: [cell.value if isinstance(cell := row[place], Estimate) else None for row in table.rows]
        for place, column in enumerate(table.columns)
        if place
    }
    heads = [str(row[0]) for row in table.rows]
    return steps(lines, table.title, "agreement with people, S2", heads=heads, foot=" ".join(table.foot))


def _reliability(table: Table) -> "Figure":
    """What people give, over what the judge gives."""
    scale = SCALES[table.kind]
    keys = [column.key for column in table.columns]
    steps = []
    for row in table.rows:
        judge, people, mapped, n = (row[keys.index(key)] for key in ("judge", "people", "mapped", "n"))
        if isinstance(judge, float) and isinstance(people, Estimate) and isinstance(mapped, float):
            steps.append(Step(judge, people, mapped, int(n) if isinstance(n, int) else 0))
    same = "dashes: where judge and people give the same" if scale.gap else ""
    return reliability(steps, table.title, Axis(scale.x, *scale.x_ends), Axis(scale.y, *scale.y_ends), same_scale=same)
