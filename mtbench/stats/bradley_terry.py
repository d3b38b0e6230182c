"""Strengths of the Bradley-Terry model, by Newton's method on pair counts."""

import numpy as np

from mtbench.stats.games import Floats

_MOST_STEPS = 200
_SMALL = 1e-7  # Newton's next step would be of the order of its square


def log_strengths(points: Floats, start: Floats | None = None) -> Floats:
    """(D, m): maximum likelihood estimates of the log strengths, with mean 0, of each of D point matrices (D, m, m).

    P(i beats j) = 1 / (1 + exp(-(x_i - x_j))), and a tie is half a win and half a loss (Bradley and Terry 1952, Rank
    analysis of incomplete block designs; Chiang et al. 2024, Chatbot Arena, section 4). `points`: as of `Games.matrix`.
    `start` (m,): where to begin, for speed alone. A step is shortened so that it must raise the likelihood (Bach 2010,
    Self-concordant analysis for logistic regression, section 2).

    Raises ValueError where there is no finite estimate: where `connected.are_connected` says no.
    """
    models = points.shape[-1]
    if models == 1:
        return np.zeros((len(points), 1))
    games = points + points.transpose(0, 2, 1)
    diagonal = np.arange(models)
    strengths = np.zeros((len(points), models)) if start is None else np.tile(start - start.mean(), (len(points), 1))
    for _ in range(_MOST_STEPS):
        chance = 1 / (1 + np.exp(strengths[:, None, :] - strengths[:, :, None]))
        weights = games * chance
        gradient = (points - weights).sum(axis=2)
        weights *= 1 - chance
        total = weights.sum(axis=2)
        # Adding the same to all strengths changes nothing, so the information matrix is singular in that direction. A
        # constant added to all its entries mends that and leaves the step as it is, for the gradient sums to 0.
        information = total.mean(axis=1)[:, None, None] / models - weights
        information[:, diagonal, diagonal] += total
        try:
            step = np.linalg.solve(information, gradient[:, :, None])[:, :, 0]
        except np.linalg.LinAlgError:
            break
        widest = np.ptp(step, axis=1)
        strengths += step * np.where(widest > 1, np.log1p(widest) / np.maximum(widest, 1), 1)[:, None]
        if widest.max(initial=0) < _SMALL:
            return np.asarray(strengths - strengths.mean(axis=1, keepdims=True))
    raise ValueError("there is no finite maximum likelihood estimate: the models are not connected")
