"""Judged benches of any size, with scores that a test chooses."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from mtbench.records import Json
from tests.support.benches import make_bench, write_lines

CATEGORIES = ("writing", "math")

Score = Callable[[int, int], float]
"""Question (from 0) and turn → score."""


def made_by(**params: float) -> Json:
    asked = {"temperature": 0.0, "max_tokens": 2048} | params
    return {
        "provider": "openai",
        "model": "openai/judge",
        "endpoint": None,
        "params": asked,
        "adapted": [],
        "version": "0",
    }


def graded(question: int, model: str, score: float, turn: int, **more: object) -> Json:
    """A line as `mtbench judge` writes it."""
    return {
        "question_id": question,
        "model": model,
        "judge": ["judge", "default/single"],
        "user_prompt": f"grade {question}",
        "judgment": f"The grade of {model} for {question}: [[{score}]]",
        "score": score,
        "turn": turn,
        "tstamp": 1.0,
        "prompt_hash": "abc",
        "request_hash": f"{model}-{question}-{turn}",
        "made_by": made_by(),
    } | more


def make_judged(
    folder: Path, scores: Mapping[str, Score], questions: int = 40, judge: str = "judge", **more: object
) -> Path:
    """A bench `tiny` of two-turn questions in two categories, with answers and a judge's grades of every model."""
    asked: list[Json] = [
        {"question_id": each, "category": CATEGORIES[each % 2], "turns": [f"Question {each}?", "And then?"]}
        for each in range(questions)
    ]
    bench = make_bench(folder, asked)
    lines: list[Json] = []
    for model, score in scores.items():
        write_lines(bench / "model_answer" / f"{model}.jsonl", [answered(each, model) for each in range(questions)])
        for each in range(questions):
            for turn in (1, 2):
                lines.append(graded(each, model, score(each, turn), turn, judge=[judge, "default/single"], **more))
    write_lines(bench / "model_judgment" / f"{judge}_single.jsonl", lines)
    return bench


def answered(question: int, model: str, temperature: float = 0.7, turns: Sequence[str] = ("one", "two")) -> Json:
    return {
        "question_id": question,
        "answer_id": f"{model}-{question}",
        "model_id": model,
        "choices": [{"index": 0, "turns": [f"{turn} of {model}" for turn in turns]}],
        "tstamp": 1.0,
        "made_by": made_by(temperature=temperature, max_tokens=1024) | {"model": f"openai/{model}"},
    }
