"""Games → points."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mtbench.stats.games import count_games

MODELS = 4
GAME = st.tuples(st.permutations(range(MODELS)), st.sampled_from([0.0, 0.5, 1.0]), st.integers(0, 3)).map(
    lambda drawn: (drawn[0][0], drawn[0][1], drawn[1], drawn[2])
)
GAMES = st.lists(GAME, min_size=1, max_size=30)


def test_a_win_is_a_point_and_a_tie_half_a_point_for_each() -> None:
    games = count_games([0, 1, 2, 0], [1, 0, 0, 1], [1, 0.5, 0, 1], models=3)
    assert games.matrix().tolist() == [[0, 2.5, 1], [0.5, 0, 0], [0, 0, 0]]
    assert games.clusters == 4
    assert sorted(games.copies.tolist()) == [1, 1, 2]


def test_clusters_may_have_any_codes_and_are_counted_when_they_have_games() -> None:
    games = count_games([0, 0, 1], [1, 2, 2], [1, 1, 0.5], models=3, clusters=[7, 7, 1000])
    assert games.clusters == 2
    assert games.among([0, 1]).clusters == 1
    assert games.among([2, 0]).matrix().tolist() == [[0, 0], [1, 0]]


@given(GAMES)
@settings(deadline=None)
def test_points_are_the_same_in_clusters_and_whoever_is_named_first(
    played: list[tuple[int, int, float, int]],
) -> None:
    first, second, points, clusters = map(list, zip(*played, strict=True))
    alone = count_games(first, second, points, MODELS)
    matrix = alone.matrix()
    assert matrix.sum() == alone.clusters == len(played)
    swapped = count_games(second, first, [1 - point for point in points], MODELS)
    np.testing.assert_array_equal(swapped.matrix(), matrix)
    np.testing.assert_array_equal(swapped.copies, alone.copies)
    grouped = count_games(first, second, points, MODELS, clusters)
    np.testing.assert_array_equal(grouped.matrix(), matrix)
    assert grouped.clusters == len(set(clusters))
    some = [3, 1, 0]
    for games in (alone, grouped):
        np.testing.assert_array_equal(games.among(some).matrix(), matrix[np.ix_(some, some)])


def test_no_games_are_no_points() -> None:
    assert count_games([], [], [], models=2).matrix().tolist() == [[0, 0], [0, 0]]
    assert count_games([], [], [], models=2, clusters=[]).clusters == 0


@pytest.mark.parametrize(
    ("first", "second", "points", "clusters", "message"),
    [
        ([0], [1, 0], [1], None, "one length"),
        ([0], [1], [1], [1, 2], "a cluster for every game"),
        ([0], [2], [1], None, "from 0 to 1"),
        ([0], [-1], [1], None, "from 0 to 1"),
        ([1], [1], [1], None, "itself"),
        ([0], [1], [0.7], None, "0, 0.5 or 1"),
        ([0], [1], [1.5], None, "0, 0.5 or 1"),
        ([0], [1], [-0.5], None, "0, 0.5 or 1"),
    ],
)
def test_what_is_no_game_is_refused(
    first: list[int], second: list[int], points: list[float], clusters: list[int] | None, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        count_games(first, second, points, 2, clusters)
