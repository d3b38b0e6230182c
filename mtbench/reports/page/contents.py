"""What stands in a page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mtbench.records import QuestionId
from mtbench.reports.tables import Results

Text = str | Sequence[str]
"""One text, or one for each turn (each game, for the words of a judge on a pair)."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A judgment with all that a reader needs to judge it.

    `models`: the one that was graded, or model_1 and model_2. `prompt`: its name, as in the judgment file. `question`,
    `answers` (by model; one that is not at hand is left out): up to the turn that was judged. `verdict`: a score,
    model_1, model_2, tie, or why there is none. `words`: what the judge said. `reference`: whose answer it was shown.
    """

    models: tuple[str, ...]
    question_id: QuestionId
    category: str | None
    turn: int
    judge: str
    prompt: str
    question: Text
    answers: Mapping[str, Text]
    verdict: str
    words: Text
    reference: str | None = None

    def outcome(self, model: str) -> str:
        """The verdict as `model` sees it: win or loss where it is model_1 or model_2."""
        winners = {"model_1": self.models[0], "model_2": self.models[-1]}
        if len(self.models) < 2 or self.verdict not in winners:
            return self.verdict
        return "win" if winners[self.verdict] == model else "loss"

    def against(self, model: str) -> str:
        """The other model of a pair; empty for a grade."""
        return next((each for each in self.models if each != model), "")


@dataclass(frozen=True, slots=True)
class Page:
    """`plots`: SVG by title. `settings`: of the run; "date" goes to the head. `judgments`: those behind `results`."""

    results: Results
    plots: Mapping[str, str]
    settings: Mapping[str, object]
    judgments: Sequence[Shown]


def texts(text: Text) -> tuple[str, ...]:
    """`text` as one or several."""
    return (text,) if isinstance(text, str) else tuple(text)
