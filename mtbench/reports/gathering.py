"""Judgments and people's labels → entries of each judge: of its grades, of its games, and of what it prefers."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from mtbench.briefs import GradeBrief, PairBrief
from mtbench.reports.ballots import Ballot, Unit, kinds_of
from mtbench.reports.entries import Entries, entries_of_games, entries_of_grades, entries_of_preferred
from mtbench.reports.judgments import Group
from mtbench.reports.people import Answer, points
from mtbench.reports.verdicts import POINTS
from mtbench.stats.votes import TIE_MARGIN

Grades = Mapping[Answer, float]

_ROUNDING = 1e-9


def grades_of(groups: Sequence[Group]) -> dict[str, Grades]:
    """By judge and mode, its grades; of repeats their mean."""
    found = dict[str, Grades]()
    for group, kind in zip(groups, kinds_of(groups), strict=True):
        scores = defaultdict[Answer, list[float]](list)
        for each in group.judgments:
            if isinstance(each, GradeBrief) and each.has_verdict:
                scores[each.question_id, each.models[0], each.turn].append(each.score)
        if scores:
            found[kind] = {answer: sum(of_answer) / len(of_answer) for answer, of_answer in scores.items()}
    return found


def graded(grades: Mapping[str, Grades], people: Grades) -> list[Entries]:
    """What judges and people gave each answer."""
    return [entries_of_grades(kind, of_judge, people) for kind, of_judge in grades.items()]


def compared(ballots: Iterable[Ballot], people: Mapping[Unit, float]) -> list[Entries]:
    """What judges and people gave in each comparison. A verdict that changes with the order is a tie."""
    by_kind = defaultdict[str, dict[Unit, float]](dict)
    for each in ballots:
        by_kind[each.kind][each.unit] = points(each)
    return [entries_of_games(kind, of_judge, people) for kind, of_judge in by_kind.items()]


def preferred_in_games(groups: Sequence[Group], people: Mapping[Unit, float]) -> list[Entries]:
    """The share of its games, in both orders and all repeats, that each judge gives the answer that it prefers."""
    found = []
    for group, kind in zip(groups, kinds_of(groups), strict=True):
        games = defaultdict[Unit, list[float]](list)
        for each in group.judgments:
            if isinstance(each, PairBrief) and each.has_verdict:
                unit = each.question_id, (each.contest[0], each.contest[1]), each.turn
                won = [POINTS[winner] for winner in (each.g1_winner, each.g2_winner)]
                games[unit] += won if each.models == each.contest else [1 - each for each in won]
        if games:
            leads = {unit: sum(won) / len(won) - 0.5 for unit, won in games.items()}
            preferred = entries_of_preferred(kind, leads, people)
            found.append(replace(preferred, judge=preferred.judge + 0.5))
    return found


def preferred_by_grades(grades: Mapping[str, Grades], people: Mapping[Unit, float]) -> list[Entries]:
    """By how much each judge grades the better answer higher, of the two that people compared."""
    found = []
    for kind, of_judge in grades.items():
        leads = dict[Unit, float]()
        for unit in people:
            question_id, models, turn = unit
            one, other = (of_judge.get((question_id, model, turn)) for model in models)
            if one is not None and other is not None:
                lead = one - other
                leads[unit] = lead if abs(lead) > TIE_MARGIN + _ROUNDING else 0.0
        found.append(entries_of_preferred(kind, leads, people))
    return found
