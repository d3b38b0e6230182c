"""From a judge's scores to people's scale, by a map that only rises, and how well such figures are calibrated."""

from dataclasses import dataclass

import numpy as np

from mtbench.stats.clustered import clustered_means
from mtbench.stats.estimates import LEVEL, Estimate
from mtbench.stats.games import Codes, Floats


@dataclass(frozen=True, slots=True)
class RisingMap:
    """What people give, on average, where the judge gives so much. Made by `fit_rising`.

    `judge` (k,): the scores that the judge gave, ascending, each once. `human` (k,): people's, never falling.
    """

    judge: Floats
    human: Floats

    def __call__(self, scores: Floats) -> Floats:
        """People's scale for the judge's `scores`, any shape; nan stays nan.

        Between two scores that the map was fitted on it is a straight line; below the lowest and above the highest it
        stays as there: what lies beyond the labels is not known.
        """
        return np.interp(scores, self.judge, self.human)


@dataclass(frozen=True, slots=True)
class Bin:
    """Values with low ≤ judge < high, or ≤ high in the last bin: what the judge says on average, and what people."""

    low: float
    high: float
    n: int
    judge: float
    human: Estimate


@dataclass(frozen=True, slots=True)
class Reliability:
    """The reliability table, and expected calibration errors over its bins, in points of the people's scale.

    `error`: Σ_b n_b/n · |mean judge − mean human|. It is above 0 for a calibrated judge too, because people's means are
    of few values: `by_chance` is about what such a judge would show, Σ_b n_b/n · se_b·√(2/π) over the bins whose se is
    known, the mean of |normal errors|. `bias`: mean judge − mean human over all, which bins do not matter to.
    """

    bins: tuple[Bin, ...]
    error: float
    by_chance: float
    bias: float


def fit_rising(judge: Floats, human: Floats, weights: Floats | None = None) -> RisingMap:
    """The map that never falls and is nearest to people's values, by (weighted) squares.

    `judge`, `human`, `weights`: shape (n,), n ≥ 1; weights above 0, such as 1/chance of being labelled. Values with the
    same judge score are averaged first, and neighbours that fall are then pooled until none does (pool adjacent
    violators: Ayer et al. 1955; Barlow et al. 1972, Statistical Inference under Order Restrictions, section 1.2). A
    judge that is worse where people are better gets a map that is flat, not one that falls.

    On the values that it was fitted on the map looks better than it is: `cross_fitted`. Raises ValueError for shapes
    that do not fit, no values, nan, and weights that are not above 0.
    """
    weights = np.ones(len(judge)) if weights is None else weights
    if judge.ndim != 1 or not judge.shape == human.shape == weights.shape or not len(judge):
        raise ValueError(f"judge, human and weights differ in shape: {judge.shape}, {human.shape}, {weights.shape}")
    if np.isnan(judge + human).any() or not np.all(weights > 0):
        raise ValueError("a value is not a number, or a weight is not above 0")
    scores, code = np.unique(judge, return_inverse=True)
    mass = np.bincount(code, weights)
    means = np.bincount(code, weights * human) / mass
    blocks: list[tuple[float, float, int]] = []
    for mean, weight in zip(means.tolist(), mass.tolist(), strict=True):
        length = 1
        while blocks and blocks[-1][0] >= mean:
            before, heavy, many = blocks.pop()
            mean = (before * heavy + mean * weight) / (heavy + weight)
            weight, length = weight + heavy, length + many
        blocks.append((mean, weight, length))
    return RisingMap(scores, np.repeat([block[0] for block in blocks], [block[2] for block in blocks]))


def cross_fitted(judge: Floats, human: Floats, clusters: Codes, rng: np.random.Generator, folds: int = 5) -> Floats:
    """The judge's scores (n,) on people's scale, each by maps that have not seen what people say of its question.

    `judge`, `human`, `clusters`: shape (n,); human is nan where there is no label. Labelled clusters are dealt into as
    many `folds` at random, and each fold is mapped by the map fitted on the other folds; clusters without a label by
    the mean of all those maps (Zrnic and Candès 2024, Cross-Prediction-Powered Inference, arXiv 2309.16598). So the
    result may be held against people's values, in `reliability`, and stand for the judge in `ppi.powered_mean`.

    Raises ValueError for shapes that do not fit and for fewer labelled clusters than folds, or folds than two.
    """
    if judge.ndim != 1 or not judge.shape == human.shape == clusters.shape:
        raise ValueError(f"judge, human and clusters differ in shape: {judge.shape}, {human.shape}, {clusters.shape}")
    codes, code = np.unique(clusters, return_inverse=True)
    labelled = ~np.isnan(human)
    dealt = np.unique(code[labelled])
    if not 2 <= folds <= len(dealt):
        raise ValueError(f"{len(dealt)} labelled clusters cannot be dealt into {folds} folds")
    fold_of = np.full(len(codes), -1)
    fold_of[rng.permutation(dealt)] = np.arange(len(dealt)) % folds
    fold = fold_of[code]
    maps = [fit_rising(judge[kept], human[kept]) for kept in (labelled & (fold != one) for one in range(folds))]
    mapped = np.stack([one(judge) for one in maps])
    return np.asarray(np.where(fold < 0, mapped.mean(axis=0), mapped[fold, np.arange(len(judge))]))


def reliability(judge: Floats, human: Floats, clusters: Codes, edges: Floats, level: float = LEVEL) -> Reliability:
    """What people say where the judge says so much, bin by bin, and the expected calibration error.

    `judge`, `human`, `clusters`: shape (n,), n ≥ 1, without nan; both on people's scale, a judge's own scores or mapped
    ones (`cross_fitted`). `edges` (b+1,): where bins start and end, ascending: evenly laid, or 0.5, 1.5, … for one bin
    a whole score. Intervals of people's means are clustered, as in `clustered_mean`: nan in a bin with fewer than
    two clusters. A bin without values has n 0 and nan (Naeini, Cooper, Hauskrecht 2015, Obtaining Well Calibrated
    Probabilities Using Bayesian Binning, for the error).

    Raises ValueError for shapes that do not fit, edges that do not rise, and a judge's value beyond the edges or nan.
    """
    if edges.ndim != 1 or len(edges) < 2 or not np.all(np.diff(edges) > 0):
        raise ValueError("edges of bins have to rise")
    if judge.ndim != 1 or judge.shape != human.shape:
        raise ValueError(f"judge and human differ in shape: {judge.shape}, {human.shape}")
    if not np.all((judge >= edges[0]) & (judge <= edges[-1]) & ~np.isnan(human)):
        raise ValueError(f"a value is not a number, or not from {edges[0]} to {edges[-1]}")
    count = len(edges) - 1
    place = np.minimum(np.searchsorted(edges, judge, side="right") - 1, count - 1)
    n = np.bincount(place, minlength=count)
    with np.errstate(invalid="ignore"):
        means = np.bincount(place, judge, count) / n
    # A value more, in a bin of its own, gives empty bins at the end their place; it is left out again.
    found = clustered_means(
        np.append(human, 0.0), np.append(clusters, 0), np.append(place, count).astype(np.intp), level
    )[:count]
    gaps = np.abs(means - [one.value for one in found])
    errors = np.array([one.se for one in found]) * np.sqrt(2 / np.pi)
    rows = zip(edges[:-1].tolist(), edges[1:].tolist(), n.tolist(), means.tolist(), found, strict=True)
    known = ~np.isnan(errors)
    return Reliability(
        bins=tuple(Bin(*row) for row in rows),
        error=float(np.nansum(n * gaps) / len(judge)),
        by_chance=float(np.average(errors[known], weights=n[known])) if known.any() else np.nan,
        bias=float(judge.mean() - human.mean()),
    )
