"""Agreement against how far apart two models are: judges right about unlike models may guess about like ones."""

from dataclasses import dataclass

import numpy as np

from mtbench.stats.agreement import Agreement, agreement
from mtbench.stats.estimates import LEVEL
from mtbench.stats.games import Codes, Floats
from mtbench.stats.votes import Votes


@dataclass(frozen=True, slots=True)
class GapBin:
    """Agreement on pairs of models whose average win rates differ by `low` or more, and by less than `high`.

    The last bin holds its upper edge too. `pairs`: of models, that were voted on.
    """

    low: float
    high: float
    pairs: int
    agreement: Agreement


def agreement_by_gap(
    votes: Votes,
    kind_a: int,
    kind_b: int,
    first: Codes,
    second: Codes,
    rates: Floats,
    edges: Floats,
    level: float = LEVEL,
) -> list[GapBin]:
    """`agreement` of two kinds in bins of the absolute difference in average win rate of the two models.

    `first`, `second` (n,): codes of the two models of every vote, 0 … m-1. `rates` (m,): average win rates from 0 to 1,
    as `average_win_rates` gives them; whose votes they come from is the caller's choice. `edges` (b+1,): ascending, in
    the unit of the rates; gaps beyond them and gaps that are nan are in no bin. The paper draws a point for every pair
    of models, from non-tied votes (Zheng et al. 2023, Judging LLM-as-a-Judge, figure 2): `agreements_by` gives those;
    bins have an interval that says something.

    Raises ValueError for shapes that do not fit, codes out of range and edges that do not ascend.
    """
    if not votes.unit.shape == first.shape == second.shape:
        raise ValueError(f"two models for every vote: {votes.unit.shape}, {first.shape}, {second.shape}")
    if len(first) and (min(first.min(), second.min()) < 0 or max(first.max(), second.max()) >= len(rates)):
        raise ValueError(f"codes of models must be from 0 to {len(rates) - 1}")
    if edges.ndim != 1 or len(edges) < 2 or np.any(np.diff(edges) <= 0):
        raise ValueError("edges must ascend, and be two at least")
    gap = np.abs(rates[first] - rates[second])
    pair = np.minimum(first, second) * len(rates) + np.maximum(first, second)
    counted = np.isin(votes.kind, (kind_a, kind_b))
    bins = []
    for low, high in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        inside = counted & (gap >= low) & ((gap < high) | ((gap == high) & (high == edges[-1])))
        bins.append(
            GapBin(low, high, len(np.unique(pair[inside])), agreement(votes.where(inside), kind_a, kind_b, level))
        )
    return bins
