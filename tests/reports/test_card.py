"""A judge's card: figures in words, and where they come from."""

from collections.abc import Sequence

import pytest

from mtbench.errors import MtbenchError
from mtbench.reports.card import FEARS, card, how_much
from mtbench.reports.judgments import Group
from mtbench.reports.remedies import remedies
from mtbench.reports.tables import Cell, Column, Mode, Results, Table
from mtbench.stats.estimates import Estimate


def figure(value: float, low: float, high: float) -> Estimate:
    return Estimate(value, low, high, 0.1, 40, 20)


def results(
    kind: str, rows: list[dict[str, Cell]], judge: str = "j", asked: Sequence[tuple[str, str]] = (("j", "default"),)
) -> Results:
    """`asked`: judges and prompt sets that the results are of; all of them graded."""
    columns = [Column(key, key, decimals=3) for key in rows[0]]
    tables = [Table(kind, "t", (judge,), "", columns, [tuple(r.values()) for r in rows])]
    return Results(Mode.SINGLE, "b", ("file",), tables, groups=[Group(*each, ()) for each in asked])


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (0.0, 0.1, "little"),
        (-0.1, 0.05, "little"),
        (0.3, 0.9, "much"),
        (-0.9, -0.3, "much"),
        (0.15, 0.25, "some"),
        (0.15, 0.5, "some or much"),
        (-0.2, 0.05, "little or some"),
        (0.05, 0.5, "too few to say"),
        (-0.5, 0.5, "too few to say"),
        (float("nan"), float("nan"), "too few to say"),
    ],
)
def test_it_says_as_much_as_the_interval_allows(low: float, high: float, said: str) -> None:
    assert how_much(figure((low + high) / 2, low, high), little=0.1, much=0.3) == said


def test_every_line_is_taken_from_the_table_of_its_study() -> None:
    value = {fear: 0.01 * (number + 1) for number, fear in enumerate(FEARS)}
    found = []
    for kind in dict.fromkeys(fear.kind for fear in FEARS):
        fears = [fear for fear in FEARS if fear.kind == kind]
        name = fears[0].row.format(judge="j", set="default", kind="j single")
        own = name + "by rule" if name.endswith(" ") else name
        other: dict[str, Cell] = {"of": "other judge", "noise": 0.1}
        ours: dict[str, Cell] = {"of": own, "noise": 0.1}
        for fear in fears:
            other[fear.column] = figure(0.9, 0.9, 0.9)
            ours[fear.column] = figure(value[fear], value[fear], value[fear])
        found.append(results(kind, [other, ours]))
    (table, _, *behind) = card("j", "default", found, "b").tables
    assert [row[0] for row in table.rows] == [fear.name for fear in FEARS]
    for fear, row in zip(FEARS, table.rows, strict=True):
        assert isinstance(row[1], Estimate)
        assert row[1].value == pytest.approx(1 - value[fear] if fear.complement else value[fear])
    assert not any("not measured" in line for line in table.foot)
    assert all(each.for_programs for each in behind)


def test_agreement_is_that_with_people_on_all_turns() -> None:
    def agreement(turn: float) -> Results:
        names = {"j pair - j single": 0.0, "j single - human": turn}
        rows: list[dict[str, Cell]] = [{"of": name, "s2": figure(value, value, value)} for name, value in names.items()]
        return results("agreement", rows)

    (table, *_) = card("j", "default", [agreement(0.6), agreement(0.7)], "b").tables
    row = next(row for row in table.rows if row[0] == "people say otherwise (S2)")
    assert isinstance(row[1], Estimate)
    assert row[1].value == pytest.approx(0.3)


@pytest.mark.parametrize("kind", ["agreement", "bias_self", "bias_verbosity"])
def test_what_the_judge_said_with_other_prompts_is_not_on_its_card(kind: str) -> None:
    end = " - human" if kind == "agreement" else ""
    (fear,) = (each for each in FEARS if each.kind == kind)

    def shown(*said: tuple[str, float], asked: Sequence[tuple[str, str]]) -> float | None:
        rows: list[dict[str, Cell]] = [
            {"of": f"{name}{end}", fear.column: figure(value, value, value)} for name, value in said
        ]
        noise: list[dict[str, Cell]] = [{"of": "j, default, single", "flips": figure(0, 0, 0), "noise": 0.0}]
        found = [results(kind, rows, asked=asked), results("consistency", noise)]
        (table, *_) = card("j", "default", found, "b").tables
        cell = next(row[1] for row in table.rows if row[0] == fear.name)
        return cell.value if isinstance(cell, Estimate) else None

    both = ("j", "cot"), ("j", "default")
    assert shown(("j (cot) single", 0.9), ("j (default) single", 0.5), asked=both) == pytest.approx(0.5)
    assert shown(("j (cot) single", 0.9), asked=both) is None
    assert shown(("j single", 0.9), asked=[("j", "cot")]) is None


def test_of_a_judge_that_nothing_is_known_of_it_says_how_to_ask() -> None:
    with pytest.raises(MtbenchError, match="nothing is known of judge j in b: --budget"):
        card("j", "default", [results("consistency", [{"of": "zeus, default", "flips": figure(1, 1, 1)}])], "b")


def test_references_and_attacks_are_held_against_the_default() -> None:
    rate: dict[str, Cell] = {"of": "j, default", "rate": figure(0.7, 0.5, 0.8)}
    ways: dict[str, Cell] = {
        "of": "default with reference",
        "beside": "default",
        "before": 0.6,
        "difference": figure(-0.5, -0.7, -0.3),
        "p": 0.001,
        "games": 20,
    }
    attacks: list[dict[str, Cell]] = [
        {"of": "j, default.structured", "beyond": figure(0.2, 0.1, 0.3)},
        {"of": "j, default", "beyond": figure(1.5, 1.0, 2.0)},
    ]
    noise: list[dict[str, Cell]] = [{"of": "j, default, single", "noise": 0.3}]
    found = [results("reasoning", [rate]), results("reasoning_ways", [ways]), results("injection", attacks)]
    table = remedies("j", "default", [*found, results("consistency", noise)], "b")
    assert table is not None
    by_setting = {(row[0], row[1]): row for row in table.rows}
    reference = by_setting["prompts default with reference", "a wrong answer wins"]
    assert reference[2:4] == pytest.approx((0.6, 0.1))
    assert reference[6:] == (0.001, "better")
    structured = by_setting["prompts default.structured", "an attack gains, in points"]
    assert (structured[2:4], structured[7]) == ((1.5, 0.2), "not tested")
    assert by_setting["--repeat 3", "noise of a model's mean"][3] == pytest.approx(0.3 / 3**0.5)


def test_ways_that_are_held_against_another_prompt_set_say_nothing_of_this_one() -> None:
    ways: dict[str, Cell] = {"of": "cot", "beside": "default", "before": 0.6, "difference": figure(-0.5, -0.7, -0.3)}
    found = [results("reasoning_ways", [ways | {"games": 20, "p": 0.001}])]
    assert remedies("j", "default", found, "b") is not None
    assert remedies("j", "cot", found, "b") is None


def test_what_was_asked_in_one_way_only_has_no_remedies() -> None:
    assert (
        remedies("j", "default", [results("injection", [{"of": "j, default", "beyond": figure(1, 1, 1)}])], "b") is None
    )


def test_a_panel_is_held_against_the_judge_alone() -> None:
    def table(*asked: tuple[str, str]) -> Table | None:
        kinds = dict.fromkeys(f"{name} single" if name != "j" else "j (default) single" for name, _ in asked)
        judges = (*kinds, "j (cot) single")
        worth: list[dict[str, Cell]] = [
            {"of": "j (cot) single", "agreement": figure(0.1, 0.1, 0.1)},
            {"of": "j (default) single", "agreement": figure(0.6, 0.5, 0.7)},
        ]
        together: list[dict[str, Cell]] = [{"of": "majority", "s1": figure(0.7, 0.6, 0.8), "s2": figure(0.8, 0.7, 0.9)}]
        found = [
            Results(
                Mode.SINGLE,
                "b",
                (),
                [
                    Table(
                        kind,
                        "t",
                        judges,
                        "",
                        [Column(key, key) for key in rows[0]],
                        [(*each.values(),) for each in rows],
                    )
                    for kind, rows in (("panel_worth", worth), ("panel_agreement", together))
                ],
                groups=[Group(*each, ()) for each in [*asked, ("j", "cot")]],
            )
        ]
        return remedies("j", "default", found, "b")

    found = table(("j", "default"), ("zeus", "default"))
    assert found is not None
    (row,) = found.rows
    assert row[:2] == ("a panel, by majority", "people say otherwise (S1)")
    assert row[2:4] == pytest.approx((0.4, 0.3))
    assert table(("j", "default")) is None, "a judge asked in two ways is no panel"
    assert table(("zeus", "default")) is None
