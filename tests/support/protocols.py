"""What a model endpoint says, in the two protocols: completions, and the errors that real endpoints give."""

import hashlib
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

import orjson

Json = dict[str, Any]


@dataclass(frozen=True)
class Request:
    """A request as it came in: header names in lower case; `body` is {} for a GET."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: Json


@dataclass(frozen=True)
class Reply:
    """What the model says, when a text alone is not enough.

    `finish_reason` is OpenAI's word. `message`: fields that replace or join those of an OpenAI message (for example
    {"reasoning_content": "…"} or {"content": None}). `blocks`: the whole content of an Anthropic reply.
    """

    text: str = ""
    finish_reason: str = "stop"
    message: Json = field(default_factory=dict)
    blocks: list[Json] | None = None
    usage: Json | None = None


class Limits(Protocol):
    """What an endpoint takes: the only key, the only models, and the parameters that it refuses."""

    key: str | None
    models: Collection[str] | None
    refuses: set[str]


class OpenAI:
    """Chat completions."""

    @staticmethod
    def error(kind: str, message: str, param: str | None = None, code: str | None = None) -> Json:
        return {"error": {"message": message, "type": kind, "param": param, "code": code}}

    @classmethod
    def problem(cls, request: Request, server: Limits) -> tuple[int, Json] | None:
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        if server.key and given != server.key:
            words = f"Incorrect API key provided: {given}. You can find your API key in your account settings."
            return 401, cls.error("invalid_request_error", words, code="invalid_api_key")
        model = request.body["model"]
        if server.models is not None and model not in server.models:
            words = f"The model `{model}` does not exist or you do not have access to it."
            return 404, cls.error("invalid_request_error", words, code="model_not_found")
        for name in ("max_tokens", "max_completion_tokens", "temperature", "top_p", "seed", "system", "schema"):
            if name in server.refuses and _sent(name, request.body):
                return 400, cls._refusal(name, request.body)
        return None

    @classmethod
    def _refusal(cls, name: str, body: Json) -> Json:
        kind = "invalid_request_error"
        if name == "temperature":
            words = f"Unsupported value: 'temperature' does not support {body[name]} with this model."
            return cls.error(kind, f"{words} Only the default (1) value is supported.", name, "unsupported_value")
        if name == "max_tokens":
            words = "Unsupported parameter: 'max_tokens' is not supported with this model."
            return cls.error(kind, f"{words} Use 'max_completion_tokens' instead.", name, "unsupported_parameter")
        if name == "max_completion_tokens":  # as servers written in Python say it: pydantic's words, and no param
            words = f"{{'type': 'extra_forbidden', 'loc': ('body', '{name}'), 'msg': 'Extra inputs are not permitted'}}"
            return {"object": "error", "message": f"[{words}]", "type": "BadRequestError", "param": None, "code": 400}
        if name == "system":
            words = "Unsupported value: 'messages[0].role' does not support 'system' with this model."
            return cls.error(kind, words, "messages[0].role", "unsupported_value")
        if name == "schema":
            words = "Invalid parameter: 'response_format' of type 'json_schema' is not supported with this model."
            return cls.error(kind, words, "response_format")
        return cls.error(kind, f"Unrecognized request argument supplied: {name}")

    @staticmethod
    def completion(body: Json, reply: Reply) -> Json:
        message = {"role": "assistant", "content": reply.text, "refusal": None} | reply.message
        prompt, answer = _tokens(prompt_text(body)), _tokens(reply.text)
        usage = {"prompt_tokens": prompt, "completion_tokens": answer, "total_tokens": prompt + answer}
        return {
            "id": "chatcmpl-test",
            "object": "chat.completion",
            "created": 1,
            "model": body["model"],
            "choices": [{"index": 0, "message": message, "finish_reason": reply.finish_reason, "logprobs": None}],
            "usage": usage if reply.usage is None else reply.usage,
        }


class Anthropic:
    """Messages."""

    _STOP: ClassVar = {"stop": "end_turn", "length": "max_tokens", "content_filter": "refusal"}

    @staticmethod
    def error(kind: str, message: str) -> Json:
        return {"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_test"}

    @classmethod
    def problem(cls, request: Request, server: Limits) -> tuple[int, Json] | None:
        body = request.body
        if server.key and request.headers.get("x-api-key") != server.key:
            return 401, cls.error("authentication_error", f"invalid x-api-key: {request.headers.get('x-api-key')}")
        if server.models is not None and body["model"] not in server.models:
            return 404, cls.error("not_found_error", f"model: {body['model']}")
        for name in ("anthropic-version", "content-type"):
            if name not in request.headers:
                return 400, cls.error("invalid_request_error", f"{name}: header is required")
        if "max_tokens" not in body:
            return 400, cls.error("invalid_request_error", "max_tokens: Field required")
        for name in ("temperature", "top_p", "system", "schema"):
            if name in server.refuses and _sent(name, body):
                words = {
                    "system": "system: Extra inputs are not permitted",
                    "schema": "output_config.format: Extra inputs are not permitted",
                }.get(name, f"`{name}` is deprecated for this model.")
                return 400, cls.error("invalid_request_error", words)
        return None

    @classmethod
    def completion(cls, body: Json, reply: Reply) -> Json:
        usage = {"input_tokens": _tokens(prompt_text(body)), "output_tokens": _tokens(reply.text)}
        return {
            "id": "msg_test",
            "type": "message",
            "role": "assistant",
            "model": body["model"],
            "content": [{"type": "text", "text": reply.text}] if reply.blocks is None else reply.blocks,
            "stop_reason": cls._STOP.get(reply.finish_reason, reply.finish_reason),
            "stop_sequence": None,
            "usage": usage if reply.usage is None else reply.usage,
        }


def default_reply(body: Json) -> str:
    """The same text for the same request: a verdict where the prompt asks for one, JSON where a schema is given."""
    prompt = prompt_text(body)
    pick = int(hashlib.sha256(prompt.encode()).hexdigest(), 16)
    schema = _schema(body)
    if schema:
        return orjson.dumps(_matching(schema, pick)).decode()
    if re.search(r"\[\[(rating_a, ?rating_b|\d+, ?\d+)\]\]", prompt):
        return f"Both answers were read with care.\n\nRatings: [[{pick % 10 + 1},{pick // 10 % 10 + 1}]]"
    if "[[A]]" in prompt and "[[B]]" in prompt:
        return f"Both answers were read with care.\n\n[[{'ABC'[pick % 3]}]]"
    if re.search(r"\[\[(rating|\d+)\]\]", prompt):
        return f"The answer was read with care.\n\nRating: [[{pick % 10 + 1}]]"
    return f"Answer {pick % 10**6:06d} to: {_text(body['messages'][-1]['content'])[:80]}"


def prompt_text(body: Json) -> str:
    """All words of a request of either protocol: the system text and every message."""
    system = [_text(body["system"])] if "system" in body else []
    return "\n".join(system + [_text(message["content"]) for message in body["messages"]])


def _sent(name: str, body: Json) -> bool:
    if name == "system":
        return "system" in body or any(message["role"] == "system" for message in body["messages"])
    return bool(_schema(body)) if name == "schema" else name in body


def _schema(body: Json) -> Json | None:
    form = body.get("response_format") or (body.get("output_config") or {}).get("format") or {}
    return form.get("schema") or (form.get("json_schema") or {}).get("schema")


def _matching(schema: Json, pick: int) -> Any:
    """A value that matches the schema: objects, enums, numbers within their bounds, texts."""
    if "enum" in schema:
        return schema["enum"][pick % len(schema["enum"])]
    kind = schema.get("type")
    if kind == "object":
        inner = schema["properties"].items()
        return {name: _matching(value, pick // (at + 1)) for at, (name, value) in enumerate(inner)}
    if kind == "array":
        return [_matching(schema["items"], pick)]
    if kind in ("integer", "number"):
        low, high = int(schema.get("minimum", 1)), int(schema.get("maximum", 10))
        return low + pick % (high - low + 1)
    return pick % 2 == 0 if kind == "boolean" else "The answer was read with care."


def _text(content: Any) -> str:
    """The text of a message's content, be it a string or a list of parts."""
    return content if isinstance(content, str) else "".join(part.get("text", "") for part in content)


def _tokens(text: str) -> int:
    return -(-len(text) // 4)
