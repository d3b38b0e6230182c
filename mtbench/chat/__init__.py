"""Talking to a model: one verb, `complete`. What can be put between (retry, limits, recall) is a ChatModel too."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import orjson

from mtbench.errors import MtbenchError
from mtbench.records import Usage

__all__ = ["ChatModel", "Completion", "Message", "Params", "Role", "Usage", "request_hash", "request_hasher"]

Role = Literal["system", "user", "assistant"]


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a conversation. `shared`: so many leading characters begin other requests of the run as well."""

    role: Role
    content: str
    shared: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Params:
    """Sampling parameters as asked for; None leaves the endpoint its default.

    `schema`: a JSON schema that the reply must match (structured output). `tokens_field`: the name under which an
    OpenAI-style endpoint takes `max_tokens`. `extra`: fields sent as they are (an alias's `params`).

    Two fields are never sent: `sample` tells identical requests apart (a repeat, a choice), so that a cache gives each
    its own reply; `about` says in words what the request is for, for logs.
    """

    temperature: float | None = None
    max_tokens: int | None = None
    top_p: float | None = None
    seed: int | None = None
    schema: Mapping[str, Any] | None = None
    tokens_field: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    extra: Mapping[str, Any] = field(default_factory=dict)
    sample: int = 0
    about: str = ""

    def asked(self) -> dict[str, Any]:
        """What was asked for, without the empty fields: the form kept in records and hashed."""
        named = {
            "temperature": self.temperature,
            "max_tokens": self.max_tokens,
            "top_p": self.top_p,
            "seed": self.seed,
            "schema": self.schema,
        }
        return {name: value for name, value in named.items() if value is not None} | dict(self.extra)


@dataclass(frozen=True, slots=True)
class Completion:
    """A model's reply. `finish_reason` is OpenAI's word for it: stop, length, content_filter, or the endpoint's own.

    `thinking`: reasoning that came apart from the answer or in <think> tags; never part of `text` unless asked for.
    `adapted`: what the endpoint refused and was left out or changed, e.g. ("temperature",).
    """

    text: str
    finish_reason: str | None = None
    usage: Usage = field(default_factory=Usage)
    thinking: str = ""
    adapted: tuple[str, ...] = ()

    @property
    def truncated(self) -> bool:
        return self.finish_reason == "length"


class ChatModel(Protocol):
    """The one interface to a model.

    `complete` raises errors.RequestError and nothing else for what an endpoint can do wrong.
    """

    async def complete(self, messages: Sequence[Message], params: Params) -> Completion: ...

    async def aclose(self) -> None: ...


def request_hash(model: str, messages: Sequence[Message], params: Params) -> str:
    """Names one request by its content: 32 hex digits of SHA-256 over model, messages and parameters asked for.

    Raises MtbenchError for what cannot be sent as JSON.
    """
    return request_hasher(model, params)(messages)


def request_hasher(model: str, params: Params) -> Callable[[Sequence[Message]], str]:
    """`request_hash` for many requests with this model and these parameters, most of which begin with one message."""
    start, end = b'{"messages":[', b"]," + _sorted_json(model, {"model": model, "params": params.asked()})[1:]
    known: Message | None = None
    begun = hashlib.sha256(start)

    def hash_of(messages: Sequence[Message]) -> str:
        nonlocal known, begun
        if messages[0] is not known:
            known = messages[0]
            begun = hashlib.sha256(start + _sorted_json(model, (known.role, known.content)))
        whole = begun.copy()
        for message in messages[1:]:
            whole.update(b",")
            whole.update(_sorted_json(model, (message.role, message.content)))
        whole.update(end)
        return whole.hexdigest()[:32]

    return hash_of


def _sorted_json(model: str, content: object) -> bytes:
    try:
        return orjson.dumps(content, option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError as error:
        raise MtbenchError(
            f"a request to {model} cannot be written as JSON ({error}): check --seed and --system-prompt"
        ) from error
