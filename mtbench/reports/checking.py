"""Judgments on disk → a gate's decisions on one model."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from mtbench.benches import Bench, load_answers, load_questions
from mtbench.errors import MtbenchError
from mtbench.records import QuestionId
from mtbench.reports.comparable import answered_otherwise, judged_otherwise
from mtbench.reports.gate import Figure, Gate, Outcome, Rule, decide
from mtbench.reports.judgments import Group
from mtbench.reports.selecting import By, judged, measured
from mtbench.reports.tables import Mode
from mtbench.reports.values import Values
from mtbench.stats.clustered import clustered_mean
from mtbench.stats.estimates import Estimate
from mtbench.stats.paired import paired_difference


@dataclass(frozen=True, slots=True)
class Check:
    """What is to be decided, and by whom. Models go by their files' names. `anyway`: compare what does not compare."""

    model: str
    baseline: str | None
    rules: Sequence[Rule]
    by: By
    alpha: float = 0.05
    inconclusive: Outcome = Outcome.FAIL
    anyway: bool = False


def check(bench: Bench, asked: Check) -> Gate:
    """The gate's decisions.

    Raises MtbenchError for judgments that are not there or do not compare, and Incomplete where requests failed.
    """
    notes: list[str] = []
    groups = judged(bench, asked.model, asked.baseline, asked.by, notes)
    questions = load_questions(bench.source / "question.jsonl")
    category_of = {question.question_id: question.category for question in questions}
    values = measured(groups, asked.by, asked.baseline)
    if asked.by.mode is Mode.SINGLE and asked.baseline:
        refuse_incomparable(bench, asked, groups, notes)
    of_rules = [_of_category(values, rule, category_of, bench) for rule in asked.rules]
    estimates = [_estimate(each, rule, asked) for each, rule in zip(of_rules, asked.rules, strict=True)]
    notes += [
        f"{rule.name}: every question gives the same figure; such a judge may not look at the answers"
        for rule, estimate in zip(asked.rules, estimates, strict=True)
        if estimate.se == 0 and rule.figure is not Figure.DIFFERENCE
    ]
    seen = len(np.unique(values.of_model(asked.model).question))
    if seen < len(questions):
        notes.append(f"{seen} of the {len(questions)} questions of {bench.name} are judged")
    return Gate(
        bench=bench.name,
        mode=asked.by.mode,
        model=asked.model,
        baseline=asked.baseline,
        judges=tuple(each.judge for each in groups),
        prompt_set=groups[0].prompt_set,
        alpha=asked.alpha,
        inconclusive=asked.inconclusive,
        decisions=decide(asked.rules, estimates, asked.alpha),
        notes=notes,
    )


def refuse_incomparable(bench: Bench, asked: Check, groups: Sequence[Group], notes: list[str]) -> None:
    """Raises MtbenchError naming what differs between the two models' judgments and answers, or notes it."""
    differences = list(dict.fromkeys(_differences(bench, asked, groups)))
    if not differences:
        return
    said = f"{asked.model} and {asked.baseline} do not compare: {'; '.join(differences)}"
    if not asked.anyway:
        raise MtbenchError(f"{said}. Judge or answer again alike, or give --anyway to compare what both have")
    notes.append(said)


def _differences(bench: Bench, asked: Check, groups: Sequence[Group]) -> Iterator[str]:
    baseline = asked.baseline or ""
    asked_for: set[QuestionId] = set()
    for each in groups:
        new = [one for one in each.judgments if asked.model in one.contest]
        old = [one for one in each.judgments if baseline in one.contest]
        if not old:
            raise MtbenchError(f"judge {each.judge} has not judged {baseline}")
        yield from judged_otherwise(new, old)
        asked_for |= {one.question_id for one in new}
    new_answers, old_answers = (load_answers(bench.answers(model)) for model in (asked.model, baseline))
    yield from answered_otherwise(new_answers, old_answers, asked_for)


def _of_category(values: Values, rule: Rule, category_of: dict[QuestionId, str], bench: Bench) -> Values:
    if rule.category is None:
        return values
    if rule.category not in category_of.values():
        there = ", ".join(sorted({*category_of.values()}))
        raise MtbenchError(f"--category {rule.category}: {bench.name} has no such category; it has {there}")
    found = values.of_questions({each for each, category in category_of.items() if category == rule.category})
    if not len(found.value):
        raise MtbenchError(f"--category {rule.category}: nothing of it is judged")
    return found


def _estimate(values: Values, rule: Rule, asked: Check) -> Estimate:
    level = 1 - asked.alpha
    if rule.figure is Figure.DIFFERENCE:
        differences, _ = values.differences(asked.model, asked.baseline or "")
        if not len(differences):
            raise MtbenchError(f"{asked.model} and {asked.baseline} have no question in common")
        return paired_difference(differences, level).difference
    own = values.of_model(asked.model)
    if not len(own.value):
        raise MtbenchError(f"{asked.model} has no verdict that counts for the rule {rule.name!r}")
    return clustered_mean(own.value, own.question, level)
