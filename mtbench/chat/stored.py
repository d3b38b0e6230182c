"""A completion as it is kept on disk until a record holds it: beside a failure, in a journal, in a cache."""

from mtbench.chat import Completion
from mtbench.records import Json, usage_from_json, usage_to_json


def to_json(completion: Completion) -> Json:
    """The JSON object of a completion."""
    return {
        "text": completion.text,
        "finish_reason": completion.finish_reason,
        "usage": usage_to_json(completion.usage),
        "thinking": completion.thinking,
        "adapted": list(completion.adapted),
    }


def from_json(obj: Json) -> Completion:
    """The completion behind an object that `to_json` made; what is missing is empty."""
    return Completion(
        text=str(obj.get("text", "")),
        finish_reason=obj.get("finish_reason"),
        usage=usage_from_json(obj.get("usage") or {}),
        thinking=str(obj.get("thinking", "")),
        adapted=tuple(obj.get("adapted") or ()),
    )
