"""What to compare: which turns of which answers go before a judge, and in which order."""

import hashlib
from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

from mtbench.errors import MtbenchError
from mtbench.records import Question

Contestants = tuple[str] | tuple[str, str]


class Match(NamedTuple):
    """One turn (from 1) of one question: one model's answer to grade, or two models' answers to compare."""

    question: Question
    turn: int
    models: Contestants


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


def drawn_order(match: Match, repeat: int = 0) -> str:
    """The one game to play when orders are drawn at random: g1 shows the first model first, g2 the second.

    Drawn from the pair, question, turn and repeat (from 0) alone, so that a rerun draws the same.
    """
    name = f"{match.question.question_id}\x1f{match.turn}\x1f" + "\x1f".join(sorted(match.models))
    name += f"\x1f{repeat}" if repeat else ""
    first_by_name = hashlib.sha256(name.encode()).digest()[0] % 2 == 0
    return "g1" if first_by_name == (match.models[0] == min(match.models)) else "g2"
