"""Tables as a page shows them."""

from math import inf, nan

import pytest

from mtbench.reports.page.links import Behind
from mtbench.reports.page.tables import SHADES, ShownCell, ShownTable, shown
from mtbench.reports.tables import Cell, Column, Table
from mtbench.stats.estimates import Estimate
from tests.reports.page.pages import about, categories, compared, graded, scores, win_rates


def show(table: Table, *judgments: object) -> ShownTable:
    return shown(table, "tiny", Behind([each for each in judgments if each]))  # type: ignore[misc]


def column_of(values: list[Cell], decimals: int | None = None) -> list[ShownCell]:
    rows = [(f"m{number}", value) for number, value in enumerate(values)]
    columns = [Column("model", "model"), Column("x", "x", decimals=decimals)]
    return [row[1] for row in shown(Table("scores", "t", ("j",), "p", columns, rows), None, Behind([])).rows]


def test_figures_have_the_column_s_decimals_and_counts_have_none() -> None:
    assert [each.text for each in column_of([7.25, 3, about(2.0, 1.0), None, nan], decimals=3)] == [
        "7.250",
        "3",
        "2.000",
        "–",
        "–",
    ]


def test_what_is_unseen_makes_every_number_as_long_behind_the_point() -> None:
    cells = column_of([7.25, 3, None, about(10.5, 12.0), about(1.0, 0.5)], decimals=2)
    assert [(each.text + each.pad, each.interval, sorted(each.interval_pad)) for each in cells] == [
        ("7.25", "", sorted("±.0000")),
        ("3.00", "", sorted("±.0000")),
        ("–.00", "", sorted("±.0000")),
        ("10.50", "±12.00", []),
        ("1.00", "±0.50", ["0"]),
    ]


def test_a_cell_is_sorted_by_its_full_value_and_what_is_missing_by_nothing() -> None:
    cells = column_of([1 / 3, about(2.0, 1.0), 4, -inf, inf, None, Estimate(nan, nan, nan, nan, 0, 0)], decimals=1)
    assert [each.order for each in cells] == [repr(1 / 3), "2.0", "4.0", "-Infinity", "Infinity", "", ""]
    assert [each.text for each in cells[3:]] == ["-∞", "∞", "–", "–"]


def test_what_is_for_programs_is_not_shown() -> None:
    columns = [Column("model", "model"), Column("x", "x", for_programs=True), Column("n", "n")]
    found = show(Table("ratings", "t", ("j",), "p", columns, [("m", 1.0, 2)]))
    assert [column.label for column in found.columns] == ["model", "n"]
    assert [cell.text for cell in found.rows[0]] == ["m", "2"]


@pytest.mark.parametrize(
    ("estimate", "interval", "title"),
    [
        (about(7.0, 0.617), "±0.62", "7.00, 95 % interval 6.38 to 7.62, n = 20"),
        (about(1500.0, 34.4, 2000), "±34.40", "1500.00, 95 % interval 1465.60 to 1534.40, n = 2,000"),
        (Estimate(0.9, 0.7, 0.95, 0.1, 20, 20), "0.70 to 0.95", "0.90, 95 % interval 0.70 to 0.95, n = 20"),
        (Estimate(0.9, nan, nan, nan, 1, 1), "", "0.90, n = 1, too little for an interval"),
        (Estimate(nan, nan, nan, nan, 0, 0), "", ""),
        (Estimate(inf, 0.5, inf, nan, 9, 9), "", "∞, 95 % interval 0.50 to ∞, n = 9"),
        (Estimate(1.0, 0.5, inf, nan, 9, 9), "0.50 to ∞", "1.00, 95 % interval 0.50 to ∞, n = 9"),
    ],
)
def test_an_interval_is_half_its_width_or_both_ends(estimate: Estimate, interval: str, title: str) -> None:
    (cell,) = column_of([estimate], decimals=2)
    assert (cell.interval, cell.title) == (interval, title)


def test_an_interval_has_no_more_decimals_than_its_column() -> None:
    assert [each.interval for each in column_of([about(1500.0, 34.4)], decimals=0)] == ["±34"]


def test_an_interval_s_ends_have_four_decimals_where_the_column_does_not_say() -> None:
    (cell,) = column_of([about(0.5, 0.25)])
    assert (cell.text, cell.title) == ("0.5", "0.5, 95 % interval 0.2500 to 0.7500, n = 20")


def test_a_column_with_any_text_is_text() -> None:
    columns = [Column(name, name) for name in ("model", "group", "n")]
    table = Table("scores", "t", ("j",), "p", columns, [("m", "a", 1), ("k", None, None)])
    found = shown(table, None, Behind([]))
    assert [column.kind for column in found.columns] == ["text", "text", "number"]
    assert [cell.order for cell in found.rows[0]] == ["m", "a", "1.0"]


def test_counts_that_are_all_zero_are_a_sentence_and_the_bench_is_not_named_again() -> None:
    found = show(scores([("a", 1.0, None, 1.0, 1, 0)]))
    assert [column.label for column in found.columns] == ["model", "turn 1", "turn 2", "average", "n"]
    assert (found.foot, found.title) == (["none unparsed"], "scores, judge j, prompts default")
    assert show(scores([("a", 1.0, None, 1.0, 1, None)])).foot == []
    assert [column.label for column in show(scores([("a", 1.0, None, 1.0, 1, 2)])).columns][-1] == "unparsed"


def test_categories_are_shaded_from_the_lowest_of_the_table_to_its_highest() -> None:
    found = show(categories([("a", 2.0, 10.0), ("b", 6.0, None)]))
    assert [[cell.shade for cell in row] for row in found.rows] == [[None, 0, SHADES], [None, round(SHADES / 2), None]]
    assert found.foot == ["the stronger the shade, the higher the figure"]
    assert [cell.shade for cell in show(categories([("a", 2.0, 2.0)])).rows[0]] == [None, None, None]


JUDGMENTS = (
    graded("a", 1, "5"),
    graded("a", 1, "6", turn=2),
    graded("a", 2, "unparsed", turn=2),
    graded("a", 2, "6", judge="k"),
    graded("b&c/d", 2, "6"),
)


def links(found: ShownTable) -> list[list[tuple[str, int] | None]]:
    return [[(cell.link.address, cell.link.judgments) if cell.link else None for cell in row] for row in found.rows]


def test_numbers_link_to_the_judgments_behind_them() -> None:
    rows = [("a", 5.0, 6.0, 5.5, 2, 1), ("b&c/d", 6.0, None, 6.0, 1, 0), ("nobody", None, 1.0, 1.0, 1, 0)]
    base, other = "#model=a&judge=j&prompts=default", "#model=b%26c/d&judge=j&prompts=default"
    assert links(show(scores(rows), *JUDGMENTS)) == [
        [
            (base, 3),
            (f"{base}&turn=1&of=turn_1", 1),
            (f"{base}&turn=2&of=turn_2", 2),
            (f"{base}&of=average", 3),
            (f"{base}&of=n", 3),
            (f"{base}&verdict=unparsed&of=unparsed", 1),
        ],
        [(other, 1), (f"{other}&turn=1&of=turn_1", 1), None, (f"{other}&of=average", 1), (f"{other}&of=n", 1), None],
        [None] * 6,
    ]


def test_figures_of_categories_link_to_their_judgments() -> None:
    assert links(show(categories([("a", 5.5, None)]), *JUDGMENTS)) == [
        [
            ("#model=a&judge=j&prompts=default", 3),
            ("#model=a&judge=j&prompts=default&category=writing&of=writing", 2),
            None,
        ]
    ]


def test_a_panel_s_numbers_link_to_the_judgments_of_all_its_judges_whatever_they_said() -> None:
    base = "#model=a&judge=j&judge=k&prompts=default"
    (row,) = links(show(scores([("a", 5.0, 6.0, 5.5, 2, 1)], ("j", "k")), *JUDGMENTS))
    assert (row[0], row[1], row[5]) == ((base, 4), (f"{base}&turn=1&of=turn_1", 2), (f"{base}&of=unparsed", 4))


def test_wins_losses_and_ties_are_the_model_s_own() -> None:
    judgments = (compared("a b", 1, "model_2"), compared("b a", 2, "model_2"), compared("a b", 3, "tie"))
    (row,) = links(show(win_rates([("a", 1, 1, 1, 0.5)]), *judgments))
    base = "#model=a&judge=j&prompts=default"
    assert row[1:] == [
        (f"{base}&verdict=win&of=win", 1),
        (f"{base}&verdict=loss&of=loss", 1),
        (f"{base}&verdict=tie&of=tie", 1),
        (f"{base}&of=adjusted", 3),
    ]


def test_who_beats_whom_links_to_the_judgments_of_the_two() -> None:
    judgments = (compared("a b", 1, "model_2"), compared("b a", 2, "tie"), compared("a c", 3, "tie"))
    columns = [Column("model", "model"), Column("rank", "#"), Column("a", "1"), Column("b", "2")]
    table = Table("beats", "t", ("j",), "default", columns, [("a", 1, "", ">")])
    base = "#model=a&judge=j&prompts=default"
    assert links(show(table, *judgments)) == [[(base, 3), (f"{base}&of=rank", 3), None, (f"{base}&against=b&of=b", 2)]]
    assert links(show(table, graded("a", 1, "5"), graded("b", 1, "5")))[0][2:] == [None, None]


def test_each_judge_s_figure_links_to_what_that_judge_said_and_the_panel_s_to_all() -> None:
    columns = [Column(name, name) for name in ("model", "j", "k", "panel")]
    (row,) = links(show(Table("judges", "t", ("j", "k"), "default", columns, [("a", 5.0, 0.0, 3.0)]), *JUDGMENTS))
    assert row[1:] == [
        ("#model=a&judge=j&prompts=default&of=j", 3),
        ("#model=a&judge=k&prompts=default&of=k", 1),
        ("#model=a&judge=j&judge=k&prompts=default&of=panel", 4),
    ]


def test_a_quiet_count_without_judgments_of_its_own_and_a_table_of_something_else_link_nowhere() -> None:
    columns = [Column("model", "model"), Column("missing", "missing", quiet=True)]
    (row,) = links(show(Table("scores", "t", ("j",), "default", columns, [("a", 3)]), *JUDGMENTS))
    assert row[1] is None
    columns = [Column("judge", "judge"), Column("n", "n")]
    assert links(show(Table("agreement", "t", ("j",), "default", columns, [("a", 3)]), *JUDGMENTS)) == [[None, None]]


def test_names_are_shown_without_what_would_turn_them_around() -> None:
    found = show(scores([("a\u202eb\x1b", 1.0, None, 1.0, 1, 0)]))
    assert found.rows[0][0].text == "a�b�"
