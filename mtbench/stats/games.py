"""Games → who took how many points from whom, in which cluster: what ratings are computed from."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Games:
    """Games of `models` models, codes 0 … m-1, in clusters that are independent of each other. Made by `count_games`.

    `copies` (U,): how many clusters look alike: 1 each where clusters were given, and where every game is a cluster of
    its own, the games of one pair with one result. The other arrays run in parallel: in a cluster like `unit[e]`,
    `winner[e]` took `points[e]` points from `loser[e]`. A win is a point; a tie gives half a point to each.
    """

    models: int
    copies: NDArray[np.int64]
    unit: Codes
    winner: Codes
    loser: Codes
    points: Floats

    @property
    def clusters(self) -> int:
        """How many clusters have games."""
        return int(self.copies.sum())

    def matrix(self) -> Floats:
        """(m, m): the points that the model of the row took from the model of the column. Its sum: the games."""
        points = np.zeros((self.models, self.models))
        np.add.at(points, (self.winner, self.loser), self.points * self.copies[self.unit])
        return points

    def among(self, models: Sequence[int]) -> "Games":
        """The games between these models alone, which get the codes 0, 1, … in the order given."""
        code = np.full(self.models, -1)
        code[list(models)] = np.arange(len(models))
        kept = (code[self.winner] >= 0) & (code[self.loser] >= 0)
        units, unit = np.unique(self.unit[kept], return_inverse=True)
        winner, loser = code[self.winner[kept]], code[self.loser[kept]]
        return Games(len(models), self.copies[units], unit, winner, loser, self.points[kept])


def count_games(
    first: ArrayLike, second: ArrayLike, points: ArrayLike, models: int, clusters: ArrayLike | None = None
) -> Games:
    """Sums games up. All arrays are (n,), a game each.

    `first`, `second`: codes of the two models, from 0 to `models` - 1. `points`: what `first` got: 1 for a win, 0 for a
    loss, 0.5 for a tie. `clusters`: codes of the groups of games that depend on each other, as all games on one
    question do; None where every game stands for itself, as the votes of many people do.

    Raises ValueError for shapes that differ, codes out of range, a model that meets itself, and other points.
    """
    one, two, got = np.asarray(first, np.intp), np.asarray(second, np.intp), np.asarray(points, np.float64)
    if one.ndim != 1 or not one.shape == two.shape == got.shape:
        raise ValueError(f"first, second and points must be lists of one length: {one.shape}, {two.shape}, {got.shape}")
    if one.size and (min(one.min(), two.min()) < 0 or max(one.max(), two.max()) >= models):
        raise ValueError(f"codes of models must be from 0 to {models - 1}")
    if np.any(one == two):
        raise ValueError("a model cannot meet itself")
    result = (2 * got).astype(np.int8)
    if np.any(result != 2 * got) or np.any((result < 0) | (result > 2)):
        raise ValueError("points must be 0, 0.5 or 1")
    if clusters is None:
        return _each_for_itself(one, two, result, models)
    groups = np.asarray(clusters)
    if groups.shape != one.shape:
        raise ValueError(f"there must be a cluster for every game: {groups.shape}, {one.shape}")
    return _in_clusters(one, two, got, models, groups)


def _each_for_itself(first: Codes, second: Codes, result: NDArray[np.int8], models: int) -> Games:
    counts = np.bincount((first * models + second) * 3 + result, minlength=models * models * 3)
    counts = counts.reshape(models, models, 3)
    counts = counts + counts.transpose(1, 0, 2)[:, :, ::-1]  # either of the two may have been named first
    one, two, outcome = np.nonzero(np.triu(np.ones((models, models), bool))[:, :, None] & (counts > 0))
    unit = np.arange(len(one))
    won, lost = outcome > 0, outcome < 2
    return Games(
        models,
        counts[one, two, outcome],
        np.concatenate([unit[won], unit[lost]]),
        np.concatenate([one[won], two[lost]]),
        np.concatenate([two[won], one[lost]]),
        np.concatenate([outcome[won], 2 - outcome[lost]]) / 2,
    )


def _in_clusters(first: Codes, second: Codes, points: Floats, models: int, clusters: NDArray[np.generic]) -> Games:
    names, unit = np.unique(clusters, return_inverse=True)
    won, lost = points > 0, points < 1
    units = np.concatenate([unit[won], unit[lost]])
    winner, loser = np.concatenate([first[won], second[lost]]), np.concatenate([second[won], first[lost]])
    cells, cell = np.unique((units * models + winner) * models + loser, return_inverse=True)
    sums = np.bincount(cell, np.concatenate([points[won], 1 - points[lost]]), minlength=len(cells))
    units, pair = np.divmod(cells, models * models)
    winner, loser = np.divmod(pair, models)
    return Games(models, np.ones(len(names), np.int64), units, winner, loser, sums.astype(np.float64))
