"""The forms in which engines and clouds write responses."""

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtbench.chat import Completion, Message, Params, openai
from mtbench.chat.keys import Endpoint
from mtbench.chat.request_lines import custom_id, is_cancelled, reply_of, request_line
from mtbench.chat.spec import ModelSpec
from mtbench.errors import (
    ContextTooLong,
    GivenUp,
    OutOfQuota,
    RequestError,
    Retryable,
)

SPEC = ModelSpec("m", "openai", "m")
HELLO = [Message("user", "hello")]
USAGE = {"prompt_tokens": 3, "completion_tokens": 2}
CHAT = {"choices": [{"message": {"role": "assistant", "content": "good"}, "finish_reason": "stop"}], "usage": USAGE}


def said(line: dict[str, Any]) -> Completion | RequestError:
    """What comes of a line of responses."""
    endpoint = Endpoint("file:")
    _, asked = openai.request(SPEC, endpoint, HELLO, Params())
    try:
        return openai.completion(reply_of(line), asked, endpoint, False)
    except RequestError as error:
        return error


GOOD: dict[str, dict[str, Any]] = {
    "openai": {"id": "batch_req_1", "response": {"status_code": 200, "request_id": "r", "body": CHAT}, "error": None},
    "vllm": {"id": "vllm-1", "response": {"status_code": 200, "request_id": "r", "body": CHAT}, "error": None},
    "no status": {"response": {"body": CHAT}},
    "completion as response": {"response": CHAT | {"id": "cmpl-1"}},
    "completion on top": CHAT,
    "body on top": {"body": CHAT},
    "body as text": {"response": {"status_code": 200, "body": orjson.dumps(CHAT).decode()}},
    "ray http": {"http_response": CHAT},
    "ray engine": {
        "generated_text": "good", "num_input_tokens": 3, "num_generated_tokens": 2, "finish_reason": "stop",
        "__inference_error__": "",
    },
    "ray engine with an empty error": {
        "generated_text": "good", "num_input_tokens": 3, "num_generated_tokens": 2, "finish_reason": "stop",
        "__inference_error__": {"error_msg": None, "traceback": None},
    },
    "arrow fills absent fields with null": {"response": {"status_code": 200, "body": CHAT}, "error": {}, "body": None},
}  # fmt: skip


@pytest.mark.parametrize("form", GOOD)
def test_a_good_response_is_taken_in_every_form(form: str) -> None:
    completion = said({"custom_id": "x", **GOOD[form]})
    assert isinstance(completion, Completion)
    assert (completion.text, completion.finish_reason) == ("good", "stop")
    assert (completion.usage.input, completion.usage.output) == (3, 2)


TOO_LONG = "This model's maximum context length is 10 tokens"
BAD: dict[str, tuple[dict[str, Any], type[RequestError], str]] = {
    "openai body": (
        {"response": {"status_code": 400, "body": {"error": {"message": TOO_LONG, "code": "x"}}}},
        ContextTooLong, TOO_LONG,
    ),
    "openai expired": (
        {"response": None, "error": {"code": "batch_expired", "message": "not in time"}}, Retryable, "not in time"
    ),
    "openai unknown code": ({"response": None, "error": {"code": "odd", "message": "no"}}, GivenUp, "no"),
    "vllm text": (
        {"response": {"status_code": 400, "request_id": "r", "body": None}, "error": TOO_LONG}, ContextTooLong, TOO_LONG
    ),
    "vllm object": (
        {"response": {"status_code": 500, "body": None}, "error": {"error": {"message": "dead", "code": 500}}},
        Retryable, "dead",
    ),
    "vllm older object": (
        {"response": {"status_code": 404, "body": None}, "error": {"object": "error", "message": "off", "code": 404}},
        RequestError, "off",
    ),
    "status in the error": ({"error": {"message": "busy", "code": 429}}, Retryable, "busy"),
    "quota": ({"error": {"message": "no money", "code": "insufficient_quota"}}, OutOfQuota, "no money"),
    "ray": ({"generated_text": "", "__inference_error__": f"ValueError: {TOO_LONG}"}, ContextTooLong, TOO_LONG),
    "empty": ({"generated_text": ""}, Retryable, "empty answer"),
    "nothing": ({}, Retryable, "without 'choices'"),
    "error body with 200": (
        {"response": {"status_code": 200, "body": {"error": {"message": "eh"}}}}, RequestError, "eh"
    ),
}  # fmt: skip


@pytest.mark.parametrize("form", BAD)
def test_a_failed_request_keeps_its_reason(form: str) -> None:
    line, kind, words = BAD[form]
    error = said({"custom_id": "x", **line})
    assert isinstance(error, kind)
    assert words in str(error)


def test_a_cancelled_request_is_told_apart() -> None:
    assert is_cancelled({"error": {"code": "batch_cancelled", "message": "…"}})
    assert not is_cancelled({"error": {"code": "batch_expired"}})
    assert not is_cancelled({"error": None})


def test_an_id_is_the_hash_and_tells_samples_apart() -> None:
    first, second = (custom_id("openai/m", HELLO, Params(sample=sample)) for sample in (0, 7))
    assert second == f"{first}-7"
    assert len(first) == 32
    line = orjson.loads(request_line(first, {"model": "m"}))
    assert line == {"custom_id": first, "method": "POST", "url": "/v1/chat/completions", "body": {"model": "m"}}


json = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
names = st.sampled_from(
    ["response", "error", "body", "choices", "status_code", "generated_text", "http_response", "message", "code", "x"]
)
nested = st.recursive(json, lambda inner: st.dictionaries(names, inner, max_size=4), max_leaves=10)


@given(st.dictionaries(names, nested, max_size=5))
def test_whatever_stands_in_a_line_is_a_completion_or_an_error_of_ours(line: dict[str, Any]) -> None:
    assert isinstance(said(line), Completion | RequestError)
    assert is_cancelled(line) in (True, False)
