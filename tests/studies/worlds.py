"""Worlds in which a judge's leanings are known: benches drawn, judged over HTTP, and what studies of them should say.

A world is drawn anew for every run: questions, two answers to each, what people vote. So an interval of a study has to
hold what all runs together would say, which `Truth` has, from the same chances as the judge's, over many more units.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from scipy.special import ndtr

from mtbench import runs
from mtbench.benches import Bench
from mtbench.chat.spec import ModelSpec
from mtbench.cli.studying import Part
from mtbench.indexes import Questions
from mtbench.judging.judges import JudgeSettings
from mtbench.judging.prompts import load_prompts
from mtbench.records import HumanGrade, Question, QuestionId, Vote
from mtbench.stats.games import Floats
from mtbench.studies.study import write_study
from tests.studies.finding import OWN, judge_all
from tests.support.servers import ModelServer
from tests.support.simulated_judge import Eyes, Leaning, SimulatedJudge, answer_text, stated_quality

OTHER = "other"
"""The model beside the judge's own."""

_MARK = f"I am {OWN}. "

EYES = Eyes(quality=lambda text: stated_quality(text.removeprefix(_MARK)), is_own=lambda text: _MARK in text)
"""Of a judge that is shown a world's answers."""


@dataclass(frozen=True)
class World:
    """What a run draws from; worlds of another name draw otherwise.

    `better`: by how much the judge's own model is truly better. `people`: how many vote on every question; their noise
    is `wavering` for each answer, and what is no further apart than `even` is a tie to them.
    """

    name: str
    leaning: Leaning
    questions: int = 50
    better: float = 0.0
    people: int = 2
    wavering: float = 0.7
    even: float = 0.3
    settings: JudgeSettings = field(default_factory=lambda: JudgeSettings(load_prompts("default")))
    mode: str = "pairwise-all"
    models: Sequence[str] = (OWN, OTHER)


@dataclass(frozen=True)
class Run:
    """One bench of a world, judged, what people voted on it, and what they grade its own model with, around 50."""

    bench: Bench
    votes: Sequence[Vote]
    grades: Sequence[HumanGrade]


@dataclass(frozen=True)
class Units:
    """Two answers to each of some questions: qualities (q,) and characters (q,), of the own model and of the other."""

    own: Floats
    other: Floats
    own_characters: Floats
    other_characters: Floats


def draw(world: World, questions: int, rng: np.random.Generator) -> Units:
    characters = np.rint(400 * 2 ** rng.uniform(-1.5, 1.5, (2, questions)))
    quality = rng.normal(0, 1, (2, questions))
    return Units(quality[0] + world.better, quality[1], characters[0], characters[1])


def judged(world: World, many: int, folder: Path) -> list[Run]:
    """So many runs of a world, judged as `mtbench judge` does."""
    drawn = [made(world, number, folder) for number in range(many)]

    def parts(judge: ModelSpec) -> list[list[Part]]:
        job = runs.JudgeJob.plan(world.mode, [judge], world.models, None, world.settings)
        return [[Part(run.bench, questions, job)] for run, questions in drawn]

    judge_all(SimulatedJudge(world.leaning, EYES, seed=11), parts)
    return [run for run, _ in drawn]


def server_of(world: World) -> ModelServer:
    """Where the world's judge answers."""
    return ModelServer(reply=SimulatedJudge(world.leaning, EYES, seed=11))


def made(world: World, number: int, folder: Path) -> tuple[Run, Questions]:
    """A run of a world that nobody has judged yet, in `folder`/NAME-NUMBER."""
    rng = np.random.default_rng([number, *world.name.encode()])
    units = draw(world, world.questions, rng)
    ids: Sequence[QuestionId] = range(world.questions)
    asked = [Question(each, "writing", (f"{world.name} {number}, question {each}?",)) for each in ids]
    own = [
        (_MARK + answer_text(quality, int(characters) - len(_MARK)),)
        for quality, characters in zip(units.own, units.own_characters, strict=True)
    ]
    other = [
        (answer_text(quality, int(characters)),)
        for quality, characters in zip(units.other, units.other_characters, strict=True)
    ]
    name = f"{world.name}-{number}"
    bench = Bench(name, folder / name, folder / name)
    answers = {OWN: dict(zip(ids, own, strict=True)), OTHER: dict(zip(ids, other, strict=True))}
    questions = write_study(bench, asked, answers)
    grades = 50 + 10 * (units.own - world.better) + rng.normal(0, 5, world.questions)
    of_people = [HumanGrade(each, OWN, 1, "expert_0", grade) for each, grade in zip(ids, grades.tolist(), strict=True)]
    return Run(bench, _votes(world, units, rng), of_people), questions


def _votes(world: World, units: Units, rng: np.random.Generator) -> list[Vote]:
    ahead = (units.own - units.other)[:, None] + rng.normal(0, 2**0.5 * world.wavering, (len(units.own), world.people))
    return [
        Vote(
            question, OWN, OTHER, "model_a" if lead > world.even else "model_b" if lead < -world.even else "tie", who, 1
        )
        for question, leads in enumerate(ahead.tolist())
        for who, lead in zip((f"expert_{each}" for each in range(world.people)), leads, strict=True)
    ]


class Truth:
    """What studies of a world should say, over many units: chances that add up over the draws of a judge and people.

    `orders` (2, q, 3): of the first, the second and a tie, when the own model is shown first and when it is second.
    `judge`, `crowd` (q, 3): of the own model, the other and a tie, by the verdicts in both orders and by a person.
    """

    UNITS = 400_000

    def __init__(self, world: World) -> None:
        rng = np.random.default_rng(1)
        leaning, units = world.leaning, draw(world, self.UNITS, rng)
        self.units, self.silent = units, leaning.silent
        own = leaning.worth(units.own, units.own_characters, 1.0)
        other = leaning.worth(units.other, units.other_characters)
        self.worth = own + rng.normal(0, leaning.taste, self.UNITS), other + rng.normal(0, leaning.taste, self.UNITS)
        lead = self.worth[0] - self.worth[1]
        self.orders = np.stack([leaning.winners(lead), leaning.winners(-lead)])
        won, lost = self.orders[0, :, 0] * self.orders[1, :, 1], self.orders[0, :, 1] * self.orders[1, :, 0]
        self.judge = np.stack([won, lost, 1 - won - lost], axis=1)
        spread = 2**0.5 * world.wavering
        people = [ndtr((sign * (units.own - units.other) - world.even) / spread) for sign in (1, -1)]
        self.crowd = np.stack([*people, 1 - people[0] - people[1]], axis=1)
        self.people = world.people

    def advantage(self) -> float:
        """How much more often the answer shown first wins."""
        return float((self.orders[:, :, 0] - self.orders[:, :, 1]).mean())

    def shares(self) -> tuple[float, float, float, float]:
        """Consistent, to first, to second, error."""
        one, other = self.orders
        consistent = one[:, 0] * other[:, 1] + one[:, 1] * other[:, 0] + one[:, 2] * other[:, 2]
        first = (one[:, 0] + one[:, 2]) * (other[:, 0] + other[:, 2]) - one[:, 2] * other[:, 2]
        both = (1 - self.silent) ** 2
        shares = both * float(consistent.mean()), both * float(first.mean())
        return (*shares, both - sum(shares), 1 - both)

    def favour(self) -> float:
        """How much more the judge gives its own model than people do."""
        return float((_points(self.judge) - _points(self.crowd)).mean())

    def favour_at_equal_quality(self) -> float:
        """What it gives its own model above a half where people would give it a half."""
        return _at_a_half(_points(self.judge), _points(self.crowd))

    def favour_of_length(self) -> float:
        """How much more it gives the longer answer."""
        judge, crowd = self._of_longer()
        return float((judge - crowd).mean())

    def favour_of_length_at_equal_quality(self) -> float:
        return _at_a_half(*self._of_longer())

    def _of_longer(self) -> tuple[Floats, Floats]:
        """What judge and people give the longer answer, where one is."""
        own, other = self.units.own_characters, self.units.other_characters
        apart = np.maximum(own, other) >= 1.1 * np.minimum(own, other)
        turned = np.where(own > other, 1, -1)
        judge, crowd = (0.5 + turned * (_points(chances) - 0.5) for chances in (self.judge, self.crowd))
        return judge[apart], crowd[apart]

    def share_by_people(self) -> float:
        """Of games won by the other model, which is the first by name."""
        return 1 - float(_points(self.crowd).mean())

    def share_by_judge(self) -> float:
        return 1 - float(_points(self.judge).mean())

    def agreement(self) -> dict[str, float]:
        """Of the judge with people, and kappa, by the keys of the table's columns."""
        judge, crowd = self.judge, self.crowd
        alike = judge * crowd
        decided, said = 1 - judge[:, 2], 1 - crowd[:, 2]
        somebody = 1 - crowd[:, 2] ** self.people
        same = alike[:, :2].sum(axis=1)
        by_chance = float(judge.mean(axis=0) @ crowd.mean(axis=0))
        s1 = float(alike.sum(axis=1).mean())
        return {
            "s1": s1,
            "s1_by_question": s1,
            "s2": float(same.mean() / (decided * said).mean()),
            "s2_by_question": float((same / said * somebody).mean() / (decided * somebody).mean()),
            "kappa": (s1 - by_chance) / (1 - by_chance),
        }

    def agreement_of_people(self) -> tuple[float, float]:
        """S1 and S2 of two people."""
        twice = self.crowd**2
        return float(twice.sum(axis=1).mean()), float(
            twice[:, :2].sum(axis=1).mean() / ((1 - self.crowd[:, 2]) ** 2).mean()
        )


def _points(chances: Floats) -> Floats:
    return np.asarray(chances[:, 0] + chances[:, 2] / 2, np.float64)


def _at_a_half(judge: Floats, crowd: Floats) -> float:
    """Where the straight line through what the judge gives is, above a half, where the crowd is at a half."""
    return float(np.polyfit(crowd - 0.5, judge - 0.5, 1)[1])
