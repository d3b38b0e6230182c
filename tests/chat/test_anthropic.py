"""What goes to an Anthropic-style endpoint and what is read from its reply."""

from typing import Any

import pytest

from mtbench.chat import Completion, Message, Params, Usage
from mtbench.errors import ContentRefused, Retryable
from tests.chat.asking import HELLO, Heard, asked, opened, spec_for
from tests.support.servers import ModelServer, Reply

SCHEMA = {
    "type": "object",
    "properties": {"rating": {"type": "integer", "minimum": 1, "maximum": 10}},
    "required": ["rating"],
}


async def answer(reply: Reply, *, keep_thinking: bool = False) -> Completion:
    async with (
        ModelServer(reply=lambda _: reply) as server,
        opened(spec_for("anthropic", server.base_url), attempts=1, keep_thinking=keep_thinking) as model,
    ):
        return await model.complete(HELLO, Params())


async def test_a_request_says_what_was_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-mine")
    messages = [
        Message("system", "You are brief."),
        Message("user", "How far is the moon?"),
        Message("assistant", "Far."),
        Message("system", "Say why."),
        Message("user", "Why?"),
    ]
    async with ModelServer(key="sk-ant-mine") as server, asked(server, "anthropic") as model:
        await model.complete(messages, Params(0.7, 64, top_p=0.9, extra={"top_k": 20}))
    [request] = server.requests
    assert request.path == "/v1/messages"
    assert request.headers["x-api-key"] == "sk-ant-mine"
    assert request.headers["anthropic-version"] == "2023-06-01"
    assert request.body == {
        "model": "test-model",
        "max_tokens": 64,
        "system": "You are brief.\n\nSay why.",
        "messages": [
            {"role": "user", "content": "How far is the moon?"},
            {"role": "assistant", "content": "Far."},
            {"role": "user", "content": "Why?"},
        ],
        "temperature": 0.7,
        "top_p": 0.9,
        "top_k": 20,
    }


async def test_an_empty_answer_in_the_history_goes_as_words_since_the_endpoint_refuses_a_blank() -> None:
    messages = [*HELLO, Message("assistant", " \n"), Message("user", "Well?")]
    async with ModelServer() as server, asked(server, "anthropic") as model:
        await model.complete(messages, Params())
    assert [each["content"] for each in server.bodies[0]["messages"]] == [HELLO[0].content, "(no text)", "Well?"]


async def test_a_limit_of_tokens_is_always_sent() -> None:
    async with ModelServer() as server, asked(server, "anthropic") as model:
        await model.complete(HELLO, Params())
    assert server.bodies[0]["max_tokens"] == 1024
    assert set(server.bodies[0]) == {"model", "messages", "max_tokens"}


async def test_the_base_url_may_lack_v1() -> None:
    async with ModelServer() as server, opened(spec_for("anthropic", server.base_url.removesuffix("/v1"))) as model:
        await model.complete(HELLO, Params())
    assert server.requests[0].path == "/v1/messages"


async def test_a_schema_is_asked_for_in_the_form_that_the_endpoint_takes() -> None:
    params = Params(schema=SCHEMA, extra={"output_config": {"effort": "low"}})
    async with ModelServer() as server, asked(server, "anthropic") as model:
        completion = await model.complete(HELLO, params)
    config = server.bodies[0]["output_config"]
    assert config["effort"] == "low"
    assert config["format"]["type"] == "json_schema"
    assert config["format"]["schema"]["additionalProperties"] is False
    assert "minimum" not in config["format"]["schema"]["properties"]["rating"]
    assert completion.text.startswith('{"rating":')


async def test_an_aliass_output_config_is_sent_without_a_schema() -> None:
    async with ModelServer() as server, asked(server, "anthropic") as model:
        await model.complete(HELLO, Params(extra={"output_config": {"effort": "low"}}))
    assert server.bodies[0]["output_config"] == {"effort": "low"}


BLOCKS: list[dict[str, Any]] = [
    {"type": "thinking", "thinking": "Hm.", "signature": "x"},
    {"type": "redacted_thinking", "data": "x"},
    {"type": "thinking", "thinking": "So."},
    {"type": "text", "text": "Fa"},
    {"type": "text", "text": "r."},
]


async def test_thinking_blocks_are_kept_apart() -> None:
    completion = await answer(Reply(blocks=BLOCKS))
    assert (completion.text, completion.thinking) == ("Far.", "Hm.\n\nSo.")


async def test_thinking_blocks_stay_in_the_text_when_asked_for() -> None:
    assert (await answer(Reply(blocks=BLOCKS), keep_thinking=True)).text == "<think>\nHm.\n\nSo.\n</think>\n\nFar."


@pytest.mark.parametrize(
    ("stop_reason", "finish_reason"),
    [
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
        ("refusal", "content_filter"),
        ("pause_turn", "pause_turn"),
        (None, None),
        (7, None),
    ],
)
async def test_stop_reasons_are_said_in_openais_words(stop_reason: Any, finish_reason: str) -> None:
    completion = await answer(Reply("Far.", finish_reason=stop_reason))
    assert completion.finish_reason == finish_reason


async def test_a_refusal_without_words_is_given_up() -> None:
    with pytest.raises(ContentRefused):
        await answer(Reply(blocks=[], finish_reason="refusal"))


async def test_no_text_is_an_empty_answer() -> None:
    with pytest.raises(Retryable, match="empty answer"):
        await answer(Reply(blocks=["odd", {"type": "text", "text": None}]))  # type: ignore[list-item]  # as broken


async def test_usage_counts_cached_tokens_as_input() -> None:
    usage = {"input_tokens": 10, "output_tokens": 5, "cache_read_input_tokens": 80, "cache_creation_input_tokens": 7}
    assert (await answer(Reply("Far.", usage=usage))).usage == Usage(97, 5, 80, 7)


async def test_a_seed_is_left_out_and_said_once() -> None:
    heard = Heard()
    async with ModelServer() as server, asked(server, "anthropic", heard) as model:
        first = await model.complete(HELLO, Params(seed=1))
        await model.complete(HELLO, Params(seed=2))
    assert first.adapted == ("seed",)
    assert heard.notes == ["test-model does not take seed; asked without it"]
    assert [set(body) for body in server.bodies] == [{"model", "messages", "max_tokens"}] * 2
