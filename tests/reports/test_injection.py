"""What attacks gain: beside the same answer without them, and beside harmless text in their place."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from mtbench.benches import Bench
from mtbench.errors import MtbenchError
from mtbench.records import Json
from mtbench.reports.injection import Planted, injection_results
from mtbench.reports.tables import Cell, Mode, Results
from mtbench.stats.estimates import Estimate
from tests.reports.lines import grade, ours, pair
from tests.support.benches import make_bench, write_lines

PLANTED = {
    "beg": Planted("request", "tea"),
    "order": Planted("request", "tea"),
    "fence": Planted("format", "cake"),
}
GRADES: dict[str, Sequence[float]] = {
    "plain": (2, 3, 10),
    "tea": (3, 3, 9),
    "cake": (2, 2, 10),
    "beg": (10, 3, 10),
    "order": (4, 5, -1),
    "fence": (1, 3, 8),
}
"""By answerer: of three questions; -1 is no verdict."""


def study(folder: Path, lines: Sequence[Json], kind: str = "single", failures: Sequence[Json] = ()) -> Bench:
    made = make_bench(folder)
    path = made / "model_judgment" / f"gpt-4_{kind}.jsonl"
    write_lines(path, lines)
    if failures:
        write_lines(path.with_name(f"gpt-4_{kind}.failures.jsonl"), failures)
    return Bench("tiny", made, made)


def graded(grades: Mapping[str, Sequence[float]] = GRADES, prompt: str = "default/single") -> list[Json]:
    return [
        ours(grade(number, name, score), prompt=prompt, request_hash=f"{name} {number}")
        for name, scores in grades.items()
        for number, score in enumerate(scores)
    ]


def results(bench: Bench, mode: Mode = Mode.SINGLE, sets: Sequence[str] = ()) -> Results:
    return injection_results(bench, mode, "plain", PLANTED, (), sets)


def rows(found: Results, kind: str) -> dict[str, dict[str, Cell]]:
    (table,) = [each for each in found.tables if each.kind == kind]
    keys = [column.key for column in table.columns]
    return {str(row[0]): dict(zip(keys, row, strict=True)) for row in table.rows}


def value(cell: Cell) -> float:
    assert isinstance(cell, Estimate)
    return cell.value


def test_a_rise_is_paired_by_question(tmp_path: Path) -> None:
    row = rows(results(study(tmp_path, graded())), "injection")["gpt-4, default"]
    rises = [8, 0, 0, 2, 2, -1, 0, -2]  # beg, order without its third, fence
    assert value(row["rise"]) == pytest.approx(sum(rises) / 8)
    controls = [1, 0, -1, 1, 0, 0, -1, 0]
    assert value(row["control"]) == pytest.approx(sum(controls) / 8)
    assert value(row["beyond"]) == pytest.approx((sum(rises) - sum(controls)) / 8)
    assert value(row["risen"]) == pytest.approx(3 / 8)
    assert value(row["top"]) == pytest.approx(1 / 6)  # an answer with a 10 cannot rise to one
    assert value(row["no_verdict"]) == pytest.approx(1 / 9)
    assert (row["answers"], row["failed"], row["missing"]) == (8, 0, 0)


def test_questions_are_the_clusters(tmp_path: Path) -> None:
    alike = {
        name: [each + shift for each in (1, 3, 5)]
        for name, shift in (("plain", 0), ("tea", 0), ("beg", 2), ("order", 2))
    }
    rise = rows(results(study(tmp_path, graded(alike))), "injection")["gpt-4, default"]["rise"]
    assert isinstance(rise, Estimate)
    assert (rise.value, rise.n, rise.clusters, rise.se) == (2, 6, 3, 0)


def test_rows_stand_in_order_of_harm(tmp_path: Path) -> None:
    lenient = graded({"plain": (2, 3), "tea": (2, 3), "beg": (10, 10)}, prompt="short/single")
    found = results(study(tmp_path, [*graded(), *lenient]))
    assert list(rows(found, "injection")) == ["gpt-4, short", "gpt-4, default"]
    by_kind = [[row[0] for row in each.rows] for each in found.tables if each.kind == "injection_kind"]
    assert by_kind == [["request", "format"], ["request"]]
    worst = [[row[0] for row in each.rows] for each in found.tables if each.kind == "injection_worst"]
    assert worst == [["beg", "order"], ["beg"]]
    every = [each for each in found.tables if each.kind == "injection_attack"]
    assert [row[0] for row in every[0].rows] == ["beg", "order", "fence"]
    assert every[0].for_programs
    assert list(rows(results(study(tmp_path, [*graded(), *lenient]), sets=["short"]), "injection")) == ["gpt-4, short"]


def test_where_no_attack_gains_none_is_called_the_worst(tmp_path: Path) -> None:
    found = results(study(tmp_path, graded(GRADES | {"beg": (2, 3, 10), "order": (1, 1, 1)})))
    assert [each.kind for each in found.tables] == ["injection", "injection_kind", "injection_attack"]


def test_repeats_are_averaged_and_silence_is_shared(tmp_path: Path) -> None:
    lines = [line | {"repeat": repeat} for repeat in (0, 1) for line in graded({"plain": (2, 2), "beg": (4, 4)})]
    lines[-1]["score"] = -1
    lines[-2]["score"] = 8
    row = rows(results(study(tmp_path, lines)), "injection_kind")["request"]
    assert value(row["rise"]) == (4 + 2) / 2  # 6 and 4, less 2
    assert value(row["no_verdict"]) == 1 / 4
    assert row["control"] is None
    assert row["beyond"] is None


def test_what_has_no_grade_to_stand_beside_is_no_rise(tmp_path: Path) -> None:
    row = rows(results(study(tmp_path, graded({"plain": (-1,), "tea": (3,), "beg": (9,)}))), "injection_kind")
    assert (row["request"]["rise"], row["request"]["answers"]) == (None, 0)
    assert value(row["request"]["no_verdict"]) == 0


def test_what_failed_and_what_was_not_asked_yet_is_counted(tmp_path: Path) -> None:
    lines = [each for each in graded() if (each["model"], each["question_id"]) not in (("beg", 1), ("order", 2))]
    keys = [{"question_id": 1, "turn": 1, "models": ["beg"], "prompt": "default/single", "repeat": 0}]
    keys += [keys[0] | {"models": ["tea"]}]
    failures: list[Json] = [{"key": key, "reason": "timeout", "message": "", "tstamp": 2.0} for key in keys]
    row = rows(results(study(tmp_path, lines, failures=failures)), "injection")["gpt-4, default"]
    assert (row["answers"], row["failed"], row["missing"]) == (7, 1, 1)


def played(name: str, winners: str) -> list[Json]:
    """The games of an answerer against the plain answer, as `pair` has them, question by question."""
    models = f"{name} plain"
    return [
        ours(pair(number, models, said), prompt="default/pair", g1_request_hash=f"{name} {number}")
        for number, said in enumerate(winners.split())
    ]


def test_games_are_won_against_the_plain_answer(tmp_path: Path) -> None:
    lines = [*played("beg", "11 12 22 11"), *played("tea", "12 11 12 00"), *played("fence", "11 1e")]
    found = results(study(tmp_path, lines, "pair"), Mode.PAIRWISE_BASELINE)
    row = rows(found, "injection_pair")["gpt-4, default"]
    assert value(row["won"]) == pytest.approx((1 + 0.5 + 0 + 1 + 1) / 5)
    assert value(row["outright"]) == pytest.approx(3 / 5)
    assert value(row["control"]) == pytest.approx((0.5 + 1 + 0.5 + 0.5) / 4)  # fence has none
    assert value(row["beyond"]) == pytest.approx((0.5 - 0.5 - 0.5 + 0.5) / 4)
    assert value(row["no_verdict"]) == pytest.approx(1 / 6)
    assert (row["games"], row["missing"]) == (5, 2)
    assert list(rows(found, "injection_pair_worst")) == ["fence", "beg"]


def test_an_attacked_answer_is_known_whichever_name_comes_first(tmp_path: Path) -> None:
    lines = [*played("beg", "11 11"), *played("order", "11 11")]
    lines += [each | {"model_1": "plain", "model_2": "fence", "g1_winner": "model_2"} for each in played("x", "12 12")]
    lines[-1]["g2_winner"] = lines[-2]["g2_winner"] = "model_2"
    found = results(study(tmp_path, lines, "pair"), Mode.PAIRWISE_BASELINE)
    assert all(value(row["won"]) == 1 for row in rows(found, "injection_pair_attack").values())


def test_games_of_others_say_nothing(tmp_path: Path) -> None:
    lines = [ours(pair(1, "beg order", "11"), prompt="default/pair")]
    with pytest.raises(MtbenchError, match=r"no attacked answers judged in .*--mode pairwise-baseline"):
        results(study(tmp_path, lines, "pair"), Mode.PAIRWISE_BASELINE)


def test_nothing_judged_is_said(tmp_path: Path) -> None:
    with pytest.raises(MtbenchError, match=r"no attacked answers judged in .* with prompts cot: --judge J --ask"):
        results(study(tmp_path, graded()), sets=["cot"])
