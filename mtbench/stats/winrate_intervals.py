"""How far to trust a win rate."""

import numpy as np

from mtbench.stats.estimates import LEVEL, Estimate
from mtbench.stats.games import Codes, Floats
from mtbench.stats.ratios import clustered_ratio, score_interval


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
    low, high = score_interval(share, games, float(ndtri((1 + level) / 2)))
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
    if points.ndim != 1 or clusters.shape != points.shape or not len(points):
        raise ValueError(f"points and clusters have to be as long as each other: {points.shape} and {clusters.shape}")
    return clustered_ratio(points, np.ones(len(points)), clusters, level)
