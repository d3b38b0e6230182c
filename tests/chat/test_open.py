"""A model ready to use: what it costs is reported, a local one is started when asked, keys are checked first."""

import asyncio
from pathlib import Path

import pytest

from mtbench.chat import Params, Usage
from mtbench.chat.open import open_model
from mtbench.chat.spec import Limits, ModelSpec, Price
from mtbench.errors import BadKey, CannotStart, GivenUp, Interrupted
from tests.chat.asking import HELLO, Heard, opened
from tests.support.servers import Fault, ModelServer, Reply


async def test_each_completion_is_reported_with_its_price() -> None:
    heard = Heard()
    usage = {"prompt_tokens": 1000, "completion_tokens": 100, "prompt_tokens_details": {"cached_tokens": 500}}
    async with ModelServer(reply=lambda _: Reply("Far.", usage=usage)) as server:
        spec = ModelSpec("m", "openai", "m", server.base_url, price=Price(2.0, 10.0, 1.0))
        async with opened(spec, heard) as model:
            await model.complete(HELLO, Params())
            await model.complete(HELLO, Params())
    assert [usage for usage, _ in heard.spent] == [Usage(1000, 100, 500)] * 2
    assert [price for _, price in heard.spent] == pytest.approx([0.0025] * 2)


async def test_what_failed_is_not_reported() -> None:
    heard = Heard()
    async with (
        ModelServer(faults=[Fault(status=400)]) as server,
        opened(ModelSpec("m", "openai", "m", server.base_url), heard) as model,
    ):
        with pytest.raises(GivenUp):
            await model.complete(HELLO, Params())
    assert heard.spent == []


async def test_a_model_may_be_used_without_being_watched() -> None:
    async with ModelServer(faults=[Fault(status=429)]) as server:
        waits = []

        async def sleep(seconds: float) -> None:
            waits.append(seconds)

        model = open_model(ModelSpec("m", "openai", "m", server.base_url), note=Heard().notes.append, sleep=sleep)
        assert (await model.complete(HELLO, Params())).text
        await model.aclose()
    assert len(waits) == 1


@pytest.mark.parametrize("provider", ["openai", "anthropic"])
def test_a_missing_key_is_said_before_anything_is_sent(provider: str) -> None:
    with pytest.raises(BadKey, match=f"{provider.upper()}_API_KEY"):
        open_model(ModelSpec("m", provider, "m"), note=Heard().notes.append)


async def test_a_local_model_that_cannot_start_ends_the_run_as_any_endpoint_that_fails() -> None:
    async with opened(ModelSpec("none", "local", "none.gguf")) as model:
        with pytest.raises(CannotStart, match=r"none\.gguf") as caught:
            await model.complete(HELLO, Params())
    assert (caught.value.ends, caught.value.exit_code) == ("model", 2)


async def test_requests_that_wait_for_a_start_that_fails_do_not_each_try_it_again(folder: Path) -> None:
    path = folder / "torn.gguf"
    path.write_bytes(b"none")
    async with opened(ModelSpec("torn", "local", str(path))) as model:
        first = asyncio.create_task(model.complete(HELLO, Params()))
        second = asyncio.create_task(model.complete(HELLO, Params()))
        done = await asyncio.gather(first, second, return_exceptions=True)
        path.unlink()
        again = await asyncio.gather(model.complete(HELLO, Params()), return_exceptions=True)
    assert [type(error) for error in (*done, *again)] == [CannotStart] * 3
    assert {str(error) for error in (*done, *again)} == {
        f"local/{path} is not a GGUF file (it does not begin with GGUF)"
    }


def limited(server: ModelServer, parallel: int) -> ModelSpec:
    return ModelSpec("m", "openai", "m", server.base_url, limits=Limits(parallel))


async def test_a_model_has_no_more_requests_in_flight_than_its_limit_whoever_asks() -> None:
    async with ModelServer(latency=0.05) as server, opened(limited(server, 2)) as model:
        await asyncio.gather(*(model.complete(HELLO, Params()) for _ in range(6)))
    assert (len(server.requests), server.most_at_once) == (6, 2)


async def test_a_request_that_waits_to_be_tried_again_leaves_its_place_to_another() -> None:
    other_is_done = asyncio.Event()

    async def sleep(_: float) -> None:
        await other_is_done.wait()

    async with ModelServer(faults=[Fault(status=429)]) as server:
        model = open_model(limited(server, 1), note=Heard().notes.append, sleep=sleep)
        refused = asyncio.create_task(model.complete(HELLO, Params()))
        while not server.requests:
            await asyncio.sleep(0.01)
        async with asyncio.timeout(5):
            await model.complete(HELLO, Params())
            other_is_done.set()
            assert (await refused).text
        await model.aclose()
    assert server.most_at_once == 1


async def test_a_request_that_waits_for_its_turn_is_not_sent_after_a_stop() -> None:
    async def stopped(_: float) -> None:
        raise Interrupted("stopped")

    async with ModelServer(latency=0.05) as server:
        model = open_model(limited(server, 1), note=Heard().notes.append, sleep=stopped)
        first, second = await asyncio.gather(
            *(model.complete(HELLO, Params()) for _ in range(2)), return_exceptions=True
        )
        await model.aclose()
    assert not isinstance(first, BaseException)
    assert isinstance(second, Interrupted)
    assert len(server.requests) == 1
