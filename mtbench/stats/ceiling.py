"""How far a judge can agree with people who do not agree with each other."""

from dataclasses import dataclass

import numpy as np

from mtbench.stats.agreement import Agreement, agreement, agreement_on_units
from mtbench.stats.estimates import LEVEL
from mtbench.stats.games import Floats
from mtbench.stats.votes import Votes, tally


@dataclass(frozen=True, slots=True)
class Ceiling:
    """What the agreement of people sets as a bound to that of a judge with them.

    `people`: two of them with each other: what one more of them reaches. `majority`: their majority with each of those
    that it is made of: the most that any judge could reach with these very people, and the paper's upper bound. It is
    generous, the more so the fewer voted on a unit: of two who differ, half agree with "their majority". `others`: the
    majority of the others with each: what a judge reaches that knows all their votes but the one that it is held
    against. A judge between `others` and `majority` does all that these votes can tell.
    """

    people: Agreement
    majority: Agreement
    others: Agreement


def ceiling(votes: Votes, crowd: int, level: float = LEVEL) -> Ceiling:
    """The bound that the people of the kind `crowd` set. The setup is the caller's: `set_up` the votes first."""
    return Ceiling(
        people=agreement(votes, crowd, crowd, level),
        majority=majority_agreement(votes, crowd, crowd, level),
        others=_agreement_with_others(votes, crowd, level),
    )


def majority_agreement(votes: Votes, kind: int, crowd: int, level: float = LEVEL) -> Agreement:
    """Agreement of individuals of a kind with the majority of the kind `crowd`, a kind of judge of its own.

    What most of the crowd voted on a unit is its vote. Where several options have as many votes, its vote is split
    evenly among them: of two each counts a half (Zheng et al. 2023, Judging LLM-as-a-Judge, table 5, Human-M), of
    three, of which it does not speak, a third. Each vote of the kind is counted: for a judge that votes once on a unit,
    these are the units that both voted on.

    With `kind` = `crowd`, each of its votes is held against the majority that it is part of, on units where two
    individuals voted at least. The paper does not say so, but its figures do: 892 votes and 81 %, from 1,343 votes on
    821 units with 721 pairs of which 63 % agree. A majority of the others would be near 63 %.
    """
    chosen = votes.of(kind, crowd)
    unit, question = chosen.units()
    count = len(question)
    ours, theirs = chosen.kind == kind, chosen.kind == crowd
    vote = tally(unit[ours], chosen.vote[ours], count)
    agreeing = (vote * _majority(tally(unit[theirs], chosen.vote[theirs], count))).sum(axis=1)
    if kind == crowd:  # then all chosen votes are theirs
        enough = np.bincount(chosen.seats()[1], minlength=count) > 1
    else:
        enough = np.bincount(unit[theirs], minlength=count) > 0
    return agreement_on_units(agreeing * enough, vote.sum(axis=1) * enough, question, level)


def _agreement_with_others(votes: Votes, crowd: int, level: float) -> Agreement:
    chosen = votes.of(crowd)
    unit, question = chosen.units()
    seat, unit_of_seat = chosen.seats()
    others = tally(unit, chosen.vote, len(question))[unit] - tally(seat, chosen.vote, len(unit_of_seat))[seat]
    points = _majority(others)[np.arange(len(unit)), chosen.vote]
    agreeing, counted = (
        np.bincount(unit, one, len(question)).astype(np.float64) for one in (points, others.any(axis=1))
    )
    return agreement_on_units(agreeing, counted, question, level)


def _majority(counts: Floats) -> Floats:
    """The same shape (rows, options): what part of the majority's vote each option has; none where nobody voted."""
    most = (counts == counts.max(axis=1, keepdims=True)) & (counts > 0)
    return np.asarray(most / np.maximum(most.sum(axis=1, keepdims=True), 1))
