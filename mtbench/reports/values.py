"""Verdicts → columns of numbers: what statistics are made of."""

from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import fsum, nan

import numpy as np
from numpy.typing import NDArray

from mtbench.records import QuestionId
from mtbench.reports.verdicts import POINTS, Grade, Verdict
from mtbench.stats.clustered import bootstrap_means, clustered_means
from mtbench.stats.estimates import Estimate
from mtbench.stats.multiple import Pairwise, pairwise
from mtbench.stats.paired import question_differences

_DRAWS = 1000

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

    def means(self) -> dict[str, Estimate]:
        """The mean of each model that has a value, clustered by question."""
        return {model: means[0] for model, means in self._means(np.zeros_like(self.model), 1).items() if means[0].n}

    def means_by_turn(self) -> dict[str, list[Estimate | None]]:
        """The mean of each model by turn, in the order of `turns`; None where there is none."""
        return _where_known(self._means(np.searchsorted(self.turns, self.turn), len(self.turns)))

    def means_by_category(
        self, category_of: Mapping[QuestionId, str], categories: Sequence[str]
    ) -> dict[str, list[Estimate | None]]:
        """The mean of each model by category, in the order of `categories`; None where there is none."""
        places = {name: place for place, name in enumerate(categories)}
        codes = np.array([places.get(category_of.get(each, ""), -1) for each in self.questions], np.intp)
        known = self.where(codes[self.question] >= 0)
        return _where_known(known._means(codes[known.question], len(categories)))

    def _means(self, part: Codes, parts: int) -> dict[str, list[Estimate]]:
        """Of each model and part, with the mean rounded once, as FastChat's digits want it."""
        group = self.model * parts + part
        if not len(group):
            return {}
        estimates = clustered_means(self.value, self.question, group)
        order = np.argsort(group, kind="stable")
        values = self.value[order].tolist()
        ends = np.cumsum(np.bincount(group, minlength=len(self.models) * parts)).tolist()
        exact = [
            replace(each, value=fsum(values[end - each.n : end]) / each.n) if each.n else each
            for each, end in zip(estimates, ends, strict=False)
        ]
        exact += [Estimate(nan, nan, nan, nan, 0, 0)] * (len(self.models) * parts - len(exact))
        return {model: exact[place * parts : (place + 1) * parts] for place, model in enumerate(self.models)}

    def bootstrapped(self) -> dict[str, Estimate]:
        """The mean of each model with the interval of a bootstrap by question, drawn alike for all models."""
        shape = len(self.models), len(self.questions)
        cell = self.model * shape[1] + self.question
        size = shape[0] * shape[1]
        sums, counts = (
            np.asarray(np.bincount(cell, weights, size), np.float64).reshape(shape)
            for weights in (self.value, np.ones(len(cell)))
        )
        found = bootstrap_means(sums, counts, np.random.default_rng(0), _DRAWS)
        return dict(zip(self.models, found, strict=True))

    def pairwise(self, models: Sequence[str]) -> Pairwise:
        """Each of `models` against each other, paired by question."""
        rows = self.by_turn()[[self.models.index(model) for model in models]]
        return pairwise(rows, np.repeat(np.arange(len(self.questions)), len(self.turns)))

    def differences(self, model: str, other: str) -> tuple[Floats, Codes]:
        """By question, how much more `model` has than `other`, over the turns that both have; and the questions."""
        by_turn = self.by_turn()
        of_model, of_other = (by_turn[self.models.index(each)] for each in (model, other))
        return question_differences(of_other, of_model, np.repeat(np.arange(len(self.questions)), len(self.turns)))


def _where_known(means: dict[str, list[Estimate]]) -> dict[str, list[Estimate | None]]:
    return {model: [each if each.n else None for each in of_model] for model, of_model in means.items()}


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
            won = POINTS[each.winner]
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


def codes_of(ids: Sequence[Hashable]) -> Codes:
    """A code for each id: 0 for the first, and so on; the same for the same."""
    places: dict[Hashable, int] = {}
    return np.array([places.setdefault(each, len(places)) for each in ids], np.intp)
