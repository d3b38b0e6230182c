"""Ballots → whether a judge favours one side, its own model or the longer answer, more than others do."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from mtbench.benches import Bench, load_answers
from mtbench.errors import MtbenchError
from mtbench.records import QuestionId, Vote
from mtbench.reports.ballots import HUMAN, Ballot, Unit, ballots_of_judgments, ballots_of_votes, kinds_of
from mtbench.reports.judgments import Group, chosen, read_groups
from mtbench.reports.people import drawn, picked_note
from mtbench.reports.tables import Cell, Column, Mode, Results, Table, known
from mtbench.reports.values import codes_of
from mtbench.stats.clustered import clustered_mean
from mtbench.stats.equal_quality import at_equal_quality
from mtbench.stats.votes import FIRST, TIE
from mtbench.stats.winrate_intervals import clustered_win_rate

Favoured = Callable[[str, Unit], str | None]
"""Kind of judge and unit → the model that it may favour there, None for neither."""

LONGER_BY = 1.1
"""How many times as long an answer has to be to be the longer one."""


def self_results(
    bench: Bench, votes: Sequence[Vote], judges: Sequence[str], own: Mapping[str, Sequence[str]]
) -> Results:
    """How much better each judge finds its own models than others find them. `own`: models by judge, more than itself.

    Raises MtbenchError where no judge has judged its own model beside others.
    """
    notes = picked_note(votes, "they are left out")
    votes = drawn(votes)
    groups, paths = read_groups(bench, ("pair", "single"), (), notes.append)
    shown = chosen(judges, sorted({each.judge for each in groups}), "--judge", f"in {bench.folder}")
    judge_of = _judge_of(groups)

    def favoured(kind: str, unit: Unit) -> str | None:
        judge = judge_of[kind]
        models = {judge, *own.get(judge, ())}
        ours = [model for model in unit[1] if model in models]
        return ours[0] if len(ours) == 1 else None

    rows = _rows(groups, votes, favoured, shown)
    if not rows:
        raise MtbenchError(
            "no judge has judged its own model beside others here: judge with --mode pairwise-all, or single with both "
            "models, and say with --own JUDGE:MODEL which models are of its family"
        )
    table = _table("bias_self", f"{bench.name}: what judges give their own models", "its own model", rows)
    return Results(Mode.PAIRWISE_ALL, bench.name, tuple(map(str, paths)), [table], notes, groups)


def verbosity_results(bench: Bench, votes: Sequence[Vote], judges: Sequence[str]) -> Results:
    """How much more each judge likes the longer answer than others do.

    Raises MtbenchError where the answers are not at hand, or nothing was compared.
    """
    notes = picked_note(votes, "they are left out")
    votes = drawn(votes)
    groups, paths = read_groups(bench, ("pair", "single"), (), notes.append)
    shown = chosen(judges, sorted({each.judge for each in groups}), "--judge", f"in {bench.folder}")
    models = {model for each in groups for model in each.models()}
    models |= {model for vote in votes for model in (vote.model_a, vote.model_b)}
    lengths: dict[tuple[str, QuestionId, int], int] = {
        (model, question_id, turn): len(text)
        for model in sorted(models)
        for question_id, answer in load_answers(bench.answers(model)).items()
        for turn, text in enumerate(answer.choices[0].turns, 1)
    }

    def favoured(_: str, unit: Unit) -> str | None:
        question_id, pair, turn = unit
        one, other = (lengths.get((model, question_id, turn)) for model in pair)
        if one is None or other is None or max(one, other) < LONGER_BY * min(one, other):
            return None
        return pair[0] if one > other else pair[1]

    rows = _rows(groups, votes, favoured, shown)
    if not rows:
        raise MtbenchError(f"no comparisons of answers of unlike length are at hand in {bench.folder}")
    table = _table("bias_verbosity", f"{bench.name}: what judges give the longer answer", "the longer answer", rows)
    return Results(Mode.PAIRWISE_ALL, bench.name, tuple(map(str, paths)), [table], notes, groups)


def _rows(
    groups: Sequence[Group], votes: Sequence[Vote], favoured: Favoured, shown: Sequence[str]
) -> list[tuple[Cell, ...]]:
    """By kind of judge: what it gives the favoured, what others give the same, the difference, and at equal quality.

    Of all judges, or those `shown`; the others remain what they are held against.
    """
    ballots, judge_of = [*ballots_of_votes(votes), *ballots_of_judgments(groups, set())], _judge_of(groups)
    by_unit = defaultdict[Unit, list[Ballot]](list)
    for each in ballots:
        by_unit[each.unit].append(each)
    rows = []
    for kind in dict.fromkeys(each.kind for each in ballots):
        if kind in judge_of and (not shown or judge_of[kind] in shown):
            row = _row(kind, by_unit, favoured, judge_of)
            rows += [row] if row else []
    return rows


def _judge_of(groups: Sequence[Group]) -> dict[str, str]:
    """By kind, the judge that it is of."""
    return {kind: group.judge for kind, group in zip(kinds_of(groups), groups, strict=True)}


def _row(
    kind: str, by_unit: Mapping[Unit, Sequence[Ballot]], favoured: Favoured, judge_of: Mapping[str, str]
) -> tuple[Cell, ...] | None:
    own: list[float] = []
    on: list[QuestionId] = []
    compared: list[float] = []
    others_points: list[float] = []
    compared_on: list[QuestionId] = []
    voters: list[tuple[int, float]] = []
    people = 0
    for unit, ballots in by_unit.items():
        model = favoured(kind, unit)
        mine = [each for each in ballots if each.kind == kind]
        if model is None or not mine:
            continue
        given = _points(mine, model)
        own.append(given)
        on.append(unit[0])
        human = [each for each in ballots if each.kind == HUMAN]
        others = human or [each for each in ballots if judge_of.get(each.kind) != judge_of[kind]]
        if others:
            people += bool(human)
            others_points.append(_points(others, model))
            voters += [(len(compared), _points(each, model)) for each in _by_voter(others)]
            compared.append(given)
            compared_on.append(unit[0])
    if not own:
        return None
    share = clustered_win_rate(np.array(own), codes_of(on))
    if not compared:
        return kind, share, None, None, None, len(own), 0, "nobody"
    codes, judge, by_others = codes_of(compared_on), np.array(compared), np.array(others_points)
    pairs, points = np.array([pair for pair, _ in voters], np.intp), np.array([given for _, given in voters])
    return (
        kind,
        share,
        clustered_win_rate(by_others, codes),
        clustered_mean(judge - by_others, codes),
        known(at_equal_quality(judge, codes, points, pairs)),
        len(own),
        len(compared),
        "people" if people == len(compared) else "others",
    )


def _by_voter(ballots: Sequence[Ballot]) -> list[list[Ballot]]:
    found = defaultdict[str, list[Ballot]](list)
    for each in ballots:
        found[each.voter].append(each)
    return list(found.values())


def _points(ballots: Sequence[Ballot], model: str) -> float:
    """What they gave the model on average."""
    points = []
    for each in ballots:
        first = each.unit[1][0] == model
        points.append(0.5 if each.vote == TIE else float((each.vote == FIRST) == first))
    return sum(points) / len(points)


def _table(kind: str, title: str, favoured: str, rows: Sequence[tuple[Cell, ...]]) -> Table:
    return Table(
        kind=kind,
        title=title,
        judges=(),
        prompt_set="",
        columns=(
            Column("of", "judge"),
            Column("own", f"gives {favoured}", decimals=3),
            Column("others", "others give it", decimals=3),
            Column("difference", "difference", decimals=3),
            Column("equal", "at equal quality", decimals=3),
            Column("games", "games"),
            Column("compared", "compared"),
            Column("by", "compared with"),
        ),
        rows=rows,
        foot=(
            f"shares of games won by {favoured}, a tie half; difference: on the games that others judged too, which is "
            "people where they voted, else other judges",
            "at equal quality: given above a half where the others, could they vote without end, would give each side "
            "a half; from answers with two of their votes or more",
            "a judge that only wavers draws shares towards a half: that is in the difference, not at equal quality",
            "a judge may be right and the others wrong: only people's votes make it a bias",
            "95 % intervals, clustered by question",
        ),
    )
