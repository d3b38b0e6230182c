"""How good a benchmark is: whether it tells models apart, and whether people would put them in the same order.

All measures are of Li et al. 2024, From Crowdsourced Data to High-Quality Benchmarks (arXiv 2406.11939), section 3.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mtbench.stats.games import Floats


@dataclass(frozen=True, slots=True)
class Separability:
    """How many of the `pairs` of models have intervals that share no point; an unknown end (nan) separates nothing."""

    separated: int
    pairs: int

    @property
    def share(self) -> float:
        """From 0 to 1; nan for fewer than two models."""
        return self.separated / self.pairs if self.pairs else np.nan


@dataclass(frozen=True, slots=True)
class Agreement:
    """Pairs of models that the benchmark and the reference both separate, in the same order or the other."""

    agree: int
    disagree: int
    reference_separates: int
    pairs: int

    @property
    def of_all_pairs(self) -> float:
        """As the paper defines it: 1 for a pair in the same order, -1 in the other, 0 where either does not separate
        it; the mean over all pairs. It cannot exceed the separability of either. nan without a pair.
        """
        return (self.agree - self.disagree) / self.pairs if self.pairs else np.nan

    @property
    def of_separated_pairs(self) -> float:
        """The mean over the pairs that the reference separates, as LMSYS's blog of 2024-04-19 counts it. The figures of
        the paper's table, which exceed the separability that stands beside them, can only be of this kind.
        """
        return (self.agree - self.disagree) / self.reference_separates if self.reference_separates else np.nan


@dataclass(frozen=True, slots=True)
class Brier:
    """The mean squared error of the order foretold, over the `pairs` whose order is known: 0 is best, 0.25 a guess."""

    score: float
    pairs: int


def separability(low: Floats, high: Floats) -> Separability:
    """Separability with confidence: of all pairs of models, how many have intervals `low` (m,), `high` (m,) apart."""
    above = _is_above(low, high)
    models = len(above)
    return Separability(int(above.sum()), models * (models - 1) // 2)


def agreement(low: Floats, high: Floats, reference_low: Floats, reference_high: Floats) -> Agreement:
    """Agreement with confidence with an outside ranking of the same models: the ends (m,) of the intervals of both.

    Raises ValueError for shapes that differ.
    """
    above, reference = _is_above(low, high), _is_above(reference_low, reference_high)
    if above.shape != reference.shape:
        raise ValueError(f"the benchmark has {len(above)} models, the reference {len(reference)}")
    same, other = int((above & reference).sum()), int((above & reference.T).sum())
    models = len(above)
    return Agreement(same, other, int(reference.sum()), models * (models - 1) // 2)


def brier(value: Floats, se: Floats, reference: Floats) -> Brier:
    """The pair rank Brier score of a benchmark's figures `value` (m,) with errors `se` (m,).

    The mean over pairs (a, b) of (Φ((value_a − value_b) / √(se_a² + se_b²)) − 1{reference_a > reference_b})²: how sure
    the benchmark is of each pair's order, taking its figures as normal and independent, beside the order in the
    reference's ratings (m,). A pair whose order the reference does not say, or of which the benchmark has no figure or
    error, is left out. nan without a pair.

    Raises ValueError for shapes that differ.
    """
    if value.ndim != 1 or not value.shape == se.shape == reference.shape:
        raise ValueError(f"figures, errors and reference differ: {value.shape}, {se.shape}, {reference.shape}")
    from scipy.special import ndtr

    a, b = np.triu_indices(len(value), 1)
    with np.errstate(invalid="ignore", divide="ignore"):
        gap = value[a] - value[b]
        surety = np.where(gap == 0, 0.5, ndtr(gap / np.hypot(se[a], se[b])))
    first = reference[a] > reference[b]
    known = ~np.isnan(surety) & (first | (reference[a] < reference[b]))
    pairs = int(known.sum())
    return Brier(float(np.mean((surety - first)[known] ** 2)) if pairs else np.nan, pairs)


def _is_above(low: Floats, high: Floats) -> NDArray[np.bool_]:
    """(m, m): whether the interval of the row lies wholly above that of the column."""
    if low.ndim != 1 or low.shape != high.shape:
        raise ValueError(f"an interval has two ends: {low.shape}, {high.shape}")
    return np.asarray(low[:, None] > high)
