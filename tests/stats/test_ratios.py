"""Shares of counts that depend on each other within clusters."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from mtbench.stats.ratios import clustered_balance, clustered_ratio
from mtbench.stats.winrate_intervals import clustered_win_rate


def _floats(*values: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.array(values, np.float64)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4), st.integers(0, 5)), min_size=1))
def test_it_is_the_clustered_win_rate_of_as_many_ones_and_zeros(rows: list[tuple[int, int, int]]) -> None:
    ones, zeros, clusters = np.array(rows).T
    ours = clustered_ratio(ones.astype(float), (ones + zeros).astype(float), clusters)
    if not (ones + zeros).any():
        assert (ours.n, ours.clusters) == (0, 0)
        assert np.isnan([ours.value, ours.low, ours.high, ours.se]).all()
        return
    values = np.repeat(np.tile([1.0, 0.0], len(rows)), np.column_stack([ones, zeros]).ravel())
    if ours.se < 1e-9:
        return  # the other takes an error of rounding for one
    theirs = clustered_win_rate(values, np.repeat(clusters, ones + zeros))
    assert (ours.n, ours.clusters) == (theirs.n, theirs.clusters)
    for one, other in [(ours.value, theirs.value), (ours.low, theirs.low), (ours.high, theirs.high)]:
        assert one == pytest.approx(other, abs=1e-9, nan_ok=True)
    assert ours.se == pytest.approx(theirs.se, abs=1e-9, nan_ok=True)


def test_clusters_that_are_all_alike_count_as_one_each_though_their_share_is_rounded() -> None:
    assert 0.28 * 25 != 7
    ours = clustered_ratio(_floats(7, 7), _floats(25, 25), np.array([0, 1]))
    assert ours.value == 0.28
    assert ours.low < 0.05
    assert ours.high > 0.95


def test_its_ends_are_the_values_that_the_ratio_is_t_errors_from() -> None:
    ours = clustered_ratio(_floats(3, 1, 4, 2, 5), _floats(4, 2, 4, 5, 5), np.arange(5))
    alone = ours.value * (1 - ours.value) / ours.se**2
    for end in (ours.low, ours.high):
        assert abs(ours.value - end) / np.sqrt(end * (1 - end) / alone) == pytest.approx(stats.t.ppf(0.975, 4))


def test_parts_may_be_halves_and_thirds() -> None:
    third = 1 / 3
    ours = clustered_ratio(_floats(third + third + third, 0.5), _floats(1, 1), np.array([0, 1]))
    assert ours.value == pytest.approx(0.75)
    assert ours.n == 2


def test_shapes_that_do_not_fit_and_parts_beyond_their_wholes_are_a_bug() -> None:
    with pytest.raises(ValueError, match="differ in shape"):
        clustered_ratio(_floats(1), _floats(1, 2), np.array([0]))
    for part in (-0.5, 1.5):
        with pytest.raises(ValueError, match="from 0 to its whole"):
            clustered_ratio(_floats(part), _floats(1), np.array([0]))


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(-1, 1), st.integers(0, 5)), min_size=1))
def test_a_balance_turned_round_is_its_mirror_image(rows: list[tuple[float, int]]) -> None:
    values, clusters = np.array([row[0] for row in rows]), np.array([row[1] for row in rows])
    ours, turned = clustered_balance(values, clusters), clustered_balance(-values, clusters)
    assert ours.value == pytest.approx(values.mean(), abs=1e-12)
    np.testing.assert_allclose([turned.low, turned.high], [-ours.high, -ours.low], atol=1e-9)
    if ours.clusters > 1:
        assert ours.low - 1e-9 <= ours.value <= ours.high + 1e-9


def test_a_balance_of_one_kind_reaches_beyond_0_as_far_as_the_other_might() -> None:
    values = _floats(1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0)
    share = clustered_ratio(values, np.ones(12), np.arange(12))
    none = clustered_ratio(np.zeros(12), np.ones(12), np.arange(12))
    ours = clustered_balance(values, np.arange(12))
    assert ours.high == pytest.approx(share.high)
    assert ours.low == pytest.approx(share.value - np.hypot(share.value - share.low, none.high))


def test_a_balance_of_nothing_is_unknown_and_one_beyond_1_is_refused() -> None:
    nothing = clustered_balance(_floats(), np.empty(0, np.intp))
    assert (nothing.n, nothing.clusters) == (0, 0)
    assert np.isnan(nothing.value)
    with pytest.raises(ValueError, match="from 0 to its whole"):
        clustered_balance(_floats(1.5), np.array([0]))
    with pytest.raises(ValueError, match="differ in shape"):
        clustered_balance(_floats(1.0), np.array([0, 1]))


def test_a_share_of_none_is_as_clustered_as_the_other_one() -> None:
    """Eight clusters of six, in which only the one side ever shows: as many clusters alone would leave 0 within."""
    values = np.array([1.0, 0.0, 1.0, 0.0, 0.0, 0.0] * 4 + [0.0, 1.0, 1.0, 1.0, 0.0, 0.0] * 4)
    clusters = np.repeat(np.arange(8), 6)
    ours = clustered_balance(values, clusters)
    assert ours.low > 0.15
    turned = clustered_balance(-values, clusters)
    assert (turned.low, turned.high) == pytest.approx((-ours.high, -ours.low))


def test_the_interval_of_a_balance_holds_the_truth_where_one_share_hardly_shows() -> None:
    rng = np.random.default_rng(2)
    for clusters, shares in ((8, (0.4, 0.0)), (20, (0.4, 0.02)), (50, (0.1, 0.01))):
        odds = np.maximum([*shares, 1 - sum(shares)], 1e-9)
        held = 0
        for _ in range(400):
            chances = rng.dirichlet(odds * 9, clusters).repeat(6, axis=0)
            drawn = (rng.random(len(chances))[:, None] > chances.cumsum(axis=1)).sum(axis=1)
            values = np.array([1.0, -1.0, 0.0])[np.minimum(drawn, 2)]
            found = clustered_balance(values, np.arange(clusters).repeat(6))
            held += found.low <= shares[0] - shares[1] <= found.high
        assert held >= 0.93 * 400
