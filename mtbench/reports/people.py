"""People's votes and grades → what they say of each answer or pair, and which of them are a random sample."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from mtbench.records import HumanGrade, QuestionId, Vote
from mtbench.reports.ballots import Ballot, Unit, ballots_of_votes
from mtbench.stats.votes import FIRST, TIE
from mtbench.votes import unit_of

Answer = tuple[QuestionId, str, int]
"""Question, model and turn: what is graded."""

_On = TypeVar("_On", bound=Hashable)


@dataclass(frozen=True, slots=True)
class People:
    """All that people said, and the files that it was read from."""

    votes: Sequence[Vote] = ()
    grades: Sequence[HumanGrade] = ()
    sources: Sequence[str] = ()


def drawn(votes: Sequence[Vote]) -> list[Vote]:
    """The votes on answers that were drawn at random: not those on picked ones, unless the draw came by them too.

    Answers that were picked because judges disagree on them are the hard ones: figures of all answers must not be made
    from them (`stats.next_labels`).
    """
    passed = {(vote.judge, each.question_id, each.models, each.turn) for vote in votes for each in vote.passed}
    return [vote for vote in votes if not vote.picked or (vote.judge, *unit_of(vote)) in passed]


def picked_note(votes: Sequence[Vote], consequence: str) -> list[str]:
    """What to say where some votes are on picked answers: how many, and the consequence."""
    count = len(votes) - len(drawn(votes))
    if not count:
        return []
    which = "1 vote is" if count == 1 else f"{count:,} of {len(votes):,} votes are"
    return [f"{which} on answers that were picked, not drawn at random: {consequence}"]


def shares_of(votes: Iterable[Vote]) -> dict[Unit, float]:
    """What the first model of each unit got from people, on average: 1 for a win, 0.5 for a tie."""
    return _means((each.unit, points(each)) for each in ballots_of_votes(votes))


def scores_of(grades: Iterable[HumanGrade]) -> dict[Answer, float]:
    """People's grade of each answer, on average."""
    return _means(((each.question_id, each.model, each.turn), each.score) for each in grades)


def points(ballot: Ballot) -> float:
    """What the first model got."""
    return 0.5 if ballot.vote == TIE else float(ballot.vote == FIRST)


def _means(values: Iterable[tuple[_On, float]]) -> dict[_On, float]:
    found = defaultdict[_On, list[float]](list)
    for key, value in values:
        found[key].append(value)
    return {key: sum(of_key) / len(of_key) for key, of_key in found.items()}
