"""Logistic regression of games on who played and on other differences between the two sides."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from mtbench.stats.games import Codes, Floats

_MOST_STEPS = 200
_SMALL = 1e-8  # Newton's next step would be of the order of its square
_FURTHEST = 35.0  # logits: a chance of 6e-16, the last that a float can tell from none
_ZERO = 1e-11  # of a sum of squares, beside that of the same column
_ALONE = 1e-9  # of the information on something, left without a cluster
_SURELY_LEFT = 0.9  # a bound on the square of what one cluster can hold of the information on anything
_BLOCK = 1_000_000  # numbers in an array of a block of clusters


@dataclass(frozen=True, slots=True)
class Design:
    """The games: η_i = x[first_i] − x[second_i] + β · features_i. `first`, `second` (n,): codes of the models, 0 …
    `models` − 1. `features` (n, k). Parameters are (m + k,): the x, then the β.
    """

    models: int
    first: Codes
    second: Codes
    features: Floats

    def logits(self, parameters: Floats) -> Floats:
        """(n,): η."""
        strengths = parameters[: self.models]
        return np.asarray(strengths[self.first] - strengths[self.second] + self.features @ parameters[self.models :])

    def sums(self, weights: Floats) -> Floats:
        """(m + k,): Xᵀ w, for weights (n,)."""
        of_models = np.bincount(self.first, weights, self.models) - np.bincount(self.second, weights, self.models)
        return np.concatenate([of_models, weights @ self.features])

    def squares(self, weights: Floats) -> Floats:
        """(m + k, m + k): Xᵀ W X, for weights (n,)."""
        m = self.models
        weighted = self.features * weights[:, None]
        met = np.bincount(self.first * m + self.second, weights, m * m).reshape(m, m)
        met += met.T
        found = np.empty((m + weighted.shape[1],) * 2)
        found[:m, :m] = np.diag(met.sum(axis=1)) - met
        for column, values in enumerate(weighted.T, m):
            found[:m, column] = np.bincount(self.first, values, m) - np.bincount(self.second, values, m)
        found[m:, :m] = found[:m, m:].T
        found[m:, m:] = weighted.T @ self.features
        return found


@dataclass(frozen=True, slots=True)
class PairLogit:
    """A fit. `parameters` (m + k,); of those that explain the games as well, the choice is arbitrary: ask `knows`.
    `residuals`, `weights` (n,): points − p, and p (1 − p), with p the chance. `root` (m + k, r): root · rootᵀ is I⁻¹,
    the inverse of the information. `unknown` (m + k, u): directions in which the parameters can move without any effect
    on any game, as when all x become one greater.
    """

    design: Design
    parameters: Floats
    residuals: Floats
    weights: Floats
    root: Floats
    unknown: Floats

    def knows(self, contrast: Floats) -> bool:
        """Whether the games say what contrast (m + k,) · parameters is."""
        reach = np.abs(contrast).sum() * np.abs(self.unknown).max(axis=0)
        return bool(np.all(np.abs(contrast @ self.unknown) <= 1e-6 * reach))


def fit(design: Design, points: Floats) -> PairLogit | None:
    """Maximum likelihood of P(first beats second) = 1 / (1 + exp(−η)), by Newton's method; a tie is half a win and half
    a loss (quasi-likelihood: Papke and Wooldridge 1996, Econometric methods for fractional response variables).

    None where there is no finite estimate, because some combination of the parameters tells wins from losses without an
    error (separation: Albert and Anderson 1984, On the existence of maximum likelihood estimates in logistic regression
    models): Newton's method then runs away, which is told by a logit beyond 35. Nothing is regularised. Parameters that
    the games cannot tell apart are set apart first, by the null space of XᵀX. A step is shortened so that it must raise
    the likelihood (Bach 2010, Self-concordant analysis for logistic regression, section 2).
    """
    known, unknown = _directions(design)
    parameters, logits = np.zeros(len(known)), np.zeros(len(points))
    for _ in range(_MOST_STEPS):
        chance = 1 / (1 + np.exp(-logits))
        information = known.T @ design.squares(chance * (1 - chance)) @ known
        try:
            root = known @ np.linalg.inv(np.linalg.cholesky(information)).T
        except np.linalg.LinAlgError:
            return None
        step = root @ (root.T @ design.sums(points - chance))
        further = design.logits(step)
        widest = float(np.abs(further).max(initial=0))
        shortened = np.log1p(widest) / widest if widest > 1 else 1
        parameters, logits = parameters + shortened * step, logits + shortened * further
        if not np.abs(logits).max(initial=0) < _FURTHEST:
            return None
        if widest < _SMALL:
            chance = 1 / (1 + np.exp(-logits))
            return PairLogit(design, parameters, points - chance, chance * (1 - chance), root, unknown)
    return None


def jackknife_covariance(found: PairLogit, clusters: Codes) -> Floats:
    """(m + k, m + k): the covariance of the parameters when only games of different `clusters` (n,), codes 0 … G−1, are
    independent:

        V = (G−1)/G · Σ_g δ_g δ_gᵀ

    with δ_g of `left_out` (CV3: MacKinnon, Nielsen and Webb 2023, Cluster-robust inference: a guide to empirical
    practice, section 2.3; without the factor it is that of Mancl and DeRouen 2001, A covariance estimator for GEE with
    improved small-sample properties). nan for fewer than two clusters.
    """
    count = int(clusters.max()) + 1
    if count < 2:
        return np.full((len(found.parameters),) * 2, np.nan)
    squares = sum(moved.T @ moved for _, moved in _left_out(found, clusters))
    return np.asarray((count - 1) / count * found.root @ squares @ found.root.T)


def left_out(found: PairLogit, clusters: Codes) -> Floats:
    """(G, m + k): the parameters, less what they were without cluster g, to one step of Newton's method:

        δ_g = (I − I_g)⁻¹ s_g

    with I_g and s_g the cluster's information and gradient. The sandwich has I⁻¹ in its place, and is too small where
    few clusters tell of a parameter. What one cluster alone tells of does not move, here as there: neither sees an
    error in it.
    """
    moves = np.empty((int(clusters.max()) + 1, found.root.shape[1]))
    for which, moved in _left_out(found, clusters):
        moves[which] = moved
    return np.asarray(moves @ found.root.T)


def _left_out(found: PairLogit, clusters: Codes) -> Iterator[tuple[Codes, Floats]]:
    """Clusters (c,) and (c, r), root · which is their δ: in blocks of clusters of one size."""
    sizes = np.bincount(clusters)
    order, starts = np.argsort(clusters, kind="stable"), np.cumsum(sizes) - sizes
    rank = found.root.shape[1]
    for size in np.unique(sizes).tolist():
        of_size = np.flatnonzero(sizes == size)
        many = max(1, _BLOCK // (max(1, rank) * max(size, rank if size > 1 else 1)))
        for begin in range(0, len(of_size), many):
            which = of_size[begin : begin + many]
            yield which, _moved(found, order[starts[which, None] + np.arange(size)])


def _moved(found: PairLogit, games: Codes) -> Floats:
    """(c, r), for clusters of games (c, size)."""
    design, root = found.design, found.root
    rows = root[design.first[games]] - root[design.second[games]] + design.features[games] @ root[design.models :]
    gradients = (found.residuals[games][:, None, :] @ rows)[:, 0]
    weighted = rows * found.weights[games][:, :, None]
    if games.shape[1] == 1:
        left = 1 - (weighted * rows).sum(axis=2)
        return np.asarray(np.divide(gradients, left, out=np.zeros(gradients.shape), where=left > _ALONE))
    own = rows.transpose(0, 2, 1) @ weighted
    left = np.eye(rows.shape[2]) - own
    if np.square(own).sum(axis=(1, 2)).max() < _SURELY_LEFT:
        return np.asarray(np.linalg.solve(left, gradients[:, :, None])[:, :, 0])
    return np.asarray((np.linalg.pinv(left, _ALONE, hermitian=True) @ gradients[:, :, None])[:, :, 0])


def _directions(design: Design) -> tuple[Floats, Floats]:
    """(m + k, p) and (m + k, r): bases of the directions that the games tell of, and of the others."""
    squares = design.squares(np.ones(len(design.first)))
    size = np.sqrt(np.diag(squares))
    size[size == 0] = 1
    values, vectors = np.linalg.eigh(squares / np.outer(size, size))
    vectors = vectors / size[:, None]
    told = values > _ZERO * len(values)
    return vectors[:, told], vectors[:, ~told]
