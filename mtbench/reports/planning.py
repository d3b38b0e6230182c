"""What a comparison of two models will be able to show, and what it takes, before anything is paid for."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import isfinite, nan

import numpy as np

from mtbench.briefs import GradeBrief
from mtbench.files import Lines
from mtbench.records import Usage, Where, judgment_from_json
from mtbench.reports.judgments import Group
from mtbench.reports.values import Codes, Floats
from mtbench.stats.power import power, questions_needed, smallest_difference
from mtbench.stats.variance import Components, sd_by_question, variance_components

DEFAULTS = Components(
    question=1.31,
    judge=nan,
    question_judge=nan,
    rest=0.25,
    negative=(),
    questions=80,
    judges=1,
    are_repeated=True,
)
"""Where there is no run to learn from. Three runs of one model of 7 billion parameters that GPT-4 graded on MT-bench
differed with an sd of 0.8, 1.2 and 1.25 by question: here it is 1.25. Unlike models differ more. That a judge who
repeats itself has an sd of 0.5 a turn is assumed."""

REPEATS, JUDGES = (1, 2, 4), (1, 2, 3)


@dataclass(frozen=True, slots=True)
class Goal:
    """The difference to show, in points (pairwise: in the share won, from one half), and how surely."""

    detect: float
    power: float = 0.8
    alpha: float = 0.05


@dataclass(frozen=True, slots=True)
class Spread:
    """The parts of the variance of two models' difference, and where they are from; `pairs`: of models, averaged."""

    parts: Components
    source: str
    pairs: int


@dataclass(frozen=True, slots=True)
class Design:
    """What so many repeats and judges make of it: `sd` by question, `needed` questions for the goal, and with the
    bench's own questions the `power` for the goal and the `smallest` difference that is shown with the goal's power."""

    repeats: int
    judges: int
    sd: float
    needed: int
    power: float
    smallest: float


def designs(goal: Goal, spread: Spread, questions: int) -> list[Design]:
    """Every design whose spread is known. Raises ValueError where no difference by question was ever seen."""
    found = []
    for judges in JUDGES:
        for repeats in REPEATS:
            sd = sd_by_question(spread.parts, repeats, judges)
            if isfinite(sd):
                found.append(
                    Design(
                        repeats,
                        judges,
                        sd,
                        questions_needed(goal.detect, sd, goal.power, goal.alpha),
                        power(goal.detect, sd, questions, goal.alpha),
                        smallest_difference(sd, questions, goal.power, goal.alpha),
                    )
                )
    return found


def spread_of(groups: Sequence[Group], models: Sequence[str]) -> Spread | None:
    """The spread seen in judgments: of all pairs of `models`, none for all models; None where there is no pair.

    Each question, judge and repeat gives a difference, averaged over the turns that both models have.
    """
    seen = (_columns(each) for each in _pairs(groups, models))
    found = [variance_components(*columns) for columns in seen if len(np.unique(columns[1])) > 1]
    if not found:
        return None
    judges = ", ".join(sorted({each.judge for each in groups}))
    parts = Components(
        question=_mean([each.question for each in found]),
        judge=_mean([each.judge for each in found]),
        question_judge=_mean([each.question_judge for each in found]),
        rest=_mean([each.rest for each in found]),
        negative=tuple(sorted({name for each in found for name in each.negative})),
        questions=max(each.questions for each in found),
        judges=max(each.judges for each in found),
        are_repeated=any(each.are_repeated for each in found),
    )
    return Spread(parts, f"judgments by {judges}", len(found))


def tokens_of(groups: Sequence[Group]) -> Usage | None:
    """Tokens of a judgment on average, over some of them; None where they do not tell."""
    seen: list[Usage] = []
    for each in groups:
        for brief in each.judgments[:: len(each.judgments) // SAMPLE + 1]:
            path = brief.by.path
            usage = judgment_from_json(Lines(path).at(brief.place), Where(path)).usage
            seen += [usage] if usage else []
    if not seen:
        return None
    total = sum(seen, Usage())
    return Usage(total.input // len(seen), total.output // len(seen))


SAMPLE = 200
"""Judgments of a judge whose tokens are looked at."""

Unit = tuple[object, str, int]
"""Question, judge, repeat."""


def _pairs(groups: Sequence[Group], models: Sequence[str]) -> Iterator[Mapping[Unit, Sequence[float]]]:
    """For every pair of models, the differences of each unit, a turn each."""
    scores: defaultdict[str, dict[tuple[Unit, int], float]] = defaultdict(dict)
    games: defaultdict[tuple[str, ...], defaultdict[Unit, list[float]]] = defaultdict(lambda: defaultdict(list))
    for each in groups:
        for brief in each.judgments:
            if not brief.has_verdict or (models and not {*brief.contest} <= {*models}):
                continue
            unit = brief.question_id, each.judge, brief.repeat
            if isinstance(brief, GradeBrief):
                scores[brief.models[0]][unit, brief.turn] = brief.score
            else:
                games[brief.contest][unit].append(brief.points - 0.5)
    yield from games.values()
    for one, other in combinations(sorted(scores), 2):
        differences = defaultdict[Unit, list[float]](list)
        for key, score in scores[one].items():
            if key in scores[other]:
                differences[key[0]].append(score - scores[other][key])
        yield differences


def _columns(differences: Mapping[Unit, Sequence[float]]) -> tuple[Floats, Codes, Codes]:
    """Value, question and judge of every unit."""
    codes: dict[object, int] = {}
    judges: dict[str, int] = {}
    rows = [
        (sum(values) / len(values), codes.setdefault(question, len(codes)), judges.setdefault(judge, len(judges)))
        for (question, judge, _), values in differences.items()
    ]
    values, of_questions, of_judges = zip(*rows, strict=True) if rows else ((), (), ())
    return np.array(values, np.float64), np.array(of_questions, np.intp), np.array(of_judges, np.intp)


def _mean(values: Sequence[float]) -> float:
    known = [value for value in values if isfinite(value)]
    return sum(known) / len(known) if known else nan
