"""Which two answers a person can be asked about, and in which order: evenly over all that an answer may depend on."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from math import comb
from pathlib import Path

from mtbench import files
from mtbench.benches import Bench, load_answers
from mtbench.errors import MtbenchError
from mtbench.indexes import AnswerFile, Questions
from mtbench.records import Picked, Question, QuestionId, Where
from mtbench.votes import Unit


@dataclass(frozen=True, slots=True)
class Pair:
    """A unit as it is shown: the conversation up to its turn, with two answers to each turn.

    `shown` are the models behind A and B; `answers` and each of `references` have a text a turn.
    """

    unit: Unit
    question: Question
    shown: tuple[str, str]
    answers: tuple[tuple[str, ...], tuple[str, ...]]
    references: tuple[tuple[str, ...], ...]


class Pairs:
    """The pairs of answers to some questions by some models; of one turn, or of all (`turn` None).

    `judged`: the units that they are to be among, if not None. Raises MtbenchError where there is none.
    """

    def __init__(
        self,
        bench: Bench,
        questions: Questions,
        models: Sequence[str],
        turn: int | None,
        warn: Callable[[str], None] | None = None,
        judged: Collection[Unit] | None = None,
    ) -> None:
        self._file, self._rows, self._turn = questions.file, set(questions.rows), turn
        self._judged = judged
        self._answers = {model: AnswerFile(bench.answers(model), questions, warn) for model in models}
        self._category_of = questions.category_of()
        self._references = _references(bench)
        self.count = (
            sum(comb(len(self._models(row, each)), 2) for row in self._rows for each in self._turns(row))
            if judged is None
            else sum(unit in self for unit in judged)
        )
        """How many units there are."""
        if not self.count:
            raise MtbenchError(
                f"no pair to vote on: no question has usable answers of two of {', '.join(models)}"
                + (f" in turn {turn}" if turn else "")
            )

    def __contains__(self, unit: Unit) -> bool:
        row = self._file.rows.get(unit.question_id)
        return (
            row in self._rows
            and unit.turn in self._turns(row)
            and unit.models[0] != unit.models[1]
            and set(unit.models) <= self._models(row, unit.turn)
            and (self._judged is None or unit in self._judged)
        )

    def in_order(self, seed: int) -> Iterator[Unit]:
        """Every unit, once. However many are taken, questions, categories, turns, models and pairs come about as often.

        The order depends on the seed and on what there is, and not on votes: so people who vote on a part of it vote
        on the same part, and one who comes back goes on.
        """
        meetings = list(_round_robin(sorted(self._answers, key=lambda model: _draw(seed, model))))
        met, played = Counter[tuple[str, str]](), Counter[str]()
        met_in = Counter[tuple[str, tuple[str, str]]]()
        taken = defaultdict[tuple[int, int], set[tuple[str, str]]](set)
        places = list(self._places(seed))
        while places:
            left = []
            for row, turn in places:
                there = self._models(row, turn)
                free = [
                    each
                    for each in meetings
                    if there.issuperset(each)
                    and each not in taken[row, turn]
                    and (self._judged is None or Unit(self._file.ids[row], each, turn) in self._judged)
                ]
                if not free:
                    continue
                category = self._category_of[self._file.ids[row]]
                models = min(
                    free,
                    key=lambda each: (met[each], played[each[0]] + played[each[1]], met_in[category, each]),
                )
                met[models] += 1
                met_in[category, models] += 1
                played.update(models)
                taken[row, turn].add(models)
                left.append((row, turn))
                yield Unit(self._file.ids[row], models, turn)
            places = left

    def pair(self, unit: Unit, seed: int, voter: str) -> Pair:
        """A unit with its texts. Whose answer is A is drawn, for each voter anew, and the same whenever it is shown."""
        row = self._file.rows[unit.question_id]
        question = self._file.read(row)
        shown = unit.models if _draw(seed, voter, *map(str, unit)) % 2 else (unit.models[1], unit.models[0])
        first, second = (self._answers[model].judged_turns(row).texts[: unit.turn] for model in shown)
        references = [*self._references.get(unit.question_id, ()), question.reference]
        seen = [each[: unit.turn] for each in references if any(map(str.strip, each[: unit.turn]))]
        return Pair(unit, question, shown, (first, second), tuple(dict.fromkeys(seen)))

    def _turns(self, row: int) -> list[int]:
        return [each for each in range(1, self._file.turns[row] + 1) if self._turn in (None, each)]

    def _models(self, row: int, turn: int) -> set[str]:
        return {model for model, answers in self._answers.items() if answers.usable_turns(row) >= turn}

    def _places(self, seed: int) -> Iterator[tuple[int, int]]:
        """Row and turn of all that is asked: first each question with one of its turns, then with another.

        Categories take turns, and so do, within a category, the turns of its questions.
        """
        of_category = defaultdict[str, list[int]](list)
        for row in sorted(self._rows, key=lambda each: _draw(seed, str(self._file.ids[each]))):
            of_category[self._category_of[self._file.ids[row]]].append(row)
        names = sorted(of_category, key=lambda each: _draw(seed, each))
        columns = [
            [(row, place + column) for place, row in enumerate(of_category[name])] for column, name in enumerate(names)
        ]
        rows = [each for line in zip_longest(*columns) for each in line if each is not None]
        for again in range(max(self._file.turns[row] for row, _ in rows)):
            for row, offset in rows:
                turns = self._turns(row)
                if again < len(turns):
                    yield row, turns[(offset + again) % len(turns)]


def read_picked(path: Path, warn: Callable[[str], None] | None = None) -> dict[Unit, str]:
    """The units of a file, as `mtbench calibrate --next` writes it, in its order, each with why it was picked.

    Raises MtbenchError where there is no file, BadRecord for a line that names no unit.
    """
    if not path.is_file():
        raise MtbenchError(f"--first {path}: there is no such file")
    found = (Picked.from_json(obj, Where(path, line)) for line, obj in files.read(path, warn))
    return {Unit(each.question_id, each.models, each.turn): each.picked for each in found}


def _references(bench: Bench) -> dict[QuestionId, list[tuple[str, ...]]]:
    """All reference answers beside a bench, whoever wrote them."""
    found = defaultdict[QuestionId, list[tuple[str, ...]]](list)
    for folder in dict.fromkeys((bench.source / "reference_answer", bench.folder / "reference_answer")):
        for path in files.model_files(folder).values():
            for question_id, answer in load_answers(path).items():
                found[question_id].append(answer.choices[0].turns)
    return found


def _round_robin(models: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Every two models, each in the order of names; as in a tournament, where all play before one plays again."""
    seats: list[str | None] = [*models, *([None] if len(models) % 2 else [])]
    for _ in range(len(seats) - 1):
        for one, other in zip(seats[: len(seats) // 2], reversed(seats), strict=False):
            if one is not None and other is not None:
                yield min(one, other), max(one, other)
        seats = [seats[0], seats[-1], *seats[1:-1]]


def _draw(seed: int, *names: str) -> int:
    """A number drawn for these names, the same on every machine."""
    return int.from_bytes(hashlib.sha256("\x1f".join([str(seed), *names]).encode(errors="replace")).digest()[:8])
