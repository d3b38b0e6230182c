"""Looking after every question and stopping when it is decided, without erring more often for having looked."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Bounds = tuple[float, float]

_STAKES = np.arange(1, 21) / 20
_SHARES = _STAKES**2 / (_STAKES**2).sum()
_GRID = 1800
_ROUNDING = 1e-9


def anytime_p_values(
    differences: NDArray[np.float64], bar: ArrayLike, bounds: Bounds, population: int | None = None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """p-values, after each question, of "the true mean is at most `bar`" and of "it is at least `bar`".

    `differences`: shape (..., n), by question, in the order in which they came; `bar`: a number, or shape (...);
    `bounds`: what a difference cannot leave: (-9, 9) for scores 1 to 10, (-1, 1) for wins. Both results have the shape
    of the two together, (..., n), and never rise along n. If the first hypothesis is true, the chance that its p-value
    is ever alpha or less is at most alpha, and likewise the second: so with an error of alpha in all, stop as soon as
    one of them is at most alpha/2, however often you look.

    What is assumed: that the questions come in random order and the differences keep within the bounds. Nothing about
    the shape of their distribution; the guarantee is exact for any number of questions. With `population` the true mean
    is that of a finite set of so many questions, drawn without replacement: what judging all of them would show, which
    is known when the last has come. Without, it is that of an endless supply of questions like these, which needs more
    of them.

    The method is betting (Waudby-Smith and Ramdas 2024, "Estimating means of bounded random variables by betting",
    sections 4 and 5): with x and m the difference and the bar on a scale from 0 to 1, a gambler whose capital becomes

        K_t = Σ_f w_f · Π_{i≤t} (1 + f · (x_i / m_i − 1)),  w_f ∝ f², f = 1/20 … 1

    gains nothing on average if the mean is m, and m_i, what is then expected of the i-th, is m or, without replacement,
    (N·m − Σ_{j<i} x_j) / (N − i + 1). By Ville's inequality K_t ever reaches 1/p with a probability of at most p. The
    other side bets on 1 − x. Bold stakes weigh more because differences of scores are small beside their bounds: of
    weights w_f ∝ 1, f, f², f³, f⁴, an extra half on f = 1, and the paper's hedged bets, none was quicker than f² for
    both scores and wins. An anytime-valid t test (Wang and Ramdas 2025, "Anytime-valid t-tests and confidence sequences
    for Gaussian means with unknown variance") is quicker for an endless supply, and of 80 or 160 questions for
    differences near 1, but slower for smaller ones; and it holds alpha only if differences are normal, as scores' are
    not.

    Raises ValueError for differences outside the bounds and for a population smaller than n.
    """
    x, m = _scaled(differences, bounds), _scaled(np.asarray(bar, dtype=np.float64)[..., None], bounds)
    count = x.shape[-1]
    if population is None:
        return _p(x, m), _p(1 - x, 1 - m)
    if population < count:
        raise ValueError(f"{count} questions cannot come from {population} without replacement")
    left = population * m - np.cumsum(x, axis=-1)  # what the questions to come would have to sum to
    to_come = population - np.arange(1, count + 1)
    expected = (left + x) / (to_come + 1)
    above = np.where(left < -_ROUNDING, 0.0, _p(x, expected))
    below = np.where(left > to_come + _ROUNDING, 0.0, _p(1 - x, 1 - expected))
    return np.minimum.accumulate(above, axis=-1), np.minimum.accumulate(below, axis=-1)


def confidence_sequence(
    differences: NDArray[np.float64], alpha: float, bounds: Bounds, population: int | None = None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Lower and upper bounds of the true mean after each question, shape (n,) each: they all hold at once.

    With a probability of 1 − `alpha` or more the true mean is in every one of the n intervals. They never widen, and
    hold the bars of which neither p-value of `anytime_p_values` is at most alpha/2; the assumptions and the other
    arguments are the same. Bounds are looked for on a grid of 1800 steps (0.01 of a point for scores) and rounded
    outwards. Raises ValueError as there.
    """
    grid = np.linspace(*bounds, _GRID + 1)
    above, below = anytime_p_values(differences, grid, bounds, population)
    lows = np.where(above <= alpha / 2, grid[:, None], bounds[0]).max(axis=0, initial=bounds[0])
    highs = np.where(below <= alpha / 2, grid[:, None], bounds[1]).min(axis=0, initial=bounds[1])
    if population is None:
        return lows, highs
    seen = np.cumsum(differences)
    to_come = population - np.arange(1, len(differences) + 1)
    least, most = ((seen + to_come * bound) / population for bound in bounds)
    return np.maximum(lows, least), np.minimum(highs, most)


def _scaled(values: NDArray[np.float64], bounds: Bounds) -> NDArray[np.float64]:
    low, high = bounds
    if values.size and not (values.min() >= low and values.max() <= high):
        raise ValueError(f"values from {values.min()} to {values.max()} are not within {low} to {high}")
    return (values - low) / (high - low)


def _p(x: NDArray[np.float64], expected: NDArray[np.float64]) -> NDArray[np.float64]:
    """One over the highest capital so far of bets that `x`, from 0 to 1, are more than `expected`."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        won = np.where(expected > _ROUNDING, x / expected, np.where(x > _ROUNDING, np.inf, 1.0)) - 1
        capital = np.zeros(won.shape)
        for stake, share in zip(_STAKES.tolist(), _SHARES.tolist(), strict=True):
            # A stake of all on a bet that is lost: 0 for ever, which 0 · ∞ hides if the capital had outgrown a float.
            capital += share * np.nan_to_num(np.cumprod(1 + stake * won, axis=-1), nan=0.0, posinf=np.inf)
        return np.asarray(np.minimum(1.0, 1 / np.maximum.accumulate(capital, axis=-1)))
