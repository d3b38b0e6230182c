"""Tables → plots: which are drawn of what, and under which names they are saved."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from mtbench.benches import Bench, load_answers
from mtbench.reports.plots.heatmap import heatmap
from mtbench.reports.plots.intervals import FOOT, intervals
from mtbench.reports.plots.lengths import Spot, lengths
from mtbench.reports.plots.radar import radar
from mtbench.reports.plots.saving import save, svg
from mtbench.reports.plots.steps import steps
from mtbench.reports.tables import Cell, Mode, Results, Table
from mtbench.stats.estimates import Estimate

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TOP = 10.0
"""The best grade."""


def save_plots(results: Results, bench: Bench | None, folder: Path) -> list[Path]:
    """Draws all plots of `results`, as PNG and SVG; gives the files."""
    return [path for name, _, figure in plots_of(results, bench) for path in save(figure, folder, name)]


def svgs(results: Results, bench: Bench | None) -> dict[str, str]:
    """The same plots as SVG, by title."""
    return {title: svg(figure).decode() for _, title, figure in plots_of(results, bench)}


def plots_of(results: Results, bench: Bench | None) -> "Iterator[tuple[str, str, Figure]]":
    """Name, title and plot: of each judge and prompt set, and of each panel."""
    by_source: dict[tuple[tuple[str, ...], str], dict[str, Table]] = {}
    for table in results.tables:
        by_source.setdefault((table.judges, table.prompt_set), {})[table.kind] = table
    lengths_of = _mean_lengths(results, bench)
    for (judges, prompt_set), tables in by_source.items():
        about = f"judge {judges[0]}" if len(judges) == 1 else f"panel of {len(judges)} judges"
        for kind, title, figure in _plots(tables, results.mode, lengths_of):
            yield plot_name(kind, judges, prompt_set), f"{title} ({about}, prompts {prompt_set})", figure


def plot_name(kind: str, judges: Sequence[str], prompt_set: str) -> str:
    """The plot's name; of a panel whose names are too long for one, what they hash to."""
    name = "-".join(filter(None, [kind, *judges, prompt_set]))
    if len(quote(name)) <= LONGEST:
        return name
    return f"{kind}-{len(judges)}-judges-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


LONGEST = 190
"""Bytes of a name that surely fit a file's."""


def _plots(
    tables: Mapping[str, Table], mode: Mode, lengths_of: Mapping[str, float]
) -> "Iterator[tuple[str, str, Figure]]":
    single = mode is Mode.SINGLE
    main = tables["scores" if single else "win_rates"]
    figure = "mean score" if single else "share won"
    overall = _estimates(main, "average" if single else "win_rate_adjusted")
    if not overall:
        return
    title = "Mean score" if single else "Share of games won, a tie half"
    if single:
        yield "scores", title, intervals(overall, title, figure)
    else:
        yield "win-rates", title, intervals(overall, title, figure, reference=0.5)
    if "categories" in tables:
        names = [column.key for column in tables["categories"].columns[1:]]
        rows = {str(row[0]): [_value(cell) for cell in row[1:]] for row in tables["categories"].rows}
        shown = {model: values for model, values in rows.items() if model in overall}
        title = f"{figure.capitalize()} by category"
        yield "categories", title, radar(names, shown, TOP if single else 1.0, title)
    by_turn = [column.key for column in main.columns if column.key.startswith("turn_")]
    if len(by_turn) > 1:
        of_turns = {model: [_value(cells[key]) for key in by_turn] for model, cells in _rows(main).items()}
        title = "Mean score by turn"
        yield "turns", title, steps({model: of_turns[model] for model in overall}, title)
    if "ratings" in tables:
        rated = _estimates(tables["ratings"], "rating")
        if rated:
            title = "Bradley-Terry rating"
            yield "ratings", title, intervals(rated, title, "rating", decimals=0, foot=FOOT)
    if "matrix" in tables:
        matrix = _rows(tables["matrix"])
        rates = {
            (row, column): _value(cells.get(column))
            for row, cells in matrix.items()
            for column in matrix
            if row != column
        }
        title = "How often the row wins against the column, in %"
        yield "matrix", title, heatmap(list(matrix), rates, title)
    if any(model in lengths_of for model in overall):
        title = f"{figure.capitalize()} against answer length"
        spots = {model: Spot(lengths_of.get(model), each.value) for model, each in overall.items()}
        yield "lengths", title, lengths(spots, title, ylabel=figure)


def _rows(table: Table) -> dict[str, dict[str, Cell]]:
    keys = [column.key for column in table.columns]
    return {str(row[0]): dict(zip(keys, row, strict=True)) for row in table.rows}


def _estimates(table: Table, key: str) -> dict[str, Estimate]:
    found = {model: cells[key] for model, cells in _rows(table).items()}
    return {model: cell for model, cell in found.items() if isinstance(cell, Estimate)}


def _value(cell: Cell) -> float | None:
    if isinstance(cell, Estimate):
        return cell.value
    return float(cell) if isinstance(cell, int | float) else None


def _mean_lengths(results: Results, bench: Bench | None) -> dict[str, float]:
    """Characters of an answer's turn on average, of every model whose answers are at hand."""
    if bench is None:
        return {}
    models: Sequence[str] = sorted({model for group in results.groups for model in group.models()})
    found = {}
    for model in models:
        turns_of = [turn for answer in load_answers(bench.answers(model)).values() for turn in answer.choices[0].turns]
        if turns_of:
            found[model] = sum(map(len, turns_of)) / len(turns_of)
    return found
