"""What counts as a header, a list item and bold, and what only looks like one."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from mtbench.reports.style import Style, style_of
from tests.support.shared import SHARED, needs_shared


def counts(text: str) -> tuple[int, int, int]:
    style = style_of(text)
    return style.headers, style.lists, style.bold


def test_an_answer_is_measured_in_characters_code_included() -> None:
    text = "# Añil\n\n- **uno**\n- dos\n\n```\n# no\n```\n"
    assert style_of(text) == Style(length=len(text), headers=1, lists=2, bold=1)


@pytest.mark.parametrize("text", ["", "\n", "plain words, and more of them", "a_b * c - d"])
def test_plain_text_has_a_length_alone(text: str) -> None:
    assert style_of(text) == Style(len(text), 0, 0, 0)


@pytest.mark.parametrize(
    ("text", "headers"),
    [
        ("# a\n## b\n###### c", 3),
        ("   ## up to three spaces", 1),
        ("#", 1),
        ("## closed ##", 1),
        ("> # quoted", 1),
        ("- # in an item", 1),
        ("text\n# needs no empty line", 1),
        ("A title\n=======\n\nAnother\n---\n", 2),
        ("two lines\nof one title\n---", 1),
        ("#no space", 0),
        ("####### seven", 0),
        ("\\# escaped", 0),
        ("C# and F# are languages", 0),
        ("    # four spaces are code", 0),
        ("a line\n\n---\n\na rule", 0),
        ("---\n\n***\n", 0),
        ("| a | b |\n|---|---|\n| 1 | 2 |", 0),
        ("a | b\n--- | ---\n1 | 2", 0),
        ("- item\n---", 0),
    ],
)
def test_headers(text: str, headers: int) -> None:
    assert counts(text)[0] == headers


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("- a\n* b\n+ c", 3),
        ("1. a\n2. b\n10) c", 3),
        ("- a\n  - b\n    - c\n      - d", 4),
        ("1. a\n   - b\n   - c\n2. d", 4),
        ("* a\n\n    * b, four spaces after an empty line\n\n* c", 3),
        ("Steps:\n1. a\n2. b", 2),
        ("> - quoted\n> - twice", 2),
        ("- - two at once", 2),
        ("-\n- empty ones", 2),
        ("1. a\n\n   a paragraph of it\n\n2. b", 2),
        ("- [ ] to do\n- [x] done", 2),
        ("It was in\n1986. A line that starts with a year", 0),
        ("-5 degrees\n\n1.5 litres\n\n*emphasis*", 0),
        ("* * *\n\n- - -", 0),
        ("\\- a\n\n1\\. b", 0),
        ("    - code", 0),
        ("a - b\n\nsee 1. above", 0),
    ],
)
def test_list_items(text: str, items: int) -> None:
    assert counts(text)[1] == items


@pytest.mark.parametrize(
    ("text", "bold"),
    [
        ("**a** and __b__", 2),
        ("***a***", 1),
        ("**over\ntwo lines**", 1),
        ("# **a**\n\n- **b**: c\n\n> __d__", 3),
        ("| **a** | b |\n|---|---|\n| c | **d** |", 2),
        ("[**a**](https://example.com/__x__)", 1),
        ("**a `code` b**", 1),
        ("in**tra**word", 1),
        ("\\\\**a**", 1),
        ("call __init__ first", 1),  # as it would be shown, meant or not
        ("x = 2**3", 0),
        ("f(**kwargs, **more)", 0),
        ("foo__bar__baz", 0),
        ("** not flanking **", 0),
        ("\\*\\*escaped\\*\\*", 0),
        ("`**code**` and ``**`code`**``", 0),
        ("**open to the end of the paragraph\n\nof which this is not part**", 0),
        ("*a* and _b_", 0),
        ("****", 0),
    ],
)
def test_bold(text: str, bold: int) -> None:
    assert counts(text)[2] == bold


MARKED = "# a\n- b\n1. c\n**d**\ne\n---"


@pytest.mark.parametrize(
    "text",
    [
        f"```\n{MARKED}\n```",
        f"```python title='x'\n{MARKED}\n```",
        f"~~~\n{MARKED}\n```\n{MARKED}\n~~~",
        f"````\n```\n{MARKED}\n```\n````",
        f"```\n{MARKED}\n``` not the end\n{MARKED}\n```",
        f"```\n{MARKED}",
        "".join(f"    {line}\n" for line in MARKED.split("\n")),
        "".join(f"> {line}\n" for line in ["```", *MARKED.split("\n"), "```"]),
    ],
)
def test_code_blocks_have_no_style(text: str) -> None:
    assert counts(text) == (0, 0, 0)


def test_code_in_a_list_item_ends_where_its_fence_does() -> None:
    code = "".join(f"   {line}\n" for line in ["```", *MARKED.split("\n"), "```"])
    assert counts(f"1. a\n{code}2. **b**\n\n# c") == (1, 2, 1)


def test_three_backticks_in_a_line_of_text_open_no_block() -> None:
    assert counts("say ```x``` once\n\n# a") == (1, 0, 0)
    assert counts("```x``` opens nothing\n\n# a") == (1, 0, 0)


@given(st.text(alphabet="#*_-+=1.)>`~ \t\nab|[]()\\!<&", max_size=60))
def test_what_is_left_out_for_speed_changes_nothing(text: str) -> None:
    """The parser's own reading, every paragraph looked into."""
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    inside = [span.type for token in tokens for span in token.children or []]
    kinds = [token.type for token in tokens]
    expected = kinds.count("heading_open"), kinds.count("list_item_open"), inside.count("strong_open")
    assert counts(text) == expected


@pytest.mark.parametrize("part", ["**a ", "[", "> ", "- a\n", "`", "|a", "<!--", "*a **b ", "[a](<b"])
def test_a_hostile_answer_takes_no_time(part: str) -> None:
    start = time.perf_counter()
    style_of("**" + part * 5000)
    assert time.perf_counter() - start < 3


@needs_shared
def test_real_answers_of_a_terse_and_an_ornate_model_differ() -> None:
    def mean_of(model: str) -> float:
        lines = (SHARED / "mt_bench" / "model_answer" / f"{model}.jsonl").read_text().splitlines()
        texts = [turn for line in lines for turn in json.loads(line)["choices"][0]["turns"]]
        return sum(style_of(text).lists for text in texts) / len(texts)

    assert mean_of("gpt-4") > 2 * mean_of("alpaca-13b")
