"""What verdicts in both orders say of a preference for a place."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from mtbench.stats.position import ERROR, position_bias, swapped
from mtbench.stats.votes import FIRST, SECOND, TIE
from tests.support.shared import SHARED, needs_shared

Codes = NDArray[np.intp]
DRAWS = 1000


def _verdicts(
    questions: int, turns: int, biased: tuple[float, float], rng: np.random.Generator
) -> tuple[Codes, Codes, Codes]:
    """A judge that says first, or second, whatever is there, on such parts of the questions, and else is consistent."""
    question = np.tile(np.arange(questions), turns)
    tempted = rng.random(questions)[question]
    seen = rng.choice([FIRST, SECOND, TIE], p=[0.4, 0.4, 0.2], size=len(question)).astype(np.intp)
    to_first, to_any = tempted < biased[0], tempted < sum(biased)
    place = np.where(to_first, FIRST, SECOND)
    return np.where(to_any, place, seen), np.where(to_any, place, swapped(seen)), question


def test_every_pair_of_verdicts_has_its_place() -> None:
    g1, g2 = (column.ravel().astype(np.intp) for column in np.meshgrid(range(4), range(4), indexing="ij"))
    found = position_bias(g1, g2, np.arange(16))
    # Consistent: first-second, second-first, tie-tie. First: twice first, first-tie, tie-first. Error: seven of 16.
    assert (found.consistent, found.first, found.second, found.error) == (3, 3, 3, 7)
    assert (found.first_twice, found.second_twice, found.games) == (1, 1, 16)
    assert [share.value for share in found.shares] == [3 / 16, 3 / 16, 3 / 16, 7 / 16]
    assert (found.advantage.value, found.advantage.n, found.p) == (0, 9, 1)


@needs_shared
def test_real_gpt_4_judgments_are_46_alike_27_different_and_2_errors() -> None:
    place = {"model_1": FIRST, "model_2": SECOND, "tie": TIE, "error": ERROR}
    with (SHARED / "judged" / "model_judgment" / "gpt-4_pair.jsonl").open(encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    g1, g2 = (np.array([place[row[name]] for row in rows]) for name in ("g1_winner", "g2_winner"))
    found = position_bias(g1, swapped(g2), np.array([row["question_id"] for row in rows]))
    assert (found.consistent, found.first + found.second, found.error) == (46, 27, 2)
    assert (found.first, found.second, found.first_twice, found.second_twice) == (24, 3, 16, 2)
    assert found.p == pytest.approx(stats.binomtest(24, 27).pvalue)
    assert found.p < 0.0001
    assert found.advantage.low > 0


@given(st.lists(st.integers(0, 3), min_size=1, max_size=40), st.lists(st.integers(0, 3), min_size=40, max_size=40))
@settings(deadline=None)
def test_with_a_game_a_question_the_test_is_the_sign_test_and_places_mirror(one: list[int], other: list[int]) -> None:
    g1, g2, questions = np.array(one), np.array(other[: len(one)]), np.arange(len(one))
    found, mirrored = position_bias(g1, g2, questions), position_bias(swapped(g1), swapped(g2), questions)
    untied = found.first + found.second
    assert found.p == pytest.approx(stats.binomtest(found.first, untied).pvalue if untied else 1)
    assert (mirrored.first, mirrored.second, mirrored.consistent) == (found.second, found.first, found.consistent)
    assert mirrored.p == pytest.approx(found.p)
    assert mirrored.advantage.value == pytest.approx(-found.advantage.value, nan_ok=True)
    assert position_bias(g2, g1, questions) == found or np.isnan(found.shares[0].se) or np.isnan(found.advantage.se)


def test_an_unbiased_judge_is_found_biased_in_no_more_than_5_of_100() -> None:
    """It is not consistent: its second verdict is another draw; games of a question are alike in both places."""
    rng = np.random.default_rng(1)
    found = 0
    for _ in range(DRAWS):
        g1, g2 = rng.integers(0, 3, (2, 60))
        found += position_bias(g1, g2, np.arange(60) // 3).p <= 0.05
    assert 0.02 <= found / DRAWS <= 0.055


def test_verdicts_that_repeat_are_no_more_evidence_than_one_of_them() -> None:
    g1, g2, questions = _verdicts(40, 1, (0.1, 0.05), np.random.default_rng(2))
    once = position_bias(g1, g2, questions)
    four_times = position_bias(np.tile(g1, 4), np.tile(g2, 4), np.tile(questions, 4))
    assert four_times.p == pytest.approx(once.p)
    for one, four in zip(once.shares, four_times.shares, strict=True):
        assert (four.low, four.high) == pytest.approx((one.low, one.high))


@pytest.mark.parametrize(
    ("questions", "turns", "biased", "most"),
    [(20, 1, (0.25, 0.0), 0.995), (80, 2, (0.25, 0.0), 0.97), (80, 1, (0.4, 0.3), 0.97)],
)
def test_the_bias_that_was_put_in_is_held_in_93_to_97_of_100_and_of_20_questions_in_more(
    questions: int, turns: int, biased: tuple[float, float], most: float
) -> None:
    rng = np.random.default_rng(questions)
    held = np.zeros(3)
    for _ in range(DRAWS):
        found = position_bias(*_verdicts(questions, turns, biased, rng))
        held += [
            found.shares[1].low <= biased[0] <= found.shares[1].high,
            found.shares[2].low <= biased[1] <= found.shares[2].high or biased[1] == 0,
            found.advantage.low <= biased[0] - biased[1] <= found.advantage.high,
        ]
    assert np.all(held / DRAWS >= 0.93)
    assert np.all(held[[0, 2]] / DRAWS <= most)


def test_a_judge_that_only_fails_has_no_preference() -> None:
    error = np.full(3, ERROR)
    found = position_bias(error, error, np.arange(3))
    assert (found.error, found.p, found.advantage.n) == (3, 1, 0)
    assert np.isnan(found.advantage.value)


def test_verdicts_that_cannot_be_are_a_bug() -> None:
    one, two = np.array([0]), np.array([0, 1])
    with pytest.raises(ValueError, match="a question a game"):
        position_bias(one, two, two)
    with pytest.raises(ValueError, match="verdicts must be"):
        position_bias(np.array([4]), one, one)
