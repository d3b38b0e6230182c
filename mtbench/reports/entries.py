"""What a judge gave each model, beside what people gave it where they did: the columns that calibration works on."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import nan

import numpy as np
from numpy.typing import NDArray

from mtbench.reports.ballots import Unit
from mtbench.reports.people import Answer
from mtbench.reports.values import codes_of
from mtbench.stats.games import Codes, Floats


@dataclass(frozen=True)
class Entries:
    """What one judge, in one mode, gave: an entry for each grade, two for each game, one for either model.

    `judge` (n,): the score, or 1, 0.5 and 0. `human` (n,): what people gave on average, nan where none did. `model`,
    `opponent`: places in `models`; a grade has itself as opponent. `unit`: what was judged, `question` its question.
    """

    kind: str
    models: tuple[str, ...]
    model: Codes
    opponent: Codes
    unit: Codes
    question: Codes
    judge: Floats
    human: Floats

    @cached_property
    def labelled(self) -> NDArray[np.bool_]:
        """(n,): where people said something."""
        return ~np.isnan(self.human)

    @property
    def labels(self) -> int:
        """Units that people said something of."""
        return len(np.unique(self.unit[self.labelled]))

    @property
    def labelled_questions(self) -> int:
        """Questions of them."""
        return len(np.unique(self.question[self.labelled]))

    @property
    def units(self) -> int:
        """Units that the judge judged."""
        return len(np.unique(self.unit))

    def where(self, kept: NDArray[np.bool_]) -> "Entries":
        """Only those entries."""
        return replace(
            self,
            model=self.model[kept],
            opponent=self.opponent[kept],
            unit=self.unit[kept],
            question=self.question[kept],
            judge=self.judge[kept],
            human=self.human[kept],
        )

    def of(self, *models: str) -> "Entries":
        """What these models got."""
        return self.where(np.isin(self.model, [self.models.index(each) for each in models]))

    def against(self, opponent: str) -> "Entries":
        """What others got against one model."""
        return self.where(self.opponent == self.models.index(opponent))


def entries_of_games(kind: str, judge: Mapping[Unit, float], people: Mapping[Unit, float]) -> Entries:
    """Of points of the first model by unit; the second has the rest."""
    rows: list[tuple[str, str, Hashable, Hashable, float, float]] = []
    for unit, value in judge.items():
        (one, other), said = unit[1], people.get(unit, nan)
        rows.append((one, other, unit, unit[0], value, said))
        rows.append((other, one, unit, unit[0], 1 - value, 1 - said))
    return _entries(kind, rows)


def entries_of_grades(kind: str, judge: Mapping[Answer, float], people: Mapping[Answer, float]) -> Entries:
    """Of scores by answer."""
    return _entries(
        kind,
        [(key[1], key[1], key, key[0], value, people.get(key, nan)) for key, value in judge.items()],
    )


def entries_of_preferred(kind: str, leads: Mapping[Unit, float], people: Mapping[Unit, float]) -> Entries:
    """Of the model that the judge prefers in each unit: its lead, above 0, and its points by people.

    `leads`: by how much the first model is ahead, below 0 where it is behind. A unit without a lead has no entry.
    """
    rows: list[tuple[str, str, Hashable, Hashable, float, float]] = []
    for unit, lead in leads.items():
        (one, other), said = unit[1], people.get(unit, nan)
        if lead > 0:
            rows.append((one, other, unit, unit[0], lead, said))
        elif lead < 0:
            rows.append((other, one, unit, unit[0], -lead, 1 - said))
    return _entries(kind, rows)


def _entries(kind: str, rows: Sequence[tuple[str, str, Hashable, Hashable, float, float]]) -> Entries:
    models = tuple(sorted({model for row in rows for model in row[:2]}))
    place = {model: number for number, model in enumerate(models)}
    return Entries(
        kind,
        models,
        np.array([place[row[0]] for row in rows], np.intp),
        np.array([place[row[1]] for row in rows], np.intp),
        codes_of([row[2] for row in rows]),
        codes_of([row[3] for row in rows]),
        np.array([row[4] for row in rows], np.float64),
        np.array([row[5] for row in rows], np.float64),
    )
