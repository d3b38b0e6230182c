"""Whether judging the same answers more often would decide a rule, as far as repeats that are there tell."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from math import isfinite

from mtbench.records import QuestionId
from mtbench.reports.gate import Decision, Figure, Outcome
from mtbench.reports.judgments import Group
from mtbench.reports.planning import spread_of
from mtbench.reports.spread import components_of
from mtbench.stats.power import smallest_difference
from mtbench.stats.variance import Components, sd_by_question

MOST_REPEATS = 20
"""More repeats than that are no advice."""


def with_repeats(
    decision: Decision,
    groups: Sequence[Group],
    model: str,
    baseline: str | None,
    questions: Collection[QuestionId] | None,
    alpha: float,
) -> Decision:
    """The decision, and where it is open how many repeats would decide it. `questions`: of the rule, None for all."""
    if decision.outcome is not Outcome.INCONCLUSIVE:
        return decision
    parts = _parts(_of(groups, questions), decision, model, baseline)
    if parts is None or not parts.are_repeated:
        return decision
    there = 1 + max(each.repeat for group in groups for each in group.judgments)
    gap = abs(decision.estimate.value - decision.rule.bar)
    for repeats in range(there + 1, MOST_REPEATS + 1):
        sd = sd_by_question(parts, repeats, len(groups))
        if isfinite(sd) and smallest_difference(max(sd, 1e-9), decision.estimate.clusters, alpha=alpha) <= gap:
            return replace(decision, repeats=repeats)
    return decision


def _parts(groups: Sequence[Group], decision: Decision, model: str, baseline: str | None) -> Components | None:
    if decision.rule.figure is Figure.SCORE:
        return components_of(groups, model)
    spread = spread_of(groups, [model, baseline or ""])
    return spread.parts if spread else None


def _of(groups: Sequence[Group], questions: Collection[QuestionId] | None) -> list[Group]:
    if questions is None:
        return list(groups)
    return [
        replace(each, judgments=tuple(one for one in each.judgments if one.question_id in questions)) for each in groups
    ]
