"""`mtbench bias position`: from judgments that are there, and asking for them."""

from pathlib import Path
from subprocess import CompletedProcess

import orjson
import pytest

from mtbench.judging.prompts import set_names
from mtbench.records import Json
from tests.cli.test_judge import add_answers
from tests.support.benches import make_bench, write_lines
from tests.support.cli import mtbench
from tests.support.compared import compared
from tests.support.servers import Fault, running_server
from tests.support.shared import SHARED, needs_shared

POSITION = ("bias", "position", "--bench", "tiny")


def shares(folder: Path, *more: str) -> list[Json]:
    done = mtbench(folder, *POSITION, "--format", "json", *more)
    assert done.returncode == 0, done.stderr
    tables: list[Json] = orjson.loads(done.stdout)["tables"]
    return tables


def test_verdicts_are_sorted_by_place(tmp_path: Path) -> None:
    # agreed twice; the first shown wins both times; the second does; a win beside a tie leans to its place; no verdict
    compared(tmp_path, "11 22 00 12 12 21 10 01 1e")
    row = shares(tmp_path)[0]["rows"][0]
    assert row["of"] == "gpt-4, FastChat"
    assert row["games"] == 9
    assert [round(row[key] * 9) for key in ("consistent", "first", "second", "error")] == [3, 3, 2, 1]


def test_a_judge_that_goes_by_place_is_found_out_and_a_fair_one_is_not(tmp_path: Path) -> None:
    compared(tmp_path, " ".join(["12"] * 20 + ["11"] * 10 + ["22"] * 10))
    biased = shares(tmp_path)[0]["rows"][0]
    assert biased["advantage_low"] > 0.2
    assert biased["p"] < 0.001
    compared(tmp_path, " ".join(["12", "21"] * 5 + ["11"] * 15 + ["22"] * 15))
    fair = shares(tmp_path)[0]["rows"][0]
    assert fair["advantage_low"] < 0 < fair["advantage_high"]
    assert fair["p"] == pytest.approx(1.0)


def test_it_is_split_by_category_and_turn(tmp_path: Path) -> None:
    bench = compared(tmp_path, "12 11 12 11")
    lines = [orjson.loads(line) for line in (bench / "model_judgment" / "gpt-4_pair.jsonl").read_bytes().splitlines()]
    write_lines(bench / "model_judgment" / "gpt-4_pair.jsonl", [*lines, *(line | {"turn": 2} for line in lines)])
    tables = {table["kind"]: table["rows"] for table in shares(tmp_path)}
    assert {row["of"]: row["first"] for row in tables["position_category"]} == {"math": 0.0, "writing": 1.0}
    assert [row["of"] for row in tables["position_turn"]] == ["turn 1", "turn 2"]
    assert "position_pair" not in tables


def test_judgments_of_one_order_say_nothing(tmp_path: Path) -> None:
    compared(tmp_path, "11 22", one_order="g1")
    done = mtbench(tmp_path, *POSITION)
    assert done.returncode == 2
    assert "no comparisons in both orders" in done.stderr


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--judge", "zeus"], "--judge zeus: not in"),
        (["--judge-prompts", "cot"], "no comparisons in both orders"),
        (["--format", "html"], "is not one of"),
    ],
)
def test_mistakes_are_said_in_a_sentence(tmp_path: Path, options: list[str], said: str) -> None:
    compared(tmp_path, "11 22")
    done = mtbench(tmp_path, *POSITION, *options)
    assert done.returncode == 2
    assert said in done.stderr


def test_without_comparisons_it_says_how_to_make_them(tmp_path: Path) -> None:
    make_bench(tmp_path)
    assert "--judge J --ask makes them" in mtbench(tmp_path, *POSITION).stderr


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


def always_first(body: Json) -> str:
    """The first place wins, in whichever form a prompt asks for."""
    if "response_format" in body:
        return '{"reasoning": "It comes first.", "verdict": "A"}'
    asked = " ".join(message["content"] for message in body["messages"])
    return "[[9,2]]" if "both grades" in asked else "[[A]]"


def ask(folder: Path, *more: str) -> CompletedProcess[str]:
    return mtbench(folder, *POSITION, "--format", "json", "--judge", "openai/grader", "--ask", *more)


def test_it_asks_with_every_prompt_set_and_nothing_twice(tmp_path: Path) -> None:
    bench = make_bench(tmp_path)
    for model in ("ant", "bee"):
        add_answers(bench, model)
    with running_server(reply=always_first) as server:
        done = ask(tmp_path, "--judge-base-url", server.base_url, "--limit", "1", "--plot", "plots")
        assert done.returncode == 0, done.stderr
        assert len(server.requests) == 6 * 2 * 2
        for name in set_names():
            assert f"prompts {name}: grader would make 2 judgments (0 done): 4 requests" in done.stderr
        assert ask(tmp_path, "--judge-base-url", server.base_url, "--limit", "1").returncode == 0
        assert len(server.requests) == 6 * 2 * 2
    rows = orjson.loads(done.stdout)["tables"][0]["rows"]
    assert {row["of"]: (row["first"], row["games"]) for row in rows} == {
        f"grader, {name}": (1, 2) for name in set_names()
    }
    assert (tmp_path / "plots" / "position-consistent.svg").is_file()


def test_what_failed_is_said_after_the_tables_and_done_by_the_next_run(tmp_path: Path) -> None:
    bench = make_bench(tmp_path)
    for model in ("ant", "bee"):
        add_answers(bench, model)
    asked = ("--limit", "1", "--judge-prompts", "default", "--structured")
    with running_server(faults=[None, None, Fault(400), Fault(400)], reply=always_first) as server:
        more = (*asked, "--judge-base-url", server.base_url, "--parallel", "1")
        done = ask(tmp_path, *more)
        assert done.returncode == 3
        assert "1 verdict failed" in done.stderr
        (row,) = orjson.loads(done.stdout)["tables"][0]["rows"]
        assert (row["of"], row["games"]) == ("grader, default.structured", 1)
        assert ask(tmp_path, *more).returncode == 0


@pytest.mark.parametrize(
    ("options", "said"),
    [(["--ask"], "which judge shall be asked?"), (["--judge", "openai/grader", "--ask"], "no answers in")],
)
def test_who_asks_is_told_what_is_missing(tmp_path: Path, options: list[str], said: str) -> None:
    make_bench(tmp_path)
    done = mtbench(tmp_path, *POSITION, *options)
    assert done.returncode == 2
    assert said in done.stderr
