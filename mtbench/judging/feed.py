"""Passing matches to judges while answers come to exist."""

import asyncio
from array import array
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Sequence

from mtbench.chat import Completion
from mtbench.indexes import AnswerFile, Questions
from mtbench.judging.book import AnswerBook
from mtbench.judging.matches import Contestants, Match
from mtbench.records import Question


class Feed:
    """Gives each match to every judge once, when its answers exist. It is told what models answer.

    A match has a number: by row of its question, then turn, then who meets. A million of them take a few megabytes.
    """

    def __init__(self, questions: Questions, contestants: Sequence[Contestants], book: AnswerBook) -> None:
        self._questions, self._contestants, self._book = questions, contestants, book
        self._meetings: defaultdict[str, list[int]] = defaultdict(list)
        for number, models in enumerate(contestants):
            for model in models:
                self._meetings[model].append(number)
        file = questions.file
        self._turns = max(file.turns[row] for row in questions.rows)
        self._is_offered = bytearray(len(file.ids) * self._turns * len(contestants))
        self._offered = array("Q")
        self._closed = False
        self._news = asyncio.Event()

    def offer_all(self) -> None:
        """Offers what is ready by the book, those of one question together."""
        self._offer_all(self._meetings)

    def on_file(self, model: str, answers: AnswerFile) -> None:
        """Takes what a model's file holds, and later gets."""
        answers.leave_out_parts()
        self._book.add_file(model, answers)
        self._offer_all([model])

    def on_turn(self, model: str, question: Question, turn: int, reply: Completion) -> None:
        """Takes a turn that was answered just now."""
        self._book.add_turn(model, question.question_id, turn, reply.text, reply.truncated)
        self._offer(model, self._questions.file.rows[question.question_id], turn)

    def on_answer(self, model: str, question: Question) -> None:
        """The whole answer stands in the model's file now."""
        self._book.written(model, question.question_id)

    def _offer_all(self, models: Iterable[str]) -> None:
        ids = self._questions.file.ids
        for row in self._questions.rows:
            turns = [(self._book.turns(model, ids[row]), model) for model in models]
            for turn in range(1, max(turns)[0] + 1):
                for there, model in turns:
                    if there >= turn:
                        self._offer(model, row, turn)

    def _offer(self, model: str, row: int, turn: int) -> None:
        """Offers what is ready now that the model has answered a turn."""
        question_id = self._questions.file.ids[row]
        for meeting in self._meetings[model]:
            number = (row * self._turns + turn - 1) * len(self._contestants) + meeting
            models = self._contestants[meeting]
            if self._is_offered[number] or any(self._book.turns(each, question_id) < turn for each in models):
                continue
            self._is_offered[number] = True
            self._offered.append(number)
            self._news.set()

    def close(self) -> None:
        """Nothing more will come."""
        self._closed = True
        self._news.set()

    async def matches(self) -> AsyncIterator[Match]:
        """What was offered and what will be, for one judge."""
        taken = 0
        while True:
            while taken < len(self._offered):
                yield self._match(self._offered[taken])
                taken += 1
            if self._closed:
                return
            self._news.clear()
            await self._news.wait()

    def _match(self, number: int) -> Match:
        place, meeting = divmod(number, len(self._contestants))
        row, turn = divmod(place, self._turns)
        return Match(self._questions.file.read(row), turn + 1, self._contestants[meeting])
