"""Bradley-Terry strengths, beside other people's code."""

import choix
import evalica
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from mtbench.stats.bradley_terry import log_strengths
from mtbench.stats.connected import are_connected


def random_points(rng: np.random.Generator, models: int, games: int) -> NDArray[np.float64]:
    points = rng.integers(1, games, (models, models)).astype(np.float64)
    np.fill_diagonal(points, 0)
    return points


def test_two_models_differ_by_the_log_of_the_odds() -> None:
    found = log_strengths(np.array([[[0, 30], [10, 0]], [[0, 2.5], [2.5, 0]]], np.float64))
    np.testing.assert_allclose(found[:, 0] - found[:, 1], [np.log(3), 0], atol=1e-12)
    np.testing.assert_allclose(found.sum(axis=1), 0, atol=1e-12)


def test_strengths_are_those_of_choix_and_evalica() -> None:
    rng = np.random.default_rng(1)
    points = random_points(rng, 8, 30)
    ours = log_strengths(points[None])[0]
    theirs = choix.mm_pairwise(
        8, [(i, j) for i in range(8) for j in range(8) for _ in range(int(points[i, j]))], max_iter=10**5, tol=1e-12
    )
    np.testing.assert_allclose(ours, theirs - theirs.mean(), atol=1e-8)
    winner, loser = np.nonzero(points)
    result = evalica.bradley_terry(
        winner.tolist(),
        loser.tolist(),
        [evalica.Winner.X] * len(winner),
        weights=points[winner, loser].tolist(),
        tolerance=1e-14,
        limit=10**5,
    )
    logs = np.log([result.scores[model] for model in range(8)])
    np.testing.assert_allclose(ours, logs - logs.mean(), atol=1e-8)


def test_every_matrix_of_a_stack_is_fitted_by_itself_wherever_the_search_begins() -> None:
    rng = np.random.default_rng(2)
    stack = np.stack([random_points(rng, 5, 40) for _ in range(20)])
    together = log_strengths(stack)
    np.testing.assert_allclose(together, np.concatenate([log_strengths(one[None]) for one in stack]), atol=1e-10)
    np.testing.assert_allclose(together, log_strengths(stack, rng.normal(0, 5, 5)), atol=1e-9)


def test_models_of_very_different_strength_are_fitted() -> None:
    points = np.diag([1e6, 1e6, 1e6], k=1) + np.diag([0.5, 0.5, 0.5], k=-1)
    found = log_strengths(points[None])[0]
    np.testing.assert_allclose(found[:-1] - found[1:], np.log(2e6), rtol=1e-6)


@given(arrays.arrays(np.float64, (4, 4), elements=st.sampled_from([0, 0.5, 1, 2, 100])))
@settings(deadline=None)
def test_points_are_as_expected_at_the_estimate(points: NDArray[np.float64]) -> None:
    np.fill_diagonal(points, 0)
    if not are_connected(points[None])[0]:
        return
    found = log_strengths(points[None])[0]
    chance = 1 / (1 + np.exp(found[None, :] - found[:, None]))
    np.testing.assert_allclose(((points + points.T) * chance).sum(axis=1), points.sum(axis=1), atol=1e-5)


def test_what_has_no_finite_estimate_is_refused() -> None:
    with pytest.raises(ValueError, match="not connected"):
        log_strengths(np.array([[[0.0, 3.0], [0.0, 0.0]]]))
    with pytest.raises(ValueError, match="not connected"):
        log_strengths(np.zeros((1, 3, 3)))


def test_one_model_is_as_strong_as_itself() -> None:
    assert log_strengths(np.zeros((2, 1, 1))).tolist() == [[0], [0]]
