"""Laying material before a judge so that no piece of it can pass for another, or for the judge.

Every piece stands between two marks that carry a code word, which the first line of the message names and which occurs
nowhere in the material. So a text can imitate a mark but never be one, and `read_back` recovers each piece exactly.
"""

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

Kind = Literal["question", "reference", "answer"]


@dataclass(frozen=True, slots=True)
class Material:
    """What a judge is shown, cut to the turns up to the judged one.

    `answers`: one conversation when grading, two when comparing, in the order shown; each a text a turn.
    `reference`: a text a turn, or empty.
    """

    question_turns: tuple[str, ...]
    answers: tuple[tuple[str, ...], ...]
    reference: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        turns = len(self.question_turns)
        if not turns or any(len(conversation) != turns for conversation in self.answers):
            raise ValueError(f"{turns} question turns with {[len(each) for each in self.answers]} answers")
        if len(self.reference) > turns:
            raise ValueError(f"{len(self.reference)} reference texts for {turns} question turns")


@dataclass(frozen=True, slots=True)
class Layout:
    """Which kinds of piece are shown, in which order.

    `task` is laid out once, turn by turn; then `conversation`, turn by turn, for each of the answerers in `labels`.
    """

    task: tuple[Kind, ...]
    conversation: tuple[Kind, ...]
    labels: tuple[str, ...]


def lay_out(material: Material, layout: Layout) -> str:
    """The line that names the code word, and every piece between its marks."""
    if len(material.answers) != len(layout.labels):
        raise ValueError(f"{len(material.answers)} conversations for {len(layout.labels)} labels")
    word = _code_word(material)
    columns = (material.question_turns, material.reference, *material.answers)
    pieces = [
        f"<<{word} | {title}>>\n{columns[column][turn]}\n<<{word} | end>>"
        for title, column, turn in _pieces(layout, len(material.question_turns))
    ]
    return "\n\n".join([f"Code word: {word}", *pieces])


def read_back(user_prompt: str) -> Material:
    """The pieces of a user prompt that one of our own sets rendered, exactly, whatever they contain.

    Raises ValueError for any other text.
    """
    opening = _OPENING.match(user_prompt)
    if not opening:
        raise ValueError("no code word in the first line: not a prompt of ours")
    word = opening[1]
    piece = re.compile(rf"<<{word} \| {_TITLE}>>\n(.*?)\n<<{word} \| end>>", re.DOTALL)
    columns: dict[str, list[str]] = {}
    for title, turn, text in piece.findall(user_prompt):
        column = columns.setdefault(title, [])
        if int(turn) == len(column) + 1:
            column.append(text)
        elif column[int(turn) - 1 : int(turn)] != [text]:
            raise ValueError(f"the piece {title!r} of turn {turn} comes out of turn")
    questions, reference = columns.pop(_QUESTION, []), columns.pop(_REFERENCE, [])
    return Material(tuple(questions), tuple(map(tuple, columns.values())), tuple(reference))


_QUESTION = "question"
_REFERENCE = "reference answer"
_OPENING = re.compile(r"Code word: ([0-9a-f]{12})\n")
_TITLE = rf"({_QUESTION}|{_REFERENCE}|answer of [^<>|\n]+), turn ([1-9][0-9]*)"


@lru_cache
def _pieces(layout: Layout, turns: int) -> list[tuple[str, int, int]]:
    """Title, column and turn (from 0) of every piece in the order shown; the columns are those of `lay_out`."""
    columns = {"question": (_QUESTION, 0), "reference": (_REFERENCE, 1)}
    shown = [(kind, *columns[kind], turn) for turn in range(turns) for kind in layout.task]
    for number, label in enumerate(layout.labels, 2):
        of = columns | {"answer": (f"answer of {label}", number)}
        shown += [(kind, *of[kind], turn) for turn in range(turns) for kind in layout.conversation]
    return [(f"{title}, turn {turn + 1}", column, turn) for _, title, column, turn in shown]


def _code_word(material: Material) -> str:
    """A word that no piece contains, the same for all prompts of a question, so that they share a prefix to cache.

    An answer may contain the word that its question leads to, by guessing; then the next word is taken.
    """
    pieces = [*material.question_turns, *material.reference]
    for conversation in material.answers:
        pieces += conversation
    shown = [form for piece in pieces for form in _forms(piece)]
    attempt = 0
    while any(_word(material.question_turns[0], attempt) in form for form in shown):
        attempt += 1
    return _word(material.question_turns[0], attempt)


@lru_cache(8)
def _word(question: str, attempt: int) -> str:
    seed = f"{attempt}\x1f{question}"
    return hashlib.sha256(seed.encode("utf-8", "surrogatepass")).hexdigest()[:12]


def _forms(piece: str) -> tuple[str, ...]:
    """A piece as it is and as it looks. In words that only look the same the second finds what the first does not."""
    if piece.isascii():
        return (piece.lower(),)  # which finds both
    # Both, since normalising joins a letter with the accent after it.
    return piece, unicodedata.normalize("NFKC", piece).casefold()
