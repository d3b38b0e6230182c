"""Every endpoint that speaks Anthropic's messages."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from mtbench import __version__
from mtbench.chat import Completion, Message, Params, Usage
from mtbench.chat.faults import Asked
from mtbench.chat.http import Http, HttpReply, joined, nothing
from mtbench.chat.keys import Endpoint
from mtbench.chat.prefixes import SHORTEST, shared_prefixes
from mtbench.chat.prices import estimate_tokens
from mtbench.chat.replies import completed, count, read, system_text, word
from mtbench.chat.spec import ModelSpec
from mtbench.errors import ParameterRefused

_VERSION = "2023-06-01"
_MAX_TOKENS = 1024
"""The protocol wants a limit; this is ours where none was asked for."""

_MOST_MARKS = 3
"""Messages of one request that may be marked for caching: the protocol takes four marks, one is the system's."""

_NO_TEXT = "(no text)"
"""Stands for an empty answer in the history (it was cut off while the model thought): the protocol refuses a blank."""

_FINISH = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "refusal": "content_filter",
    "tool_use": "tool_calls",
}


class AnthropicModel:
    """One model at one endpoint, asked once for each call.

    `timeout` in seconds. `observe` is given the headers of every reply.
    """

    def __init__(
        self,
        spec: ModelSpec,
        endpoint: Endpoint,
        *,
        timeout: float,
        keep_thinking: bool,
        observe: Callable[[Mapping[str, str]], None] = nothing,
    ) -> None:
        self._spec, self._endpoint, self._keep_thinking = spec, endpoint, keep_thinking
        self._http = Http(spec.id, timeout, observe, endpoint.masked)

    async def complete(self, messages: Sequence[Message], params: Params) -> Completion:
        body, asked = request(self._spec, self._endpoint, messages, params)
        reply = await self._http.post(url(self._endpoint, "/messages"), headers(self._endpoint), body)
        return completion(reply, asked, self._endpoint, self._keep_thinking)

    async def aclose(self) -> None:
        await self._http.aclose()


def headers(endpoint: Endpoint) -> dict[str, str]:
    """The headers of every request to the endpoint; no x-api-key without a key."""
    key = {"x-api-key": endpoint.key} if endpoint.key else {}
    return {"user-agent": f"mtbench/{__version__}", "anthropic-version": _VERSION, **key, **endpoint.headers}


def url(endpoint: Endpoint, path: str) -> str:
    """Where `path` is; people write the base URL with /v1 (as for OpenAI) and without (as Anthropic does)."""
    base = endpoint.url.partition("?")[0]
    return joined(endpoint.url, path if base.endswith("/v1") else f"/v1{path}")


def request(
    spec: ModelSpec, endpoint: Endpoint, messages: Sequence[Message], params: Params
) -> tuple[dict[str, Any], Asked]:
    """The body of one request, and what is known of it when its reply is read. Raises ParameterRefused for a seed."""
    if params.seed is not None:
        raise ParameterRefused(f"{spec.id}: Anthropic's messages have no seed", "seed")
    body = _body(spec.name, messages, params)
    return body, Asked(spec.id, spec.name, endpoint.host, _sent(body, params))


def completion(reply: HttpReply, asked: Asked, endpoint: Endpoint, keep_thinking: bool) -> Completion:
    """What a reply says, however it came. Raises the RequestError that it stands for."""
    return _completion(read(reply, asked, endpoint, "content"), asked, keep_thinking)


def _body(name: str, messages: Sequence[Message], params: Params) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "system": _system(system_text(messages)),
        "temperature": params.temperature,
        "top_p": params.top_p,
        "output_config": _output_config(params),
    }
    return {
        "model": name,
        "max_tokens": params.max_tokens or _MAX_TOKENS,
        "messages": _marked([message for message in messages if message.role != "system"], system_text(messages)),
        **{field: value for field, value in fields.items() if value is not None},
        **{field: value for field, value in params.extra.items() if field != "output_config"},
    }


def _system(text: str) -> str | list[dict[str, Any]] | None:
    """The system text, which all requests of a run share, marked for caching if it is long enough."""
    if estimate_tokens(text) >= SHORTEST:
        return [{"type": "text", "text": text, "cache_control": {"type": "ephemeral"}}]
    return text or None


def _marked(messages: Sequence[Message], system: str) -> list[dict[str, Any]]:
    """The messages in the protocol's form; where a shared prefix that is long enough ends, it is marked for caching."""
    marks = {place for place, _ in shared_prefixes(messages, system)[-_MOST_MARKS:]}
    return [
        {"role": message.role, "content": _blocks(message) if place in marks else _content(message)}
        for place, message in enumerate(messages)
    ]


def _blocks(message: Message) -> list[dict[str, Any]]:
    shared, rest = message.content[: message.shared], message.content[message.shared :]
    blocks: list[dict[str, Any]] = [{"type": "text", "text": shared, "cache_control": {"type": "ephemeral"}}]
    return [*blocks, {"type": "text", "text": rest}] if rest.strip() else blocks


def _content(message: Message) -> str:
    return _NO_TEXT if message.role == "assistant" and not message.content.strip() else message.content


def _output_config(params: Params) -> dict[str, Any] | None:
    """The form of the reply beside what an alias's own output_config (an effort, for instance) says."""
    own = params.extra.get("output_config")
    if params.schema is None:
        return own
    # The endpoint takes a part of JSON schema only; the SDK knows which, and writes the rest into descriptions.
    from anthropic import transform_schema

    return {**(own or {}), "format": {"type": "json_schema", "schema": transform_schema(dict(params.schema))}}


def _sent(body: Mapping[str, Any], params: Params) -> dict[str, str]:
    """The parameters in a request that an endpoint may refuse, by its names for them, and ours."""
    sent = {name: name for name in body if name not in ("model", "messages", "max_tokens")}
    if params.schema is not None:
        sent |= {"output_config": "schema", "output_format": "schema", "output format": "schema"}
    return sent


def _completion(body: Mapping[str, Any], asked: Asked, keep_thinking: bool) -> Completion:
    blocks = [block for block in body["content"] if isinstance(block, dict)]
    text = "".join(_strings(blocks, "text"))
    thinking = "\n\n".join(_strings(blocks, "thinking"))
    reason = word(body, "stop_reason")
    return completed(asked, text, thinking, _FINISH.get(reason or "", reason), _usage(body.get("usage")), keep_thinking)


def _strings(blocks: Sequence[Mapping[str, Any]], kind: str) -> list[str]:
    """What the blocks of one kind say; a block's text stands under the name of its kind."""
    return [block[kind] for block in blocks if block.get("type") == kind and isinstance(block.get(kind), str)]


def _usage(usage: object) -> Usage:
    cached = count(usage, "cache_read_input_tokens")
    written = count(usage, "cache_creation_input_tokens")
    return Usage(count(usage, "input_tokens") + cached + written, count(usage, "output_tokens"), cached, written)
