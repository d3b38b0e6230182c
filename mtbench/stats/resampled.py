"""The error of a figure that is computed from sums over clusters, however crooked its formula."""

from collections.abc import Callable

import numpy as np

from mtbench.stats.estimates import LEVEL, Estimate
from mtbench.stats.games import Floats
from mtbench.stats.tdist import t_quantile

_BLOCK = 2_000_000
"""Numbers that are held at once: 16 MB."""

_ROUNDING = 1e-12


def bootstrap_of_sums(
    sums: Floats,
    figure: Callable[[Floats], Floats],
    n: int,
    rng: np.random.Generator,
    draws: int = 2000,
    level: float = LEVEL,
) -> Estimate:
    """`figure` of the sums over all clusters, and its error from `draws` samples of whole clusters with replacement.

    `sums` (G, k): what each cluster adds to each of k sums. `figure`: gives for (d, k) such sums, (d,) figures, nan
    where one is not defined; a draw with nan does not count. `n`: the values that all this rests on.

    The interval is BCa (Efron 1987, Better Bootstrap Confidence Intervals), with its bias from the draws and its
    acceleration from leaving out one cluster at a time, expanded for few clusters as `bootstrap_mean`'s is: √(G/(G−1))
    · t_{G−1} in place of z. Coverage decided: of kappas and alphas from 0.13 to 0.83 on 20 questions with two units
    each, the expanded percentile interval held 92 to 96 %, this one 94 to 97 %; with one unit each and κ = 0.83, where
    one sample in ten agrees perfectly and shows no error, it held 99 % of the others.

    `se` is the standard deviation of the draws times √(G/(G−1)). A figure that is nan, or the same in all draws, as
    that of perfect agreement is, or of fewer than two clusters, shows no error: `low`, `high` and `se` are then nan.
    Raises ValueError for sums of another shape.
    """
    if sums.ndim != 2 or not len(sums):
        raise ValueError(f"sums have to be a table of clusters by sums: {sums.shape}")
    clusters, width = sums.shape
    total = sums.sum(axis=0, keepdims=True)
    value = float(figure(total)[0])
    unknown = Estimate(value, np.nan, np.nan, np.nan, n, clusters)
    if clusters < 2 or np.isnan(value):
        return unknown
    times = rng.multinomial(clusters, np.full(clusters, 1 / clusters), draws).astype(np.float64)
    rows = max(1, _BLOCK // width)
    drawn = np.concatenate([figure(times[start : start + rows] @ sums) for start in range(0, draws, rows)])
    known = np.sort(drawn[~np.isnan(drawn)])
    if known[-1] - known[0] < _ROUNDING:
        return unknown
    left_out = np.concatenate([figure(total - sums[start : start + rows]) for start in range(0, clusters, rows)])
    inflation = np.sqrt(clusters / (clusters - 1))
    reach = float(inflation * t_quantile((1 + level) / 2, clusters - 1))
    low, high = np.quantile(known, _tails(known, value, left_out, reach)).tolist()
    return Estimate(value, low, high, float(known.std() * inflation), n, clusters)


def _tails(drawn: Floats, value: float, left_out: Floats, reach: float) -> Floats:
    """The shares of the draws that lie below the ends of the interval, `reach` standard errors from its middle."""
    from scipy.special import ndtr, ndtri

    below = np.searchsorted(drawn, [value - _ROUNDING, value + _ROUNDING]).mean() / len(drawn)
    bias = ndtri(np.clip(below, 1 / (len(drawn) + 1), 1 - 1 / (len(drawn) + 1)))
    influence = np.nanmean(left_out) - left_out[~np.isnan(left_out)]
    spread = np.square(influence).sum() ** 1.5
    acceleration = (influence**3).sum() / (6 * spread) if spread > 0 else 0.0
    ends = bias + np.array([-reach, reach])
    return np.asarray(ndtr(bias + ends / np.maximum(1 - acceleration * ends, _ROUNDING)))
