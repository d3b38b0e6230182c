"""What endpoints really say, sorted: try again, give the request up, or stop the run."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from time import monotonic
from typing import Any

import orjson
import pytest

from mtbench.chat.faults import Asked, fault, retry_after, words_of
from mtbench.chat.http import HttpReply
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

SENT = {name: name for name in ("temperature", "max_tokens", "top_p", "seed", "system")}


def sorted_out(status: int, body: Any, headers: dict[str, str] | None = None) -> RequestError:
    raw = body if isinstance(body, bytes) else orjson.dumps(body)
    reply = HttpReply(status, headers or {}, raw)
    return fault(reply, Asked("my-alias", "gpt-x", "api.test", SENT), words_of(reply))


def openai(message: str, kind: str = "invalid_request_error", param: str | None = None, code: Any = None) -> Any:
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}


def anthropic(message: str, kind: str = "invalid_request_error") -> Any:
    return {"type": "error", "error": {"type": kind, "message": message}}


@pytest.mark.parametrize("status", [408, 409, 425, 429, 500, 502, 503, 504, 529])
def test_what_may_pass_is_tried_again(status: int) -> None:
    error = sorted_out(status, openai("Please slow down."), {"retry-after": "7"})
    assert isinstance(error, Retryable)
    assert error.retry_after == 7
    assert error.kind == {429: "rate limited", 408: "timeout", 504: "timeout"}.get(status, "unavailable")


@pytest.mark.parametrize(
    "body",
    [
        openai(
            "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens.",
            code="context_length_exceeded",
        ),
        openai("Too big.", code="context_length_exceeded"),
        {
            "object": "error",
            "message": "'max_tokens' or 'max_completion_tokens' is too large: 4000. This model's maximum context length"
            " is 4096 tokens and your request has 500 input tokens.",
            "type": "BadRequestError",
            "param": None,
            "code": 400,
        },
        {"error": {"code": 400, "message": "request (9 tokens) exceeds the available context size (8 tokens), try"}},
        {"error": {"code": 400, "message": "too many", "type": "exceed_context_size_error", "n_ctx": 8}},
        anthropic("prompt is too long: 210000 tokens > 200000 maximum"),
        anthropic("input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000, decrease it"),
        {"message": "The input (9000 tokens) is longer than the model's context length (8192 tokens)."},
        {"error": "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096."},
        [{"error": {"code": 400, "message": "The input token count (40) exceeds the maximum number of tokens (9)."}}],
        openai("Please reduce the length of the messages or completion."),
        openai("Input is too long for requested model."),
    ],
)
def test_a_conversation_that_does_not_fit_is_given_up(body: Any) -> None:
    error = sorted_out(400, body)
    assert isinstance(error, ContextTooLong)
    assert error.kind == "context too long"


def test_a_request_too_large_is_given_up() -> None:
    assert isinstance(sorted_out(413, b"<html><title>413 Too Large</title></html>"), ContextTooLong)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, openai("Your request was rejected by our safety system.", code="content_policy_violation")),
        (400, openai("The response was filtered due to the prompt triggering the content management policy.")),
        (
            400,
            {"error": {"message": "no", "code": "x", "innererror": {"code": "ResponsibleAIPolicyViolation"}}},
        ),
        (
            400,
            openai("Invalid prompt: it was flagged as potentially violating our usage policy.", code="invalid_prompt"),
        ),
        (403, {"error": {"message": "This model requires moderation. Your input was flagged.", "code": 403}}),
        (400, anthropic("Output blocked by content filtering policy")),
    ],
)
def test_content_that_a_filter_refuses_is_given_up(status: int, body: Any) -> None:
    assert isinstance(sorted_out(status, body), ContentRefused)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (401, openai("Incorrect API key provided", code="invalid_api_key")),
        (403, openai("You are not allowed to sample from this model")),
        (401, anthropic("invalid x-api-key", "authentication_error")),
        (400, [{"error": {"code": 400, "message": "API key not valid. Please pass a valid API key."}}]),
    ],
)
def test_a_bad_key_stops_the_run(status: int, body: Any) -> None:
    assert isinstance(sorted_out(status, body), BadKey)


@pytest.mark.parametrize(
    ("status", "body", "hint"),
    [
        (404, openai("The model `gpt-x` does not exist", code="model_not_found"), False),
        (404, anthropic("model: gpt-x", "not_found_error"), False),
        (404, {"error": 'model "gpt-x" not found, try pulling it first'}, False),
        (400, openai("gpt-x is not a valid model ID"), False),
        (404, {"detail": "Not Found"}, True),
        (404, b"<html><head><title>404 Not Found</title></head></html>", True),
        (405, b"Method Not Allowed", True),
    ],
)
def test_an_unknown_model_or_path_stops_the_run(status: int, body: Any, hint: bool) -> None:
    error = sorted_out(status, body)
    assert isinstance(error, NoSuchModel)
    assert ("/v1" in str(error)) is hint


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (429, openai("You exceeded your current quota.", "insufficient_quota", code="insufficient_quota")),
        (402, {"error": {"message": "Insufficient Balance"}}),
        (400, anthropic("Your credit balance is too low to access the Anthropic API.")),
    ],
)
def test_an_empty_account_stops_the_run(status: int, body: Any) -> None:
    error = sorted_out(status, body)
    assert isinstance(error, OutOfQuota)
    assert error.exit_code == 3


def test_a_wait_of_hours_stops_the_run() -> None:
    error = sorted_out(429, openai("Daily limit"), {"retry-after": "7200"})
    assert isinstance(error, OutOfQuota)
    assert "2.0 hours" in str(error)


def test_an_endpoint_that_is_closed_for_hours_stops_the_run() -> None:
    error = sorted_out(503, openai("Maintenance"), {"retry-after": "7200"})
    assert type(error) is EndpointFailed
    assert "2.0 hours; run again then" in str(error)


@pytest.mark.parametrize("body", [b"<" * 2_000_000, b"<title>" * 300_000, openai("seed " * 400_000)])
def test_a_body_without_end_is_sorted_out_at_once(body: Any) -> None:
    start = monotonic()
    assert len(str(sorted_out(400, body))) < 400
    assert monotonic() - start < 5


def test_a_proxy_that_wants_a_password_stops_the_run() -> None:
    assert type(sorted_out(407, b"")) is EndpointFailed


@pytest.mark.parametrize("status", [400, 422, 415])
def test_any_other_bad_request_is_given_up_with_the_endpoints_words(status: int) -> None:
    words = "max_tokens is too large: 100000. This model supports at most 16384 tokens"
    error = sorted_out(status, openai(words))
    assert type(error) is GivenUp
    assert str(error) == f"my-alias at api.test answered {status}: {words}"


def test_a_refused_parameter_is_named() -> None:
    error = sorted_out(400, openai("Unsupported value", param="temperature", code="unsupported_value"))
    assert isinstance(error, ParameterRefused)
    assert error.parameter == "temperature"


def test_findings_in_a_list_name_the_parameter() -> None:
    finding = {"type": "extra_forbidden", "loc": ["body", "seed"], "msg": "Extra inputs are not permitted", "input": 1}
    error = sorted_out(422, {"detail": [finding]})
    assert isinstance(error, ParameterRefused)
    assert error.parameter == "seed"


def test_messages_have_at_most_300_characters_of_the_endpoints_words() -> None:
    error = sorted_out(400, openai("word " * 200))
    assert len(str(error)) == len("my-alias at api.test answered 400: ") + 300


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "(no words)"),
        (b"<p>Bad\n  gateway</p>", "Bad gateway"),
        ({}, "{}"),
        ([], "[]"),
        ({"errors": [{"message": "worse"}]}, "worse"),
        ({"error": {"message": "Provider returned error", "metadata": {"raw": "overloaded"}}}, "error: overloaded"),
        ({"detail": "Busy"}, "Busy"),
        ({"detail": [{"loc": 5, "msg": "odd"}]}, ": odd"),
        (b"<html><title>502 Bad Gateway</title>", "502 Bad Gateway"),
        ("just text", '"just text"'),
    ],
)
def test_the_words_are_found_in_every_form_of_body(body: Any, said: str) -> None:
    assert str(sorted_out(500, body)).endswith(said)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "2.5"}, 2.5),
        ({"retry-after-ms": "1500", "retry-after": "9"}, 1.5),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "1.2.3"}, None),
        ({"retry-after": "9" * 400}, None),
        ({"retry-after-ms": "inf"}, None),
        ({"retry-after": "Wed, 21 Oct 99999999999999999999 07:28:00 GMT"}, None),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:00 -0000"}, 0),
    ],
)
def test_the_wait_is_read(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers) == seconds


def test_the_wait_may_be_a_date() -> None:
    at = format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)
    assert retry_after({"retry-after": at}) == pytest.approx(60, abs=2)
