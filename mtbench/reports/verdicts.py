"""What tables are made of: one judge's word, or a panel's, on one turn."""

from msgspec import Struct

from mtbench.records import QuestionId


class Grade(Struct, frozen=True, gc=False):
    """A score of one model's answer to one turn."""

    model: str
    question_id: QuestionId
    turn: int
    score: float


class Game(Struct, frozen=True, gc=False):
    """The verdict on two models' answers to one turn: model_1, model_2 or tie."""

    model_1: str
    model_2: str
    question_id: QuestionId
    turn: int
    winner: str


Verdict = Grade | Game

POINTS = {"model_1": 1.0, "tie": 0.5, "model_2": 0.0}
"""What a game's winner gives the first model; the second gets the rest."""
