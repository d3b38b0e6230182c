"""Votes and grades of people in FastChat's forms, from JSON, JSONL, CSV and Parquet files."""

import csv
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import orjson

from mtbench import files
from mtbench.errors import MtbenchError
from mtbench.records import HumanGrade, Json, QuestionId, Vote, Where


class Unit(NamedTuple):
    """What is voted on: a turn (from 1) of one question, and two models in the order of their names."""

    question_id: QuestionId
    models: tuple[str, str]
    turn: int


def unit_of(vote: Vote) -> Unit:
    """What somebody voted on."""
    one, other = vote.model_a, vote.model_b
    return Unit(vote.question_id, (min(one, other), max(one, other)), vote.turn)


def load_votes(paths: Sequence[Path], warn: Callable[[str], None] | None = None) -> list[Vote]:
    """The votes of some files, in their order. Raises MtbenchError for a file, BadRecord for a line that is no vote."""
    return [_vote(obj, Where(path, line)) for path in paths for line, obj in _objects("--votes", path, _VOTE, warn)]


def load_grades(paths: Sequence[Path], warn: Callable[[str], None] | None = None) -> list[HumanGrade]:
    """The same for people's grades."""
    return [_grade(obj, Where(path, line)) for path in paths for line, obj in _objects("--grades", path, _GRADE, warn)]


def _vote(obj: Json, where: Where) -> Vote:
    if "winner" not in obj and "score" in obj:
        raise where.bad("this is a grade: --grades takes files of them")
    return Vote.from_json(obj, where)


def _grade(obj: Json, where: Where) -> HumanGrade:
    if "score" not in obj and "winner" in obj:
        raise where.bad("this is a vote: --votes takes files of them")
    return HumanGrade.from_json(obj, where)


_VOTE = ("question_id", "model_a", "model_b", "winner", "judge", "turn", "picked", "score")
_GRADE = ("question_id", "model", "turn", "judge", "score", "winner")
"""Fields that are read where a format has columns."""


def _objects(
    option: str, path: Path, wanted: Sequence[str], warn: Callable[[str], None] | None
) -> Iterator[tuple[int, Json]]:
    """Number (from 1; the line, where the format has lines) and object of each vote or grade."""
    if not path.is_file():
        raise MtbenchError(f"{option} {path}: there is no such file")
    match path.suffix:
        case ".jsonl":
            return files.read(path, warn)
        case ".json":
            return _of_json(path)
        case ".csv":
            return _of_csv(path, wanted)
        case ".parquet":
            return _of_parquet(path, wanted)
    raise MtbenchError(f"{option} {path}: what format is that? The ending says it: .jsonl, .json, .csv or .parquet")


def _of_json(path: Path) -> Iterator[tuple[int, Json]]:
    try:
        found = orjson.loads(path.read_bytes())
    except (OSError, orjson.JSONDecodeError) as error:
        raise MtbenchError(f"cannot read {path}: {error}") from error
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise MtbenchError(f"{path}: must be a list of objects, one for each vote or grade")
    yield from enumerate(found, 1)


def _of_csv(path: Path, wanted: Sequence[str]) -> Iterator[tuple[int, Json]]:
    """All is text there: question ids of digits are numbers, as in question files."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            for row in rows:
                obj: Json = {name: row[name] for name in wanted if row.get(name)}
                for name in ("question_id", "turn"):
                    if str(obj.get(name, "")).isdecimal():
                        obj[name] = int(obj[name])
                with suppress(ValueError):
                    obj["score"] = float(obj.get("score", ""))
                yield rows.line_num, obj
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise MtbenchError(f"cannot read {path}: {error}") from error


def _of_parquet(path: Path, wanted: Sequence[str]) -> Iterator[tuple[int, Json]]:
    import duckdb

    try:
        found = duckdb.from_parquet(str(path))
        names = [name for name in wanted if name in found.columns]
        rows = found.project(", ".join(f'"{name}"' for name in names)).fetchall() if names else []
    except duckdb.Error as error:
        raise MtbenchError(f"cannot read {path}: {error}") from error
    for number, row in enumerate(rows, 1):
        yield number, dict(zip(names, row, strict=True))
