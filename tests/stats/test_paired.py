"""Two models on the same questions."""

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats
from statsmodels.stats.power import TTestPower

from mtbench.stats.clustered import clustered_means
from mtbench.stats.paired import paired_difference, question_differences, sign_flip_p

NAN = np.nan


def _flip_everything(differences: NDArray[np.float64]) -> float:
    """Every one of the 2^q sign patterns, one after the other."""
    count = len(differences)
    signs = ((np.arange(2**count)[:, None] >> np.arange(count)) & 1) * 2 - 1
    return float(np.mean(np.abs(signs @ differences) >= abs(differences.sum()) - 1e-9))


def _draws(rng: np.random.Generator, questions: int, draws: int) -> NDArray[np.float64]:
    """Differences of two models' scores on a scale of whole points, both turns averaged: multiples of a half."""
    ease = rng.normal(7, 1.5, (draws, questions, 1))
    a, b = (np.clip(np.rint(ease + rng.normal(0, 1.5, (draws, questions, 2))), 1, 10) for _ in range(2))
    halves: NDArray[np.float64] = (b - a).mean(axis=2)
    return halves


def test_a_question_counts_once_however_many_turns_it_has() -> None:
    a, b = np.array([5.0, 5, 5, 5]), np.array([7.0, 8, 6, 3])
    differences, questions = question_differences(a, b, np.array([81, 81, 81, 90]))
    assert differences.tolist() == [2, -2]
    assert questions.tolist() == [81, 90]


def test_a_first_turn_is_not_compared_with_a_second_and_a_question_without_a_pair_is_left_out() -> None:
    a, b = np.array([9.0, NAN, 8, 7, NAN]), np.array([7.0, 3, NAN, 8, 5])
    differences, questions = question_differences(a, b, np.array([1, 1, 2, 3, 4]))
    assert differences.tolist() == [-2, 1]
    assert questions.tolist() == [1, 3]


def test_the_interval_is_scipy_s_paired_t_interval() -> None:
    rng = np.random.default_rng(1)
    a, b = rng.normal(7, 2, 30), rng.normal(7.3, 2, 30)
    ours = paired_difference(b - a, level=0.9).difference
    theirs = stats.ttest_rel(b, a).confidence_interval(0.9)
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=1e-9)
    assert (ours.n, ours.clusters) == (30, 30)


def test_the_effect_is_the_mean_over_the_sd_and_hedges_makes_it_unbiased() -> None:
    found = paired_difference(np.array([1.0, 2, 0, -1, 3]))
    assert found.sd == pytest.approx(np.sqrt(2.5))
    assert found.effect == pytest.approx(1 / np.sqrt(2.5))
    draws = np.random.default_rng(2).normal(0.8, 1, (200_000, 5))
    effects = draws.mean(axis=1) / draws.std(axis=1, ddof=1)
    correction = found.effect_unbiased / found.effect
    assert effects.mean() > 0.95
    assert correction * effects.mean() == pytest.approx(0.8, abs=0.005)


def test_what_is_detectable_is_statsmodels_with_the_noncentral_t() -> None:
    differences = np.random.default_rng(3).normal(0, 1.7, 12)
    found = paired_difference(differences)
    assert found.detectable == pytest.approx(found.sd * TTestPower().solve_power(None, 12, 0.05, 0.8), rel=1e-6)


def test_wins_losses_and_ties_are_by_question() -> None:
    found = paired_difference(np.array([0.5, 0, -1, 2, 0]))
    assert (found.wins, found.losses, found.ties) == (2, 1, 2)


def test_models_that_never_differ_have_a_p_of_1_and_no_effect() -> None:
    found = paired_difference(np.zeros(5))
    assert (found.difference.value, found.difference.se, found.p, found.sd) == (0, 0, 1, 0)
    assert np.isnan([found.effect, found.effect_unbiased, found.detectable]).all()


def test_one_question_says_nothing_of_the_error() -> None:
    found = paired_difference(np.array([3.0]))
    assert (found.difference.value, found.p) == (3, 1)
    assert np.isnan([found.difference.low, found.sd, found.effect, found.effect_unbiased, found.detectable]).all()


def test_two_questions_have_an_effect_but_no_correction_for_it() -> None:
    found = paired_difference(np.array([3.0, 1.0]))
    assert found.effect == pytest.approx(np.sqrt(2))
    assert np.isnan(found.effect_unbiased)


@settings(deadline=None)
@given(st.lists(st.integers(-36, 36), min_size=1, max_size=11), st.sampled_from([1, 2, 6, 10, 36]))
def test_p_of_scores_counts_every_sign_pattern(parts: list[int], denominator: int) -> None:
    differences = np.array(parts) / denominator
    assert sign_flip_p(differences) == pytest.approx(_flip_everything(differences), abs=1e-12)


@settings(deadline=None)
@given(st.lists(st.floats(-9, 9).filter(lambda x: abs(x) > 1e-3), min_size=1, max_size=11))
def test_p_of_any_differences_counts_every_sign_pattern(values: list[float]) -> None:
    differences = np.array(values)
    assert sign_flip_p(differences) == pytest.approx(_flip_everything(differences), abs=1e-12)


@pytest.mark.parametrize("decimals", [0, 9])
def test_p_is_scipy_s_exact_permutation_test(decimals: int) -> None:
    differences = np.random.default_rng(4).normal(1, 2, 12).round(decimals)
    theirs = stats.permutation_test((differences,), np.sum, permutation_type="samples", n_resamples=np.inf)
    assert sign_flip_p(differences) == pytest.approx(theirs.pvalue, abs=1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_p_of_many_differences_without_a_common_denominator_is_that_of_drawn_signs(seed: int) -> None:
    rng = np.random.default_rng(seed)
    differences = rng.normal(0.3, 1.5, 80)
    flipped = np.abs((rng.integers(0, 2, (40_000, 80)) * 2 - 1) @ differences)
    drawn = np.mean(flipped >= abs(differences.sum()))
    assert sign_flip_p(differences) == pytest.approx(drawn, abs=4 * np.sqrt(drawn * (1 - drawn) / 40_000) + 1e-4)


def test_a_tiny_p_is_exact_too() -> None:
    assert sign_flip_p(np.full(60, 0.5)) == pytest.approx(2**-59)
    assert 0 < sign_flip_p(np.random.default_rng(5).normal(3, 1, 90)) < 1e-15


def test_differences_that_cancel_out_have_a_p_of_1() -> None:
    assert sign_flip_p(np.array([1.5, -1.0, -0.5])) == 1
    assert sign_flip_p(np.array([np.pi, np.e, -np.pi - np.e])) == 1


@pytest.mark.parametrize("questions", [20, 40])
def test_p_is_uniform_when_there_is_no_difference(questions: int) -> None:
    draws = np.random.default_rng(questions).laplace(0, 1.7, (1000, questions))
    p = [sign_flip_p(row) for row in draws]
    assert stats.kstest(p, "uniform").pvalue > 0.01


@pytest.mark.parametrize("questions", [20, 80, 500])
def test_p_of_scores_is_at_most_alpha_as_often_as_alpha_says(questions: int) -> None:
    draws = _draws(np.random.default_rng(questions), questions, 2000 if questions < 500 else 800)
    p = np.array([sign_flip_p(row) for row in draws])
    assert 0.03 <= np.mean(p <= 0.05) <= 0.06
    assert np.mean(p <= 0.5) == pytest.approx(0.48, abs=0.06)


@pytest.mark.parametrize("questions", [20, 80, 500])
def test_95_percent_intervals_of_the_difference_hold_it_in_93_to_97_of_100(questions: int) -> None:
    draws = _draws(np.random.default_rng(questions), questions, 2000)
    questions_of = np.tile(np.arange(questions), 2000)
    estimates = clustered_means(draws.ravel(), questions_of, np.repeat(np.arange(2000), questions))
    one = paired_difference(draws[0]).difference
    assert (one.low, one.high) == pytest.approx((estimates[0].low, estimates[0].high))
    assert 0.93 <= np.mean([e.low <= 0 <= e.high for e in estimates]) <= 0.97


def test_a_comparison_takes_milliseconds() -> None:
    differences = _draws(np.random.default_rng(0), 500, 1)[0]
    paired_difference(differences)
    start = time.process_time()
    paired_difference(differences)
    assert time.process_time() - start < 0.1


def test_shapes_that_do_not_fit_are_a_bug() -> None:
    with pytest.raises(ValueError, match="differ in shape"):
        question_differences(np.zeros(2), np.zeros(3), np.zeros(2, dtype=np.intp))
    with pytest.raises(ValueError, match="at least one"):
        paired_difference(np.zeros(0))
