"""The style of an answer: how long it is, and how much Markdown it is set in."""

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token
    from markdown_it.utils import EnvType

_MARKS = frozenset("#=-*_+.)")
"""A text with none of these has no header, no list and nothing bold."""


@dataclass(frozen=True, slots=True)
class Style:
    """What style control controls for: LMSYS 2024, Does style matter?

    `length`: characters (Unicode code points) of the whole text, code and white space included. `headers`, `lists`,
    `bold`: how many headers, list items (bulleted and numbered, of every depth) and bold spans.
    """

    length: int
    headers: int
    lists: int
    bold: int


def style_of(text: str) -> Style:
    """The style of a text, read as CommonMark with the tables of GitHub.

    Headers are those with # and those underlined with = or -; bold is ** and __. What stands in a code block, fenced or
    indented, or in a code span is code, and no header, list or bold. Lists and quotes more than 20 deep are not looked
    into.
    """
    if _MARKS.isdisjoint(text):
        return Style(len(text), 0, 0, 0)
    parser = _parser()
    references: EnvType = {}
    headers = lists = bold = 0
    for token in parser.parse(text, references):
        if token.type == "heading_open":
            headers += 1
        elif token.type == "list_item_open":
            lists += 1
        elif token.type == "inline" and ("**" in token.content or "__" in token.content):
            spans: list[Token] = []
            parser.inline.parse(token.content, parser, references, spans)
            bold += sum(span.type == "strong_open" for span in spans)
    return Style(len(text), headers, lists, bold)


@cache
def _parser() -> "MarkdownIt":
    """Leaves the insides of paragraphs alone, for few have anything bold, and looking costs as much as all the rest."""
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark").enable("table").disable("inline")
