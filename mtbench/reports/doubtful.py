"""Ballots of judges → which answers people should compare next: those on which a vote decides most."""

from collections import defaultdict
from collections.abc import Collection, Sequence

import numpy as np

from mtbench.records import Picked
from mtbench.reports.ballots import Ballot, Unit
from mtbench.reports.panel import POINTS
from mtbench.reports.values import codes_of
from mtbench.stats.dawid_skene import vote_shares
from mtbench.stats.games import Floats
from mtbench.stats.next_labels import entropy, next_labels
from mtbench.stats.votes import OPTIONS

DISAGREE, UNDECIDED = "judges disagree", "no verdict for either"
"""Why answers were picked: judges say different things, or all that they say is a tie.

A verdict that changes with the order of the answers is a tie as well.
"""

_CLEAR = 1e-9
"""A doubt that is 0, rounded."""


def next_to_label(ballots: Sequence[Ballot], labelled: Collection[Unit], count: int) -> list[Picked]:
    """The `count` most doubtful of what judges compared and people did not, spread over questions.

    The more the judges' votes are split, the more doubtful (vote entropy); where they are split alike, the nearer their
    mean is to a tie. Where doubts are the same the order is random, since that of the questions goes by category.
    """
    units, doubts = doubts_of(ballots)
    order = np.random.default_rng(0).permutation(len(units))
    shuffled, of_shuffled = [units[place] for place in order], doubts[order]
    done = np.array([unit in labelled for unit in shuffled], np.bool_)
    questions = codes_of([unit[0] for unit in shuffled])
    # What has a vote stays in, as it counts for its question; what is clear is not asked about.
    asked = np.flatnonzero((of_shuffled > _CLEAR) | done)
    places = asked[next_labels(of_shuffled[asked], questions[asked], done[asked], count)]
    picked = []
    for place in places.tolist():
        question_id, models, turn = shuffled[place]
        why = DISAGREE if of_shuffled[place] >= 1 else UNDECIDED
        picked.append(Picked(question_id, models, turn, why))
    return picked


def doubts_of(ballots: Sequence[Ballot]) -> tuple[list[Unit], Floats]:
    """Units, and their doubt: from 1 up where judges disagree, below it where all say tie, 0 where all agree."""
    by_unit = defaultdict[Unit, list[Ballot]](list)
    for each in ballots:
        by_unit[each.unit].append(each)
    judges = {kind: place for place, kind in enumerate(dict.fromkeys(each.kind for each in ballots))}
    rows = [(place, judges[each.kind], each.vote) for place, of_unit in enumerate(by_unit.values()) for each in of_unit]
    unit, judge, vote = np.array(rows, np.intp).reshape(-1, 3).T
    shares = vote_shares(unit, judge, vote, OPTIONS)
    split = entropy(shares)
    return list(by_unit), np.where(split > _CLEAR, 1 + split, 0.0) + (1 - abs(2 * shares @ POINTS - 1)) / 10
