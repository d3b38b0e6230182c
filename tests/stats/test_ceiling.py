"""What the agreement of people sets as a bound."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtbench.stats.agreement import agreement
from mtbench.stats.ceiling import ceiling, majority_agreement
from mtbench.stats.votes import FIRST, SECOND, TIE, set_up
from tests.stats.voters import JUDGE, PEOPLE, columns, draw, on_one_unit


def test_a_majority_is_one_vote_and_an_even_split_half_a_vote_each() -> None:
    clear = majority_agreement(on_one_unit([FIRST, FIRST, SECOND], [FIRST]), JUDGE, PEOPLE)
    assert (clear.pooled.value, clear.pooled.n) == (1, 1)
    for judge, points in ((FIRST, 0.5), (SECOND, 0.5), (TIE, 0)):
        split = majority_agreement(on_one_unit([FIRST, SECOND], [judge]), JUDGE, PEOPLE)
        assert (split.pooled.value, split.pooled.n) == (points, 1)
    three_ways = majority_agreement(on_one_unit([FIRST, SECOND, TIE], [TIE]), JUDGE, PEOPLE)
    assert three_ways.pooled.value == pytest.approx(1 / 3)


def test_people_agree_with_their_own_majority_more_than_with_each_other_or_with_the_majority_of_the_others() -> None:
    found = ceiling(on_one_unit([FIRST, FIRST, SECOND], []), PEOPLE)
    assert found.people.pooled.value == pytest.approx(1 / 3)
    assert found.majority.pooled.value == pytest.approx(2 / 3)
    # Each first is held against an even split, the second against two firsts.
    assert found.others.pooled.value == pytest.approx(1 / 3)
    assert (found.people.pooled.n, found.majority.pooled.n, found.others.pooled.n) == (3, 3, 3)


def test_who_voted_alone_is_no_majority_of_themselves_but_one_for_a_judge() -> None:
    alone = on_one_unit([FIRST], [FIRST])
    assert ceiling(alone, PEOPLE).majority.pooled.n == 0
    assert ceiling(alone, PEOPLE).others.pooled.n == 0
    assert majority_agreement(alone, JUDGE, PEOPLE).pooled.value == 1
    twice = columns([(0, 0, 7, PEOPLE, FIRST), (0, 0, 7, PEOPLE, FIRST)])
    assert ceiling(twice, PEOPLE).majority.pooled.n == 0
    assert ceiling(twice, PEOPLE).others.pooled.n == 0


def test_votes_are_counted_as_the_papers_table_5_counts_them() -> None:
    """821 units with 1,343 human votes; so many with 1, 2, 3 and 4 of them give its other counts, 721 and 892."""
    rng = np.random.default_rng(0)
    voters = np.repeat([1, 2, 3, 4], [451, 265, 58, 47])
    rows = [(unit, unit // 11, 99, JUDGE, 0) for unit in range(821)]
    rows += [
        (unit, unit // 11, voter, PEOPLE, int(rng.integers(3)))
        for unit, count in enumerate(voters.tolist())
        for voter in range(count)
    ]
    votes = columns(rows)
    assert agreement(votes, JUDGE, PEOPLE).pooled.n == 1343
    assert agreement(votes, PEOPLE, PEOPLE).pooled.n == 721
    assert majority_agreement(votes, JUDGE, PEOPLE).pooled.n == 821
    assert majority_agreement(votes, PEOPLE, PEOPLE).pooled.n == 892


def test_where_two_of_three_pairs_agree_the_majority_agrees_with_five_of_six_as_in_the_paper() -> None:
    """Its 63 % of pairs and 81 % with the majority: of two people, p agree, and with their majority (1 + p)/2."""
    pairs = [(FIRST, FIRST), (SECOND, SECOND), (FIRST, TIE)] * 10
    votes = columns([(unit, unit, who, PEOPLE, pairs[unit][who]) for unit in range(30) for who in range(2)])
    found = ceiling(votes, PEOPLE)
    assert found.people.pooled.value == pytest.approx(2 / 3)
    assert found.majority.pooled.value == pytest.approx(5 / 6)
    assert found.others.pooled.value == pytest.approx(2 / 3)


@given(
    st.lists(st.lists(st.integers(0, 2), min_size=2, max_size=5), min_size=1, max_size=6),
    st.lists(st.integers(0, 2), min_size=6, max_size=6),
)
def test_no_judge_agrees_more_with_these_people_than_their_majority(people: list[list[int]], judge: list[int]) -> None:
    rows = [(unit, unit, voter, PEOPLE, vote) for unit, said in enumerate(people) for voter, vote in enumerate(said)]
    votes = columns(rows + [(unit, unit, 99, JUDGE, judge[unit]) for unit in range(len(people))])
    bound = ceiling(votes, PEOPLE).majority
    reached = agreement(votes, JUDGE, PEOPLE)
    assert bound.pooled.n == reached.pooled.n
    assert reached.agreeing <= bound.agreeing + 1e-9


def test_a_judge_that_votes_as_people_do_reaches_what_people_reach() -> None:
    votes = set_up(draw(20_000, np.random.default_rng(2)), "S2")
    found = ceiling(votes, PEOPLE)
    judge = agreement(votes, JUDGE, PEOPLE)
    assert judge.by_question.value == pytest.approx(found.people.by_question.value, abs=0.01)
    assert found.others.pooled.value < found.majority.pooled.low
