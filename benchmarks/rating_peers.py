"""Ways to rate models from their battles: ours, and what people would use instead.

    python benchmarks/rating_peers.py make BATTLES MODELS SIZE
    python benchmarks/rating_peers.py NAME BATTLES RESAMPLES OUTPUT

BATTLES is an .npz file of `first`, `second` (codes of models) and `points` (of the first: 1, 0.5 or 0). OUTPUT gets,
as JSON, the seconds from these arrays to the ratings, and the ratings, with mean 1000.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # which numpy reads when it is imported

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Rate = Callable[[Codes, Codes, Floats, int], Floats]


def make(path: str, models: int, size: int) -> None:
    """Battles between random pairs, a fifth of them ties, the rest by strengths of ordinary spread."""
    rng = np.random.default_rng(0)
    strengths = rng.normal(0, 0.6, models)
    first = rng.integers(models, size=size)
    second = (first + rng.integers(1, models, size=size)) % models
    drawn, tied = rng.random(size), rng.random(size) < 0.2
    points = np.where(tied, 0.5, drawn < 1 / (1 + np.exp(strengths[second] - strengths[first])))
    np.savez(path, first=first, second=second, points=points)


def mtbench_bootstrap(first: Codes, second: Codes, points: Floats, resamples: int) -> Floats:
    """Bradley-Terry with intervals by bootstrap over votes."""
    from mtbench.stats.games import count_games
    from mtbench.stats.rating_intervals import bootstrap

    games = count_games(first, second, points, int(first.max()) + 1)
    return bootstrap(games, np.random.default_rng(1), resamples).ratings.rating


def mtbench_sandwich(first: Codes, second: Codes, points: Floats, resamples: int) -> Floats:  # noqa: ARG001
    """Bradley-Terry with intervals by the sandwich, which needs no resamples."""
    from mtbench.stats.games import count_games
    from mtbench.stats.rating_intervals import sandwich

    return sandwich(count_games(first, second, points, int(first.max()) + 1)).ratings.rating


def evalica(first: Codes, second: Codes, points: Floats, resamples: int) -> Floats:  # noqa: ARG001
    """evalica's Bradley-Terry, fitted once: each of its resamples would take as long again."""
    import evalica as library

    results = np.array([library.Winner.Y, library.Winner.Draw, library.Winner.X], dtype=object)
    winners = results[(2 * points).astype(int)].tolist()
    scores = library.bradley_terry(first.tolist(), second.tolist(), winners).scores
    return _centred(400 * np.log10(scores.sort_index().to_numpy()))


def lbfgs(first: Codes, second: Codes, points: Floats, resamples: int) -> Floats:
    """Pair counts, and scipy's L-BFGS from the start for every resample of them: FastChat's way, without sklearn."""
    from scipy.optimize import minimize

    models = int(first.max()) + 1
    counts = np.bincount((first * models + second) * 3 + (2 * points).astype(int), minlength=models * models * 3)
    one, two, result = np.unravel_index(np.nonzero(counts)[0], (models, models, 3))
    seen = counts[counts > 0]

    def fit(weights: NDArray[np.int64]) -> Floats:
        def loss(strengths: Floats) -> tuple[float, Floats]:
            gap = strengths[one] - strengths[two]
            surprise = weights * (result / 2 - 1 / (1 + np.exp(-gap))) / len(first)
            value = float((weights * (np.logaddexp(0, -gap) + (1 - result / 2) * gap)).sum() / len(first))
            return value, np.subtract(np.bincount(two, surprise, models), np.bincount(one, surprise, models))

        return np.asarray(minimize(loss, np.zeros(models), jac=True, method="L-BFGS-B", options={"gtol": 1e-9}).x)

    rng = np.random.default_rng(1)
    for _ in range(resamples):
        fit(rng.multinomial(len(first), seen / len(first)))
    return _centred(fit(seen) * 400 / np.log(10))


WAYS: dict[str, Rate] = {way.__name__: way for way in (mtbench_bootstrap, mtbench_sandwich, evalica, lbfgs)}


def _centred(ratings: Floats) -> Floats:
    return np.asarray(ratings - ratings.mean() + 1000)


def main(name: str, battles: str, *rest: str) -> None:
    if name == "make":
        make(battles, *map(int, rest))
        return
    count, output = rest
    loaded = np.load(battles)
    arrays = loaded["first"], loaded["second"], loaded["points"]
    start = time.perf_counter()
    rating = WAYS[name](*arrays, int(count))
    found = {"seconds": time.perf_counter() - start, "ratings": rating.tolist()}
    Path(output).write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
