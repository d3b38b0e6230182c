"""A study's own bench: the questions and answers that were made to find out about a judge."""

import hashlib
from collections.abc import Mapping, Sequence

from mtbench import files
from mtbench.benches import Bench, load_questions
from mtbench.indexes import Questions
from mtbench.records import Answer, Choice, Question, QuestionId


def study_bench(bench: Bench, name: str) -> Bench:
    """Where a study of that name lies, beside what runs write of `bench`: DATA_DIR/BENCH/studies/NAME."""
    folder = bench.folder / "studies" / name
    return Bench(f"{bench.name} {name}", folder, folder)


def write_study(
    study: Bench, questions: Sequence[Question], answers: Mapping[str, Mapping[QuestionId, Sequence[str]]]
) -> Questions:
    """Puts a study's questions and answers on disk: by model, by question, a text a turn. Gives the questions.

    Equal contents leave the files as they are. All that a study may ask about belongs here: what a run asks of it is
    chosen from the questions that come back. Raises MtbenchError where a file cannot be written.
    """
    path = study.source / "question.jsonl"
    files.keep_file(path, (each.to_json() for each in questions))
    for model, by_question in answers.items():
        made = (_answer(model, question_id, turns).to_json() for question_id, turns in by_question.items())
        files.keep_file(study.answers(model), made)
    return load_questions(path)


def _answer(model: str, question_id: QuestionId, turns: Sequence[str]) -> Answer:
    name = "\x1f".join((model, str(question_id), *turns))
    answer_id = hashlib.sha256(name.encode(errors="surrogatepass")).hexdigest()[:22]
    return Answer(question_id, answer_id, model, (Choice(0, tuple(turns)),), tstamp=0.0)
