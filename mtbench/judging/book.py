"""The answers at hand, turn by turn: on disk, and those that a run was given and has not written yet."""

from collections.abc import Sequence
from functools import lru_cache

from mtbench.indexes import AnswerFile, Questions
from mtbench.judging.matches import Match
from mtbench.records import QuestionId

_KEPT = 256
"""Answers kept in memory after they were read: those to one question are wanted again and again, then no more."""

Turns = Sequence[tuple[str, bool]]
"""Text of each turn, and whether the token limit cut it off."""


class AnswerBook:
    """Which answers there are, and what they say; one on disk is read when it is wanted."""

    def __init__(self, questions: Questions) -> None:
        self._rows = questions.file.rows
        self._files: dict[str, AnswerFile] = {}
        self._unwritten: dict[tuple[str, QuestionId], list[tuple[str, bool]]] = {}
        self._read = lru_cache(_KEPT)(_read)

    def add_file(self, model: str, answers: AnswerFile) -> None:
        """Takes what a model's file holds, now and later on."""
        self._files[model] = answers

    def add_turn(self, model: str, question_id: QuestionId, turn: int, text: str, truncated: bool) -> None:
        """Takes one turn (from 1) of an answer that is being given, forgetting what was there from that turn on."""
        self._unwritten.setdefault((model, question_id), [])[turn - 1 :] = [(text, truncated)]

    def written(self, model: str, question_id: QuestionId) -> None:
        """The answer stands in the model's file now."""
        self._unwritten.pop((model, question_id), None)

    def has(self, match: Match) -> bool:
        """Whether every answer that the match needs exists."""
        question_id = match.question.question_id
        return all(self.turns(model, question_id) >= match.turn for model in match.models)

    def turns(self, model: str, question_id: QuestionId) -> int:
        """How many turns there are of an answer."""
        given = self._unwritten.get((model, question_id))
        if given is not None:
            return len(given)
        return self._files[model].usable_turns(self._rows[question_id]) if model in self._files else 0

    def conversation(self, model: str, match: Match) -> tuple[str, ...]:
        """The model's answers up to the judged turn."""
        return tuple(text for text, _ in self.answer(model, match))

    def truncated(self, model: str, match: Match) -> bool:
        """Whether an answer that the judge sees had been cut off by its token limit."""
        return any(cut for _, cut in self.answer(model, match))

    def answer(self, model: str, match: Match) -> Turns:
        """The turns up to the judged one."""
        question_id = match.question.question_id
        turns: Turns | None = self._unwritten.get((model, question_id))
        if turns is None:
            answers, row = self._files[model], self._rows[question_id]
            turns = self._read(answers, row, answers.places[row])
        return turns[: match.turn]


def _read(answers: AnswerFile, row: int, _: int) -> Turns:
    """The place stands among the arguments so that an answer that took another's place is read anew."""
    return answers.judged_turns(row)
