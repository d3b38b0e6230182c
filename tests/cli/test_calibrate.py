"""`mtbench calibrate`: a judge with a known bias is put right by a few votes."""

from pathlib import Path

import numpy as np
import orjson
import pytest

from mtbench.records import Json
from tests.reports.lines import ours, pair
from tests.support.benches import make_bench, write_lines
from tests.support.cli import mtbench

QUESTIONS = 400
TRUE, BY_JUDGE = 0.6, 0.75
"""How often people, and how often the judge, find the first model better."""


def judged(folder: Path, labels: int) -> None:
    asked: list[Json] = [{"question_id": each, "category": "x", "turns": ["?"]} for each in range(QUESTIONS)]
    bench = make_bench(folder, asked)
    rng = np.random.default_rng(2)
    people = rng.random(QUESTIONS) < TRUE
    # where people find the second better, the judge errs as often as makes its own share what it is
    errs = (BY_JUDGE - TRUE) / (1 - TRUE)
    judge = people | (rng.random(QUESTIONS) < errs)
    lines = [ours(pair(each, "a b", "11" if judge[each] else "22"), judge="judge") for each in range(QUESTIONS)]
    write_lines(bench / "model_judgment" / "judge_pair.jsonl", lines)
    drawn = rng.choice(QUESTIONS, labels, replace=False).tolist()
    votes = [
        {
            "question_id": each,
            "model_a": "a",
            "model_b": "b",
            "winner": "model_a" if people[each] else "model_b",
            "judge": "me",
            "turn": 1,
        }
        for each in drawn
    ]
    write_lines(folder / "votes.jsonl", votes)


def test_the_corrected_share_holds_the_truth_and_is_surer_than_people_alone(tmp_path: Path) -> None:
    judged(tmp_path, labels=80)
    done = mtbench(tmp_path, "calibrate", "--bench", "tiny", "--votes", "votes.jsonl", "--format", "json")
    assert done.returncode == 0, done.stderr
    (row,) = orjson.loads(done.stdout)["tables"][0]["rows"]
    assert (row["of"], row["by"], row["labels"], row["units"]) == ("a - b", "judge pair", 80, QUESTIONS)
    assert row["corrected_low"] < TRUE < row["corrected_high"]
    assert row["judge_alone_low"] > TRUE
    widths = [row[f"{key}_high"] - row[f"{key}_low"] for key in ("corrected", "people_alone")]
    assert widths[0] < widths[1]
    assert row["worth"] > 80
    assert row["to_halve"] is None or row["to_halve"] > 0


def test_too_few_votes_say_nothing(tmp_path: Path) -> None:
    judged(tmp_path, labels=5)
    done = mtbench(tmp_path, "calibrate", "--bench", "tiny", "--votes", "votes.jsonl")
    assert done.returncode == 2
    assert "no two models have 10 votes of people" in done.stderr


@pytest.mark.parametrize(
    ("options", "said"),
    [(["--judge", "zeus"], "--judge zeus: not in"), (["--format", "csv"], "is not one of")],
)
def test_mistakes_are_said_in_a_sentence(tmp_path: Path, options: list[str], said: str) -> None:
    judged(tmp_path, labels=20)
    done = mtbench(tmp_path, "calibrate", "--bench", "tiny", "--votes", "votes.jsonl", *options)
    assert done.returncode == 2
    assert said in done.stderr
