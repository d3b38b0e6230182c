"""Rank correlations, beside those of scipy."""

import warnings
from collections.abc import Callable

import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st

from mtbench.stats.games import Floats
from mtbench.stats.rank_correlations import kendall, spearman

LISTS = st.integers(2, 12).flatmap(
    lambda n: st.tuples(*[st.lists(st.sampled_from([-np.inf, -1, 0, 0.5, 2, np.inf]), min_size=n, max_size=n)] * 2)
)


@given(LISTS)
@settings(deadline=None)
def test_both_are_those_of_scipy_with_ties_and_infinite_figures(lists: tuple[list[float], list[float]]) -> None:
    a, b = np.array(lists[0]), np.array(lists[1])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", scipy.stats.ConstantInputWarning)
        rho = scipy.stats.spearmanr(scipy.stats.rankdata(a), scipy.stats.rankdata(b)).statistic
    tau = scipy.stats.kendalltau(scipy.stats.rankdata(a), scipy.stats.rankdata(b)).statistic
    np.testing.assert_allclose(spearman(a, b), rho, atol=1e-12)
    np.testing.assert_allclose(kendall(a, b), tau, atol=1e-12)


def test_both_are_those_of_scipy_on_many_figures() -> None:
    rng = np.random.default_rng(1)
    a = rng.normal(size=300)
    b = a + rng.normal(size=300)
    assert spearman(a, b) == pytest.approx(scipy.stats.spearmanr(a, b).statistic, abs=1e-12)
    assert kendall(a, b) == pytest.approx(scipy.stats.kendalltau(a, b).statistic, abs=1e-12)


@pytest.mark.parametrize("correlation", [spearman, kendall])
def test_what_is_not_known_is_nan_and_lists_of_other_lengths_are_refused(
    correlation: Callable[[Floats, Floats], float],
) -> None:
    assert np.isnan(correlation(np.array([1, np.nan, 3]), np.array([1.0, 2, 3])))
    assert np.isnan(correlation(np.ones(3), np.array([1.0, 2, 3])))
    assert np.isnan(correlation(np.ones(0), np.ones(0)))
    with pytest.raises(ValueError, match="one length"):
        correlation(np.ones(2), np.ones(3))
