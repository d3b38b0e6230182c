"""Sentences in other words."""

from pathlib import Path

import pytest

from mtbench.studies.rewording import is_english, lowered, raised, reworded
from mtbench.yamls import read_yaml

SHEET = read_yaml(Path(__file__).parents[2] / "mtbench" / "studies" / "rewording.yaml")


@pytest.mark.parametrize(
    ("sentence", "said"),
    [
        ("Start early to obtain a crucial ticket.", "Start early to get a vital ticket."),
        ("If the lake is frozen, wear boots with spikes.", "Wear boots with spikes if the lake is frozen."),
        ("To keep the bread soft, wrap it well.", "Wrap it well to keep the bread soft."),
        ("When the timer rings, then turn off the stove.", "Turn off the stove when the timer rings."),
        ("Bring an additional towel.", "Bring an extra towel."),
        ("An important harbour.", "A significant harbour."),
        ("It needs an entire day.", "It needs a whole day."),
        ("Usually the ferry is late. Many passengers wait.", "Typically the ferry is late. Numerous passengers wait."),
    ],
)
def test_the_same_is_said_in_other_words(sentence: str, said: str) -> None:
    assert reworded(sentence) == said


@pytest.mark.parametrize(
    "sentence",
    [
        "How many of the boats came back?",  # a number is asked for
        "See `reduce` and $often$ there.",  # code and formulas
        'They call it "several important things" there.',  # a quotation
        "Read https://example.org/often/vital first.",
        "Ask the Delicious team.",  # a name
        "If it rains hard, it floods.",  # points back
        "To begin with a plan, sit down.",
        "By doing so every day, you learn.",
        "While less likely, a storm is possible.",
        "The essential oils smell.",
        "The best-selling user-often-seen thing.",
        "If the wind turns, and the sea rises, go home.",  # three clauses
    ],
)
def test_what_cannot_be_said_otherwise_stays(sentence: str) -> None:
    assert reworded(sentence) == sentence


def test_spaces_between_sentences_stay() -> None:
    assert reworded("It is crucial.  Is it?  Yes ") == "It is vital.  Is it?  Yes "


def test_names_keep_their_capital_within_a_sentence() -> None:
    assert lowered("Drink water") == "drink water"
    assert lowered("Reads the file") == "reads the file"
    assert lowered("Walking is free") == "walking is free"
    for name in ("Kyoto is old", "The Alps are high", "I agree", "It's late", "“So” he said", ""):
        assert lowered(name) == name
    assert raised("drink") == "Drink"


@pytest.mark.parametrize(
    ("text", "is_so"),
    [
        ("The harbour is at the end of the road, and you can see it from here.", True),
        ("Der Hafen liegt am Ende der Straße, und man kann ihn von hier aus sehen.", False),
        ("Le port est au bout de la route, et on peut le voir de la maison.", False),
        ("El puerto está al final de la calle y se puede ver desde aquí.", False),
        ("港はこの道の終わりにあります。", False),
        ("", False),
    ],
)
def test_english_is_told_from_other_languages(text: str, is_so: bool) -> None:
    assert is_english(text) == is_so


def test_every_guard_is_about_a_word_of_the_table() -> None:
    assert isinstance(SHEET, dict)
    assert {*SHEET["unless_after"], *SHEET["unless_before"]} <= {*SHEET["words"]}


def test_no_word_stands_for_itself() -> None:
    assert isinstance(SHEET, dict)
    assert not [word for word, other in SHEET["words"].items() if word == other]
