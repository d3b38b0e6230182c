"""Which models can be compared."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components

from mtbench.stats.connected import are_connected, groups, reach

POINTS = arrays.arrays(np.float64, st.integers(1, 7).map(lambda m: (m, m)), elements=st.sampled_from([0, 0, 0, 0.5, 3]))


def test_a_chain_of_wins_reaches_from_its_start_to_its_end_only() -> None:
    chain = np.diag([1.0] * 9, k=1)
    np.testing.assert_array_equal(reach(chain), np.triu(np.ones((10, 10), bool)))
    assert groups(chain) == tuple((model,) for model in range(10))


def test_groups_are_sorted_by_models_then_by_games() -> None:
    points = np.zeros((7, 7))
    points[0, 1] = points[1, 0] = 1
    points[2, 3] = points[3, 2] = 2
    points[4, 5] = points[5, 6] = points[6, 4] = 0.5
    points[4, 0] = 9
    assert groups(points) == ((4, 5, 6), (2, 3), (0, 1))


@given(POINTS)
@settings(deadline=None)
def test_groups_are_the_strongly_connected_components_of_scipy(points: NDArray[np.float64]) -> None:
    _, labels = connected_components(points, directed=True, connection="strong")
    theirs = {tuple(np.nonzero(labels == label)[0].tolist()) for label in labels}
    assert set(groups(points)) == theirs


@given(arrays.arrays(np.float64, (5, 4, 4), elements=st.sampled_from([0, 0, 0.5, 3])))
@settings(deadline=None)
def test_a_stack_is_told_as_its_matrices_are(points: NDArray[np.float64]) -> None:
    assert are_connected(points).tolist() == [len(groups(matrix)) == 1 for matrix in points]


def test_no_models_are_no_groups() -> None:
    assert groups(np.zeros((0, 0))) == ()
