"""Codes that lie in other codes, as every unit of votes lies in one question."""

import numpy as np

from mtbench.stats.games import Codes


def nested(inner: Codes, outer: Codes) -> tuple[Codes, Codes]:
    """Numbers `inner` codes 0 … U-1, and says in which `outer` code each of them lies.

    `inner`, `outer`: shape (n,). Gives the new inner code of each of the n, and (U,) the outer code of each new one.
    Raises ValueError for shapes that do not fit, and for an inner code that lies in several outer ones.
    """
    if inner.ndim != 1 or outer.shape != inner.shape:
        raise ValueError(f"there must be an outer code for every inner one: {inner.shape}, {outer.shape}")
    codes, start, found = np.unique(inner, return_index=True, return_inverse=True)
    holder = outer[start]
    astray = np.flatnonzero(holder[found] != outer)
    if len(astray):
        raise ValueError(f"code {codes[found[astray[0]]]} lies in more than one of the codes that should hold it")
    return found, holder
