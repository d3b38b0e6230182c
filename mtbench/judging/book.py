"""The answers at hand, turn by turn: on disk, and those that a run was given and has not written yet."""

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache

from mtbench.indexes import AnswerFile, Questions, Turns
from mtbench.judging.matches import Contestants, Match
from mtbench.records import QuestionId

_KEPT = 256
"""Answers kept in memory after they were read: those to one question are wanted again and again, then no more."""


class AnswerBook:
    """Which answers to some questions there are, and what they say; one on disk is read when it is wanted."""

    def __init__(self, questions: Questions) -> None:
        self._questions, self._rows = questions, questions.file.rows
        self._files: dict[str, AnswerFile] = {}
        self._unwritten: dict[tuple[str, QuestionId], Turns] = {}
        self._read = lru_cache(_KEPT)(_read)

    def add_file(self, model: str, answers: AnswerFile) -> None:
        """Takes what a model's file holds, now and later on."""
        self._files[model] = answers

    def add_turn(self, model: str, question_id: QuestionId, turn: int, text: str, truncated: bool) -> None:
        """Takes one turn (from 1) of an answer that is being given, forgetting what was there from that turn on."""
        before = self._unwritten.get((model, question_id), Turns((), ()))
        earlier = Turns(before.texts[: turn - 1], before.cut[: turn - 1])
        self._unwritten[model, question_id] = Turns((*earlier.texts, text), (*earlier.cut, truncated))

    def written(self, model: str, question_id: QuestionId) -> None:
        """The answer stands in the model's file now."""
        self._unwritten.pop((model, question_id), None)

    def turns(self, model: str, question_id: QuestionId) -> int:
        """How many turns there are of an answer."""
        given = self._unwritten.get((model, question_id))
        if given is not None:
            return len(given.texts)
        return self._files[model].usable_turns(self._rows[question_id]) if model in self._files else 0

    def ready(self, contestants: Sequence[Contestants]) -> Iterator[Match]:
        """The matches whose answers exist, those of one question together: so requests that begin alike go together."""
        models = list(dict.fromkeys(model for meeting in contestants for model in meeting))
        for question in self._questions:
            there = {model: self.turns(model, question.question_id) for model in models}
            for turn in range(1, len(question.turns) + 1):
                for meeting in contestants:
                    if min([there[model] for model in meeting]) >= turn:
                        yield Match(question, turn, meeting)

    def count(self, contestants: Sequence[Contestants]) -> tuple[int, Counter[Contestants]]:
        """How many matches are ready, and how many are not, by who meets."""
        models = list(dict.fromkeys(model for meeting in contestants for model in meeting))
        file, ready, lacking = self._questions.file, 0, Counter[Contestants]()
        for row in self._questions.rows:
            turns = file.turns[row]
            there = {model: min(turns, self.turns(model, file.ids[row])) for model in models}
            for meeting in contestants:
                count = min([there[model] for model in meeting])
                ready += count
                if count < turns:
                    lacking[meeting] += turns - count
        return ready, lacking

    def conversation(self, model: str, match: Match) -> tuple[str, ...]:
        """The model's answers up to the judged turn."""
        return self.answer(model, match).texts[: match.turn]

    def truncated(self, model: str, match: Match) -> bool:
        """Whether an answer that the judge sees had been cut off by its token limit."""
        return any(self.answer(model, match).cut[: match.turn])

    def answer(self, model: str, match: Match) -> Turns:
        """All turns that there are."""
        question_id = match.question.question_id
        if self._unwritten and (given := self._unwritten.get((model, question_id))):
            return given
        answers, row = self._files[model], self._rows[question_id]
        return self._read(answers, row, answers.places[row])


def _read(answers: AnswerFile, row: int, _: int) -> Turns:
    """The place stands among the arguments so that an answer that took another's place is read anew."""
    return answers.judged_turns(row)
