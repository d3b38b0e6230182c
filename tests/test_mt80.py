"""Our own set as a whole; tests/questions recomputes its references one by one."""

import re
from collections.abc import Callable
from itertools import combinations

import pytest

from mtbench import files
from mtbench.benches import load_questions, shipped
from mtbench.indexes import Questions
from mtbench.records import Question
from tests.support.shared import SHARED, needs_shared

QUESTIONS = load_questions(shipped("questions") / "mt80" / "question.jsonl")
CATEGORIES = ["writing", "roleplay", "reasoning", "math", "coding", "extraction", "stem", "humanities"]
WITH_REFERENCE = {"reasoning", "math", "coding", "extraction"}

Disguise = Callable[[tuple[str, ...]], tuple[str, ...]]

MOST_SHINGLES = 0.10
MOST_WORDS = 0.25

# "latest", "today" and "so far" are no sign: puzzles, programs and chats have a latest message and a today of theirs.
DATED = re.compile(
    r"\b(currently|nowadays|these days|up[- ]to[- ]date|as of (?:now|today|this)|at present|newest|"
    r"state[- ]of[- ]the[- ]art|(?:in )?recent (?:years|decades|months)|(?:this|last|next) (?:decade|century)|"
    r"covid\w*|pandemic|chatgpt|gpt-?\d|incumbent|present[- ]day)\b",
    re.IGNORECASE,
)
YEARS = re.compile(r"(?<!U\+)\b202\d\b")


def test_there_are_ten_questions_a_category_in_order() -> None:
    path = shipped("questions") / "mt80" / "question.jsonl"
    assert [obj["question_id"] for _, obj in files.read(path)] == list(range(1001, 1081))
    assert [question.category for question in QUESTIONS] == [category for category in CATEGORIES for _ in range(10)]


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: str(question.question_id))
def test_a_question_has_two_turns_and_references_where_there_is_a_right_answer(question: Question) -> None:
    assert len(question.turns) == len(set(question.turns)) == 2
    assert len(question.reference) == (2 if question.category in WITH_REFERENCE else 0)
    assert all(text == text.strip() and text for text in (*question.turns, *question.reference))
    assert question.extra == {}
    assert question.required_temperature is None


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: str(question.question_id))
def test_a_question_asks_nothing_that_time_changes(question: Question) -> None:
    for text in (*question.turns, *question.reference):
        assert not DATED.search(text)
        # A passage to extract from has dates of its own, and they stay what they are.
        assert question.category == "extraction" or not YEARS.search(text)


@pytest.mark.parametrize(
    "text", ["Who currently holds it?", "the state of the art", "In recent years it rose", "COVID-19"]
)
def test_a_dated_question_would_be_caught(text: str) -> None:
    assert DATED.search(text)


def test_a_recent_year_would_be_caught_and_a_code_point_is_none() -> None:
    assert YEARS.search("the winner of 2024?")
    assert not YEARS.search("an ellipsis (U+2026)")


def test_every_reference_leaves_an_answer_room_in_1024_tokens() -> None:
    # Three characters a token is on the safe side: English has four, code and figures three to four.
    longest = max((len(text) / 3, question.question_id) for question in QUESTIONS for text in question.reference)
    assert longest[0] < 1024


def words(turns: tuple[str, ...]) -> list[str]:
    return re.findall(r"[a-z0-9']+", " ".join(turns).lower())


def overlap(one: set[object], other: set[object]) -> float:
    """Jaccard's index."""
    return len(one & other) / len(one | other)


def likeness(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[float, float]:
    """Overlap of the sequences of three words, and of the words with four letters or more."""
    first, second = words(one), words(other)
    return (
        overlap(
            {*zip(first, first[1:], first[2:], strict=False)}, {*zip(second, second[1:], second[2:], strict=False)}
        ),
        overlap({word for word in first if len(word) > 3}, {word for word in second if len(word) > 3}),
    )


def alike(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    shingles, single_words = likeness(one, other)
    return shingles >= MOST_SHINGLES or single_words >= MOST_WORDS


def official() -> Questions:
    return load_questions(SHARED / "mt_bench" / "question.jsonl")


@needs_shared
def test_no_question_paraphrases_an_official_one() -> None:
    close = [
        (ours.question_id, theirs.question_id, likeness(ours.turns, theirs.turns))
        for ours in QUESTIONS
        for theirs in official()
        if alike(ours.turns, theirs.turns)
    ]
    assert close == []


def test_no_two_questions_of_ours_are_alike() -> None:
    pairs = combinations(QUESTIONS, 2)
    assert [(a.question_id, b.question_id) for a, b in pairs if alike(a.turns, b.turns)] == []


def lightly_paraphrased(turns: tuple[str, ...]) -> tuple[str, ...]:
    """Every fourth word another one: what is left when somebody swaps words to hide where a question is from."""
    every = words(turns)
    return (" ".join(f"swapped{place}" if place % 4 == 0 else word for place, word in enumerate(every)),)


def reordered(turns: tuple[str, ...]) -> tuple[str, ...]:
    """Every word kept, and no sequence of three."""
    every = words(turns)
    return (" ".join(every[0::2] + every[1::2][::-1]),)


@pytest.mark.parametrize("disguise", [lightly_paraphrased, reordered, lambda turns: turns[::-1]])
def test_a_paraphrase_of_our_own_questions_would_be_caught(disguise: Disguise) -> None:
    assert all(alike(question.turns, disguise(question.turns)) for question in QUESTIONS)


@needs_shared
@pytest.mark.parametrize("disguise", [lightly_paraphrased, reordered])
def test_a_paraphrase_of_any_official_question_would_be_caught(disguise: Disguise) -> None:
    assert all(alike(question.turns, disguise(question.turns)) for question in official())
