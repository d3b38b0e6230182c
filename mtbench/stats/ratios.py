"""Shares of what is counted, such as agreeing pairs of all pairs, where counts of one cluster depend on each other."""

from dataclasses import replace

import numpy as np

from mtbench.stats.clustered import clustered_mean
from mtbench.stats.estimates import LEVEL, Estimate
from mtbench.stats.games import Codes, Floats
from mtbench.stats.tdist import t_quantile

_ROUNDING = 1e-12
"""A part is its whole up to this, and a standard error below this is one of 0: sums of thirds are rounded."""


def clustered_ratio(parts: Floats, wholes: Floats, clusters: Codes, level: float = LEVEL) -> Estimate:
    """Σ parts / Σ wholes, and its error when only counts of different `clusters` are independent of each other.

    `parts`, `wholes`, `clusters`: shape (n,), with 0 ≤ part ≤ whole: so many of so many. A whole of 0 is no evidence,
    and its cluster does not count unless it has another. With A_g and T_g the sums in cluster g, r the ratio and G the
    clusters, the error is that of a ratio estimator (Cochran 1977, Sampling Techniques, section 6.3)

        se² = G/(G−1) · Σ_g (A_g − r·T_g)² / (Σ_g T_g)²

    which is `clustered_mean`'s of as many zeros and ones. The interval is that of `clustered_win_rate`: Wilson's for
    the n* = r(1−r)/se² independent ones that would have the same error, with t_{G−1} in place of z (Korn and Graubard
    1998); where the se is 0, n* is G. `n` is Σ wholes. Nothing counted gives nan, with n and clusters of 0.

    Raises ValueError for shapes that do not fit, and for a part that is not from 0 to its whole.
    """
    if parts.ndim != 1 or not parts.shape == wholes.shape == clusters.shape:
        raise ValueError(f"parts, wholes and clusters differ in shape: {parts.shape}, {wholes.shape}, {clusters.shape}")
    if np.any((parts < -_ROUNDING) | (parts > wholes + _ROUNDING)):
        raise ValueError("a part must be from 0 to its whole")
    counted = wholes > 0
    _, code = np.unique(clusters[counted], return_inverse=True)
    part, whole = np.bincount(code, parts[counted]), np.bincount(code, wholes[counted])
    total, count = float(whole.sum()), len(whole)
    if not count:
        return Estimate(np.nan, np.nan, np.nan, np.nan, 0, 0)
    ratio = min(float(part.sum()) / total, 1.0)
    if count < 2:
        return Estimate(ratio, np.nan, np.nan, np.nan, round(total), count)
    se = float(np.sqrt(count / (count - 1) * np.square(part - ratio * whole).sum()) / total)
    alone = ratio * (1 - ratio) / se**2 if se > _ROUNDING else count
    low, high = score_interval(ratio, alone, float(t_quantile((1 + level) / 2, count - 1)))
    return Estimate(ratio, low, high, se, round(total), count)


def clustered_balance(values: Floats, clusters: Codes, level: float = LEVEL) -> Estimate:
    """The mean of `values` (n,) from −1 to 1, such as the share of what was won less that of what was lost.

    It is the difference of two shares, Σ max(v, 0)/n and Σ max(−v, 0)/n. Its interval is put together from theirs, by
    `clustered_ratio`, and their correlation r, each end by √(a² − 2rab + b²) of the distances a and b of the ends
    concerned (Newcombe 1998, Improved confidence intervals for the difference between binomial proportions based on
    paired data, method 10; Zou and Donner 2008): the plain t interval held 88 to 90 % where one of the shares showed on
    few of 20 clusters and the other on none. A share of 0 has no error of its own to tell how far values of a cluster
    depend on each other, and takes what the other one tells. No values give nan, with n and clusters of 0.

    Raises ValueError for shapes that do not fit, and for a value that is not from −1 to 1.
    """
    shares = [clustered_ratio(np.maximum(each, 0), np.ones(len(values)), clusters, level) for each in (values, -values)]
    if not len(values):
        return shares[0]
    mean = clustered_mean(values, clusters, level)
    _, code = np.unique(clusters, return_inverse=True)
    first, second = (_as_clustered_as(other, each, level) for each, other in (shares, shares[::-1]))
    one, other = (
        np.bincount(code, np.maximum(each, 0) - share.value)
        for each, share in zip((values, -values), shares, strict=True)
    )
    spread = np.sqrt((one**2).sum() * (other**2).sum())
    correlation = float((one * other).sum() / spread) if spread > 0 else 0.0

    def apart(a: float, b: float) -> float:
        return float(np.sqrt(max(a**2 - 2 * correlation * a * b + b**2, 0.0)))

    low = mean.value - apart(first.value - first.low, second.high - second.value)
    high = mean.value + apart(first.high - first.value, second.value - second.low)
    return replace(mean, low=low, high=high)


def _as_clustered_as(other: Estimate, share: Estimate, level: float) -> Estimate:
    """`share`; where its se is 0, with the interval for as many independent values as have the error of `other`."""
    if share.clusters < 2 or share.se > _ROUNDING or other.se <= _ROUNDING:
        return share
    alone = max(other.value * (1 - other.value) / other.se**2, share.clusters)
    low, high = score_interval(share.value, alone, float(t_quantile((1 + level) / 2, share.clusters - 1)))
    return replace(share, low=low, high=high)


def score_interval(ratio: float, count: float, quantile: float) -> tuple[float, float]:
    """Both p at which (ratio − p)² = quantile² · p(1−p)/count."""
    spread = quantile**2 / count
    centre = ratio + spread / 2
    reach = np.sqrt(spread * (ratio * (1 - ratio) + spread / 4))
    return max(0.0, float((centre - reach) / (1 + spread))), min(1.0, float((centre + reach) / (1 + spread)))
