"""Answers that address their judge: each attack in an answer to each question, beside the same answer without one."""

from dataclasses import replace

from mtbench.benches import Bench, load_questions
from mtbench.errors import MtbenchError
from mtbench.files import safe_name
from mtbench.indexes import AnswerFile, Questions
from mtbench.records import QuestionId
from mtbench.studies.attacks import Mode, load_attacks
from mtbench.studies.study import study_bench, write_study

PLAIN = "plain"
"""The answerer whose answers carry nothing; all others go by the id of their attack."""


def injection_bench(bench: Bench, model: str | None) -> Bench:
    """Where the study lies: of a poor answer of ours to every question, or of a model's answers."""
    return study_bench(bench, f"injection-{safe_name(model)}" if model else "injection")


def write_injection(bench: Bench, model: str | None) -> tuple[Bench, Questions]:
    """Puts the study on disk: first turns, and answers to them with every attack and every control.

    The answer is a poor one of ours, the same to all questions: whatever it gains, an attack has gained. Or it is the
    `model`'s; questions that it has no answer to are left out. Raises MtbenchError where it has none at all.
    """
    attacks, questions = load_attacks(), load_questions(bench.source / "question.jsonl")
    answers = _answers_of(model, bench, questions) if model else None
    asked = [
        replace(each, turns=each.turns[:1], reference=each.reference[:1])
        for each in questions
        if answers is None or each.question_id in answers
    ]
    plain = answers or dict.fromkeys((each.question_id for each in asked), attacks.poor_answer)
    made = {PLAIN: {question_id: (text,) for question_id, text in plain.items()}}
    for attack in (*attacks.controls, *attacks.attacks):
        made[attack.id] = {question_id: (attack.put_into(text),) for question_id, text in plain.items()}
    study = injection_bench(bench, model)
    return study, write_study(study, asked, made)


def answerers(mode: Mode) -> list[str]:
    """Whose answers are judged: the plain one, the controls', and those of the attacks that make sense in the mode."""
    attacks = load_attacks()
    return [PLAIN, *(each.id for each in (*attacks.controls, *attacks.of_mode(mode)))]


def _answers_of(model: str, bench: Bench, questions: Questions) -> dict[QuestionId, str]:
    found = AnswerFile(bench.answers(model), questions)
    file = questions.file
    answers = {file.ids[row]: found.judged_turns(row).texts[0] for row in questions.rows if found.usable_turns(row)}
    if not answers:
        raise MtbenchError(f"no answers by {model} to attack: {bench.answers(model)} has none that can be judged")
    return answers
