"""Votes of people and of a judge on questions that are clear to different degrees."""

import numpy as np

from mtbench.stats.votes import FIRST, SECOND, TIE, Votes

PEOPLE, JUDGE = 0, 1


def columns(rows: list[tuple[int, int, int, int, int]]) -> Votes:
    """Rows of unit, question, voter, kind and vote."""
    return Votes(*np.array(rows, np.intp).reshape(-1, 5).T)


def on_one_unit(people: list[int], judge: list[int]) -> Votes:
    return columns(
        [(0, 0, voter, PEOPLE, vote) for voter, vote in enumerate(people)]
        + [(0, 0, 100 + voter, JUDGE, vote) for voter, vote in enumerate(judge)]
    )


def draw(questions: int, rng: np.random.Generator, clear: float = 0.6) -> Votes:
    """Three units a question, on each of which none to three people vote, and one judge.

    The units of a question lean to the same answer, by chances whose mean is the higher the more `clear` they are.
    """
    better = rng.random((questions, 1)) < 0.5
    lean = rng.beta(20 * clear, 20 * (1 - clear), (questions, 3))
    lean = np.where(better, lean, 1 - lean)[:, :, None]
    said = rng.random((questions, 3, 4))
    vote = np.where(said < 0.85 * lean, FIRST, np.where(said < 0.85, SECOND, TIE))
    there = np.arange(3) < rng.integers(0, 4, (questions, 3, 1))
    there = np.concatenate([there, np.ones((questions, 3, 1), bool)], axis=2)
    unit = np.broadcast_to(np.arange(3 * questions).reshape(questions, 3, 1), there.shape)[there]
    voter = np.broadcast_to(np.arange(4), there.shape)[there]
    return Votes(unit, unit // 3, voter, np.where(voter == 3, JUDGE, PEOPLE), vote[there])
