import json
from pathlib import Path
from typing import Any

QUESTION_FILE = Path(__file__).resolve().parents[2] / "questions" / "mt80" / "question.jsonl"


def question(question_id: int) -> dict[str, Any]:
    for line in QUESTION_FILE.read_text(encoding="utf-8").splitlines():
        record: dict[str, Any] = json.loads(line)
        if record["question_id"] == question_id:
            return record
    raise KeyError(question_id)
