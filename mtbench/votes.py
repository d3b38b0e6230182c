"""Votes of people in FastChat's form, from JSON, JSONL, CSV and Parquet files."""

import csv
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import orjson

from mtbench import files
from mtbench.errors import MtbenchError
from mtbench.records import Json, Vote, Where


def load_votes(paths: Sequence[Path], warn: Callable[[str], None] | None = None) -> list[Vote]:
    """The votes of some files, in their order. Raises MtbenchError for a file, BadRecord for a line that is no vote."""
    return [Vote.from_json(obj, Where(path, line)) for path in paths for line, obj in _objects(path, warn)]


def _objects(path: Path, warn: Callable[[str], None] | None) -> Iterator[tuple[int, Json]]:
    """Number (from 1; the line, where the format has lines) and object of each vote."""
    if not path.is_file():
        raise MtbenchError(f"--votes {path}: there is no such file")
    match path.suffix:
        case ".jsonl":
            return files.read(path, warn)
        case ".json":
            return _of_json(path)
        case ".csv":
            return _of_csv(path)
        case ".parquet":
            return _of_parquet(path)
    raise MtbenchError(f"--votes {path}: what format is that? The ending says it: .jsonl, .json, .csv or .parquet")


def _of_json(path: Path) -> Iterator[tuple[int, Json]]:
    try:
        found = orjson.loads(path.read_bytes())
    except (OSError, orjson.JSONDecodeError) as error:
        raise MtbenchError(f"cannot read {path}: {error}") from error
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise MtbenchError(f"{path}: must be a list of objects, a vote each")
    yield from enumerate(found, 1)


def _of_csv(path: Path) -> Iterator[tuple[int, Json]]:
    """Numbers are texts there: question ids of digits are numbers, as in question files."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            for row in rows:
                obj: Json = {name: value for name, value in row.items() if name is not None and value not in (None, "")}
                for name in ("question_id", "turn"):
                    if str(obj.get(name, "")).isdecimal():
                        obj[name] = int(obj[name])
                obj.pop("tstamp", None)
                yield rows.line_num, obj
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise MtbenchError(f"cannot read {path}: {error}") from error


def _of_parquet(path: Path) -> Iterator[tuple[int, Json]]:
    import duckdb

    wanted = ("question_id", "model_a", "model_b", "winner", "judge", "turn")
    try:
        found = duckdb.from_parquet(str(path))
        names = [name for name in wanted if name in found.columns]
        rows = found.project(", ".join(f'"{name}"' for name in names)).fetchall() if names else []
    except duckdb.Error as error:
        raise MtbenchError(f"cannot read {path}: {error}") from error
    for number, row in enumerate(rows, 1):
        yield number, dict(zip(names, row, strict=True))
