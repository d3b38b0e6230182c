"""Verdicts → columns of numbers: what statistics are made of."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from mtbench.records import QuestionId
from mtbench.reports.figures import Grade, Verdict
from mtbench.stats.paired import question_differences

Codes = NDArray[np.intp]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Values:
    """A number for each verdict and model: the score, or 1, 0.5, 0 for a win, tie, loss.

    `value`, `model`, `question`, `turn`: shape (n,); `model` and `question` are places in `models` and `questions`.
    """

    models: tuple[str, ...]
    questions: tuple[QuestionId, ...]
    model: Codes
    question: Codes
    turn: Codes
    value: Floats

    @cached_property
    def turns(self) -> list[int]:
        """The turns that there are, ascending."""
        found: list[int] = np.unique(self.turn).tolist()
        return found

    def where(self, kept: NDArray[np.bool_]) -> "Values":
        """Only those verdicts; the models and questions keep their places."""
        return Values(
            self.models, self.questions, self.model[kept], self.question[kept], self.turn[kept], self.value[kept]
        )

    def of_questions(self, questions: Collection[QuestionId]) -> "Values":
        places = [place for place, each in enumerate(self.questions) if each in questions]
        return self.where(np.isin(self.question, places))

    def of_model(self, model: str) -> "Values":
        return self.where(self.model == (self.models.index(model) if model in self.models else -1))

    def by_turn(self) -> Floats:
        """Shape (models, questions x turns): the mean over repeats, a turn beside a turn; nan where there is none."""
        turns = self.turns
        shape = len(self.models), len(self.questions) * len(turns)
        cell = self.model * shape[1] + self.question * len(turns) + np.searchsorted(turns, self.turn)
        size = shape[0] * shape[1]
        with np.errstate(invalid="ignore"):
            return (np.bincount(cell, self.value, size) / np.bincount(cell, minlength=size)).reshape(shape)

    def differences(self, model: str, other: str) -> tuple[Floats, Codes]:
        """By question, how much more `model` has than `other`, over the turns that both have; and the questions."""
        by_turn = self.by_turn()
        of_model, of_other = (by_turn[self.models.index(each)] for each in (model, other))
        return question_differences(of_other, of_model, np.repeat(np.arange(len(self.questions)), len(self.turns)))


def values_of(verdicts: Sequence[Verdict]) -> Values:
    """A value for each grade, and two for each game: the first model's, and the second's, which is 1 less it."""
    models: dict[str, int] = {}
    questions: dict[QuestionId, int] = {}
    columns: list[tuple[int, int, int, float]] = []
    for each in verdicts:
        question = questions.setdefault(each.question_id, len(questions))
        if isinstance(each, Grade):
            columns.append((models.setdefault(each.model, len(models)), question, each.turn, each.score))
        else:
            won = _WON[each.winner]
            columns.append((models.setdefault(each.model_1, len(models)), question, each.turn, won))
            columns.append((models.setdefault(each.model_2, len(models)), question, each.turn, 1 - won))
    model, question_codes, turn, value = zip(*columns, strict=True) if columns else ((), (), (), ())
    return Values(
        tuple(models),
        tuple(questions),
        np.array(model, np.intp),
        np.array(question_codes, np.intp),
        np.array(turn, np.intp),
        np.array(value, np.float64),
    )


_WON = {"model_1": 1.0, "tie": 0.5, "model_2": 0.0}
