"""Pairwise verdicts → win rates, as FastChat counts them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

TIE = "tie"


@dataclass(frozen=True, slots=True)
class WinRate:
    """Wins, losses and ties of one model, at least one in all. The rates are of all its games, from 0 to 1."""

    win: int
    loss: int
    tie: int

    @property
    def n(self) -> int:
        return self.win + self.loss + self.tie

    @property
    def win_rate(self) -> float:
        return self.win / self.n

    @property
    def loss_rate(self) -> float:
        return self.loss / self.n

    @property
    def adjusted(self) -> float:
        """A tie counts as half a win and half a loss."""
        return (self.win + 0.5 * self.tie) / self.n


def win_rates(models_1: Sequence[str], models_2: Sequence[str], winners: Sequence[str]) -> dict[str, WinRate]:
    """Every model's record over games given as three parallel sequences; a winner is model_1, model_2 or tie."""
    results: Counter[tuple[str, str]] = Counter()
    for model_1, model_2, winner in zip(models_1, models_2, winners, strict=True):
        results[model_1, _RESULT_OF_1[winner]] += 1
        results[model_2, _RESULT_OF_2[winner]] += 1
    models = dict.fromkeys(model for model, _ in results)
    return {model: WinRate(results[model, "win"], results[model, "loss"], results[model, TIE]) for model in models}


_RESULT_OF_1 = {"model_1": "win", "model_2": "loss", TIE: TIE}
_RESULT_OF_2 = {"model_1": "loss", "model_2": "win", TIE: TIE}
