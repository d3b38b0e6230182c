"""Where people's scale lies on the judge's."""

import numpy as np
import pytest

from mtbench.reports.ballots import Unit
from mtbench.reports.entries import Entries, entries_of_grades, entries_of_preferred
from mtbench.reports.human_scale import edges_of, scale_tables
from mtbench.reports.people import Answer
from mtbench.reports.tables import Cell, Table
from mtbench.stats.estimates import Estimate

GIVEN = (2.0, 4.0, 4.0, 8.0)
BY_PEOPLE = (3.0, 2.0, 4.0, 7.0)


def grades(questions: int, given: tuple[float, ...] = GIVEN, by_people: tuple[float, ...] = BY_PEOPLE) -> Entries:
    judge: dict[Answer, float] = {(each, "ant", 1): given[each % len(given)] for each in range(questions)}
    people: dict[Answer, float] = {(each, "ant", 1): by_people[each % len(given)] for each in range(questions)}
    judge |= {(each, "bee", 1): 5.0 for each in range(questions)}  # not labelled
    return entries_of_grades("j single", judge, people)


def rows(table: Table) -> list[dict[str, Cell]]:
    keys = [column.key for column in table.columns]
    return [dict(zip(keys, row, strict=True)) for row in table.rows]


def value(cell: Cell) -> float:
    assert isinstance(cell, Estimate)
    return cell.value


def test_the_table_has_people_s_mean_where_the_judge_gives_so_much_and_the_map() -> None:
    table, errors = scale_tables("b", [grades(40)], [], [])
    found = rows(table)
    assert table.kind == "reliability_grades"
    assert [(row["bin"], value(row["people"]), row["n"]) for row in found] == [("2", 3, 10), ("4", 3, 20), ("8", 7, 10)]
    assert [row["gap"] for row in found] == [-1, 1, 1]
    assert [row["mapped"] for row in found] == [3, 3, 7]
    (error,) = rows(errors)
    assert error["of"] == "j single, people's score"
    assert error["error"] == pytest.approx(1.0)
    assert value(error["bias"]) == pytest.approx((-1 * 10 + 1 * 20 + 1 * 10) / 40)
    assert error["off"] == pytest.approx(np.sqrt((1 + 4 + 0 + 1) / 4))
    assert error["sd"] == pytest.approx(np.std(BY_PEOPLE))
    assert error["labels"] == 40


def test_a_map_is_judged_on_questions_that_it_has_not_seen() -> None:
    rng = np.random.default_rng(1)
    given = tuple(rng.integers(1, 11, 60).astype(float).tolist())
    noise = tuple(rng.integers(1, 11, 60).astype(float).tolist())
    mild = tuple(score / 2 for score in given)
    (_, useless), (_, useful) = (scale_tables("b", [grades(60, given, people)], [], []) for people in (noise, mild))
    assert rows(useless)[0]["mapped_off"] > rows(useless)[0]["sd"]  # type: ignore[operator]  # both are figures
    assert rows(useful)[0]["mapped_off"] < 0.4  # type: ignore[operator]  # it is a figure


def test_shares_have_intervals_within_0_and_1_even_where_people_all_agree() -> None:
    leads: dict[Unit, float] = {(each, ("ant", "bee"), 1): (2.0, -1.0)[each % 2] for each in range(40)}
    people: dict[Unit, float] = {(each, ("ant", "bee"), 1): (1.0, 0.5)[each % 2] for each in range(40)}
    table, errors = scale_tables("b", [], [], [entries_of_preferred("j single", leads, people)])
    by_bin = {row["bin"]: row for row in rows(table)}
    sure = by_bin["2"]["people"]
    assert isinstance(sure, Estimate)
    assert (sure.value, sure.high) == (1.0, 1.0)
    assert 0.7 < sure.low < 0.9
    assert value(by_bin["1"]["people"]) == 0.5
    assert by_bin["1"]["gap"] is None  # a lead is on no scale of people's
    assert [row["error"] for row in rows(errors)] == [None]


def test_labels_on_fewer_than_ten_questions_make_no_table() -> None:
    assert scale_tables("b", [grades(9)], [], []) == []


@pytest.mark.parametrize(
    ("values", "edges"),
    [
        ([7.0], [6.5, 7.5]),
        ([0.75, 1.0], [0.25, 0.875, 1.5]),
        (np.arange(1, 10.5, 0.5).tolist(), np.arange(0.5, 11).tolist()),
        (np.linspace(0, 1, 50).tolist(), np.linspace(0, 1, 11).tolist()),
        (np.linspace(0, 100, 80).tolist(), np.linspace(0, 100, 11).tolist()),
    ],
)
def test_a_bin_is_a_value_or_a_whole_score_or_a_tenth_of_the_range(values: list[float], edges: list[float]) -> None:
    found = edges_of(np.array(values))
    assert found == pytest.approx(np.array(edges))
    assert found[0] <= min(values)
    assert found[-1] > max(values)
