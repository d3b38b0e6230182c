"""Ballots of several judges → what they say together, by three rules, what each judge is worth, and who is right."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mtbench.reports.ballots import Ballot, Unit, box
from mtbench.reports.people import points
from mtbench.reports.tables import Cell, Column, Table, known
from mtbench.reports.values import codes_of
from mtbench.stats.agreement import agreement
from mtbench.stats.dawid_skene import COMMON, RIGHT, WRONG, Doubt, Panel, settled, vote_shares, weighted_panel
from mtbench.stats.games import Codes, Floats
from mtbench.stats.votes import FIRST, OPTIONS, SECOND, TIE, set_up
from mtbench.stats.winrate_intervals import clustered_win_rate

PEOPLE = "people"
POINTS = np.array([1.0, 0.0, 0.5])
"""What the first model gets for FIRST, SECOND and TIE."""

_DOUBTS: dict[Doubt, str] = {
    "few judges": "two judges do not determine which of them is right: their weights mean little",
    "judges alike": "all judges say the same everywhere: that all are right and that all are wrong look the same",
    "not converged": "the weights did not settle",
}


@dataclass(frozen=True)
class Together:
    """Ballots of judges on the units that at least two of them judged. `by_unit`: ballots of each of those units."""

    judges: tuple[str, ...]
    by_unit: dict[Unit, list[Ballot]]

    @cached_property
    def columns(self) -> tuple[Codes, Codes, Codes]:
        """Unit, judge and vote (n,) of every ballot."""
        rows = [
            (place, self.judges.index(each.kind), each.vote)
            for place, ballots in enumerate(self.by_unit.values())
            for each in ballots
        ]
        unit, judge, vote = np.array(rows, np.intp).T
        return unit, judge, vote

    @cached_property
    def shares(self) -> Floats:
        """(U, OPTIONS): what share of its judges votes so."""
        return vote_shares(*self.columns, OPTIONS)

    @cached_property
    def weighted(self) -> Panel:
        """The panel by what each judge is worth, from the judges' votes alone."""
        return _even_handed(*self.columns)

    def rules(self) -> dict[str, tuple[Codes, Floats]]:
        """By rule, the verdict (U,) and the points of the first model (U,).

        The majority is what more than half say, else a tie, as in all tables; the mean goes by the judges' points.
        """
        most = np.where(self.shares.max(axis=1) > 0.5 + 1e-9, self.shares.argmax(axis=1), TIE)
        mean = np.asarray(self.shares @ POINTS)
        lead = np.where(np.isclose(mean, 0.5), TIE, np.where(mean > 0.5, FIRST, SECOND))
        chances = self.weighted.posterior
        likely = settled(chances)
        return {
            "majority": (most, POINTS[most]),
            "mean": (lead, mean),
            "weighted": (np.where(likely < 0, TIE, likely), np.clip(chances @ POINTS, 0.0, 1.0)),
        }


def together(ballots: Sequence[Ballot]) -> Together | None:
    """The panel that judges' ballots make; None where no two judged the same."""
    found = defaultdict[Unit, list[Ballot]](list)
    for each in ballots:
        found[each.unit].append(each)
    shared = {unit: of_unit for unit, of_unit in found.items() if len({each.kind for each in of_unit}) > 1}
    judges = tuple(dict.fromkeys(each.kind for of_unit in shared.values() for each in of_unit))
    return Together(judges, shared) if shared else None


def _even_handed(unit: Codes, judge: Codes, vote: Codes) -> Panel:
    """Dawid and Skene's panel in which it does not matter which model is called the first.

    Each unit stands twice, the second time with its models changed over, and twice as much is presumed of the judges:
    that is the model with one figure for both ways round. The posterior is of the units as they are.
    """
    units = int(unit.max()) + 1
    turned = np.array([SECOND, FIRST, TIE])[vote]
    found = weighted_panel(
        np.concatenate([unit, unit + units]),
        np.concatenate([judge, judge]),
        np.concatenate([vote, turned]),
        OPTIONS,
        2 * RIGHT,
        2 * WRONG,
        2 * COMMON,
    )
    return Panel(found.posterior[:units], found.prior, found.confusion, found.log_likelihood, found.doubts)


def panel_tables(bench: str, panel: Together, sample: Sequence[Ballot]) -> list[Table]:
    """What the panel says of every two models; how it agrees with people, by each rule; what each judge is worth.

    `sample`: people's ballots on answers drawn at random. They are no part of the panel: as one more judge they would
    not change its weights enough to matter (of 480 answers, 240 with a vote moved the accuracy of two judges that err
    alike from 0.90 to 0.90, where it was 0.80), and the panel could not be held against them any more.
    """
    tables = [_pairs_table(bench, panel, sample)]
    heard = [each for each in sample if each.unit in panel.by_unit]
    if heard:
        tables.append(_agreement_table(bench, panel, heard))
    tables.append(_worth_table(bench, panel, heard))
    return tables


def _pairs_table(bench: str, panel: Together, sample: Sequence[Ballot]) -> Table:
    units = list(panel.by_unit)
    questions = codes_of([unit[0] for unit in units])
    pair = codes_of([unit[1] for unit in units])
    by_rule = panel.rules()
    rows: list[tuple[Cell, ...]] = []
    for place, models in enumerate(dict.fromkeys(unit[1] for unit in units)):
        here = pair == place
        theirs = [each for each in sample if each.unit[1] == models and each.unit in panel.by_unit]
        said = np.array([points(each) for each in theirs])
        by_people = clustered_win_rate(said, codes_of([each.unit[0] for each in theirs])) if theirs else None
        rules = (clustered_win_rate(given[here], questions[here]) for _, given in by_rule.values())
        rows.append((" - ".join(models), *rules, by_people, int(here.sum()), len(theirs)))
    return Table(
        kind="panel_pairs",
        title=f"{bench}: what {len(panel.judges)} judges say together of two models",
        judges=panel.judges,
        prompt_set="",
        columns=(
            Column("of", "first against second"),
            *(Column(rule, rule, decimals=3) for rule in by_rule),
            Column("people", "people", decimals=3),
            Column("units", "judged"),
            Column("votes", "votes"),
        ),
        rows=rows,
        warnings=[_DOUBTS[doubt] for doubt in panel.weighted.doubts],
        foot=(
            "share won by the first model, a tie half, on answers that two or more judged; people: where they voted",
            "majority: what more than half of the judges say, else a tie; mean: of their points; weighted: by what "
            "each is worth, found from how they agree (Dawid and Skene)",
            "95 % intervals, clustered by question",
        ),
    )


def _agreement_table(bench: str, panel: Together, heard: Sequence[Ballot]) -> Table:
    units = list(panel.by_unit)
    by_rule = panel.rules()
    cast = [
        Ballot(unit, rule, rule, int(vote))
        for rule, (votes, _) in by_rule.items()
        for unit, vote in zip(units, votes, strict=True)
    ]
    return Table(
        kind="panel_agreement",
        title=f"{bench}: how the judges together agree with people",
        judges=panel.judges,
        prompt_set="",
        columns=(
            Column("of", "rule"),
            Column("s1", "S1", decimals=3),
            Column("s1_votes", "votes"),
            Column("s2", "S2", decimals=3),
            Column("s2_votes", "votes"),
        ),
        rows=_agreements(cast, list(by_rule), heard),
        foot=(
            "of all votes of people, how many the rule's verdict agrees with; S1: ties count (at random: 0.333), S2: "
            "without ties (0.5)",
            "95 % intervals, clustered by question",
        ),
    )


def _agreements(cast: Sequence[Ballot], kinds: Sequence[str], heard: Sequence[Ballot]) -> list[tuple[Cell, ...]]:
    """A row a kind: how it agrees with people, in both setups."""
    whole = box([*cast, *(Ballot(each.unit, each.voter, PEOPLE, each.vote) for each in heard)], [*kinds, PEOPLE])
    crowd = whole.code(PEOPLE)
    rows: list[tuple[Cell, ...]] = []
    for place, kind in enumerate(kinds):
        s1, s2 = (agreement(set_up(whole.votes, setup), place, crowd).pooled for setup in ("S1", "S2"))
        rows.append((kind, known(s1), s1.n, known(s2), s2.n))
    return rows


def _worth_table(bench: str, panel: Together, heard: Sequence[Ballot]) -> Table:
    cast = [each for ballots in panel.by_unit.values() for each in ballots]
    agreed = _agreements(cast, panel.judges, heard) if heard else [(kind, None, 0, None, 0) for kind in panel.judges]
    rows = [
        (
            kind,
            float(panel.weighted.accuracy[place]),
            *_confusion(panel.weighted.confusion[place]),
            *agreed[place][1:3],
            sum(each.kind == kind for each in cast),
        )
        for place, kind in enumerate(panel.judges)
    ]
    return Table(
        kind="panel_worth",
        title=f"{bench}: what each judge is worth",
        judges=panel.judges,
        prompt_set="",
        columns=(
            Column("of", "judge"),
            Column("accuracy", "right", decimals=3),
            Column("win_right", "win: right", decimals=3),
            Column("win_tie", "says tie", decimals=3),
            Column("win_wrong", "says loss", decimals=3),
            Column("tie_right", "tie: right", decimals=3),
            Column("agreement", "agrees with people", decimals=3),
            Column("votes", "votes"),
            Column("verdicts", "verdicts"),
        ),
        rows=rows,
        warnings=[_DOUBTS[doubt] for doubt in panel.weighted.doubts],
        foot=(
            "right: how often a judge says what the weighted panel holds for true, which is too often for judges that "
            "err alike; win, tie: what it says where one of the two is better, and where neither is",
            *(("agrees with people: S1; 95 % intervals, clustered by question",) if heard else ()),
        ),
    )


def _confusion(of_judge: Floats) -> tuple[float, float, float, float]:
    """Of a judge's matrix (OPTIONS, OPTIONS), even-handed: a win told right, told as a tie, told wrong; a tie right."""
    of_win, of_tie = of_judge[FIRST], of_judge[TIE]
    return float(of_win[FIRST]), float(of_win[TIE]), float(of_win[SECOND]), float(of_tie[TIE])
