"""Judgments and answers as msgspec reads them: the fields of records.py with their plain types, checked as it decodes.

A line that fits none of these may still be a record: with a null, a whole number written 1.0, or fields of others.
records.py reads those, and says what is wrong with the rest. Whatever fits here, records.py takes too.
"""

from typing import Annotated, Literal

from msgspec import DecodeError, Meta, Raw, Struct
from msgspec.json import Decoder

_Count = Annotated[int, Meta(ge=0, le=2**63 - 1)]
_Id = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)] | Annotated[str, Meta(min_length=1)]
_Winner = Literal["model_1", "model_2", "tie", "error"]


class _JudgmentLine(Struct, kw_only=True, forbid_unknown_fields=True, gc=False):
    """`made_by` is left as it stands: nearly all lines of a file have the same, which is looked at once."""

    question_id: _Id
    judge: tuple[str, str]
    turn: _Count = 1
    tstamp: float = 0.0
    made_by: Raw = Raw(b"null")
    prompt_hash: str | None = None
    usage: dict[str, _Count] | None = None
    reference: str | None = None
    repeat: _Count = 0
    reasked: _Count = 0
    verdict_rule: str | None = None


class SingleLine(_JudgmentLine):
    """What records.SingleJudgment reads."""

    model: str
    score: float
    user_prompt: str = ""
    judgment: str = ""
    request_hash: str | None = None
    finish_reason: str | None = None
    thinking: str | None = None
    truncated_answer: bool = False


class PairLine(_JudgmentLine):
    """What records.PairJudgment reads."""

    model_1: str
    model_2: str
    g1_winner: _Winner
    g2_winner: _Winner
    g1_user_prompt: str = ""
    g1_judgment: str = ""
    g1_request_hash: str | None = None
    g1_finish_reason: str | None = None
    g1_thinking: str | None = None
    g2_user_prompt: str = ""
    g2_judgment: str = ""
    g2_request_hash: str | None = None
    g2_finish_reason: str | None = None
    g2_thinking: str | None = None
    truncated_answers: list[str] = []
    one_order: str | None = None


class ChoiceLine(Struct, forbid_unknown_fields=True, gc=False):
    """What records.Choice reads."""

    turns: Annotated[list[str], Meta(min_length=1)]
    index: _Count = 0
    finish_reasons: list[str | None] = []
    usage: list[dict[str, _Count]] = []
    thinking: list[str] = []
    request_hashes: list[str] = []


class AnswerLine(Struct, forbid_unknown_fields=True, gc=False):
    """What records.Answer reads."""

    question_id: _Id
    choices: Annotated[list[ChoiceLine], Meta(min_length=1)]
    answer_id: str = ""
    model_id: str = ""
    tstamp: float = 0.0
    made_by: Raw = Raw(b"null")
    question_hash: str | None = None


class _Turns(Struct, gc=False):
    turns: Annotated[list[str], Meta(min_length=1)]
    finish_reasons: list[str | None] = []


class TurnsLine(Struct, gc=False):
    """What an answer says, of a line that was read as an answer before."""

    question_id: _Id
    choices: Annotated[list[_Turns], Meta(min_length=1)]


UNFIT = (DecodeError, UnicodeDecodeError, RecursionError)
"""What the decoders raise for a line that has to be read by records.py, or that is none."""

single_line = Decoder(SingleLine).decode
pair_line = Decoder(PairLine).decode
answer_line = Decoder(AnswerLine).decode
turns_line = Decoder(TurnsLine).decode
