"""Ballots → tables of agreement: every kind of judge with every other, the people among each other, and the ceiling."""

from collections.abc import Callable, Collection, Sequence
from itertools import combinations_with_replacement, pairwise, product

import numpy as np

from mtbench.benches import Bench, load_questions
from mtbench.errors import MtbenchError
from mtbench.records import Vote
from mtbench.reports.ballots import HUMAN, Ballot, Box, Unit, ballots_of_judgments, ballots_of_votes, box
from mtbench.reports.judgments import read_groups
from mtbench.reports.people import picked_note
from mtbench.reports.tables import Cell, Column, Mode, Results, Table, known
from mtbench.stats.agreement import Agreement, agreement
from mtbench.stats.average_win_rate import average_win_rates
from mtbench.stats.ceiling import ceiling, majority_agreement
from mtbench.stats.estimates import Estimate
from mtbench.stats.games import count_games
from mtbench.stats.gaps import agreement_by_gap
from mtbench.stats.kappas import cohens_kappa, krippendorffs_alpha
from mtbench.stats.votes import FIRST, RANDOM, TIE, Votes, set_up

EDGES = (0.0, 0.1, 0.2, 0.4, 1.0)
"""Of the bins by the gap in win rate."""

DRAWS = 1000


def agreement_results(bench: Bench, votes: Sequence[Vote], judges: Sequence[str], sources: Sequence[str]) -> Results:
    """The tables of the judgments of a bench, and of people's votes, read from `sources`.

    Raises MtbenchError where fewer than two kinds, or people, said anything of the same answers.
    """
    notes: list[str] = []
    groups, paths = read_groups(bench, ("pair", "single"), judges, notes.append)
    of_people = list(ballots_of_votes(votes))
    of_pairs = list(ballots_of_judgments(groups, {_NOTHING}))
    wanted = {each.unit for each in (*of_people, *of_pairs)}
    ballots = [*of_people, *ballots_of_judgments(groups, wanted)]
    notes += _unjudged_note({each.unit for each in of_people}, {each.unit for each in ballots[len(of_people) :]})
    kinds = sorted({each.kind for each in ballots}, key=lambda kind: (kind == HUMAN, kind == "author", kind))
    if not ballots or (len(kinds) < 2 and len({each.voter for each in ballots}) < 2):
        raise MtbenchError(
            f"nobody to agree with: {', '.join(kinds) or 'no judgments'} in {bench.folder}. Give people's votes "
            "(--votes) or judge with another judge or mode"
        )
    tables = []
    turns = sorted({each.unit[2] for each in ballots})
    for turn in [*turns, *([None] if len(turns) > 1 else [])]:
        cast = [each for each in ballots if turn in (None, each.unit[2])]
        where = f"turn {turn}" if turn is not None else "all turns"
        tables.append(_pairs_table(bench.name, where, box(cast, kinds)))
    whole = box(ballots, kinds)
    if HUMAN in kinds:
        category_of = load_questions(bench.source / "question.jsonl").category_of()
        tables += _by_category(bench.name, whole, ballots, lambda each: category_of.get(each.unit[0], ""))
        tables += _by_gap(bench.name, whole)
        tables.append(_people(bench.name, whole))
    notes += picked_note(votes, "on these agreement is lower than on all, since judges are in doubt of them")
    return Results(Mode.PAIRWISE_ALL, bench.name, (*map(str, paths), *sources), tables, notes, groups)


def _unjudged_note(voted: Collection[Unit], judged: Collection[Unit]) -> list[str]:
    """What to say where people voted on answers that no judge judged."""
    without = sum(each not in judged for each in voted)
    if not without:
        return []
    hint = " Are they of another --bench?" if without == len(voted) else ""
    return [f"{without} of {len(voted)} pairs of answers that people voted on were judged by no judge.{hint}"]


_NOTHING = (-1, ("", ""), 0)
"""A unit that is none: with it wanted, no ballots are made of grades."""


def _table(
    kind: str, title: str, columns: Sequence[Column], rows: Sequence[Sequence[Cell]], foot: Sequence[str]
) -> Table:
    return Table(kind, title, (), "", columns, rows, (), foot)


def _pairs_table(bench: str, where: str, cast: Box) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for one, other in combinations_with_replacement(range(len(cast.kinds)), 2):
        found = {setup: agreement(set_up(cast.votes, setup), one, other) for setup in RANDOM}
        if found["S1"].pooled.n:
            kappa = None if one == other else _kappa(cast.votes, one, other)
            rows.append(
                (f"{cast.kinds[one]} - {cast.kinds[other]}", *_figures(found["S1"]), *_figures(found["S2"]), kappa)
            )
    if HUMAN in cast.kinds:
        crowd = cast.code(HUMAN)
        for kind, name in enumerate(cast.kinds):
            found = {setup: majority_agreement(set_up(cast.votes, setup), kind, crowd) for setup in RANDOM}
            if found["S1"].pooled.n:
                rows.append((f"{name} - human majority", *_figures(found["S1"]), *_figures(found["S2"]), None))
    return _table(
        "agreement",
        f"{bench}: agreement, {where}",
        (
            Column("pair", "who with whom"),
            Column("s1", "S1", decimals=3),
            Column("s1_votes", "votes"),
            Column("s1_by_question", "by question", decimals=3),
            Column("s2", "S2", decimals=3),
            Column("s2_votes", "votes"),
            Column("s2_by_question", "by question", decimals=3),
            Column("kappa", "kappa", decimals=3),
        ),
        rows,
        (
            "S1: ties, and verdicts that change with the order, are votes for a tie (random: 0.333); S2: no ties (0.5)",
            "S1, S2: of all pairs of votes on the same answers (FastChat's figure); by question: two random votes on a "
            "random question (the paper's)",
            "human - human majority: the most that a judge of these votes could reach; kappa: Cohen's, of S1",
            "95 % intervals, clustered by question",
        ),
    )


def _figures(found: Agreement) -> tuple[Cell, ...]:
    return known(found.pooled), found.pooled.n, known(found.by_question)


def _kappa(votes: Votes, one: int, other: int) -> Estimate | None:
    """Cohen's of all pairs of votes of the two kinds on the same unit."""
    first: list[int] = []
    second: list[int] = []
    questions: list[int] = []
    by_unit: dict[int, tuple[list[int], list[int]]] = {}
    question_of: dict[int, int] = {}
    for unit, question, kind, vote in zip(
        votes.unit.tolist(), votes.question.tolist(), votes.kind.tolist(), votes.vote.tolist(), strict=True
    ):
        if kind in (one, other):
            by_unit.setdefault(unit, ([], []))[kind == other].append(vote)
            question_of[unit] = question
    for unit, (ours, theirs) in by_unit.items():
        for our, their in product(ours, theirs):
            first.append(our)
            second.append(their)
            questions.append(question_of[unit])
    if not first:
        return None
    a, b, on = (np.array(each, np.intp) for each in (first, second, questions))
    return known(cohens_kappa(a, b, on, np.random.default_rng(0), DRAWS))


def _by_category(bench: str, cast: Box, ballots: Sequence[Ballot], category: Callable[[Ballot], str]) -> list[Table]:
    """Each judge with the people, by category of the question."""
    names = np.array([category(each) for each in ballots])
    categories = list(dict.fromkeys(names.tolist()))
    if len(categories) < 2:
        return []
    crowd = cast.code(HUMAN)
    rows: list[tuple[Cell, ...]] = []
    for kind, name in enumerate(cast.kinds):
        of_categories = [
            known(agreement(set_up(cast.votes.where(names == each), "S2"), kind, crowd).pooled) for each in categories
        ]
        if any(of_categories):
            rows.append((name, *of_categories))
    columns = (Column("kind", "with human, S2"), *(Column(each, each, decimals=3) for each in categories))
    return [_table("agreement_category", f"{bench}: agreement with people by category", columns, rows, ())]


def _by_gap(bench: str, cast: Box) -> list[Table]:
    """Each judge with the people, by how far apart people find the two models."""
    models = sorted({model for _, pair, _ in cast.units for model in pair})
    code_of = {model: place for place, model in enumerate(models)}
    first, second = (
        np.array([code_of[cast.units[unit][1][place]] for unit in cast.votes.unit.tolist()], np.intp)
        for place in (0, 1)
    )
    crowd = cast.code(HUMAN)
    own = cast.votes.kind == crowd
    points = np.select([cast.votes.vote == FIRST, cast.votes.vote == TIE], [1.0, 0.5], 0.0)
    rates = average_win_rates(count_games(first[own], second[own], points[own], len(models)))
    decided = cast.votes.vote != TIE
    votes = cast.votes.where(decided)
    columns: list[Sequence[Cell]] = []
    named: list[str] = []
    for kind, name in enumerate(cast.kinds):
        bins = agreement_by_gap(votes, kind, crowd, first[decided], second[decided], rates, np.array(EDGES))
        if any(each.agreement.pooled.n for each in bins):
            named.append(name)
            columns.append([known(each.agreement.pooled) for each in bins])
    if not columns:
        return []
    labels = [f"{low:g} to {high:g}" for low, high in pairwise(EDGES)]
    return [
        _table(
            "agreement_gap",
            f"{bench}: agreement with people by gap in win rate",
            (Column("gap", "gap in win rate"), *(Column(name, name, decimals=3) for name in named)),
            list(zip(labels, *columns, strict=True)),
            ("S2; the gap is that of the two models' average win rates by people's votes (figure 2 of the paper)",),
        )
    ]


def _people(bench: str, cast: Box) -> Table:
    """What the people's agreement with each other sets as a bound."""
    crowd = cast.code(HUMAN)
    rows: list[tuple[Cell, ...]] = []
    for setup in RANDOM:
        votes = set_up(cast.votes, setup)
        bound = ceiling(votes, crowd)
        own = votes.of(crowd)
        alpha = krippendorffs_alpha(
            own.vote.astype(np.float64), own.unit, own.question, np.random.default_rng(0), draws=DRAWS
        )
        figures = (bound.people.pooled, bound.others.pooled, bound.majority.pooled, alpha)
        rows.append((setup, *map(known, figures), bound.people.pooled.n))
    return _table(
        "agreement_people",
        f"{bench}: people among each other",
        (
            Column("setup", "setup"),
            Column("people", "two people", decimals=3),
            Column("others", "one with the others' majority", decimals=3),
            Column("majority", "one with the majority", decimals=3),
            Column("alpha", "Krippendorff's alpha", decimals=3),
            Column("pairs", "pairs"),
        ),
        rows,
        ("a judge between the second and the third column does all that these votes can tell",),
    )
