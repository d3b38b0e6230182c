"""From tables to what is read."""

import csv
import io
from collections.abc import Sequence
from math import nan

import orjson
import pytest
from rich.cells import cell_len
from rich.console import Console

from mtbench.reports.render import render, to_text
from mtbench.reports.tables import Cell, Column, Format, Mode, Results, Table
from mtbench.stats.estimates import Estimate

COLUMNS = (
    Column("model", "model"),
    Column("turn_1", "turn 1", decimals=4),
    Column("average", "average", decimals=6),
    Column("n", "n"),
    Column("missing", "missing", quiet=True),
    Column("failed", "failed", quiet=True),
    Column("unparsed", "unparsed", quiet=True),
)
HOSTILE = "a|b *c* __d__ [e](f) <g>\x1b[31m\n模型"


def scores(rows: Sequence[Sequence[Cell]], warnings: Sequence[str] = (), foot: Sequence[str] = ()) -> Table:
    return Table("scores", "scores, judge j, prompts p", ("j",), "p", COLUMNS, rows, warnings, foot)


def categories(rows: Sequence[Sequence[Cell]], names: Sequence[str], judges: tuple[str, ...] = ("j",)) -> Table:
    columns = [Column("model", "model"), *(Column(name, name, decimals=2) for name in names)]
    return Table("categories", "mean score by category", judges, "p", columns, rows)


def results(*tables: Table, notes: Sequence[str] = ()) -> Results:
    return Results(Mode.SINGLE, "tiny", ("j_single.jsonl",), tables, notes)


def drawn(what: Results, width: int, form: Format = Format.TABLE) -> str:
    console = Console(file=io.StringIO(), force_terminal=True, width=width, color_system=None)
    render(what, form, console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


ROWS = [("vicuna", 6.73125, 6.103125, 160, 0, 0, 120), ("org/模型", None, 1 / 3, 9, 0, 1, 0)]


def test_plain_text_is_aligned_and_says_below_what_there_is_none_of() -> None:
    table = scores(ROWS, warnings=["vicuna: bad"], foot=["120 unparsed"])
    assert to_text(results(table, notes=["torn"]), Format.TABLE) == (
        "scores, judge j, prompts p\n"
        "model     turn 1   average    n  failed  unparsed\n"
        "vicuna    6.7313  6.103125  160       0       120\n"
        "org/模型       -  0.333333    9       1         0\n"
        "WARNING: vicuna: bad\n"
        "none missing\n"
        "120 unparsed\n"
        "\n"
        "note: torn\n"
    )


def test_a_count_that_is_not_known_is_not_said_to_be_none() -> None:
    text = to_text(results(scores([("a", 1.0, 1.0, 1, None, 0, 0)])), Format.TABLE)
    assert text.splitlines()[1:] == [
        "model  turn 1   average  n",
        "a      1.0000  1.000000  1",
        "none failed or unparsed",
    ]


def test_a_pipe_gets_plain_text_and_a_terminal_a_drawn_table() -> None:
    table = results(scores(ROWS))
    console = Console(file=io.StringIO(), width=80)
    render(table, Format.TABLE, console)
    assert isinstance(console.file, io.StringIO)
    assert console.file.getvalue() == to_text(table, Format.TABLE)
    assert "──" in drawn(table, 80)
    assert "──" not in console.file.getvalue()


def test_what_is_for_programs_is_the_same_on_a_terminal() -> None:
    table = results(scores(ROWS))
    assert drawn(table, 20, Format.JSON) == to_text(table, Format.JSON)


def test_a_drawn_table_shows_warnings_foot_and_notes() -> None:
    table = scores(ROWS, warnings=["vicuna: [bold]bad[/bold]"], foot=["120 unparsed"])
    lines = drawn(results(table, notes=["torn"]), 80).splitlines()
    assert lines[0] == "scores, judge j, prompts p"
    assert [line.rstrip() for line in lines[-5:]] == [
        "WARNING  vicuna: [bold]bad[/bold]", "none missing", "120 unparsed", "", "note: torn",
    ]  # fmt: skip


@pytest.mark.parametrize("width", [40, 80, 120])
def test_a_drawn_table_fits_the_terminal_and_loses_nothing(width: int) -> None:
    names = ["writing", "roleplay", "reasoning", "math", "coding", "extraction", "stem", "humanities"]
    long = "medusa-vicuna-7b-v1.3-1-temperature-0.0-posterior_threshold-0.09-posterior_alpha-0.3"
    text = drawn(results(categories([(long, *([7.25] * 8)), ("[red]模型[/red]", *([1.5] * 8))], names)), width)
    assert max(cell_len(line) for line in text.splitlines()) <= width
    assert (text.count("7.25"), text.count("1.50")) == (8, 8)
    assert all(name in text for name in names)
    assert "[red]模型[/red]" in text


def test_a_table_that_does_not_fit_is_cut_into_even_parts() -> None:
    names = [f"category{number}" for number in range(8)]
    text = drawn(results(categories([("model-a", *range(8))], names)), 80)
    headers = [line.split() for line in text.splitlines() if line.startswith("model ")]
    assert headers == [["model", *names[:4]], ["model", *names[4:]]]


def test_a_model_s_name_cannot_command_the_terminal_or_break_a_table() -> None:
    table = results(scores([(HOSTILE, 1.0, 1.0, 1, 0, 0, 0)], warnings=[HOSTILE]), notes=[HOSTILE])
    for text in (to_text(table, Format.TABLE), to_text(table, Format.MARKDOWN), drawn(table, 120)):
        assert "\x1b" not in text
        assert "�[31m�模型" in text or "�\\[31m�模型" in text


def test_markdown_is_a_table_that_shows_names_as_they_are() -> None:
    rows = [("my_model | *x* _y_", 6.5, 6.5, 2, 0, 0, 0)]
    text = to_text(results(scores(rows, warnings=["bad <b>"], foot=["foot"]), notes=["torn"]), Format.MARKDOWN)
    assert text == (
        "**scores, judge j, prompts p**\n\n"
        "| model | turn 1 | average | n |\n"
        "| --- | ---: | ---: | ---: |\n"
        "| my_model \\| \\*x\\* \\_y\\_ | 6.5000 | 6.500000 | 2 |\n\n"
        "**Warning:** bad \\<b\\>\n\n"
        "- none missing, failed or unparsed\n"
        "- foot\n\n"
        "Note: torn\n"
    )


def test_markdown_without_a_foot_has_none() -> None:
    text = to_text(results(categories([("a", 1.0, None)], ["x", "y"])), Format.MARKDOWN)
    assert text.endswith("| a | 1.00 | - |\n")


def test_csv_is_one_table_with_a_row_a_judge_and_model_in_full_precision() -> None:
    other = Table(
        "scores", "", ("j", "k"), "p", [*COLUMNS[:4], Column("left_out", "left out")], [("vicuna", 1, 2, 3, 4)]
    )
    text = to_text(results(scores(ROWS), categories([("vicuna", 1 / 3)], ["math"]), other), Format.CSV)
    rows = list(csv.DictReader(io.StringIO(text)))
    assert rows[0] == {
        "bench": "tiny", "mode": "single", "judge": "j", "prompt_set": "p", "model": "vicuna", "turn_1": "6.73125",
        "average": "6.103125", "n": "160", "missing": "0", "failed": "0", "unparsed": "120",
        "category_math": "0.3333333333333333", "left_out": "",
    }  # fmt: skip
    assert [(row["judge"], row["model"], row["turn_1"]) for row in rows[1:]] == [
        ("j", "org/模型", ""), ("j + k", "vicuna", "1"),
    ]  # fmt: skip


def test_json_has_a_version_and_every_figure_in_full_precision() -> None:
    table = scores([("a", None, 1 / 3, 9, None, 1, 0)], warnings=["w"], foot=["f"])
    assert orjson.loads(to_text(results(table, notes=["note"]), Format.JSON)) == {
        "schema_version": 1,
        "mode": "single",
        "bench": "tiny",
        "sources": ["j_single.jsonl"],
        "tables": [
            {
                "kind": "scores",
                "title": "scores, judge j, prompts p",
                "judges": ["j"],
                "prompt_set": "p",
                "rows": [
                    {
                        "model": "a",
                        "turn_1": None,
                        "average": 1 / 3,
                        "n": 9,
                        "missing": None,
                        "failed": 1,
                        "unparsed": 0,
                    }
                ],
                "warnings": ["w"],
                "foot": ["f"],
            }
        ],
        "notes": ["note"],
    }


def test_a_table_without_rows_is_still_written() -> None:
    for form in set(Format) - {Format.HTML}:
        assert to_text(results(scores([])), form)
    assert "model" in drawn(results(scores([])), 80)


EVEN = Estimate(6.73125, 5.92, 7.5425, 0.4, 160, 80)
UNEVEN = Estimate(0.9, 0.71, 0.97, 0.06, 40, 20)
UNKNOWN = Estimate(10.0, nan, nan, nan, 1, 1)


def test_intervals_stand_under_each_other() -> None:
    table = Table("scores", "t", ("j",), "p", COLUMNS[:2], [("a", EVEN), ("b", UNEVEN), ("c", UNKNOWN), ("d", None)])
    assert to_text(results(table), Format.TABLE).splitlines()[1:] == [
        "model                  turn 1",
        "a       6.7313          ±0.81",
        "b       0.9000 (0.71 to 0.97)",
        "c      10.0000",
        "d            -",
    ]


def test_an_interval_has_no_more_decimals_than_its_figure() -> None:
    column = Column("rating", "rating", decimals=0)
    table = Table("ratings", "t", ("j",), "p", (COLUMNS[0], column), [("a", Estimate(1005, 976, 1034, 14, 9, 9))])
    assert "1005 ±29" in to_text(results(table), Format.TABLE)


def test_programs_get_both_ends_and_null_for_what_is_not_known() -> None:
    table = Table("scores", "t", ("j",), "p", COLUMNS[:2], [("a", EVEN), ("c", UNKNOWN)])
    rows = orjson.loads(to_text(results(table), Format.JSON))["tables"][0]["rows"]
    assert rows[0] == {"model": "a", "turn_1": 6.73125, "turn_1_low": 5.92, "turn_1_high": 7.5425}
    assert rows[1] == {"model": "c", "turn_1": 10.0, "turn_1_low": None, "turn_1_high": None}
    header = to_text(results(table), Format.CSV).splitlines()[0]
    assert header.endswith("model,turn_1,turn_1_low,turn_1_high")


def test_what_is_for_programs_is_not_shown_to_people() -> None:
    column = Column("bootstrap", "by bootstrap", for_programs=True)
    shown = Table("scores", "shown", ("j",), "p", (COLUMNS[0], column), [("a", EVEN)])
    hidden = Table("differences", "hidden", ("j",), "p", COLUMNS[:2], [("a", EVEN)], for_programs=True)
    for form in (Format.TABLE, Format.MARKDOWN):
        text = to_text(results(shown, hidden), form)
        assert "shown" in text
        assert "bootstrap" not in text
        assert "hidden" not in text
    assert len(orjson.loads(to_text(results(shown, hidden), Format.JSON))["tables"]) == 2
