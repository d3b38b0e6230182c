"""Results → text: a rich table on a terminal, aligned plain text elsewhere, Markdown, CSV or JSON."""

import csv
import io
import re
from collections.abc import Collection, Sequence
from math import isfinite

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from mtbench.reports.tables import Cell, Column, Format, Results, Table, figure_text, interval_text, visible
from mtbench.stats.estimates import Estimate

SCHEMA_VERSION = 1
GAP = 2
MIN_MODEL_WIDTH = 24
"""Columns of a terminal below which a model's name is not squeezed; the table is cut into several instead."""


def render(results: Results, form: Format, console: Console) -> None:
    """Writes `results` to the console's file: drawn and coloured if it is a terminal and the format is a table."""
    if form is Format.TABLE and console.is_terminal:
        _draw(results, console)
    else:
        console.file.write(to_text(results, form))


def to_text(results: Results, form: Format) -> str:
    """`results` as plain text, Markdown, CSV (one wide table, a row a judge and model) or JSON (full precision)."""
    writers = {Format.TABLE: _plain, Format.MARKDOWN: _markdown, Format.CSV: _csv, Format.JSON: _json}
    return writers[form](results)


def _for_people(results: Results) -> list[Table]:
    return [table for table in results.tables if not table.for_programs]


def _shown(table: Table) -> tuple[list[Column], list[list[str]], list[str]]:
    """Columns, cells and foot for people."""
    kept, foot = visible(table)
    shown = [_cells([row[number] for row in table.rows], table.columns[number]) for number in kept]
    return [table.columns[number] for number in kept], [list(row) for row in zip(*shown, strict=True)], foot


def _cells(values: Sequence[Cell], column: Column) -> list[str]:
    """The cells of one column. Intervals stand under each other, and so do figures that have none."""
    intervals = [_interval(value, column) if isinstance(value, Estimate) else "" for value in values]
    width = max(map(len, intervals), default=0)
    return [_cell(value, column) + interval.rjust(width) for value, interval in zip(values, intervals, strict=True)]


def _cell(value: Cell, column: Column) -> str:
    figure = value.value if isinstance(value, Estimate) else value
    if figure is None:
        return "-"
    if isinstance(figure, float) and column.decimals is not None:
        return figure_text(figure, column.decimals)
    return printable(str(figure))


def _interval(estimate: Estimate, column: Column) -> str:
    text = interval_text(estimate, column)
    return f" {text}" if text.startswith("±") else text and f" ({text})"


def printable(text: str) -> str:
    """`text` without what a terminal would take for a command."""
    return "".join(each if each.isprintable() else "�" for each in text)


def _draw(results: Results, console: Console) -> None:
    for table in _for_people(results):
        columns, rows, foot = _shown(table)
        console.print(Text(printable(table.title), style="bold"))
        for number, block in enumerate(_blocks(columns, rows, console.width)):
            drawn = RichTable(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, GAP - 1, 0, 0))
            drawn.add_column(columns[0].label, overflow="fold")
            for each in block:
                drawn.add_column(
                    printable(columns[each].label), justify="left" if columns[each].words else "right", no_wrap=True
                )
            for row in rows:
                drawn.add_row(Text(row[0]), *(Text(row[each]) for each in block))
            if number:
                console.print()
            console.print(drawn)
        for warning in table.warnings:
            console.print(Text(f"WARNING  {printable(warning)}", style="bold red"))
        for line in foot:
            console.print(Text(printable(line), style="dim"))
        console.print()
    for note in results.notes:
        console.print(Text(f"note: {printable(note)}"))


def _blocks(columns: Sequence[Column], rows: Sequence[Sequence[str]], width: int) -> list[list[int]]:
    """The columns after the first in as few groups as fit `width` beside the models' names, about evenly wide."""
    names, *needed = _widths(columns, rows)
    needed = [each + GAP for each in needed]
    room = max(width - min(names, MIN_MODEL_WIDTH), *needed)
    fewest = _fill(needed, room)
    return next(blocks for limit in range(max(needed), room + 1) if len(blocks := _fill(needed, limit)) == len(fewest))


def _fill(needed: Sequence[int], limit: int) -> list[list[int]]:
    """Column numbers (from 1) in order, as many to a group as `limit` holds."""
    blocks: list[list[int]] = [[]]
    used = 0
    for number, width in enumerate(needed, 1):
        if blocks[-1] and used + width > limit:
            blocks.append([])
            used = 0
        blocks[-1].append(number)
        used += width
    return blocks


def _widths(columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> list[int]:
    lines = [[printable(column.label) for column in columns], *rows]
    return [max(map(cell_len, cells)) for cells in zip(*lines, strict=True)]


def _plain(results: Results) -> str:
    lines: list[str] = []
    for table in _for_people(results):
        columns, rows, foot = _shown(table)
        lines.append(printable(table.title))
        words = {place for place, column in enumerate(columns) if column.words}
        lines += plain_table([[printable(column.label) for column in columns], *rows], words)
        lines += [f"WARNING: {printable(warning)}" for warning in table.warnings]
        lines += [*map(printable, foot), ""]
    lines += [f"note: {printable(note)}" for note in results.notes]
    return "\n".join(lines).rstrip("\n") + "\n"


def plain_table(lines: Sequence[Sequence[str]], words: Collection[int] = ()) -> list[str]:
    """Lines of cells as aligned text: the first column and those of `words` to the left, the others to the right."""
    widths = [max(map(cell_len, cells)) for cells in zip(*lines, strict=True)]
    aligned = []
    for row in lines:
        spaces = [" " * (width - cell_len(cell)) for cell, width in zip(row, widths, strict=True)]
        cells = [
            cell + space if place == 0 or place in words else space + cell
            for place, (cell, space) in enumerate(zip(row, spaces, strict=True))
        ]
        aligned.append("  ".join(cells).rstrip())
    return aligned


def _markdown(results: Results) -> str:
    parts: list[str] = []
    for table in _for_people(results):
        columns, rows, foot = _shown(table)
        lines = [
            [escaped(printable(column.label)) for column in columns],
            ["---", *("---" if column.words else "---:" for column in columns[1:])],
        ]
        lines += [[escaped(cell) for cell in row] for row in rows]
        parts.append(f"**{escaped(printable(table.title))}**")
        parts.append("\n".join(f"| {' | '.join(line)} |" for line in lines))
        parts += [f"**Warning:** {escaped(printable(warning))}" for warning in table.warnings]
        if foot:
            parts.append("\n".join(f"- {escaped(printable(line))}" for line in foot))
    parts += [f"Note: {escaped(printable(note))}" for note in results.notes]
    return "\n\n".join(parts) + "\n"


def escaped(text: str) -> str:
    """`text` so that Markdown shows it as it is."""
    return re.sub(r"[\\|*<>\[\]]|(?<![^\W_])_|_(?![^\W_])", r"\\\g<0>", text)


_PREFIXES = {"scores": "", "win_rates": "", "categories": "category_", "ratings": "rating_", "variance": "spread_"}
"""What stands before a column's key in CSV; other tables have no row a model, or no columns that are the same in every
file."""


def _csv(results: Results) -> str:
    """A row a judge and model; category figures stand in the same row, as category_NAME."""
    records: dict[tuple[str, str, str], dict[str, Cell]] = {}
    for table in results.tables:
        if table.kind not in _PREFIXES:
            continue
        prefix = _PREFIXES[table.kind]
        for row in table.rows:
            model, judge = str(row[0]), " + ".join(table.judges)
            key = {"bench": results.bench, "mode": results.mode.value, "judge": judge, "prompt_set": table.prompt_set}
            record = records.setdefault((judge, table.prompt_set, model), {**key, "model": model})
            named = _named(table.columns[1:], row[1:])
            record.update({prefix + key: value for key, value in named.items()})
    names = list(dict.fromkeys(name for record in records.values() for name in record))
    out = io.StringIO()
    writer = csv.DictWriter(out, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(records.values())
    return out.getvalue()


def _json(results: Results) -> str:
    import orjson

    tables = [
        {
            "kind": table.kind,
            "title": table.title,
            "judges": list(table.judges),
            "prompt_set": table.prompt_set,
            "rows": [_named(table.columns, row) for row in table.rows],
            "warnings": list(table.warnings),
            "foot": list(table.foot),
        }
        for table in results.tables
    ]
    document = {
        "schema_version": SCHEMA_VERSION,
        "mode": results.mode.value,
        "bench": results.bench,
        "sources": list(results.sources),
        "tables": tables,
        "notes": list(results.notes),
    }
    return orjson.dumps(document, option=orjson.OPT_INDENT_2).decode() + "\n"


def _named(columns: Sequence[Column], row: Sequence[Cell]) -> dict[str, Cell]:
    """The cells by name; an interval's ends stand beside the figure, as KEY_low and KEY_high."""
    named: dict[str, Cell] = {}
    for column, cell in zip(columns, row, strict=True):
        if isinstance(cell, Estimate):
            named[column.key] = cell.value
            named[f"{column.key}_low"], named[f"{column.key}_high"] = _known(cell.low), _known(cell.high)
        else:
            named[column.key] = cell
    return named


def _known(figure: float) -> float | None:
    return figure if isfinite(figure) else None
