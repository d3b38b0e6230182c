"""The regression under length and style control: when it has an estimate, and what leaving out a cluster does."""

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linprog

from mtbench.stats.games import Floats
from mtbench.stats.pair_logit import Design, fit, jackknife_covariance, left_out


def design(first: list[int], second: list[int], features: Floats, models: int) -> Design:
    return Design(models, np.array(first, np.intp), np.array(second, np.intp), features)


def against(features: Floats) -> Design:
    return design([0] * len(features), [1] * len(features), features, 2)


def test_squares_and_sums_are_those_of_the_matrix() -> None:
    rng = np.random.default_rng(1)
    first = rng.integers(0, 4, 50)
    second = (first + rng.integers(1, 4, 50)) % 4
    found = Design(4, first, second, rng.normal(size=(50, 2)))
    matrix = np.column_stack([np.eye(4)[first] - np.eye(4)[second], found.features])
    weights, parameters = rng.random(50), rng.normal(size=6)
    assert found.logits(parameters) == pytest.approx(matrix @ parameters)
    assert found.sums(weights) == pytest.approx(matrix.T @ weights)
    assert found.squares(weights).ravel() == pytest.approx((matrix.T @ (matrix * weights[:, None])).ravel())


@given(
    st.lists(st.tuples(st.sampled_from([0, 0.5, 1]), st.integers(-2, 2), st.integers(-2, 2)), min_size=1, max_size=12)
)
def test_there_is_an_estimate_unless_a_linear_program_finds_a_separation(
    games: list[tuple[float, int, int]],
) -> None:
    """A direction that lowers the likelihood of no game and raises that of one: Albert and Anderson 1984."""
    points = np.array([game[0] for game in games])
    features = np.array([game[1:] for game in games], np.float64)
    rows = np.column_stack([np.ones(len(games)), features])
    signed = rows * np.where(points > 0.5, 1, -1)[:, None]
    tied = points == 0.5
    program = linprog(
        -signed[~tied].sum(axis=0),
        A_ub=-signed[~tied] if np.any(~tied) else None,
        b_ub=np.zeros((~tied).sum()) if np.any(~tied) else None,
        A_eq=rows[tied] if np.any(tied) else None,
        b_eq=np.zeros(tied.sum()) if np.any(tied) else None,
        bounds=(-1, 1),
    )
    separated = -program.fun > 1e-6
    assert (fit(against(features), points) is None) == separated


def test_one_game_in_thousands_can_be_enough_to_have_no_estimate() -> None:
    rng = np.random.default_rng(2)
    features = np.column_stack([rng.normal(size=5000), np.zeros(5000)])
    features[7, 1] = 1e-3
    assert fit(against(features), np.tile([1.0, 0.0], 2500)) is None
    features[8, 1] = 1e-3
    assert fit(against(features), np.tile([1.0, 0.0], 2500)) is not None


def test_strong_effects_have_their_estimate() -> None:
    features = np.repeat([[-1.0], [1.0]], 10_000, axis=0)
    points = np.repeat([0.0, 1.0, 0.0, 1.0], [9999, 1, 1, 9999])
    found = fit(against(features), points)
    assert found is not None
    assert found.parameters[2] == pytest.approx(np.log(9999))


def test_what_games_cannot_tell_is_not_known_and_the_rest_is() -> None:
    """Models 0 and 1 met, and 2 and 3, but nobody else; the second feature is twice the first."""
    rng = np.random.default_rng(3)
    feature = rng.normal(size=40)
    found = fit(
        design([0, 2] * 20, [1, 3] * 20, np.column_stack([feature, 2 * feature]), 4),
        rng.integers(0, 2, 40).astype(np.float64),
    )
    assert found is not None
    assert found.unknown.shape == (6, 3)
    known = [[1, -1, 0, 0, 0, 0], [0, 0, 1, -1, 0, 0], [1, -1, -1, 1, 0, 0], [0, 0, 0, 0, 1, 2]]
    unknown = [[1, 0, 0, 0, 0, 0], [1, 0, -1, 0, 0, 0], [0, 0, 0, 0, 1, 0], [0, 0, 0, 0, 0, 1]]
    assert [found.knows(np.array(contrast, np.float64)) for contrast in known] == [True] * 4
    assert [found.knows(np.array(contrast, np.float64)) for contrast in unknown] == [False] * 4


def test_clusters_of_any_size_are_left_out_alike() -> None:
    """Clusters of one game, of some, and one that holds nearly all that there is to know; Mancl and DeRouen agree."""
    rng = np.random.default_rng(4)
    clusters = np.repeat(np.arange(33), [1] * 20 + [3] * 12 + [60])
    features = rng.normal(size=(len(clusters), 2))
    features[:56] *= 0.1
    points = rng.choice([0, 0.5, 1], len(clusters))
    found = fit(against(features), points)
    assert found is not None
    rows = np.column_stack([np.ones(len(points)), features])
    gee = sm.GEE(points, rows, clusters, family=sm.families.Binomial(), cov_struct=sm.cov_struct.Independence())
    covariance = gee.fit(ctol=1e-12, cov_type="bias_reduced").cov_params() * 32 / 33
    contrasts = np.array([[1.0, -1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]])
    assert contrasts @ jackknife_covariance(found, clusters) @ contrasts.T == pytest.approx(covariance, rel=1e-5)
    moves = left_out(found, clusters) @ contrasts.T
    assert moves.T @ moves * 32 / 33 == pytest.approx(covariance, rel=1e-5)
