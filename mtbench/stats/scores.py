"""Scores → means."""

from collections import defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from math import fsum
from typing import TypeVar

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean and the number of scores that it rests on."""

    value: float
    n: int


def mean(scores: Sequence[float]) -> Mean:
    """The arithmetic mean of at least one finite score.

    The sum is rounded once, so the order of the scores does not matter. pandas, which FastChat uses, gives the same
    float64 wherever its running sums are exact, as with whole and half points; with scores such as 7.3 its own rounding
    may move its last bits.
    """
    return Mean(fsum(scores) / len(scores), len(scores))


def means_by(keys: Sequence[Key], scores: Sequence[float]) -> dict[Key, Mean]:
    """The mean of the scores that share a key (a model; a model and a turn; …). `keys` and `scores` run in parallel."""
    grouped: defaultdict[Key, list[float]] = defaultdict(list)
    for key, score in zip(keys, scores, strict=True):
        grouped[key].append(score)
    return {key: mean(values) for key, values in grouped.items()}
