"""Figures → who is better than whom for certain: groups of rows, a matrix, and every difference."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from mtbench.reports.figures import Figures
from mtbench.reports.tables import Cell, Column, Table
from mtbench.reports.verdicts import POINTS, Game, Verdict
from mtbench.stats.estimates import Estimate
from mtbench.stats.multiple import Pairwise, letters

GROUP = Column("group", "group")


@dataclass(frozen=True)
class Certainty:
    """Each model against each other, those with figures alone, best first."""

    models: Sequence[str]
    pairs: Pairwise

    @cached_property
    def groups(self) -> dict[str, str]:
        """The letters of each model: two that share one are not apart for certain."""
        return dict(zip(self.models, letters(self.pairs.apart), strict=True))


def certainty(figures: Figures, ranked: Sequence[str]) -> Certainty | None:
    """Of the models that have figures, where there are two at least."""
    models = [model for model in ranked if model in figures.overall]
    return Certainty(models, figures.values.pairwise(models)) if len(models) > 1 else None


FOOT = (
    "±, (a to b): 95 % intervals, clustered by question",
    "group: models with a letter in common are not apart for certain (paired by question, corrected for all pairs)",
)


def beats_table(main: Table, found: Certainty, title: str) -> Table:
    """Who is better than whom: > for certain, < worse for certain, · not decided."""
    rows: list[tuple[Cell, ...]] = []
    for row, model in enumerate(found.models):
        signs = ["" if row == column else _sign(found.pairs, row, column) for column in range(len(found.models))]
        rows.append((model, row + 1, *signs))
    return replace(
        main,
        kind="beats",
        title=title,
        columns=(
            Column("model", "model"),
            Column("rank", "#"),
            *(Column(model, str(number)) for number, model in enumerate(found.models, 1)),
        ),
        rows=rows,
        warnings=(),
        foot=("> better for certain, < worse for certain, · not decided; a chance of 5 % that any sign is wrong",),
    )


def _sign(pairs: Pairwise, row: int, column: int) -> str:
    return ">" if pairs.beats[row, column] else "<" if pairs.beats[column, row] else "·"


def differences_table(main: Table, found: Certainty, title: str) -> Table:
    """Every pair with its difference; for programs, as there may be a thousand."""
    pairs = found.pairs
    rows: list[tuple[Cell, ...]] = []
    for row, model in enumerate(found.models):
        for column in range(row + 1, len(found.models)):
            count = int(pairs.questions[row, column])
            figures = (
                float(each[row, column]) for each in (pairs.difference, pairs.low, pairs.high, pairs.p, pairs.p_holm)
            )
            difference, low, high, p, corrected = figures
            estimate = Estimate(difference, low, high, np.nan, count, count)
            rows.append((model, found.models[column], estimate, p, corrected, _sign(pairs, row, column)))
    return replace(
        main,
        kind="differences",
        title=title,
        columns=(
            Column("model", "model"),
            Column("other", "other"),
            Column("difference", "difference", decimals=4),
            Column("p", "p", decimals=4),
            Column("p_holm", "p, Holm", decimals=4),
            Column("sign", "sign"),
        ),
        rows=rows,
        warnings=(),
        foot=(),
        for_programs=True,
    )


def matrix_table(main: Table, verdicts: Sequence[Verdict], models: Sequence[str], title: str) -> Table:
    """What share of its games each model won against each other, ties half; for programs and the heat map."""
    points: dict[tuple[str, str], list[float]] = {}
    for game in verdicts:
        if isinstance(game, Game):
            won = POINTS[game.winner]
            points.setdefault((game.model_1, game.model_2), []).append(won)
            points.setdefault((game.model_2, game.model_1), []).append(1 - won)
    shares = {pair: sum(won) / len(won) for pair, won in points.items()}
    return replace(
        main,
        kind="matrix",
        title=title,
        columns=(Column("model", "model"), *(Column(model, model, decimals=4) for model in models)),
        rows=[(row, *(shares.get((row, column)) for column in models)) for row in models],
        warnings=(),
        foot=(),
        for_programs=True,
    )
