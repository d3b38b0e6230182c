"""Questions and answers by where they stand in their files: a bench of any size takes little memory.

What is asked of all of them (ids, counts of turns, what is stale) is held in arrays; a record is read when it is used.
A row is a question's rank in the order of ids, among all questions of its file.
"""

import hashlib
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple, overload

from mtbench.briefs import AnswerBrief, answer_briefs, brief_of_answer
from mtbench.errors import BadRecord
from mtbench.files import Lines
from mtbench.records import Answer, Question, QuestionId, Where
from mtbench.wire import UNFIT, TurnsLine, turns_line


def question_hash(question: Question) -> str:
    """Names a question by its turns: 16 hex digits. An answer to other turns is stale."""
    return hashlib.sha256("\x1f".join(question.turns).encode()).hexdigest()[:16]


def id_order(question_id: QuestionId) -> tuple[bool, int, str]:
    """Sort key: numbers by value, then texts."""
    return (False, question_id, "") if isinstance(question_id, int) else (True, 0, question_id)


class QuestionFile:
    """What is held of every question of a file, by row; `add` takes them in any order, before `sort`."""

    def __init__(self, path: Path) -> None:
        self.lines = Lines(path)
        self.ids: list[QuestionId] = []
        self.rows: dict[QuestionId, int] = {}
        self.turns = array("L")
        self.places = array("q")
        self._hashes = array("Q")
        self._categories = array("L")
        self._category_names: dict[str, int] = {}
        self._last: tuple[int, Question] | None = None

    def add(self, question: Question, place: int) -> None:
        self.ids.append(question.question_id)
        self.turns.append(len(question.turns))
        self.places.append(place)
        self._hashes.append(int(question_hash(question), 16))
        self._categories.append(self._category_names.setdefault(question.category, len(self._category_names)))

    def sort(self) -> None:
        """Gives every question its row, when all are there."""
        order = sorted(range(len(self.ids)), key=lambda number: id_order(self.ids[number]))
        self.ids = [self.ids[number] for number in order]
        self.rows = {question_id: row for row, question_id in enumerate(self.ids)}
        for column in (self.turns, self.places, self._hashes, self._categories):
            column[:] = array(column.typecode, (column[number] for number in order))

    def read(self, row: int) -> Question:
        """Raises MtbenchError when the file holds another question there by now."""
        if self._last and self._last[0] == row:
            return self._last[1]
        question = Question.from_json(self.lines.at(self.places[row]), Where(self.lines.path))
        if question.question_id != self.ids[row]:
            raise self.lines.changed()
        self._last = row, question
        return question

    def hash(self, row: int) -> str:
        """What `question_hash` says of the question."""
        return f"{self._hashes[row]:016x}"

    def categories(self, rows: Iterable[int]) -> Iterator[str]:
        names = list(self._category_names)
        return (names[self._categories[row]] for row in rows)


class Questions(Sequence[Question]):
    """Questions of one file, all or some, in the order of their ids; each is read from the file when it is used."""

    def __init__(self, file: QuestionFile, rows: Sequence[int]) -> None:
        self.file, self.rows = file, rows

    def __len__(self) -> int:
        return len(self.rows)

    @overload
    def __getitem__(self, number: int) -> Question: ...

    @overload
    def __getitem__(self, number: slice) -> "Questions": ...

    def __getitem__(self, number: int | slice) -> "Question | Questions":
        if isinstance(number, slice):
            return Questions(self.file, self.rows[number])
        return self.file.read(self.rows[number])

    def __iter__(self) -> Iterator[Question]:
        return map(self.file.read, self.rows)

    def category_of(self) -> dict[QuestionId, str]:
        """The category of every question."""
        return dict(zip((self.file.ids[row] for row in self.rows), self.file.categories(self.rows), strict=True))


FINE, STALE, FAILED, PART = 1, 2, 3, 4
"""What an answer is: usable, to an older text of its question, FastChat's mark of a failed request, without a turn."""


class Turns(NamedTuple):
    """The turns of an answer: texts, and which of them the token limit cut off, as far as that is known."""

    texts: tuple[str, ...]
    cut: tuple[bool, ...]


class AnswerFile:
    """The answers that one file holds to the questions of a bench; the last line for a question counts.

    By row: `states` (0 where there is no answer) and `turns`, those of the first choice. `makers`: full names of models
    that lines say they are by. Raises BadRecord for a line that is no answer.
    """

    def __init__(self, path: Path, questions: Questions, warn: Callable[[str], None] | None = None) -> None:
        self.path, self._questions = path, questions.file
        self._lines, self._count = Lines(path), 0
        rows = len(self._questions.ids)
        self.states, self.turns = bytearray(rows), array("L", bytes(rows * array("L").itemsize))
        self.places = array("q", bytes(rows * 8))
        self._others: dict[QuestionId, int] = {}
        self.makers: set[str] = set()
        for place, brief in answer_briefs(self._lines, warn):
            self._take(brief, place)

    def __len__(self) -> int:
        """How many questions have an answer, those included that the bench does not have."""
        return len(self.states) - self.states.count(0) + len(self._others)

    def put(self, answer: Answer, place: int) -> None:
        """Takes an answer that was appended to the file."""
        self._take(brief_of_answer(answer), place)

    def _take(self, brief: AnswerBrief, place: int) -> None:
        self._count += 1
        self.makers.add(brief.maker)
        row = self._questions.rows.get(brief.question_id)
        if row is None:
            self._others[brief.question_id] = place
            return
        stale = brief.question_hash not in (None, self._questions.hash(row))
        self.states[row] = STALE if stale else FAILED if brief.failed else FINE
        self.turns[row], self.places[row] = brief.turns, place

    def leave_out_parts(self) -> None:
        """Marks answers that lack a turn of their question."""
        for row, turns in enumerate(self._questions.turns):
            if self.states[row] == FINE and self.turns[row] < turns:
                self.states[row] = PART

    def usable_turns(self, row: int) -> int:
        """How many turns of an answer can be judged."""
        return self.turns[row] if self.states[row] == FINE else 0

    def answer(self, row: int) -> Answer | None:
        """The answer to a question, whatever its state."""
        return self._read(self.places[row], self._questions.ids[row]) if self.states[row] else None

    def judged_turns(self, row: int) -> Turns:
        """The turns of the first choice of an answer that is there."""
        place, question_id = self.places[row], self._questions.ids[row]
        found: TurnsLine | Answer
        try:
            found = turns_line(self._lines.raw(place))
        except UNFIT:
            found = self._read(place, question_id)
        if found.question_id != question_id:
            raise self._lines.changed()
        choice = found.choices[0]
        return Turns(tuple(choice.turns), tuple([reason == "length" for reason in choice.finish_reasons]))

    def all(self) -> Iterator[Answer]:
        """Every answer that counts, in the order of question ids."""
        return (self._read(place, question_id) for place, question_id in self._in_order())

    def tidied(self) -> Iterator[bytes] | None:
        """The file's lines sorted by question, the last one of each; None where it is so already."""
        places = array("q", (place for place, _ in self._in_order()))
        if len(places) == self._count and all(a < b for a, b in pairwise(places)):
            return None
        return map(self._lines.raw, places)

    def _in_order(self) -> Iterable[tuple[int, QuestionId]]:
        """Place and question of every answer."""
        ids = self._questions.ids
        known = ((self.places[row], ids[row]) for row, state in enumerate(self.states) if state)
        if not self._others:
            return known
        others = ((place, question_id) for question_id, place in self._others.items())
        return sorted([*known, *others], key=lambda each: id_order(each[1]))

    def _read(self, place: int, question_id: QuestionId) -> Answer:
        try:
            answer = Answer.from_json(self._lines.at(place), Where(self.path))
        except BadRecord:
            raise self._lines.changed() from None
        if answer.question_id != question_id:
            raise self._lines.changed()
        return answer
