"""Win rates."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtbench.stats.winrates import WinRate, win_rates

PLAYERS = st.sampled_from("abcd")
GAMES = st.lists(st.tuples(PLAYERS, PLAYERS, st.sampled_from(["model_1", "model_2", "tie"])), min_size=1)


def test_a_win_counts_for_one_and_against_the_other_and_a_tie_for_both() -> None:
    rates = win_rates(["a", "b", "a"], ["b", "a", "c"], ["model_1", "model_1", "tie"])
    assert rates == {"a": WinRate(1, 1, 1), "b": WinRate(1, 1, 0), "c": WinRate(0, 0, 1)}


def test_the_rates_are_of_all_games_and_a_tie_is_half_a_win_only_in_the_adjusted_one() -> None:
    rate = WinRate(win=3, loss=1, tie=4)
    assert (rate.n, rate.win_rate, rate.loss_rate, rate.adjusted) == (8, 0.375, 0.125, 0.625)


@given(GAMES)
def test_every_game_gives_one_point_in_all(games: list[tuple[str, str, str]]) -> None:
    rates = win_rates(*zip(*games, strict=True))
    assert sum(rate.adjusted * rate.n for rate in rates.values()) == pytest.approx(len(games))
    assert sum(rate.win for rate in rates.values()) == sum(rate.loss for rate in rates.values())


@given(GAMES)
def test_which_model_is_named_first_makes_no_difference(games: list[tuple[str, str, str]]) -> None:
    mirror = {"model_1": "model_2", "model_2": "model_1", "tie": "tie"}
    mirrored = [(second, first, mirror[winner]) for first, second, winner in games]
    assert win_rates(*zip(*games, strict=True)) == win_rates(*zip(*mirrored, strict=True))


@given(GAMES)
def test_a_model_has_as_many_games_as_it_is_named_in(games: list[tuple[str, str, str]]) -> None:
    named = Counter(player for first, second, _ in games for player in (first, second))
    assert {model: rate.n for model, rate in win_rates(*zip(*games, strict=True)).items()} == named
