"""Names that fit their place and can still be told apart."""

from collections.abc import Iterator
from math import inf, nan

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from mtbench.reports.plots.names import inches, labels, number, printable, shortened, widest, wrapped
from mtbench.reports.plots.style import styled
from tests.reports.plots.looking import LONG


@pytest.fixture(autouse=True)
def _styled() -> Iterator[None]:
    with styled():
        yield


def test_what_has_no_picture_is_replaced_and_lines_are_joined() -> None:
    assert printable(" a\nb\t c\x00\x1b[31m\ud800\u202e ") == "a b c��[31m��"


def test_joiners_that_scripts_need_are_kept() -> None:
    assert printable("👩\u200d👧 می\u200cشود") == "👩\u200d👧 می\u200cشود"


@settings(deadline=None, max_examples=40)
@given(some.text(), some.floats(0.5, 3))
def test_a_label_is_never_wider_than_its_place(name: str, width: float) -> None:
    with styled():
        assert inches(labels([name], width)[name], 9) <= width


def test_a_name_that_fits_is_left_as_it_is() -> None:
    assert labels(["gpt-4", "claude-v1"], 2) == {"gpt-4": "gpt-4", "claude-v1": "claude-v1"}


def test_a_long_name_loses_its_middle() -> None:
    name = LONG.format(1000)
    start, end = shortened(name, 2, 9).split("…")
    assert name.startswith(start)
    assert name.endswith(end)
    assert len(start) - len(end) in (0, 1)
    assert inches(f"{start}…{end}", 9) > 1.8


def test_long_names_that_differ_in_the_middle_show_where() -> None:
    shown = labels([LONG.format(step) for step in (1000, 2000, 3000)], 2)
    assert len(set(shown.values())) == 3
    for step in (1000, 2000, 3000):
        assert f"…p-{step}" in shown[LONG.format(step)]
        assert inches(shown[LONG.format(step)], 9) <= 2


def test_names_that_look_the_same_get_numbers() -> None:
    assert set(labels(["a\x00", "a\x01", "a\x02"], 2).values()) == {"a� (1)", "a� (2)", "a� (3)"}


@settings(deadline=None, max_examples=40)
@given(some.sets(some.text("ab…\x00 ", min_size=1, max_size=60), max_size=6))
def test_no_two_names_get_the_same_label(names: set[str]) -> None:
    with styled():
        assert len(set(labels(names, 1).values())) == len(names)


@settings(deadline=None, max_examples=40)
@given(some.lists(some.text("abc", min_size=1, max_size=40), max_size=12))
def test_wrapped_text_loses_nothing_and_no_line_is_too_wide(words: list[str]) -> None:
    with styled():
        lines = wrapped(" ".join(words), 1, 11, "bold")
        assert "".join(lines).replace(" ", "") == "".join(words)
        assert all(inches(line, 11, "bold") <= 1 for line in lines)


def test_the_widest_of_nothing_takes_no_room() -> None:
    assert widest([], 9) == 0.0


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (8.995, 1, "9.0"),
        (-0.25, 2, "−0.25"),
        (-0.001, 2, "0.00"),
        (1234.5, 0, "1,234"),
        (nan, 2, "–"),
        (inf, 2, "∞"),
        (-inf, 0, "−∞"),
    ],
)
def test_numbers_are_written_as_people_write_them(value: float, decimals: int, text: str) -> None:
    assert number(value, decimals) == text
