"""Prompt caching at the provider: what is marked, who goes first, and what it costs."""

import asyncio
import hashlib
from typing import Any

import pytest

from mtbench.chat import Completion, Message, Params, Usage
from mtbench.chat.prefixes import LeaderFirst, shared_prefixes
from mtbench.chat.prices import price_of
from mtbench.chat.spec import Limits, ModelSpec, Price
from mtbench.errors import Interrupted, Retryable
from tests.chat.asking import Heard, opened
from tests.support.servers import ModelServer, Reply

LONG = "The question and its reference answer. " * 120
"""More than a thousand tokens."""

PRICE = Price(input=1.0, output=5.0, cached_input=0.1, cache_write=1.25)


def judging(question: str, answer: str) -> list[Message]:
    return [Message("system", "You judge."), Message("user", f"{question}\n\n{answer}", shared=len(question))]


class CachingEndpoint:
    """What a provider's cache does: a marked beginning can be read once the reply that wrote it has been sent."""

    def __init__(self) -> None:
        self.held: set[bytes] = set()

    def reply(self, body: dict[str, Any]) -> Reply:
        content = body["messages"][-1]["content"]
        total = sum(len(text) for text in _texts(content)) // 4
        usage = {"input_tokens": total, "output_tokens": 10}
        if isinstance(content, list) and "cache_control" in content[0]:
            name = hashlib.sha256(content[0]["text"].encode()).digest()
            marked = len(content[0]["text"]) // 4
            kind = "cache_read_input_tokens" if name in self.held else "cache_creation_input_tokens"
            usage |= {"input_tokens": total - marked, kind: marked}
            asyncio.get_running_loop().call_later(0.02, self.held.add, name)
        return Reply("Good. [[7]]", usage=usage)


def _texts(content: str | list[dict[str, str]]) -> list[str]:
    return [content] if isinstance(content, str) else [block["text"] for block in content]


async def test_what_many_requests_share_is_written_once_and_read_by_all_the_others() -> None:
    heard, endpoint = Heard(), CachingEndpoint()
    questions = [f"{number} {LONG}" for number in range(4)]
    async with ModelServer(reply=endpoint.reply, latency=0.05) as server:
        spec = ModelSpec("m", "anthropic", "m", server.base_url, price=PRICE, limits=Limits(64))
        async with opened(spec, heard) as model:
            every = [judging(question, f"Answer {each}") for question in questions for each in range(8)]
            await asyncio.gather(*(model.complete(messages, Params()) for messages in every))
    usages = [usage for usage, _ in heard.spent]
    assert sum(usage.written > 0 for usage in usages) == 4
    assert sum(usage.cached > 0 for usage in usages) == 28
    costs = [cost for _, cost in heard.spent if cost is not None]
    assert sum(costs) == pytest.approx(sum(price_of(spec, usage) or 0 for usage in usages))
    plain = sum(price_of(spec, Usage(usage.input, usage.output)) or 0 for usage in usages)
    assert sum(costs) < 0.35 * plain


async def test_what_is_too_short_for_a_cache_is_not_marked_and_nobody_waits() -> None:
    async with ModelServer(latency=0.2) as server:
        spec = ModelSpec("m", "anthropic", "m", server.base_url, limits=Limits(64))
        async with opened(spec) as model:
            every = [judging("A short question.", f"Answer {each}") for each in range(8)]
            await asyncio.gather(*(model.complete(messages, Params()) for messages in every))
    assert server.most_at_once == 8
    assert all(isinstance(body["messages"][-1]["content"], str) for body in server.bodies)


async def test_a_long_system_text_is_marked_since_all_requests_share_it() -> None:
    async with ModelServer() as server, opened(ModelSpec("m", "anthropic", "m", server.base_url)) as model:
        await model.complete([Message("system", LONG), Message("user", "Judge.")], Params())
    [body] = server.bodies
    assert body["system"] == [{"type": "text", "text": LONG, "cache_control": {"type": "ephemeral"}}]
    assert body["messages"] == [{"role": "user", "content": "Judge."}]


async def test_a_message_that_is_shared_whole_is_one_block() -> None:
    async with ModelServer() as server, opened(ModelSpec("m", "anthropic", "m", server.base_url)) as model:
        await model.complete([Message("user", LONG, shared=len(LONG))], Params())
    [block] = server.bodies[0]["messages"][0]["content"]
    assert block == {"type": "text", "text": LONG, "cache_control": {"type": "ephemeral"}}


def test_only_beginnings_that_are_long_enough_count() -> None:
    conversation = [
        Message("user", "Short.", shared=6),
        Message("assistant", LONG),
        Message("user", "Next.", shared=5),
        Message("user", "Last."),
    ]
    assert [place for place, _ in shared_prefixes(conversation, "")] == [2]
    assert [place for place, _ in shared_prefixes(conversation, LONG)] == [0, 2]
    assert shared_prefixes([Message("user", " " * 9000, shared=9000)], "") == []


class Failing:
    """A ChatModel whose first requests fail."""

    def __init__(self, failures: int) -> None:
        self.failures, self.asked, self.at_once, self.most = failures, 0, 0, 0

    async def complete(self, messages: Any, params: Params) -> Completion:
        del messages, params
        self.asked += 1
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        await asyncio.sleep(0.01)
        self.at_once -= 1
        if self.asked <= self.failures:
            raise Retryable("no")
        return Completion("yes")

    async def aclose(self) -> None:
        pass


async def test_where_the_first_fails_the_next_one_goes_first() -> None:
    failing = Failing(2)
    model = LeaderFirst(failing, asyncio.sleep)
    every = (model.complete(judging(LONG, str(each)), Params()) for each in range(6))
    done = await asyncio.gather(*every, return_exceptions=True)
    assert sum(isinstance(each, Retryable) for each in done) == 2
    assert failing.most == 3
    await model.complete(judging(LONG, "late"), Params())


async def test_those_who_wait_for_the_first_end_with_a_stop() -> None:
    async def stopped(_: float) -> None:
        raise Interrupted("stopped")

    failing = Failing(0)
    model = LeaderFirst(failing, stopped)
    every = (model.complete(judging(LONG, str(each)), Params()) for each in range(3))
    done = await asyncio.gather(*every, return_exceptions=True)
    assert [type(each) for each in done] == [Completion, Interrupted, Interrupted]
    assert failing.asked == 1
