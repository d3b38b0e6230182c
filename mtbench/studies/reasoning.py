"""Answers known to be right and wrong, to questions that have a right answer: does a judge tell them apart?"""

from dataclasses import dataclass, replace
from pathlib import Path

from mtbench import files
from mtbench.benches import Bench, load_questions, shipped
from mtbench.errors import BadRecord, MtbenchError
from mtbench.indexes import Questions, question_hash
from mtbench.records import Answer, Question, QuestionId, Where
from mtbench.studies.study import study_bench, write_study

KNOWN_ANSWERS = "known_answer.jsonl"
"""Beside question.jsonl: two answers to a question, in the form of answers, by the models `right` and `wrong`."""

RIGHT, WRONG = "right", "wrong"

OURS = "mt80"
"""Whose known answers a bench without any has its judges asked about: a judge is the same everywhere."""

Answers = dict[str, dict[QuestionId, tuple[str, ...]]]
"""By RIGHT and WRONG, by question: a text a turn."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One half of the study: known answers on a bench of their own, without or with references."""

    bench: Bench
    questions: Questions


def asked_bench(bench: Bench, with_reference: bool) -> Bench:
    """Where one half of the study lies. Each has a folder: judgments of one prompt set would replace each other."""
    name = "reasoning" if _own(bench) else f"reasoning-{OURS}"
    return study_bench(bench, f"{name}-reference" if with_reference else name)


def write_without_references(bench: Bench) -> Asked:
    """The questions that have known answers, without their references. Raises as `load_known_answers` does."""
    known, answers = load_known_answers(bench)
    study = asked_bench(bench, with_reference=False)
    return Asked(study, write_study(study, [replace(each, reference=()) for each in known], answers))


def write_with_references(bench: Bench) -> Asked:
    """The same questions with their references, which may also be those of DATA_DIR/BENCH/reference_answer."""
    known, answers = load_known_answers(bench)
    study = asked_bench(bench, with_reference=True)
    questions = write_study(study, known, answers)
    return Asked(replace(study, source=bench.folder) if _own(bench) else study, questions)


def load_known_answers(bench: Bench) -> tuple[list[Question], Answers]:
    """The questions with a right and a wrong answer, in the order of ids, and these answers: the bench's, else mt80's.

    Raises MtbenchError where there are none or one of a question is missing, and BadRecord for a line that is no such
    answer.
    """
    ours, own = shipped("questions") / OURS, _own(bench)
    path, asked = (own, bench.source) if own else (ours / KNOWN_ANSWERS, ours)
    by_id = {each.question_id: each for each in load_questions(asked / "question.jsonl")}
    answers: Answers = {RIGHT: {}, WRONG: {}}
    for line, obj in files.read(path):
        answer = Answer.from_json(obj, Where(path, line))
        turns = _checked(answer, by_id.get(answer.question_id), path, line)
        if answer.question_id in answers[answer.model_id]:
            raise BadRecord(path, line, f"a second {answer.model_id} answer to question {answer.question_id}")
        answers[answer.model_id][answer.question_id] = turns
    lone = answers[RIGHT].keys() ^ answers[WRONG].keys()
    if lone:
        listed = ", ".join(str(each) for each in by_id if each in lone)
        raise MtbenchError(f"{path}: a question needs a right and a wrong answer, and these have one: {listed}")
    if not answers[RIGHT]:
        raise MtbenchError(f"{path} has no answers")
    return [each for question_id, each in by_id.items() if question_id in answers[RIGHT]], answers


def _own(bench: Bench) -> Path | None:
    """The bench's own known answers."""
    paths = (folder / KNOWN_ANSWERS for folder in (bench.folder, bench.source))
    return next((path for path in paths if path.is_file()), None)


def _checked(answer: Answer, question: Question | None, path: Path, line: int) -> tuple[str, ...]:
    if answer.model_id not in (RIGHT, WRONG):
        raise BadRecord(path, line, f"must be {RIGHT} or {WRONG}, not {answer.model_id!r:.60}", "model_id")
    if question is None:
        raise BadRecord(path, line, f"the bench has no question {answer.question_id}", "question_id")
    if answer.question_hash not in (None, question_hash(question)):
        raise BadRecord(path, line, f"this answers another text of question {answer.question_id}", "question_hash")
    turns = answer.choices[0].turns
    if len(turns) != len(question.turns):
        raise BadRecord(path, line, f"{len(turns)} turns; the question has {len(question.turns)}", "choices")
    return turns
