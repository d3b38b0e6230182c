"""Ballots of judges and people → whom people side with where two judges differ: what picked votes are good for."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import nan

import numpy as np

from mtbench.reports.ballots import Ballot, Unit
from mtbench.reports.corrected import FEWEST
from mtbench.reports.doubtful import doubts_of
from mtbench.reports.panel import Together
from mtbench.reports.tables import Cell, Column, Table
from mtbench.reports.values import codes_of
from mtbench.stats.estimates import Estimate
from mtbench.stats.ppi import powered_mean


def dispute_tables(bench: str, panel: Together, people: Sequence[Ballot]) -> list[Table]:
    """The table, where two judges differ on answers to enough questions that people voted on.

    Votes on picked answers count. Where two judges say the same they agree with people alike, so that the difference
    between their agreements is made where they differ, which is just where votes are picked. These are no random sample
    of all disputes, as the most doubtful are picked first; so each vote counts for the disputes that are as doubtful
    (`doubtful.doubts_of`), or nearest to that where none such has a vote: among them the votes are as good as drawn.
    """
    said = defaultdict[Unit, list[int]](list)
    for each in people:
        said[each.unit].append(each.vote)
    rows: list[tuple[Cell, ...]] = []
    for one, other in combinations(panel.judges, 2):
        disputes = _disputes(panel, one, other)
        lead = _lead(disputes, said)
        if lead is not None:
            shared = sum({one, other} <= {each.kind for each in ballots} for ballots in panel.by_unit.values())
            differ = len(disputes) / shared
            gain = Estimate(
                lead.value * differ, lead.low * differ, lead.high * differ, lead.se * differ, lead.n, lead.clusters
            )
            rows.append((f"{one} - {other}", differ, lead, gain, lead.n, len(disputes)))
    if not rows:
        return []
    return [
        Table(
            kind="panel_disputes",
            title=f"{bench}: whom people side with where two judges differ",
            judges=panel.judges,
            prompt_set="",
            columns=(
                Column("of", "first against second"),
                Column("differ", "differ on", decimals=3),
                Column("lead", "with the first, less with the second", decimals=3),
                Column("gain", "agreement gained", decimals=3),
                Column("votes", "voted on"),
                Column("disputes", "disputes"),
            ),
            rows=rows,
            foot=(
                "share of people's votes that the first judge agrees with, less that of the second, where they differ; "
                "agreement gained: by how much the first agrees with people more often in all (S1)",
                "votes on picked answers count here, each for the disputes that are as doubtful",
                "95 % intervals, clustered by question",
            ),
        )
    ]


@dataclass(frozen=True, slots=True)
class Dispute:
    """A unit on which two judges differ: the vote of either, and how doubtful all judges together make it."""

    ours: int
    theirs: int
    doubt: float


def _disputes(panel: Together, one: str, other: str) -> dict[Unit, Dispute]:
    units, doubts = doubts_of([each for ballots in panel.by_unit.values() for each in ballots])
    found = dict[Unit, Dispute]()
    for unit, doubt in zip(units, doubts.round(_DIGITS).tolist(), strict=True):
        votes = {each.kind: each.vote for each in panel.by_unit[unit]}
        ours, theirs = votes.get(one), votes.get(other)
        if ours is not None and theirs is not None and ours != theirs:
            found[unit] = Dispute(ours, theirs, doubt)
    return found


_DIGITS = 6
"""Of a doubt: what is beyond is rounding."""


def _lead(disputes: Mapping[Unit, Dispute], said: Mapping[Unit, Sequence[int]]) -> Estimate | None:
    """By how much more of people's votes go to the first, each doubt in its proportion; None where too few voted."""
    labels = Counter(each.doubt for unit, each in disputes.items() if unit in said)
    if len({unit[0] for unit in disputes if unit in said}) < FEWEST:
        return None
    near = [min(labels, key=lambda doubt: abs(doubt - each.doubt)) for each in disputes.values()]
    sizes = Counter(near)
    sided = [
        (said[unit].count(each.ours) - said[unit].count(each.theirs)) / len(said[unit]) if unit in said else nan
        for unit, each in disputes.items()
    ]
    chances = np.array([labels[doubt] / sizes[doubt] for doubt in near])
    questions = codes_of([unit[0] for unit in disputes])
    return powered_mean(np.array(sided), np.zeros(len(sided)), questions, chances, tuning=0.0).human
