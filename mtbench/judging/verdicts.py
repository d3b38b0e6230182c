"""Reading a judge's verdict from its text. What is not clearly a verdict is None: unparsed, never a guess or a zero.

Two rules. "last": the last [[…]] of the text decides, whatever stands in it, since a judge explains first and may quote
an answer that wrote a verdict of its own; where there is no [[…]], the last [verdict] in single brackets that is no
index (nums[2]). "first": FastChat's reading (fastchat/llm_judge/common.py), which takes the first.
"""

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Literal

from mtbench.judging.prompts import JudgePrompt, OutputFormat

Rule = Literal["last", "first"]
Winner = Literal["A", "B", "C"]

TIE_DELTA = 0.1
"""Two grades that differ by no more than this are a tie (FastChat's value)."""


def parse(text: str, prompt: JudgePrompt, rule: Rule = "last") -> float | Winner | None:
    """The verdict of a judge's text on `prompt`: a grade from 1 to 10, a winner as shown (C is a tie), or None."""
    if prompt.schema is not None:
        return parse_structured(text, prompt.output_format)
    if prompt.output_format == "[[rating]]":
        return parse_rating(text, rule)
    return parse_winner(text, rule) if prompt.output_format == "[[A]]" else parse_two_ratings(text, rule)


def parse_rating(text: str, rule: Rule = "last") -> float | None:
    """A grade from 1 to 10, an int where it is written as one; None for any other number."""
    if rule == "first":
        found = _FIRST_RATING.search(text) or _FIRST_RATING_BACKUP.search(text)
        return _grade(found[1]) if found else None
    return _grade(_last(text, _NUMBER))


def parse_winner(text: str, rule: Rule = "last") -> Winner | None:
    """A, B or C (a tie). The rule "first" looks for [[A]] anywhere, then [[B]], then [[C]], as FastChat does."""
    if rule == "first":
        return _winner(next((letter for letter in "ABC" if f"[[{letter}]]" in text), ""))
    return _winner(_last(text, "[ABC]"))


def parse_two_ratings(text: str, rule: Rule = "last") -> Winner | None:
    """The winner by two grades, [[a,b]]; C where they differ by no more than TIE_DELTA."""
    if rule == "first":
        found = _FIRST_TWO_RATINGS.search(text) or _FIRST_TWO_RATINGS_BACKUP.search(text)
        first, second = found.groups() if found else ("", "")
    else:
        first, _, second = _last(text, rf"{_NUMBER}\s*,\s*{_NUMBER}").partition(",")
    return _higher(_grade(first), _grade(second))


def parse_structured(text: str, output_format: OutputFormat) -> float | Winner | None:
    """The verdict of the last JSON object in the text that has the field for it, fenced or among other words."""
    fields = {"[[rating]]": ("score",), "[[A]]": ("verdict",), "[[rating_a,rating_b]]": ("score_a", "score_b")}
    verdicts = [values for obj in _objects(text) if (values := [obj[f] for f in fields[output_format] if f in obj])]
    if not verdicts or len(verdicts[-1]) != len(fields[output_format]):
        return None
    values = verdicts[-1]
    if output_format == "[[A]]":
        return _winner(values[0])
    grades = [_in_range(value) for value in values]
    return grades[0] if output_format == "[[rating]]" else _higher(*grades)


_NUMBER = r"[+-]?[0-9]+(?:\.[0-9]*)?"
_BRACKETED = re.compile(r"\[\[([^\[\]]*)\]\]")
_PADDING = " \t\r\n*_`"
"""What may stand around a verdict within its brackets: spaces, and Markdown for bold or code."""

_PLAIN = r"([0-9]+(?:\.[0-9]*)?)"  # FastChat's [0-9]+\.?[0-9]*, without its steps back: a reply may be all digits
_FIRST_RATING = re.compile(rf"\[\[{_PLAIN}\]\]")
_FIRST_RATING_BACKUP = re.compile(rf"\[{_PLAIN}\]")
_FIRST_TWO_RATINGS = re.compile(rf"\[\[{_PLAIN},\s?{_PLAIN}\]\]")
_FIRST_TWO_RATINGS_BACKUP = re.compile(rf"\[{_PLAIN},\s?{_PLAIN}\]")


def _last(text: str, verdict: str) -> str:
    """What stands in the last [[…]] if it matches `verdict`, else "". Without any [[…]], the last [verdict]."""
    doubled = _BRACKETED.findall(text)
    if doubled:
        found = doubled[-1].strip(_PADDING)
        return found if re.fullmatch(verdict, found) else ""
    single = re.findall(rf"(?<![\w\])])\[[{re.escape(_PADDING)}]*({verdict})[{re.escape(_PADDING)}]*\]", text)
    return single[-1] if single else ""


def _grade(written: str) -> float | None:
    number = written.strip()
    return _in_range(float(number) if "." in number else int(number)) if 0 < len(number) < 20 else None


def _in_range(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if 1 <= value <= 10 else None


def _winner(value: object) -> Winner | None:
    return value if value == "A" or value == "B" or value == "C" else None


def _higher(first: float | None, second: float | None) -> Winner | None:
    if first is None or second is None:
        return None
    # In decimals as written: 7.1 and 7.0 differ by 0.1, in binary by more or less.
    if abs(Decimal(str(first)) - Decimal(str(second))) <= Decimal(str(TIE_DELTA)):
        return "C"
    return "A" if first > second else "B"


def _objects(text: str) -> Iterator[dict[str, Any]]:
    """The JSON objects of a text from left to right, none within another."""
    decoder, end = json.JSONDecoder(), 0
    for opening in re.finditer(r'\{\s*"', text):
        if opening.start() < end:
            continue
        try:
            obj, end = decoder.raw_decode(text, opening.start())
        except (ValueError, RecursionError):
            continue
        yield obj
