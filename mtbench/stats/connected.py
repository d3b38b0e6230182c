"""Which models can be rated on one scale: who is linked to whom by points won."""

import numpy as np
from numpy.typing import NDArray

from mtbench.stats.games import Floats


def reach(points: Floats) -> NDArray[np.bool_]:
    """(m, m): whether points lead from the model of the row to that of the column: it took some from it, or from one
    that took some from it, and so on. Every model reaches itself. `points` (m, m) as of `Games.matrix`.
    """
    found = (points > 0) | np.eye(len(points), dtype=bool)
    while True:
        steps = found.astype(np.float32)
        further = steps @ steps > 0
        if np.array_equal(further, found):
            return found
        found = further


def groups(points: Floats) -> tuple[tuple[int, ...], ...]:
    """The models in groups within which each reaches each (strongly connected components), the largest first; of
    groups as large, the one with more games among its models.

    A finite maximum likelihood estimate of Bradley-Terry ratings exists if and only if there is one group: else the
    models can be parted so that one part took no point from the other, whose advantage then has no bound. Ford (1957),
    Solution of a ranking problem from binary comparisons; Hunter (2004), MM algorithms for generalized Bradley-Terry
    models, assumption 1.
    """
    found = reach(points)
    alike = np.unique(found & found.T, axis=0)
    members = [tuple(int(model) for model in np.nonzero(row)[0]) for row in alike]
    return tuple(sorted(members, key=lambda group: (-len(group), -points[np.ix_(group, group)].sum(), group)))


def are_connected(points: Floats) -> NDArray[np.bool_]:
    """(D,): whether the models are one group, in each of D point matrices (D, m, m)."""
    links = (points > 0).astype(np.float32)
    return _all_reached(links) & _all_reached(links.transpose(0, 2, 1))


def _all_reached(links: NDArray[np.float32]) -> NDArray[np.bool_]:
    found = np.zeros((len(links), 1, links.shape[-1]), np.float32)
    found[:, :, :1] = 1
    while True:
        further = ((found + found @ links) > 0).astype(np.float32)
        if np.array_equal(further, found):
            return np.asarray(found.all(axis=(1, 2)))
        found = further
