"""Which units people should label next.

Two needs, two ways. `next_labels` picks the units on which a label settles most, for people to look at or to decide.
Figures of all units must not be computed from such labels: they are of the hard units only, and a prediction-powered
mean of them is off, however narrow. For figures, label units at random, or with chances that are known: `draw_labels`.
"""

import numpy as np
from numpy.typing import NDArray

from mtbench.stats.games import Codes, Floats


def entropy(shares: Floats) -> Floats:
    """(U,): how undecided shares of votes or chances of classes (U, K) are: −Σ s·ln s, from 0 to ln K.

    Of `dawid_skene.vote_shares` it is the disagreement of the panel (vote entropy: Argamon-Engelson and Dagan 1999,
    Committee-Based Sample Selection), of `Panel.posterior` the uncertainty that is left (Lewis and Gale 1994). nan
    where the shares are.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(-np.where(shares == 0, 0.0, shares * np.log(shares)).sum(axis=1))


def spread(units: Codes, values: Floats) -> Floats:
    """(U,): the standard deviation of each unit's values: of a judge's repeats, or of the scores of several judges.

    `units`, `values`: shape (n,), codes from 0. The deviation has n−1 below; a unit with fewer than two values has nan.
    Raises ValueError for shapes that do not fit and a code below 0.
    """
    if units.ndim != 1 or units.shape != values.shape or np.any(units < 0):
        raise ValueError(f"a unit, from 0 up, for every value: {units.shape}, {values.shape}")
    n = np.bincount(units)
    with np.errstate(invalid="ignore", divide="ignore"):
        means = np.bincount(units, values) / n
        squares = np.bincount(units, np.square(values - means[units]))
        return np.asarray(np.sqrt(squares / np.where(n > 1, n - 1, np.nan)))


def next_labels(uncertainty: Floats, questions: Codes, labelled: NDArray[np.bool_], count: int) -> Codes:
    """The `count` units to label next, the first one first: the most uncertain, spread over questions.

    `uncertainty`, `questions`, `labelled`: shape (U,). Each question gets its first label before any gets a second, and
    so on, those that it has counted; among as many labels, the more uncertain unit goes first, then the one with the
    lower index. A unit of which nothing is known, nan, is as uncertain as any: it comes first. There are fewer than
    `count` if there are fewer units without a label. Raises ValueError for shapes that do not fit and a count below 0.
    """
    if uncertainty.ndim != 1 or not uncertainty.shape == questions.shape == labelled.shape:
        raise ValueError(f"units differ in number: {uncertainty.shape}, {questions.shape}, {labelled.shape}")
    if count < 0:
        raise ValueError(f"a count of labels cannot be below 0: {count}")
    _, question = np.unique(questions, return_inverse=True)
    doubt = np.where(np.isnan(uncertainty), np.inf, uncertainty)
    index = np.arange(len(doubt))
    order = np.lexsort((index, -doubt, ~labelled, question))
    first = np.searchsorted(question[order], question[order])
    turn = np.empty(len(doubt), dtype=np.intp)
    turn[order] = index - first
    queue = np.lexsort((index, -doubt, turn))
    return queue[~labelled[queue]][:count]


def draw_labels(
    uncertainty: Floats, count: int, rng: np.random.Generator, even: float = 0.5
) -> tuple[NDArray[np.bool_], Floats]:
    """Draws `count` units to label, uncertain ones more often, and gives every unit's chance, for `ppi.powered_mean`.

    `uncertainty` (U,), 0 or more: at best the error that is feared of the judge, in points; nan counts as the largest.
    Chances are in proportion to a mixture: the share `even` of all labels falls evenly on all units, so that none is
    without a chance, and the rest in proportion to the uncertainty (Zrnic and Candès 2024, Active Statistical
    Inference, section 3); none is above 1. The draw is a systematic one from the units in random order (Madow 1949), so
    that it has just `count` units, each with just its chance. Gives a mask (U,) and chances (U,).

    Raises ValueError for another shape, an uncertainty below 0, a count beyond 1 … U, an `even` beyond 0 … 1 or of 0.
    """
    units = len(uncertainty)
    if uncertainty.ndim != 1 or not 1 <= count <= units or not 0 < even <= 1:
        raise ValueError(f"{count} labels, a share of {even} of them even, cannot be drawn from {uncertainty.shape}")
    known = uncertainty[~np.isnan(uncertainty)]
    if np.any(known < 0):
        raise ValueError("an uncertainty is below 0")
    doubt = np.where(np.isnan(uncertainty), known.max(initial=0.0), uncertainty)
    if not doubt.any():
        doubt = np.ones(units)
    chances = _capped(even / units + (1 - even) * doubt / doubt.sum(), count)
    order = rng.permutation(units)
    ends = np.floor(np.cumsum(chances[order]) + rng.random() - 1e-12)
    drawn = np.zeros(units, dtype=np.bool_)
    drawn[order[np.diff(ends, prepend=0.0) > 0]] = True
    return drawn, chances


def _capped(weights: Floats, count: int) -> Floats:
    """Chances in proportion to the weights that sum to the count; those that would be above 1 are 1."""
    chances = np.ones(len(weights))
    free = np.ones(len(weights), dtype=np.bool_)
    while True:
        left = count - int((~free).sum())
        scaled = weights[free] * (left / weights[free].sum()) if free.any() else weights[free]
        if np.all(scaled <= 1):
            chances[free] = scaled
            return chances
        free[np.flatnonzero(free)[scaled > 1]] = False
