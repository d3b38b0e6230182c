"""Tables as data → tables as a page shows them: every cell with its text, its place in an order, and its link."""

import functools
import operator
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite, isnan, nan

from mtbench.reports.page.links import Behind, Link
from mtbench.reports.render import printable
from mtbench.reports.tables import Cell, Column, Table, figure_text, interval_text, visible
from mtbench.stats.estimates import Estimate

NONE = "–"
SHADES = 7


@dataclass(frozen=True, slots=True)
class ShownCell:
    """A cell. `order`: what it is sorted by, "" where there is nothing.

    `pad` and `interval_pad` are characters that stand after the text unseen, so that decimal points meet. `shade`: from
    0 (the lowest of the table) to SHADES, None for a cell without.
    """

    text: str
    order: str = ""
    pad: str = ""
    interval: str = ""
    interval_pad: str = ""
    title: str = ""
    link: Link | None = None
    shade: int | None = None


@dataclass(frozen=True, slots=True)
class ShownColumn:
    """A column's head. `kind`: number or text."""

    label: str
    kind: str


@dataclass(frozen=True, slots=True)
class ShownTable:
    """A table for people: counts that are all 0 are a sentence of the foot."""

    title: str
    kind: str
    columns: Sequence[ShownColumn]
    rows: Sequence[Sequence[ShownCell]]
    warnings: Sequence[str]
    foot: Sequence[str]


def shown(table: Table, bench: str | None, behind: Behind) -> ShownTable:
    """`table` as it is shown; its title does not name the `bench` again."""
    numbers, foot = visible(table)
    kept = [(table.columns[number], [row[number] for row in table.rows]) for number in numbers]
    shades = ["the stronger the shade, the higher the figure"] if _shades(table) else []
    cells = [_cells(table, column, values, behind) for column, values in kept]
    return ShownTable(
        title=printable(table.title.removeprefix(f"{bench}: ")),
        kind=table.kind,
        columns=[ShownColumn(printable(column.label), _kind(values)) for column, values in kept],
        rows=list(zip(*cells, strict=True)),
        warnings=[printable(each) for each in table.warnings],
        foot=[printable(each) for each in (*shades, *foot)],
    )


def _kind(values: Sequence[Cell]) -> str:
    return "number" if values and not any(isinstance(each, str) for each in values) else "text"


def _cells(table: Table, column: Column, values: Sequence[Cell], behind: Behind) -> list[ShownCell]:
    texts = [_text(value, column) for value in values]
    intervals = [interval_text(value, column) if isinstance(value, Estimate) else "" for value in values]
    shades = _shades(table)
    decimals = max(map(_decimals, texts), default=0) if _kind(values) == "number" else 0
    interval_pads = _pads(intervals)
    return [
        ShownCell(
            text=text,
            order=_order(value),
            pad=_pad(text, decimals),
            interval=interval,
            interval_pad=interval_pad,
            title=_title(value, column),
            link=_link(table, str(row[0]), column, value, behind),
            shade=shades.get(_number(value)),
        )
        for value, text, interval, interval_pad, row in zip(
            values, texts, intervals, interval_pads, table.rows, strict=True
        )
    ]


def _link(table: Table, model: str, column: Column, value: Cell, behind: Behind) -> Link | None:
    first = table.columns[0]
    if first.key != "model" or value == "" or (not isinstance(value, str) and isnan(_number(value))):
        return None
    return behind.row(table, model) if column is first else behind.cell(table, model, column)


def _number(value: Cell) -> float:
    """What a cell is compared by; nan where it is no number."""
    if isinstance(value, Estimate):
        return value.value
    return nan if value is None or isinstance(value, str) else float(value)


def _order(value: Cell) -> str:
    if isinstance(value, str):
        return printable(value)
    number = _number(value)
    return "" if isnan(number) else repr(number).replace("inf", "Infinity")


def _text(value: Cell, column: Column) -> str:
    if isinstance(value, str):
        return printable(value)
    if isnan(_number(value)):
        return NONE
    figure = value.value if isinstance(value, Estimate) else value
    decimals = column.decimals if isinstance(figure, float) else None
    return figure_text(figure, decimals)


def _title(value: Cell, column: Column) -> str:
    if not isinstance(value, Estimate) or isnan(value.value):
        return ""
    counts = f"n = {value.n:,}"
    if isnan(value.high) or isnan(value.low):
        return f"{_text(value, column)}, {counts}, too little for an interval"
    decimals = 4 if column.decimals is None else column.decimals
    ends = f"{figure_text(value.low, decimals)} to {figure_text(value.high, decimals)}"
    return f"{_text(value, column)}, 95 % interval {ends}, {counts}"


def _decimals(text: str) -> int:
    return len(text.partition(".")[2])


def _pad(text: str, decimals: int) -> str:
    lacking = decimals - _decimals(text)
    return ("" if "." in text or not decimals else ".") + "0" * lacking


def _pads(texts: Sequence[str]) -> list[str]:
    """What each text lacks to be as wide as one with all that any of them has; digits are as wide as each other."""
    each = [Counter("0" if character.isdigit() else character for character in text) for text in texts]
    most = functools.reduce(operator.or_, each, Counter[str]())
    return ["".join((most - has).elements()) for has in each]


def _shades(table: Table) -> dict[float, int]:
    """How dark each number is, from the lowest of the table to its highest, in a table whose columns compare."""
    if table.kind != "categories":
        return {}
    numbers = [_number(value) for row in table.rows for value in row[1:] if isfinite(_number(value))]
    low, high = min(numbers, default=0.0), max(numbers, default=0.0)
    return {number: round(SHADES * (number - low) / (high - low)) for number in numbers} if high > low else {}
