"""Answers that are read by their places are those that are loaded whole, and a tidied file holds the same."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from mtbench import files
from mtbench.benches import load_answers, load_questions
from mtbench.errors import MtbenchError
from mtbench.indexes import AnswerFile
from tests.fuzz import records
from tests.fuzz.profile import examples
from tests.fuzz.values import line_of


@examples(50)
@given(
    asked=st.lists(records.questions.flatmap(line_of), min_size=1, max_size=4),
    lines=st.lists(records.answers.flatmap(line_of), max_size=5),
)
def test_answers_by_their_places_are_those_that_are_loaded(
    folder: Path, asked: list[bytes], lines: list[bytes]
) -> None:
    path, answered = folder / "question.jsonl", folder / "answers.jsonl"
    path.write_bytes(b"".join(line + b"\n" for line in asked))
    answered.write_bytes(b"".join(line + b"\n" for line in lines))
    try:
        questions, loaded = load_questions(path), load_answers(answered)
    except MtbenchError:
        return
    found = AnswerFile(answered, questions)
    assert sorted(map(repr, found.all())) == sorted(map(repr, loaded.values()))
    assert len(found) == len(loaded)
    for row, question_id in enumerate(questions.file.ids):
        answer = found.answer(row)
        assert answer == loaded.get(question_id)
        if answer:
            assert found.judged_turns(row).texts == answer.choices[0].turns
    tidied = found.tidied()
    if tidied is not None:
        with files.Appender(answered) as appender:
            appender.rewrite(tidied)
        assert load_answers(answered) == loaded
        assert AnswerFile(answered, questions).tidied() is None
