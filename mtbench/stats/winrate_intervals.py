"""How far to trust a win rate."""

import numpy as np

from mtbench.stats.clustered import clustered_mean
from mtbench.stats.estimates import LEVEL, Estimate
from mtbench.stats.games import Codes, Floats
from mtbench.stats.tdist import t_quantile


def wilson(wins: float, games: int, level: float = LEVEL) -> Estimate:
    """The share of `games` won, when they are independent of each other, with Wilson's score interval.

    All values p of the binomial whose own standard error puts the share within z of them (Wilson 1927, Probable
    inference, the law of succession, and statistical inference). It stays within 0 and 1, and has a width even where
    all games were won. A tie counted as half a win makes the interval a little too wide. `se` is √(p(1−p)/n).

    Raises ValueError unless 0 ≤ wins ≤ games and there is a game.
    """
    if not 0 <= wins <= games or games == 0:
        raise ValueError(f"no share: {wins} wins in {games} games")
    from scipy.special import ndtri

    share = wins / games
    low, high = _score_interval(share, games, float(ndtri((1 + level) / 2)))
    return Estimate(share, low, high, float(np.sqrt(share * (1 - share) / games)), games, games)


def clustered_win_rate(points: Floats, clusters: Codes, level: float = LEVEL) -> Estimate:
    """The mean of `points`, and its error when only games of different `clusters` are independent of each other.

    `points` (n,): what the model got in each game: 1 for a win, 0 for a loss, and for a tie 0 for the win rate or 0.5
    for the adjusted one. `clusters` (n,): as for `clustered_mean`, which `se` comes from; both turns and both orders of
    a question are one cluster. The interval is Wilson's for the n* = p(1−p)/se² independent games that would have the
    same error, with t_{G−1} in place of z (Korn and Graubard 1998, Confidence intervals for proportions with small
    expected number of positive counts estimated from survey data; Dean and Pagano 2015, Evaluating confidence interval
    methods for binomial proportions in clustered surveys). It stays within 0 and 1, and holds the true rate more often
    than p ± t · se where p is near them. Games that all came out alike have an se of 0, and n* is then the number of
    clusters; so it is when the clusters' means are all alike.

    Raises ValueError for shapes that do not fit, no games, and points below 0 or above 1.
    """
    if np.any((points < 0) | (points > 1)):
        raise ValueError("points must be from 0 to 1")
    mean = clustered_mean(points, clusters, level)
    if mean.clusters < 2:
        return mean
    share = min(max(mean.value, 0.0), 1.0)  # rounding
    games = share * (1 - share) / mean.se**2 if mean.se > 0 else mean.clusters
    low, high = _score_interval(share, games, float(t_quantile((1 + level) / 2, mean.clusters - 1)))
    return Estimate(share, low, high, mean.se, mean.n, mean.clusters)


def _score_interval(share: float, games: float, quantile: float) -> tuple[float, float]:
    square = quantile**2
    centre = (share + square / (2 * games)) / (1 + square / games)
    reach = quantile / (1 + square / games) * np.sqrt(share * (1 - share) / games + square / (4 * games**2))
    return max(0.0, float(centre - reach)), min(1.0, float(centre + reach))
