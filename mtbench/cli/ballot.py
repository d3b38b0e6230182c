"""A pair of answers as a person sees it: what stands where, on a screen and in plain lines. No model is named."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Protocol

from mtbench.cli.printing import visible

if TYPE_CHECKING:
    from mtbench.voting.pairs import Pair


class Act(Enum):
    """What a person can do with a pair; the value is the key for it."""

    A = "a"
    B = "b"
    TIE = "t"
    SKIP = "s"
    UNDO = "u"
    QUIT = "q"


REFERENCE = "r"
"""The key that shows reference answers."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a person is."""

    voted: int
    total: int
    skipped: int

    def __str__(self) -> str:
        return f"{self.voted:,} of {self.total:,}" + (f", {self.skipped:,} skipped" if self.skipped else "")


class Booth(Protocol):
    """Where a person is asked, for the time of a `with` block."""

    def ask(self, pair: "Pair | None", standing: Standing, note: str) -> Act:
        """Shows a pair, or that there is none left, and gives what the person does; `note` says what was done last."""
        ...


@dataclass(frozen=True, slots=True)
class Block:
    """A part of a conversation: one text, or two answers beside each other. `asked`: it is what the vote is about."""

    titles: tuple[str, ...]
    texts: tuple[str, ...]
    asked: bool = False


def blocks(pair: "Pair", with_references: bool) -> Iterator[Block]:
    """The conversation up to the turn that is voted on."""
    last = pair.unit.turn
    for turn, question in enumerate(pair.question.turns[:last], 1):
        yield Block(("Question" if last == 1 else f"Question, turn {turn}",), (_harmless(question),))
        if with_references:
            for each in pair.references:
                if turn <= len(each) and each[turn - 1].strip():
                    yield Block(("Reference answer",), (_harmless(each[turn - 1]),))
        answers = tuple(_harmless(answer[turn - 1]) for answer in pair.answers)
        titles = ("A", "B") if last == 1 else (f"A, turn {turn}", f"B, turn {turn}")
        yield Block(titles, answers, turn == last)


def heading(pair: "Pair") -> str:
    """What is asked."""
    asked = "Which answer is better?" if pair.unit.turn == 1 else f"Who is better in turn {pair.unit.turn}?"
    return f"{asked}  Question {_harmless(str(pair.unit.question_id))}, {_harmless(pair.question.category)}"


def _harmless(text: str) -> str:
    return visible(text.replace("\r\n", "\n").expandtabs(4)).strip("\n")
