"""Laying material before a judge so that no piece of it can pass for another, or for the judge.

Every piece stands between two marks that carry a code word, which the first line of the message names and which occurs
nowhere in the material. So a text can imitate a mark but never be one, and `read_back` recovers each piece exactly.
"""

import hashlib
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

Kind = Literal["question", "reference", "answer"]


Answers = Sequence[tuple[str, ...]]
"""One conversation when grading, two when comparing, in the order shown; each a text a turn."""


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
    return laying_out(material.question_turns, material.reference, layout)(material.answers)


def laying_out(
    question_turns: tuple[str, ...], reference: tuple[str, ...], layout: Layout, ending: str = ""
) -> Callable[[Answers], str]:
    """`lay_out` for many answers to one question, each text with `ending` after it."""
    first = _frame(question_turns, reference, layout, 0)
    lengths = [len(question_turns)] * len(layout.labels)

    def lay_out(answers: Answers) -> str:
        if [len(texts) for texts in answers] != lengths:
            raise ValueError(f"conversations of {[len(texts) for texts in answers]} turns in place of {lengths}")
        frame = first
        while frame.is_shown_by(answers):
            frame = _frame(question_turns, reference, layout, frame.attempt + 1)
        parts = [frame.texts[0]]
        for (answerer, turn), text in zip(frame.gaps, frame.texts[1:], strict=True):
            parts += (answers[answerer][turn], text)
        parts.append(ending)
        return "".join(parts)

    return lay_out


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


class _Frame(NamedTuple):
    """What all prompts of a question share: a code word, and the texts before, between and after the answers.

    `gaps`: which answers stand there, each by answerer and turn (from 0). `digit`: one in `word`.
    """

    attempt: int
    word: str
    digit: str
    texts: list[str]
    gaps: list[tuple[int, int]]

    def is_shown_by(self, answers: Answers) -> bool:
        """Whether an answer contains the code word: it may, by guessing, and then the next word is taken."""
        for texts in answers:
            for text in texts:
                # An ASCII text without the digit, as most are, needs no closer look: only capitals look the same.
                if (self.digit in text or not text.isascii()) and _shows(text, self.word):
                    return True
        return False


def _frame(question_turns: tuple[str, ...], reference: tuple[str, ...], layout: Layout, attempt: int) -> _Frame:
    """The frame with the first word from an attempt on that neither the question nor its reference contains.

    The same word for all prompts of a question, so that they share a prefix to cache.
    """
    while True:
        seed = f"{attempt}\x1f{question_turns[0]}"
        word = hashlib.sha256(seed.encode("utf-8", "surrogatepass")).hexdigest()[:12]
        digit = next(filter(str.isdigit, word), "")
        if not any(_shows(text, word) for text in (*question_turns, *reference)):
            break
        attempt += 1
    frame = _Frame(attempt, word, digit, [f"Code word: {word}"], [])
    columns = {"question": (_QUESTION, question_turns), "reference": (_REFERENCE, reference)}
    parts = [("", layout.task), *((label, layout.conversation) for label in layout.labels)]
    for answerer, (label, kinds) in enumerate(parts, -1):
        for turn in range(len(question_turns)):
            for kind in kinds:
                title, texts = columns.get(kind, (f"answer of {label}", ()))
                frame.texts[-1] += f"\n\n<<{word} | {title}, turn {turn + 1}>>\n"
                if kind == "answer":
                    frame.gaps.append((answerer, turn))
                    frame.texts.append("")
                else:
                    frame.texts[-1] += texts[turn]
                frame.texts[-1] += f"\n<<{word} | end>>"
    return frame


def _shows(text: str, word: str) -> bool:
    """Whether a text contains the word, or one that looks the same."""
    if text.isascii():
        return word in text.lower()
    # Both, since normalising joins a letter with the accent after it; the second finds words that only look the same.
    return word in text or word in unicodedata.normalize("NFKC", text).casefold()
