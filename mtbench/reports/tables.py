"""Tables as data: built once, whatever they are rendered to."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
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


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `key` names it for programs, `label` for people; figures are shown with `decimals`.

    A `quiet` column counts what should not be there: tables for people leave it out when all its counts are 0. What is
    `for_programs` stands in JSON and CSV alone.
    """

    key: str
    label: str
    decimals: int | None = None
    quiet: bool = False
    for_programs: bool = False


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
