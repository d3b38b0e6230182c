"""What endpoints answer, of any content: a completion or an error of ours, soon, and never a wait without end."""

import asyncio
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtbench.chat import Completion, Message, Params
from mtbench.chat.faults import retry_after
from mtbench.chat.open import open_model
from mtbench.chat.spec import ModelSpec
from mtbench.chat.stored import from_json, to_json
from mtbench.errors import RequestError, Retryable
from tests.fuzz.profile import examples
from tests.fuzz.values import objects, texts, values
from tests.support.servers import Fault, ModelServer

PARAMS = Params(temperature=0.5, max_tokens=9, top_p=0.5, schema={"type": "object"}, extra={"top_k": 5, "n": 1})
MESSAGES = (Message("system", "You are brief."), Message("user", "How far is the moon?"))

counts = st.integers(-1, 2**64)
parts = objects({"type": st.sampled_from(["text", "thinking", "refusal"]), "text": texts, "thinking": texts})
openai = objects(
    {
        "choices": st.lists(
            objects(
                {
                    "message": objects(
                        {
                            "content": st.one_of(texts, st.none(), st.lists(parts, max_size=3)),
                            "reasoning_content": texts,
                            "reasoning": texts,
                            "refusal": texts,
                        }
                    ),
                    "finish_reason": st.sampled_from(["stop", "length", "content_filter", "error", ""]),
                }
            ),
            max_size=2,
        ),
        "usage": objects(
            {
                "prompt_tokens": counts,
                "completion_tokens": counts,
                "prompt_tokens_details": objects({"cached_tokens": counts}),
            }
        ),
    }
)
anthropic = objects(
    {
        "content": st.lists(parts, max_size=3),
        "stop_reason": st.sampled_from(["end_turn", "max_tokens", "refusal", "tool_use", "pause_turn"]),
        "usage": objects({"input_tokens": counts, "output_tokens": counts, "cache_read_input_tokens": counts}),
    }
)
said = st.sampled_from(
    [
        "Unsupported parameter: 'temperature'",
        "temperature and top_p cannot both be specified",
        "'top_k' is not permitted",
        "max_tokens is too large",
        "system messages are not supported",
        "response_format is not supported",
        "The model does not exist",
        "maximum context length is 8",
        "Invalid API key",
        "insufficient quota",
    ]
)
findings = st.lists(
    objects({"loc": st.lists(st.one_of(texts, st.integers()), max_size=3), "msg": said, "message": said}), max_size=2
)
error = objects(
    {
        "message": st.one_of(said, texts, findings),
        "detail": findings,
        "errors": findings,
        "msg": said,
        "type": st.sampled_from(["insufficient_quota", "invalid_request_error", "overloaded_error"]),
        "code": st.one_of(st.sampled_from(["context_length_exceeded", "content_filter"]), st.integers(300, 600)),
        "param": st.sampled_from(["temperature", "messages[0].role", "body.top_p"]),
        "metadata": objects({"raw": said}),
        "innererror": objects({"code": st.just("ResponsibleAIPolicyViolation")}),
    }
)
errors = st.one_of(error, objects({"error": error}), st.lists(objects({"error": error}), max_size=2))
raw = st.one_of(
    st.binary(max_size=30),
    st.sampled_from(
        [
            b"",
            b"null",
            b"<html><title>502</title>",
            b"<" * 300_000,
            b"<title>" * 50_000,
            b"[" * 100_000,
            b'{"error": ' * 900 + b"1" + b"}" * 900,
            b'{"choices": [{"message": {"content": "\xff"}}]}',
            b'{"choices": [{"message": {"content": "\\ud800"}}]}',
            b'{"choices": [{"message": {"content": "a"}}], "choices": 5}',
            b'{"error": {"message": "' + b"exceeds the " * 20_000 + b'"}}',
        ]
    ),
)


def encoded(value: object) -> bytes:
    return json.dumps(value).encode()


bodies = st.one_of(openai.map(encoded), anthropic.map(encoded), errors.map(encoded), values.map(encoded), raw)
amounts = st.one_of(
    st.sampled_from(["", "0", "1", "1.5", "1.2.3", ".", "-5", "1e3", "9" * 400, "inf", "nan", "1m30s", "6ms", "٣"]),
    st.sampled_from(["2024-01-01T00:00:00Z", "Wed, 21 Oct 2015 07:28:00 GMT", "Wed, 21 Oct 9999 07:28:00 -2359"]),
    st.sampled_from(["Wed, 21 Oct 99999999999999999999 07:28:00 GMT", "1 Jan 1 00:00 +99999999999"]),
    st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), max_size=12),
)  # fmt: skip
headers = st.dictionaries(
    st.sampled_from(
        [
            "retry-after",
            "retry-after-ms",
            "date",
            "content-type",
            "location",
            "x-ratelimit-limit-requests",
            "x-ratelimit-remaining-requests",
            "x-ratelimit-reset-requests",
            "x-ratelimit-remaining-tokens",
            "x-ratelimit-reset-tokens",
            "anthropic-ratelimit-requests-limit",
            "anthropic-ratelimit-requests-remaining",
            "anthropic-ratelimit-requests-reset",
            "anthropic-ratelimit-input-tokens-reset",
        ]
    ),
    amounts,
    max_size=4,
)
statuses = st.one_of(
    st.just(200), st.sampled_from([201, 204, 301, 307, 400, 401, 402, 403, 404, 407, 408, 413, 422, 429, 500, 503, 529])
)


@dataclass
class Asking:
    """A server and the loop that it runs in."""

    runner: asyncio.Runner
    server: ModelServer

    def ask(self, provider: str, fault: Fault) -> Completion | RequestError:
        """What comes of one request that the server answers so."""
        self.server.faults = lambda _: fault
        return self.runner.run(self._ask(provider))

    async def _ask(self, provider: str) -> Completion | RequestError:
        spec = ModelSpec("test", provider, "test-model", self.server.base_url)
        model = open_model(spec, timeout=20, attempts=1, note=lambda _: None)
        try:
            return await model.complete(MESSAGES, PARAMS)
        except RequestError as problem:
            return problem
        finally:
            await model.aclose()


@pytest.fixture(scope="module")
def asking() -> Iterator[Asking]:
    with asyncio.Runner() as runner:
        server = ModelServer()
        runner.run(server.__aenter__())
        yield Asking(runner, server)
        runner.run(server.__aexit__())


@examples(80)
@given(provider=st.sampled_from(["openai", "anthropic"]), status=statuses, body=bodies, more=headers)
def test_any_reply_is_a_completion_or_an_error_of_ours(
    asking: Asking, provider: str, status: int, body: bytes, more: Mapping[str, str]
) -> None:
    found = asking.ask(provider, Fault(status=status, body=body, headers=more))
    if isinstance(found, Completion):
        assert status == 200
        assert (found.text.strip() or found.finish_reason == "length") and found.finish_reason != ""  # noqa: PT018
        assert min(found.usage.input, found.usage.output, found.usage.cached) >= 0
        assert from_json(orjson.loads(orjson.dumps(to_json(found)))) == found
        return
    assert str(found).startswith("test at 127.0.0.1")
    assert len(str(found)) < 1000
    assert not isinstance(found, Retryable) or found.retry_after is None or 0 <= found.retry_after <= 3600


@examples(300)
@given(told=st.dictionaries(st.sampled_from(["retry-after", "retry-after-ms"]), st.one_of(amounts, texts), min_size=1))
def test_a_wait_that_is_asked_for_is_a_number_of_seconds_or_none(told: Mapping[str, str]) -> None:
    seconds = retry_after(told)
    assert seconds is None or (seconds >= 0 and isfinite(seconds))


@examples(60)
@given(reply=st.one_of(values, openai))
def test_a_stored_reply_of_any_content_is_read_or_refused(reply: Any) -> None:
    from mtbench.errors import BadRecord

    try:
        completion = from_json(reply)
    except BadRecord:
        return
    assert from_json(to_json(completion)) == completion
