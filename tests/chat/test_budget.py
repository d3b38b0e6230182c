"""What a run may spend: it stops before the line, and not long before."""

import asyncio

import pytest

from mtbench.chat import Params
from mtbench.chat.budget import Budget
from mtbench.chat.open import open_model
from mtbench.chat.spec import Limits, ModelSpec, Price
from mtbench.errors import Interrupted, LimitReached, MtbenchError
from tests.chat.asking import HELLO, Heard
from tests.support.servers import Fault, ModelServer, Reply

PRICE = Price(input=0.0, output=10_000.0)
"""A cent for each token of a reply."""


def reply(tokens: int) -> Reply:
    return Reply("Far.", usage={"prompt_tokens": 10, "completion_tokens": tokens})


async def spend(server: ModelServer, budget: Budget, requests: int, parallel: int) -> tuple[Heard, list[object]]:
    heard = Heard()
    spec = ModelSpec("m", "openai", "m", server.base_url, price=PRICE, limits=Limits(parallel))
    model = open_model(spec, note=heard.notes.append, ended=heard.ended, budget=budget, sleep=heard.sleep)
    asked = (model.complete(HELLO, Params(max_tokens=100)) for _ in range(requests))
    done = await asyncio.gather(*asked, return_exceptions=True)
    await model.aclose()
    return heard, list(done)


@pytest.mark.parametrize("parallel", [1, 16])
async def test_money_stops_before_the_line_and_uses_what_replies_leave_over(parallel: int) -> None:
    """A reply may cost a dollar and costs 20 cents: of 5 dollars, 21 can be spent on before a dollar is not left."""
    async with ModelServer(reply=lambda _: reply(20), latency=0.01) as server:
        heard, done = await spend(server, Budget(5.0, None), 60, parallel)
    cost = sum(price for _, price in heard.spent if price)
    assert 4.0 < cost <= 5.0
    assert sum(isinstance(each, LimitReached) for each in done) == 60 - len(server.requests)
    assert any("--budget 5" in str(each) for each in done)


async def test_requests_are_counted_with_their_retries() -> None:
    async with ModelServer(reply=lambda _: reply(1), faults=[Fault(status=500)] * 4) as server:
        _, done = await spend(server, Budget(None, 10), 20, 3)
    assert len(server.requests) == 10
    assert sum(isinstance(each, LimitReached) for each in done) == 20 - 6


async def test_what_fails_costs_nothing_and_an_empty_answer_costs_what_it_says() -> None:
    async with ModelServer(reply=lambda _: Reply("", usage={"prompt_tokens": 1, "completion_tokens": 100})) as server:
        heard, done = await spend(server, Budget(2.5, None), 1, 1)
    assert isinstance(done[0], LimitReached)
    assert [attempt.cost for attempt in heard.attempts] == [1.0, 1.0]
    async with ModelServer(reply=lambda _: reply(90), faults=[Fault(status=500)] * 6) as server:
        heard, done = await spend(server, Budget(1.5, None), 1, 1)
    assert not isinstance(done[0], BaseException)
    assert [attempt.cost for attempt in heard.attempts] == [0.0] * 6 + [0.9]


async def test_money_cannot_be_kept_where_no_price_is_known() -> None:
    spec = ModelSpec("mine", "openai", "mine", "http://127.0.0.1:9/v1")
    with pytest.raises(MtbenchError, match=r"no price is known for mine.*models\.yaml.*--max-requests"):
        open_model(spec, note=Heard().notes.append, budget=Budget(1.0, None))
    await open_model(spec, note=Heard().notes.append, budget=Budget(None, 5)).aclose()


async def test_who_waits_for_money_ends_with_a_stop() -> None:
    async def stopped(_: float) -> None:
        raise Interrupted("stopped")

    budget = Budget(1.0, None, stopped)
    await budget.hold(0.9)
    waiting = asyncio.create_task(budget.hold(0.5))
    await asyncio.sleep(0)
    assert not waiting.done()
    budget.settle(0.9, 0.1)
    with pytest.raises(Interrupted):
        await waiting
