"""Battles between models whose true ratings are known, on questions that suit some models more than others."""

from dataclasses import dataclass

import numpy as np

from mtbench.stats.games import Floats, Games, count_games
from mtbench.stats.ratings import Anchor, rate_matrix

STRENGTHS = np.array([1.0, 0.1, -1.1])
TIES = 0.25
_PAIRS = np.triu_indices(len(STRENGTHS), 1)


@dataclass(frozen=True)
class Population:
    """Questions to draw from: the chance (q, pairs) that the first of a pair wins where it does not tie."""

    chance: Floats

    def true_ratings(self, anchor: Anchor | None = None) -> Floats:
        """What endless games on all questions would give."""
        models = len(STRENGTHS)
        points = np.zeros((models, models))
        points[_PAIRS] = TIES / 2 + (1 - TIES) * self.chance.mean(axis=0)
        points.T[_PAIRS] = 1 - points[_PAIRS]
        return rate_matrix(points, anchor, np.full(models, 1000.0))[0]

    def games(self, questions: int, orders: int, rng: np.random.Generator, clustered: bool = True) -> Games:
        """Every pair plays every one of the drawn questions in as many orders."""
        chance = self.chance[rng.integers(len(self.chance), size=questions)][:, None, :]
        points = _play(np.broadcast_to(chance, (questions, orders, len(_PAIRS[0]))), rng)
        first, second = (np.broadcast_to(models, points.shape).ravel() for models in _PAIRS)
        clusters = np.repeat(np.arange(questions), points[0].size) if clustered else None
        return count_games(first, second, points.ravel(), len(STRENGTHS), clusters)


def population(spread: float, rng: np.random.Generator) -> Population:
    """A thousand questions; on each, strengths differ from the usual ones by a normal of this deviation."""
    strengths = STRENGTHS + rng.normal(0, spread, (1000, len(STRENGTHS)))
    return Population(1 / (1 + np.exp(strengths[:, _PAIRS[1]] - strengths[:, _PAIRS[0]])))


def votes(n: int, rng: np.random.Generator) -> Games:
    """Games (n) between random pairs of models of STRENGTHS, each for itself."""
    which = rng.integers(len(_PAIRS[0]), size=n)
    first, second = _PAIRS[0][which], _PAIRS[1][which]
    chance = 1 / (1 + np.exp(STRENGTHS[second] - STRENGTHS[first]))
    return count_games(first, second, _play(chance, rng), len(STRENGTHS))


def _play(chance: Floats, rng: np.random.Generator) -> Floats:
    drawn = rng.random(chance.shape)
    return np.where(drawn < TIES, 0.5, drawn < TIES + (1 - TIES) * chance)
