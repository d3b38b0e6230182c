"""Judgments → figures of each model: FastChat's columns, single or pairwise, of one judge or of a panel."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol

import numpy as np

from mtbench.briefs import GradeBrief, JudgmentBrief, PairBrief
from mtbench.records import QuestionId
from mtbench.reports.judgments import Group
from mtbench.reports.tables import Cell, Column
from mtbench.reports.values import Values, values_of
from mtbench.reports.verdicts import Game, Grade, Verdict
from mtbench.stats.estimates import Estimate
from mtbench.stats.panels import panel_scores, panel_verdicts
from mtbench.stats.winrate_intervals import clustered_win_rate
from mtbench.stats.winrates import win_rates


@dataclass(frozen=True)
class Figures:
    """A model's cells under `columns`, the figure that it is ranked by, and the numbers behind them."""

    columns: Sequence[Column]
    cells: Mapping[str, Sequence[Cell]]
    overall: Mapping[str, Estimate]
    values: Values

    @cached_property
    def bootstrapped(self) -> Mapping[str, Estimate]:
        """`overall`, with the interval of a bootstrap by question."""
        drawn = self.values.bootstrapped() if self.overall else {}
        return {model: replace(drawn[model], value=estimate.value) for model, estimate in self.overall.items()}

    @property
    def n(self) -> dict[str, int]:
        """How many verdicts there are on each model."""
        return {model: estimate.n for model, estimate in self.overall.items()}


class Measure(Protocol):
    """What is measured: scores or win rates."""

    kind: str
    title: str
    figure: str
    category_decimals: int
    panel_rule: str

    def verdicts(self, judgments: Iterable[JudgmentBrief]) -> list[Verdict]:
        """The judgments that hold a verdict, as verdicts."""

    def panel(self, groups: Sequence[Group]) -> list[Verdict]:
        """What the judges of `groups` say together of the work that each of them gave a verdict on."""

    def figures(self, verdicts: Sequence[Verdict]) -> Figures:
        """The figures of every model in `verdicts`."""

    def by_category(
        self, values: Values, category_of: Mapping[QuestionId, str], categories: Sequence[str]
    ) -> Mapping[str, Sequence[Estimate | None]]:
        """The figure of each model by category, in the order of `categories`; None where there is none."""


class Scores:
    """Single answer grading: the mean of each turn, and of all rows (not of the turns' means), as FastChat has it."""

    kind = "scores"
    title = "scores"
    figure = "mean score"
    category_decimals = 2
    panel_rule = "each answer's score is the mean of the judges' scores"

    def verdicts(self, judgments: Iterable[JudgmentBrief]) -> list[Verdict]:
        return [Grade(each.models[0], each.question_id, each.turn, each.score) for each in _graded(judgments)]

    def panel(self, groups: Sequence[Group]) -> list[Verdict]:
        judges, units, scores = [], [], []
        for group in groups:
            for each in _graded(group.judgments):
                judges.append(group.judge)
                units.append((each.models[0], each.question_id, each.turn))
                scores.append(each.score)
        together = panel_scores([group.judge for group in groups], judges, units, scores)
        return [Grade(*unit, score) for unit, score in together.items()]

    def figures(self, verdicts: Sequence[Verdict]) -> Figures:
        values = values_of(verdicts)
        by_turn, overall = values.means_by_turn(), values.means()
        return Figures(
            columns=(
                *(Column(f"turn_{turn}", f"turn {turn}", decimals=4) for turn in values.turns),
                Column("average", "average", decimals=6),
            ),
            cells={model: (*by_turn[model], average) for model, average in overall.items()},
            overall=overall,
            values=values,
        )

    def by_category(
        self, values: Values, category_of: Mapping[QuestionId, str], categories: Sequence[str]
    ) -> Mapping[str, Sequence[Estimate | None]]:
        return values.means_by_category(category_of, categories)


class WinRates:
    """Pairwise comparison: both orders must agree for a win; with `baseline`, only its games, and no row of its own."""

    kind = "win_rates"
    figure = "adjusted win rate"
    category_decimals = 3
    panel_rule = "each verdict is what more than half of the judges say, else a tie"

    def __init__(self, baseline: str | None = None) -> None:
        self._baseline = baseline
        self.title = f"win rates against {baseline}" if baseline is not None else "win rates over all pairs"

    def verdicts(self, judgments: Iterable[JudgmentBrief]) -> list[Verdict]:
        games: list[Verdict] = []
        for each in _played(judgments):
            model_1, model_2 = each.models
            games.append(Game(model_1, model_2, each.question_id, each.turn, each.winner))
        return games

    def panel(self, groups: Sequence[Group]) -> list[Verdict]:
        judges, units, winners = [], [], []
        for group in groups:
            for each in _played(group.judgments):
                model_1, model_2 = each.contest
                judges.append(group.judge)
                units.append((model_1, model_2, each.question_id, each.turn))
                winners.append(each.winner if each.contest == each.models else _MIRRORED[each.winner])
        together = panel_verdicts([group.judge for group in groups], judges, units, winners)
        return [Game(*unit, winner) for unit, winner in together.items()]

    def figures(self, verdicts: Sequence[Verdict]) -> Figures:
        games = [each for each in verdicts if isinstance(each, Game)]
        rates = win_rates(
            [game.model_1 for game in games], [game.model_2 for game in games], [game.winner for game in games]
        )
        values = values_of(verdicts)
        if self._baseline is not None:
            rates.pop(self._baseline, None)
        won, adjusted = dict[str, Estimate](), dict[str, Estimate]()
        for model, rate in rates.items():
            own = values.of_model(model)
            won[model] = replace(clustered_win_rate(np.floor(own.value), own.question), value=rate.win_rate)
            adjusted[model] = replace(clustered_win_rate(own.value, own.question), value=rate.adjusted)
        return Figures(
            columns=(
                Column("win", "win"),
                Column("loss", "loss"),
                Column("tie", "tie"),
                Column("win_rate", "win rate", decimals=4),
                Column("loss_rate", "loss rate", decimals=4),
                Column("win_rate_adjusted", "adjusted", decimals=4),
            ),
            cells={
                model: (rate.win, rate.loss, rate.tie, won[model], rate.loss_rate, adjusted[model])
                for model, rate in rates.items()
            },
            overall=adjusted,
            values=values,
        )

    def by_category(
        self, values: Values, category_of: Mapping[QuestionId, str], categories: Sequence[str]
    ) -> Mapping[str, Sequence[Estimate | None]]:
        found: dict[str, list[Estimate | None]] = {model: [] for model in values.models}
        for category in categories:
            here = values.of_questions({each for each, name in category_of.items() if name == category})
            for model, rates in found.items():
                own = here.of_model(model)
                rates.append(clustered_win_rate(own.value, own.question) if len(own.value) else None)
        return found


_MIRRORED = {"model_1": "model_2", "model_2": "model_1", "tie": "tie"}


def _graded(judgments: Iterable[JudgmentBrief]) -> list[GradeBrief]:
    return [each for each in judgments if isinstance(each, GradeBrief) and each.has_verdict]


def _played(judgments: Iterable[JudgmentBrief]) -> list[PairBrief]:
    return [each for each in judgments if isinstance(each, PairBrief) and each.has_verdict]
