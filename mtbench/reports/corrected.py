"""Entries → what people would say of everything that was judged: PPI++ of scores, of shares won, and of differences."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations
from math import ceil, isnan

from mtbench.reports.entries import Entries
from mtbench.reports.tables import Cell, Column, Table, known
from mtbench.stats.ppi import PredictionPowered, labels_to_halve, powered_difference, powered_mean

FEWEST = 10
"""Questions with labels below which nothing is said of a figure: of fewer, intervals do not hold."""

EXPLAINED = (
    "corrected: the judge's verdicts on everything, put right by people's labels on some (PPI++)",
    "worth: as many labels of people alone would be as sure; to halve: further labels that halve the interval, - where "
    "labels on everything would not",
    "95 % intervals, clustered by question; they hold where what people labelled was drawn at random",
)
"""What all these tables mean."""

Found = tuple[Entries, PredictionPowered | None]
"""What a figure rests on, and the figure; None where it has too few labels."""


def mean_of(entries: Entries) -> Found:
    """What people would give on average."""
    if entries.labelled_questions < FEWEST:
        return entries, None
    return entries, powered_mean(entries.human, entries.judge, entries.question)


def difference_of(entries: Entries, model: str, other: str) -> Found:
    """By how much people would put `model` above `other`."""
    both = entries.of(model, other)
    if min(both.of(each).labelled_questions for each in (model, other)) < FEWEST:
        return both, None
    sides = (both.model == both.models.index(model)).astype(both.model.dtype)
    return both, powered_difference(both.human, both.judge, sides, both.question)


def score_tables(bench: str, graded: Sequence[Entries]) -> list[Table]:
    """Mean scores and their differences, of every judge that graded."""
    return [
        *_table("corrected_scores", f"{bench}: the scores that people would give", "mean grade", 2, _means(graded)),
        *_table(
            "corrected_score_differences",
            f"{bench}: differences between the scores that people would give",
            "mean grade of the first model less that of the second",
            2,
            _differences(graded),
        ),
    ]


def win_rate_tables(bench: str, compared: Sequence[Entries], baseline: str | None) -> list[Table]:
    """Shares won against all, or against a baseline, and their differences; and of two models against each other.

    `compared`: of games against the baseline, where there is one. Of two models alone all these are one table.
    """
    tables: list[Table] = []
    if baseline is None:
        tables += _table(
            "corrected_pairs",
            f"{bench}: what people would say of two models",
            "share won by the first model",
            3,
            _pairs(compared),
        )
    if baseline is not None or any(len(each.models) > 2 for each in compared):
        against = f"against {baseline}" if baseline is not None else "against all"
        tables += _table(
            "corrected_win_rates",
            f"{bench}: the share won {against} that people would find",
            f"share won {against}",
            3,
            _means(compared),
        )
        tables += _table(
            "corrected_win_rate_differences",
            f"{bench}: differences between the shares won {against} that people would find",
            f"share won {against} by the first model less that by the second",
            3,
            _differences(compared),
        )
    return tables


def _models(entries: Entries) -> list[str]:
    there = set(entries.model.tolist())
    return [model for place, model in enumerate(entries.models) if place in there]


def _means(of_judges: Iterable[Entries]) -> Iterator[tuple[str, Found]]:
    for entries in of_judges:
        for model in _models(entries):
            yield model, mean_of(entries.of(model))


def _differences(of_judges: Iterable[Entries]) -> Iterator[tuple[str, Found]]:
    for entries in of_judges:
        for model, other in combinations(_models(entries), 2):
            yield f"{model} - {other}", difference_of(entries, model, other)


def _pairs(of_judges: Iterable[Entries]) -> Iterator[tuple[str, Found]]:
    for entries in of_judges:
        for model, other in combinations(_models(entries), 2):
            games = entries.of(model).against(other)
            if len(games.judge):
                yield f"{model} - {other}", mean_of(games)


def _table(kind: str, title: str, figure: str, decimals: int, found: Iterable[tuple[str, Found]]) -> list[Table]:
    """The table, where there is a row for it."""
    found = list(found)
    rows = [_row(name, entries, powered) for name, (entries, powered) in found if powered is not None]
    if not rows:
        return []
    silent = len(found) - len(rows)
    left_out = [f"left out: {silent} with labels on fewer than {FEWEST} questions"] if silent else []
    return [
        Table(
            kind=kind,
            title=title,
            judges=tuple(dict.fromkeys(entries.kind for _, (entries, powered) in found if powered is not None)),
            prompt_set="",
            columns=(
                Column("of", "of"),
                Column("by", "judge"),
                Column("corrected", "corrected", decimals=decimals),
                Column("judge_alone", "judge alone", decimals=decimals),
                Column("people_alone", "people alone", decimals=decimals),
                Column("labels", "labels"),
                Column("worth", "worth"),
                Column("to_halve", "to halve"),
                Column("units", "judged"),
            ),
            rows=rows,
            foot=(figure, *left_out),
        )
    ]


def _row(name: str, entries: Entries, powered: PredictionPowered) -> tuple[Cell, ...]:
    share = entries.labels / powered.powered.n
    """Of a label, in an entry: where two models meet, a difference of both has two entries of one label."""
    more = labels_to_halve(powered)
    return (
        name,
        entries.kind,
        known(powered.powered),
        known(powered.judge),
        known(powered.human),
        entries.labels,
        None if isnan(powered.effective_labels) else round(powered.effective_labels * share),
        None if more is None else ceil(more * share),
        entries.units,
    )
