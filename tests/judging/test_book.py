"""Which answers are there, on disk and in the making, and what they say."""

from collections.abc import Callable
from pathlib import Path

import pytest

from mtbench.benches import load_questions
from mtbench.indexes import AnswerFile, Questions
from mtbench.judging.book import AnswerBook
from mtbench.judging.matches import Match
from mtbench.records import Answer, Json, Where
from tests.support.benches import write_lines

BOTH = ("x", "y")


@pytest.fixture
def questions(tmp_path: Path) -> Questions:
    objects = [{"question_id": n, "turns": ["a", "b", "c"][: 1 + n % 3]} for n in range(1, 4)]
    return load_questions(write_lines(tmp_path / "question.jsonl", objects))


def answer(question_id: int, *turns: str, **more: object) -> Json:
    return {"question_id": question_id, "choices": [{"index": 0, "turns": list(turns), **more}]}


@pytest.fixture
def add(tmp_path: Path, questions: Questions) -> Callable[..., AnswerFile]:
    def add(book: AnswerBook, model: str, *objects: Json) -> AnswerFile:
        held = AnswerFile(write_lines(tmp_path / f"{model}.jsonl", objects), questions)
        book.add_file(model, held)
        return held

    return add


def ready(book: AnswerBook, *contestants: tuple[str] | tuple[str, str]) -> list[tuple[object, int, tuple[str, ...]]]:
    return [(match.question.question_id, match.turn, match.models) for match in book.ready(contestants)]


def test_matches_are_ready_when_all_their_answers_are_and_those_of_a_question_stand_together(
    questions: Questions, add: Callable[..., AnswerFile]
) -> None:
    book = AnswerBook(questions)
    add(book, "x", answer(1, "r", "r"), answer(2, "r"), answer(3, "r"))
    add(book, "y", answer(1, "s", "s"))
    assert ready(book, ("x",), ("y",)) == [
        (1, 1, ("x",)),
        (1, 1, ("y",)),
        (1, 2, ("x",)),
        (1, 2, ("y",)),
        (2, 1, ("x",)),
        (3, 1, ("x",)),
    ]
    assert ready(book, BOTH) == [(1, 1, BOTH), (1, 2, BOTH)]
    assert book.count([("x",), ("y",)]) == (6, {("x",): 2, ("y",): 4})
    assert book.count([BOTH]) == (2, {BOTH: 4})
    assert book.count([("x",), ("nobody",)]) == (4, {("x",): 2, ("nobody",): 6})


def test_a_book_knows_the_conversation_up_to_a_turn_and_what_was_cut(
    questions: Questions, add: Callable[..., AnswerFile]
) -> None:
    book, question = AnswerBook(questions), questions[1]
    add(book, "x", answer(2, "r1", "r2", finish_reasons=["stop", "length"]))
    assert book.conversation("x", Match(question, 1, ("x",))) == ("r1",)
    assert book.conversation("x", Match(question, 2, ("x",))) == ("r1", "r2")
    assert not book.truncated("x", Match(question, 1, ("x",)))
    assert book.truncated("x", Match(question, 2, ("x",)))


def test_turns_in_the_making_go_before_the_file_until_the_answer_stands_there(
    questions: Questions, add: Callable[..., AnswerFile]
) -> None:
    book, question = AnswerBook(questions), questions[1]
    held = add(book, "x", answer(2, "old", "older"))
    assert book.conversation("x", Match(question, 2, ("x",))) == ("old", "older")
    book.add_turn("x", 2, 1, "new", False)
    assert book.turns("x", 2) == 1
    book.add_turn("x", 2, 2, "newer", True)
    assert book.conversation("x", Match(question, 2, ("x",))) == ("new", "newer")
    assert book.truncated("x", Match(question, 2, ("x",)))
    book.add_turn("x", 2, 1, "newest", False)
    assert book.turns("x", 2) == 1

    place = held.path.stat().st_size
    written = answer(2, "newest", "last")
    write_lines(held.path.with_name("more"), [written])
    held.path.write_bytes(held.path.read_bytes() + held.path.with_name("more").read_bytes())
    held.put(Answer.from_json(written, Where(held.path)), place)
    book.written("x", 2)
    book.written("x", 2)
    assert book.conversation("x", Match(question, 2, ("x",))) == ("newest", "last")
    assert not book.truncated("x", Match(question, 2, ("x",)))
