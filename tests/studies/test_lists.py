"""Lists in answers: found, said in other words, and put before themselves."""

import re
from collections.abc import Iterator

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mtbench.studies.lists import BRIDGE, FoundList, is_repetitive, longest_list, restated, with_list_twice
from tests.support.shared import SHARED, needs_shared

ADVICE = """\
Here is how to keep a garden alive in a hot summer:

1. **Water:** If the soil is dry, water it in the evening. This is crucial.
2. **Shade:** Many plants do not like the sun at noon.
3. Mulch the beds with straw.
4. Choose plants that come from the region.
   - They usually need less water.
   - They are famous for their roots.

   ```sh
   often --vital
   ```
5. Ask a neighbour for help.

Then wait for the rain.
"""


def said_again(text: str) -> str:
    found = longest_list(text)
    assert found
    said = restated(text, found)
    assert said is not None
    return said


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("1. a\n2. b\n3. c", FoundList(0, 3, 3)),
        ("1) a\n2) b", FoundList(0, 2, 2)),
        ("- a\n- b", FoundList(0, 2, 2)),
        ("* a\n\n* b\n\nend", FoundList(0, 3, 2)),
        ("+ a\n+ b", FoundList(0, 2, 2)),
        ("so:\n- **a**\n- __b__: c", FoundList(1, 3, 2)),
        ("1. a\n   - x\n   - y\n   - z\n2. b", FoundList(0, 5, 2)),
        ("- a\n- b\n\ntext\n\n1. a\n2. b\n3. c", FoundList(5, 8, 3)),
        ("- a\n- b\n\ntext\n\n1. a\n2. b", FoundList(0, 2, 2)),
        ("1. a\n\nmore\n\n```\n2. x\n```\n\n2. b\n3. c", FoundList(0, 10, 3)),
        ("1. a\n- x\n- y\n\n2. b\n- z\n\n3. c", FoundList(0, 8, 3)),
        ("1. a\n2. b\n\n# next\n\n3. c", FoundList(0, 2, 2)),
        ("1. a\n2. b\n\ntext\n\n1. c\n2. d\n3. e", FoundList(5, 8, 3)),
        ("1. a\r\n2. b\r\n", FoundList(0, 2, 2)),
        ("1. a\n2. b\nThat is all.", FoundList(0, 2, 2)),
        ("", None),
        ("no list - none at all", None),
        ("```\n1. a\n2. b\n```", None),
        ("text\n\n    1. a\n    2. b", None),
        ("> 1. a\n> 2. b", None),
        ("1. a\r2. b", None),
    ],
)
def test_lists_are_found(text: str, found: FoundList | None) -> None:
    assert longest_list(text) == found


def test_a_list_is_said_again_item_for_item() -> None:
    assert said_again(ADVICE).split("\n") == [
        "1. As for **Water**: Water it in the evening if the soil is dry. This is vital.",
        "2. Numerous plants don't like the sun at noon. That comes under **Shade**.",
        "3. Further: Mulch the beds with straw.",
        "4. Pick plants that come from the region.",
        "   - They typically need less water.",
        "   - They are famous for their roots.",
        "",
        "   ```sh",
        "   often --vital",
        "   ```",
        "5. And finally, ask a neighbour for help.",
    ]


def test_the_list_in_other_words_stands_before_the_list_and_the_rest_is_as_it_was() -> None:
    found, said = longest_list(ADVICE), said_again(ADVICE)
    assert found
    twice = with_list_twice(ADVICE, found, said)
    before, bridge, after = twice.partition(f"\n\n{BRIDGE}\n\n")
    assert bridge
    assert before.removesuffix(said) + after == ADVICE
    again = longest_list(twice)
    assert again
    assert again.items == 5


def test_no_item_that_goes_on_has_its_head_at_its_end() -> None:
    text = (
        "The plan of the day:\n\n- Morning: You can sleep.\n- Noon: You eat with the others, and that is:\n  - the soup"
    )
    assert "- As for Morning: You can sleep.\n- As for Noon: You eat" in said_again(text)


def test_fragments_and_further_paragraphs_are_said_again_too() -> None:
    text = (
        "What you have to bring to the shore:\n\n"
        "1. A tent\n\n   **Size**: It is important that it has room for two.\n\n"
        "2. Price of the boat: 20 coins\n3. Kyoto's map\n4. So take this with you.\n"
        "5. The best route for the first day: it is the one by the sea."
    )
    assert said_again(text).split("\n") == [
        "1. To begin with, a tent",
        "",
        "   **Size**: It is important that it has room for two.",
        "",
        "2. 20 coins: that is “Price of the boat”",
        "3. Further: Kyoto's map",
        "4. So take this with you.",
        "5. And finally, the best route for the first day: it is the one by the sea.",
    ]


def test_rows_of_text_between_the_parts_of_a_list_are_said_again_and_code_is_not() -> None:
    text = "1. Open the door of the shop.\n\nIt is crucial.\n\n```\ncrucial\n```\n\n2. Close it with the key."
    said = said_again(text)
    assert "\n\nIt is vital.\n\n```\ncrucial\n```\n\n2. And finally" in said


@pytest.mark.parametrize(
    "text",
    [
        "The results of the sums are:\n\n1. 4\n2. 3/4\n3. 12",
        "The colours that you can use for this are:\n\n- red\n- blue\n- green",
        "So hält man einen Garten am Leben:\n\n1. Man gießt ihn am Abend.\n2. Man stellt die Töpfe in den Schatten.",
        "This is the text that you asked me for, in the language of the people of the town:\n\n"
        "- Man gießt den Garten immer erst am Abend, wenn es nicht mehr so heiß ist.\n"
        "- Man stellt alle Töpfe in den Schatten der großen Bäume hinter dem Haus.",
    ],
)
def test_what_the_rules_do_not_know_stays_unsaid(text: str) -> None:
    found = longest_list(text)
    assert found
    assert restated(text, found) is None


def test_a_list_that_nothing_can_be_changed_in_stays_unsaid() -> None:
    text = "It is this, and that is all of it:\n\n- So it is.\n- So it was."
    found = longest_list(text)
    assert found
    assert restated(text, found) is None


def test_a_list_with_two_items_the_same_is_repetitive() -> None:
    for text, is_so in (("1. a\n2. b\n3. a", True), ("- a\n- b", False), ("1. a\n   - x\n2. b\n   - x", False)):
        found = longest_list(text)
        assert found
        assert is_repetitive(text, found) == is_so


def released() -> Iterator[str]:
    for path in sorted((SHARED / "mt_bench" / "model_answer").glob("*.jsonl")):
        for line in path.read_bytes().splitlines():
            yield from orjson.loads(line)["choices"][0]["turns"]


@needs_shared
def test_released_answers_are_said_again_without_a_figure_or_an_item_more_or_less() -> None:
    said_again = 0
    for text in released():
        found = longest_list(text)
        if found is None or found.items < 4 or is_repetitive(text, found):
            continue
        said = restated(text, found)
        if said is None:
            continue
        said_again += 1
        original = found.text(text)
        assert sorted(re.findall(r"\d+", said)) == sorted(re.findall(r"\d+", original))
        again = longest_list(said)
        assert again
        assert again.items == found.items
        assert 0.9 < len(said) / len(original) < 1.6
        assert original in with_list_twice(text, found, said)
    assert said_again > 100


PIECES = st.sampled_from(
    [
        *("1. ", "2) ", "99999999. ", "- ", "* ", "   ", "\t", "\n", "\n\n", "\r\n", "\r", "\u2028", "\x0c", "\x00"),
        *("```\n", "> ", "# ", "---\n", "| a | b |\n|---|---|\n", "`often` ", "[ ] ", "<b>", ": ", "."),
        *("**Head:** ", "Head: ", "If it rains hard, go. ", "It is crucial. ", "the way of the world", "Été "),
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(PIECES, max_size=40).map("".join))
def test_any_text_is_borne_and_what_is_said_is_a_list_of_as_many_items(text: str) -> None:
    found = longest_list(text)
    if found is None:
        return
    assert found.items >= 1
    assert 0 <= found.start < found.end <= len(text.split("\n"))
    is_repetitive(text, found)
    said = restated(text, found)
    if said is not None:
        assert found.text(text) in with_list_twice(text, found, said)
        assert len(said.split("\n")) == found.end - found.start
