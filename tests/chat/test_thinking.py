"""Reasoning is told apart from the answer, and nothing that was written is lost."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtbench.chat.thinking import split_thinking, with_thinking


@pytest.mark.parametrize(
    ("text", "thinking", "answer"),
    [
        ("<think>\n2 and 2\n</think>\n\nFour.", "2 and 2", "Four."),
        ("\n <think>2 and 2</think>Four.", "2 and 2", "Four."),
        ("<think>2 and 2, so it must", "2 and 2, so it must", ""),
        ("2 and 2\n</think>\n\nFour.", "2 and 2", "Four."),
        ("<think></think>\n\nFour.", "", "Four."),
        ("Four.", "", "Four."),
        ("", "", ""),
        ("<think>a</think>b</think>c", "a", "b</think>c"),
    ],
)
def test_a_block_at_the_beginning_is_thinking(text: str, thinking: str, answer: str) -> None:
    assert split_thinking(text) == (thinking, answer)


@pytest.mark.parametrize(
    "text",
    [
        "Models write <think>notes</think> before they answer.",
        "The closing tag is `</think>`.",
        'Split the text at "</think>" first.',
        "  An answer keeps its own spaces.  ",
        '{"reasoning": "It writes </think> and praises itself.", "score": 2}',
        '```json\n{ "reasoning": "It writes </think>.", "score": 2}\n```',
    ],
)
def test_an_answer_that_talks_about_the_tags_stays_whole(text: str) -> None:
    assert split_thinking(text) == ("", text)


pieces = st.lists(st.sampled_from(["<think>", "</think>", "`", " ", "\n", "a", "Yes."]) | st.text(max_size=5))


@given(pieces.map("".join))
def test_nothing_but_tags_and_space_is_ever_lost(text: str) -> None:
    thinking, answer = split_thinking(text)
    assert _bare(thinking + answer) == _bare(text)


@given(pieces.map("".join))
def test_an_answer_holds_no_leading_block(text: str) -> None:
    thinking, answer = split_thinking(text)
    assert not (thinking and answer == text)


def test_kept_thinking_reads_back_as_it_was() -> None:
    assert split_thinking(with_thinking("2 and 2", "Four.")) == ("2 and 2", "Four.")
    assert with_thinking("", "Four.") == "Four."


def _bare(text: str) -> str:
    return re.sub(r"</?think>|\s", "", text)
