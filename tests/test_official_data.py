"""The main job over the released MT-bench answers, under the official questions, references and prompts."""

import shutil
from collections import defaultdict
from fractions import Fraction
from pathlib import Path

import orjson
import pytest

from mtbench.records import Json
from tests.support.benches import read_lines
from tests.support.cli import mtbench
from tests.support.servers import ModelServer, running_server
from tests.support.shared import SHARED, needs_shared

MODELS = ("alpaca-13b", "claude-v1", "gpt-3.5-turbo", "gpt-4", "llama-13b", "vicuna-13b-v1.3")
WITH_REFERENCE = ("math", "reasoning", "coding")
PROMPTS = "data/mt_bench/judge_prompts.jsonl"


@pytest.fixture
def bench(tmp_path: Path) -> Path:
    assert mtbench(tmp_path, "questions", "pull", "--from", SHARED).returncode == 0
    place = tmp_path / "data" / "mt_bench"
    shutil.copytree(SHARED / "mt_bench" / "model_answer", place / "model_answer")
    return place


def judge(folder: Path, server: ModelServer, *more: str) -> None:
    done = mtbench(
        folder, "judge", "--bench", "mt_bench", "--judge", "openai/gpt-4", "--judge-base-url", server.base_url,
        "--judge-prompts", PROMPTS, "--parallel", "64", *more, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def turns_of(path: Path) -> dict[int, list[str]]:
    return {line["question_id"]: line["choices"][0]["turns"] for line in read_lines(path)}


def official(name: str, questions: list[str], answers: dict[str, list[str]], reference: list[str] | None) -> str:
    """The user prompt as str.format renders the official template with FastChat's keywords."""
    template = next(line for line in read_lines(SHARED / "judge_prompts.jsonl") if line["name"] == name)
    values = {}
    for number, text in enumerate(reference or [], 1):
        values[f"ref_answer_{number}"] = text
    if len(questions) == 1:
        values |= {"question": questions[0]} | {key: turns[0] for key, turns in answers.items()}
    else:
        for number, question in enumerate(questions, 1):
            values[f"question_{number}"] = question
            values |= {f"{key}_{number}": turns[number - 1] for key, turns in answers.items()}
    return str(template["prompt_template"].format(**values))


@needs_shared
def test_every_released_answer_is_graded_under_exactly_fastchats_prompt(tmp_path: Path, bench: Path) -> None:
    questions = {line["question_id"]: line for line in read_lines(bench / "question.jsonl")}
    references = turns_of(bench / "reference_answer" / "gpt-4.jsonl")
    answers = {model: turns_of(bench / "model_answer" / f"{model}.jsonl") for model in MODELS}
    with running_server() as server:
        judge(tmp_path, server)
        assert len(server.requests) == 6 * 80 * 2
    judgments = read_lines(bench / "model_judgment" / "gpt-4_single.jsonl")
    assert len(judgments) == 960
    for one in judgments:
        question, turn = questions[one["question_id"]], one["turn"]
        guided = question["category"] in WITH_REFERENCE
        name = f"single-{'math-' if guided else ''}v1{'-multi-turn' if turn == 2 else ''}"
        assert one["judge"] == ["gpt-4", name]
        said = {"answer": answers[one["model"]][one["question_id"]][:turn]}
        reference = references[one["question_id"]] if guided else None
        assert one["user_prompt"] == official(name, question["turns"][:turn], said, reference)
    check_means(tmp_path, judgments)


def check_means(folder: Path, judgments: list[Json]) -> None:
    """The tables hold the exact means of the rows."""
    shown = mtbench(folder, "show-results", "--bench", "mt_bench", "--format", "json")
    scores: defaultdict[str, list[float]] = defaultdict(list)
    for one in judgments:
        if one["score"] != -1:
            scores[one["model"]].append(one["score"])
    text = shown.stdout
    means = [float(sum(map(Fraction, values)) / len(values)) for values in scores.values()]
    found = set(_numbers(orjson.loads(text)))
    assert all(mean in found for mean in means)
    assert len(means) == 6


def _numbers(value: object) -> list[float]:
    if isinstance(value, dict):
        return [number for item in value.values() for number in _numbers(item)]
    if isinstance(value, list):
        return [number for item in value for number in _numbers(item)]
    return [float(value)] if isinstance(value, int | float) else []


@needs_shared
def test_pairs_with_the_baseline_are_compared_in_both_orders_under_fastchats_prompts(
    tmp_path: Path, bench: Path
) -> None:
    questions = {line["question_id"]: line for line in read_lines(bench / "question.jsonl")}
    references = turns_of(bench / "reference_answer" / "gpt-4.jsonl")
    answers = {model: turns_of(bench / "model_answer" / f"{model}.jsonl") for model in MODELS}
    with running_server() as server:
        judge(tmp_path, server, "--mode", "pairwise-baseline", "--baseline", "gpt-3.5-turbo", "--questions", "81-111")
        assert len(server.requests) == 5 * 31 * 2 * 2
    for one in read_lines(bench / "model_judgment" / "gpt-4_pair.jsonl"):
        question, turn = questions[one["question_id"]], one["turn"]
        guided = question["category"] in WITH_REFERENCE
        name = f"pair-{'math-v1' if guided else 'v2'}{'-multi-turn' if turn == 2 else ''}"
        reference = references[one["question_id"]] if guided else None
        for game, (first, second) in {
            "g1": (one["model_1"], one["model_2"]),
            "g2": (one["model_2"], one["model_1"]),
        }.items():
            said = {
                "answer_a": answers[first][one["question_id"]][:turn],
                "answer_b": answers[second][one["question_id"]][:turn],
            }
            assert one[f"{game}_user_prompt"] == official(name, question["turns"][:turn], said, reference)
