"""What a judge's verdicts in both orders of the answers say of its preference for a place."""

from dataclasses import dataclass

import numpy as np

from mtbench.stats.estimates import LEVEL, Estimate
from mtbench.stats.games import Codes
from mtbench.stats.paired import sign_flip_p
from mtbench.stats.ratios import clustered_balance, clustered_ratio
from mtbench.stats.votes import FIRST, SECOND, TIE

ERROR = 3
"""In place of a vote: the judge gave no verdict."""


@dataclass(frozen=True, slots=True)
class PositionBias:
    """Games, each judged in both orders, by what the two verdicts say; the four counts are all `games`.

    `consistent`: the same answer won in both orders, or both were ties. `first`, `second`: the verdict leant to the
    answer shown first, or second, in one order at least and to the other place in none; `first_twice`,
    `second_twice`: those that won in both orders by their place alone, where the rest was once a tie. `error`: an order
    without a verdict.

    `shares`: of the four counts in all games, in that order, clustered by question. `advantage`: how much more often
    the answer shown first wins than the one shown second, from −1 to 1, over games without an error. `p`: of the exact
    test that the place does not matter.
    """

    consistent: int
    first: int
    second: int
    error: int
    first_twice: int
    second_twice: int
    shares: tuple[Estimate, Estimate, Estimate, Estimate]
    advantage: Estimate
    p: float

    @property
    def games(self) -> int:
        return self.consistent + self.first + self.second + self.error


def position_bias(g1: Codes, g2: Codes, questions: Codes, level: float = LEVEL) -> PositionBias:
    """Sorts games as tables 2 and 9 to 12 of Zheng et al. 2023, Judging LLM-as-a-Judge, do, with errors and a test.

    `g1`, `g2` (n,): what was said of the answers in the one order and in the other, by place: FIRST, SECOND, TIE or
    ERROR. An answer that wins in both orders is FIRST in the one and SECOND in the other; `swapped` turns verdicts by
    model into verdicts by place. `questions` (n,): codes; all games on a question are one cluster. A verdict for a
    place beside a tie counts as bias to that place, as it must for the paper's four shares to make 100 %.

    Shares have `clustered_ratio`'s interval, and the advantage, which is the share of what went to the first place in
    vain less that of the second, `clustered_balance`'s. The test is `sign_flip_p` of first less second by question:
    where the place does not matter, the orders of a question's games could as well have been named the other way round.
    With a game a question it is the sign test of first against second; p is 1 if neither occurs.

    Raises ValueError for shapes that do not fit, no games, and other verdicts.
    """
    if g1.ndim != 1 or not len(g1) or not g1.shape == g2.shape == questions.shape:
        raise ValueError(f"two verdicts and a question a game: {g1.shape}, {g2.shape}, {questions.shape}")
    both = np.stack([g1, g2])
    if np.any((both < FIRST) | (both > ERROR)):
        raise ValueError(f"verdicts must be {FIRST} (first), {SECOND} (second), {TIE} (tie) or {ERROR} (error)")
    error = (both == ERROR).any(axis=0)
    lean = np.where(error, 0, ((both == FIRST).astype(np.intp) - (both == SECOND)).sum(axis=0))
    outcomes = (~error & (lean == 0), lean > 0, lean < 0, error)
    consistent, first, second, failed = (int(outcome.sum()) for outcome in outcomes)
    shares = [clustered_ratio(outcome.astype(np.float64), np.ones(len(g1)), questions, level) for outcome in outcomes]
    judged = ~error
    _, code = np.unique(questions, return_inverse=True)
    return PositionBias(
        consistent=consistent,
        first=first,
        second=second,
        error=failed,
        first_twice=int((lean == 2).sum()),
        second_twice=int((lean == -2).sum()),
        shares=(shares[0], shares[1], shares[2], shares[3]),
        advantage=clustered_balance(lean[judged] / 2, questions[judged], level),
        p=sign_flip_p(np.bincount(code, np.sign(lean)).astype(np.float64)),
    )


def swapped(verdicts: Codes) -> Codes:
    """The same verdicts with first and second answer in each other's place."""
    return np.where(verdicts == FIRST, SECOND, np.where(verdicts == SECOND, FIRST, verdicts)).astype(np.intp)
