"""Questions and answers that are read from their files when they are used."""

from pathlib import Path

import pytest

from mtbench.benches import load_questions
from mtbench.errors import BadRecord, MtbenchError
from mtbench.indexes import FAILED, FINE, PART, STALE, AnswerFile, Questions, Turns, question_hash
from mtbench.records import FASTCHAT_ERROR, Answer, Json, Question, QuestionId, Where
from tests.support.benches import read_lines, write_lines


def question(question_id: QuestionId, *turns: str) -> Json:
    return {"question_id": question_id, "category": "math", "turns": list(turns or ("a", "b"))}


def answer(question_id: QuestionId, *turns: str, **more: object) -> Json:
    choice = {"index": 0, "turns": list(turns or ("x", "y"))}
    return {"question_id": question_id, "answer_id": "", "model_id": "m", "choices": [choice], "tstamp": 1.0, **more}


def questions_in(folder: Path, *objects: Json) -> Questions:
    return load_questions(write_lines(folder / "question.jsonl", objects))


def answers_in(folder: Path, questions: Questions, *objects: Json) -> AnswerFile:
    return AnswerFile(write_lines(folder / "m.jsonl", objects), questions)


# Questions


def test_questions_are_a_sequence_that_can_be_cut_and_read_again(tmp_path: Path) -> None:
    questions = questions_in(tmp_path, question(3), question("x"), question(1))
    assert [each.question_id for each in questions] == [1, 3, "x"]
    assert (len(questions), questions[1].question_id, questions[-1].question_id) == (3, 3, "x")
    some = questions[1:]
    assert isinstance(some, Questions)
    assert [each.question_id for each in some] == [3, "x"]
    assert [each.question_id for each in questions] == [1, 3, "x"]
    with pytest.raises(IndexError):
        questions[3]


def test_what_is_known_of_all_questions_needs_no_reading(tmp_path: Path) -> None:
    first, second = question(2, "a", "b"), question(1, "c") | {"category": "art"}
    file = questions_in(tmp_path, first, second).file
    (tmp_path / "question.jsonl").write_bytes(b"")
    assert file.ids == [1, 2]
    assert file.rows == {1: 0, 2: 1}
    assert list(file.turns) == [1, 2]
    assert list(file.categories([1, 0])) == ["math", "art"]
    assert [file.hash(row) for row in (0, 1)] == [
        question_hash(Question.from_json(obj, Where(tmp_path))) for obj in (second, first)
    ]


def test_a_question_file_that_is_replaced_while_it_is_used_stays_the_old_one(tmp_path: Path) -> None:
    questions = questions_in(tmp_path, question(1, "old"), question(2, "old"))
    (tmp_path / "question.jsonl").unlink()
    questions_in(tmp_path, question(2, "new"))
    assert [each.turns for each in questions] == [("old",), ("old",)]


@pytest.mark.parametrize("other", [question(2), question(9)])
def test_a_question_file_that_is_changed_in_place_while_it_is_used_is_a_sentence(tmp_path: Path, other: Json) -> None:
    questions = questions_in(tmp_path, question(1), question(2, "longer than the first"))
    write_lines(tmp_path / "question.jsonl", [other])
    with pytest.raises(MtbenchError, match=r"question\.jsonl was changed by another program while it was being read"):
        list(questions)


def test_a_question_is_named_by_its_turns_alone() -> None:
    one = question_hash(Question(1, "math", ("a", "b")))
    assert one == question_hash(Question(2, "art", ("a", "b"), reference=("x", "y"))) == "f04cdced9736a69d"
    assert len({one, *(question_hash(Question(1, "math", turns)) for turns in [("ab",), ("a",), ("b", "a")])}) == 4


# Answers


def test_answers_are_found_by_row_and_the_last_line_of_a_question_counts(tmp_path: Path) -> None:
    questions = questions_in(tmp_path, question(1), question(2), question(3))
    held = answers_in(tmp_path, questions, answer(2, "old"), answer(1, "x"), answer(2, "new", "er"), answer("z"))
    assert len(held) == 3
    assert list(held.states) == [FINE, FINE, 0]
    assert [held.usable_turns(row) for row in range(3)] == [1, 2, 0]
    assert held.judged_turns(1) == Turns(("new", "er"), ())
    found = held.answer(1)
    assert found
    assert found.choices[0].turns == ("new", "er")
    assert held.answer(2) is None
    assert [each.question_id for each in held.all()] == [1, 2, "z"]


def test_an_answer_is_stale_failed_or_in_part_and_then_has_no_turn_to_judge(tmp_path: Path) -> None:
    questions = questions_in(tmp_path, *(question(number) for number in range(1, 6)))
    hashed = questions.file.hash(0)
    held = answers_in(
        tmp_path,
        questions,
        answer(1, question_hash=hashed),
        answer(2, question_hash="0" * 16),
        answer(3, "x", FASTCHAT_ERROR),
        answer(4, FASTCHAT_ERROR, "y", question_hash="other"),
        answer(5, "x"),
    )
    assert list(held.states) == [FINE, STALE, FAILED, STALE, FINE]
    assert held.usable_turns(4) == 1
    held.leave_out_parts()
    assert list(held.states) == [FINE, STALE, FAILED, STALE, PART]
    assert [held.usable_turns(row) for row in range(5)] == [2, 0, 0, 0, 0]
    assert held.answer(4) is not None


def test_what_the_token_limit_cut_off_is_told_as_far_as_it_is_known(tmp_path: Path) -> None:
    choice = {"index": 0, "turns": ["x", "y"], "finish_reasons": ["length"]}
    held = answers_in(tmp_path, questions_in(tmp_path, question(1)), answer(1) | {"choices": [choice]})
    assert held.judged_turns(0) == Turns(("x", "y"), (True,))


def test_an_answer_that_is_appended_is_found_where_it_was_written(tmp_path: Path) -> None:
    questions, path = questions_in(tmp_path, question(1), question(2)), tmp_path / "m.jsonl"
    held = AnswerFile(path, questions)
    assert not held
    with path.open("ab") as stream:
        for obj in (answer(2), answer(1, "é", "z")):
            place = stream.tell()
            write_lines(tmp_path / "one.jsonl", [obj])
            stream.write((tmp_path / "one.jsonl").read_bytes())
            stream.flush()
            held.put(Answer.from_json(obj, Where(path)), place)
    assert len(held) == 2
    assert held.judged_turns(0).texts == ("é", "z")
    tidied = held.tidied()
    assert tidied
    assert b"".join(tidied) == b"".join(reversed(path.read_bytes().splitlines(keepends=True)))


@pytest.mark.parametrize(
    ("ids", "kept"),
    [
        ([1, 2, 3], None),
        ([1, 3], None),
        ([], None),
        ([2, 1, 3], [1, 0, 2]),
        ([1, 2, 2], [0, 2]),
        ([1, 1, 2, 3], [1, 2, 3]),
        ([1, 2, 9, "z"], None),
        ([9, 2, "z", 1], [3, 1, 0, 2]),
        ([-7, 1], None),
        ([1, -7], [1, 0]),
    ],
)
def test_a_file_is_tidy_where_it_is_sorted_without_duplicates_and_else_its_lines_are_given_so(
    tmp_path: Path, ids: list[QuestionId], kept: list[int] | None
) -> None:
    questions = questions_in(tmp_path, question(1), question(2), question(3))
    objects = [answer(each, str(number)) for number, each in enumerate(ids)]
    tidied = answers_in(tmp_path, questions, *objects).tidied()
    assert (tidied is None) == (kept is None)
    if tidied and kept:
        (tmp_path / "tidy.jsonl").write_bytes(b"".join(tidied))
        assert read_lines(tmp_path / "tidy.jsonl") == [objects[number] for number in kept]


def test_tidied_lines_are_as_they_were_but_for_the_missing_newline_and_a_torn_tail(tmp_path: Path) -> None:
    questions, path = questions_in(tmp_path, question(1), question(2)), tmp_path / "m.jsonl"
    lines = [
        b'{"question_id":  2, "choices": [{"turns": ["\\u00e9"]}]}',
        b'{"question_id": 1, "choices": [{"turns": ["x"]}]}',
    ]
    for tail in (b"", b'\n{"question'):
        path.write_bytes(b"\n\n".join(lines) + tail)
        said: list[str] = []
        tidied = AnswerFile(path, questions, said.append).tidied()
        assert tidied
        assert b"".join(tidied) == lines[1] + b"\n" + lines[0] + b"\n"
        assert len(said) == bool(tail)


def test_who_answered_is_gathered_from_all_lines(tmp_path: Path) -> None:
    by = [answer(1, made_by={"model": name}) for name in ("openai/a", "openai/b")]
    held = answers_in(tmp_path, questions_in(tmp_path, question(1)), *by, answer(1))
    assert held.makers == {"openai/a", "openai/b", ""}


def test_a_line_that_is_no_answer_is_refused_with_file_and_line(tmp_path: Path) -> None:
    with pytest.raises(BadRecord, match=r"m\.jsonl, line 2: field 'choices'"):
        answers_in(tmp_path, questions_in(tmp_path, question(1)), answer(1), {"question_id": 1})


@pytest.mark.parametrize(
    "line",
    [
        b'{"question_id":2,"choices":[{"turns":["x"]}]}',
        b'{"question_id":1,"choices":[]}',
        b'{"question_id":1,"choices":{}}',
        b'{"question_id":1,"choices":["?"]}',
        b"[]",
        b"nonsense",
        b"",
    ],
)
def test_an_answer_file_that_is_changed_in_place_while_it_is_used_is_a_sentence(tmp_path: Path, line: bytes) -> None:
    held = answers_in(tmp_path, questions_in(tmp_path, question(1), question(2)), answer(1))
    held.path.write_bytes(line + b"\n")
    with pytest.raises(MtbenchError, match=r"m\.jsonl was changed by another program while it was being read"):
        held.judged_turns(0)
    with pytest.raises(MtbenchError, match=r"m\.jsonl"):
        held.answer(0)
