"""Small benches for tests, in a folder of the test's own."""

from collections.abc import Sequence
from pathlib import Path

import orjson

from mtbench.records import Json

QUESTIONS: list[Json] = [
    {"question_id": 1, "category": "writing", "turns": ["Name a colour.", "Now name another."]},
    {
        "question_id": 2,
        "category": "math",
        "turns": ["What is 6 times 7?", "And half of that?"],
        "reference": ["42", "21"],
    },
    {"question_id": 3, "category": "stem", "turns": ["Why is the sky blue?", "And at sunset?"]},
]


def write_lines(path: Path, objects: Sequence[Json]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(orjson.dumps(obj) + b"\n" for obj in objects))
    return path


def read_lines(path: Path) -> list[Json]:
    return [orjson.loads(line) for line in path.read_bytes().splitlines()]


def make_bench(folder: Path, questions: Sequence[Json] = QUESTIONS, name: str = "tiny") -> Path:
    """Writes data/NAME/question.jsonl under `folder`; gives the bench's folder."""
    write_lines(folder / "data" / name / "question.jsonl", questions)
    return folder / "data" / name
