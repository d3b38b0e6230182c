"""Judgments → the data that the page's script reads, as much of it as there is room for."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import zip_longest

from mtbench.records import prompt_set
from mtbench.reports.page.contents import Shown, texts
from mtbench.reports.page.escaping import to_json, visible


@dataclass(frozen=True, slots=True)
class Data:
    """JSON of `kept` judgments: texts, each once, and judgments as lists of places in them, as FIELDS has them."""

    json: str
    kept: int


FIELDS = (
    "models",
    "question_id",
    "category",
    "turn",
    "judge",
    "prompt",
    "prompts",
    "question",
    "answers",
    "verdict",
    "words",
    "reference",
)
"""What the numbers of a judgment stand for; `prompts` is the set of `prompt`, and -1 is what there is not."""


def pack(judgments: Sequence[Shown], most_bytes: int) -> Data:
    """`judgments` in no more than `most_bytes` of UTF-8.

    Where not all fit, every model keeps about as many, and of the same questions, taken from all over the bench.
    """
    packed = _Packed(most_bytes)
    for number in _fairly(judgments):
        packed.add(number, judgments[number])
    return packed.data()


def _fairly(judgments: Sequence[Shown]) -> list[int]:
    """The places of `judgments`, one of each model in turn; the questions come in an order that is nobody's choice."""
    by_model: defaultdict[str, list[int]] = defaultdict(list)
    order = {each.question_id: sha256(str(each.question_id).encode(errors="replace")).digest() for each in judgments}
    for number in sorted(range(len(judgments)), key=lambda number: order[judgments[number].question_id]):
        for model in judgments[number].models:
            by_model[model].append(number)
    rounds = zip_longest(*(by_model[model] for model in sorted(by_model)))
    return list(dict.fromkeys(number for each in rounds for number in each if number is not None))


class _Packed:
    """Judgments packed so far, and the room that is left."""

    def __init__(self, most_bytes: int) -> None:
        self._places: dict[str, int] = {}
        self._texts: list[str] = []
        self._records: dict[int, str] = {}
        self._room = most_bytes - len(self.data().json)

    def add(self, number: int, shown: Shown) -> None:
        """Packs a judgment if there is room for it."""
        # No text is shorter than its characters: what is too large need not be escaped to know it.
        if sum(len(text) for text in texts(shown.words) if text not in self._places) > self._room:
            return
        new: dict[str, int] = {}
        record = [_placed(value, self._places, new) for value in _record(shown)]
        if sum(map(len, new)) > self._room:
            return
        written, added = to_json(record), [to_json(visible(text)) for text in new]
        size = sum(len(each.encode()) + len(",") for each in (written, *added))
        if size <= self._room:
            self._room -= size
            self._places |= new
            self._texts += added
            self._records[number] = written

    def data(self) -> Data:
        records = ",".join(self._records[number] for number in sorted(self._records))
        fields = to_json(FIELDS)
        json = f'{{"fields":{fields},"texts":[{",".join(self._texts)}],"judgments":[{records}]}}'
        return Data(json, len(self._records))


_Parts = str | int | None | list["_Parts"]


def _record(shown: Shown) -> list["_Parts"]:
    """A judgment in the order of FIELDS; numbers stand for themselves."""
    question_id = shown.question_id
    return [
        list(shown.models),
        question_id if isinstance(question_id, int) else [question_id],
        shown.category,
        shown.turn,
        shown.judge,
        shown.prompt,
        prompt_set(shown.prompt),
        list(texts(shown.question)),
        [list(texts(shown.answers.get(model, ()))) for model in shown.models],
        shown.verdict,
        list(texts(shown.words)),
        shown.reference,
    ]


def _placed(value: "_Parts", places: dict[str, int], new: dict[str, int]) -> "_Numbers":
    if isinstance(value, list):
        return [_placed(each, places, new) for each in value]
    if isinstance(value, str):
        return places[value] if value in places else new.setdefault(value, len(places) + len(new))
    return -1 if value is None else value


_Numbers = int | list["_Numbers"]
