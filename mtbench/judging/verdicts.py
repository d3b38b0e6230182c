"""Reading a judge's verdict from its text. What is not clearly a verdict is None: unparsed, never a guess or a zero."""

from typing import Literal

from mtbench.judging.prompts import JudgePrompt, OutputFormat

Rule = Literal["last", "first"]
Winner = Literal["A", "B", "C"]

TIE_DELTA = 0.1


def parse(text: str, prompt: JudgePrompt, rule: Rule = "last") -> float | Winner | None:
    """The verdict of a judge's text on `prompt`: a grade from 1 to 10, a winner as shown (C is a tie), or None."""
    raise NotImplementedError


def parse_rating(text: str, rule: Rule = "last") -> float | None: 
    raise NotImplementedError


def parse_winner(text: str, rule: Rule = "last") -> Winner | None:
    raise NotImplementedError


def parse_two_ratings(text: str, rule: Rule = "last") -> Winner | None:
    raise NotImplementedError


def parse_structured(text: str, output_format: OutputFormat) -> float | Winner | None:
    raise NotImplementedError
