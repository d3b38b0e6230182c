"""Reference answers: the judge's own if it has them, else the bench's, else the question file's."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mtbench import files
from mtbench.benches import Bench
from mtbench.errors import MtbenchError
from mtbench.indexes import AnswerFile, Questions
from mtbench.records import Question

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
    """The reference answers beside a bench, for any judge."""

    def __init__(self, bench: Bench, questions: Questions, warn: Callable[[str], None] | None = None) -> None:
        self._by_model = {
            model: AnswerFile(path, questions, warn)
            for folder in dict.fromkeys((bench.source / "reference_answer", bench.folder / "reference_answer"))
            for model, path in files.model_files(folder).items()
        }
        self._rows = questions.file.rows
        self.folder = bench.folder / "reference_answer"

    def of(self, question: Question, judge_id: str) -> Reference | None:
        """The judge's own answers, else those of the one model that has some, else the question file's.

        Only what has an answer for every turn counts. Raises MtbenchError when several other models have some and
        nothing says whose to take.
        """
        row, turns = self._rows[question.question_id], len(question.turns)
        whole = [model for model, answers in self._by_model.items() if answers.turns[row] >= turns]
        models = [judge_id] if judge_id in whole else whole
        if len(models) == 1:
            return Reference(self._by_model[models[0]].judged_turns(row).texts, models[0])
        # Some official questions have an empty text where a turn has no reference: those are no use to a judge.
        if len(question.reference) >= turns and all(map(str.strip, question.reference)):
            return Reference(question.reference, "question file")
        if models:
            raise MtbenchError(
                f"question {question.question_id} has reference answers by {', '.join(models)} and none by the judge "
                f"{judge_id}: keep one file in {self.folder}, or add {judge_id}'s"
            )
        return None


def check_references(questions: Questions, references: References, judge_id: str, categories: Sequence[str]) -> None:
    """Raises MtbenchError naming the questions that should be judged beside a reference answer and have none."""
    file = questions.file
    lacking = [
        str(file.ids[row])
        for row, category in zip(questions.rows, file.categories(questions.rows), strict=True)
        if category in categories and references.of(file.read(row), judge_id) is None
    ]
    if lacking:
        raise MtbenchError(
            f"no reference answer for question{'s' if len(lacking) > 1 else ''} {', '.join(lacking)} "
            f"(categories {', '.join(categories)}). Put some into {references.folder}, or judge these questions with "
            "the plain prompt: --without-reference"
        )
