"""Judgments on disk → a gate's decisions on one model."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from mtbench.benches import Bench, load_answers, load_questions
from mtbench.errors import MtbenchError
from mtbench.records import QuestionId
from mtbench.reports.comparable import answered_otherwise, judged_otherwise
from mtbench.reports.gate import Decision, Figure, Gate, Outcome, Rule, decide
from mtbench.reports.judgments import Group
from mtbench.reports.repeating import with_repeats
from mtbench.reports.selecting import By, judged, measured
from mtbench.reports.tables import Mode
from mtbench.reports.values import Floats, Values
from mtbench.stats.clustered import clustered_mean
from mtbench.stats.estimates import Estimate
from mtbench.stats.paired import paired_difference
from mtbench.stats.winrate_intervals import clustered_win_rate


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
    found = judged(bench, asked.model, asked.baseline, asked.by, notes)
    asked, groups = replace(asked, model=found.model, baseline=found.other), found.groups
    questions = load_questions(bench.source / "question.jsonl")
    category_of = {question.question_id: question.category for question in questions}
    values = measured(groups, asked.by, asked.baseline)
    if asked.by.mode is Mode.SINGLE and asked.baseline:
        refuse_incomparable(bench, asked, groups, notes)
    of_rules = [_of_category(values, rule, category_of, bench) for rule in asked.rules]
    by_question = [_by_question(each, rule, asked) for each, rule in zip(of_rules, asked.rules, strict=True)]
    estimates = [
        _estimate(each, rule, asked, found)
        for each, rule, found in zip(of_rules, asked.rules, by_question, strict=True)
    ]
    decisions = [
        with_repeats(each, groups, asked.model, asked.baseline, _questions_of(each.rule, category_of), asked.alpha)
        for each in decide(asked.rules, estimates, asked.alpha)
    ]
    notes += [doubt for pair in zip(decisions, by_question, strict=True) for doubt in doubts(*pair)]
    seen = {values.questions[place] for place in np.unique(values.of_model(asked.model).question).tolist()}
    if not seen.issuperset(category_of):
        notes.append(f"{len(seen & {*category_of})} of the {len(questions)} questions of {bench.name} have a verdict")
    if not seen.issubset(category_of):
        notes.append(f"{len(seen - {*category_of})} questions that are not in {bench.name} count too")
    return Gate(
        bench=bench.name,
        mode=asked.by.mode,
        model=asked.model,
        baseline=asked.baseline,
        judges=tuple(each.judge for each in groups),
        prompt_set=groups[0].prompt_set,
        alpha=asked.alpha,
        inconclusive=asked.inconclusive,
        decisions=decisions,
        notes=notes,
    )


def refuse_incomparable(bench: Bench, asked: Check, groups: Sequence[Group], notes: list[str]) -> None:
    """Raises MtbenchError naming what differs between the two models' judgments and answers, or notes it."""
    differences = list(dict.fromkeys(_differences(bench, asked, groups)))
    if not differences:
        return
    said = f"{asked.model} and {asked.baseline} do not compare: {'; '.join(differences)}"
    if not asked.anyway:
        raise MtbenchError(
            f"{said}. Judge or answer again alike, or have `mtbench check --anyway` compare what both have"
        )
    notes.append(said)


NAMES = "the new model", "the baseline"


def _differences(bench: Bench, asked: Check, groups: Sequence[Group]) -> Iterator[str]:
    baseline = asked.baseline or ""
    asked_for: set[QuestionId] = set()
    for each in groups:
        new = [one for one in each.judgments if asked.model in one.contest]
        old = [one for one in each.judgments if baseline in one.contest]
        yield from judged_otherwise(new, old, NAMES)
        asked_for |= {one.question_id for one in new}
    new_answers, old_answers = (load_answers(bench.answers(model)) for model in (asked.model, baseline))
    yield from answered_otherwise(new_answers, old_answers, asked_for, NAMES)


def require_verdicts(values: Values, asked: Check) -> None:
    """Raises MtbenchError unless both models have a verdict."""
    without = [each for each in (asked.model, asked.baseline or "") if each not in values.models]
    if without:
        raise MtbenchError(f"no judgment of {' or '.join(without)} has a verdict")


def _questions_of(rule: Rule, category_of: dict[QuestionId, str]) -> set[QuestionId] | None:
    """Of the rule's category; None for all."""
    if rule.category is None:
        return None
    return {each for each, category in category_of.items() if category == rule.category}


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


def _by_question(values: Values, rule: Rule, asked: Check) -> Floats:
    """The rule's figure of each question."""
    if rule.figure is Figure.DIFFERENCE:
        require_verdicts(values, asked)
        differences, _ = values.differences(asked.model, asked.baseline or "")
        if not len(differences):
            raise MtbenchError(f"{asked.model} and {asked.baseline} have no question in common")
        return differences
    own = values.of_model(asked.model)
    if not len(own.value):
        raise MtbenchError(f"{asked.model} has no verdict that counts for the rule {rule.name!r}")
    _, codes = np.unique(own.question, return_inverse=True)
    return np.asarray(np.bincount(codes, own.value) / np.bincount(codes), np.float64)


def _estimate(values: Values, rule: Rule, asked: Check, by_question: Floats) -> Estimate:
    level = 1 - asked.alpha
    if rule.figure is Figure.DIFFERENCE:
        return paired_difference(by_question, level).difference
    own = values.of_model(asked.model)
    mean = clustered_win_rate if rule.figure is Figure.WIN_RATE else clustered_mean
    return mean(own.value, own.question, level)


def doubts(decision: Decision, by_question: Floats) -> Iterator[str]:
    """Why chance may have decided more often than alpha says: figures that hardly differ, but for a few.

    A t interval takes more than 25 times the squared skewness in questions (Cochran 1977, Sampling Techniques, section
    2.15). A long tail below makes what is not good enough pass, one above makes what is good enough fail.
    """
    rule, decided = decision.rule, decision.outcome is not Outcome.INCONCLUSIVE
    if decision.estimate.se == 0:
        if rule.figure is not Figure.DIFFERENCE:
            yield f"{rule.name}: every question gives the same figure; such a judge may not look at the answers"
        elif decided:
            yield f"{rule.name}: every question gives the same difference, and what goes wrong seldom has not shown"
    elif decided and rule.figure is not Figure.WIN_RATE:
        centred = by_question - by_question.mean()
        skewness = float((centred**3).mean() / (centred**2).mean() ** 1.5)
        towards = skewness < 0 if decision.outcome is Outcome.PASS else skewness > 0
        enough = int(25 * skewness**2) + 1
        if towards and enough > len(by_question):
            where, does = ("below", "passes") if decision.outcome is Outcome.PASS else ("above", "fails")
            yield (
                f"{rule.name}: a few questions lie far {where} the rest, for which {len(by_question)} are few (about "
                f"{enough:,} would do): by chance it {does} more often than alpha says"
            )
