"""Laying material before a judge so that no piece of it can pass for another, or for the judge.

Every piece stands between two marks that carry a code word, which the first line of the message names and which occurs
nowhere in the material. So a text can imitate a mark but never be one, and `read_back` recovers each piece exactly.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
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
    word = _code_word(material)
    pieces = (f"<<{word} | {title}>>\n{text}\n<<{word} | end>>" for title, text in _pieces(material, layout))
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


def _pieces(material: Material, layout: Layout) -> Iterator[tuple[str, str]]:
    """Title and text of every piece, in the order shown."""
    yield from _turns(material, layout.task, "", ())
    for label, answers in zip(layout.labels, material.answers, strict=True):
        yield from _turns(material, layout.conversation, label, answers)


def _turns(material: Material, kinds: Sequence[Kind], label: str, answers: Sequence[str]) -> Iterator[tuple[str, str]]:
    columns = {
        "question": (_QUESTION, material.question_turns),
        "reference": (_REFERENCE, material.reference),
        "answer": (f"answer of {label}", answers),
    }
    for turn in range(len(material.question_turns)):
        for kind in kinds:
            title, texts = columns[kind]
            yield f"{title}, turn {turn + 1}", texts[turn]


def _code_word(material: Material) -> str:
    """A word that no piece contains, the same for all prompts of a question, so that they share a prefix to cache.

    An answer may contain the word that its question leads to, by guessing; then the next word is taken.
    """
    text = "\n".join([*material.question_turns, *material.reference, *(t for each in material.answers for t in each)])
    # Both, since normalising joins a letter with the accent after it; the second finds words that only look the same.
    shown = (text, unicodedata.normalize("NFKC", text).casefold())
    attempt = 0
    while True:
        seed = f"{attempt}\x1f{material.question_turns[0]}"
        word = hashlib.sha256(seed.encode("utf-8", "surrogatepass")).hexdigest()[:12]
        if not any(word in each for each in shown):
            return word
        attempt += 1
