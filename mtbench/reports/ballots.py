"""Judgments and people's votes → one ballot for each: who said what of which two answers, whatever form it came in."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from mtbench.briefs import GradeBrief, PairBrief
from mtbench.records import QuestionId, Vote
from mtbench.reports.judgments import Group
from mtbench.stats.scores import mean
from mtbench.stats.votes import FIRST, SECOND, TIE, Votes, votes_of_grades

HUMAN = "human"
"""The kind of those who are no authors and no judge models: FastChat's experts, and anybody of another name."""

Unit = tuple[QuestionId, tuple[str, str], int]
"""Question, the two models in order of their names, and turn: what is voted on."""


@dataclass(frozen=True, slots=True)
class Ballot:
    """`kind` of the voter, such as a judge model in a mode; `vote`: FIRST, SECOND or TIE, of the unit's models."""

    unit: Unit
    voter: str
    kind: str
    vote: int


def ballots_of_votes(votes: Iterable[Vote]) -> Iterator[Ballot]:
    """People's votes; the two models are put in order."""
    for vote in votes:
        models = vote.model_a, vote.model_b
        pair = (min(models), max(models))
        winner = {"model_a": vote.model_a, "model_b": vote.model_b}.get(vote.winner)
        said = TIE if winner is None else FIRST if winner == pair[0] else SECOND
        yield Ballot((vote.question_id, pair, vote.turn), vote.judge, kind_of_voter(vote.judge), said)


def kind_of_voter(name: str) -> str:
    """`author` for author_1 and the like; for everybody else `human`."""
    return "author" if re.fullmatch(r"author(_\d+)?", name) else HUMAN


def ballots_of_judgments(groups: Sequence[Group], wanted: set[Unit]) -> Iterator[Ballot]:
    """What judges said: pairs by the verdict of both orders, grades by which is higher (a margin of 0.1 is a tie).

    Of grades only the `wanted` units are made, or all where nothing is wanted. Repeats are one ballot: their majority,
    and the grades' mean.
    """
    for group, kind in zip(groups, kinds_of(groups), strict=True):
        if any(isinstance(each, PairBrief) for each in group.judgments):
            yield from _of_pairs(group, kind)
        else:
            yield from _of_grades(group, kind, wanted)


def kinds_of(groups: Sequence[Group]) -> list[str]:
    """The kind of voter that each group is: judge and mode, and the prompt set where the judge has several."""
    sets = defaultdict[str, set[str]](set)
    for group in groups:
        sets[group.judge].add(group.prompt_set)
    kinds = []
    for group in groups:
        name = f"{group.judge} ({group.prompt_set})" if len(sets[group.judge]) > 1 else group.judge
        compares = any(isinstance(each, PairBrief) for each in group.judgments)
        kinds.append(f"{name} {'pair' if compares else 'single'}")
    return kinds


def kinds_asked(groups: Sequence[Group], judge: str, prompt_set: str) -> list[str]:
    """The kinds of one judge asked with one prompt set."""
    return [
        kind
        for group, kind in zip(groups, kinds_of(groups), strict=True)
        if (group.judge, group.prompt_set) == (judge, prompt_set)
    ]


def _of_pairs(group: Group, kind: str) -> Iterator[Ballot]:
    said = defaultdict[Unit, list[int]](list)
    for each in group.judgments:
        if isinstance(each, PairBrief) and each.has_verdict:
            pair = (each.contest[0], each.contest[1])
            winner = {"model_1": each.models[0], "model_2": each.models[1]}.get(each.winner)
            vote = TIE if winner is None else FIRST if winner == pair[0] else SECOND
            said[each.question_id, pair, each.turn].append(vote)
    for unit, votes in said.items():
        yield Ballot(unit, kind, kind, _majority(votes))


def _majority(votes: Sequence[int]) -> int:
    """What more than half say, else a tie."""
    return next((vote for vote in (FIRST, SECOND) if 2 * votes.count(vote) > len(votes)), TIE)


def _of_grades(group: Group, kind: str, wanted: set[Unit]) -> Iterator[Ballot]:
    grades = defaultdict[tuple[QuestionId, int], defaultdict[str, list[float]]](lambda: defaultdict(list))
    for each in group.judgments:
        if isinstance(each, GradeBrief) and each.has_verdict:
            grades[each.question_id, each.turn][each.models[0]].append(each.score)
    for (question_id, turn), of_models in grades.items():
        means = {model: mean(scores).value for model, scores in of_models.items()}
        units = [(question_id, pair, turn) for pair in combinations(sorted(means), 2)]
        units = [unit for unit in units if not wanted or unit in wanted]
        first, second = (np.array([means[unit[1][place]] for unit in units], np.float64) for place in (0, 1))
        for unit, vote in zip(units, votes_of_grades(first, second).tolist(), strict=True):
            yield Ballot(unit, kind, kind, vote)


@dataclass(frozen=True, slots=True)
class Box:
    """Ballots as arrays, with the names behind the codes."""

    votes: Votes
    kinds: Sequence[str]
    units: Sequence[Unit]

    def code(self, kind: str) -> int:
        return list(self.kinds).index(kind)


def box(ballots: Sequence[Ballot], kinds: Sequence[str]) -> Box:
    """All ballots, with codes for the kinds in the order given."""
    units, questions, voters = dict[Unit, int](), dict[QuestionId, int](), dict[str, int]()
    code_of = {kind: place for place, kind in enumerate(kinds)}
    rows = [
        (
            units.setdefault(each.unit, len(units)),
            questions.setdefault(each.unit[0], len(questions)),
            voters.setdefault(each.voter, len(voters)),
            code_of[each.kind],
            each.vote,
        )
        for each in ballots
    ]
    columns = np.array(rows, np.intp).reshape(-1, 5).T
    return Box(Votes(*columns), tuple(kinds), tuple(units))
