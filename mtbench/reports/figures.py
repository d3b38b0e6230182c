"""Judgments → figures of each model: FastChat's columns, single or pairwise, of one judge or of a panel."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from msgspec import Struct

from mtbench.briefs import GradeBrief, JudgmentBrief, PairBrief
from mtbench.records import QuestionId
from mtbench.reports.judgments import Group
from mtbench.reports.tables import Cell, Column
from mtbench.stats.panels import panel_scores, panel_verdicts
from mtbench.stats.scores import means_by
from mtbench.stats.winrates import win_rates


class Grade(Struct, frozen=True, gc=False):
    """A score of one model's answer to one turn."""

    model: str
    question_id: QuestionId
    turn: int
    score: float


class Game(Struct, frozen=True, gc=False):
    """The verdict on two models' answers to one turn: model_1, model_2 or tie."""

    model_1: str
    model_2: str
    question_id: QuestionId
    turn: int
    winner: str


Verdict = Grade | Game


@dataclass(frozen=True, slots=True)
class Figures:
    """A model's cells under `columns`, and the figure that it is ranked by."""

    columns: Sequence[Column]
    cells: Mapping[str, Sequence[Cell]]
    ranked_by: Mapping[str, float]
    n: Mapping[str, int]


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
        grades = [each for each in verdicts if isinstance(each, Grade)]
        scores = [each.score for each in grades]
        by_turn = means_by([(each.model, each.turn) for each in grades], scores)
        overall = means_by([each.model for each in grades], scores)
        turns = sorted({turn for _, turn in by_turn})
        cells: dict[str, Sequence[Cell]] = {}
        for model, average in overall.items():
            of_turns = (by_turn.get((model, turn)) for turn in turns)
            cells[model] = (*(mean.value if mean else None for mean in of_turns), average.value)
        return Figures(
            columns=(
                *(Column(f"turn_{turn}", f"turn {turn}", decimals=4) for turn in turns),
                Column("average", "average", decimals=6),
            ),
            cells=cells,
            ranked_by={model: average.value for model, average in overall.items()},
            n={model: average.n for model, average in overall.items()},
        )


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
        if self._baseline is not None:
            rates.pop(self._baseline, None)
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
                model: (rate.win, rate.loss, rate.tie, rate.win_rate, rate.loss_rate, rate.adjusted)
                for model, rate in rates.items()
            },
            ranked_by={model: rate.adjusted for model, rate in rates.items()},
            n={model: rate.n for model, rate in rates.items()},
        )


_MIRRORED = {"model_1": "model_2", "model_2": "model_1", "tie": "tie"}


def _graded(judgments: Iterable[JudgmentBrief]) -> list[GradeBrief]:
    return [each for each in judgments if isinstance(each, GradeBrief) and each.has_verdict]


def _played(judgments: Iterable[JudgmentBrief]) -> list[PairBrief]:
    return [each for each in judgments if isinstance(each, PairBrief) and each.has_verdict]
