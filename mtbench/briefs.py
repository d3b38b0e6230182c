"""What a run has to know of the records that are there: a few facts a line, read without building the record.

A line is checked as the record itself would be. Where it holds nothing but plain values of the right kinds, as nearly
all lines do, its facts are taken as they stand. Any other line goes through records.py, which says what is wrong.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from math import inf, isfinite
from types import NoneType
from typing import NamedTuple

from mtbench.files import Lines
from mtbench.records import (
    FASTCHAT_ERROR,
    UNPARSED,
    Answer,
    Json,
    Judgment,
    QuestionId,
    SingleJudgment,
    Where,
    judgment_from_json,
)


class JudgmentBrief(NamedTuple):
    """What tells whether a judgment has to be made again; the names are the record's.

    `prompt`: the name of its prompt. `maker`: the full name of the judge model, or "".
    """

    question_id: QuestionId
    turn: int
    models: tuple[str, ...]
    prompt: str
    repeat: int
    request_hashes: tuple[str, ...]
    user_prompts: tuple[str, ...]
    verdict_rule: str | None
    reasked: int
    failed: bool
    unparsed: bool
    maker: str


class AnswerBrief(NamedTuple):
    """What tells whether an answer can be judged: of its first choice, which is the one that is judged.

    `turns`: how many there are. `failed`: one of them is FastChat's mark of a failed request. `maker`: the full name of
    the model, or "".
    """

    question_id: QuestionId
    turns: int
    failed: bool
    question_hash: str | None
    maker: str


def judgment_briefs(lines: Lines, warn: Callable[[str], None] | None = None) -> Iterator[tuple[int, JudgmentBrief]]:
    """Place and brief of every line. Raises BadRecord for what `records.judgment_from_json` refuses."""
    maker = _Maker()
    for place, number, obj in lines.read(warn):
        kinds = _PAIR if "model_1" in obj else _SINGLE
        if _are_plain(obj, kinds) and _is_plain_judgment(obj) and maker.is_plain(obj):
            brief = _pair_brief(obj, maker.name) if kinds is _PAIR else _single_brief(obj, maker.name)
        else:
            brief = _brief_of_judgment(judgment_from_json(obj, Where(lines.path, number)))
        yield place, brief


def answer_briefs(lines: Lines, warn: Callable[[str], None] | None = None) -> Iterator[tuple[int, AnswerBrief]]:
    """Place and brief of every line. Raises BadRecord for what `records.Answer.from_json` refuses."""
    maker = _Maker()
    for place, number, obj in lines.read(warn):
        if _are_plain(obj, _ANSWER) and _is_plain_answer(obj) and maker.is_plain(obj):
            turns, hashed = obj["choices"][0]["turns"], obj.get("question_hash")
            brief = AnswerBrief(obj["question_id"], len(turns), FASTCHAT_ERROR in turns, hashed, maker.name)
        else:
            brief = brief_of_answer(Answer.from_json(obj, Where(lines.path, number)))
        yield place, brief


def brief_of_answer(answer: Answer) -> AnswerBrief:
    turns = answer.choices[0].turns
    maker = answer.made_by.model if answer.made_by else ""
    return AnswerBrief(answer.question_id, len(turns), FASTCHAT_ERROR in turns, answer.question_hash, maker)


def _single_brief(obj: Json, maker: str) -> JudgmentBrief:
    get = obj.get
    failed, hashed = get("judgment") == FASTCHAT_ERROR, get("request_hash")
    return JudgmentBrief(
        obj["question_id"],
        get("turn", 1),
        (obj["model"],),
        obj["judge"][1],
        get("repeat", 0),
        (hashed,) if hashed else (),
        (get("user_prompt", ""),),
        get("verdict_rule"),
        get("reasked", 0),
        failed,
        obj["score"] == UNPARSED and not failed,
        maker,
    )


def _pair_brief(obj: Json, maker: str) -> JudgmentBrief:
    get = obj.get
    failed = FASTCHAT_ERROR in (get("g1_judgment"), get("g2_judgment"))
    return JudgmentBrief(
        obj["question_id"],
        get("turn", 1),
        (obj["model_1"], obj["model_2"]),
        obj["judge"][1],
        get("repeat", 0),
        tuple(sorted([each for each in (get("g1_request_hash"), get("g2_request_hash")) if each])),
        (get("g1_user_prompt", ""), get("g2_user_prompt", "")),
        get("verdict_rule"),
        get("reasked", 0),
        failed,
        "error" in (obj["g1_winner"], obj["g2_winner"]) and not failed,
        maker,
    )


def _brief_of_judgment(judgment: Judgment) -> JudgmentBrief:
    if isinstance(judgment, SingleJudgment):
        models: tuple[str, ...] = (judgment.model,)
        prompts: tuple[str, ...] = (judgment.user_prompt,)
    else:
        models = (judgment.model_1, judgment.model_2)
        prompts = (judgment.g1_user_prompt, judgment.g2_user_prompt)
    return JudgmentBrief(
        judgment.question_id,
        judgment.turn,
        models,
        judgment.judge[1],
        judgment.repeat,
        judgment.request_hashes,
        prompts,
        judgment.verdict_rule,
        judgment.reasked,
        judgment.failed,
        judgment.unparsed,
        judgment.made_by.model if judgment.made_by else "",
    )


_Kinds = frozenset[tuple[str, type]]
"""The fields with the types of their plain values."""


def _kinds(*names: str, of: tuple[type, ...]) -> _Kinds:
    return frozenset((name, kind) for name in names for kind in of)


_ALL: _Kinds = _kinds("question_id", of=(int, str)) | _kinds("tstamp", of=(int, float)) | _kinds("made_by", of=(dict,))
_JUDGMENT: _Kinds = (
    _ALL
    | _kinds("judge", of=(list,))
    | _kinds("usage", of=(dict,))
    | _kinds("turn", "repeat", "reasked", of=(int,))
    | _kinds("prompt_hash", "reference", "verdict_rule", of=(str,))
)
_SINGLE: _Kinds = (
    _JUDGMENT
    | _kinds("score", of=(int, float))
    | _kinds("truncated_answer", of=(bool,))
    | _kinds("model", "user_prompt", "judgment", "request_hash", "finish_reason", "thinking", of=(str,))
)
_GAME = ("winner", "user_prompt", "judgment", "request_hash", "finish_reason", "thinking")
_PAIR: _Kinds = (
    _JUDGMENT
    | _kinds(
        "model_1", "model_2", "one_order", *(f"{game}_{name}" for game in ("g1", "g2") for name in _GAME), of=(str,)
    )
    | _kinds("truncated_answers", of=(list,))
)
_WINNERS = frozenset({"model_1", "model_2", "tie", "error"})
_ANSWER: _Kinds = _ALL | _kinds("answer_id", "model_id", "question_hash", of=(str,)) | _kinds("choices", of=(list,))
_CHOICE: _Kinds = _kinds("index", of=(int,)) | _kinds(
    "turns", "finish_reasons", "usage", "thinking", "request_hashes", of=(list,)
)
_MADE_BY: _Kinds = (
    _kinds("provider", "model", "version", of=(str,))
    | _kinds("endpoint", of=(str, NoneType))
    | _kinds("params", of=(dict,))
    | _kinds("adapted", of=(list,))
)
_TEXTS, _COUNTS, _TEXTS_OR_NULLS = {str}, {int}, {str, NoneType}


def _are_plain(obj: Json, kinds: _Kinds) -> bool:
    """Whether all fields are known and of their plain kinds."""
    return _fit(tuple(obj), tuple(map(type, obj.values())), kinds)


@lru_cache
def _fit(names: tuple[str, ...], types: tuple[type, ...], kinds: _Kinds) -> bool:
    """The lines of a file have the same few fields and types, so that the answer is nearly always known."""
    return kinds.issuperset(zip(names, types, strict=True))


def _is_plain_judgment(obj: Json) -> bool:
    """What the kinds leave open: fields that must be there, and bounds."""
    get = obj.get
    if "model_1" in obj:
        whole = "model_2" in obj and get("g1_winner") in _WINNERS and get("g2_winner") in _WINNERS
    else:
        whole = "model" in obj and isfinite(get("score", inf))
    return (
        whole
        and get("question_id", "") != ""
        and len(judge := get("judge", ())) == 2
        and _are_texts(judge)
        and isfinite(get("tstamp", 0))
        and get("turn", 1) >= 0
        and _is_plain_usage(get("usage", {}))
        and _are_texts(get("truncated_answers", ()))
    )


def _is_plain_answer(obj: Json) -> bool:
    choices = obj.get("choices", ())
    return (
        bool(choices)
        and obj.get("question_id", "") != ""
        and isfinite(obj.get("tstamp", 0))
        and all(map(_is_plain_choice, choices))
    )


def _is_plain_choice(choice: object) -> bool:
    if type(choice) is not dict or not _are_plain(choice, _CHOICE):
        return False
    get = choice.get
    return (
        get("index", 0) >= 0
        and bool(turns := get("turns", ()))
        and _are_texts(turns)
        and {*map(type, get("finish_reasons", ()))} <= _TEXTS_OR_NULLS
        and all(map(_is_plain_usage, get("usage", ())))
        and _are_texts(get("thinking", ()))
        and _are_texts(get("request_hashes", ()))
    )


def _is_plain_usage(usage: object) -> bool:
    """Whether it is an object of counts and nothing else."""
    if type(usage) is not dict:
        return False
    return not usage or ({*map(type, usage.values())} == _COUNTS and min(usage.values()) >= 0)


class _Maker:
    """What made a line. Most lines of a file have the same, which is looked at once."""

    def __init__(self) -> None:
        self._looked_at: Json | None = None
        self.name = ""

    def is_plain(self, obj: Json) -> bool:
        """Whether the line says nothing unusual of what made it; if so, `name` is the model's full name, or ""."""
        made_by = obj.get("made_by")
        if made_by == self._looked_at:
            return True
        if made_by is not None and not (_are_plain(made_by, _MADE_BY) and _are_texts(made_by.get("adapted", ()))):
            return False
        self._looked_at, self.name = made_by, made_by.get("model", "") if made_by else ""
        return True


def _are_texts(values: Iterable[object]) -> bool:
    return not values or {*map(type, values)} == _TEXTS
