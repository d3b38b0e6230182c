"""How alike two rankings are."""

import numpy as np

from mtbench.stats.games import Floats


def spearman(a: Floats, b: Floats) -> float:
    """The correlation of the ranks of two lists (m,) of figures of the same models; equal figures share a mean rank.

    Spearman 1904, The proof and measurement of association between two things. nan where all figures of a list are
    equal, or one is nan; infinite ones are ranked. Raises ValueError for shapes that differ.
    """
    _check(a, b)
    one, two = _ranks(a), _ranks(b)
    with np.errstate(invalid="ignore", divide="ignore"):
        return float((one * two).sum() / np.sqrt((one**2).sum() * (two**2).sum())) if _is_known(a, b) else np.nan


def kendall(a: Floats, b: Floats) -> float:
    """Kendall's tau-b of two lists (m,): pairs in the same order less pairs in the other, over √(pairs that differ in a
    × pairs that differ in b). Kendall 1945, The treatment of ties in ranking problems. nan and errors as in `spearman`.
    """
    _check(a, b)
    one, two = _orders(a), _orders(b)
    with np.errstate(invalid="ignore", divide="ignore"):
        return float((one * two).sum() / np.sqrt((one**2).sum() * (two**2).sum())) if _is_known(a, b) else np.nan


def _check(a: Floats, b: Floats) -> None:
    if a.ndim != 1 or a.shape != b.shape:
        raise ValueError(f"two lists of one length are compared: {a.shape}, {b.shape}")


def _is_known(a: Floats, b: Floats) -> bool:
    return not bool(np.isnan(a).any() or np.isnan(b).any())


def _ranks(values: Floats) -> Floats:
    """(m,): mean ranks about 0: half of how many are below less how many are above."""
    return np.asarray(_orders(values).sum(axis=1) / 2)


def _orders(values: Floats) -> Floats:
    """(m, m): 1 where the row's value is greater than the column's, -1 where it is less, else 0."""
    return (values[:, None] > values).astype(np.float64) - (values[:, None] < values)
