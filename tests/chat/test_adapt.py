"""What an endpoint refuses is learned from its error, once, said once, and recorded."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from mtbench.chat import Completion, Message, Params
from mtbench.chat.adapt import Adapting
from mtbench.errors import GivenUp, ParameterRefused
from tests.chat.asking import HELLO, WITH_SYSTEM, Heard, asked, texts
from tests.support.servers import Fault, ModelServer

SCHEMA = {"type": "object", "properties": {"rating": {"type": "integer"}}, "required": ["rating"]}
EVERYTHING = Params(0.7, 64, top_p=0.9, seed=5, schema=SCHEMA)
CASES = [
    ("openai", "temperature"),
    ("openai", "top_p"),
    ("openai", "seed"),
    ("openai", "schema"),
    ("openai", "system"),
    ("openai", "max_tokens"),
    ("anthropic", "temperature"),
    ("anthropic", "top_p"),
    ("anthropic", "schema"),
    ("anthropic", "system"),
]


@pytest.mark.parametrize(("provider", "refused"), CASES)
async def test_a_refused_parameter_is_left_out_from_then_on(provider: str, refused: str) -> None:
    heard = Heard()
    params = Params(0.7, 64, top_p=0.9, schema=SCHEMA, seed=5 if provider == "openai" else None)
    async with ModelServer(refuses={refused}) as server, asked(server, provider, heard) as model:
        completions = [await model.complete(WITH_SYSTEM, params) for _ in range(3)]
    assert [completion.adapted for completion in completions] == [(refused,)] * 3
    assert len(server.requests) == 4
    assert len(heard.notes) == 1
    assert heard.notes[0].startswith(f"test-model does not take {'a ' if refused in ('schema', 'system') else refused}")
    assert heard.retries == 0
    assert len(heard.spent) == 3


async def test_the_rest_of_the_request_stays_as_it_is() -> None:
    async with ModelServer(refuses={"temperature"}) as server, asked(server) as model:
        await model.complete(WITH_SYSTEM, EVERYTHING)
    first, second = server.bodies
    assert first.pop("temperature") == 0.7
    assert first == second


@pytest.mark.parametrize("provider", ["openai", "anthropic"])
async def test_two_refusals_at_once_are_both_learned(provider: str) -> None:
    heard = Heard()
    async with ModelServer(refuses={"temperature", "system"}) as server, asked(server, provider, heard) as model:
        first = await model.complete(WITH_SYSTEM, Params(0.7))
        await model.complete(WITH_SYSTEM, Params(0.7))
    assert first.adapted == ("temperature", "system")
    assert len(server.requests) == 4
    assert len(heard.notes) == 2


async def test_max_completion_tokens_takes_the_place_of_max_tokens() -> None:
    heard = Heard()
    async with ModelServer(refuses={"max_tokens"}) as server, asked(server, heard=heard) as model:
        completion = await model.complete(HELLO, Params(max_tokens=64))
    assert server.bodies[1]["max_completion_tokens"] == 64
    assert "max_tokens" not in server.bodies[1]
    assert completion.adapted == ("max_tokens",)
    assert heard.notes == ["test-model does not take max_tokens; asked with max_completion_tokens"]


async def test_max_tokens_takes_the_place_of_max_completion_tokens() -> None:
    async with ModelServer(refuses={"max_completion_tokens"}) as server, asked(server) as model:
        completion = await model.complete(HELLO, Params(extra={"max_completion_tokens": 64}))
    assert server.bodies[0]["max_completion_tokens"] == 64
    assert server.bodies[1]["max_tokens"] == 64
    assert completion.adapted == ("max_completion_tokens",)


async def test_an_endpoint_that_takes_no_limit_of_tokens_is_asked_without() -> None:
    heard = Heard()
    refuses = {"max_tokens", "max_completion_tokens"}
    async with ModelServer(refuses=refuses) as server, asked(server, heard=heard) as model:
        completion = await model.complete(HELLO, Params(max_tokens=64))
    assert not refuses & set(server.bodies[-1])
    assert completion.adapted == ("max_tokens", "max_completion_tokens")
    assert heard.notes[1] == "test-model does not take max_completion_tokens either; asked without a limit of tokens"


async def test_a_system_text_goes_in_front_of_the_first_user_message() -> None:
    messages = [
        Message("system", "You are brief."),
        Message("assistant", "Hello."),
        Message("user", "How far is the moon?"),
        Message("user", "And the sun?"),
    ]
    async with ModelServer(refuses={"system"}) as server, asked(server) as model:
        await model.complete(messages, Params())
        await model.complete(WITH_SYSTEM[:1], Params())
        await model.complete(HELLO, Params())
    sent = [[message["content"] for message in body["messages"]] for body in server.bodies[1:]]
    assert sent == [
        ["Hello.", "You are brief.\n\nHow far is the moon?", "And the sun?"],
        ["You are brief."],
        texts(HELLO),
    ]


async def test_extra_fields_are_left_out_by_name() -> None:
    heard = Heard()
    error = {"error": {"message": "Unrecognized request argument supplied: top_k", "type": "invalid_request_error"}}
    async with (
        ModelServer(faults=lambda seen: Fault(400, error) if "top_k" in seen.body else None) as server,
        asked(server, heard=heard) as model,
    ):
        completion = await model.complete(HELLO, Params(0.5, extra={"top_k": 20, "min_p": 0.1}))
    assert completion.adapted == ("top_k",)
    assert heard.notes == ["test-model does not take top_k; asked without it"]
    assert server.bodies[1]["min_p"] == 0.1
    assert server.bodies[1]["temperature"] == 0.5


async def test_an_aliass_own_temperature_is_sent_and_left_out_when_refused() -> None:
    async with ModelServer(refuses={"temperature"}) as server, asked(server) as model:
        completion = await model.complete(HELLO, Params(0.5, extra={"temperature": 1.5}))
    assert server.bodies[0]["temperature"] == 1.5
    assert "temperature" not in server.bodies[1]
    assert completion.adapted == ("temperature",)


async def test_only_what_was_asked_for_counts_as_adapted() -> None:
    async with ModelServer(refuses={"temperature", "system", "max_tokens"}) as server, asked(server) as model:
        await model.complete(WITH_SYSTEM, Params(0.7, 64))
        assert (await model.complete(HELLO, Params(seed=1))).adapted == ()
    assert len(server.requests) == 5


async def test_many_requests_in_flight_adapt_with_one_note() -> None:
    heard = Heard()
    refuses = {"temperature", "max_tokens"}
    async with ModelServer(refuses=refuses, latency=0.05) as server, asked(server, heard=heard) as model:
        completions = await asyncio.gather(*(model.complete(HELLO, Params(0.7, 64)) for _ in range(50)))
    assert {frozenset(completion.adapted) for completion in completions} == {frozenset(refuses)}
    assert len(heard.notes) == 2
    assert len(server.requests) <= 150


@pytest.mark.parametrize(
    "words",
    [
        "max_tokens is too large: 64. This model supports at most 16 completion tokens.",
        "Unsupported parameter: 'logprobs' is not supported with this model.",
    ],
)
async def test_an_error_about_something_else_is_given_up(words: str) -> None:
    error: dict[str, Any] = {"error": {"message": words, "type": "invalid_request_error", "param": "max_tokens"}}
    if "logprobs" in words:
        error["error"]["param"] = "logprobs"
    heard = Heard()
    async with ModelServer(faults=lambda _: Fault(400, error)) as server, asked(server, heard=heard) as model:
        with pytest.raises(GivenUp, match=r"test-model at .* answered 400: ") as caught:
            await model.complete(HELLO, Params(max_tokens=64))
    assert type(caught.value) is GivenUp
    assert len(server.requests) == 1
    assert heard.notes == []


async def test_a_parameter_refused_although_it_was_not_sent_ends_the_asking() -> None:
    class Stubborn:
        async def complete(self, messages: Sequence[Message], params: Params) -> Completion:
            raise ParameterRefused(f"no temperature, please: {messages} {params}", "temperature")

        async def aclose(self) -> None:
            return

    with pytest.raises(ParameterRefused):
        await Adapting(Stubborn(), "stubborn", Heard().notes.append).complete(HELLO, Params(0.7))
