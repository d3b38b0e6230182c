"""How far win rates can be trusted: known truth is held as often as is said."""

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.proportion import proportion_confint

from mtbench.stats.clustered import clustered_mean
from mtbench.stats.games import Codes, Floats
from mtbench.stats.winrate_intervals import clustered_win_rate, wilson


@pytest.mark.parametrize(("wins", "games"), [(0, 7), (7, 7), (3, 10), (50, 80), (400, 1000)])
@pytest.mark.parametrize("level", [0.9, 0.95, 0.99])
def test_wilson_is_that_of_statsmodels(wins: int, games: int, level: float) -> None:
    ours = wilson(wins, games, level)
    theirs = proportion_confint(wins, games, alpha=1 - level, method="wilson")
    np.testing.assert_allclose((ours.low, ours.high), theirs, atol=1e-12)
    assert (ours.value, ours.n, ours.clusters) == (wins / games, games, games)


def test_a_tie_is_half_a_win() -> None:
    assert wilson(2.5, 5).value == 0.5


@pytest.mark.parametrize(("wins", "games"), [(0, 0), (-1, 5), (6, 5)])
def test_what_is_no_share_is_refused(wins: float, games: int) -> None:
    with pytest.raises(ValueError, match="no share"):
        wilson(wins, games)


def test_error_of_a_clustered_win_rate_is_the_sandwich_of_statsmodels() -> None:
    rng = np.random.default_rng(1)
    points, clusters = rng.choice([0, 0.5, 1], size=90), rng.integers(25, size=90)
    ours = clustered_win_rate(points, clusters)
    theirs = sm.OLS(points, np.ones(90)).fit(cov_type="cluster", cov_kwds={"groups": clusters, "use_correction": False})
    count = len(set(clusters.tolist()))
    assert ours.value == pytest.approx(theirs.params[0], abs=1e-12)
    assert ours.se == pytest.approx(theirs.bse[0] * np.sqrt(count / (count - 1)), rel=1e-10)
    assert (ours.n, ours.clusters) == (90, count)


def test_interval_is_wilsons_for_as_many_games_as_give_that_error() -> None:
    """With many clusters t is z, and games without clusters have the binomial's own error, up to n/(n-1)."""
    points = np.tile([1.0, 1, 1, 0], 50_000)
    alone = clustered_win_rate(points, np.arange(len(points)))
    np.testing.assert_allclose(
        (alone.low, alone.high), proportion_confint(150_000, 200_000, method="wilson"), atol=1e-6
    )
    fourfold = clustered_win_rate(np.repeat(points, 4), np.repeat(np.arange(len(points)), 4))
    np.testing.assert_allclose((fourfold.low, fourfold.high), (alone.low, alone.high), atol=1e-12)


@pytest.mark.parametrize("questions", [20, 80, 500])
@pytest.mark.parametrize("chance", [0.5, 0.8])
@pytest.mark.parametrize("tie", [0.0, 0.5])
def test_true_rate_is_held_in_95_of_100_where_games_of_a_question_depend(
    questions: int, chance: float, tie: float
) -> None:
    """Each question has its own chance, and is played in two turns and both orders; a tie may be half a win or none."""
    rng = np.random.default_rng(2)
    each = rng.beta(3 * chance, 3 * (1 - chance), (2000, questions, 1))
    drawn = rng.random((2000, questions, 4))
    points = np.where(drawn < 0.2, tie, drawn < 0.2 + 0.8 * each).reshape(2000, -1)
    clusters = np.repeat(np.arange(questions), 4)
    truth = 0.2 * tie + 0.8 * chance
    found = [clustered_win_rate(row, clusters) for row in points]
    held = np.mean([one.low <= truth <= one.high for one in found])
    assert 0.93 < held < 0.97


def test_near_the_end_of_the_scale_it_holds_the_truth_where_the_plain_interval_does_not() -> None:
    rng = np.random.default_rng(3)
    each = rng.beta(3 * 0.96, 3 * 0.04, (2000, 20, 1))
    points = (rng.random((2000, 20, 4)) < each).astype(np.float64).reshape(2000, -1)
    clusters = np.repeat(np.arange(20), 4)

    def held(found: list[tuple[float, float]]) -> float:
        return float(np.mean([low <= 0.96 <= high for low, high in found]))

    ours = [clustered_win_rate(row, clusters) for row in points]
    plain = [clustered_mean(row, clusters) for row in points]
    assert held([(one.low, one.high) for one in plain]) < 0.88
    assert held([(one.low, one.high) for one in ours]) > 0.93


def test_games_that_all_came_out_alike_show_an_error_as_if_each_question_were_one_game() -> None:
    clusters = np.repeat(np.arange(10), 4)
    won = clustered_win_rate(np.ones(40), clusters)
    assert (won.value, won.high, won.se) == (1, 1, 0)
    assert 0.6 < won.low < wilson(10, 10).low  # t is wider than z
    level = clustered_win_rate(np.tile([1.0, 0, 0.5, 0.5], 10), clusters)
    assert level.se == 0
    assert level.low < 0.25


def test_one_question_shows_no_error() -> None:
    one = clustered_win_rate(np.array([1.0, 0, 1]), np.zeros(3, np.intp))
    assert one.value == pytest.approx(2 / 3)
    assert np.isnan([one.low, one.high, one.se]).all()


@pytest.mark.parametrize("points", [[1.5, 0], [-0.5, 0]])
def test_points_beyond_a_win_or_a_loss_are_refused(points: list[float]) -> None:
    with pytest.raises(ValueError, match="from 0 to 1"):
        clustered_win_rate(np.array(points), np.array([0, 1]))


@given(st.lists(st.tuples(st.sampled_from([0, 0.5, 1]), st.integers(0, 5)), min_size=1))
@settings(deadline=None)
def test_interval_stays_on_the_scale_and_about_its_value_and_wins_mirror_losses(
    games: list[tuple[float, int]],
) -> None:
    points: Floats = np.array([game[0] for game in games], np.float64)
    clusters: Codes = np.array([game[1] for game in games], np.intp)
    found, mirrored = clustered_win_rate(points, clusters), clustered_win_rate(1 - points, clusters)
    if found.clusters == 1:
        return
    assert 0 <= found.low <= found.value + 1e-12
    assert found.value - 1e-12 <= found.high <= 1
    np.testing.assert_allclose((1 - mirrored.high, 1 - mirrored.low), (found.low, found.high), atol=1e-9)


def test_clusters_that_are_all_alike_have_a_width_whatever_the_rounding() -> None:
    found = clustered_win_rate(np.array([1.0, 0, 0, 1, 0, 0]), np.array([0, 0, 0, 1, 1, 1]))
    assert found.low < 0.1
    assert found.high > 0.8
