"""How often judges of two kinds agree."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mtbench.stats.estimates import LEVEL, Estimate
from mtbench.stats.games import Codes, Floats
from mtbench.stats.nesting import nested
from mtbench.stats.ratios import clustered_ratio
from mtbench.stats.votes import Votes, tally


@dataclass(frozen=True, slots=True)
class Agreement:
    """How often two kinds agree, by both definitions, with intervals clustered by question.

    `pooled`: agreeing pairs of votes in all pairs of votes on the same unit, FastChat's figure; `pooled.n` are those
    pairs, the "votes" of the paper's tables. `by_question`: the probability that two random individuals agree on a
    random question, the paper's definition; `by_question.n` are questions. `agreeing`: pairs that agree; an even split
    of a majority adds a half. `units`: with a pair at least. Without pairs both figures are nan.
    """

    pooled: Estimate
    by_question: Estimate
    agreeing: float
    units: int


def agreement(votes: Votes, kind_a: int, kind_b: int, level: float = LEVEL) -> Agreement:
    """Agreement of individuals of one kind with individuals of another, or among those of one kind.

    A pair is two votes of different individuals on the same unit, one of each kind. Votes a, a, b of three people: one
    of their three pairs agrees, 1/3; a judge that votes a agrees with two of the three, 2/3. FastChat pairs votes, and
    so would pair the two of a person who voted twice; a pair of a voter with themselves is left out here. The setup is
    the caller's: `set_up` the votes first. Raises ValueError for a unit of several questions.

    `pooled` is Σ_u agreeing_u / Σ_u pairs_u over units u: a unit with many voters counts for more (FastChat,
    compute_agreement.py). `by_question` draws a question, one of its units, and two individuals on it, each with equal
    chances (Zheng et al. 2023, Judging LLM-as-a-Judge, section 4.1: "randomly selected individuals (but not identical)
    of each type agreeing on a randomly selected question"); where every question has the same units it does not
    matter whether a unit is drawn instead. Intervals as in `clustered_ratio`.
    """
    chosen = votes.of(kind_a, kind_b)
    unit, question = chosen.units()
    seat, unit_of_seat = chosen.seats()
    in_a, in_b = chosen.kind == kind_a, chosen.kind == kind_b

    def pairs(row: Codes, rows: int) -> tuple[Floats, Floats]:
        a, b = tally(row[in_a], chosen.vote[in_a], rows), tally(row[in_b], chosen.vote[in_b], rows)
        return (a * b).sum(axis=1), a.sum(axis=1) * b.sum(axis=1)

    agreeing, counted = pairs(unit, len(question))
    selves = [np.bincount(unit_of_seat, own, len(question)) for own in pairs(seat, len(unit_of_seat))]
    twice = 2 if kind_a == kind_b else 1  # a pair within a kind is met in both directions
    return agreement_on_units((agreeing - selves[0]) / twice, (counted - selves[1]) / twice, question, level)


def agreements_by(
    votes: Votes, kind_a: int, kind_b: int, groups: Codes, level: float = LEVEL
) -> list[tuple[int, Agreement]]:
    """`agreement` in each group of units: by category, by turn, or by pair of models as the points of figure 2.

    `groups` (n,): a code for every vote. Gives codes, ascending, with what their votes say. Raises ValueError for
    shapes that do not fit and a unit of several groups.
    """
    nested(votes.unit, groups)
    codes: Sequence[int] = np.unique(groups).tolist()
    return [(code, agreement(votes.where(groups == code), kind_a, kind_b, level)) for code in codes]


def agreement_on_units(agreeing: Floats, counted: Floats, question: Codes, level: float = LEVEL) -> Agreement:
    """Both figures from how many of the `counted` pairs on each unit (u,) are `agreeing`, and the unit's question."""
    voted = counted > 0
    questions, code = np.unique(question[voted], return_inverse=True)
    share = np.bincount(code, agreeing[voted] / counted[voted], len(questions)) / np.bincount(code)
    return Agreement(
        pooled=clustered_ratio(agreeing, counted, question, level),
        by_question=clustered_ratio(np.minimum(share, 1.0), np.ones(len(questions)), questions, level),
        agreeing=float(agreeing.sum()),
        units=int(voted.sum()),
    )
