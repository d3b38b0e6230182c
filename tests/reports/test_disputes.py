"""Whom people side with where two judges differ."""

import numpy as np
import pytest

from mtbench.reports.ballots import Ballot, Unit
from mtbench.reports.disputes import dispute_tables
from mtbench.reports.doubtful import next_to_label
from mtbench.reports.panel import Together, together
from mtbench.reports.tables import Cell, Table
from mtbench.stats.estimates import Estimate
from mtbench.stats.games import Codes
from mtbench.stats.votes import FIRST, SECOND, TIE


def unit(question: int, turn: int = 1) -> Unit:
    return question, ("ant", "bee"), turn


def cast(who: str, votes: dict[Unit, int]) -> list[Ballot]:
    return [Ballot(where, who, who, vote) for where, vote in votes.items()]


def panel_of(ballots: list[Ballot]) -> Together:
    panel = together(ballots)
    assert panel is not None
    return panel


def rows(tables: list[Table]) -> dict[str, dict[str, Cell]]:
    (table,) = tables
    keys = [column.key for column in table.columns]
    return {str(row[0]): dict(zip(keys, row, strict=True)) for row in table.rows}


def estimate(cell: Cell) -> Estimate:
    assert isinstance(cell, Estimate)
    return cell


def test_people_s_sides_are_counted_where_judges_differ_only() -> None:
    """On 20 of 40 answers A says the first, B the second; people side with A on 12, with B on 4, with neither on 4."""
    a = dict.fromkeys([unit(each) for each in range(40)], FIRST)
    b = {where: SECOND if place < 20 else FIRST for place, where in enumerate(a)}
    by_people = {
        where: FIRST if place < 12 else SECOND if place < 16 else TIE for place, where in enumerate(list(a)[:20])
    } | {unit(each): SECOND for each in range(30, 40)}
    panel = panel_of([*cast("A", a), *cast("B", b)])
    row = rows(dispute_tables("b", panel, cast("ada", by_people)))["A - B"]
    assert (row["differ"], row["votes"], row["disputes"]) == (0.5, 20, 20)
    lead, gain = estimate(row["lead"]), estimate(row["gain"])
    assert lead.value == pytest.approx((12 - 4) / 20)
    assert (gain.value, gain.low, gain.high) == pytest.approx((lead.value / 2, lead.low / 2, lead.high / 2))


def test_a_doubt_that_people_voted_on_more_often_counts_for_no_more_disputes() -> None:
    """C makes 10 disputes of A and B more doubtful than 90 others; people vote on all of the 10, and on 10 others."""
    a = dict.fromkeys([unit(each) for each in range(100)], FIRST)
    b = dict.fromkeys(a, SECOND)
    c = {where: TIE if place < 10 else FIRST for place, where in enumerate(a)}
    by_people = {unit(each): FIRST if each < 10 else SECOND for each in range(20)}
    panel = panel_of([*cast("A", a), *cast("B", b), *cast("C", c)])
    row = rows(dispute_tables("b", panel, cast("ada", by_people)))["A - B"]
    assert estimate(row["lead"]).value == pytest.approx(0.1 * 1 + 0.9 * -1)


def test_disputes_on_fewer_than_ten_questions_say_nothing() -> None:
    a = {unit(each, turn): FIRST for each in range(20) for turn in (1, 2)}
    b = {where: SECOND if place < 18 else FIRST for place, where in enumerate(a)}
    people = cast("ada", dict.fromkeys(a, FIRST))
    assert dispute_tables("b", panel_of([*cast("A", a), *cast("B", b)]), people) == []


def _world(rng: np.random.Generator) -> tuple[list[Unit], dict[str, Codes], Codes]:
    """A's verdicts, those of B, which often errs with A, and C's; and people's, who err too."""
    units = [unit(question, turn) for question in range(80) for turn in (1, 2)]
    truth = rng.choice([FIRST, SECOND, TIE], 160, p=[0.45, 0.35, 0.2])
    hard = np.repeat(rng.random(80) < 0.4, 2)

    def errs(easy: float, difficult: float) -> Codes:
        wrong = rng.random(160) > np.where(hard, difficult, easy)
        return np.where(wrong, (truth + rng.integers(1, 3, 160)) % 3, truth)

    a = errs(0.95, 0.6)
    b = np.where(rng.random(160) < 0.5, a, errs(0.85, 0.55))
    return units, {"A": a, "B": b, "C": errs(0.8, 0.4)}, errs(0.95, 0.8)


def test_votes_on_picked_answers_beside_drawn_ones_tell_who_agrees_with_people_more() -> None:
    rng = np.random.default_rng(2)
    truth: list[float] = []
    found: list[Estimate] = []
    for _ in range(120):
        units, by_judge, people = _world(rng)
        ballots = [each for who, votes in by_judge.items() for each in cast(who, dict(zip(units, votes, strict=True)))]
        by_people = dict(zip(units, people.tolist(), strict=True))
        truth.append(float((by_judge["A"] == people).mean() - (by_judge["C"] == people).mean()))
        voted = {units[place] for place in rng.permutation(160)[:30].tolist()}
        voted |= {(each.question_id, each.models, each.turn) for each in next_to_label(ballots, voted, 40)}
        heard = cast("ada", {where: vote for where, vote in by_people.items() if where in voted})
        found.append(estimate(rows(dispute_tables("b", panel_of(ballots), heard))["A - C"]["gain"]))
    true = float(np.mean(truth))
    assert np.mean([each.value for each in found]) == pytest.approx(true, abs=0.02)
    assert 0.9 <= np.mean([each.low <= true <= each.high for each in found]) <= 0.99
