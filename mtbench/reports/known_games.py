"""Judgments of a right and a wrong answer → games, and what they say of the judge."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from mtbench.briefs import GradeBrief, JudgmentBrief, PairBrief
from mtbench.records import QuestionId
from mtbench.reports.values import codes_of
from mtbench.stats import votes
from mtbench.stats.estimates import Estimate
from mtbench.stats.games import Floats
from mtbench.stats.paired import sign_flip_p
from mtbench.stats.ratios import clustered_balance, clustered_ratio
from mtbench.stats.votes import votes_of_grades

RIGHT_WON, TIE, FAILED, SILENT = "right", "tie", "failed", "silent"


@dataclass(frozen=True, slots=True)
class Game:
    """A right and a wrong answer to one turn, compared once: in one order, or by their grades.

    `outcome`: RIGHT_WON, TIE, FAILED (the judge prefers the wrong one) or SILENT (no verdict). `grades`: of the right
    and the wrong answer, where they were graded.
    """

    question_id: QuestionId
    turn: int
    order: str
    repeat: int
    outcome: str
    grades: tuple[float, float] | None = None

    @property
    def name(self) -> tuple[QuestionId, int, str, int]:
        return self.question_id, self.turn, self.order, self.repeat


@dataclass(frozen=True, slots=True)
class Change:
    """Failures of one way beside another's on the same games.

    `mended`: games that only the first way failed; `spoilt`: only the second. `before`: the first way's rate, nan
    without games. `difference`: of the rates, second less first. `p`: of the exact sign-flip test by question that
    there is none; with a game a question it is McNemar's.
    """

    games: int
    mended: int
    spoilt: int
    before: float
    difference: Estimate
    p: float


def compared_games(judgments: Iterable[JudgmentBrief], names: tuple[str, str]) -> tuple[Game, ...]:
    """A game for each order in which the two models were compared."""
    games = []
    for each in judgments:
        if not isinstance(each, PairBrief) or set(each.models) != set(names):
            continue
        said = {"tie": TIE, "error": SILENT} | {
            f"model_{place}": RIGHT_WON if model == names[0] else FAILED for place, model in enumerate(each.models, 1)
        }
        for order, winner in (("g1", each.g1_winner), ("g2", each.g2_winner)):
            if each.one_order in (None, order):
                games.append(Game(each.question_id, each.turn, order, each.repeat, said[winner]))
    return tuple(games)


def graded_games(judgments: Iterable[JudgmentBrief], names: tuple[str, str]) -> tuple[Game, ...]:
    """A game for each turn of which both models' answers were graded; grades that are no further apart tie."""
    grades: dict[str, dict[tuple[QuestionId, int, int], GradeBrief]] = {name: {} for name in names}
    for each in judgments:
        if isinstance(each, GradeBrief) and each.models[0] in grades:
            grades[each.models[0]][each.question_id, each.turn, each.repeat] = each
    right, wrong = (grades[name] for name in names)
    games = []
    for key in right.keys() & wrong.keys():
        good, bad = right[key], wrong[key]
        question_id, turn, repeat = key
        if not (good.has_verdict and bad.has_verdict):
            games.append(Game(question_id, turn, "", repeat, SILENT))
            continue
        (said,) = votes_of_grades(np.array([good.score]), np.array([bad.score])).tolist()
        outcome = {votes.FIRST: RIGHT_WON, votes.SECOND: FAILED}.get(said, TIE)
        games.append(Game(question_id, turn, "", repeat, outcome, (good.score, bad.score)))
    return tuple(sorted(games, key=lambda each: (str(each.question_id), each.turn, each.repeat)))


def failure_rate(games: Sequence[Game], outcomes: Sequence[str] = (FAILED,)) -> Estimate:
    """The share of games with one of these outcomes among those with a verdict, clustered by question."""
    judged = [each for each in games if each.outcome != SILENT]
    hits = np.array([each.outcome in outcomes for each in judged], np.float64)
    return clustered_ratio(hits, np.ones(len(judged)), codes_of([each.question_id for each in judged]))


def failed_whatever_the_order(games: Sequence[Game]) -> int:
    """How many pairs of answers failed in both orders: there the place of the answer was not to blame."""
    failed = Counter((each.question_id, each.turn, each.repeat) for each in games if each.outcome == FAILED)
    return sum(count > 1 for count in failed.values())


def set_beside(first: Sequence[Game], second: Sequence[Game]) -> Change:
    """What asking in the second way does to the failures, on the games that have a verdict in both."""
    before = {each.name: each for each in first if each.outcome != SILENT}
    after = {each.name: each for each in second if each.outcome != SILENT}
    names = [name for name in before if name in after]
    failed = np.array([[way[name].outcome == FAILED for way in (before, after)] for name in names], np.float64)
    differences: Floats = failed[:, 1] - failed[:, 0] if names else np.empty(0)
    codes = codes_of([name[0] for name in names])
    return Change(
        games=len(names),
        mended=int((differences < 0).sum()),
        spoilt=int((differences > 0).sum()),
        before=float(failed[:, 0].mean()) if names else np.nan,
        difference=clustered_balance(differences, codes),
        p=sign_flip_p(np.bincount(codes, differences).astype(np.float64)) if names else np.nan,
    )
