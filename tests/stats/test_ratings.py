"""Ratings on the Elo scale, and what is said where models cannot be compared."""

import csv
from functools import cache

import evalica
import numpy as np
import pytest

from mtbench.stats.average_win_rate import average_win_rates
from mtbench.stats.elo import online_elo
from mtbench.stats.games import Floats, Games, count_games
from mtbench.stats.ratings import Anchor, rate
from tests.support.shared import SHARED, needs_shared

BATTLES = SHARED / "battles"
POINTS = {"left": 1.0, "right": 0.0, "tie": 0.5}


@cache
def battles() -> tuple[list[str], list[int], list[int], list[float]]:
    with (BATTLES / "llmfao.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    names = sorted({row[side] for row in rows for side in ("left", "right")})
    first, second = ([names.index(row[side]) for row in rows] for side in ("left", "right"))
    return names, first, second, [POINTS[row["winner"]] for row in rows]


def battle_games() -> Games:
    names, first, second, points = battles()
    return count_games(first, second, points, len(names))


def golden(algorithm: str) -> Floats:
    with (BATTLES / "llmfao-golden.csv").open(encoding="utf-8", newline="") as file:
        scores = {row["item"]: float(row["score"]) for row in csv.DictReader(file) if row["algorithm"] == algorithm}
    return np.array([scores[name] for name in battles()[0]])


@needs_shared
def test_ratings_of_human_battles_are_the_golden_ones() -> None:
    """The golden strengths s add up to 1: a rating is 400 log10 s plus what makes the mean 1000."""
    ratings = rate(battle_games())
    assert len(ratings.groups) == 1
    mapped = 400 * np.log10(golden("bradley_terry"))
    np.testing.assert_allclose(ratings.rating, mapped - mapped.mean() + 1000, atol=1e-6)
    assert ratings.games.sum() == 2 * len(battles()[1])


@needs_shared
def test_average_win_rates_of_human_battles_are_the_golden_ones() -> None:
    np.testing.assert_allclose(average_win_rates(battle_games()), golden("average_win_rate"), atol=1e-12)


@needs_shared
def test_online_elo_of_human_battles_is_the_golden_one() -> None:
    names, first, second, points = battles()
    np.testing.assert_allclose(online_elo(first, second, points, len(names)), golden("elo"), atol=1e-8)


def test_ratings_win_rates_and_elo_are_those_of_evalica() -> None:
    rng = np.random.default_rng(3)
    first = rng.integers(6, size=400)
    second = (first + rng.integers(1, 6, size=400)) % 6
    points = rng.choice([0, 0.5, 1], size=400)
    results = {0.0: evalica.Winner.Y, 0.5: evalica.Winner.Draw, 1.0: evalica.Winner.X}
    theirs = (first.tolist(), second.tolist(), [results[point] for point in points.tolist()])
    games = count_games(first, second, points, 6)
    strengths = evalica.bradley_terry(*theirs, tolerance=1e-14, limit=10**5).scores.sort_index().to_numpy()
    mapped = 400 * np.log10(strengths)
    np.testing.assert_allclose(rate(games).rating, mapped - mapped.mean() + 1000, atol=1e-6)
    rates = evalica.average_win_rate(*theirs).scores.sort_index().to_numpy()
    np.testing.assert_allclose(average_win_rates(games), rates, atol=1e-12)
    elo = evalica.elo(*theirs, initial=1000, base=10, scale=400, k=4).scores.sort_index().to_numpy()
    np.testing.assert_allclose(online_elo(first, second, points, 6), elo, atol=1e-9)


def test_ten_to_one_are_400_points_about_the_base_or_from_the_anchor() -> None:
    games = count_games([0] * 11, [1] * 11, [1] * 10 + [0], models=2)
    np.testing.assert_allclose(rate(games).rating, [1200, 800])
    np.testing.assert_allclose(rate(games, base=0).rating, [200, -200], atol=1e-9)
    np.testing.assert_allclose(rate(games, Anchor(1, 1100)).rating, [1500, 1100])


def test_models_beyond_the_largest_group_are_infinitely_far_or_cannot_be_compared() -> None:
    """0 and 1 trade wins; 2 never lost, to 0; 3 beat 2; 4 never won; 5 never played; 6 only ever beat 4."""
    games = count_games([0, 1, 2, 3, 0, 6], [1, 0, 0, 2, 4, 4], [1, 1, 1, 1, 1, 1], models=7)
    ratings = rate(games)
    np.testing.assert_allclose(ratings.rating, [1000, 1000, np.inf, np.inf, -np.inf, np.nan, np.nan])
    assert ratings.rated == (0, 1)
    assert ratings.groups[0] == (0, 1)
    assert sorted(ratings.groups[1:]) == [(2,), (3,), (4,), (5,), (6,)]
    assert ratings.games.tolist() == [4, 2, 2, 1, 2, 0, 1]


def test_halves_that_never_met_are_not_compared_but_each_can_be_rated() -> None:
    games = count_games([0, 0, 1, 2, 3], [1, 1, 0, 3, 2], [1, 1, 1, 0.5, 0.5], models=4)
    ratings = rate(games)
    assert ratings.groups == ((0, 1), (2, 3))
    assert np.isnan(ratings.rating[2:]).all()
    anchored = rate(games, Anchor(3, 500))
    assert anchored.rated == (2, 3)
    np.testing.assert_allclose(anchored.rating, [np.nan, np.nan, 500, 500])
    np.testing.assert_allclose(rate(games.among(ratings.groups[1])).rating, [1000, 1000])


def test_where_nobody_can_be_compared_only_who_won_all_and_lost_all_is_said() -> None:
    ratings = rate(count_games([0, 1], [1, 2], [1, 1], models=4))
    np.testing.assert_array_equal(ratings.rating, [np.inf, np.nan, -np.inf, np.nan])
    assert ratings.rated == ()
    anchored = rate(count_games([0, 1], [1, 2], [1, 1], models=4), Anchor(1, 700))
    np.testing.assert_array_equal(anchored.rating, [np.inf, 700, -np.inf, np.nan])
    assert rate(count_games([], [], [], models=0)).groups == ()


def test_an_anchor_that_is_no_model_is_refused() -> None:
    with pytest.raises(ValueError, match="no model: 2"):
        rate(count_games([0, 1], [1, 0], [1, 1], models=2), Anchor(2))


def test_average_win_rate_counts_every_opponent_alike_and_is_nan_without_one() -> None:
    games = count_games([0] * 5, [1, 1, 1, 1, 2], [1, 1, 1, 1, 0.5], models=4)
    np.testing.assert_array_equal(average_win_rates(games), [0.75, 0, 0.5, np.nan])


def test_elo_moves_by_half_of_k_between_equals_and_depends_on_the_order() -> None:
    assert online_elo([0], [1], [1], 3).tolist() == [1002, 998, 1000]
    forward, backward = online_elo([0, 1], [1, 0], [1, 1], 2, k=32), online_elo([1, 0], [0, 1], [1, 1], 2, k=32)
    assert forward[0] < 1000 < backward[0]
    assert online_elo([], [], [], 1, start=7).tolist() == [7]


@pytest.mark.parametrize(
    ("first", "second", "message"), [([0], [1, 0], "one length"), ([0], [2], "from 0 to 1"), ([-1], [1], "from 0 to 1")]
)
def test_elo_refuses_what_is_no_game(first: list[int], second: list[int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        online_elo(first, second, [1], 2)
