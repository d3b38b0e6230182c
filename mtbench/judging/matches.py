"""What to compare: which turns of which answers go before a judge, and in which order."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from mtbench.errors import MtbenchError
from mtbench.records import Answer, Question, QuestionId

Contestants = tuple[str] | tuple[str, str]


@dataclass(frozen=True, slots=True)
class Match:
    """One turn (from 1) of one question: one model's answer to grade, or two models' answers to compare."""

    question: Question
    turn: int
    models: Contestants


class AnswerBook:
    """The answers at hand, turn by turn: filled from files, and by a run as turns come to exist."""

    def __init__(self) -> None:
        self._turns: dict[tuple[str, QuestionId], list[tuple[str, bool]]] = {}

    def add_answers(self, model: str, answers: Iterable[Answer]) -> None:
        """Takes the first choice of every answer, which is the one that is judged."""
        for answer in answers:
            choice = answer.choices[0]
            reasons = (*choice.finish_reasons, *[None] * len(choice.turns))
            turns = [(text, reason == "length") for text, reason in zip(choice.turns, reasons, strict=False)]
            self._turns[model, answer.question_id] = turns

    def add_turn(self, model: str, question_id: QuestionId, turn: int, text: str, truncated: bool) -> None:
        """Takes one turn (from 1), forgetting what was there from that turn on."""
        turns = self._turns.setdefault((model, question_id), [])
        turns[turn - 1 :] = [(text, truncated)]

    def has(self, match: Match) -> bool:
        """Whether every answer that the match needs exists."""
        question_id = match.question.question_id
        return all(len(self._turns.get((model, question_id), ())) >= match.turn for model in match.models)

    def conversation(self, model: str, match: Match) -> tuple[str, ...]:
        """The model's answers up to the judged turn."""
        return tuple(text for text, _ in self._turns[model, match.question.question_id][: match.turn])

    def truncated(self, model: str, match: Match) -> bool:
        """Whether an answer that the judge sees had been cut off by its token limit."""
        return any(cut for _, cut in self._turns[model, match.question.question_id][: match.turn])


def contests(mode: str, models: Sequence[str], baseline: str | None) -> list[Contestants]:
    """The models that meet: each alone (single), each against the baseline, or every pair once.

    Raises MtbenchError when a pairwise mode has nobody to compare.
    """
    if mode == "single":
        return [(model,) for model in models]
    if mode == "pairwise-baseline":
        if baseline is None:
            raise MtbenchError(f"pairwise-baseline needs --baseline, one of: {', '.join(models) or 'no model yet'}")
        pairs: list[Contestants] = [(model, baseline) for model in models if model != baseline]
    else:
        pairs = list(combinations(sorted(models), 2))
    if not pairs:
        raise MtbenchError(f"{mode} compares models and there is only {', '.join(models) or 'none'}: add --model")
    return pairs


def all_matches(questions: Iterable[Question], contestants: Sequence[Contestants]) -> Iterator[Match]:
    """Every match, those of one question together, so that requests with the same beginning run side by side."""
    for question in questions:
        for turn in range(1, len(question.turns) + 1):
            for models in contestants:
                yield Match(question, turn, models)


def drawn_order(match: Match, repeat: int = 0) -> str:
    """The one game to play when orders are drawn at random: g1 shows the first model first, g2 the second.

    Drawn from the pair, question, turn and repeat (from 0) alone, so that a rerun draws the same.
    """
    name = f"{match.question.question_id}\x1f{match.turn}\x1f" + "\x1f".join(sorted(match.models))
    name += f"\x1f{repeat}" if repeat else ""
    first_by_name = hashlib.sha256(name.encode()).digest()[0] % 2 == 0
    return "g1" if first_by_name == (match.models[0] == min(match.models)) else "g2"
