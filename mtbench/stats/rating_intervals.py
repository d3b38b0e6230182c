"""How far to trust a rating: by resampling, and by the sandwich."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from mtbench.stats.bradley_terry import log_strengths
from mtbench.stats.connected import are_connected
from mtbench.stats.estimates import LEVEL
from mtbench.stats.games import Floats, Games
from mtbench.stats.ratings import BASE, SCALE, Anchor, Ratings, on_scale, rate, rate_matrix
from mtbench.stats.tdist import t_quantile

_BLOCK = 500_000  # numbers in an array of a block of draws: what a processor holds close at hand


@dataclass(frozen=True, slots=True)
class RatingIntervals:
    """Ratings with their error; all arrays but `draws` are (m,). nan is what is not known, as of models not rated.

    `clusters`: how many there are among the rated models. `draws` (B, m): the ratings of every resample, none from the
    sandwich. `lost`: how many draws had too few games left to compare all rated models; see `bootstrap`.
    """

    ratings: Ratings
    low: Floats
    high: Floats
    se: Floats
    clusters: int
    draws: Floats
    lost: int


def bootstrap(
    games: Games,
    rng: np.random.Generator,
    draws: int = 1000,
    level: float = LEVEL,
    anchor: Anchor | None = None,
    base: float = BASE,
) -> RatingIntervals:
    """`rate`, and its error from `draws` samples of whole clusters with replacement, fitted anew.

    The interval runs from the k-th lowest draw to the k-th highest, k = (B + 1) α', between two draws as far as k is
    between their numbers, with α' = Φ(√(G/(G−1)) · t_{G−1, α/2}) (the expanded percentile interval: Hesterberg 2015,
    What Teachers Should Know about the Bootstrap, section 4.3). For many clusters α' is α/2, and this is the interval
    of the Arena's leaderboards. For few clusters k may be below 1: draws do not reach so rare an end, which is then nan
    (fewer than 6 questions for 1,000 draws). `se` is the standard deviation of the draws times √(G/(G−1)).

    A draw that lost games may no longer connect the models. It is counted in `lost`, and its models get what `rate`
    gives them: finite ratings in the anchor's group, or the largest; +inf above it, -inf below, nan if it cannot be
    compared, which counts as beyond both ends. So the end of an interval may be infinite, and `se` is then nan. Without
    an anchor the mean of those rated is kept where the estimate has it.

    Raises ValueError for fewer than two draws, and where the anchor is no model.
    """
    if draws < 2:
        raise ValueError(f"two draws at least, not {draws}")
    ratings = rate(games, anchor, base)
    inside, core = _core(games, ratings)
    count = core.clusters
    drawn = np.broadcast_to(ratings.rating, (draws, games.models)).copy()
    if count < 2 or len(inside) < 2:
        return RatingIntervals(ratings, *_unknown(games.models), count, drawn, 0)
    local = Anchor(inside.index(anchor.model), anchor.value) if anchor else None
    fitted, lost = _fitted_draws(core, rng, draws, ratings.rating[inside], local)
    drawn[:, inside] = fitted
    from scipy.special import ndtr

    inflation = np.sqrt(count / (count - 1))
    position = float((draws + 1) * ndtr(inflation * t_quantile((1 - level) / 2, count - 1)))
    low, high, se = _unknown(games.models)
    low[inside] = _kth_lowest(np.where(np.isnan(fitted), -np.inf, fitted), position)
    high[inside] = -_kth_lowest(np.where(np.isnan(fitted), -np.inf, -fitted), position)
    with np.errstate(invalid="ignore"):
        se[inside] = fitted.std(axis=0, ddof=1) * inflation
    return RatingIntervals(ratings, low, high, se, count, drawn, lost)


def sandwich(games: Games, level: float = LEVEL, anchor: Anchor | None = None, base: float = BASE) -> RatingIntervals:
    """`rate`, and its error from the cluster-robust (sandwich) covariance, with t of G - 1 degrees of freedom.

    V = L⁺ · (G/(G−1) Σ_g s_g s_gᵀ) · L⁺, with L the information of the log strengths and s_g the gradient of cluster g
    (Chiang et al. 2024, Chatbot Arena, section 4; for clusters Liang and Zeger 1986, Longitudinal data analysis using
    generalized linear models). With an anchor the errors are of the differences from it: `Anchor(b, 0)` gives every
    model's difference from b. It needs no draws; where a model has few wins or few losses its interval, unlike that of
    the bootstrap, is still as long to one side as to the other. Clusters that are all alike show no error: se is 0.

    Raises ValueError where the anchor is no model.
    """
    ratings = rate(games, anchor, base)
    inside, core = _core(games, ratings)
    low, high, se = _unknown(games.models)
    count = core.clusters
    if count > 1 and len(inside) > 1:
        contrast = np.eye(len(inside))
        if anchor:
            contrast[:, inside.index(anchor.model)] -= 1
        covariance = contrast @ _covariance(core, ratings.rating[inside] / SCALE) @ contrast.T
        se[inside] = SCALE * np.sqrt(np.diag(covariance).clip(min=0))  # rounding may bring the anchor's 0 below it
        ends = t_quantile((1 + level) / 2, count - 1) * se
        low, high = ratings.rating - ends, ratings.rating + ends
    return RatingIntervals(ratings, low, high, se, count, np.empty((0, games.models)), 0)


def resampled(games: Games, rng: np.random.Generator, draws: int) -> Iterator[Floats]:
    """Point matrices (D, m, m) of resamples of whole clusters with replacement, in blocks that add up to `draws`."""
    from scipy.sparse import csr_array

    cells, units = games.models**2, len(games.copies)
    where = (games.winner * games.models + games.loser, games.unit)
    sums = csr_array((games.points, where), shape=(cells, units))
    block = max(1, _BLOCK // max(cells, units))
    for done in range(0, draws, block):
        size = min(block, draws - done)
        if np.all(games.copies == 1):
            picked = rng.integers(units, size=(size, units)) + units * np.arange(size)[:, None]
            counts = np.bincount(picked.ravel(), minlength=size * units).reshape(size, units)
        else:
            counts = rng.multinomial(games.clusters, games.copies / games.clusters, size=size)
        yield (sums @ counts.T.astype(np.float64)).T.reshape(size, games.models, games.models)


def _kth_lowest(values: Floats, k: float) -> Floats:
    """(m,): the k-th lowest of the rows of values (B, m), k from 1, between two rows where k is; nan for k < 1."""
    if not 1 <= k <= len(values) - 1:
        return np.full(values.shape[1], np.nan)
    whole = int(k)
    ordered = np.partition(values, (whole - 1, whole), axis=0)
    lower, upper = ordered[whole - 1], ordered[whole]
    gap = np.subtract(upper, lower, out=np.zeros_like(upper), where=np.isfinite(lower) & np.isfinite(upper))
    return np.asarray(lower + (k - whole) * gap)


def _core(games: Games, ratings: Ratings) -> tuple[list[int], Games]:
    inside = list(ratings.rated)
    return inside, games.among(inside)


def _unknown(models: int) -> tuple[Floats, Floats, Floats]:
    return np.full(models, np.nan), np.full(models, np.nan), np.full(models, np.nan)


def _fitted_draws(
    games: Games, rng: np.random.Generator, draws: int, rating: Floats, anchor: Anchor | None
) -> tuple[Floats, int]:
    """The ratings (B, k) of resamples of games whose models are connected, and how many draws were not.

    `rating` (k,): those of all games.
    """
    blocks: list[Floats] = []
    lost = 0
    for points in resampled(games, rng, draws):
        whole = are_connected(points)
        found = np.empty((len(points), games.models))
        found[whole] = on_scale(log_strengths(points[whole], rating / SCALE), anchor, float(rating.mean()))
        for draw in np.nonzero(~whole)[0]:
            found[draw] = rate_matrix(points[draw], anchor, rating)[0]
        lost += int((~whole).sum())
        blocks.append(found)
    return np.concatenate(blocks), lost


def _covariance(games: Games, strengths: Floats) -> Floats:
    """(k, k): the sandwich covariance of the log strengths, with mean 0, of connected models."""
    points = games.matrix()
    chance = 1 / (1 + np.exp(strengths[None, :] - strengths[:, None]))
    weights = (points + points.T) * chance * (1 - chance)
    bread = np.linalg.pinv(np.diag(weights.sum(axis=1)) - weights, hermitian=True)
    surprise = games.points * (1 - chance[games.winner, games.loser])
    shape = (len(games.copies), games.models)
    cells = np.prod(shape)
    gradients = np.bincount(games.unit * games.models + games.winner, surprise, minlength=cells)
    gradients -= np.bincount(games.unit * games.models + games.loser, surprise, minlength=cells)
    of_units = gradients.reshape(shape)
    meat = of_units.T @ (of_units * games.copies[:, None])
    covariance: Floats = bread @ meat @ bread * games.clusters / (games.clusters - 1)
    return covariance
