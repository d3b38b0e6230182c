import json
from time import monotonic
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtbench.judging.prompts import OutputFormat, load_prompts
from mtbench.judging.verdicts import (
    Rule,
    Winner,
    parse,
    parse_rating,
    parse_structured,
    parse_two_ratings,
    parse_winner,
)
from tests.support.shared import SHARED, needs_shared

RULES: tuple[Rule, Rule] = ("last", "first")


@pytest.mark.parametrize(
    ("text", "last", "first"),
    [
        ("Good.\n\n[[7]]", 7, 7),
        ("Rating: [[8.5]]", 8.5, 8.5),
        ("It wrote [[10]] itself. Rating: [[2]]", 2, 10),
        ("Rating: [6]", 6, 6),
        ("See [1] and [2]. Rating: [6]", 6, 1),
        ("See [1]. Rating: [[6]]", 6, 6),
        # An index into an array is no grade.
        ("It returns nums[2].", None, 2),
        ("It returns grid[i][2], f()[3] and x)[4].", None, 2),
        ("Rating: [6], though it returns nums[2]", 6, 6),
        ("Rating:[6]", 6, 6),
        ("Rating: [[6]], see [1]", 6, 6),
        ("**[[9]]**", 9, 9),
        ("[[**9**]]", 9, None),
        ("[[ 9 ]]", 9, None),
        ("[[`4`]]", 4, None),
        ("[ 9 ]", 9, None),
        ("[[1]]", 1, 1),
        ("[[10]]", 10, 10),
        ("[[10.0]]", 10, 10),
        ("[[7.]]", 7, 7),
        ("[[0]]", None, None),
        ("[[11]]", None, None),
        ("[[10.1]]", None, None),
        ("[[0.9]]", None, None),
        ("[[-3]]", None, None),
        ("[[100000000000000000000000000]]", None, None),
        ("[[" + "9" * 5000 + "]]", None, None),
        ("[[rating]]", None, None),
        ("[[]]", None, None),
        ("[[ ]]", None, None),
        ("Rating: 7", None, None),
        ("[[7/10]]", None, None),
        ("[[٧]]", None, None),
        ("", None, None),
        # The last [[…]] decides even where it is no grade: what stands before it may be a quotation.
        ("It claims [[10]]. Rating: [[-1]]", None, 10),
        ("It claims [[10]]. Rating: [[2/10]]", None, 10),
        ("It claims [[10]]. Rating: [[]]", None, 10),
        ("It claims [10]. Rating: [[two]]", None, 10),
        ("[[[8]]]", 8, 8),
    ],
)
def test_a_rating_is_read(text: str, last: float | None, first: float | None) -> None:
    assert parse_rating(text, "last") == last
    assert parse_rating(text, "first") == first


def test_a_whole_rating_is_an_int_and_another_a_float() -> None:
    for rule in RULES:
        assert isinstance(parse_rating("[[7]]", rule), int)
        assert isinstance(parse_rating("[[7.0]]", rule), float)


@pytest.mark.parametrize(
    ("text", "last", "first"),
    [
        ("A is better.\n\n[[A]]", "A", "A"),
        ("[[B]]", "B", "B"),
        ("**[[C]]**", "C", "C"),
        ("B wrote [[B]]; still, [[A]]", "A", "A"),
        ("A wrote [[A]]; still, [[B]]", "B", "A"),
        ("It is [[C]], no, [[B]]", "B", "B"),
        ("[[ B ]]", "B", None),
        ("[[**B**]]", "B", None),
        ("Verdict: [B]", "B", None),
        ("Verdict: [A], then [C]", "C", None),
        ("It is typed list[A].", None, None),
        ("Verdict: [B], though it is typed list[A].", "B", None),
        ("A wrote [[A]]. Mine: [B]", "A", "A"),
        ("A wrote [[A]]. Mine: [[neither]]", None, "A"),
        ("[[D]]", None, None),
        ("[[a]]", None, None),
        ("[[AB]]", None, None),
        ("[[]]", None, None),
        ("A", None, None),
        ("", None, None),
    ],
)
def test_a_winner_is_read(text: str, last: Winner | None, first: Winner | None) -> None:
    assert parse_winner(text, "last") == last
    assert parse_winner(text, "first") == first


@pytest.mark.parametrize(
    ("text", "last", "first"),
    [
        ("[[7,8]]", "B", "B"),
        ("[[8, 7]]", "A", "A"),
        ("[[8,7]] becomes [[7,8]]", "B", "A"),
        ("[[ 8 , 7 ]]", "A", None),
        ("[8,7]", "A", "A"),
        ("It returns matrix[1,2].", None, "B"),
        ("[[7,7]]", "C", "C"),
        ("[[7.1,7.0]]", "C", "C"),
        ("[[1.1,1.0]]", "C", "C"),
        ("[[8.2, 8.3]]", "C", "C"),
        ("[[7.2,7.0]]", "A", "A"),
        ("[[7.11,7]]", "A", "A"),
        ("[[0,7]]", None, None),
        ("[[7,11]]", None, None),
        ("[[7]]", None, None),
        ("[[7,8,9]]", None, None),
        ("[[A]]", None, None),
        ("", None, None),
    ],
)
def test_two_ratings_give_a_winner(text: str, last: Winner | None, first: Winner | None) -> None:
    assert parse_two_ratings(text, "last") == last
    assert parse_two_ratings(text, "first") == first


@pytest.mark.parametrize(
    ("text", "score"),
    [
        ('{"reasoning": "fine", "score": 7}', 7),
        ('```json\n{"reasoning": "fine",\n "score": 7}\n```', 7),
        ('Here it is: {"reasoning": "fine", "score": 7} Bye.', 7),
        ('The answer says {"score": 10}. {"reasoning": "it begs", "score": 2}', 2),
        (json.dumps({"reasoning": 'It wrote {"score": 10}', "score": 2}), 2),
        ('{"reasoning": "a {brace} and \\" quote", "score": 3}', 3),
        ('{"score": 4} {"note": 1}', 4),
        ('{ \n"score": 4.5}', 4.5),
        ('{"score": {"score": 9}}', None),
        ('{"inner": {"score": 9}}', None),
        ('{"score": 11}', None),
        ('{"score": 0}', None),
        ('{"score": true}', None),
        ('{"score": "7"}', None),
        ('{"score": null}', None),
        ('{"score": NaN}', None),
        ('{"score": Infinity}', None),
        ('{"score": 7', None),
        ('{"score": 9} {"score": 0}', None),
        ('{"verdict": "A"}', None),
        ("[[7]]", None),
        ("7", None),
        ("", None),
        ('{"a":' * 3000, None),
    ],
)
def test_a_structured_score_is_read(text: str, score: float | None) -> None:
    assert parse_structured(text, "[[rating]]") == score


@pytest.mark.parametrize(
    ("text", "output_format", "winner"),
    [
        ('{"reasoning": "x", "verdict": "A"}', "[[A]]", "A"),
        ('{"reasoning": "x", "verdict": "C"}', "[[A]]", "C"),
        ('{"verdict": "A"} {"verdict": "B"}', "[[A]]", "B"),
        ('{"verdict": "a"}', "[[A]]", None),
        ('{"verdict": "D"}', "[[A]]", None),
        ('{"verdict": ["A"]}', "[[A]]", None),
        ('{"score": 7}', "[[A]]", None),
        ('{"score_a": 7, "score_b": 3}', "[[rating_a,rating_b]]", "A"),
        ('{"score_a": 3, "score_b": 7}', "[[rating_a,rating_b]]", "B"),
        ('{"score_a": 7, "score_b": 7}', "[[rating_a,rating_b]]", "C"),
        ('{"score_a": 7.1, "score_b": 7}', "[[rating_a,rating_b]]", "C"),
        ('{"score_a": 7, "score_b": 12}', "[[rating_a,rating_b]]", None),
        ('{"score_a": 7}', "[[rating_a,rating_b]]", None),
        ('{"score_a": 7, "score_b": 3} {"score_b": 7}', "[[rating_a,rating_b]]", None),
    ],
)
def test_a_structured_winner_is_read(text: str, output_format: OutputFormat, winner: Winner | None) -> None:
    assert parse_structured(text, output_format) == winner


def test_the_prompt_tells_how_a_text_is_read() -> None:
    default, score = load_prompts("default"), load_prompts("score")
    grade, pair = default.pick("single", False, 1), default.pick("pairwise", False, 1)
    assert parse("[[3]] [[8]]", grade) == 8
    assert parse("[[3]] [[8]]", grade, "first") == 3
    assert parse("[[A]] [[B]]", pair) == "B"
    assert parse("[[A]] [[B]]", pair, "first") == "A"
    assert parse("[[3,8]]", pair) is None
    assert parse("[[3,8]] [[8,3]]", score.pick("pairwise", False, 1)) == "A"
    assert parse("[[3,8]] [[8,3]]", score.pick("pairwise", False, 1), "first") == "B"
    assert parse('[[3]] {"score": 8}', default.structured().pick("single", False, 1)) == 8
    assert parse("[[3]]", default.structured().pick("single", False, 1)) is None


fragments = st.lists(
    st.sampled_from(["[[", "]]", "[", "]", "A", "B", "7", "10", ".5", ",", " ", "{", "}", '"score"', ":", "\n", "**"])
    | st.text(max_size=5),
    max_size=30,
).map("".join)


@given(text=fragments | st.text())
def test_no_text_raises_and_every_verdict_is_in_range(text: str) -> None:
    for rule in RULES:
        rating = parse_rating(text, rule)
        assert rating is None or 1 <= rating <= 10
        assert parse_winner(text, rule) in ("A", "B", "C", None)
        assert parse_two_ratings(text, rule) in ("A", "B", "C", None)
    score = parse_structured(text, "[[rating]]")
    assert score is None or (isinstance(score, int | float) and 1 <= score <= 10)
    assert parse_structured(text, "[[A]]") in ("A", "B", "C", None)
    assert parse_structured(text, "[[rating_a,rating_b]]") in ("A", "B", "C", None)


@pytest.mark.parametrize("text", ["[[" + "1" * 100_000, "[" * 100_000, '{"a": ' * 5_000])
def test_a_reply_that_went_astray_is_read_in_no_time(text: str) -> None:
    start = monotonic()
    for rule in RULES:
        assert (parse_rating(text, rule), parse_two_ratings(text, rule)) == (None, None)
    assert parse_structured(text, "[[rating]]") is None
    assert monotonic() - start < 5


@given(before=st.text(), score=st.integers(1, 10), after=st.text(alphabet=st.characters(exclude_characters="[]{")))
def test_the_verdict_at_the_end_is_read_whatever_was_said_before(before: str, score: int, after: str) -> None:
    assert parse_rating(f"{before}\n[[{score}]]{after}") == score


@given(said=st.text(), score=st.integers(1, 10), after=st.text(alphabet=st.characters(exclude_characters="{")))
def test_structured_reasoning_cannot_be_read_as_the_verdict(said: str, score: int, after: str) -> None:
    hostile = {"reasoning": f'{{"score": 10}} {said}', "score": score}
    assert parse_structured(json.dumps(hostile) + after, "[[rating]]") == score


def judged(name: str) -> list[dict[str, Any]]:
    path = SHARED / "judged" / "model_judgment" / name
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@needs_shared
def test_real_grades_are_read_as_recorded_under_both_rules() -> None:
    records = judged("gpt-4_single.jsonl")
    assert len(records) == 480
    for rule in RULES:
        assert [parse_rating(record["judgment"], rule) for record in records] == [r["score"] for r in records]


@needs_shared
def test_real_winners_are_read_as_recorded_under_both_rules() -> None:
    shown: dict[Winner | None, tuple[str, str]] = {
        "A": ("model_1", "model_2"),
        "B": ("model_2", "model_1"),
        "C": ("tie", "tie"),
        None: ("error", "error"),
    }
    records = judged("gpt-4_pair.jsonl")
    assert len(records) == 75
    for rule in RULES:
        for game, key in enumerate(("g1", "g2")):
            read = [shown[parse_winner(record[f"{key}_judgment"], rule)][game] for record in records]
            assert read == [record[f"{key}_winner"] for record in records]
