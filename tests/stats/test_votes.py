"""Votes and their setups."""

import numpy as np
import pytest

from mtbench.stats.votes import FIRST, RANDOM, SECOND, TIE, Votes, set_up, votes_of_grades
from tests.stats.voters import JUDGE, PEOPLE, on_one_unit


def test_setup_2_leaves_out_ties_and_setup_1_nothing() -> None:
    votes = on_one_unit([FIRST, TIE, SECOND], [TIE])
    assert set_up(votes, "S1").vote.tolist() == [FIRST, TIE, SECOND, TIE]
    assert set_up(votes, "S2").vote.tolist() == [FIRST, SECOND]
    assert set_up(votes, "S2").voter.tolist() == [0, 2]


def test_random_judges_agree_in_a_third_with_ties_and_in_a_half_without() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, 3, (2, 200_000))
    assert np.mean(a == b) == pytest.approx(RANDOM["S1"], abs=0.005)
    decided = (a != TIE) & (b != TIE)
    assert np.mean((a == b)[decided]) == pytest.approx(RANDOM["S2"], abs=0.005)


def test_grades_a_tenth_apart_are_a_tie_however_the_machine_writes_them() -> None:
    tenths = np.arange(10, 100) / 10
    assert ((tenths + 0.1) - tenths > 0.1).any()
    assert set(votes_of_grades(np.round(tenths + 0.1, 1), tenths).tolist()) == {TIE}
    assert set(votes_of_grades(np.round(tenths + 0.2, 1), tenths).tolist()) == {FIRST}
    assert set(votes_of_grades(tenths, np.round(tenths + 0.2, 1)).tolist()) == {SECOND}


def test_the_margin_can_be_another() -> None:
    assert votes_of_grades(np.array([7.0, 7.0]), np.array([6.0, 5.0]), margin=1).tolist() == [TIE, FIRST]


def test_what_was_not_graded_is_no_vote() -> None:
    with pytest.raises(ValueError, match="not a number"):
        votes_of_grades(np.array([7.0, np.nan]), np.array([6.0, 5.0]))
    with pytest.raises(ValueError, match="one length"):
        votes_of_grades(np.array([7.0]), np.array([6.0, 5.0]))


def test_votes_that_cannot_be_are_a_bug() -> None:
    one = np.array([0])
    with pytest.raises(ValueError, match="one length"):
        Votes(one, one, one, one, np.array([0, 1]))
    with pytest.raises(ValueError, match="votes must be"):
        Votes(one, one, one, one, np.array([3]))
    two = np.array([0, 0])
    with pytest.raises(ValueError, match="more than one"):
        Votes(two, np.array([1, 2]), two, two, two).units()


def test_kinds_can_be_looked_at_alone() -> None:
    votes = on_one_unit([FIRST, SECOND], [TIE])
    assert votes.of(JUDGE).vote.tolist() == [TIE]
    assert votes.of(PEOPLE, JUDGE).vote.tolist() == votes.vote.tolist()
