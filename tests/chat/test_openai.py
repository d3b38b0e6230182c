"""What goes to an OpenAI-style endpoint and what is read from its reply."""

from typing import Any

import pytest

from mtbench.chat import Completion, Message, Params, Usage
from mtbench.chat.spec import ModelSpec
from mtbench.errors import ContentRefused, Retryable
from tests.chat.asking import HELLO, WITH_SYSTEM, Heard, asked, opened, spec_for
from tests.support.servers import Fault, ModelServer, Reply

SCHEMA = {
    "type": "object",
    "properties": {"rating": {"type": "integer", "minimum": 3, "maximum": 3}},
    "required": ["rating"],
    "additionalProperties": False,
}


async def answer(reply: Reply, *, keep_thinking: bool = False) -> Completion:
    async with (
        ModelServer(reply=lambda _: reply) as server,
        opened(spec_for("openai", server.base_url), attempts=1, keep_thinking=keep_thinking) as model,
    ):
        return await model.complete(HELLO, Params())


async def test_a_request_says_what_was_asked_for() -> None:
    params = Params(0.7, 64, top_p=0.9, seed=5, schema=SCHEMA, extra={"top_k": 20})
    async with ModelServer() as server, asked(server) as model:
        completion = await model.complete(WITH_SYSTEM, params)
    assert server.bodies == [
        {
            "model": "test-model",
            "messages": [
                {"role": "system", "content": "You are brief."},
                {"role": "user", "content": "How far is the moon?"},
            ],
            "temperature": 0.7,
            "max_tokens": 64,
            "top_p": 0.9,
            "seed": 5,
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "reply", "strict": True, "schema": SCHEMA},
            },
            "top_k": 20,
        }
    ]
    assert completion == Completion('{"rating":3}', "stop", Usage(9, 3))


async def test_what_is_left_to_the_endpoint_is_not_sent() -> None:
    async with ModelServer() as server, asked(server) as model:
        await model.complete(HELLO, Params())
    assert set(server.bodies[0]) == {"model", "messages"}


async def test_key_and_headers_are_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_KEY", "sk-mine")
    async with ModelServer(key="sk-mine") as server:
        spec = ModelSpec("m", "openai", "m", server.base_url, "MY_KEY", headers={"X-Team": "evals"}, is_alias=True)
        async with opened(spec) as model:
            await model.complete(HELLO, Params())
    assert server.requests[0].headers["authorization"] == "Bearer sk-mine"
    assert server.requests[0].headers["x-team"] == "evals"


@pytest.mark.parametrize(
    ("message", "text", "thinking"),
    [
        ({"content": "Far.", "reasoning_content": "Hm."}, "Far.", "Hm."),
        ({"content": "Far.", "reasoning": "Hm."}, "Far.", "Hm."),
        ({"content": "Far.", "reasoning": {"effort": "high"}}, "Far.", ""),
        ({"content": "<think>\nHm.\n</think>\nFar."}, "Far.", "Hm."),
        ({"content": "<think>b</think>Far.", "reasoning_content": "a"}, "Far.", "a\n\nb"),
        ({"content": [{"type": "text", "text": "Fa"}, {"type": "output_text", "text": "r."}]}, "Far.", ""),
        (
            {
                "content": [
                    {"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}]},
                    {"type": "image_url", "image_url": {}},
                    {"type": "text", "text": "Far."},
                ]
            },
            "Far.",
            "Hm.",
        ),
        ({"content": None, "refusal": "I cannot say."}, "I cannot say.", ""),
    ],
)
async def test_answer_and_reasoning_come_apart(message: dict[str, Any], text: str, thinking: str) -> None:
    completion = await answer(Reply(message=message))
    assert (completion.text, completion.thinking) == (text, thinking)


@pytest.mark.parametrize(
    "message", [{"content": "Far.", "reasoning_content": "Hm."}, {"content": "<think>Hm.</think>Far."}]
)
async def test_reasoning_stays_in_the_text_when_asked_for(message: dict[str, Any]) -> None:
    completion = await answer(Reply(message=message), keep_thinking=True)
    assert completion.text == "<think>\nHm.\n</think>\n\nFar."
    assert completion.thinking == "Hm."


async def test_an_answer_cut_off_while_thinking_is_an_empty_truncated_answer() -> None:
    completion = await answer(Reply("<think>Hm, let me", finish_reason="length"))
    assert (completion.text, completion.thinking, completion.truncated) == ("", "Hm, let me", True)


async def test_an_answer_that_is_only_thinking_is_empty() -> None:
    with pytest.raises(Retryable, match="empty answer") as caught:
        await answer(Reply("<think>Hm.</think>\n"))
    assert caught.value.kind == "empty answer"


async def test_an_answer_that_the_filter_withheld_is_given_up() -> None:
    with pytest.raises(ContentRefused, match=r"test-model at .* filter withheld"):
        await answer(Reply(finish_reason="content_filter", message={"content": None}))


async def test_what_the_filter_let_through_is_an_answer() -> None:
    completion = await answer(Reply("Far a", finish_reason="content_filter"))
    assert (completion.text, completion.finish_reason) == ("Far a", "content_filter")


async def test_an_answer_that_broke_off_is_a_fault() -> None:
    with pytest.raises(Retryable, match="broke off"):
        await answer(Reply("Far a", finish_reason="error"))


async def test_a_finish_reason_that_is_no_text_is_none() -> None:
    completion = await answer(Reply("Far.", finish_reason=["stop"]))  # type: ignore[arg-type]  # as broken
    assert (completion.text, completion.finish_reason) == ("Far.", None)


@pytest.mark.parametrize("choices", [[None], [{"finish_reason": "stop"}], ["text"]])
async def test_choices_that_are_none_are_a_fault(choices: list[Any]) -> None:
    fault = Fault(status=200, body={"choices": choices})
    async with ModelServer(faults=[fault]) as server, opened(spec_for("openai", server.base_url), attempts=1) as model:
        with pytest.raises(Retryable, match="without a message"):
            await model.complete(HELLO, Params())


@pytest.mark.parametrize(
    ("usage", "read"),
    [
        (
            {"prompt_tokens": 30, "completion_tokens": 5, "prompt_tokens_details": {"cached_tokens": 20}},
            Usage(30, 5, 20),
        ),
        ({"prompt_tokens": 30, "completion_tokens": None, "prompt_tokens_details": None}, Usage(30, 0, 0)),
        ({}, Usage()),
        ({"prompt_tokens": -1, "completion_tokens": True, "prompt_tokens_details": {"cached_tokens": "5"}}, Usage()),
    ],
)
async def test_usage_is_read(usage: dict[str, Any], read: Usage) -> None:
    heard = Heard()
    async with (
        ModelServer(reply=lambda _: Reply("Far.", usage=usage)) as server,
        asked(server, heard=heard) as model,
    ):
        completion = await model.complete(HELLO, Params())
    assert completion.usage == read
    assert heard.spent == [(read, None)]


async def test_a_query_in_the_base_url_is_kept() -> None:
    async with ModelServer() as server, opened(spec_for("openai", f"{server.base_url}/?api-version=v1")) as model:
        await model.complete([Message("user", "x")], Params())
    assert server.requests[0].path == "/v1/chat/completions?api-version=v1"
