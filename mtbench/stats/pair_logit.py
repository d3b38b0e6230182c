"""Logistic regression of games on who played and on other differences between the two sides."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mtbench.stats.games import Codes, Floats

_MOST_STEPS = 200
_SMALL = 1e-8  # Newton's next step would be of the order of its square
_FURTHEST = 35.0  # logits: a chance of 6e-16, the last that a float can tell from none
_ZERO = 1e-11  # of a sum of squares, beside that of the same column


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
        m, weighted = self.models, self.features * weights[:, None]
        met = np.bincount(self.first * m + self.second, weights, m * m).reshape(m, m)
        met += met.T
        crossed = np.zeros((m, weighted.shape[1]))
        for column, values in enumerate(weighted.T):
            crossed[:, column] = np.bincount(self.first, values, m) - np.bincount(self.second, values, m)
        of_models = np.diag(met.sum(axis=1)) - met
        return np.block([[of_models, crossed], [crossed.T, weighted.T @ self.features]])


@dataclass(frozen=True, slots=True)
class PairLogit:
    """A fit. `parameters` (m + k,); of those that explain the games as well, the choice is arbitrary: ask `knows`.
    `residuals` (n,): points − chance. `inverse` (m + k, m + k): of the information. `unknown` (m + k, r): directions in
    which the parameters can move without any effect on any game, as when all x become one greater.
    """

    design: Design
    parameters: Floats
    residuals: Floats
    inverse: Floats
    unknown: Floats

    def knows(self, contrast: Floats) -> bool:
        """Whether the games say what contrast (m + k,) · parameters is."""
        reach = np.abs(contrast) @ np.abs(self.unknown)
        return bool(np.all(np.abs(contrast @ self.unknown) <= 1e-6 * reach))

    def influence(self, contrast: Floats) -> Floats:
        """(n,): what each game adds to the error of contrast · parameters, to first order: cᵀ I⁻¹ x_i (y_i − p_i)."""
        return np.asarray(self.design.logits(self.inverse @ contrast) * self.residuals)


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
    parameters = np.zeros(len(known))
    for _ in range(_MOST_STEPS):
        chance = 1 / (1 + np.exp(-design.logits(parameters)))
        information = known.T @ design.squares(chance * (1 - chance)) @ known
        try:
            step = known @ np.linalg.solve(information, known.T @ design.sums(points - chance))
        except np.linalg.LinAlgError:
            return None
        widest = np.abs(design.logits(step)).max(initial=0)
        parameters = parameters + step * (np.log1p(widest) / widest if widest > 1 else 1)
        logits = design.logits(parameters)
        if np.abs(logits).max(initial=0) > _FURTHEST:
            return None
        if widest < _SMALL:
            break
    else:
        return None
    chance = 1 / (1 + np.exp(-logits))
    information = known.T @ design.squares(chance * (1 - chance)) @ known
    inverse = known @ np.linalg.inv(information) @ known.T
    return PairLogit(design, parameters, points - chance, inverse, unknown)


def clustered_se(influence: Floats, clusters: NDArray[np.generic]) -> float:
    """√(G/(G−1) · Σ_g (Σ_{i∈g} ψ_i)²): the sandwich's error of a figure from the influence ψ (n,) of the games on it,
    when only games of different `clusters` (n,) are independent (Liang and Zeger 1986, Longitudinal data analysis using
    generalized linear models). nan for fewer than two clusters.
    """
    _, codes = np.unique(clusters, return_inverse=True)
    sums = np.bincount(codes, influence)
    if len(sums) < 2:
        return float("nan")
    return float(np.sqrt(len(sums) / (len(sums) - 1) * (sums**2).sum()))


def _directions(design: Design) -> tuple[Floats, Floats]:
    """(m + k, p) and (m + k, r): bases of the directions that the games tell of, and of the others."""
    squares = design.squares(np.ones(len(design.first)))
    size = np.sqrt(np.diag(squares))
    size[size == 0] = 1
    values, vectors = np.linalg.eigh(squares / np.outer(size, size))
    vectors = vectors / size[:, None]
    told = values > _ZERO * len(values)
    return vectors[:, told], vectors[:, ~told]
