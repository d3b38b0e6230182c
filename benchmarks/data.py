"""Made-up questions and answers of the length that real ones have, written as FastChat's files."""

import random
from collections.abc import Iterator
from pathlib import Path

import orjson

BENCH = "made_up"
CATEGORIES = ("writing", "roleplay", "extraction", "math", "coding", "reasoning", "stem", "humanities")
ANSWER = 1000
"""Characters of an answer's turn: with the judge's instructions a prompt has about 3,000 for two turns."""

_QUESTION = 250
_WORDS = (
    "the of a to in is that for it with as on be by at this from or an which one all there when can more if out so up "
    "about value number because between function result answer state first second because example however therefore "
    "energy market history describe letter sum reason method water light people city list order point case question"
)
_ENDINGS = (".", ".", "?", ".\n\n", ':\n- "so", ')


class Text:
    """Pieces of prose, each different: cut at random places from a long text that is the same each time."""

    def __init__(self, seed: int = 7) -> None:
        self._random = random.Random(seed)
        words = _WORDS.split()
        self._long = " ".join(self._sentence(words) for _ in range(20_000))

    def piece(self, characters: int) -> str:
        start = self._random.randrange(len(self._long) - characters)
        return self._long[start : start + characters]

    def _sentence(self, words: list[str]) -> str:
        sentence = " ".join(self._random.choices(words, k=self._random.randint(5, 20)))
        return sentence.capitalize() + self._random.choice(_ENDINGS)


def model_names(count: int) -> list[str]:
    return [f"model-{number:02}" for number in range(count)]


def make_bench(folder: Path, *, questions: int, models: int = 0, turns: int = 2, answer: int = ANSWER) -> None:
    """Writes `folder`/data/made_up: the questions, and the answers of `models` models, `answer` characters a turn."""
    bench, text = folder / "data" / BENCH, Text()
    _write(bench / "question.jsonl", (_question(number, turns, text) for number in range(1, questions + 1)))
    for name in model_names(models):
        lines = (_answer(number, name, turns, text, answer) for number in range(1, questions + 1))
        _write(bench / "model_answer" / f"{name}.jsonl", lines)


def _question(number: int, turns: int, text: Text) -> dict[str, object]:
    category = CATEGORIES[number % len(CATEGORIES)]
    question: dict[str, object] = {
        "question_id": number,
        "category": category,
        "turns": [text.piece(_QUESTION) for _ in range(turns)],
    }
    if category in ("math", "coding", "reasoning"):
        question["reference"] = [text.piece(_QUESTION) for _ in range(turns)]
    return question


def _answer(number: int, model: str, turns: int, text: Text, characters: int) -> dict[str, object]:
    return {
        "question_id": number,
        "answer_id": f"{model}-{number}",
        "model_id": model,
        "choices": [{"index": 0, "turns": [text.piece(characters) for _ in range(turns)]}],
        "tstamp": 1.0,
    }


def _write(path: Path, lines: Iterator[dict[str, object]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as stream:
        stream.writelines(orjson.dumps(line) + b"\n" for line in lines)
