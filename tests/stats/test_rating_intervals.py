"""How far ratings can be trusted: known truth is held as often as is said."""

import numpy as np
import pytest
import statsmodels.api as sm

from mtbench.stats.games import Floats, count_games
from mtbench.stats.ranks import ranks
from mtbench.stats.rating_intervals import RatingIntervals, bootstrap, resampled, sandwich
from mtbench.stats.ratings import SCALE, Anchor
from tests.stats.simulated import population, votes

SIZES = pytest.mark.parametrize("questions", [20, 80, 500])


def coverage(found: list[RatingIntervals], truth: Floats) -> Floats:
    return np.asarray(np.mean([(one.low <= truth) & (truth <= one.high) for one in found], axis=0))


@SIZES
def test_sandwich_holds_the_truth_in_95_of_100_where_games_of_a_question_depend(questions: int) -> None:
    rng = np.random.default_rng(11)
    asked = population(0.8, rng)
    found = [sandwich(asked.games(questions, 2, rng)) for _ in range(2000)]
    held = coverage(found, asked.true_ratings())
    assert np.all((held > 0.93) & (held < 0.97)), held


@SIZES
def test_bootstrap_holds_the_truth_in_95_of_100_where_games_of_a_question_depend(questions: int) -> None:
    rng = np.random.default_rng(12)
    asked = population(0.8, rng)
    found = [bootstrap(asked.games(questions, 2, rng), rng, draws=79) for _ in range(1000)]
    held = coverage(found, asked.true_ratings())
    assert np.all((held > 0.93) & (held < 0.97)), held


def test_difference_from_the_anchor_is_held_as_often() -> None:
    rng = np.random.default_rng(13)
    asked = population(0.8, rng)
    anchor = Anchor(1, 0)
    found = [sandwich(asked.games(80, 2, rng), anchor=anchor) for _ in range(1000)]
    held = coverage(found, asked.true_ratings(anchor))
    assert held[1] == 1
    assert np.all((held[[0, 2]] > 0.93) & (held[[0, 2]] < 0.97)), held


def test_sandwich_of_single_votes_holds_the_truth_as_often() -> None:
    rng = np.random.default_rng(14)
    held = coverage([sandwich(votes(300, rng)) for _ in range(2000)], population(0, rng).true_ratings())
    assert np.all((held > 0.93) & (held < 0.97)), held


def test_intervals_that_forget_the_questions_are_too_narrow() -> None:
    """So clusters are not idle: the turns and orders of a question say much the same."""
    rng = np.random.default_rng(15)
    asked = population(2.0, rng)
    truth = asked.true_ratings()
    assert coverage([sandwich(asked.games(40, 8, rng)) for _ in range(300)], truth).min() > 0.9
    assert coverage([sandwich(asked.games(40, 8, rng, clustered=False)) for _ in range(300)], truth).max() < 0.8


@pytest.mark.parametrize("clustered", [True, False])
def test_sandwich_is_that_of_a_logistic_regression_in_statsmodels(clustered: bool) -> None:
    rng = np.random.default_rng(16)
    models, n, questions = 5, 600, 40
    first = rng.integers(models, size=n)
    second = (first + rng.integers(1, models, size=n)) % models
    points = rng.integers(0, 2, size=n).astype(np.float64)
    clusters = rng.integers(questions, size=n) if clustered else np.arange(n)
    found = sandwich(count_games(first, second, points, models, clusters if clustered else None), anchor=Anchor(2, 0))
    design = np.zeros((n, models))
    design[np.arange(n), first] = 1
    design[np.arange(n), second] = -1
    others = [0, 1, 3, 4]
    fit = sm.Logit(points, design[:, others]).fit(disp=0, tol=1e-12)
    robust = sm.Logit(points, design[:, others]).fit(
        disp=0, cov_type="cluster", cov_kwds={"groups": clusters, "use_correction": False}, tol=1e-12
    )
    count = len(set(clusters.tolist()))
    np.testing.assert_allclose(found.ratings.rating[others], SCALE * fit.params, atol=1e-6)
    np.testing.assert_allclose(found.se[others], SCALE * robust.bse * np.sqrt(count / (count - 1)), rtol=1e-6)
    assert found.se[2] == 0


def test_bootstrap_and_sandwich_agree_on_many_votes() -> None:
    rng = np.random.default_rng(17)
    battles = votes(20_000, rng)
    drawn, computed = bootstrap(battles, rng, draws=2000), sandwich(battles)
    np.testing.assert_allclose(drawn.se, computed.se, rtol=0.06)
    np.testing.assert_allclose(drawn.low, computed.low, atol=0.25 * computed.se.max())
    np.testing.assert_allclose(drawn.high, computed.high, atol=0.25 * computed.se.max())
    assert drawn.draws.shape == (2000, 3)
    assert drawn.lost == 0
    np.testing.assert_allclose(drawn.draws.mean(axis=1), 1000)


def test_resamples_draw_whole_clusters_as_often_as_there_are() -> None:
    """Cluster 0 has one game, cluster 1 two, of another pair: a resample shows how often each was drawn."""
    rng = np.random.default_rng(18)
    games = count_games([0, 2, 2], [1, 3, 3], [1, 1, 0], models=4, clusters=[0, 1, 1])
    points = np.concatenate(list(resampled(games, rng, 70_000)))
    ones, twos = points[:, 0, 1], points[:, 2, 3]
    assert np.all(ones + twos == 2)
    assert np.all(points[:, 3, 2] == twos)
    np.testing.assert_allclose([np.mean(ones == 0), np.mean(ones == 1)], [0.25, 0.5], atol=0.01)


def test_draws_that_fall_apart_are_counted_and_leave_an_end_open() -> None:
    """Model 0 lost one game of 30: a third of all draws have no such game, and say that it may be any good."""
    rng = np.random.default_rng(19)
    games = count_games([0] * 30 + [1] * 40, [1] * 30 + [2] * 40, [1] * 29 + [0] + [1, 0] * 20, models=3)
    found = bootstrap(games, rng, draws=1000)
    assert 250 < found.lost < 500
    assert found.high[0] == np.inf
    assert np.isfinite(found.low).all()
    assert np.isinf(found.draws[:, 0]).sum() == found.lost
    assert np.isnan(found.se[0])
    assert np.isfinite(found.high[1:]).all()
    anchored = bootstrap(games, rng, draws=1000, anchor=Anchor(0, 0))
    assert anchored.low[0] == anchored.high[0] == 0
    assert np.all(anchored.low[1:] == -np.inf)
    assert np.isfinite(anchored.high[1:]).all()


def test_models_without_a_finite_rating_have_no_interval_and_the_others_theirs() -> None:
    rng = np.random.default_rng(20)
    games = count_games([0, 1] * 20 + [2] * 5, [1, 0] * 20 + [0] * 5, [1] * 45, models=4)
    for found in (bootstrap(games, rng, draws=200), sandwich(games)):
        assert found.ratings.rating[2] == np.inf
        assert np.isnan(found.low[2:]).all()
        assert np.isnan(found.se[2:]).all()
        assert found.clusters == 40
        assert np.all(found.low[:2] < 1000)
        assert np.all(found.high[:2] > 1000)
        assert ranks(found.low, found.high).tolist() == [1, 1, 1, 1]


def test_one_question_shows_no_error_and_a_few_need_more_draws() -> None:
    rng = np.random.default_rng(21)
    one = count_games([0, 1], [1, 0], [1, 0.5], models=2, clusters=[0, 0])
    for found in (bootstrap(one, rng), sandwich(one)):
        assert np.isfinite(found.ratings.rating).all()
        assert np.isnan([found.low, found.high, found.se]).all()
    few = count_games([0, 1] * 4, [1, 0] * 4, [1, 0.5] * 4, models=2, clusters=[0, 0, 1, 1, 2, 2, 3, 3])
    drawn = bootstrap(few, rng, draws=200)
    assert np.isnan(drawn.low).all()
    assert np.isfinite(drawn.se).all()
    with pytest.raises(ValueError, match="two draws"):
        bootstrap(few, rng, draws=1)


def test_rank_is_one_more_than_the_number_wholly_above() -> None:
    low, high = np.array([10, 8, 5, 0, np.nan]), np.array([12, 11, 7, 5, np.nan])
    assert ranks(low, high).tolist() == [1, 1, 3, 3, 1]
    assert ranks(np.array([2.0, 1.0]), np.array([np.inf, 1.5])).tolist() == [1, 2]
