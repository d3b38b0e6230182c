"""Votes of many judges on the same pairs of answers, and the two setups in which they are compared."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mtbench.stats.games import Codes, Floats
from mtbench.stats.nesting import nested

FIRST, SECOND, TIE = 0, 1, 2
"""What a vote can be: the first answer of its unit is better, the second, neither."""

OPTIONS = 3

Setup = Literal["S1", "S2"]
"""S1: all votes. S2: non-tied votes only. A verdict that changed with the order of the answers is a tie in both."""

RANDOM: dict[Setup, float] = {"S1": 1 / 3, "S2": 1 / 2}
"""How often judges agree that vote at random (Zheng et al. 2023, Judging LLM-as-a-Judge, table 5)."""

TIE_MARGIN = 0.1

_ROUNDING = 1e-9
"""Grades are decimals: 1.1 and 1.0 differ by 0.1 for their reader, by a little more for the machine."""


@dataclass(frozen=True, slots=True)
class Votes:
    """Votes, one a place in five parallel arrays of codes (n,).

    `unit`: what was voted on, a pair of models on one turn of a question, in the same order for all. `question`: the
    question of that unit. `voter`: who voted; a judge model in two modes is two voters. `kind`: of what kind that voter
    is, such as a judge model in a mode, an expert or an author. `vote`: FIRST, SECOND or TIE.

    Raises ValueError for shapes that differ and another vote.
    """

    unit: Codes
    question: Codes
    voter: Codes
    kind: Codes
    vote: Codes

    def __post_init__(self) -> None:
        shapes = [column.shape for column in (self.unit, self.question, self.voter, self.kind, self.vote)]
        if self.unit.ndim != 1 or len(set(shapes)) > 1:
            raise ValueError(f"unit, question, voter, kind and vote must be lists of one length: {shapes}")
        if np.any((self.vote < 0) | (self.vote >= OPTIONS)):
            raise ValueError(f"votes must be {FIRST} (first), {SECOND} (second) or {TIE} (tie)")

    def units(self) -> tuple[Codes, Codes]:
        """The unit of each vote, numbered 0 … U-1, and the question (U,) of each unit.

        Raises ValueError for a unit of several questions.
        """
        return nested(self.unit, self.question)

    def seats(self) -> tuple[Codes, Codes]:
        """The seat of each vote, a voter on a unit, numbered 0 … S-1, and the unit (S,) of each seat.

        Units are numbered as `units` does. Who voted twice on a unit has one seat there.
        """
        unit, _ = self.units()
        _, voter = np.unique(self.voter, return_inverse=True)
        return nested(unit * (int(voter.max(initial=0)) + 1) + voter, unit)

    def where(self, kept: NDArray[np.bool_]) -> "Votes":
        """The votes at which `kept` (n,) is true."""
        return Votes(self.unit[kept], self.question[kept], self.voter[kept], self.kind[kept], self.vote[kept])

    def of(self, *kinds: int) -> "Votes":
        """The votes of these kinds."""
        return self.where(np.isin(self.kind, kinds))


def set_up(votes: Votes, setup: Setup) -> Votes:
    """The votes that count in a setup. In S2 a unit keeps the votes of those who did not call it a tie."""
    return votes.where(votes.vote != TIE) if setup == "S2" else votes


def votes_of_grades(first: Floats, second: Floats, margin: float = TIE_MARGIN) -> Codes:
    """Votes (n,) of a judge that graded the first and the second answers (n,) each alone.

    Grades that differ by no more than `margin` points are a tie (FastChat's value is 0.1; it compares in binary, so
    that 1.1 and 1.0 are no tie there and are one here). Raises ValueError for shapes that differ and a grade that is
    not a number: what was not graded is no vote.
    """
    if first.ndim != 1 or first.shape != second.shape:
        raise ValueError(f"first and second must be lists of one length: {first.shape}, {second.shape}")
    lead = first - second
    if np.isnan(lead).any():
        raise ValueError("a grade is not a number")
    return np.where(np.abs(lead) <= margin + _ROUNDING, TIE, np.where(lead > 0, FIRST, SECOND)).astype(np.intp)


def tally(row: Codes, vote: Codes, rows: int) -> Floats:
    """(rows, OPTIONS): how many votes (n,) of each option fall into each `row` (n,)."""
    counts = np.bincount(row * OPTIONS + vote, minlength=rows * OPTIONS)
    return counts.reshape(rows, OPTIONS).astype(np.float64)
