"""Requests and responses as lines of a file, in OpenAI's batch form and in the forms that engines make of it."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson

from mtbench.chat import Message, Params, request_hash
from mtbench.chat.http import HttpReply

URL: Final = "/v1/chat/completions"

_PASSING = {"batch_expired", "request_timeout", "timeout", "server_error", "rate_limit_exceeded"}
_STATUS_OF_PASSING, _STATUS_OF_OTHERS = 408, 400
_GENERATED = "generated_text"
"""The column in which Ray Data's engines put their reply."""

_RAY_ERROR = "__inference_error__"


def custom_id(model: str, messages: Sequence[Message], params: Params) -> str:
    """Names a request in a job or a file: its hash, with the number of the sample where it is not the first."""
    content = request_hash(model, messages, params)
    return f"{content}-{params.sample}" if params.sample else content


def request_line(name: str, body: Mapping[str, Any]) -> bytes:
    """One request as a line, without its newline."""
    return orjson.dumps({"custom_id": name, "method": "POST", "url": URL, "body": body})


def reply_of(line: Mapping[str, Any]) -> HttpReply:
    """The reply in a line of responses, in the form in which an endpoint would have given it.

    Takes what OpenAI, vLLM and the clouds write ({response: {status_code, body}, error}), a completion itself under
    `response`, `body`, `http_response` or at the top, and the columns of Ray Data's engines (generated_text, …).
    """
    response, error = _object(line.get("response")), _said(line.get("error")) or _said(line.get(_RAY_ERROR))
    status = response.get("status_code")
    for body in (response.get("body"), response, line.get("body"), line.get("http_response"), line):
        found = _object(body)
        if isinstance(found.get("choices"), list):
            return HttpReply(status if isinstance(status, int) else 200, {}, orjson.dumps(found))
    if not error and isinstance(line.get(_GENERATED), str):
        return HttpReply(200, {}, orjson.dumps(_generated(line)))
    said = error or response.get("body") or line.get("response")
    return _failed(status, said) if said else HttpReply(200, {}, b"{}")


def is_cancelled(line: Mapping[str, Any]) -> bool:
    """Whether the job was cancelled before this request was done."""
    return _code(line.get("error")) == "batch_cancelled"


def _said(error: object) -> object:
    """An error that says something; pipelines fill the columns of rows without one with nothing."""
    return error if not isinstance(error, dict) or any(error.values()) else None


def _failed(status: object, error: object) -> HttpReply:
    """A reply that says what went wrong; the status is a guess where the line has none."""
    body = _object(error) or {"message": str(error)}
    inner = _object(body.get("error")) or body
    guess = _STATUS_OF_PASSING if _code(inner) in _PASSING else _STATUS_OF_OTHERS
    said = (given for given in (status, inner.get("code")) if isinstance(given, int) and 400 <= given < 600)
    return HttpReply(next(said, guess), {}, orjson.dumps({"error": inner}))


def _generated(line: Mapping[str, Any]) -> dict[str, Any]:
    usage = {"prompt_tokens": line.get("num_input_tokens"), "completion_tokens": line.get("num_generated_tokens")}
    reason = line.get("finish_reason")
    return {"choices": [{"message": {"content": line[_GENERATED]}, "finish_reason": reason}], "usage": usage}


def _code(error: object) -> str:
    inner = _object(error)
    inner = _object(inner.get("error")) or inner
    return str(inner.get("code") or inner.get("type") or "").lower()


def _object(value: object) -> Mapping[str, Any]:
    """The object that a value is, or holds as text; an empty one for anything else."""
    if isinstance(value, str) and value[:1] == "{":
        try:
            value = orjson.loads(value)
        except orjson.JSONDecodeError:
            return {}
    return value if isinstance(value, dict) else {}
