"""`mtbench run --until-decided`: a clear case costs a fraction, and an error is no decision."""

import hashlib
import subprocess
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest

from mtbench.records import Json
from tests.support.benches import make_bench, read_lines, write_lines
from tests.support.cli import mtbench
from tests.support.judged import answered
from tests.support.servers import Fault, ModelServer, running_server

QUESTIONS = 60
ALL = 2 * 2 * QUESTIONS
"""Grades of both models, two turns each."""


@pytest.fixture
def bench(tmp_path: Path) -> Path:
    asked: list[Json] = [
        {"question_id": each, "category": "writing", "turns": [f"Question {each}?", "And then?"]}
        for each in range(QUESTIONS)
    ]
    bench = make_bench(tmp_path, asked)
    write_lines(bench / "model_answer" / "old.jsonl", [answered(each, "old") for each in range(QUESTIONS)])
    return bench


def grading(better: float) -> Callable[[Json], str]:
    """A judge that gives the new model so much more than the old one, with noise that the prompt alone decides."""

    def grade(body: Json) -> str:
        prompt = body["messages"][-1]["content"]
        noise = hashlib.sha256(prompt.encode()).digest()[0] % 3 - 1
        return f"[[{5 + noise + (better if 'of old' not in prompt else 0)}]]"

    return grade


def until(folder: Path, candidate: ModelServer, judge: ModelServer, *more: str) -> subprocess.CompletedProcess[str]:
    return mtbench(
        folder, "run", "--model", "openai/new", "--base-url", candidate.base_url, "--judge", "openai/judge",
        "--judge-base-url", judge.base_url, "--bench", "tiny", "--baseline", "old", "--until-decided", *more,
    )  # fmt: skip


@pytest.mark.parametrize(("better", "code", "last"), [(3, 0, "pass"), (-3, 1, "fail")])
def test_a_clear_case_stops_early(tmp_path: Path, bench: Path, better: float, code: int, last: str) -> None:
    with running_server() as candidate, running_server(reply=grading(better)) as judge:
        done = until(tmp_path, candidate, judge, "--output", "gate.json")
    assert done.returncode == code, done.stderr
    assert done.stdout.splitlines()[-1] == last
    asked = len(read_lines(bench / "model_answer" / "new.jsonl"))
    assert asked < QUESTIONS / 2
    assert len(judge.requests) == 2 * 2 * asked
    assert f"{asked} of {QUESTIONS} questions asked" in done.stdout
    assert orjson.loads((tmp_path / "gate.json").read_bytes())["outcome"] == last


def test_equal_models_are_asked_everything_and_not_decided(tmp_path: Path, bench: Path) -> None:
    with running_server() as candidate, running_server(reply=grading(0)) as judge:
        done = until(tmp_path, candidate, judge, "--max-drop", "0", "--inconclusive", "pass")
    assert done.returncode == 0, done.stderr
    assert "OPEN" in done.stdout
    assert len(judge.requests) == ALL
    assert len(read_lines(bench / "model_answer" / "new.jsonl")) == QUESTIONS


def test_the_last_look_decides_what_looks_on_the_way_cannot(tmp_path: Path, bench: Path) -> None:
    with running_server() as candidate, running_server(reply=grading(0.5)) as judge:
        done = until(tmp_path, candidate, judge, "--max-drop", "0.1")
    assert bench.is_dir()
    assert done.returncode == 0, done.stdout
    assert len(judge.requests) == ALL
    assert done.stdout.splitlines()[-1] == "pass"


def test_the_questions_are_in_random_order_and_the_same_in_a_rerun(tmp_path: Path, bench: Path) -> None:
    with running_server() as candidate, running_server(reply=grading(3)) as judge:
        until(tmp_path, candidate, judge)
        asked = [line["question_id"] for line in read_lines(bench / "model_answer" / "new.jsonl")]
        first = len(judge.requests)
        again = until(tmp_path, candidate, judge)
    assert sorted(asked) != list(range(len(asked)))
    assert (again.returncode, len(judge.requests)) == (0, first)


def test_what_failed_is_no_decision(tmp_path: Path, bench: Path) -> None:
    with (
        running_server() as candidate,
        running_server(reply=grading(3), faults=[Fault(status=400)]) as judge,
    ):
        done = until(tmp_path, candidate, judge)
        assert bench.is_dir()
        assert done.returncode == 3
        assert "not decided so far" in done.stderr
        assert until(tmp_path, candidate, judge).returncode == 0


def test_comparisons_decide_by_the_share_won(tmp_path: Path, bench: Path) -> None:
    def prefer_new(body: Json) -> str:
        prompt = body["messages"][-1]["content"]
        return "[[A]]" if prompt.index("of old") > len(prompt) / 2 else "[[B]]"

    with running_server(reply=lambda _: "an answer") as candidate, running_server(reply=prefer_new) as judge:
        done = until(tmp_path, candidate, judge, "--mode", "pairwise-baseline", "--min-win-rate", "0.5")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "win rate at least 0.5" in done.stdout
    assert len(read_lines(bench / "model_answer" / "new.jsonl")) < QUESTIONS


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--model", "openai/more"], "decides one --model against a --baseline"),
        (["--mode", "pairwise-all"], "goes with --mode single or pairwise-baseline"),
        (["--batch"], "does not go with batch jobs"),
        (["--baseline", "gnu"], "no answers by gnu"),
        (["--output", "gate.pdf"], "what format is that?"),
    ],
)
def test_mistakes_are_said_before_anything_is_asked(tmp_path: Path, bench: Path, options: list[str], said: str) -> None:
    with running_server() as candidate, running_server(reply=grading(3)) as judge:
        done = until(tmp_path, candidate, judge, *options)
    assert bench.is_dir()
    assert done.returncode == 2
    assert said in done.stderr
    assert (len(candidate.requests), len(judge.requests)) == (0, 0)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--temperature", "0"], "answers' temperature: 0.0 for the new model, 0.7 for the baseline"),
        (["--max-tokens", "9"], "answers' max_tokens: 9 for the new model, 1024 for the baseline"),
        (
            ["--system-prompt", "Be brief."],
            "answers' system prompt: Be brief. for the new model, none for the baseline",
        ),
    ],
)
def test_answers_that_would_not_compare_are_not_asked_for(
    tmp_path: Path, bench: Path, options: list[str], said: str
) -> None:
    with running_server() as candidate, running_server(reply=grading(3)) as judge:
        done = until(tmp_path, candidate, judge, *options)
    assert bench.is_dir()
    assert done.returncode == 2
    assert f"new and old would not compare: {said}. Ask for both alike" in done.stderr
    assert (len(candidate.requests), len(judge.requests)) == (0, 0)


def test_a_baseline_that_lacks_answers_is_said_before_anything_is_asked(tmp_path: Path, bench: Path) -> None:
    write_lines(bench / "model_answer" / "old.jsonl", [answered(each, "old") for each in range(50)])
    with running_server() as candidate, running_server(reply=grading(3)) as judge:
        done = until(tmp_path, candidate, judge)
    assert done.returncode == 2
    assert "old has no answer to 10 of the 60 questions" in done.stderr
    assert (len(candidate.requests), len(judge.requests)) == (0, 0)


def test_what_is_open_at_the_end_has_the_ordinary_interval_and_says_what_it_takes(tmp_path: Path, bench: Path) -> None:
    with running_server() as candidate, running_server(reply=grading(0)) as judge:
        done = until(tmp_path, candidate, judge, "--max-drop", "0", "--output", "gate.json")
    assert bench.is_dir()
    assert done.returncode == 1
    (rule,) = orjson.loads((tmp_path / "gate.json").read_bytes())["rules"]
    estimate = rule["estimate"]
    assert rule["outcome"] == "inconclusive"
    assert estimate["high"] - estimate["low"] == pytest.approx(2 * 2.300 * estimate["se"], rel=0.001)  # 97.5 %, 59 df
    assert rule["questions_needed"] > QUESTIONS


def test_what_failed_on_questions_that_have_not_come_up_does_not_count(tmp_path: Path, bench: Path) -> None:
    with running_server() as candidate, running_server(reply=grading(3)) as judge:
        until(tmp_path, candidate, judge)
        asked = {line["question_id"] for line in read_lines(bench / "model_answer" / "new.jsonl")}
        other = next(each for each in range(QUESTIONS) if each not in asked)
        key = {"question_id": other, "turn": 1, "models": ["old"], "repeat": 0, "prompt": "default/single"}
        failure = {"key": key, "reason": "timeout", "tstamp": 9e9, "error": "no reply"}
        write_lines(bench / "model_judgment" / "judge_single.failures.jsonl", [failure])
        done = until(tmp_path, candidate, judge)
    assert done.returncode == 0, done.stderr


def test_verdicts_on_other_questions_decide_nothing(tmp_path: Path, bench: Path) -> None:
    def grade(body: Json) -> str:
        prompt = body["messages"][-1]["content"]
        number = next(each for each in range(QUESTIONS) if f"Question {each}?" in prompt)
        return "[[5]]" if number % 2 == ("of old" in prompt) else "no verdict"

    with running_server() as candidate, running_server(reply=grade) as judge:
        done = until(tmp_path, candidate, judge, "--output", "gate.json")
    assert bench.is_dir()
    assert done.returncode == 1, done.stderr
    assert "unknown (no interval): 0 questions cannot say" in done.stdout
    assert orjson.loads((tmp_path / "gate.json").read_bytes())["rules"][0]["estimate"]["value"] is None


def test_a_last_look_that_rests_on_few_questions_is_doubted(tmp_path: Path, bench: Path) -> None:
    def grade(body: Json) -> str:
        prompt = body["messages"][-1]["content"]
        return "[[1]]" if "Question 7?" in prompt and "of old" not in prompt else "[[6]]"

    with running_server() as candidate, running_server(reply=grade) as judge:
        done = until(tmp_path, candidate, judge, "--max-drop", "0.4")
    assert bench.is_dir()
    assert done.returncode == 0, done.stdout + done.stderr
    assert "note: difference at least -0.4: a few questions lie far below the rest" in done.stdout


def test_rules_without_it_are_refused_and_not_passed_over(tmp_path: Path, bench: Path) -> None:
    assert bench.is_dir()
    for rule in (["--max-drop", "1"], ["--output", "gate.xml"], ["--alpha", "0.1"]):
        done = mtbench(tmp_path, "run", "--model", "openai/new", "--judge", "openai/judge", "--bench", "tiny", *rule)
        assert done.returncode == 2
        assert f"{rule[0]} goes with --until-decided" in done.stderr
