"""Judgments → where the error of a score comes from, and what more questions, repeats or judges would buy."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from math import isfinite, sqrt

import numpy as np

from mtbench.briefs import GradeBrief
from mtbench.records import QuestionId
from mtbench.reports.judgments import Group
from mtbench.reports.tables import Cell, Column, Table
from mtbench.reports.values import codes_of
from mtbench.stats.variance import Components, standard_error, variance_components


def spread_table(main: Table, groups: Sequence[Group], models: Sequence[str], title: str) -> Table | None:
    """The parts of each model's spread; None where neither a repeat nor a second judge could show them."""
    repeats = 1 + max(each.repeat for group in groups for each in group.judgments)
    judges = len(groups)
    if repeats == judges == 1:
        return None
    scores = _scores(groups)
    found = {model: _parts(scores[model]) for model in models if model in scores}
    found = {model: parts for model, parts in found.items() if parts.are_repeated or parts.judges > 1}
    if not found:
        return None
    rows: list[tuple[Cell, ...]] = []
    for model, parts in found.items():
        questions = parts.questions
        errors = [
            standard_error(parts, questions, repeats, judges),
            standard_error(parts, 2 * questions, repeats, judges),
            standard_error(parts, questions, 2 * repeats, judges),
            standard_error(parts, questions, repeats, 2 * judges),
        ]
        spreads = [_sd(each) for each in (parts.question, parts.judge, parts.question_judge, parts.rest)]
        rows.append((model, *spreads, *(each if isfinite(each) else None for each in errors)))
    return replace(
        main,
        kind="variance",
        title=title,
        columns=(
            Column("model", "model"),
            Column("sd_question", "questions", decimals=2),
            Column("sd_judge", "judges", decimals=2),
            Column("sd_question_judge", "judge on question", decimals=2),
            Column("sd_repeat", "repeats", decimals=2),
            Column("se", "error now", decimals=3),
            Column("se_questions", "2 x questions", decimals=3),
            Column("se_repeats", "2 x repeats", decimals=3),
            Column("se_judges", "2 x judges", decimals=3),
        ),
        rows=rows,
        warnings=(),
        foot=(
            "questions to repeats: standard deviations of a score's parts, both turns averaged",
            "error: the standard error of the mean, now and with twice as many of one thing",
            *_unseen(found),
        ),
    )


def components_of(groups: Sequence[Group], model: str) -> Components | None:
    """The parts of one model's spread; None where it was graded on fewer than two questions."""
    scores = _scores(groups).get(model)
    return _parts(scores) if scores else None


_Scores = dict[tuple[QuestionId, int, int], list[float]]
"""By question, judge and repeat: a score a turn."""


def _scores(groups: Sequence[Group]) -> dict[str, _Scores]:
    """Of each model that was graded on two questions at least."""
    found = defaultdict[str, _Scores](dict)
    for judge, group in enumerate(groups):
        for each in group.judgments:
            if isinstance(each, GradeBrief) and each.has_verdict:
                found[each.models[0]].setdefault((each.question_id, judge, each.repeat), []).append(each.score)
    return {model: scores for model, scores in found.items() if len({question for question, _, _ in scores}) > 1}


def _parts(scores: _Scores) -> Components:
    """Of a value for each question, judge and repeat, averaged over turns."""
    return variance_components(
        np.array([sum(values) / len(values) for values in scores.values()]),
        codes_of([question for question, _, _ in scores]),
        np.array([judge for _, judge, _ in scores], np.intp),
    )


def _sd(variance: float) -> float | None:
    return sqrt(variance) if isfinite(variance) else None


_NAMES = {"question": "questions", "judge": "judges", "question_judge": "judge on question", "rest": "repeats"}


def _unseen(found: dict[str, Components]) -> Iterator[str]:
    """Parts of which the judgments show nothing, which is not to say that they are 0, and parts that hide in others."""
    negative = sorted({_NAMES[name] for parts in found.values() for name in parts.negative})
    if negative:
        yield f"0.00 of {', '.join(negative)}: these judgments show no sign of it"
    if not any(parts.are_repeated for parts in found.values()):
        yield "judge on question is part of repeats: nothing was judged twice by one judge"
