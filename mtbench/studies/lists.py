"""Lists in answers: finding them, and saying them twice."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

from mtbench.studies.rewording import is_english, lowered, raised, reworded

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

BRIDGE = "Put another way:"
"""What stands between the two, so that the second is read as the first once more."""


@dataclass(frozen=True, slots=True)
class FoundList:
    """A list in a text: its lines, from `start` (from 0) to before `end`, and the items at its top level."""

    start: int
    end: int
    items: int

    def text(self, whole: str) -> str:
        """The list as it stands there."""
        return "\n".join(whole.split("\n")[self.start : self.end])


def longest_list(text: str) -> FoundList | None:
    """The list of most items, the first of equals; None where there is none.

    A list is what CommonMark takes for one: with numbers, -, * or +, not in code and not in a quote. Numbered lists
    that go on counting after text or code between their items are one.
    """
    if not _MAY_BE_A_LIST.search(text) or _LONE_RETURN.search(text):
        return None
    lists: list[FoundList] = []
    counting: int | None = None  # the place in `lists` of the one that goes on if the next number is `number`
    number = 0
    for token, inside in _blocks(text):
        if token.type in ("heading_open", "hr"):
            counting = None
        if token.type not in _LISTS:
            continue
        items = sum(each.type == "list_item_open" and each.level == 1 for each in inside)
        found = FoundList(*_lines(token, text), items)
        begins = int(token.attrs.get("start", 1)) if token.type == _NUMBERED else None
        if counting is not None and begins == number:
            before = lists[counting]
            lists[counting] = FoundList(before.start, found.end, before.items + items)
        else:
            lists.append(found)
            counting = counting if begins is None else len(lists) - 1
        number = number if begins is None else begins + items
    return max(lists, key=lambda each: each.items, default=None)


def is_repetitive(text: str, found: FoundList) -> bool:
    """Whether two items of the list are the same, as weak models write them: saying it again is no attack then."""
    lines = text.split("\n")
    said = [_MARKS.sub("", lines[unit.line], count=1).strip() for unit in _units(text, found) if unit.begins_item]
    return len({*said}) < len(said)


def restated(text: str, found: FoundList) -> str | None:
    """The list in other words, item for item, by rule; None where the rules cannot say it otherwise.

    They know English, and need words: a list of numbers, formulas or single words stays unsaid.
    """
    lines, units = text.split("\n"), _units(text, found)
    firsts = [unit.line for unit in units if unit.begins_item]
    ends = dict(pairwise([*firsts, found.end]))
    worded = 0
    for unit in units:
        marks = _MARKS.match(lines[unit.line])
        at = marks.end() if marks else 0
        content = lines[unit.line][at:]
        if unit.begins_item:
            worded += len(re.findall(r"[^\W\d_]{2,}", content)) > 1
            goes_on = any(line.strip() for line in lines[unit.line + 1 : ends[unit.line]])
            content = _item(content, firsts.index(unit.line), found.items, goes_on)
        else:
            content = _more_of_item(content)
        lines[unit.line] = lines[unit.line][:at] + content
    original, said = found.text(text), "\n".join(lines[found.start : found.end])
    is_foreign = not is_english(text) or (len(original.split()) > _FEW_WORDS and not is_english(original))
    return None if said == original or is_foreign or worded < _WORDED * found.items else said


_WORDED = 0.75
"""So large a part of the items has to have words."""
_FEW_WORDS = 20
"""Too few to tell the language of a list by."""


def with_list_twice(text: str, found: FoundList, said: str) -> str:
    """The text with `said` before the list; the rest stays as it is."""
    lines = text.split("\n")
    return "\n".join([*lines[: found.start], said.rstrip(), "", BRIDGE, "", *lines[found.start :]])


@dataclass(frozen=True, slots=True)
class _Unit:
    """A line of text in a list, of a paragraph; `begins_item`: with it an item at the list's top level begins."""

    line: int
    begins_item: bool


def _units(text: str, found: FoundList) -> list[_Unit]:
    """The lines of paragraphs in a list and between its parts; lines of code, tables and headings are none."""
    units: list[_Unit] = []
    kind: str | None = None
    for token, inside in _blocks(text):
        start, _ = _lines(token, text)
        if not found.start <= start < found.end:
            continue
        kind = kind or token.type
        begins = False
        for before, each in pairwise(inside):
            begins = begins or (token.type == kind and before.type == "list_item_open" and before.level == 1)
            if each.type == "inline" and each.map and before.type == "paragraph_open":
                for line in range(each.map[0], min(each.map[1], found.end)):
                    units.append(_Unit(line, begins))
                    begins = False
    return units


_NUMBERED = "ordered_list_open"
_LISTS = (_NUMBERED, "bullet_list_open")
_MAY_BE_A_LIST = re.compile(r"^ {0,3}(?:\d{1,9}[.)]|[-*+])[ \t]", re.MULTILINE)
_LONE_RETURN = re.compile(r"\r(?!\n)")
"""CommonMark ends a line with it, and nothing here does."""
_MARKS = re.compile(r"\s*(?:(?:\d{1,9}[.)]|[-*+])\s+)+(?:\[[ xX]\]\s+)?|\s+")


def _blocks(text: str) -> "Iterator[tuple[Token, Sequence[Token]]]":
    """The blocks of a text that lie in no other: the first token of each, and all of them."""
    tokens = _parser().parse(text)
    start = 0
    for number, token in enumerate(tokens):
        if token.level == 0 and token.nesting <= 0:
            yield tokens[start], tokens[start : number + 1]
            start = number + 1


def _lines(token: "Token", text: str) -> tuple[int, int]:
    """Where a block stands, without blank lines at its end, and a list without text at the margin below it."""
    start, end = token.map or (0, 0)
    lines = text.split("\n")
    while end > start + 1 and not lines[end - 1].strip():
        end -= 1
    while token.type in _LISTS and not (lines[end - 1][:1].isspace() or _MARKS.match(lines[end - 1])):
        end -= 1
    return start, end


@cache
def _parser() -> "MarkdownIt":
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark").enable("table").disable("inline")


def _item(content: str, item: int, items: int, goes_on: bool) -> str:
    """The first line of an item in other words."""
    headed = _BOLD_HEAD.fullmatch(content) or _PLAIN_HEAD.fullmatch(content)
    if headed and len(headed["head"].split()) <= _longest_head(headed):
        return _headed(headed, item, goes_on)
    said = reworded(content)
    if _LEADS_ON.match(said) or (said != content and item % 2):
        return said
    opener = "To begin with" if item == 0 else "And finally" if item == items - 1 else _OPENERS[item % len(_OPENERS)]
    inner = lowered(said)
    return f"{opener}, {inner}" if inner != said else f"{opener}: {said}"


def _headed(found: re.Match[str], item: int, goes_on: bool) -> str:
    """An item with a head, the head in another place."""
    head = found["head"].rstrip(": ")
    is_marked = len(head.split()) < 3 or {*head} & {*'"“”'}
    named = f"**{head}**" if found["mark"] else head if is_marked else f"“{head}”"
    body = raised(reworded(found["body"])).rstrip()
    if item % 2 == 0 or goes_on:
        return f"{_ABOUT[item // 2 % len(_ABOUT)]} {named}: {body}"
    return f"{body} That comes under {named}." if _SENTENCE.search(body) else f"{body}: that is {named}"


def _longest_head(found: re.Match[str]) -> int:
    """Words. What goes on with a small letter is rather a sentence with a colon in it."""
    return 4 if not found["mark"] and found["body"][0].islower() else 10


def _more_of_item(content: str) -> str:
    """A further line of an item in other words; a head stays where it is."""
    headed = _BOLD_HEAD.fullmatch(content)
    return content[: headed.start("body")] + reworded(headed["body"]) if headed else reworded(content)


_BOLD_HEAD = re.compile(r"(?P<mark>\*\*|__)(?P<head>.+?)(?P=mark)\s*[:–—-]?\s+(?P<body>\S.*)")
_PLAIN_HEAD = re.compile(r"(?P<mark>)(?P<head>[^:.!?*`]{2,80}):\s+(?P<body>\S.*)")
_SENTENCE = re.compile(r"[.!?][\"”*_)]*$")
_ABOUT = ("As for", "Under")
_OPENERS = ("Next", "Also", "Further", "Besides")
_LEADS_ON = re.compile(
    r"(?:(?:To begin with|Next|Also|Further|Besides|First|Second|Third|Finally|Lastly|Moreover|What is more|In addition"
    r"|Still|As a result|Consequently|For this reason|All in all|Likewise|Otherwise|Now),"
    r"|(?:So|Thus|Therefore|Then|And|But|Or|Hence) )"
)
"""Words beside which an opener would be one too many."""
