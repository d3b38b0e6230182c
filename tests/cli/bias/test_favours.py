"""`mtbench bias self` and `verbosity`: a bias that was put in is found, and none where there is none."""

from pathlib import Path

import numpy as np
import orjson
import pytest

from mtbench.records import Json
from tests.reports.lines import grade, ours, pair
from tests.support.benches import make_bench, write_lines
from tests.support.cli import mtbench
from tests.support.judged import answered

QUESTIONS = 200


def bench(folder: Path, models: tuple[str, str], lengths: dict[str, int] | None = None) -> Path:
    asked: list[Json] = [{"question_id": each, "category": "x", "turns": ["?"]} for each in range(QUESTIONS)]
    made = make_bench(folder, asked)
    (made / "model_judgment").mkdir()
    for model in models:
        text = "w" * (lengths or {}).get(model, 100)
        write_lines(
            made / "model_answer" / f"{model}.jsonl", [answered(q, model, turns=(text,)) for q in range(QUESTIONS)]
        )
    return made


def cast(folder: Path, made: Path, models: tuple[str, str], judge: str, by_judge: float, by_people: float) -> None:
    """A judge and three people, who find the first model better that often."""
    rng = np.random.default_rng(11)
    lines = [pair(each, " ".join(models), "11" if rng.random() < by_judge else "22") for each in range(QUESTIONS)]
    write_lines(made / "model_judgment" / f"{judge}_pair.jsonl", [ours(line, judge=judge) for line in lines])
    votes = [
        {
            "question_id": each,
            "model_a": models[0],
            "model_b": models[1],
            "winner": "model_a" if rng.random() < by_people else "model_b",
            "judge": f"expert_{who}",
            "turn": 1,
        }
        for each in range(QUESTIONS)
        for who in range(3)
    ]
    write_lines(folder / "votes.jsonl", votes)


def row_of(folder: Path, *words: str) -> Json:
    done = mtbench(folder, "bias", *words, "--bench", "tiny", "--format", "json")
    assert done.returncode == 0, done.stderr
    rows: list[Json] = orjson.loads(done.stdout)["tables"][0]["rows"]
    return rows[0]


@pytest.mark.parametrize("bias", [0.0, 0.2])
def test_a_judge_that_favours_its_own_model_is_found_out(tmp_path: Path, bias: float) -> None:
    models = ("gpt-4", "other")
    made = bench(tmp_path, models)
    cast(tmp_path, made, models, "gpt-4", by_judge=0.5 + bias, by_people=0.5)
    row = row_of(tmp_path, "self", "--votes", "votes.jsonl")
    assert row["of"] == "gpt-4 pair"
    assert row["difference_low"] < bias < row["difference_high"]
    assert (row["difference_low"] > 0) == (bias > 0)
    assert (row["games"], row["compared"], row["by"]) == (QUESTIONS, QUESTIONS, "people")


def test_a_judge_s_family_is_named(tmp_path: Path) -> None:
    models = ("gpt-3.5", "other")
    made = bench(tmp_path, models)
    cast(tmp_path, made, models, "gpt-4", by_judge=0.8, by_people=0.5)
    done = mtbench(tmp_path, "bias", "self", "--bench", "tiny")
    assert done.returncode == 2
    assert "no judge has judged its own model beside others here" in done.stderr
    row = row_of(tmp_path, "self", "--own", "gpt-4:gpt-3.5", "--votes", "votes.jsonl")
    assert row["own"] == pytest.approx(0.8, abs=0.1)


def test_without_people_other_judges_are_the_measure(tmp_path: Path) -> None:
    models = ("gpt-4", "other")
    made = bench(tmp_path, models)
    cast(tmp_path, made, models, "gpt-4", by_judge=0.8, by_people=0.5)
    lines = [
        ours(grade(each, model, score), judge="claude")
        for each in range(QUESTIONS)
        for model, score in (("gpt-4", 5 + each % 2), ("other", 6 - each % 2))
    ]
    write_lines(made / "model_judgment" / "claude_single.jsonl", lines)
    row = row_of(tmp_path, "self")
    assert row["others"] == pytest.approx(0.5)
    assert row["difference_low"] > 0.15
    assert row["by"] == "others"


@pytest.mark.parametrize("bias", [0.0, 0.2])
def test_a_judge_that_likes_length_is_found_out(tmp_path: Path, bias: float) -> None:
    models = ("long", "short")
    made = bench(tmp_path, models, {"long": 400, "short": 100})
    cast(tmp_path, made, models, "gpt-4", by_judge=0.6 + bias, by_people=0.6)
    row = row_of(tmp_path, "verbosity", "--votes", "votes.jsonl")
    assert row["own"] == pytest.approx(0.6 + bias, abs=0.1)
    assert row["difference_low"] < bias < row["difference_high"]


def test_answers_of_about_one_length_say_nothing(tmp_path: Path) -> None:
    models = ("long", "short")
    made = bench(tmp_path, models, {"long": 100, "short": 100})
    cast(tmp_path, made, models, "gpt-4", by_judge=0.6, by_people=0.6)
    done = mtbench(tmp_path, "bias", "verbosity", "--bench", "tiny", "--votes", "votes.jsonl")
    assert done.returncode == 2
    assert "no comparisons of answers of unlike length" in done.stderr


def test_an_own_model_that_is_not_named_with_its_judge_is_refused(tmp_path: Path) -> None:
    bench(tmp_path, ("a", "b"))
    done = mtbench(tmp_path, "bias", "self", "--bench", "tiny", "--own", "gpt-4")
    assert done.returncode == 2
    assert "give the judge and the model" in done.stderr


def test_a_chosen_judge_is_still_held_against_the_others(tmp_path: Path) -> None:
    models = ("gpt-4", "other")
    made = bench(tmp_path, models)
    cast(tmp_path, made, models, "gpt-4", by_judge=0.8, by_people=0.5)
    cast(tmp_path, made, models, "claude", by_judge=0.5, by_people=0.5)
    row = row_of(tmp_path, "self", "--judge", "gpt-4")
    assert (row["of"], row["compared"], row["by"]) == ("gpt-4 pair", QUESTIONS, "others")
    done = mtbench(tmp_path, "bias", "self", "--bench", "tiny", "--judge", "zeus")
    assert "--judge zeus: not in" in done.stderr
