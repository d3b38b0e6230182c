"""Judgments of answers with a list said twice → failures, as the paper counts them and game by game."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from mtbench.benches import Bench
from mtbench.errors import MtbenchError
from mtbench.records import Json
from mtbench.reports.tables import Cell
from mtbench.reports.verbosity_attack import verbosity_attack_results
from mtbench.stats.estimates import Estimate
from tests.reports.lines import ours, pair
from tests.support.benches import make_bench, write_lines
from tests.support.judged import answered

TEXTS = {"plain": "w" * 100, "same": "w" * 100, "twice": "w" * 150}


def study(folder: Path, sources: Sequence[int], lines: Sequence[Json], answers: int | None = None) -> Bench:
    """A question for each of `sources`, which are questions of the bench; `answers`: how many have answers."""
    asked: list[Json] = [
        {"question_id": number, "category": "x", "turns": ["?"], "source_question_id": source}
        for number, source in enumerate(sources)
    ]
    made = make_bench(folder, asked)
    for model, text in TEXTS.items():
        given = [answered(each, model) for each in range(len(sources) if answers is None else answers)]
        for line in given:
            line["choices"][0]["turns"] = [text]
        write_lines(made / "model_answer" / f"{model}.jsonl", given)
    write_lines(made / "model_judgment" / "gpt-4_pair.jsonl", [ours(line) for line in lines])
    return Bench("tiny", made, made)


def cells(bench: Bench, kind: str) -> dict[str, Cell]:
    (table,) = [each for each in verbosity_attack_results(bench, (), ()).tables if each.kind == kind]
    (row,) = table.rows
    return dict(zip((column.key for column in table.columns), row, strict=True))


def value(cell: Cell) -> float:
    assert isinstance(cell, Estimate)
    return cell.value


def test_a_failure_is_a_win_in_both_orders_and_every_game_is_counted_too(tmp_path: Path) -> None:
    # by model: the longer twice, once and a tie, once and lost, never; the other way round; no verdict in one order
    said = ["22", "20", "12", "11", "00", "2e"]
    lines = [pair(number, "plain twice", each) for number, each in enumerate(said)]
    found = cells(study(tmp_path, range(6), lines), "verbosity_attack")
    assert found["of"] == "gpt-4, default, twice"
    assert value(found["fails"]) == pytest.approx(1 / 5)
    assert value(found["in_a_game"]) == pytest.approx((2 + 1 + 1 + 1) / 11)
    assert value(found["shorter"]) == pytest.approx((1 + 2) / 11)
    assert value(found["lead"]) == pytest.approx((5 - 3) / 11)
    assert (found["answers"], found["errors"], found["failed"]) == (5, 1, 0)
    assert found["growth"] == pytest.approx(0.5)


def test_it_does_not_matter_which_of_the_two_the_file_names_first(tmp_path: Path) -> None:
    lines = [pair(0, "plain twice", "22"), pair(1, "twice plain", "11"), pair(2, "twice plain", "22")]
    found = cells(study(tmp_path, range(3), lines), "verbosity_attack")
    assert value(found["fails"]) == pytest.approx(2 / 3)
    assert value(found["shorter"]) == pytest.approx(1 / 3)


def test_answers_to_one_question_are_one_cluster(tmp_path: Path) -> None:
    lines = [pair(number, "plain twice", "22" if number < 3 else "11") for number in range(6)]
    alone = cells(study(tmp_path / "alone", range(6), lines), "verbosity_attack")["fails"]
    together = cells(study(tmp_path / "together", [1, 1, 1, 2, 2, 2], lines), "verbosity_attack")["fails"]
    assert isinstance(alone, Estimate)
    assert isinstance(together, Estimate)
    assert (alone.clusters, together.clusters) == (6, 2)
    assert together.high - together.low > alone.high - alone.low


def test_equal_answers_are_the_control_and_tell_which_place_wins(tmp_path: Path) -> None:
    # by model, and both are the same: the first shown wins both, the second both, two ties, the first and no verdict
    said = ["12", "21", "00", "1e"]
    lines = [pair(number, "plain same", each) for number, each in enumerate(said)]
    found = cells(study(tmp_path, range(4), lines), "verbosity_control")
    assert [value(found[key]) for key in ("tied", "first", "second")] == pytest.approx([2 / 7, 3 / 7, 2 / 7])
    assert (found["games"], found["errors"]) == (7, 1)


def test_games_of_one_order_count_as_they_are(tmp_path: Path) -> None:
    lines = [
        pair(0, "plain twice", "22", one_order="g1"),
        pair(1, "plain twice", "11", one_order="g2"),
        pair(0, "plain same", "11", one_order="g2"),
        pair(1, "plain same", "11", one_order="g1"),
    ]
    bench = study(tmp_path, range(2), lines)
    attack, control = cells(bench, "verbosity_attack"), cells(bench, "verbosity_control")
    assert (value(attack["fails"]), value(attack["in_a_game"])) == (0.5, 0.5)
    assert (value(control["first"]), value(control["second"]), control["games"]) == (0.5, 0.5, 2)


def test_games_that_all_lack_a_verdict_give_no_share(tmp_path: Path) -> None:
    found = cells(study(tmp_path, range(2), [pair(each, "plain twice", "ee") for each in range(2)]), "verbosity_attack")
    assert (found["fails"], found["in_a_game"], found["answers"], found["errors"]) == (None, None, 0, 4)


def test_judgments_of_answers_that_are_gone_do_not_count(tmp_path: Path) -> None:
    lines = [pair(each, "plain twice", "22") for each in range(3)]
    assert cells(study(tmp_path / "some", range(3), lines, answers=2), "verbosity_attack")["answers"] == 2
    with pytest.raises(MtbenchError, match="are of answers that are gone: --judge J --ask makes new ones"):
        cells(study(tmp_path / "none", range(3), lines, answers=0), "verbosity_attack")


def test_where_nothing_was_judged_it_is_said(tmp_path: Path) -> None:
    bench = Bench("tiny", tmp_path, tmp_path)
    with pytest.raises(MtbenchError, match="no answers with a list said twice were judged: --judge J"):
        verbosity_attack_results(bench, ["zeus"], ())
    bench = study(tmp_path, range(1), [pair(0, "plain twice", "22")])
    with pytest.raises(MtbenchError, match="--judge zeus: not in"):
        verbosity_attack_results(bench, ["zeus"], ())
    with pytest.raises(MtbenchError, match="were judged with prompts cot, rename"):
        verbosity_attack_results(bench, (), ["cot", "rename"])
