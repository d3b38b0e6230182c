"""How often judges of two kinds agree."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mtbench.stats.agreement import agreement, agreements_by
from mtbench.stats.votes import FIRST, SECOND, TIE, Votes, set_up
from tests.stats.voters import JUDGE, PEOPLE, columns, draw, on_one_unit

DRAWS = 2000


def test_three_people_agree_in_one_of_three_pairs_and_a_judge_with_two_of_them() -> None:
    votes = on_one_unit([FIRST, FIRST, SECOND], [FIRST])
    people, judge = agreement(votes, PEOPLE, PEOPLE), agreement(votes, PEOPLE, JUDGE)
    assert people.pooled.value == pytest.approx(1 / 3)
    assert judge.pooled.value == pytest.approx(2 / 3)
    assert (people.agreeing, people.pooled.n, judge.agreeing, judge.pooled.n) == (1, 3, 2, 3)
    assert people.by_question.value == pytest.approx(1 / 3)


def test_ties_agree_with_ties() -> None:
    votes = on_one_unit([TIE, TIE, SECOND], [TIE])
    assert agreement(votes, JUDGE, PEOPLE).pooled.value == pytest.approx(2 / 3)
    assert agreement(set_up(votes, "S2"), JUDGE, PEOPLE).pooled.n == 0


def test_a_unit_with_many_voters_weighs_more_where_votes_are_pooled_but_not_where_questions_are_drawn() -> None:
    crowded = [(0, 0, voter, PEOPLE, FIRST) for voter in range(9)] + [(0, 0, 99, JUDGE, FIRST)]
    lonely = [(1, 1, 0, PEOPLE, FIRST), (1, 1, 99, JUDGE, SECOND)]
    found = agreement(columns(crowded + lonely), JUDGE, PEOPLE)
    assert found.pooled.value == pytest.approx(0.9)
    assert found.by_question.value == pytest.approx(0.5)
    assert (found.pooled.n, found.by_question.n, found.units) == (10, 2, 2)


def test_nobody_agrees_with_themselves() -> None:
    twice = columns([(0, 0, 7, PEOPLE, FIRST), (0, 0, 7, PEOPLE, FIRST), (0, 0, 8, PEOPLE, SECOND)])
    assert agreement(twice, PEOPLE, PEOPLE).pooled.n == 2
    assert agreement(twice, PEOPLE, PEOPLE).pooled.value == 0
    both = columns([(0, 0, 7, PEOPLE, FIRST), (0, 0, 7, JUDGE, FIRST)])
    assert agreement(both, PEOPLE, JUDGE).pooled.n == 0


def test_without_a_pair_nothing_is_known() -> None:
    found = agreement(on_one_unit([FIRST], []), PEOPLE, PEOPLE)
    assert np.isnan([found.pooled.value, found.by_question.value]).all()
    assert (found.pooled.n, found.by_question.n, found.units, found.agreeing) == (0, 0, 0, 0)


_ROWS = st.lists(
    st.tuples(st.integers(0, 5), st.integers(0, 3), st.integers(0, 1), st.integers(0, 2)), min_size=1, max_size=40
)


@settings(deadline=None)
@given(_ROWS, st.sampled_from([(0, 0), (0, 1), (1, 0)]))
def test_it_is_what_counting_pair_by_pair_gives(rows: list[tuple[int, int, int, int]], kinds: tuple[int, int]) -> None:
    full = [(unit, unit // 2, voter, kind, vote) for unit, voter, kind, vote in rows]
    shares: dict[int, dict[int, list[bool]]] = {}
    for (i, one), (j, other) in product(enumerate(full), repeat=2):
        if (
            one[0] == other[0]
            and one[2] != other[2]
            and (one[3], other[3]) == kinds
            and (kinds[0] != kinds[1] or i < j)
        ):
            shares.setdefault(one[1], {}).setdefault(one[0], []).append(one[4] == other[4])
    found = agreement(columns(full), *kinds)
    units = [unit for question in shares.values() for unit in question.values()]
    assert found.pooled.n == sum(map(len, units))
    assert found.agreeing == sum(map(sum, units))
    assert found.units == len(units)
    if units:
        by_question = [np.mean([np.mean(unit) for unit in question.values()]) for question in shares.values()]
        assert found.by_question.value == pytest.approx(float(np.mean(by_question)))


def test_it_is_the_same_whichever_kind_is_named_first() -> None:
    votes = draw(40, np.random.default_rng(0))
    assert agreement(votes, JUDGE, PEOPLE) == agreement(votes, PEOPLE, JUDGE)


def test_groups_are_each_looked_at_alone() -> None:
    votes = draw(40, np.random.default_rng(1))
    by = dict(agreements_by(votes, JUDGE, PEOPLE, votes.question % 4))
    assert list(by) == [0, 1, 2, 3]
    assert by[2] == agreement(votes.where(votes.question % 4 == 2), JUDGE, PEOPLE)
    assert sum(one.pooled.n for one in by.values()) == agreement(votes, JUDGE, PEOPLE).pooled.n
    with pytest.raises(ValueError, match="more than one"):
        agreements_by(votes, JUDGE, PEOPLE, np.arange(len(votes.unit)))


@pytest.mark.parametrize("questions", [20, 80])
@pytest.mark.parametrize(
    ("setup", "kind", "clear"),
    [("S1", PEOPLE, 0.6), ("S2", JUDGE, 0.95)],
    ids=["people", "a judge that is often right"],
)
def test_95_percent_intervals_hold_the_truth_in_93_to_97_of_100(
    questions: int, setup: str, kind: int, clear: float
) -> None:
    def found(size: int, rng: np.random.Generator) -> tuple[Votes, int]:
        votes = draw(size, rng, clear)
        return (set_up(votes, "S2") if setup == "S2" else votes), kind

    truth = agreement(*found(50_000, np.random.default_rng(0)), PEOPLE)
    rng = np.random.default_rng(questions)
    held = np.zeros(2)
    for _ in range(DRAWS):
        one = agreement(*found(questions, rng), PEOPLE)
        held += [
            one.pooled.low <= truth.pooled.value <= one.pooled.high,
            one.by_question.low <= truth.by_question.value <= one.by_question.high,
        ]
    assert np.all(held / DRAWS >= 0.93)
    assert np.all(held / DRAWS <= 0.97)
