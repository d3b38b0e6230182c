"""A benchmark's own quality."""

import numpy as np
import pytest
import scipy.stats

from mtbench.stats.quality import Agreement, Separability, agreement, brier, separability

LOW = np.array([9.0, 7, 6.5, 1])
HIGH = np.array([10.0, 8, 7.5, 3])


def test_pairs_whose_intervals_share_no_point_are_separated() -> None:
    found = separability(LOW, HIGH)
    assert found == Separability(separated=5, pairs=6)
    assert found.share == 5 / 6
    assert separability(np.array([1.0, 2]), np.array([2.0, 3])).separated == 0  # they share a point


def test_an_unknown_end_separates_nothing_and_an_open_one_may() -> None:
    assert separability(np.array([1.0, np.nan]), np.array([2.0, np.nan])).separated == 0
    assert separability(np.array([1.0, 3]), np.array([2.0, np.inf])).separated == 1
    assert np.isnan(separability(np.ones(1), np.ones(1)).share)


def test_agreement_counts_pairs_that_both_separate() -> None:
    """The reference separates 0 from the rest, which is so, and puts 3 above 2, which is not; 1 it cannot tell."""
    reference_low, reference_high = np.array([20.0, 1, 1, 8]), np.array([21.0, 9, 2, 9])
    found = agreement(LOW, HIGH, reference_low, reference_high)
    assert found == Agreement(agree=3, disagree=1, reference_separates=4, pairs=6)
    assert found.of_all_pairs == 2 / 6
    assert found.of_separated_pairs == 2 / 4
    assert agreement(LOW, HIGH, LOW, HIGH).of_all_pairs == separability(LOW, HIGH).share
    assert agreement(LOW, HIGH, LOW, HIGH).of_separated_pairs == 1
    assert agreement(LOW, HIGH, -HIGH, -LOW).of_separated_pairs == -1


def test_agreement_with_a_reference_that_separates_nothing_is_not_known() -> None:
    found = agreement(LOW, HIGH, np.zeros(4), np.ones(4))
    assert found.of_all_pairs == 0
    assert np.isnan(found.of_separated_pairs)
    assert np.isnan(agreement(np.ones(1), np.ones(1), np.ones(1), np.ones(1)).of_all_pairs)


def test_brier_score_is_the_squared_error_of_the_order_foretold() -> None:
    value, se, reference = np.array([3.0, 1, 2]), np.array([0.3, 0.4, 1.2]), np.array([1200.0, 1100, 1000])
    sure = [scipy.stats.norm.cdf(2 / 0.5), scipy.stats.norm.cdf(1 / 1.53**0.5), scipy.stats.norm.cdf(-1 / 1.6**0.5)]
    found = brier(value, se, reference)
    assert found.score == pytest.approx(np.mean([(1 - chance) ** 2 for chance in sure]), abs=1e-12)
    assert found.pairs == 3
    assert brier(-value, se, -reference).score == pytest.approx(found.score)


def test_brier_score_is_0_for_the_sure_and_right_1_for_the_sure_and_wrong_and_a_quarter_for_guesses() -> None:
    three, none = np.array([1.0, 2, 3]), np.zeros(3)
    assert brier(three, none, three).score == 0
    assert brier(three, none, -three).score == 1
    assert brier(none, none, three).score == brier(none, np.ones(3), three).score == 0.25


def test_brier_score_leaves_out_what_is_not_known() -> None:
    value, se = np.array([1.0, 2, np.nan, np.inf]), np.array([0.1, np.nan, 0.1, 0.1])
    found = brier(value, se, np.array([1.0, 2, 3, 4]))
    assert (found.score, found.pairs) == (0, 1)
    nothing = brier(np.array([1.0, 2]), np.ones(2), np.array([5.0, 5]))
    assert np.isnan(nothing.score)
    assert nothing.pairs == 0


def test_shapes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="two ends"):
        separability(np.ones(2), np.ones(3))
    with pytest.raises(ValueError, match="4 models, the reference 2"):
        agreement(LOW, HIGH, np.ones(2), np.ones(2))
    with pytest.raises(ValueError, match="differ"):
        brier(np.ones(2), np.ones(3), np.ones(2))
