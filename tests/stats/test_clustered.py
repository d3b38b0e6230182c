"""Means of clusters, with their error."""

import time

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from mtbench.stats.clustered import bootstrap_mean, bootstrap_means, clustered_mean, clustered_means
from mtbench.stats.estimates import Estimate

DRAWS = 2000


def _scores(rng: np.random.Generator, questions: int, draws: int) -> NDArray[np.float64]:
    """Skewed scores 1..10 of two turns, shape (draws, questions, 2), that share most of their question's ease."""
    ease = rng.beta(5, 1.6, (draws, questions, 1)) * 9 + 1
    return np.clip(np.rint(ease + rng.normal(0, 1.2, (draws, questions, 2))), 1, 10)


TRUE = float(_scores(np.random.default_rng(0), 1, 1_000_000).mean())


def _as_tuple(estimate: Estimate) -> tuple[float, ...]:
    return estimate.value, estimate.low, estimate.high, estimate.se, estimate.n, estimate.clusters


def test_it_is_statsmodels_cluster_robust_mean_of_unequal_clusters() -> None:
    rng = np.random.default_rng(1)
    clusters = rng.integers(0, 17, 90) * 3
    values = rng.normal(7, 1, 90) + clusters / 20
    fit = sm.OLS(values, np.ones(90)).fit()
    # statsmodels multiplies by (n−1)/(n−k) too, which is 1 for a constant.
    robust = fit.get_robustcov_results("cluster", groups=clusters, use_t=True)
    ours = clustered_mean(values, clusters)
    assert ours.value == pytest.approx(robust.params[0], abs=1e-9)
    assert ours.se == pytest.approx(robust.bse[0], abs=1e-9)
    assert (ours.low, ours.high) == pytest.approx(tuple(robust.conf_int(0.05)[0]), abs=1e-9)
    assert (ours.n, ours.clusters) == (90, len(set(clusters.tolist())))


def test_with_a_value_a_cluster_it_is_the_t_interval() -> None:
    values = np.array([7.0, 9, 4, 10, 8])
    ours = clustered_mean(values, np.arange(5), level=0.9)
    low, high = stats.t.interval(0.9, 4, values.mean(), stats.sem(values))
    assert (ours.low, ours.high) == pytest.approx((low, high))


def test_turns_that_agree_are_no_more_evidence_than_one_of_them() -> None:
    values, clusters = np.array([7.0, 9, 4, 10, 8]), np.arange(5)
    once = clustered_mean(values, clusters)
    twice = clustered_mean(np.tile(values, 2), np.tile(clusters, 2))
    assert (twice.low, twice.high, twice.n) == pytest.approx((once.low, once.high, 10))


def test_one_cluster_says_nothing_of_the_error() -> None:
    values, clusters = np.array([7.0, 9]), np.array([4, 4])
    for estimate in (clustered_mean(values, clusters), bootstrap_mean(values, clusters, np.random.default_rng(0))):
        assert (estimate.value, estimate.n, estimate.clusters) == (8, 2, 1)
        assert np.isnan([estimate.low, estimate.high, estimate.se]).all()


def test_many_models_at_once_are_each_model_alone() -> None:
    rng = np.random.default_rng(2)
    groups, clusters, values = rng.integers(0, 6, 300), rng.integers(0, 12, 300), rng.normal(size=300)
    groups[groups == 3] = 2
    together = clustered_means(values, clusters, groups)
    for code, estimate in enumerate(together):
        if code == 3:
            assert (estimate.n, estimate.clusters, np.isnan(estimate.value)) == (0, 0, True)
        else:
            alone = clustered_mean(values[groups == code], clusters[groups == code])
            assert _as_tuple(estimate) == pytest.approx(_as_tuple(alone))


def test_a_hundred_thousand_scores_take_a_moment() -> None:
    rng = np.random.default_rng(3)
    groups, clusters = rng.integers(0, 50, 100_000), rng.integers(0, 1000, 100_000)
    values = rng.integers(1, 11, 100_000).astype(float)
    clustered_means(values[:9], clusters[:9], groups[:9])
    took = []
    for _ in range(5):
        start = time.process_time()
        clustered_means(values, clusters, groups)
        took.append(time.process_time() - start)
    assert min(took) < 0.05


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(1, 10), st.integers(0, 5)), min_size=2), st.floats(-1e6, 1e6))
def test_a_shift_of_the_scale_moves_the_interval_and_not_its_width(rows: list[tuple[int, int]], shift: float) -> None:
    values, clusters = np.array([float(row[0]) for row in rows]), np.array([row[1] for row in rows])
    here, there = clustered_mean(values, clusters), clustered_mean(values + shift, clusters)
    assert there.value == pytest.approx(here.value + shift, abs=1e-8)
    assert there.se == pytest.approx(here.se, abs=1e-7, nan_ok=True)


@pytest.mark.parametrize("questions", [20, 80, 500])
def test_95_percent_intervals_hold_the_truth_in_93_to_97_of_100(questions: int) -> None:
    scores = _scores(np.random.default_rng(questions), questions, DRAWS)
    clusters = np.tile(np.repeat(np.arange(questions), 2), DRAWS)
    estimates = clustered_means(scores.ravel(), clusters, np.repeat(np.arange(DRAWS), questions * 2))
    assert 0.93 <= np.mean([e.low <= TRUE <= e.high for e in estimates]) <= 0.97


def test_ignoring_the_clusters_would_not_hold_it() -> None:
    scores = _scores(np.random.default_rng(80), 80, DRAWS)
    estimates = clustered_means(scores.ravel(), np.tile(np.arange(160), DRAWS), np.repeat(np.arange(DRAWS), 160))
    assert np.mean([e.low <= TRUE <= e.high for e in estimates]) < 0.93


@pytest.mark.parametrize("questions", [20, 80])
def test_the_bootstrap_holds_the_truth_as_often_with_some_second_turns_missing(questions: int) -> None:
    rng = np.random.default_rng(questions)
    scores = _scores(rng, questions, DRAWS)
    held = 0
    for table in scores:
        there = rng.random((questions, 2)) < (1, 0.5)
        clusters = np.repeat(np.arange(questions), there.sum(axis=1))
        estimate = bootstrap_mean(table[there], clusters, rng, draws=600)
        held += estimate.low <= TRUE <= estimate.high
    assert 0.93 <= held / DRAWS <= 0.97


def test_the_bootstrap_s_error_is_the_sandwich_s_and_its_interval_keeps_to_the_scale() -> None:
    rng = np.random.default_rng(5)
    clusters = np.repeat(np.arange(40), 2)
    values = np.full(80, 10.0)
    values[:2] = 2.0
    ours, theirs = bootstrap_mean(values, clusters, rng, draws=20_000), clustered_mean(values, clusters)
    assert ours.value == theirs.value
    assert ours.se == pytest.approx(theirs.se, rel=0.02)
    assert ours.high == 10 < theirs.high


def test_shapes_that_do_not_fit_are_a_bug() -> None:
    values = np.array([1.0, 2.0])
    with pytest.raises(ValueError, match="as long as"):
        clustered_mean(values, np.array([0]))
    with pytest.raises(ValueError, match="as long as"):
        bootstrap_mean(np.array([]), np.array([], dtype=np.intp), np.random.default_rng(0))
    with pytest.raises(ValueError, match="codes from 0"):
        clustered_means(values, np.array([0, 1]), np.array([0, -1]))


def test_the_bootstrap_of_several_is_that_of_each_and_unknown_with_one_cluster() -> None:
    rng = np.random.default_rng(4)
    values = rng.normal(5, 1, (2, 60))
    counts = np.ones((3, 60))
    counts[2, 1:] = 0
    sums = np.vstack([values, np.concatenate([[4.0], np.zeros(59)])])
    several = bootstrap_means(sums, counts, np.random.default_rng(1), draws=4000)
    for row in (0, 1):
        alone = bootstrap_mean(values[row], np.arange(60), np.random.default_rng(2), draws=4000)
        assert several[row].value == pytest.approx(alone.value)
        assert (several[row].low, several[row].high) == pytest.approx((alone.low, alone.high), abs=0.03)
    assert several[2].value == 4.0
    assert np.isnan(several[2].low)


def test_sums_and_counts_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="tables of models by clusters"):
        bootstrap_means(np.zeros((2, 3)), np.zeros((3, 2)), np.random.default_rng(1))
