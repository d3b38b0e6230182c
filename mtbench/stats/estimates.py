"""A figure with its error."""

from dataclasses import dataclass

LEVEL = 0.95
"""How often an interval of ours holds the true figure."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure and its interval at some level, 95 % unless said otherwise.

    `n`: values that it rests on. `clusters`: groups of values that are independent of each other, questions as a rule.
    With fewer than two clusters nothing is known of the error: `se`, `low` and `high` are then nan, never 0.
    """

    value: float
    low: float
    high: float
    se: float
    n: int
    clusters: int
