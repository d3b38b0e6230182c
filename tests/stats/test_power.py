"""What a comparison can show, before anything is judged."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.power import TTestPower

from mtbench.stats.power import power, questions_needed, smallest_difference, smallest_effect

DRAWS = 20_000


def _simulated_power(difference: float, sd: float, questions: int, alpha: float) -> float:
    draws = np.random.default_rng(questions).normal(difference, sd, (DRAWS, questions))
    return float(np.mean(stats.ttest_1samp(draws, 0, axis=1).pvalue <= alpha))


def test_power_is_statsmodels() -> None:
    assert power(0.5, 1.7, 80, alpha=0.01) == pytest.approx(TTestPower().power(0.5 / 1.7, 80, 0.01), abs=1e-9)


@pytest.mark.parametrize(
    ("difference", "questions", "alpha"), [(0.9, 20, 0.05), (-0.4, 80, 0.05), (0.3, 160, 0.1), (0, 9, 0.05)]
)
def test_power_is_how_often_a_paired_t_test_finds_the_difference(
    difference: float, questions: int, alpha: float
) -> None:
    error = np.sqrt(0.25 / DRAWS)
    simulated = _simulated_power(difference, 1.7, questions, alpha)
    assert power(difference, 1.7, questions, alpha) == pytest.approx(simulated, abs=4 * error)


@settings(deadline=None)
@given(st.floats(0.1, 3), st.floats(0.5, 0.99), st.sampled_from([0.01, 0.05, 0.2]))
def test_the_questions_needed_are_the_fewest_that_are_enough(effect: float, wanted: float, alpha: float) -> None:
    questions = questions_needed(effect, 1.0, wanted, alpha)
    assert power(effect, 1.0, questions, alpha) >= wanted
    assert questions == 2 or power(effect, 1.0, questions - 1, alpha) < wanted


@settings(deadline=None)
@given(st.integers(2, 2000), st.floats(0.5, 0.99))
def test_the_smallest_difference_has_just_the_power_asked_for(questions: int, wanted: float) -> None:
    difference = smallest_difference(1.7, questions, wanted)
    assert power(difference, 1.7, questions) == pytest.approx(wanted, abs=1e-9)


def test_few_questions_need_more_than_the_normal_approximation_says() -> None:
    normal = (stats.norm.ppf(0.975) + stats.norm.ppf(0.8)) / np.sqrt(5)
    assert smallest_effect(5) > 1.3 * normal
    assert smallest_effect(5) == pytest.approx(TTestPower().solve_power(None, 5, 0.05, 0.8), rel=1e-6)


def test_one_question_shows_nothing() -> None:
    assert np.isnan(power(1, 1, 1))
    assert np.isnan(smallest_difference(1, 1))


def test_a_negative_difference_needs_as_many_questions() -> None:
    assert questions_needed(-0.2, 1.7) == questions_needed(0.2, 1.7)


def test_a_plan_that_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match="difference of 0"):
        questions_needed(0, 1)
    with pytest.raises(ValueError, match="above 0"):
        power(0.2, 0.0, 80)
    with pytest.raises(ValueError, match="alpha < power < 1"):
        smallest_difference(1, 80, power=0.01)
