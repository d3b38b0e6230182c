"""Several judges as one."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Hashable, Sequence
from typing import TypeVar

from mtbench.stats.scores import mean
from mtbench.stats.winrates import TIE

Unit = TypeVar("Unit", bound=Hashable)
Value = TypeVar("Value")


def panel_scores(
    panel: Collection[str], judges: Sequence[str], units: Sequence[Unit], scores: Sequence[float]
) -> dict[Unit, float]:
    """The panel's score of every unit that all its judges scored: their mean; a judge's repeats are averaged first.

    `judges`, `units` (a model's answer to one turn) and `scores` run in parallel, a score each.
    """
    return _combine(panel, judges, units, scores, lambda values: mean(values).value)


def panel_verdicts(
    panel: Collection[str], judges: Sequence[str], units: Sequence[Unit], winners: Sequence[str]
) -> dict[Unit, str]:
    """The panel's verdict on every unit that all its judges judged: what more than half say, else a tie.

    A judge's repeats are settled in the same way first. `judges`, `units` (a pair's answers to one
    turn) and `winners` (model_1, model_2 or tie) run in parallel.
    """
    return _combine(panel, judges, units, winners, majority)


def majority(winners: Sequence[str]) -> str:
    """The verdict that more than half give, else a tie."""
    winner, count = Counter(winners).most_common(1)[0]
    return winner if 2 * count > len(winners) else TIE


def _combine(
    panel: Collection[str],
    judges: Sequence[str],
    units: Sequence[Unit],
    values: Sequence[Value],
    settle: Callable[[Sequence[Value]], Value],
) -> dict[Unit, Value]:
    by_unit: defaultdict[Unit, defaultdict[str, list[Value]]] = defaultdict(lambda: defaultdict(list))
    for judge, unit, value in zip(judges, units, values, strict=True):
        by_unit[unit][judge].append(value)
    return {
        unit: settle([settle(said[judge]) for judge in panel])
        for unit, said in by_unit.items()
        if all(judge in said for judge in panel)
    }
