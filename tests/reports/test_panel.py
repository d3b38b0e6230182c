"""Several judges together."""

import numpy as np
import pytest

from mtbench.reports.ballots import Ballot, Unit
from mtbench.reports.panel import Together, panel_tables, together
from mtbench.reports.tables import Cell, Table
from mtbench.stats.estimates import Estimate
from mtbench.stats.games import Codes
from mtbench.stats.votes import FIRST, SECOND, TIE

TURNED = np.array([SECOND, FIRST, TIE])


def unit(question: int, models: tuple[str, str] = ("ant", "bee")) -> Unit:
    return question, models, 1


def cast(votes: dict[str, list[int]], models: tuple[str, str] = ("ant", "bee")) -> list[Ballot]:
    """By judge, a vote a question; -1 for none."""
    return [
        Ballot(unit(question, models), who, who, vote)
        for who, of_judge in votes.items()
        for question, vote in enumerate(of_judge)
        if vote >= 0
    ]


def panel_of(ballots: list[Ballot]) -> Together:
    panel = together(ballots)
    assert panel is not None
    return panel


def rows(table: Table) -> dict[str, dict[str, Cell]]:
    keys = [column.key for column in table.columns]
    return {str(row[0]): dict(zip(keys, row, strict=True)) for row in table.rows}


def value(cell: Cell) -> float:
    assert isinstance(cell, Estimate)
    return cell.value


def judges(rng: np.random.Generator, units: int = 400) -> tuple[dict[str, Codes], Codes]:
    """A good judge and three that are little better than chance, who outvote it; and what is true."""
    truth = rng.choice([FIRST, SECOND, TIE], units, p=[0.5, 0.3, 0.2])

    def errs(right: float) -> Codes:
        return np.where(rng.random(units) < right, truth, (truth + rng.integers(1, 3, units)) % 3)

    return {"good": errs(0.95), "x": errs(0.5), "y": errs(0.5), "z": errs(0.5)}, truth


def test_the_majority_is_more_than_half_and_the_mean_goes_by_points() -> None:
    votes = {"a": [FIRST, FIRST, FIRST, -1], "b": [FIRST, SECOND, TIE, FIRST], "c": [SECOND, TIE, TIE, -1]}
    panel = panel_of(cast(votes))
    assert list(panel.by_unit) == [unit(0), unit(1), unit(2)]  # the last is judged by one
    by_rule = panel.rules()
    assert by_rule["majority"][0].tolist() == [FIRST, TIE, TIE]
    assert by_rule["mean"][0].tolist() == [FIRST, TIE, FIRST]
    assert by_rule["mean"][1].tolist() == pytest.approx([2 / 3, 1 / 2, 2 / 3])


def test_weights_find_the_good_judge_among_bad_ones_and_are_right_more_often() -> None:
    votes, truth = judges(np.random.default_rng(1))
    panel = panel_of(cast({who: vote.tolist() for who, vote in votes.items()}))
    people = [Ballot(unit(question), "ada", "human", int(vote)) for question, vote in enumerate(truth[:120])]
    tables = {table.kind: rows(table) for table in panel_tables("b", panel, people)}
    right = {rule: value(row["s1"]) for rule, row in tables["panel_agreement"].items()}
    assert right["weighted"] > right["majority"] + 0.1
    assert right["weighted"] > right["mean"] + 0.1
    worth = tables["panel_worth"]
    good, *others = (row["accuracy"] for row in worth.values())
    assert isinstance(good, float)
    assert all(isinstance(other, float) and other < 0.6 < good - 0.1 for other in others)
    assert value(worth["good"]["agreement"]) == pytest.approx(0.95, abs=0.05)
    won, tied, lost = (worth["good"][key] for key in ("win_right", "win_tie", "win_wrong"))
    assert isinstance(won, float)
    assert isinstance(tied, float)
    assert isinstance(lost, float)
    assert won + tied + lost == pytest.approx(1)
    (pair,) = tables["panel_pairs"].values()
    true = float(np.mean(np.array([1, 0, 0.5])[truth]))
    assert abs(value(pair["weighted"]) - true) < abs(value(pair["majority"]) - true)
    assert (pair["units"], pair["votes"]) == (400, 120)


def test_it_does_not_matter_which_model_is_called_the_first() -> None:
    votes, _ = judges(np.random.default_rng(2), 120)
    one = panel_of(cast({who: vote.tolist() for who, vote in votes.items()}))
    other = panel_of(cast({who: TURNED[vote].tolist() for who, vote in votes.items()}))
    assert other.weighted.accuracy == pytest.approx(one.weighted.accuracy, abs=1e-6)
    assert other.rules()["weighted"][1] == pytest.approx(1 - one.rules()["weighted"][1], abs=1e-4)
    assert one.weighted.prior[FIRST] == pytest.approx(one.weighted.prior[SECOND])


def test_without_people_there_is_no_agreement() -> None:
    votes, _ = judges(np.random.default_rng(3), 60)
    panel = panel_of(cast({who: vote.tolist() for who, vote in votes.items()}))
    elsewhere = [Ballot(unit(1, ("cat", "dog")), "ada", "human", FIRST)]
    for people in ([], elsewhere):
        tables = panel_tables("b", panel, people)
        assert [table.kind for table in tables] == ["panel_pairs", "panel_worth"]
        assert all(row["agreement"] is None for row in rows(tables[1]).values())
        assert next(iter(rows(tables[0]).values()))["people"] is None


def test_two_judges_and_judges_that_are_all_alike_are_warned_of() -> None:
    two = panel_tables("b", panel_of(cast({"a": [FIRST, SECOND], "b": [FIRST, TIE]})), [])
    assert all("two judges do not determine" in table.warnings[0] for table in two)
    alike = panel_tables("b", panel_of(cast({who: [FIRST, SECOND, TIE] for who in "abc"})), [])
    assert any("all judges say the same everywhere" in warning for warning in alike[0].warnings)


def test_judges_that_judged_nothing_in_common_are_no_panel() -> None:
    assert together(cast({"a": [FIRST, -1], "b": [-1, FIRST]})) is None
