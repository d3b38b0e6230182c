"""A completion as it is kept on disk until a record holds it: beside a failure, in a journal, in a cache."""

from pathlib import Path

from mtbench import fields
from mtbench.chat import Completion
from mtbench.fields import Where
from mtbench.records import Json, usage_from_json, usage_to_json

_SOMEWHERE = Where(Path("a stored reply"))


def to_json(completion: Completion) -> Json:
    """The JSON object of a completion."""
    return {
        "text": completion.text,
        "finish_reason": completion.finish_reason,
        "usage": usage_to_json(completion.usage),
        "thinking": completion.thinking,
        "adapted": list(completion.adapted),
    }


def from_json(obj: object, where: Where = _SOMEWHERE) -> Completion:
    """The completion behind an object that `to_json` made; what is missing is empty. Raises BadRecord for another."""
    if not isinstance(obj, dict):
        raise where.bad("must be an object")
    return Completion(
        text=fields.text(obj, "text", where, default=""),
        finish_reason=fields.optional(obj, "finish_reason", str, where),
        usage=usage_from_json(fields.optional(obj, "usage", dict, where) or {}, where),
        thinking=fields.text(obj, "thinking", where, default=""),
        adapted=fields.list_of(obj, "adapted", where, str),
    )
