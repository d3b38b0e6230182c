"""Checking a question file, and the reference answers beside it: every problem, not only the first."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mtbench import files
from mtbench.errors import BadRecord
from mtbench.records import Answer, Json, Question, QuestionId, Where, question_problems


@dataclass(frozen=True, slots=True)
class Findings:
    """What a check found. `problems` must be put right; `notes` may be meant so; `fine` sums up what is usable."""

    problems: tuple[BadRecord, ...]
    notes: tuple[BadRecord, ...]
    fine: str


def validate(path: Path, reference_folders: Iterable[Path], need_reference: Sequence[str]) -> Findings:
    """Checks the question file at `path`.

    `reference_folders` hold reference answers, a file a model; `need_reference`: categories that are judged beside one.
    Raises MtbenchError when a file cannot be read at all.
    """
    questions, problems = _check_questions(path)
    referenced = {question.question_id for question in questions.values() if any(map(str.strip, question.reference))}
    for file in (file for folder in reference_folders for file in files.model_files(folder).values()):
        answered, wrong = _check_answers(file, {question.question_id: question for question in questions.values()})
        referenced |= answered
        problems += wrong
    notes = [
        note
        for line, question in questions.items()
        for note in _notes(Where(path, line), question, need_reference, referenced)
    ]
    fine = summary(list(questions.values()), len(referenced)) if questions else "no question"
    return Findings(tuple(problems), tuple(notes), fine)


def summary(questions: Sequence[Question], references: int) -> str:
    """Such as "80 questions, 8 categories, 2 turns each, 40 references"."""
    turns = turns_text(questions)
    return ", ".join(
        (
            _count(len(questions), "question"),
            _count(len({question.category for question in questions}), "category", "categories"),
            f"{turns} {'turn' if turns == '1' else 'turns'} each",
            _count(references, "reference") if references else "no references",
        )
    )


def turns_text(questions: Iterable[Question]) -> str:
    """How many turns the questions have: "2", or "1 to 3"."""
    turns = {len(question.turns) for question in questions}
    return str(min(turns)) if len(turns) == 1 else f"{min(turns)} to {max(turns)}"


def _count(number: int, name: str, several: str = "") -> str:
    return f"{number:,} {name if number == 1 else several or name + 's'}"


def _check_questions(path: Path) -> tuple[dict[int, Question], list[BadRecord]]:
    """The questions that can be used, by line, and what is wrong."""
    questions: dict[int, Question] = {}
    problems = list(_repeated_fields(path))
    lines: dict[str, int] = {}
    for line, obj in files.lines(path):
        where = Where(path, line)
        wrong = [obj] if isinstance(obj, BadRecord) else question_problems(obj, where)
        if not isinstance(obj, BadRecord) and not wrong:
            question = Question.from_json(obj, where)
            # As texts, because --questions cannot tell 7 from "7".
            first = lines.setdefault(str(question.question_id), line)
            if first == line:
                questions[line] = question
            else:
                wrong = [where.bad(f"{question.question_id} stands already in line {first}", "question_id")]
            wrong += _too_few(where, "reference", question.reference, question)
        problems += wrong
    if not questions and not problems:
        problems.append(BadRecord(path, None, "has no questions" if path.is_file() else "does not exist"))
    return questions, sorted(problems, key=lambda problem: problem.line or 0)


def _notes(
    where: Where, question: Question, need_reference: Sequence[str], referenced: set[QuestionId]
) -> Iterator[BadRecord]:
    """What may be meant so."""
    for name in question.extra:
        yield where.bad("not a field that we know; it is kept", name)
    for number, text in enumerate(question.reference, 1):
        if not text.strip():
            yield where.bad(f"text {number} is empty: the file has no reference answer for that turn", "reference")
    if question.category in need_reference and question.question_id not in referenced:
        yield where.bad(f"no reference answer, and {question.category} is judged beside one")


def _repeated_fields(path: Path) -> Iterator[BadRecord]:
    """Fields that a line gives twice: every JSON parser keeps one value, and drops the other in silence."""
    repeated: list[str] = []

    def note(pairs: list[tuple[str, object]]) -> Json:
        names = [name for name, _ in pairs]
        repeated.extend(dict.fromkeys(name for name in names if names.count(name) > 1))
        return dict(pairs)

    for line, text in enumerate(path.read_bytes().split(b"\n") if path.is_file() else (), 1):
        repeated.clear()
        try:
            json.loads(text, object_pairs_hook=note)
        except (ValueError, RecursionError):
            continue
        yield from (BadRecord(path, line, "is given twice", name) for name in repeated)


def _check_answers(path: Path, questions: Mapping[QuestionId, Question]) -> tuple[set[QuestionId], list[BadRecord]]:
    """The questions that a file of reference answers covers, and what is wrong with it."""
    answered: set[QuestionId] = set()
    problems = []
    for line, obj in files.lines(path):
        where = Where(path, line)
        try:
            if isinstance(obj, BadRecord):
                raise obj
            answer = Answer.from_json(obj, where)
            if answer.question_id not in questions:
                raise where.bad(f"{answer.question_id!r} is not among the questions", "question_id")
        except BadRecord as problem:
            problems.append(problem)
            continue
        problems += _too_few(where, "choices", answer.choices[0].turns, questions[answer.question_id])
        answered.add(answer.question_id)
    return answered, problems


def _too_few(where: Where, field: str, texts: Sequence[str], question: Question) -> list[BadRecord]:
    if not texts or len(texts) >= len(question.turns):
        return []
    problem = f"{_count(len(texts), 'text')} for {len(question.turns)} turns of question {question.question_id}"
    return [where.bad(problem, field)]
