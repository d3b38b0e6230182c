"""Tables as data: built once, whatever they are rendered to."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import isclose, isnan
from typing import TYPE_CHECKING

from mtbench.stats.estimates import Estimate

if TYPE_CHECKING:
    from mtbench.reports.judgments import Group

Cell = str | int | float | Estimate | None
"""An Estimate is a figure with its interval."""


class Mode(StrEnum):
    """What the judgments compare, by FastChat's names."""

    SINGLE = "single"
    PAIRWISE_BASELINE = "pairwise-baseline"
    PAIRWISE_ALL = "pairwise-all"


class Format(StrEnum):
    """How results are written."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    MARKDOWN = "markdown"
    HTML = "html"


class StudyFormat(StrEnum):
    """How what was found out about a judge is written."""

    TABLE = "table"
    JSON = "json"
    MARKDOWN = "markdown"


class GateFormat(StrEnum):
    """How a gate's decisions are written."""

    TEXT = "text"
    MARKDOWN = "markdown"
    JSON = "json"
    JUNIT = "junit"
    GITLAB = "gitlab"


class CompareFormat(StrEnum):
    """How a comparison of two models is written."""

    TEXT = "text"
    MARKDOWN = "markdown"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `key` names it for programs, `label` for people; figures are shown with `decimals`.

    A `quiet` column counts what should not be there: tables for people leave it out when all its counts are 0. What is
    `for_programs` stands in JSON and CSV alone. `words` begin at the left, as the first column does; figures end at the
    right.
    """

    key: str
    label: str
    decimals: int | None = None
    quiet: bool = False
    for_programs: bool = False
    words: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """One table: a row a model, best first; the first column is the model. None stands for what there is not.

    `kind` is scores, win_rates, categories, judges, beats, ratings, matrix, length_control, style_control,
    style_effects, variance, quality or differences; `judges` are those whose verdicts it rests on, more than one in a
    panel's. `warnings` say what makes a figure misleading, `foot` what was left out and why, one sentence each. What is
    `for_programs` stands in JSON alone.
    """

    kind: str
    title: str
    judges: tuple[str, ...]
    prompt_set: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    warnings: Sequence[str] = ()
    foot: Sequence[str] = ()
    for_programs: bool = False


@dataclass(frozen=True, slots=True)
class Results:
    """All tables of one bench or file, with notes on the whole. `bench` is None when no bench covers the file.

    `groups`: the judgments behind them.
    """

    mode: Mode
    bench: str | None
    sources: tuple[str, ...]
    tables: Sequence[Table]
    notes: Sequence[str] = ()
    groups: Sequence["Group"] = ()


def visible(table: Table) -> tuple[list[int], list[str]]:
    """The columns that people see, by number, and the foot: counts that are all 0 are a sentence of it."""
    columns = [[row[number] for row in table.rows] for number in range(len(table.columns))]
    silent = [number for number, cells in enumerate(columns) if table.columns[number].quiet and not any(cells)]
    none = [table.columns[number].label for number in silent if None not in columns[number]]
    kept = [number for number, column in enumerate(table.columns) if number not in silent and not column.for_programs]
    said = [f"none {', '.join(none[:-1])}{' or ' if none[1:] else ''}{none[-1]}"] if none else []
    return kept, [*said, *table.foot]


def interval_text(estimate: Estimate, column: Column) -> str:
    """Half the interval, `±0.81`, where it lies evenly around the figure, else `0.71 to 0.97`; "" where unknown."""
    below, above = estimate.value - estimate.low, estimate.high - estimate.value
    if isnan(below) or isnan(above):
        return ""
    digits = _DIGITS if column.decimals is None else min(_DIGITS, column.decimals)
    if isclose(below, above, rel_tol=1e-6, abs_tol=1e-9):
        return f"±{figure_text(above, digits)}"
    return f"{figure_text(estimate.low, digits)} to {figure_text(estimate.high, digits)}"


_DIGITS = 2
"""Decimals of an interval at most."""


def figure_text(figure: float | None, decimals: int | None) -> str:
    """A figure as people read it."""
    text = f"{figure}" if decimals is None else f"{figure:.{decimals}f}"
    return text.replace("inf", "∞")


def known(estimate: Estimate) -> Estimate | None:
    """None where the figure is nan."""
    return None if isnan(estimate.value) else estimate
