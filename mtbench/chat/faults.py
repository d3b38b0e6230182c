"""What went wrong, from an endpoint's status and body: try again, give this request up, or stop the run."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from math import isfinite

from mtbench.chat.http import HttpReply
from mtbench.chat.refusals import refused_parameter
from mtbench.errors import (
    BadKey,
    ContentRefused,
    ContextTooLong,
    EndpointFailed,
    GivenUp,
    NoSuchModel,
    OutOfQuota,
    ParameterRefused,
    RequestError,
    Retryable,
)

_MOST_WORDS = 300
_MOST_READ = 20_000
"""Characters of a message that are looked at: what is longer echoes the request, or is no message."""

_LONGEST_WAIT = 3600.0
"""Seconds; an endpoint that asks to wait longer has closed for the day, which is not a matter of trying again."""

_TOO_LONG_CODES = {"context_length_exceeded", "exceed_context_size_error", "request_too_large"}
_TOO_LONG = re.compile(
    r"maximum context length|(model'?s?|available|allowed) context (length|size|window)"
    r"|context (length|window|limit|size) ?(is |was |has been )?exceeded|exceeds? (the )?(\w+ )?context"
    r"|prompt (is )?too long"
    r"|input is too long|too many (input |prompt )?tokens|reduce the length of (the|your)"
    r"|input token count.{0,40}exceeds|longer than the (model|maximum)|`inputs` (tokens|must have less)",
    re.I,
)
_REFUSED_CODES = {
    "content_filter",
    "content_policy",
    "content_policy_violation",
    "responsibleaipolicyviolation",
    "data_inspection_failed",
    "invalid_prompt",
}
_REFUSED = re.compile(
    r"content (management )?policy|content filter|responsible ?ai|usage polic|(was|been) flagged|requires moderation",
    re.I,
)
_BAD_KEY = re.compile(r"(incorrect|invalid) (x-)?api[ -]key|api key (is )?not valid|api_key_invalid", re.I)
_NO_QUOTA_CODES = {"insufficient_quota", "billing_hard_limit_reached", "billing_error"}
_NO_QUOTA = re.compile(r"credit balance is too low|insufficient (account )?(balance|credits?|quota|funds)", re.I)
_NO_MODEL = re.compile(r"does not exist|not found|(invalid|unknown|no such) model|not a valid model", re.I)


@dataclass(frozen=True, slots=True)
class Words:
    """What an error body says: the message, the parameter that it names, and its codes in lower case."""

    message: str
    param: str = ""
    codes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Asked:
    """The request that failed: model and endpoint as messages name them, and what was sent.

    `sent`: name in the request → what it is called in ParameterRefused, e.g. {"response_format": "schema"}.
    """

    model: str
    name: str
    host: str
    sent: Mapping[str, str]


def fault(reply: HttpReply, asked: Asked, words: Words) -> RequestError:
    """The error that `reply`, whose body says `words`, stands for; the sorting that the whole tool relies on."""
    status = reply.status
    said = f"{asked.model} at {asked.host} answered {status}: {_shortened(words.message)}"
    if _is_quota(status, words):
        return OutOfQuota(f"{said} (the account has no credit left)")
    if status in (400, 403, 422) and (words.codes & _REFUSED_CODES or _REFUSED.search(words.message)):
        return ContentRefused(said)
    if status in (401, 403) or (status == 400 and _BAD_KEY.search(words.message)):
        return BadKey(f"{said} (check the key, and that it may use this model)")
    if status in (404, 405, 410) or (status == 400 and _names_model(words, asked)):
        return NoSuchModel(
            said if _names_model(words, asked) else f"{said} (does the base URL lack /v1, or is it wrong?)"
        )
    if status == 429:
        return _limited(said, retry_after(reply.headers))
    if status in (408, 409, 425) or status >= 500:
        return _passing(status, said, retry_after(reply.headers))
    if status == 407:
        return EndpointFailed(f"{said} (the proxy wants a user and password)")
    return _given_up(status, said, words, asked)


def words_of(reply: HttpReply) -> Words:
    """Reads an error body in any of the forms that endpoints use; what is not JSON is shown as text."""
    body = reply.json()
    if isinstance(body, list) and body:
        body = body[0]
    if not isinstance(body, dict):
        return Words(_plain(reply.body[:_MOST_READ].decode(errors="replace")))
    error = body.get("error", body)
    if not isinstance(error, dict):
        return Words(str(error)[:_MOST_READ], codes=_codes(body))
    inner = error.get("innererror")
    codes = _codes(error) | (_codes(inner) if isinstance(inner, dict) else frozenset())
    message, param = _message(error)
    return Words(message[:_MOST_READ], param or str(error.get("param") or ""), codes)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait, from retry-after-ms or Retry-After (seconds or an HTTP date); None if not said."""
    try:
        if "retry-after-ms" in headers:
            seconds = float(headers["retry-after-ms"]) / 1000
        elif re.fullmatch(r"\s*[0-9.]+\s*", value := headers.get("retry-after", "")):
            seconds = float(value)
        else:
            when = parsedate_to_datetime(value)
            seconds = (when.replace(tzinfo=when.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
    except (ValueError, OverflowError):
        return None
    return max(0.0, seconds) if isfinite(seconds) else None


def _is_quota(status: int, words: Words) -> bool:
    if status == 402 or words.codes & _NO_QUOTA_CODES:
        return True
    return status in (400, 403, 429) and bool(_NO_QUOTA.search(words.message))


def _limited(said: str, wait: float | None) -> RequestError:
    if wait is not None and wait > _LONGEST_WAIT:
        return OutOfQuota(f"{said} (it asks to wait {wait / 3600:.1f} hours; run again then)")
    return Retryable(said, wait, kind="rate limited")


def _passing(status: int, said: str, wait: float | None) -> RequestError:
    if wait is not None and wait > _LONGEST_WAIT:
        return EndpointFailed(f"{said} (it asks to wait {wait / 3600:.1f} hours; run again then)")
    return Retryable(said, wait, "timeout" if status in (408, 504) else None)


def _given_up(status: int, said: str, words: Words, asked: Asked) -> GivenUp:
    if status == 413 or words.codes & _TOO_LONG_CODES or _TOO_LONG.search(words.message):
        return ContextTooLong(said)
    if status in (400, 422):
        name = refused_parameter(words.message, words.param, asked.sent)
        if name:
            return ParameterRefused(said, name)
    return GivenUp(said)


def _names_model(words: Words, asked: Asked) -> bool:
    if "model_not_found" in words.codes:
        return True
    return asked.name in words.message and bool(words.codes & {"not_found_error"} or _NO_MODEL.search(words.message))


def _message(error: Mapping[str, object]) -> tuple[str, str]:
    """Message, and the parameter if the message is a list of findings as FastAPI and pydantic write it."""
    said = error.get("message") or error.get("detail") or error.get("errors") or error.get("msg") or ""
    if isinstance(said, list) and said and isinstance(said[0], dict):
        finding = said[0]
        loc = finding.get("loc")
        place = ".".join(str(part) for part in loc if part != "body") if isinstance(loc, list) else ""
        return f"{place}: {finding.get('msg') or finding.get('message') or finding}", place
    metadata = error.get("metadata")
    raw = metadata.get("raw") if isinstance(metadata, dict) else None
    return f"{said}{f': {raw}' if raw else ''}" or str(dict(error)), ""


def _codes(error: Mapping[str, object]) -> frozenset[str]:
    return frozenset(str(error[name]).lower() for name in ("code", "type", "status") if error.get(name))


def _plain(text: str) -> str:
    title = re.search(r"<title>([^<]*)</title>", text, re.I)
    return title[1] if title else re.sub(r"<[^<>]*>", " ", text)


def _shortened(text: str) -> str:
    text = " ".join(text.split()) or "(no words)"
    return text if len(text) <= _MOST_WORDS else f"{text[: _MOST_WORDS - 1]}…"
