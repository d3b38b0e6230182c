"""`mtbench bias consistency`: from repeats that are there, and asking for them."""

from pathlib import Path

import numpy as np
import orjson
import pytest

from tests.cli.test_judge import add_answers
from tests.reports.lines import grade, ours, pair
from tests.support.benches import make_bench, write_lines
from tests.support.cli import mtbench
from tests.support.compared import compared
from tests.support.servers import running_server

CONSISTENCY = ("bias", "consistency", "--bench", "tiny", "--format", "json")


def test_a_judge_that_repeats_itself_with_known_noise_is_measured(tmp_path: Path) -> None:
    bench = compared(tmp_path, "11")
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
    bench = compared(tmp_path, "11")
    lines = [
        ours(pair(each, "a b", said), repeat=repeat) for each in range(20) for repeat, said in enumerate(("11", "22"))
    ]
    lines += [ours(pair(each, "b a", "22"), repeat=repeat) for each in range(20, 40) for repeat in (0, 1)]
    write_lines(bench / "model_judgment" / "gpt-4_pair.jsonl", lines)
    (row,) = orjson.loads(mtbench(tmp_path, *CONSISTENCY).stdout)["tables"][0]["rows"]
    assert row["flips"] == pytest.approx(0.5)


def test_a_judge_that_never_changes_its_mind_adds_no_noise(tmp_path: Path) -> None:
    bench = compared(tmp_path, "11")
    lines = [ours(grade(each, "a", 5 + each % 3), repeat=repeat) for each in range(20) for repeat in (0, 1)]
    write_lines(bench / "model_judgment" / "gpt-4_single.jsonl", lines)
    (row,) = orjson.loads(mtbench(tmp_path, *CONSISTENCY).stdout)["tables"][0]["rows"]
    assert (row["flips"], row["sd"], row["noise"]) == (0.0, 0.0, 0.0)


def test_without_repeats_it_says_how_to_make_them(tmp_path: Path) -> None:
    compared(tmp_path, "11 22")
    done = mtbench(tmp_path, *CONSISTENCY)
    assert done.returncode == 2
    assert "--judge J --ask does that" in done.stderr


def test_grades_and_comparisons_of_one_judge_have_a_row_each(tmp_path: Path) -> None:
    bench = compared(tmp_path, "11")
    for kind, line in (("single", grade(1, "a", 5)), ("pair", pair(1, "a b", "11"))):
        lines = [ours(line | {"question_id": each}, repeat=repeat) for each in range(9) for repeat in (0, 1)]
        write_lines(bench / "model_judgment" / f"gpt-4_{kind}.jsonl", lines)
    rows = orjson.loads(mtbench(tmp_path, *CONSISTENCY).stdout)["tables"][0]["rows"]
    assert [row["of"].rpartition(", ")[2] for row in rows] == ["single", "pairwise"]


def test_it_asks_for_the_repeats_that_are_missing_and_says_first_what_that_takes(tmp_path: Path) -> None:
    add_answers(make_bench(tmp_path), "ant")
    asked = (*CONSISTENCY, "--judge", "openai/grader", "--limit", "1", "--judge-prompts", "default")
    with running_server(reply=lambda body: f"[[{len(body['messages'])}]]") as server:
        endpoint = ("--judge-base-url", server.base_url)
        planned = mtbench(tmp_path, *asked, *endpoint, "--ask", "--dry-run")
        assert "grader would make 6 judgments (0 done): 6 requests" in planned.stdout
        assert not server.requests
        done = mtbench(tmp_path, *asked, *endpoint, "--ask")
        assert done.returncode == 0, done.stderr
        assert len(server.requests) == 6
        again = mtbench(tmp_path, *asked, *endpoint, "--ask", "--repeat", "4")
        assert "grader would make 2 judgments (6 done)" in again.stderr
        assert len(server.requests) == 8
    (row,) = orjson.loads(again.stdout)["tables"][0]["rows"]
    assert (row["flips"], row["units"], row["repeats"]) == (0, 2, 4)


def test_requests_written_to_a_file_are_all_that_is_done(tmp_path: Path) -> None:
    add_answers(make_bench(tmp_path), "ant")
    done = mtbench(tmp_path, *CONSISTENCY, "--judge", "openai/grader", "--ask", "--export-requests", "requests.jsonl")
    assert done.returncode == 0, done.stderr
    assert len((tmp_path / "requests.jsonl").read_text().splitlines()) == 3 * 2 * 3


def test_the_longest_reply_of_a_judge_can_be_set(tmp_path: Path) -> None:
    add_answers(make_bench(tmp_path), "ant")
    with running_server(reply=lambda _: "[[5]]") as server:
        asked = ("--judge", "openai/grader", "--judge-base-url", server.base_url, "--ask", "--judge-max-tokens", "99")
        assert mtbench(tmp_path, *CONSISTENCY, *asked, "--limit", "1").returncode == 0
        assert {body["max_tokens"] for body in server.bodies} == {99}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--limit", "3"], "--limit goes with --ask"),
        (["--repeat", "3"], "--repeat goes with --ask"),
        (["--plot", "data/tiny/question.jsonl"], "this is a file; name a folder"),
    ],
)
def test_what_would_have_no_effect_is_refused(tmp_path: Path, options: list[str], said: str) -> None:
    compared(tmp_path, "11 22")
    done = mtbench(tmp_path, *CONSISTENCY, *options)
    assert done.returncode == 2
    assert said in done.stderr
