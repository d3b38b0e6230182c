"""Each match goes to every judge once, as soon as its answers exist."""

import asyncio
from pathlib import Path

import pytest

from mtbench.benches import load_questions
from mtbench.chat import Completion
from mtbench.indexes import AnswerFile, Questions
from mtbench.judging.book import AnswerBook
from mtbench.judging.feed import Feed
from mtbench.judging.matches import Contestants
from mtbench.records import Json
from tests.support.benches import write_lines

Seen = list[tuple[object, int, tuple[str, ...]]]


@pytest.fixture
def questions(tmp_path: Path) -> Questions:
    objects = [{"question_id": n, "turns": ["a", "b", "c"][:n]} for n in range(1, 4)]
    return load_questions(write_lines(tmp_path / "question.jsonl", objects))


def answers(folder: Path, questions: Questions, model: str, *ids: int) -> AnswerFile:
    objects: list[Json] = [{"question_id": n, "choices": [{"turns": ["r"] * n}]} for n in ids]
    return AnswerFile(write_lines(folder / f"{model}.jsonl", objects), questions)


async def offered(feed: Feed) -> Seen:
    """What a judge is given; the feed must have been closed, or be closed meanwhile."""
    return [(match.question.question_id, match.turn, match.models) async for match in feed.matches()]


def open_feed(questions: Questions, *contestants: Contestants) -> tuple[Feed, AnswerBook]:
    book = AnswerBook(questions)
    return Feed(questions, contestants, book), book


async def test_what_is_on_disk_is_offered_question_by_question_and_once_to_each_judge(
    tmp_path: Path, questions: Questions
) -> None:
    feed, book = open_feed(questions, ("x",), ("y",))
    book.add_file("x", answers(tmp_path, questions, "x", 1, 2))
    y = answers(tmp_path, questions, "y", 2)
    book.add_file("y", y)
    feed.offer_all()
    feed.on_file("y", y)
    feed.close()
    expected: Seen = [(1, 1, ("x",)), (2, 1, ("x",)), (2, 1, ("y",)), (2, 2, ("x",)), (2, 2, ("y",))]
    assert list(await asyncio.gather(offered(feed), offered(feed))) == [expected, expected]


async def test_a_turn_is_offered_as_soon_as_it_is_answered_and_waits_for_the_opponents(
    tmp_path: Path, questions: Questions
) -> None:
    feed, book = open_feed(questions, ("x", "base"), ("y", "base"))
    book.add_file("base", answers(tmp_path, questions, "base", 2))
    feed.offer_all()
    judge = asyncio.create_task(offered(feed))
    two, three = questions[1], questions[2]
    feed.on_turn("x", two, 1, Completion("r"))
    feed.on_turn("x", three, 1, Completion("r"))
    await asyncio.sleep(0.01)
    assert not judge.done()
    feed.on_turn("y", two, 1, Completion("r", "length"))
    feed.on_turn("x", two, 2, Completion("r"))
    feed.on_file("base", answers(tmp_path, questions, "base", 2, 3))
    feed.close()
    assert await judge == [
        (2, 1, ("x", "base")),
        (2, 1, ("y", "base")),
        (2, 2, ("x", "base")),
        (3, 1, ("x", "base")),
    ]


async def test_an_answer_in_part_on_disk_is_not_offered_since_it_will_be_asked_again(
    tmp_path: Path, questions: Questions
) -> None:
    feed, _ = open_feed(questions, ("x",))
    path = write_lines(tmp_path / "x.jsonl", [{"question_id": 3, "choices": [{"turns": ["one", "two"]}]}])
    feed.on_file("x", AnswerFile(path, questions))
    feed.on_turn("x", questions[2], 1, Completion("anew"))
    feed.close()
    assert await offered(feed) == [(3, 1, ("x",))]


async def test_only_the_questions_of_the_run_are_offered(tmp_path: Path, questions: Questions) -> None:
    feed, _ = open_feed(questions[1:2], ("x",))
    feed.on_file("x", answers(tmp_path, questions, "x", 1, 2, 3))
    feed.close()
    assert await offered(feed) == [(2, 1, ("x",)), (2, 2, ("x",))]


async def test_judges_that_wait_are_woken_together_and_end_when_nothing_more_will_come(questions: Questions) -> None:
    feed, _ = open_feed(questions, ("x",))
    judges = [asyncio.create_task(offered(feed)) for _ in range(3)]
    for question in questions:
        await asyncio.sleep(0.005)
        feed.on_turn("x", question, 1, Completion("r"))
    await asyncio.sleep(0.005)
    feed.close()
    assert await asyncio.wait_for(asyncio.gather(*judges), 5) == [[(n, 1, ("x",)) for n in (1, 2, 3)]] * 3
