"""Errors of figures of sums."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from mtbench.stats.resampled import bootstrap_of_sums

Floats = NDArray[np.float64]


def _ratio(sums: Floats) -> Floats:
    with np.errstate(invalid="ignore"):
        return np.asarray(sums[:, 0] / sums[:, 1])


def _variance(sums: Floats) -> Floats:
    return np.asarray(sums[:, 1] / sums[:, 2] - (sums[:, 0] / sums[:, 2]) ** 2)


def test_it_is_scipys_bca_at_the_level_that_makes_up_for_few_clusters() -> None:
    """The variance of a sample is biased and skewed, so that both corrections show."""
    rng = np.random.default_rng(0)
    values = rng.gamma(2, 1, 15)
    ours = bootstrap_of_sums(np.column_stack([values, values**2, np.ones(15)]), _variance, 15, rng, draws=20_000)
    theirs = stats.bootstrap(
        (values,),
        np.var,
        vectorized=True,
        confidence_level=1 - 2 * stats.norm.cdf(-np.sqrt(15 / 14) * stats.t.ppf(0.975, 14)),
        n_resamples=20_000,
        batch=4000,
        rng=rng,
    )
    assert ours.value == pytest.approx(np.var(values))
    width = theirs.confidence_interval.high - theirs.confidence_interval.low
    assert ours.low == pytest.approx(theirs.confidence_interval.low, abs=width / 50)
    assert ours.high == pytest.approx(theirs.confidence_interval.high, abs=width / 30)
    assert ours.se == pytest.approx(theirs.standard_error * np.sqrt(15 / 14), rel=0.02)
    assert (ours.n, ours.clusters) == (15, 15)


def test_a_figure_that_does_not_vary_shows_no_error() -> None:
    rng = np.random.default_rng(0)
    for sums, value in ((np.ones((5, 2)), 1), (np.ones((1, 2)), 1), (np.zeros((5, 2)), np.nan)):
        found = bootstrap_of_sums(sums, _ratio, 9, rng, draws=50)
        assert found.value == pytest.approx(value, nan_ok=True)
        assert np.isnan([found.low, found.high, found.se]).all()
        assert (found.n, found.clusters) == (9, len(sums))


def test_draws_without_a_figure_do_not_count_nor_do_clusters_without_which_there_is_none() -> None:
    sums = np.array([[0.5, 1.0], [0.7, 1.0], *[[0.0, 0.0]] * 4])
    found = bootstrap_of_sums(sums, _ratio, 2, np.random.default_rng(0), draws=500)
    assert 0.5 <= found.low < found.value < found.high <= 0.7
    single = np.array([[0.5, 1.0], [0.0, 0.0]])
    assert np.isnan(bootstrap_of_sums(single, _ratio, 1, np.random.default_rng(0), draws=50).se)


def test_with_three_clusters_one_of_them_far_off_it_stays_within_what_was_drawn() -> None:
    found = bootstrap_of_sums(np.array([[0.0, 1], [0, 1], [1, 1]]), _ratio, 3, np.random.default_rng(0))
    assert (found.low, found.high) == (0, 1)


def test_large_sums_are_drawn_in_blocks_with_the_same_result() -> None:
    sums = np.random.default_rng(1).random((30, 2))
    narrow = bootstrap_of_sums(sums, _ratio, 30, np.random.default_rng(2), draws=100)
    padded = np.concatenate([sums, np.zeros((30, 20_000))], axis=1)
    wide = bootstrap_of_sums(padded, _ratio, 30, np.random.default_rng(2), draws=100)
    assert (wide.low, wide.high, wide.se) == pytest.approx((narrow.low, narrow.high, narrow.se))


def test_sums_of_another_shape_are_a_bug() -> None:
    for sums in (np.ones(3), np.ones((0, 2))):
        with pytest.raises(ValueError, match="table of clusters"):
            bootstrap_of_sums(sums, _ratio, 3, np.random.default_rng(0))
