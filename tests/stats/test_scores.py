"""Means."""

from fractions import Fraction
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtbench.stats.scores import Mean, mean, means_by


@given(st.lists(st.sampled_from([x / 2 for x in range(2, 21)]), min_size=1, max_size=400))
def test_a_mean_of_whole_and_half_points_is_the_exact_mean_rounded_once(scores: list[float]) -> None:
    exact = sum(map(Fraction, scores)) / len(scores)
    assert mean(scores) == Mean(float(exact), len(scores))


@given(st.lists(st.floats(1, 10), min_size=1, max_size=50), st.randoms())
def test_a_mean_does_not_depend_on_the_order(scores: list[float], random: Random) -> None:
    shuffled = random.sample(scores, len(scores))
    assert mean(shuffled) == mean(scores)


def test_a_model_s_mean_is_over_all_its_rows_and_not_over_the_turns_means() -> None:
    models, turns, scores = ["a", "a", "a"], [1, 1, 2], [10, 8, 3]
    assert means_by(models, scores) == {"a": Mean(7.0, 3)}
    assert means_by(list(zip(models, turns, strict=True)), scores) == {("a", 1): Mean(9.0, 2), ("a", 2): Mean(3.0, 1)}


def test_keys_and_scores_that_do_not_run_in_parallel_are_a_bug() -> None:
    with pytest.raises(ValueError, match="zip"):
        means_by(["a"], [1.0, 2.0])
