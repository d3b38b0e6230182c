"""Pair judgments of both orders → how much the judge goes by the place of an answer."""

from collections.abc import Callable, Hashable, Mapping, Sequence

import numpy as np

from mtbench.benches import Bench, load_questions
from mtbench.briefs import PairBrief
from mtbench.errors import MtbenchError
from mtbench.records import QuestionId
from mtbench.reports.judgments import Group, read_groups
from mtbench.reports.tables import Cell, Column, Mode, Results, Table
from mtbench.reports.values import codes_of
from mtbench.stats.position import ERROR, PositionBias, position_bias
from mtbench.stats.votes import FIRST, SECOND, TIE


def position_results(bench: Bench, judges: Sequence[str], prompt_sets: Sequence[str]) -> Results:
    """A table by judge and prompt set, and for each of these one by category and one by pair of models.

    Raises MtbenchError where there are no judgments of both orders, or a judge that is not there.
    """
    notes: list[str] = []
    groups, paths = read_groups(bench, ("pair",), judges, notes.append)
    if not paths:
        raise MtbenchError(f"no comparisons in {bench.folder}: --judge J --ask makes them")
    groups = [each for each in groups if not prompt_sets or each.prompt_set in prompt_sets]
    played = {id(each): _both_orders(each) for each in groups}
    groups = [each for each in groups if played[id(each)]]
    if not groups:
        raise MtbenchError(
            f"no comparisons in both orders in {bench.folder}"
            + (f" with prompts {', '.join(prompt_sets)}" if prompt_sets else "")
        )
    category_of = load_questions(bench.source / "question.jsonl").category_of()
    rows = [(f"{each.judge}, {each.prompt_set}", played[id(each)]) for each in groups]
    tables = [
        _table("position", f"{bench.name}: position bias by judge and prompt set", "judge, prompts", rows, groups)
    ]
    for each in groups:
        about = f"judge {each.judge}, prompts {each.prompt_set}"
        for kind, what, of in _splits(category_of):
            parts = _split(played[id(each)], of)
            if len(parts) > 1:
                title = f"{bench.name}: position bias by {what}, {about}"
                tables.append(_table(f"position_{kind}", title, what, list(parts.items()), [each]))
    return Results(Mode.PAIRWISE_ALL, bench.name, tuple(map(str, paths)), tables, notes, groups)


def _both_orders(each: Group) -> list[PairBrief]:
    return [one for one in each.judgments if isinstance(one, PairBrief) and one.one_order is None]


def _splits(
    category_of: Mapping[QuestionId, str],
) -> list[tuple[str, str, Callable[[PairBrief], Hashable]]]:
    return [
        ("category", "category", lambda each: category_of.get(each.question_id, "(not in the bench)")),
        ("pair", "pair of models", lambda each: " and ".join(each.contest)),
        ("turn", "turn", lambda each: f"turn {each.turn}"),
    ]


def _split(briefs: Sequence[PairBrief], of: Callable[[PairBrief], Hashable]) -> dict[str, list[PairBrief]]:
    parts: dict[str, list[PairBrief]] = {}
    for each in briefs:
        parts.setdefault(str(of(each)), []).append(each)
    return dict(sorted(parts.items()))


def _table(
    kind: str, title: str, what: str, rows: Sequence[tuple[str, Sequence[PairBrief]]], groups: Sequence[Group]
) -> Table:
    return Table(
        kind=kind,
        title=title,
        judges=tuple(dict.fromkeys(each.judge for each in groups)),
        prompt_set=groups[0].prompt_set if len({each.prompt_set for each in groups}) == 1 else "",
        columns=(
            Column("of", what),
            Column("consistent", "consistent", decimals=3),
            Column("first", "to first", decimals=3),
            Column("second", "to second", decimals=3),
            Column("error", "error", decimals=3),
            Column("games", "games"),
            Column("advantage", "advantage of first", decimals=3),
            Column("p", "p", decimals=4),
        ),
        rows=[(name, *_cells(bias_of(briefs))) for name, briefs in rows],
        foot=(
            "shares of games: the same verdict in both orders, biased to the answer shown first or second, no verdict",
            "advantage: how much more often the first of two answers wins; p: of the place not mattering, exact",
            "(a to b), ±: 95 % intervals, clustered by question",
        ),
    )


def _cells(found: PositionBias) -> tuple[Cell, ...]:
    known = found.advantage if found.advantage.n else None
    return (*found.shares, found.games, known, found.p)


def bias_of(briefs: Sequence[PairBrief]) -> PositionBias:
    """The bias in some judgments, at least one, each of both orders."""
    return position_bias(
        np.array([_IN_G1[brief.g1_winner] for brief in briefs], np.intp),
        np.array([_IN_G2[brief.g2_winner] for brief in briefs], np.intp),
        codes_of([brief.question_id for brief in briefs]),
    )


_IN_G1 = {"model_1": FIRST, "model_2": SECOND, "tie": TIE, "error": ERROR}
"""By place: the first game shows model_1's answer first, the second model_2's."""
_IN_G2 = {"model_2": FIRST, "model_1": SECOND, "tie": TIE, "error": ERROR}
