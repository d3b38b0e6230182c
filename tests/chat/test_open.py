"""A model ready to use: what it costs is reported, a local one is started when asked, keys are checked first."""

import pytest

from mtbench.chat import Params, Usage
from mtbench.chat.open import open_model
from mtbench.chat.spec import ModelSpec, Price
from mtbench.errors import BadKey, GivenUp, MtbenchError
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


async def test_a_local_model_that_is_not_there_is_said_when_it_is_asked() -> None:
    async with opened(ModelSpec("none", "local", "none.gguf")) as model:
        with pytest.raises(MtbenchError, match=r"none\.gguf"):
            await model.complete(HELLO, Params())
