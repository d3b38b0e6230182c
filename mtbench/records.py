"""The records that files hold, as typed classes: the only place that knows field names.

The names are FastChat's; what we add is listed under "added". Unknown fields are kept in `extra` and written back.
"""

from collections.abc import Collection, Hashable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import NoneType
from typing import Any

from mtbench import fields
from mtbench.errors import BadRecord
from mtbench.fields import Json, Where

__all__ = [
    "FASTCHAT_ERROR",
    "STRUCTURED",
    "UNPARSED",
    "Answer",
    "Choice",
    "Failure",
    "HumanGrade",
    "Json",
    "Judgment",
    "MadeBy",
    "PairJudgment",
    "Picked",
    "Question",
    "QuestionId",
    "SingleJudgment",
    "Usage",
    "Vote",
    "Where",
    "asked_alike",
    "judgment_from_json",
    "prompt_set",
    "question_problems",
    "usage_from_json",
    "usage_to_json",
    "winner_of_both",
]

QuestionId = int | str

FASTCHAT_ERROR = "$ERROR$"
"""The text that FastChat stores in place of a judgment when the request failed."""

STRUCTURED = ".structured"
"""Ends the name of a prompt that asks for its verdict as JSON."""

UNPARSED = -1
"""FastChat's score of a judgment in which no verdict was found."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one or more requests.

    `cached` and `written`: the parts of `input` that were read from, and written to, the provider's prompt cache.
    """

    input: int = 0
    output: int = 0
    cached: int = 0
    written: int = 0

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            self.input + other.input,
            self.output + other.output,
            self.cached + other.cached,
            self.written + other.written,
        )


@dataclass(frozen=True, slots=True)
class MadeBy:
    """What made a record (added): full model name, endpoint, parameters asked for, what the endpoint refused."""

    provider: str
    model: str
    endpoint: str | None
    params: Mapping[str, Any]
    adapted: tuple[str, ...]
    version: str
    extra: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> Json:
        return {
            "provider": self.provider,
            "model": self.model,
            "endpoint": self.endpoint,
            "params": dict(self.params),
            "adapted": list(self.adapted),
            "version": self.version,
            **self.extra,
        }

    @classmethod
    def from_json(cls, obj: Json, where: Where) -> "MadeBy":
        return cls(
            provider=fields.text(obj, "provider", where, default=""),
            model=fields.text(obj, "model", where, default=""),
            endpoint=fields.optional(obj, "endpoint", str, where),
            params=fields.optional(obj, "params", dict, where) or {},
            adapted=fields.list_of(obj, "adapted", where, str),
            version=fields.text(obj, "version", where, default=""),
            extra=fields.rest(obj, "provider", "model", "endpoint", "params", "adapted", "version"),
        )


@dataclass(frozen=True, slots=True)
class Question:
    """One line of question.jsonl. `reference` has a text a turn (an empty one where a turn has none), or is empty."""

    question_id: QuestionId
    category: str
    turns: tuple[str, ...]
    reference: tuple[str, ...] = ()
    required_temperature: float | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def from_json(cls, obj: Json, where: Where) -> "Question":
        return cls(
            question_id=_question_id(obj, where),
            category=_category(obj, where),
            turns=_turns(obj, where),
            reference=_reference(obj, where),
            required_temperature=_temperature(obj, where),
            extra=fields.rest(obj, "question_id", "category", "turns", "reference", "required_temperature"),
        )

    def to_json(self) -> Json:
        obj: Json = {"question_id": self.question_id, "category": self.category, "turns": list(self.turns)}
        if self.reference:
            obj["reference"] = list(self.reference)
        if self.required_temperature is not None:
            obj["required_temperature"] = self.required_temperature
        return obj | dict(self.extra)


def question_problems(obj: Json, where: Where) -> list[BadRecord]:
    """Everything that `Question.from_json` would refuse, a problem a field."""
    problems = []
    for read in (_question_id, _category, _turns, _reference, _temperature):
        try:
            read(obj, where)
        except BadRecord as problem:
            problems.append(problem)
    return problems


@dataclass(frozen=True, slots=True)
class Choice:
    """One sampled conversation. Added, a value a turn: finish reasons, tokens, reasoning, request hashes."""

    index: int
    turns: tuple[str, ...]
    finish_reasons: tuple[str | None, ...] = ()
    usage: tuple[Usage, ...] = ()
    thinking: tuple[str, ...] = ()
    request_hashes: tuple[str, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def from_json(cls, obj: Any, where: Where) -> "Choice":
        if not isinstance(obj, dict):
            raise where.bad("must be a list of objects", "choices")
        return cls(
            index=fields.whole(obj, "index", where, default=0),
            turns=fields.texts(obj, "turns", where, empty_texts=True),
            finish_reasons=fields.list_of(obj, "finish_reasons", where, str, NoneType),
            usage=tuple(usage_from_json(usage, where) for usage in fields.list_of(obj, "usage", where, dict)),
            thinking=fields.list_of(obj, "thinking", where, str),
            request_hashes=fields.list_of(obj, "request_hashes", where, str),
            extra=fields.rest(obj, "index", "turns", "finish_reasons", "usage", "thinking", "request_hashes"),
        )

    def to_json(self) -> Json:
        obj: Json = {"index": self.index, "turns": list(self.turns)}
        if self.finish_reasons:
            obj["finish_reasons"] = list(self.finish_reasons)
        if self.usage:
            obj["usage"] = [usage_to_json(usage) for usage in self.usage]
        if any(self.thinking):
            obj["thinking"] = list(self.thinking)
        if self.request_hashes:
            obj["request_hashes"] = list(self.request_hashes)
        return obj | dict(self.extra)


@dataclass(frozen=True, slots=True)
class Answer:
    """One line of model_answer/<model>.jsonl: every choice of one model for one question.

    Added: `made_by`, and `question_hash`, which tells when the question's text changed.
    """

    question_id: QuestionId
    answer_id: str
    model_id: str
    choices: tuple[Choice, ...]
    tstamp: float
    made_by: MadeBy | None = None
    question_hash: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def from_json(cls, obj: Json, where: Where) -> "Answer":
        choices = obj.get("choices")
        if not isinstance(choices, list) or not choices:
            raise where.bad("must be a list with at least one choice", "choices")
        return cls(
            question_id=_question_id(obj, where),
            answer_id=fields.text(obj, "answer_id", where, default=""),
            model_id=fields.text(obj, "model_id", where, default=""),
            choices=tuple(Choice.from_json(choice, where) for choice in choices),
            tstamp=fields.number(obj, "tstamp", where, default=0.0),
            made_by=_made_by(obj, where),
            question_hash=fields.optional(obj, "question_hash", str, where),
            extra=fields.rest(
                obj, "question_id", "answer_id", "model_id", "choices", "tstamp", "made_by", "question_hash"
            ),
        )

    def to_json(self) -> Json:
        obj: Json = {
            "question_id": self.question_id,
            "answer_id": self.answer_id,
            "model_id": self.model_id,
            "choices": [choice.to_json() for choice in self.choices],
            "tstamp": self.tstamp,
        }
        if self.made_by:
            obj["made_by"] = self.made_by.to_json()
        if self.question_hash:
            obj["question_hash"] = self.question_hash
        return obj | dict(self.extra)


@dataclass(frozen=True, slots=True)
class SingleJudgment:
    """One line of <judge>_single.jsonl: a grade of one turn, `score` from 1 to 10, or -1 where none was found.

    `judge` is (judge model, prompt name). Added: `made_by`, `prompt_hash` (of the prompt's wording), `request_hash`
    (of what was sent), `usage`, `finish_reason`, `thinking`, `reference` (whose reference answer was shown), `repeat`
    (from 0), `reasked` (how often the verdict was asked for again), `verdict_rule` (first, where not the last verdict
    of the reply was taken), `truncated_answer`.
    """

    question_id: QuestionId
    model: str
    judge: tuple[str, str]
    user_prompt: str
    judgment: str
    score: float
    turn: int
    tstamp: float
    made_by: MadeBy | None = None
    prompt_hash: str | None = None
    request_hash: str | None = None
    usage: Usage | None = None
    finish_reason: str | None = None
    thinking: str = ""
    reference: str | None = None
    repeat: int = 0
    reasked: int = 0
    verdict_rule: str | None = None
    truncated_answer: bool = False
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def request_hashes(self) -> tuple[str, ...]:
        """What was sent; empty where FastChat wrote the line."""
        return (self.request_hash,) if self.request_hash else ()

    @property
    def failed(self) -> bool:
        """FastChat stored a failed request as a judgment; we never do."""
        return self.judgment == FASTCHAT_ERROR

    @property
    def unparsed(self) -> bool:
        return self.score == UNPARSED and not self.failed

    @classmethod
    def from_json(cls, obj: Json, where: Where) -> "SingleJudgment":
        return cls(
            question_id=_question_id(obj, where),
            model=fields.text(obj, "model", where),
            judge=_judge(obj, where),
            user_prompt=fields.text(obj, "user_prompt", where, default=""),
            judgment=fields.text(obj, "judgment", where, default=""),
            score=fields.number(obj, "score", where),
            turn=fields.whole(obj, "turn", where, default=1),
            tstamp=fields.number(obj, "tstamp", where, default=0.0),
            made_by=_made_by(obj, where),
            usage=_usage(obj, where),
            **_present(obj, _SINGLE_ADDED, where),
            extra=fields.rest(obj, *_SINGLE_FIELDS, *_SINGLE_ADDED, "made_by", "usage"),
        )

    def to_json(self) -> Json:
        obj: Json = {name: getattr(self, name) for name in _SINGLE_FIELDS}
        obj["judge"] = list(self.judge)
        return obj | _added(self, _SINGLE_ADDED) | dict(self.extra)


@dataclass(frozen=True, slots=True)
class PairJudgment:
    """One line of <judge>_pair.jsonl: one pair of answers judged in both orders.

    Game 1 shows model_1's answer first, game 2 model_2's. Winners are model_1, model_2, tie, or error (no verdict
    found). Added, as for SingleJudgment, with `g1_`/`g2_` before what each game has of its own; `one_order` is "g1" or
    "g2" when only that game was played: the other then has its winner and no prompt or judgment.
    """

    question_id: QuestionId
    model_1: str
    model_2: str
    g1_winner: str
    g2_winner: str
    judge: tuple[str, str]
    g1_user_prompt: str
    g1_judgment: str
    g2_user_prompt: str
    g2_judgment: str
    turn: int
    tstamp: float
    made_by: MadeBy | None = None
    prompt_hash: str | None = None
    g1_request_hash: str | None = None
    g2_request_hash: str | None = None
    usage: Usage | None = None
    g1_finish_reason: str | None = None
    g2_finish_reason: str | None = None
    g1_thinking: str = ""
    g2_thinking: str = ""
    reference: str | None = None
    repeat: int = 0
    reasked: int = 0
    verdict_rule: str | None = None
    truncated_answers: tuple[str, ...] = ()
    one_order: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def request_hashes(self) -> tuple[str, ...]:
        """What was sent in either game, sorted; empty where FastChat wrote the line."""
        return tuple(sorted(each for each in (self.g1_request_hash, self.g2_request_hash) if each))

    @property
    def failed(self) -> bool:
        return FASTCHAT_ERROR in (self.g1_judgment, self.g2_judgment)

    @property
    def unparsed(self) -> bool:
        return "error" in (self.g1_winner, self.g2_winner) and not self.failed

    @property
    def winner(self) -> str:
        return winner_of_both(self.g1_winner, self.g2_winner)

    @classmethod
    def from_json(cls, obj: Json, where: Where) -> "PairJudgment":
        return cls(
            question_id=_question_id(obj, where),
            judge=_judge(obj, where),
            turn=fields.whole(obj, "turn", where, default=1),
            tstamp=fields.number(obj, "tstamp", where, default=0.0),
            model_1=fields.text(obj, "model_1", where),
            model_2=fields.text(obj, "model_2", where),
            g1_winner=_winner(obj, "g1_winner", where),
            g2_winner=_winner(obj, "g2_winner", where),
            g1_user_prompt=fields.text(obj, "g1_user_prompt", where, default=""),
            g1_judgment=fields.text(obj, "g1_judgment", where, default=""),
            g2_user_prompt=fields.text(obj, "g2_user_prompt", where, default=""),
            g2_judgment=fields.text(obj, "g2_judgment", where, default=""),
            made_by=_made_by(obj, where),
            usage=_usage(obj, where),
            truncated_answers=fields.list_of(obj, "truncated_answers", where, str),
            **_present(obj, _PAIR_ADDED, where),
            extra=fields.rest(obj, *_PAIR_FIELDS, *_PAIR_ADDED, "made_by", "usage", "truncated_answers"),
        )

    def to_json(self) -> Json:
        obj: Json = {name: getattr(self, name) for name in _PAIR_FIELDS}
        obj["judge"] = list(self.judge)
        if self.truncated_answers:
            obj["truncated_answers"] = list(self.truncated_answers)
        return obj | _added(self, _PAIR_ADDED) | dict(self.extra)


Judgment = SingleJudgment | PairJudgment


@dataclass(frozen=True, slots=True)
class Failure:
    """One line of <file>.failures.jsonl: a request that was not answered, so that it is counted and tried again.

    `key` names the work (question, turn, models …) as the record would have; `finished` keeps the replies of the same
    work that had been paid for, by request hash, so that the next run does not ask for them again.
    """

    key: Json
    reason: str
    message: str
    tstamp: float
    finished: Mapping[str, Json] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def from_json(cls, obj: Json, where: Where) -> "Failure":
        key = fields.optional(obj, "key", dict, where)
        if key is None:
            raise where.bad("is missing", "key")
        finished = fields.optional(obj, "finished", dict, where) or {}
        if not all(isinstance(reply, dict) for reply in finished.values()):
            raise where.bad("must hold objects", "finished")
        return cls(
            key=key,
            reason=fields.text(obj, "reason", where, default="failed"),
            message=fields.text(obj, "message", where, default=""),
            tstamp=fields.number(obj, "tstamp", where, default=0.0),
            finished=finished,
            extra=fields.rest(obj, "key", "reason", "message", "tstamp", "finished"),
        )

    def to_json(self) -> Json:
        obj: Json = {"key": self.key, "reason": self.reason, "message": self.message, "tstamp": self.tstamp}
        return obj | ({"finished": dict(self.finished)} if self.finished else {}) | dict(self.extra)


@dataclass(frozen=True, slots=True)
class Vote:
    """Which of two answers a person, or a judge in FastChat's vote files, found better: model_a, model_b or tie.

    `judge` names who voted: "expert_3", "author_1", or for a judge model its name. FastChat's other ties ("tie
    (bothbad)", "tie (inconsistent)") are ties. Added: `picked`, why the answers were chosen for a vote, empty where
    they were drawn at random; and `passed`, answers that had been picked and voted on when the draw came to them, just
    before it came to these: so they are in the random sample too.
    """

    question_id: QuestionId
    model_a: str
    model_b: str
    winner: str
    judge: str
    turn: int
    tstamp: float = 0.0
    picked: str = ""
    passed: tuple["Picked", ...] = ()

    @classmethod
    def from_json(cls, obj: Json, where: Where) -> "Vote":
        winner = fields.text(obj, "winner", where)
        if winner not in ("model_a", "model_b") and not winner.startswith("tie"):
            raise where.bad(f"must be model_a, model_b or tie, not {winner!r:.60}", "winner")
        judge = obj.get("judge")
        vote = cls(
            question_id=_question_id(obj, where),
            model_a=fields.text(obj, "model_a", where),
            model_b=fields.text(obj, "model_b", where),
            winner="tie" if winner.startswith("tie") else winner,
            judge=_judge(obj, where)[0] if isinstance(judge, list | tuple) else fields.text(obj, "judge", where),
            turn=fields.whole(obj, "turn", where, default=1),
            tstamp=fields.number(obj, "tstamp", where, default=0.0),
            picked=fields.text(obj, "picked", where, default=""),
            passed=tuple(Picked.from_json(each, where) for each in fields.list_of(obj, "passed", where, dict)),
        )
        if vote.model_a == vote.model_b:
            raise where.bad("a vote between a model and itself", "model_b")
        return vote

    def to_json(self) -> Json:
        obj: Json = {
            "question_id": self.question_id,
            "model_a": self.model_a,
            "model_b": self.model_b,
            "winner": self.winner,
            "judge": self.judge,
            "turn": self.turn,
            "tstamp": self.tstamp,
        }
        if self.picked:
            obj["picked"] = self.picked
        if self.passed:
            obj["passed"] = [each.to_json() for each in self.passed]
        return obj


BY_HAND = "by hand"
"""Why answers were picked, where a file does not say."""


@dataclass(frozen=True, slots=True)
class Picked:
    """Answers that people shall compare before others: two models', in the order of their names, to a question's turn.

    `picked` says why: these are no random sample.
    """

    question_id: QuestionId
    models: tuple[str, str]
    turn: int
    picked: str = BY_HAND

    @classmethod
    def from_json(cls, obj: Json, where: Where) -> "Picked":
        models = fields.texts(obj, "models", where)
        if len(set(models)) != 2 or len(models) != 2:
            raise where.bad("must be two different models", "models")
        return cls(
            question_id=_question_id(obj, where),
            models=(min(models), max(models)),
            turn=fields.whole(obj, "turn", where, default=1),
            picked=fields.text(obj, "picked", where, default="") or BY_HAND,
        )

    def to_json(self) -> Json:
        return {
            "question_id": self.question_id,
            "models": list(self.models),
            "turn": self.turn,
            "picked": self.picked,
        }


@dataclass(frozen=True, slots=True)
class HumanGrade:
    """A person's grade of one model's answer to one turn: FastChat's single judgment without prompt and text.

    `judge` names who graded. `score` is on any scale, the same for all, higher being better.
    """

    question_id: QuestionId
    model: str
    turn: int
    judge: str
    score: float

    @classmethod
    def from_json(cls, obj: Json, where: Where) -> "HumanGrade":
        judge, score = obj.get("judge"), fields.number(obj, "score", where)
        if isinstance(judge, list) and score == UNPARSED:
            raise where.bad("-1 is the mark of a judgment without a verdict: take such lines out", "score")
        return cls(
            question_id=_question_id(obj, where),
            model=fields.text(obj, "model", where),
            turn=fields.whole(obj, "turn", where, default=1),
            judge=_judge(obj, where)[0] if isinstance(judge, list | tuple) else fields.text(obj, "judge", where),
            score=score,
        )


def judgment_from_json(obj: Json, where: Where) -> Judgment:
    """A grade or a pair judgment, told apart by its fields. Raises BadRecord where it is neither."""
    if "model_1" in obj:
        return PairJudgment.from_json(obj, where)
    if "score" in obj:
        return SingleJudgment.from_json(obj, where)
    raise where.bad("neither a grade (model, score) nor a pair judgment (model_1, model_2)")


def winner_of_both(g1_winner: str, g2_winner: str) -> str:
    """The conservative verdict: a win only if both orders agree, else a tie; `error` if either has no verdict."""
    if "error" in (g1_winner, g2_winner):
        return "error"
    return g1_winner if g1_winner == g2_winner else "tie"


def asked_alike(hashes: Collection[Hashable], others: Collection[Hashable]) -> bool:
    """Whether two judgments of ours were asked the same, by their request hashes; one may have one order only."""
    return set(hashes) <= set(others) or set(others) <= set(hashes)


def prompt_set(prompt_name: str) -> str:
    """The set that a prompt is of: what stands before "/"; FastChat's names have none, and are one set.

    Prompts that ask for a JSON verdict (.structured) are another instrument, hence a set of their own.
    """
    name = prompt_name.removesuffix(STRUCTURED)
    folder, slash, _ = name.partition("/")
    base = folder if slash else "FastChat"
    return base if name == prompt_name or base.endswith(STRUCTURED) else base + STRUCTURED


def usage_to_json(usage: Usage) -> Json:
    obj = {"input": usage.input, "output": usage.output}
    cache = {"cached": usage.cached, "written": usage.written}
    return obj | {name: tokens for name, tokens in cache.items() if tokens}


def usage_from_json(obj: Json, where: Where | None = None) -> Usage:
    where = where or Where(Path("a stored reply"))
    return Usage(*(fields.whole(obj, name, where, default=0) for name in ("input", "output", "cached", "written")))


_SINGLE_FIELDS = ("question_id", "model", "judge", "user_prompt", "judgment", "score", "turn", "tstamp")
_SINGLE_ADDED = (
    "prompt_hash",
    "request_hash",
    "finish_reason",
    "thinking",
    "reference",
    "repeat",
    "reasked",
    "verdict_rule",
    "truncated_answer",
)
_PAIR_FIELDS = (
    "question_id",
    "model_1",
    "model_2",
    "g1_winner",
    "g2_winner",
    "judge",
    "g1_user_prompt",
    "g1_judgment",
    "g2_user_prompt",
    "g2_judgment",
    "turn",
    "tstamp",
)
_PAIR_ADDED = (
    "prompt_hash",
    "g1_request_hash",
    "g2_request_hash",
    "g1_finish_reason",
    "g2_finish_reason",
    "g1_thinking",
    "g2_thinking",
    "reference",
    "repeat",
    "reasked",
    "verdict_rule",
    "one_order",
)


def _added(record: Judgment, names: tuple[str, ...]) -> Json:
    """The fields we add, those with something to say."""
    obj = {name: getattr(record, name) for name in names if getattr(record, name)}
    if record.usage:
        obj["usage"] = usage_to_json(record.usage)
    if record.made_by:
        obj["made_by"] = record.made_by.to_json()
    return obj


def _present(obj: Json, names: tuple[str, ...], where: Where) -> Json:
    """The fields we add that are there, each of its kind: a count, a mark, or a text."""
    kinds = {"repeat": int, "reasked": int, "truncated_answer": bool}
    found = {name: fields.optional(obj, name, kinds.get(name, str), where) for name in names}
    return {name: value for name, value in found.items() if value is not None}


def _made_by(obj: Json, where: Where) -> MadeBy | None:
    made_by = fields.optional(obj, "made_by", dict, where)
    return None if made_by is None else MadeBy.from_json(made_by, where)


def _usage(obj: Json, where: Where) -> Usage | None:
    usage = fields.optional(obj, "usage", dict, where)
    return usage_from_json(usage, where) if usage else None


def _question_id(obj: Json, where: Where) -> QuestionId:
    value = obj.get("question_id")
    if isinstance(value, bool) or not isinstance(value, int | str) or value == "":
        problem = "is missing" if value is None else f"must be a whole number or a text, not {value!r:.60}"
        raise where.bad(problem, "question_id")
    return value


def _category(obj: Json, where: Where) -> str:
    return fields.text(obj, "category", where, default="general")


def _turns(obj: Json, where: Where) -> tuple[str, ...]:
    return fields.texts(obj, "turns", where)


def _reference(obj: Json, where: Where) -> tuple[str, ...]:
    value = obj.get("reference")
    if not value:
        return ()
    # Official questions have "" where a turn has no reference.
    return fields.texts(
        {"reference": [value] if isinstance(value, str) else value}, "reference", where, empty_texts=True
    )


def _temperature(obj: Json, where: Where) -> float | None:
    if obj.get("required_temperature") is None:
        return None
    value = fields.number(obj, "required_temperature", where)
    if not 0 <= value <= 2:
        raise where.bad(f"must lie between 0 and 2, not {value!r}", "required_temperature")
    return value


def _judge(obj: Json, where: Where) -> tuple[str, str]:
    value = obj.get("judge")
    if isinstance(value, list) and len(value) == 2 and all(isinstance(part, str) for part in value):
        return value[0], value[1]
    raise where.bad("must be a list of the judge's name and the prompt's", "judge")


def _winner(obj: Json, name: str, where: Where) -> str:
    value = obj.get(name)
    if value not in ("model_1", "model_2", "tie", "error"):
        raise where.bad(f"must be model_1, model_2, tie or error, not {value!r:.60}", name)
    return str(value)
