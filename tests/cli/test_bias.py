"""`mtbench bias`: what judgments that are there say of a judge."""

from pathlib import Path

import numpy as np
import orjson
import pytest

from mtbench.records import Json
from tests.reports.lines import grade, ours, pair
from tests.support.benches import make_bench, write_lines
from tests.support.cli import mtbench
from tests.support.shared import SHARED, needs_shared

POSITION = ("bias", "position", "--bench", "tiny")


def judged(folder: Path, winners: str, **more: str) -> Path:
    """A bench with a game for each pair of digits: winners by model of the first and the second order."""
    asked: list[Json] = [
        {"question_id": each, "category": ("writing", "math")[each % 2], "turns": ["?"]} for each in range(40)
    ]
    bench = make_bench(folder, asked)
    lines = [pair(number, "a b", said) | more for number, said in enumerate(winners.split())]
    write_lines(bench / "model_judgment" / "gpt-4_pair.jsonl", lines)
    return bench


def shares(folder: Path, *more: str) -> list[Json]:
    done = mtbench(folder, *POSITION, "--format", "json", *more)
    assert done.returncode == 0, done.stderr
    tables: list[Json] = orjson.loads(done.stdout)["tables"]
    return tables


def test_verdicts_are_sorted_by_place(tmp_path: Path) -> None:
    # agreed twice; the first shown wins both times; the second does; a win beside a tie leans to its place; no verdict
    judged(tmp_path, "11 22 00 12 12 21 10 01 1e")
    row = shares(tmp_path)[0]["rows"][0]
    assert row["of"] == "gpt-4, FastChat"
    assert row["games"] == 9
    assert [round(row[key] * 9) for key in ("consistent", "first", "second", "error")] == [3, 3, 2, 1]


def test_a_judge_that_goes_by_place_is_found_out_and_a_fair_one_is_not(tmp_path: Path) -> None:
    judged(tmp_path, " ".join(["12"] * 20 + ["11"] * 10 + ["22"] * 10))
    biased = shares(tmp_path)[0]["rows"][0]
    assert biased["advantage_low"] > 0.2
    assert biased["p"] < 0.001
    judged(tmp_path, " ".join(["12", "21"] * 5 + ["11"] * 15 + ["22"] * 15))
    fair = shares(tmp_path)[0]["rows"][0]
    assert fair["advantage_low"] < 0 < fair["advantage_high"]
    assert fair["p"] == pytest.approx(1.0)


def test_it_is_split_by_category_and_turn(tmp_path: Path) -> None:
    bench = judged(tmp_path, "12 11 12 11")
    lines = [orjson.loads(line) for line in (bench / "model_judgment" / "gpt-4_pair.jsonl").read_bytes().splitlines()]
    write_lines(bench / "model_judgment" / "gpt-4_pair.jsonl", [*lines, *(line | {"turn": 2} for line in lines)])
    tables = {table["kind"]: table["rows"] for table in shares(tmp_path)}
    assert {row["of"]: row["first"] for row in tables["position_category"]} == {"math": 0.0, "writing": 1.0}
    assert [row["of"] for row in tables["position_turn"]] == ["turn 1", "turn 2"]
    assert "position_pair" not in tables


def test_judgments_of_one_order_say_nothing(tmp_path: Path) -> None:
    judged(tmp_path, "11 22", one_order="g1")
    done = mtbench(tmp_path, *POSITION)
    assert done.returncode == 2
    assert "no comparisons in both orders" in done.stderr


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--judge", "zeus"], "--judge zeus: not in"),
        (["--judge-prompts", "cot"], "no comparisons in both orders"),
        (["--format", "html"], "there is none of this so far"),
    ],
)
def test_mistakes_are_said_in_a_sentence(tmp_path: Path, options: list[str], said: str) -> None:
    judged(tmp_path, "11 22")
    done = mtbench(tmp_path, *POSITION, *options)
    assert done.returncode == 2
    assert said in done.stderr


def test_without_comparisons_it_says_how_to_make_them(tmp_path: Path) -> None:
    make_bench(tmp_path)
    assert "`mtbench judge --mode pairwise-all` makes them" in mtbench(tmp_path, *POSITION).stderr


@needs_shared
def test_the_released_comparisons_have_their_known_counts(tmp_path: Path) -> None:
    bench = tmp_path / "data" / "tiny"
    (bench / "model_judgment").mkdir(parents=True)
    (bench / "question.jsonl").write_bytes((SHARED / "mt_bench/question.jsonl").read_bytes())
    released = SHARED / "judged/model_judgment/gpt-4_pair.jsonl"
    (bench / "model_judgment" / "gpt-4_pair.jsonl").write_bytes(released.read_bytes())
    row = shares(tmp_path)[0]["rows"][0]
    counts = [round(row[key] * 75) for key in ("consistent", "first", "second", "error")]
    assert (row["games"], counts[0], counts[1] + counts[2], counts[3]) == (75, 46, 27, 2)


CONSISTENCY = ("bias", "consistency", "--bench", "tiny", "--format", "json")


def test_a_judge_that_repeats_itself_with_known_noise_is_measured(tmp_path: Path) -> None:
    bench = judged(tmp_path, "11")
    rng = np.random.default_rng(5)
    ability = rng.integers(3, 9, 40)
    lines = [
        ours(grade(each, "a", float(ability[each] + rng.choice([-1, 0, 1], p=[0.1, 0.8, 0.1]))), repeat=repeat)
        for each in range(40)
        for repeat in range(3)
    ]
    write_lines(bench / "model_judgment" / "gpt-4_single.jsonl", lines)
    done = mtbench(tmp_path, *CONSISTENCY)
    assert done.returncode == 0, done.stderr
    (row,) = orjson.loads(done.stdout)["tables"][0]["rows"]
    assert row["of"] == "gpt-4, default, single"
    alike = 0.8**2 + 2 * 0.1**2
    assert row["flips_low"] < 1 - alike < row["flips_high"]
    assert row["sd"] == pytest.approx(np.sqrt(0.2), rel=0.2)
    assert row["noise"] == pytest.approx(row["sd"] / np.sqrt(40))
    assert (row["units"], row["repeats"]) == (40, 3)


def test_comparisons_that_flip_are_counted(tmp_path: Path) -> None:
    bench = judged(tmp_path, "11")
    lines = [
        ours(pair(each, "a b", said), repeat=repeat) for each in range(20) for repeat, said in enumerate(("11", "22"))
    ]
    lines += [ours(pair(each, "b a", "22"), repeat=repeat) for each in range(20, 40) for repeat in (0, 1)]
    write_lines(bench / "model_judgment" / "gpt-4_pair.jsonl", lines)
    (row,) = orjson.loads(mtbench(tmp_path, *CONSISTENCY).stdout)["tables"][0]["rows"]
    assert row["flips"] == pytest.approx(0.5)


def test_a_judge_that_never_changes_its_mind_adds_no_noise(tmp_path: Path) -> None:
    bench = judged(tmp_path, "11")
    lines = [ours(grade(each, "a", 5 + each % 3), repeat=repeat) for each in range(20) for repeat in (0, 1)]
    write_lines(bench / "model_judgment" / "gpt-4_single.jsonl", lines)
    (row,) = orjson.loads(mtbench(tmp_path, *CONSISTENCY).stdout)["tables"][0]["rows"]
    assert (row["flips"], row["sd"], row["noise"]) == (0.0, 0.0, 0.0)


def test_without_repeats_it_says_how_to_make_them(tmp_path: Path) -> None:
    judged(tmp_path, "11 22")
    done = mtbench(tmp_path, *CONSISTENCY)
    assert done.returncode == 2
    assert "`mtbench judge --repeat 3` does that" in done.stderr
