"""What a run has to know of the records that are there: a few facts a line, read without building the record.

A line is checked as the record itself would be. Where it holds nothing but plain values of the right kinds, as nearly
all lines do, its facts are taken as they stand. Any other line goes through records.py, which says what is wrong.
"""

from collections.abc import Iterable
from math import inf, isfinite
from types import NoneType
from typing import NamedTuple

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


def judgment_brief(obj: Json, where: Where) -> JudgmentBrief:
    """Raises BadRecord for what `records.judgment_from_json` refuses."""
    if "model_1" in obj:
        return _pair_brief(obj, where)
    if not (
        _are_plain(obj, _SINGLE) and "model" in obj and isfinite(obj.get("score", inf)) and _is_plain_judgment(obj)
    ):
        return _brief_of_judgment(judgment_from_json(obj, where))
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
        _maker(obj),
    )


def _pair_brief(obj: Json, where: Where) -> JudgmentBrief:
    get = obj.get
    winners = get("g1_winner"), get("g2_winner")
    are_plain = _are_plain(obj, _PAIR) and "model_2" in obj and _WINNERS.issuperset(winners)
    if not (are_plain and _is_plain_judgment(obj) and _are_texts(get("truncated_answers", ()))):
        return _brief_of_judgment(judgment_from_json(obj, where))
    failed = FASTCHAT_ERROR in (get("g1_judgment"), get("g2_judgment"))
    return JudgmentBrief(
        obj["question_id"],
        get("turn", 1),
        (obj["model_1"], obj["model_2"]),
        obj["judge"][1],
        get("repeat", 0),
        tuple(sorted(each for each in (get("g1_request_hash"), get("g2_request_hash")) if each)),
        (get("g1_user_prompt", ""), get("g2_user_prompt", "")),
        get("verdict_rule"),
        get("reasked", 0),
        failed,
        "error" in winners and not failed,
        _maker(obj),
    )


def answer_brief(obj: Json, where: Where) -> AnswerBrief:
    """Raises BadRecord for what `records.Answer.from_json` refuses."""
    choices = obj.get("choices")
    if not (choices and _are_plain(obj, _ANSWER) and _is_plain_record(obj) and all(map(_is_plain_choice, choices))):
        return brief_of_answer(Answer.from_json(obj, where))
    turns = choices[0]["turns"]
    return AnswerBrief(obj["question_id"], len(turns), FASTCHAT_ERROR in turns, obj.get("question_hash"), _maker(obj))


def brief_of_answer(answer: Answer) -> AnswerBrief:
    turns = answer.choices[0].turns
    maker = answer.made_by.model if answer.made_by else ""
    return AnswerBrief(answer.question_id, len(turns), FASTCHAT_ERROR in turns, answer.question_hash, maker)


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


_Kinds = dict[str, frozenset[type]]


def _kinds(*names: str, of: tuple[type, ...]) -> _Kinds:
    return dict.fromkeys(names, frozenset(of))


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
_USAGE: _Kinds = _kinds("input", "output", "cached", "written", of=(int,))


def _are_plain(obj: Json, kinds: _Kinds) -> bool:
    """Whether every field of a known name is of its plain kind."""
    for name, value in obj.items():
        kind = kinds.get(name)
        if kind is not None and type(value) not in kind:
            return False
    return True


def _is_plain_record(obj: Json) -> bool:
    """What plain kinds leave open of the fields that answers and judgments share."""
    made_by = obj.get("made_by")
    return (
        obj.get("question_id", "") != ""
        and isfinite(obj.get("tstamp", 0.0))
        and (made_by is None or (_are_plain(made_by, _MADE_BY) and _are_texts(made_by.get("adapted", ()))))
    )


def _is_plain_judgment(obj: Json) -> bool:
    get = obj.get
    return (
        len(judge := get("judge", ())) == 2
        and _are_texts(judge)
        and _is_plain_record(obj)
        and get("turn", 1) >= 0
        and get("repeat", 0) >= 0
        and get("reasked", 0) >= 0
        and ("usage" not in obj or _is_plain_usage(obj["usage"]))
    )


def _is_plain_choice(choice: object) -> bool:
    if type(choice) is not dict or not _are_plain(choice, _CHOICE):
        return False
    get = choice.get
    return (
        get("index", 0) >= 0
        and bool(get("turns"))
        and _are_texts(choice["turns"])
        and all(reason is None or type(reason) is str for reason in get("finish_reasons", ()))
        and all(map(_is_plain_usage, get("usage", ())))
        and _are_texts(get("thinking", ()))
        and _are_texts(get("request_hashes", ()))
    )


def _is_plain_usage(usage: object) -> bool:
    """Whether it is an object of counts, with nothing else in it."""
    if type(usage) is not dict or not _are_plain(usage, _USAGE):
        return False
    return all(usage.get(name, 0) >= 0 for name in _USAGE)


def _are_texts(values: Iterable[object]) -> bool:
    return all(type(value) is str for value in values)


def _maker(obj: Json) -> str:
    made_by = obj.get("made_by")
    return made_by.get("model", "") if made_by else ""
