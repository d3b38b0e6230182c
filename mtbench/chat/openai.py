"""Every endpoint that speaks OpenAI's chat completions."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from mtbench import __version__
from mtbench.chat import Completion, Message, Params, Usage
from mtbench.chat.faults import Asked
from mtbench.chat.http import Http, HttpReply, joined, nothing
from mtbench.chat.keys import Endpoint
from mtbench.chat.replies import completed, count, read, word
from mtbench.chat.spec import ModelSpec
from mtbench.errors import Retryable


class OpenAIModel:
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
        url = joined(self._endpoint.url, "/chat/completions")
        reply = await self._http.post(url, headers(self._endpoint), body)
        return completion(reply, asked, self._endpoint, self._keep_thinking)

    async def aclose(self) -> None:
        await self._http.aclose()


def headers(endpoint: Endpoint) -> dict[str, str]:
    """The headers of every request to the endpoint; no authorization without a key."""
    authorization = {"authorization": f"Bearer {endpoint.key}"} if endpoint.key else {}
    return {"user-agent": f"mtbench/{__version__}", **authorization, **endpoint.headers}


def request(
    spec: ModelSpec, endpoint: Endpoint, messages: Sequence[Message], params: Params
) -> tuple[dict[str, Any], Asked]:
    """The body of one request, and what is known of it when its reply is read."""
    body = _body(spec.name, messages, params)
    return body, Asked(spec.id, spec.name, endpoint.host, _sent(body, params))


def completion(reply: HttpReply, asked: Asked, endpoint: Endpoint, keep_thinking: bool) -> Completion:
    """What a reply says, however it came. Raises the RequestError that it stands for."""
    return _completion(read(reply, asked, endpoint, "choices"), asked, keep_thinking)


def _body(name: str, messages: Sequence[Message], params: Params) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "temperature": params.temperature,
        params.tokens_field: params.max_tokens,
        "top_p": params.top_p,
        "seed": params.seed,
    }
    if params.schema is not None:
        form = {"name": "reply", "strict": True, "schema": params.schema}
        fields["response_format"] = {"type": "json_schema", "json_schema": form}
    return {
        "model": name,
        "messages": [{"role": message.role, "content": message.content} for message in messages],
        **{field: value for field, value in fields.items() if value is not None},
        **params.extra,
    }


def _sent(body: Mapping[str, Any], params: Params) -> dict[str, str]:
    """The parameters in a request that an endpoint may refuse, by its names for them, and ours."""
    sent = {name: name for name in body if name not in ("model", "messages")}
    if params.schema is not None:
        sent |= {"response_format": "schema", "json_schema": "schema"}
    if any(message["role"] == "system" for message in body["messages"]):
        sent["system"] = "system"
    return sent


def _completion(body: Mapping[str, Any], asked: Asked, keep_thinking: bool) -> Completion:
    choice = body["choices"][0] if body["choices"] else None
    message = choice.get("message") if isinstance(choice, dict) else None
    if not isinstance(choice, dict) or not isinstance(message, dict):
        raise Retryable(f"{asked.model} at {asked.host} answered 200 without a message", kind="malformed reply")
    if choice.get("finish_reason") == "error":
        raise Retryable(f"{asked.model} at {asked.host}: the answer broke off with an error")
    text, thinking = _parts(message.get("content"))
    apart = message.get("reasoning_content") or message.get("reasoning")
    if isinstance(apart, str):
        thinking = apart
    refusal = message.get("refusal")
    if not text and isinstance(refusal, str):
        text = refusal
    return completed(asked, text, thinking, word(choice, "finish_reason"), _usage(body.get("usage")), keep_thinking)


def _parts(content: object) -> tuple[str, str]:
    """Text and reasoning of a message's content: a string, nothing, or a list of parts."""
    if isinstance(content, str):
        return content, ""
    text = thinking = ""
    for part in content if isinstance(content, list) else ():
        if isinstance(part, dict) and part.get("type") == "thinking":
            thinking += _parts(part.get("thinking"))[0]
        elif isinstance(part, dict) and isinstance(part.get("text"), str):
            text += part["text"]
    return text, thinking


def _usage(usage: object) -> Usage:
    details = usage.get("prompt_tokens_details") if isinstance(usage, dict) else None
    return Usage(count(usage, "prompt_tokens"), count(usage, "completion_tokens"), count(details, "cached_tokens"))
