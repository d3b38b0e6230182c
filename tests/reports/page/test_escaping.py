"""Text from outside, before it gets into a page."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtbench.reports.page.escaping import to_json, visible

any_text = st.text(alphabet=st.characters(exclude_categories=()))


@given(any_text)
def test_json_for_a_page_reads_back_as_it_was(text: str) -> None:
    assert json.loads(to_json([text, {text: 1}])) == [text, {text: 1}]


@given(any_text)
def test_json_for_a_page_has_no_markup_and_ends_no_line(text: str) -> None:
    assert not set(to_json(text)) & set("<>&\u2028\u2029\n\r\x00")


@given(any_text)
def test_visible_text_keeps_its_length_and_can_be_written_in_utf_8(text: str) -> None:
    shown = visible(text)
    assert len(shown) == len(text)
    assert not set(shown.encode().decode()) & set(map(chr, [*range(9), 11, 12, *range(14, 32), 127, *range(128, 160)]))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x00b\x1b", "a␀b␛"),
        ("\x7f\x85", "␡�"),
        ("\ud800", "�"),
        ("a\tb\r\nc é 漢 \u202e👩", "a\tb\r\nc é 漢 \u202e👩"),
    ],
)
def test_what_cannot_be_seen_gets_a_symbol(text: str, shown: str) -> None:
    assert visible(text) == shown
