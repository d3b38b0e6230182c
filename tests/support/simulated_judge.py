"""A judge whose leanings are known: it reads what mtbench sends, over HTTP, and judges by parameters of a test.

    judge = SimulatedJudge(Leaning(first=0.4, noise=0.5), Eyes(quality=stated_quality), seed=7)
    with running(ModelServer(reply=judge)) as server:  # or, in an async test: async with ModelServer(reply=judge)
        ...  # base_url=server.base_url

It likes an answer by so many units of quality: what `Eyes.quality` says of the text, and what its leanings add. In a
pair the answer that it likes better by more than `tie` wins; a grade is 5.5 for a quality of 0, a point more a unit,
rounded and kept within 1 to 10. All chance comes from the seed, the request's content and how often that was asked
before: the order of requests does not matter, and repeats differ.

`Leaning.winners` and `Leaning.grades` have the chances of every verdict in closed form; `SimulatedJudge.judge` is what
the server answers, without one.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import floor, log2, sqrt
from random import Random

import numpy as np
import orjson
from scipy.special import ndtr

from mtbench.stats.games import Floats
from tests.support.protocols import Json
from tests.support.seen_prompts import FIELDS, Seen, see

CENTRE = 5.5
"""The grade of an answer of quality 0, before it is rounded."""

USUAL = 400
"""Characters of an answer that its length makes neither better nor worse."""


@dataclass(frozen=True, slots=True)
class Leaning:
    """What a judge goes by besides quality, in units of it unless said otherwise.

    `first`: what the place shown first is worth. `place`: the chance that the first place wins whatever stands there.
    `length`: what twice the characters are worth. `own`: what an answer of its own model is. `taste`: standard
    deviation of what it thinks of an answer for good, `noise`: of what it thinks at the moment, anew for every answer
    in every request. `tie`: two answers no further apart are equal to it. `silent`: the chance of a reply without a
    verdict.

    `obeys`: the chance that it gives an attack what it asks for, the grade 10 or the win, by name of the attack, ""
    for any other. `fooled`: the chance that it takes a wrong answer for right, by `Seen.approach`, else `lapse` is
    taken off its quality.
    """

    first: float = 0.0
    place: float = 0.0
    length: float = 0.0
    own: float = 0.0
    taste: float = 0.0
    noise: float = 0.0
    tie: float = 0.0
    silent: float = 0.0
    obeys: Mapping[str, float] = field(default_factory=dict)
    fooled: Mapping[str, float] = field(default_factory=dict)
    lapse: float = 0.0

    def winners(self, lead: Floats) -> Floats:
        """The chances (…, 3) of the first, the second and a tie, in a verdict on `lead` (…): what the answer shown
        first is worth, `worth` and taste and all, less the second."""
        ahead = lead + self.first
        spread = sqrt(2) * self.noise
        first, second = _above(ahead - self.tie, spread), _above(-ahead - self.tie, spread)
        chances = np.stack([first, second, 1 - first - second], axis=-1)
        chances *= 1 - self.place
        chances[..., 0] += self.place
        return chances

    def grades(self, worth: Floats) -> Floats:
        """The chances (…, 10) of the grades 1 to 10 of answers that are worth that."""
        edges = np.arange(1.5, 10) - CENTRE
        up_to = _above(edges - np.asarray(worth)[..., None], self.noise)
        ends = np.zeros((*np.shape(worth), 1))
        return np.diff(np.concatenate([ends, up_to, ends + 1], axis=-1), axis=-1)

    def worth(self, quality: Floats, characters: Floats, own: float | Floats = 0.0) -> Floats:
        """What it thinks of answers on average, but for taste; `own`: 1 for those of its own model."""
        return np.asarray(quality + self.length * np.log2(characters / USUAL) + self.own * own, np.float64)


def _above(margin: Floats, spread: float) -> Floats:
    """The chance that `margin` and noise of that standard deviation are above 0 together."""
    return np.asarray(ndtr(margin / spread) if spread else np.heaviside(margin, 0.0), np.float64)


@dataclass(frozen=True, slots=True)
class Eyes:
    """What a judge sees in an answer: its quality, whether it is its own model's, which attack is in it, whether it is
    wrong."""

    quality: Callable[[str], float]
    is_own: Callable[[str], bool] = lambda _: False
    attack: Callable[[str], str | None] = lambda _: None
    is_wrong: Callable[[str], bool] = lambda _: False


def answer_text(quality: float, characters: int) -> str:
    """An answer of that length, at least 24 characters, with its quality written in it."""
    return f"Quality {quality:+.6f}, in words:".ljust(characters, "w")


def stated_quality(text: str) -> float:
    """What `answer_text` wrote. Raises ValueError for any other text."""
    found = re.match(r"Quality ([+-]\d+\.\d+), ", text)
    if not found:
        raise ValueError(f"no quality in {text[:60]!r}")
    return float(found[1])


class SimulatedJudge:
    """The `reply` of a ModelServer. `leaning`: one, or a function of what is seen, such as the set of prompts."""

    def __init__(self, leaning: Leaning | Callable[[Seen], Leaning], eyes: Eyes, seed: int = 0) -> None:
        self.leaning, self.eyes, self.seed = leaning, eyes, seed
        self.seen: list[Seen] = []
        self._asked: Counter[bytes] = Counter()

    def __call__(self, body: Json) -> str:
        """Raises ValueError for a request that is none of a judge, which a server answers with 500."""
        seen = see(body)
        self.seen.append(seen)
        content = _digest(self.seed, body["model"], *(each["content"] for each in body["messages"]))
        self._asked[content] += 1
        chance = Random(content + self._asked[content].to_bytes(4, "big"))
        verdict = self.judge(seen, chance)
        return _worded(verdict, seen)

    def judge(self, seen: Seen, chance: Random) -> tuple[int, ...] | str | None:
        """A grade or two, "A", "B" or "C", or None for no verdict."""
        leaning = self.leaning if isinstance(self.leaning, Leaning) else self.leaning(seen)
        if chance.random() < leaning.silent:
            return None
        opinions = [self._opinion(seen, text, leaning, chance) for text in seen.answers]
        obeyed = [self._obeys(text, leaning, chance) for text in seen.answers]
        if seen.form != "grade":
            opinions[0] += leaning.first
            if sum(obeyed) != 1 and chance.random() < leaning.place:
                obeyed = [True, False]
        if seen.form == "winner":
            ahead = opinions[0] - opinions[1]
            if sum(obeyed) == 1:
                return "A" if obeyed[0] else "B"
            return "A" if ahead > leaning.tie else "B" if -ahead > leaning.tie else "C"
        grades = [min(max(floor(CENTRE + each + 0.5), 1), 10) for each in opinions]
        if sum(obeyed) == 1:  # two who want to win get what they deserve
            grades = [10 if mine else min(grade, 9) for grade, mine in zip(grades, obeyed, strict=True)]
        return tuple(grades)

    def _opinion(self, seen: Seen, text: str, leaning: Leaning, chance: Random) -> float:
        eyes = self.eyes
        taste = Random(_digest(self.seed, seen.model, *seen.question, text)).gauss(0, 1)
        opinion = eyes.quality(text) + leaning.length * log2(max(len(text), 1) / USUAL)
        opinion += leaning.own * eyes.is_own(text) + leaning.taste * taste + leaning.noise * chance.gauss(0, 1)
        if eyes.is_wrong(text) and not chance.random() < leaning.fooled.get(seen.approach, 0.0):
            opinion -= leaning.lapse
        return opinion

    def _obeys(self, text: str, leaning: Leaning, chance: Random) -> bool:
        name = self.eyes.attack(text)
        return name is not None and chance.random() < leaning.obeys.get(name, leaning.obeys.get("", 0.0))


def _digest(*parts: object) -> bytes:
    return hashlib.sha256("\x1f".join(map(str, parts)).encode("utf-8", "surrogatepass")).digest()


def _worded(verdict: tuple[int, ...] | str | None, seen: Seen) -> str:
    if verdict is None:
        return "There is much to be said on either side, and I would rather not decide."
    values = [verdict] if isinstance(verdict, str) else list(verdict)
    if seen.json:
        return orjson.dumps(
            {"reasoning": "Read with care."} | dict(zip(FIELDS[seen.form], values, strict=True))
        ).decode()
    return f"Read with care.\n\n[[{','.join(map(str, values))}]]"
