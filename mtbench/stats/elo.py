"""Online Elo, for comparison with boards of old."""

import numpy as np
from numpy.typing import ArrayLike

from mtbench.stats.games import Floats
from mtbench.stats.ratings import BASE


def online_elo(
    first: ArrayLike, second: ArrayLike, points: ArrayLike, models: int, k: float = 4, start: float = BASE
) -> Floats:
    """(m,): ratings after all games, taken in the order given; all start at `start`.

    After a game in which `first` got `points` (1, 0.5 or 0) its rating rises by k · (points − E), and the other's falls
    by as much, with E = 1 / (1 + 10^((R_second − R_first) / 400)) (Elo 1978, The Rating of Chessplayers; k = 4 as on
    the Arena's first boards, LMSYS blog of 2023-05-03). The last games count most, so another order gives other
    ratings: for models that do not change, take `rate`. `first`, `second`: (n,), codes of models.

    Raises ValueError for shapes that differ and codes out of range.
    """
    one, two, got = np.asarray(first, np.intp), np.asarray(second, np.intp), np.asarray(points, np.float64)
    if one.ndim != 1 or not one.shape == two.shape == got.shape:
        raise ValueError(f"first, second and points must be lists of one length: {one.shape}, {two.shape}, {got.shape}")
    if one.size and (min(one.min(), two.min()) < 0 or max(one.max(), two.max()) >= models):
        raise ValueError(f"codes of models must be from 0 to {models - 1}")
    ratings = [float(start)] * models
    for a, b, point in zip(one.tolist(), two.tolist(), got.tolist(), strict=True):  # lists: many times as fast
        gain = k * (point - 1 / (1 + 10 ** ((ratings[b] - ratings[a]) / 400)))
        ratings[a] += gain
        ratings[b] -= gain
    return np.array(ratings)
