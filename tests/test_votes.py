"""Votes, whatever file they come in."""

import csv
from collections.abc import Sequence
from pathlib import Path

import duckdb
import orjson
import pytest

from mtbench.errors import BadRecord, MtbenchError
from mtbench.records import HumanGrade, Json, Vote
from mtbench.votes import load_grades, load_votes
from tests.support.benches import write_lines

VOTES: list[Json] = [
    {"question_id": 81, "model_a": "ant", "model_b": "bee", "winner": "model_a", "judge": "expert_3", "turn": 1},
    {"question_id": 82, "model_a": "bee", "model_b": "ant", "winner": "tie (bothbad)", "judge": "author_1", "turn": 2},
]
READ = [
    Vote(81, "ant", "bee", "model_a", "expert_3", 1),
    Vote(82, "bee", "ant", "tie", "author_1", 2),
]


GRADES: list[Json] = [
    {"question_id": 81, "model": "ant", "turn": 2, "judge": "ada", "score": 7},
    {"question_id": 82, "model": "bee", "turn": 1, "judge": "bob", "score": 6.5},
]
GRADES_READ = [HumanGrade(81, "ant", 2, "ada", 7), HumanGrade(82, "bee", 1, "bob", 6.5)]


def write(folder: Path, ending: str, lines: Sequence[Json] = VOTES) -> Path:
    path = folder / f"votes{ending}"
    match ending:
        case ".jsonl":
            write_lines(path, lines)
        case ".json":
            path.write_bytes(orjson.dumps(lines))
        case ".csv":
            with path.open("w", newline="") as file:
                rows = csv.DictWriter(file, list(lines[0]))
                rows.writeheader()
                rows.writerows(lines)
        case ".parquet":
            source = write_lines(folder / "source.jsonl", lines)
            duckdb.read_json(str(source)).write_parquet(str(path))
    return path


@pytest.mark.parametrize("ending", [".jsonl", ".json", ".csv", ".parquet"])
def test_every_format_gives_the_same_votes(tmp_path: Path, ending: str) -> None:
    assert load_votes([write(tmp_path, ending)]) == READ


@pytest.mark.parametrize("ending", [".jsonl", ".json", ".csv", ".parquet"])
def test_every_format_gives_the_same_grades(tmp_path: Path, ending: str) -> None:
    assert load_grades([write(tmp_path, ending, GRADES)]) == GRADES_READ


@pytest.mark.parametrize("ending", [".jsonl", ".json", ".csv", ".parquet"])
def test_every_format_says_what_was_picked(tmp_path: Path, ending: str) -> None:
    lines = [vote | {"picked": why} for vote, why in zip(VOTES, ("judges disagree", ""), strict=True)]
    assert [vote.picked for vote in load_votes([write(tmp_path, ending, lines)])] == ["judges disagree", ""]


@pytest.mark.parametrize("ending", [".jsonl", ".csv", ".parquet"])
def test_votes_and_grades_are_not_taken_for_each_other(tmp_path: Path, ending: str) -> None:
    with pytest.raises(BadRecord, match="this is a grade: --grades takes files of them"):
        load_votes([write(tmp_path, ending, GRADES)])
    with pytest.raises(BadRecord, match="this is a vote: --votes takes files of them"):
        load_grades([write(tmp_path, ending)])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"score": "good"}, "line 1: field 'score': must be a number"),
        ({"judge": ["gpt-4", "single-v1"], "score": -1}, "the mark of a judgment without a verdict"),
        ({"judge": None}, "field 'judge': is missing"),
        ({"model": None}, "field 'model': is missing"),
    ],
)
def test_what_is_no_grade_is_refused_with_its_line(tmp_path: Path, change: Json, said: str) -> None:
    path = write_lines(tmp_path / "grades.jsonl", [GRADES[0] | change])
    with pytest.raises(BadRecord, match=said):
        load_grades([path])


def test_several_files_follow_each_other(tmp_path: Path) -> None:
    assert load_votes([write(tmp_path, ".csv"), write(tmp_path, ".json")]) == READ * 2


def test_a_judge_model_is_named_by_its_first_name(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "votes.jsonl", [VOTES[0] | {"judge": ["gpt-4", "pair-v2"]}])
    assert load_votes([path])[0].judge == "gpt-4"


def test_a_vote_is_written_as_it_was_read(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "votes.jsonl", [vote.to_json() for vote in READ])
    assert load_votes([path]) == READ


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"winner": "ant"}, "line 1: field 'winner': must be model_a, model_b or tie, not 'ant'"),
        ({"model_b": "ant"}, "line 1: field 'model_b': a vote between a model and itself"),
        ({"judge": 3}, "line 1: field 'judge'"),
        ({"question_id": None}, "line 1: field 'question_id'"),
    ],
)
def test_what_is_no_vote_is_refused_with_its_line(tmp_path: Path, change: Json, said: str) -> None:
    path = write_lines(tmp_path / "votes.jsonl", [VOTES[0] | change])
    with pytest.raises(BadRecord, match=said):
        load_votes([path])


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("votes.txt", b"", "what format is that"),
        ("votes.json", b"{}", "must be a list of objects"),
        ("votes.json", b"[", "cannot read"),
        ("votes.parquet", b"PAR", "cannot read"),
        ("votes.csv", b"\xff\xfe", "cannot read"),
    ],
)
def test_what_is_no_file_of_votes_is_said(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(MtbenchError, match=said):
        load_votes([tmp_path / name])


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(MtbenchError, match=r"--votes .*: there is no such file"):
        load_votes([tmp_path / "none.jsonl"])
    with pytest.raises(MtbenchError, match=r"--grades .*: there is no such file"):
        load_grades([tmp_path / "none.jsonl"])
