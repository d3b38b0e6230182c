"""Which answers people should compare next."""

import pytest

from mtbench.reports.ballots import Ballot, Unit
from mtbench.reports.doubtful import DISAGREE, UNDECIDED, doubts_of, next_to_label
from mtbench.stats.votes import FIRST, SECOND, TIE


def unit(question: int, turn: int = 1) -> Unit:
    return question, ("ant", "bee"), turn


def said(where: Unit, *votes: int) -> list[Ballot]:
    """What judges j0, j1, … say."""
    return [Ballot(where, f"j{judge}", f"j{judge}", vote) for judge, vote in enumerate(votes)]


def questions(ballots: list[Ballot], labelled: set[Unit], count: int) -> list[object]:
    return [each.question_id for each in next_to_label(ballots, labelled, count)]


def test_the_more_judges_disagree_the_sooner_people_are_asked_and_where_they_are_clear_never() -> None:
    ballots = [
        *said(unit(1), FIRST, FIRST, FIRST),
        *said(unit(2), TIE, TIE, TIE),
        *said(unit(3), FIRST, SECOND, TIE),
        *said(unit(4), FIRST, FIRST, SECOND),
        *said(unit(5), FIRST, TIE, FIRST),
    ]
    found = next_to_label(ballots, set(), 9)
    assert [each.question_id for each in found] == [3, 4, 5, 2]
    assert [each.picked for each in found] == [DISAGREE] * 3 + [UNDECIDED]
    assert found[0].models == ("ant", "bee")
    assert questions(ballots, {unit(3)}, 2) == [4, 5]


def test_of_one_judge_ties_are_asked_about() -> None:
    ballots = [*said(unit(1), FIRST), *said(unit(2), TIE), *said(unit(3), SECOND)]
    assert questions(ballots, set(), 5) == [2]
    assert questions(ballots, {unit(2)}, 5) == []


def test_a_question_that_people_voted_on_waits_for_the_others() -> None:
    ballots = [
        *said(unit(1), FIRST, SECOND),
        *said(unit(1, turn=2), FIRST, FIRST),
        *said(unit(2), FIRST, TIE),
    ]
    assert questions(ballots, set(), 5) == [1, 2]
    assert questions(ballots, {unit(1, turn=2)}, 5) == [2, 1]  # though its vote is where the judges are clear


def test_where_doubts_are_the_same_it_does_not_go_by_the_order_of_questions() -> None:
    ballots = [each for question in range(100) for each in said(unit(question), FIRST, SECOND)]
    found = questions(ballots, set(), 30)
    assert found == questions(ballots, set(), 30)
    assert found != sorted(found, key=str)
    assert max(int(str(each)) for each in found) > 60


def test_a_doubt_is_one_or_more_where_judges_differ() -> None:
    units, doubts = doubts_of([*said(unit(1), FIRST, SECOND), *said(unit(2), TIE, TIE), *said(unit(3), SECOND)])
    assert units == [unit(1), unit(2), unit(3)]
    assert doubts[0] > 1
    assert doubts[1:].tolist() == [pytest.approx(0.1), 0.0]
