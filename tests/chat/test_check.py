"""`models check` finds out what an endpoint really does."""

import pytest
from aiohttp import web

from mtbench.chat.check import check_models
from mtbench.chat.spec import ModelSpec
from mtbench.errors import BadKey, CannotStart, MtbenchError, NoSuchModel, Unreachable
from tests.chat.asking import PROVIDERS, Heard, spec_for
from tests.support.servers import Fault, ModelServer


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_a_model_that_does_everything(provider: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"{provider.upper()}_API_KEY", "sk-mine")
    async with ModelServer(key="sk-mine", latency=0.1) as server:
        [check] = await check_models([spec_for(provider, server.base_url)], timeout=5, note=Heard().notes.append)
    assert check.error is None
    assert check.key_found
    assert check.latency is not None
    assert 0.1 <= check.latency < 2
    assert check.refuses == (("seed",) if provider == "anthropic" else ())
    assert (check.schema, check.batches) == (True, True)
    assert [request.path for request in server.lookups] == [
        "/v1/messages/batches?limit=1" if provider == "anthropic" else "/v1/batches?limit=1"
    ]


async def test_what_is_refused_is_listed_and_latency_is_of_the_reply_alone() -> None:
    refuses = {"temperature", "system", "max_tokens", "schema"}
    async with ModelServer(refuses=refuses, batches=False) as server:
        [check] = await check_models([spec_for("openai", server.base_url)], timeout=5, note=Heard().notes.append)
    assert set(check.refuses) == {"temperature", "system", "max_tokens"}
    assert (check.schema, check.batches) == (False, False)


async def test_an_endpoint_that_passes_over_the_schema_does_no_schema_verdicts() -> None:
    async with ModelServer(reply=lambda _: "I would say 9.") as server:
        [check] = await check_models([spec_for("openai", server.base_url)], timeout=5, note=Heard().notes.append)
    assert check.schema is False
    assert check.error is None


async def test_an_aliass_parameters_are_part_of_the_check() -> None:
    async with ModelServer() as server:
        spec = ModelSpec("m", "openai", "m", server.base_url, params={"top_k": 20}, is_alias=True)
        await check_models([spec], timeout=5, note=Heard().notes.append)
    assert [body["top_k"] for body in server.bodies] == [20, 20]


async def test_models_are_checked_together_and_each_failure_is_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    async with ModelServer() as gone:
        pass
    monkeypatch.setenv("WRONG", "sk-wrong-key")
    async with ModelServer(models={"known"}, key="sk-right") as server, ModelServer(models={"known"}) as open_server:
        specs = [
            ModelSpec("a", "openai", "known", open_server.base_url),
            ModelSpec("b", "openai", "unknown", open_server.base_url),
            ModelSpec("c", "openai", "known", server.base_url, key_env="WRONG"),
            ModelSpec("d", "openai", "known", gone.base_url),
            ModelSpec("e", "anthropic", "claude-x"),
            ModelSpec("f", "openai", "known", "no url"),
            ModelSpec("g", "local", "none.gguf"),
        ]
        checks = await check_models(specs, timeout=5, note=Heard().notes.append)
    kinds = [type(check.error) for check in checks]
    assert kinds == [type(None), NoSuchModel, BadKey, Unreachable, BadKey, MtbenchError, CannotStart]
    assert [check.key_found for check in checks] == [False, False, True, False, False, False, False]
    assert "sk-wrong" not in str(checks[2].error)


async def test_an_endpoint_that_fails_later_still_answers() -> None:
    """The first request decides; what goes wrong after it is a no in its column."""
    async with ModelServer(faults=[None, Fault(status=500)], batches=False) as server:
        [check] = await check_models([spec_for("openai", server.base_url)], timeout=5, note=Heard().notes.append)
    assert (check.error, check.schema) == (None, False)


async def test_an_endpoint_that_drops_the_question_for_batches_has_none() -> None:
    class Dropping(ModelServer):
        async def _get(self, incoming: web.Request) -> web.Response:
            assert incoming.transport
            incoming.transport.abort()
            return web.Response()

    async with Dropping() as server:
        [check] = await check_models([spec_for("openai", server.base_url)], timeout=5, note=Heard().notes.append)
    assert (check.error, check.batches) == (None, False)


async def test_the_embedded_model_does_schema_verdicts_and_no_batches() -> None:
    pytest.importorskip("xllamacpp")
    notes: list[str] = []
    [check] = await check_models([ModelSpec("smollm2", "local", "smollm2")], timeout=60, note=notes.append)
    assert check.error is None
    assert (check.schema, check.batches) == (True, False)
    assert len(notes) == 1
