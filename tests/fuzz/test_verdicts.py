"""Any text has the verdict that a slow reader finds, which goes through it letter by letter and shares no code."""

import json
from collections.abc import Callable
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from mtbench.judging.prompts import OutputFormat
from mtbench.judging.verdicts import Rule, parse_rating, parse_structured, parse_two_ratings, parse_winner
from tests.fuzz.profile import examples
from tests.fuzz.values import values

_PIECES = [
    "[[", "]]", "[", "]", "[[7]]", "[[10]]", "[[A]]", "[[B]]", "[[C]]", "[[7,3]]", "[[7.1, 7]]", "[7]", "[A]", "[5,6]",
    "[[**8**]]", "[[ B ]]", "[[`9`]]", "[[rating]]", "[[7]", "[7]]", "[[[7]]]", "[[7][8]]", "[[-3]]", "[[11]]",
    "[[7.]]", "[[.5]]", "[[+7]]", "[[007]]", "[[7,]]", "[[,7]]", "[[７]]", "[[1e1]]", "[[0.5]]", "nums[2]", "f(x)[3]",
    "A", "7", ".", ",", " ", "\n", "\t", "*", "_", "`", "\u00a0", "\x1c", "10", "0", "-", "{", "}", '"score"', ": ",
    '"', ")", "_", "aaa", "9" * 30, "[[" + "1" * 300,
]  # fmt: skip

texts = st.one_of(
    st.lists(st.sampled_from(_PIECES), max_size=12).map("".join),
    st.lists(st.one_of(st.sampled_from(_PIECES), st.text(max_size=3)), max_size=10).map("".join),
    st.text(),
)
_DIGITS = "0123456789"
_PADDING = " \t\r\n*_`"


def stripped(text: str) -> str:
    while text and text[0] in _PADDING:
        text = text[1:]
    while text and text[-1] in _PADDING:
        text = text[:-1]
    return text


def is_number(text: str, signed: bool = True) -> bool:
    """7, 7.5, 7. and, where a sign may stand, -7."""
    if signed and text[:1] in ("+", "-"):
        text = text[1:]
    whole, _, rest = text.partition(".")
    return bool(whole) and all(letter in _DIGITS for letter in whole + rest)


def doubled(text: str) -> list[str]:
    """What stands in each [[…]] that holds no bracket."""
    found = []
    for start in range(len(text)):
        if text[start : start + 2] == "[[":
            end = start + 2
            while end < len(text) and text[end] not in "[]":
                end += 1
            if text[end : end + 2] == "]]":
                found.append(text[start + 2 : end])
    return found


def single(text: str) -> list[str]:
    """What stands in each […] that is no index."""
    found = []
    for start in range(len(text)):
        before = text[start - 1] if start else " "
        if text[start] == "[" and not (before.isalnum() or before in "_])"):
            end = start + 1
            while end < len(text) and text[end] not in "[]":
                end += 1
            if text[end : end + 1] == "]":
                found.append(text[start + 1 : end])
    return found


def last(text: str, is_verdict: Callable[[str], bool]) -> str:
    """The content of the last [[…]] if that is a verdict; without any [[…]], the last […] that is one."""
    if doubled(text):
        content = stripped(doubled(text)[-1])
        return content if is_verdict(content) else ""
    fits = [content for content in map(stripped, single(text)) if is_verdict(content)]
    return fits[-1] if fits else ""


def first(text: str, count: int) -> list[str]:
    """The numbers of the leftmost [[…]] of `count` plain numbers, else of the leftmost […]."""
    for opening, closing in (("[[", "]]"), ("[", "]")):
        for start in range(len(text)):
            end = text.find(closing, start)
            if text.startswith(opening, start) and end >= 0:
                parts = text[start + len(opening) : end].split(",")
                if len(parts) == 2 and parts[1][:1].isspace():
                    parts[1] = parts[1][1:]
                if len(parts) == count and all(is_number(part, signed=False) for part in parts):
                    return parts
    return []


def graded(number: str) -> Fraction | None:
    if not number or len(number) >= 20:
        return None
    value = Fraction(number.rstrip(".") if number.endswith(".") else number)
    return value if 1 <= value <= 10 else None


def winner_of(numbers: list[str]) -> str | None:
    if len(numbers) != 2 or None in (grades := [graded(number.strip()) for number in numbers]):
        return None
    a, b = grades
    assert a is not None
    assert b is not None
    return "C" if abs(a - b) <= Fraction(1, 10) else "A" if a > b else "B"


def is_pair(text: str) -> bool:
    a, comma, b = text.partition(",")
    return bool(comma) and is_number(a.rstrip()) and is_number(b.lstrip())


@examples(150)
@given(text=texts)
def test_a_rating_is_the_one_that_the_slow_reader_finds(text: str) -> None:
    found: list[tuple[Rule, str]] = [("last", last(text, is_number)), ("first", "".join(first(text, 1)))]
    for rule, number in found:
        rating = parse_rating(text, rule)
        assert (rating is None) == (graded(number) is None)
        if rating is not None:
            assert rating == float(number)
            assert isinstance(rating, float) == ("." in number)


@examples(150)
@given(text=texts)
def test_a_winner_is_the_one_that_the_slow_reader_finds(text: str) -> None:
    assert parse_winner(text) == (last(text, lambda content: content in ("A", "B", "C")) or None)
    there = [letter for letter in "ABC" if "[[" + letter + "]]" in text]
    assert parse_winner(text, "first") == (there[0] if there else None)


@examples(150)
@given(text=texts)
def test_the_winner_by_two_ratings_is_the_one_that_the_slow_reader_finds(text: str) -> None:
    assert parse_two_ratings(text) == winner_of(last(text, is_pair).split(","))
    assert parse_two_ratings(text, "first") == winner_of(first(text, 2))


FIELDS: dict[OutputFormat, list[str]] = {
    "[[rating]]": ["score"],
    "[[A]]": ["verdict"],
    "[[rating_a,rating_b]]": ["score_a", "score_b"],
}
verdicts = st.one_of(
    st.fixed_dictionaries({"score": st.integers(0, 11)}),
    st.fixed_dictionaries({"reasoning": st.sampled_from(['{"score": 9}', "}", '"', "[[3]]"]), "score": st.floats()}),
    st.fixed_dictionaries({"verdict": st.sampled_from("ABCD")}),
    st.fixed_dictionaries({}, optional={"score_a": st.integers(0, 11), "score_b": st.integers(0, 11)}),
    st.dictionaries(st.sampled_from(["score", "verdict", "score_a", "x"]), values, max_size=3),
)
between = st.one_of(st.sampled_from(["", "\n", "```json\n", "```", "Thus: ", "[", "]", ",", "{", "}"]), st.just(" "))


@examples(150)
@given(parts=st.lists(st.tuples(between, verdicts), max_size=4), after=between)
def test_a_json_verdict_is_that_of_the_last_object_that_has_one(
    parts: list[tuple[str, dict[str, object]]], after: str
) -> None:
    text = "".join(before + json.dumps(obj) for before, obj in parts) + after
    for form, fields in FIELDS.items():
        having = [obj for _, obj in parts if any(field in obj for field in fields)]
        read: list[object] = [having[-1].get(field) for field in fields] if having else [None]
        assert parse_structured(text, form) == verdict_of(form, read)


def verdict_of(form: OutputFormat, read: list[object]) -> object:
    if form == "[[A]]":
        return read[0] if read[0] in ("A", "B", "C") else None
    grades = [each for each in read if isinstance(each, int | float) and not isinstance(each, bool) and 1 <= each <= 10]
    if not grades or len(grades) != len(read):
        return None
    if len(grades) == 1:
        return grades[0]
    a, b = (Fraction(str(each)) for each in grades)
    return "C" if abs(a - b) <= Fraction(1, 10) else "A" if a > b else "B"
