"""English said again in other words, by rule: nothing is added, and what cannot be said otherwise stays as it is."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import TypedDict, cast

from mtbench.yamls import read_yaml


def reworded(text: str) -> str:
    """Sentences in other words: clauses change places where they can, and words give way to others of their meaning."""
    ends = [0, *(match.end() for match in _BETWEEN_SENTENCES.finditer(text)), len(text)]
    return "".join(_in_other_words(_turned(text[start:end])) for start, end in pairwise(ends))


def lowered(text: str) -> str:
    """The text as it goes on within a sentence; what may be a name keeps its capital."""
    first = re.match(r"[A-Z][a-z]*(?![\w'’])(?! [A-Z])", text)
    if not first:
        return text
    word, lower = first[0].lower(), _english().lower
    known = word in lower or word.removesuffix("s") in lower or word.endswith("ing")
    return text[0].lower() + text[1:] if known else text


def raised(text: str) -> str:
    """The text as it begins a sentence."""
    return text[:1].upper() + text[1:]


def is_english(text: str) -> bool:
    """Whether enough of the words are such as English alone has."""
    words = re.findall(r"\w+", text.lower())
    return sum(word in _english().common for word in words) >= _COMMON_SHARE * max(len(words), 1)


_COMMON_SHARE = 0.08
"""English has about 0.2 of these words; German, French and Spanish have next to none."""

_BETWEEN_SENTENCES = re.compile(r"(?<=[a-z\d)%*”\"][.!?])\s+(?=[A-Z*“\"])")
_IN_TWO_CLAUSES = re.compile(
    r"(?P<when>If|When|While|Although|Because|Since|Before|After|Once|Unless|Until|By|Without|To)\s"
    r"(?P<clause>[^,;:()–—\n]+),\s(?P<main>[^,;:()–—\n]+?)(?P<end>[.!])"
)
_KEPT = re.compile(
    r"``[^`]*``|`[^`]*`|\$[^$]*\$|\\\(.*?\\\)|\\\[.*?\\\]|\"[^\"]*\"|“[^”]*”|!?\[[^\]]*\]\([^)]*\)|https?://\S+"
)
"""Code, formulas, quotations and links stay as they are."""


class _Sheet(TypedDict):
    words: dict[str, str]
    unless_after: dict[str, str]
    unless_before: dict[str, str]
    lower: str
    pointing: str
    fixed: str
    common: str


@dataclass(frozen=True, slots=True)
class _English:
    """What rewording.yaml says, ready for use. `replaced` finds an article that goes before a word, and the word."""

    words: Mapping[str, str]
    unless_after: Mapping[str, frozenset[str]]
    unless_before: Mapping[str, frozenset[str]]
    lower: frozenset[str]
    pointing: frozenset[str]
    fixed: frozenset[str]
    common: frozenset[str]
    replaced: re.Pattern[str]


@cache
def _english() -> _English:
    sheet = cast(_Sheet, read_yaml(Path(__file__).with_name("rewording.yaml")))
    words = "|".join(re.escape(word) for word in sorted(sheet["words"], key=len, reverse=True))
    return _English(
        sheet["words"],
        {word: frozenset(others.split()) for word, others in sheet["unless_after"].items()},
        {word: frozenset(others.split()) for word, others in sheet["unless_before"].items()},
        frozenset(sheet["lower"].split()),
        frozenset(sheet["pointing"].split()),
        frozenset(sheet["fixed"].split()),
        frozenset(sheet["common"].split()),
        re.compile(rf"(?:(?<![\w'’-])(an?) )?(?<![\w'’*/-])({words})(?![\w'’*/-])", re.IGNORECASE),
    )


def _turned(sentence: str) -> str:
    """`If A, B.` as `B if A.`, where nothing in B points back to A."""
    body, english = sentence.rstrip(), _english()
    found = _IN_TWO_CLAUSES.fullmatch(body)
    if not found or _KEPT.search(body):
        return sentence
    clause, main = found["clause"], found["main"].removeprefix("then ")
    words = re.findall(r"\w+", main.lower())
    parts = clause.split()
    if len(parts) < 3 or parts[0] in english.fixed:
        return sentence
    if not 2 <= len(words) <= _LONGEST_MAIN or words[0] in english.pointing:
        return sentence
    return f"{raised(main)} {found['when'].lower()} {clause}{found['end']}{sentence[len(body) :]}"


_LONGEST_MAIN = 20
"""Words after which it is no longer plain what a clause belongs to."""


def _in_other_words(sentence: str) -> str:
    english = _english()
    kept = [match.span() for match in _KEPT.finditer(sentence)]

    def other(match: re.Match[str]) -> str:
        article, word = match[1], match[2]
        before, after = sentence[: match.start(2)], sentence[match.end() :]
        previous = re.search(r"([\w-]+)\W*$", before.lower())
        following = re.match(r"\W*([\w-]+)", after.lower())
        if (
            (word[0].isupper() and previous)  # a name
            or any(start <= match.start(2) < end for start, end in kept)
            or (previous and previous[1] in english.unless_after.get(word.lower(), ()))
            or (following and following[1] in english.unless_before.get(word.lower(), ()))
        ):
            return match[0]
        said = english.words[word.lower()]
        said = raised(said) if word[0].isupper() else said
        if not article:
            return said
        fitting = "an" if said[0] in "aeiou" else "a"
        return f"{raised(fitting) if article[0].isupper() else fitting} {said}"

    return english.replaced.sub(other, sentence)
