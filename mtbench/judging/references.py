"""Reference answers: the judge's own if it has them, else the bench's, else the question file's."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from mtbench import files
from mtbench.benches import Bench, load_answers
from mtbench.errors import MtbenchError
from mtbench.records import Question, QuestionId

NEED_REFERENCE = ("math", "reasoning", "coding")
"""Categories judged beside a reference answer by default, as in FastChat."""

NO_REFERENCE = "none"
"""Stands in a judgment for the reference that its category asks for and that was not there."""


@dataclass(frozen=True, slots=True)
class Reference:
    """Reference answers of one question, a text a turn; `source` says whose: a model's id, or the question file."""

    turns: tuple[str, ...]
    source: str


class References:
    """The reference answers that one judge is shown."""

    def __init__(self, bench: Bench, judge_id: str, warn: Callable[[str], None] | None = None) -> None:
        self._by_model = {
            model: load_answers(path, warn)
            for folder in dict.fromkeys((bench.source / "reference_answer", bench.folder / "reference_answer"))
            for model, path in files.model_files(folder).items()
        }
        self._judge_id = judge_id
        self._folder = bench.folder / "reference_answer"

    def of(self, question: Question) -> Reference | None:
        """The judge's own answers, else those of the one model that has some, else the question file's.

        Only what has an answer for every turn counts. Raises MtbenchError when several other models have some and
        nothing says whose to take.
        """
        whole = {
            model: turns
            for model in self._by_model
            if len(turns := self._answer(model, question.question_id)) >= len(question.turns)
        }
        models = [self._judge_id] if self._judge_id in whole else list(whole)
        if len(models) == 1:
            return Reference(whole[models[0]], models[0])
        # Some official questions have an empty text where a turn has no reference: those are no use to a judge.
        if len(question.reference) >= len(question.turns) and all(map(str.strip, question.reference)):
            return Reference(question.reference, "question file")
        if models:
            raise MtbenchError(
                f"question {question.question_id} has reference answers by {', '.join(models)} and none by the judge "
                f"{self._judge_id}: keep one file in {self._folder}, or add {self._judge_id}'s"
            )
        return None

    def _answer(self, model: str, question_id: QuestionId) -> tuple[str, ...]:
        answer = self._by_model.get(model, {}).get(question_id)
        return answer.choices[0].turns if answer else ()


def check_references(
    questions: Sequence[Question], references: References, categories: Sequence[str], folder: Path
) -> None:
    """Raises MtbenchError naming the questions that should be judged beside a reference answer and have none."""
    lacking = [
        str(question.question_id)
        for question in questions
        if question.category in categories and references.of(question) is None
    ]
    if lacking:
        raise MtbenchError(
            f"no reference answer for question{'s' if len(lacking) > 1 else ''} {', '.join(lacking)} "
            f"(categories {', '.join(categories)}). Put some into {folder}, or judge these questions with the plain "
            "prompt: --without-reference"
        )
