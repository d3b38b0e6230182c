"""Faults of every kind over real sockets, in both protocols: tried again as long as that may help."""

import asyncio
from pathlib import Path

import pytest

from mtbench.chat import Message, Params
from mtbench.chat.open import open_model
from mtbench.engine import Stop
from mtbench.errors import BadKey, ContextTooLong, Interrupted, NoSuchModel, OutOfQuota, Retryable, Unreachable
from tests.chat.asking import HELLO, PROVIDERS, Heard, asked, opened, spec_for
from tests.support.servers import Fault, ModelServer

PASSING = {
    "429": Fault(status=429),
    "408": Fault(status=408),
    "409": Fault(status=409),
    "500": Fault(status=500, body="<html>oops</html>"),
    "529": Fault(status=529),
    "dropped before the body": Fault(drop="before"),
    "dropped in the middle": Fault(drop="mid"),
    "half a JSON object": Fault(malformed=True),
    "no reply": Fault(hang=True),
    "an empty answer": Fault(empty=True),
    "JSON without an answer": Fault(status=200, body={"status": "ok"}),
    "no choices": Fault(status=200, body={"choices": [], "content": []}),
    "an error with status 200": Fault(status=200, body={"error": {"message": "overloaded", "code": 503}}),
    "an error of another form": Fault(status=200, body={"error": "overloaded"}),
    "not gzip at all": Fault(status=200, body=b"plain", headers={"Content-Encoding": "gzip"}),
}


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("fault", PASSING.values(), ids=PASSING)
async def test_a_fault_that_passes_is_tried_again(fault: Fault, provider: str) -> None:
    heard = Heard()
    async with ModelServer(faults=[fault, fault]) as server, asked(server, provider, heard, timeout=0.3) as model:
        completion = await model.complete(HELLO, Params())
    assert completion.text.endswith("to: How far is the moon?")
    assert len(server.requests) == 3
    assert heard.retries == 2
    assert len(heard.spent) == 1


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize(
    ("fault", "attempts", "kind"),
    [
        (Fault(status=500), 10, "unavailable"),
        (Fault(status=429), 10, "rate limited"),
        (Fault(drop="before"), 10, "dropped connection"),
        (Fault(malformed=True), 3, "malformed reply"),
        (Fault(empty=True), 3, "empty answer"),
    ],
)
async def test_after_the_last_attempt_the_last_error_is_raised(
    fault: Fault, attempts: int, kind: str, provider: str
) -> None:
    async with ModelServer(faults=lambda _: fault) as server, asked(server, provider) as model:
        with pytest.raises(Retryable, match=f"test-model.*after {attempts} attempts") as caught:
            await model.complete(HELLO, Params())
    assert caught.value.kind == kind
    assert len(server.requests) == attempts


async def test_a_slow_endpoint_is_a_timeout() -> None:
    async with (
        ModelServer(faults=[Fault(hang=True)]) as server,
        opened(spec_for("openai", server.base_url), timeout=0.2, attempts=1) as model,
    ):
        with pytest.raises(Retryable, match=r"no reply within 0\.2 s \(after 1 attempt\)") as caught:
            await model.complete(HELLO, Params())
    assert caught.value.kind == "timeout"


async def test_waits_begin_short_and_grow() -> None:
    heard = Heard()
    async with ModelServer(faults=lambda _: Fault(status=500)) as server, asked(server, heard=heard) as model:
        with pytest.raises(Retryable):
            await model.complete(HELLO, Params())
    limits = [0.5, 1, 2, 4, 8, 16, 32, 60, 60]
    assert len(heard.waits) == len(limits)
    assert all(0.25 <= wait <= limit for wait, limit in zip(heard.waits, limits, strict=True))


@pytest.mark.parametrize("headers", [{"Retry-After": "90"}, {"retry-after-ms": "90000"}])
async def test_an_endpoint_that_asks_to_wait_is_given_its_time(headers: dict[str, str]) -> None:
    heard = Heard()
    fault = Fault(status=429, headers=headers)
    async with ModelServer(faults=[fault, fault]) as server, asked(server, heard=heard) as model:
        await model.complete(HELLO, Params())
    assert len(heard.waits) >= 2  # this request's own, and those of the pause that holds for all
    assert {round(wait) for wait in heard.waits} == {90}
    assert heard.notes == ["test-model: the endpoint asks to wait 90 s; waiting"]


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault(status=401), BadKey),
        (Fault(status=404), NoSuchModel),
        (Fault(status=402), OutOfQuota),
        (Fault(status=413), ContextTooLong),
    ],
)
async def test_what_will_not_pass_is_not_tried_again(fault: Fault, error: type[Exception], provider: str) -> None:
    async with ModelServer(faults=lambda _: fault) as server, asked(server, provider) as model:
        with pytest.raises(error, match=r"test-model at 127.0.0.1:\d+ answered \d+: scripted fault"):
            await model.complete(HELLO, Params())
    assert len(server.requests) == 1


async def test_nobody_listening_is_unreachable_after_six_attempts() -> None:
    async with ModelServer() as server:
        url = server.base_url
    heard = Heard()
    async with opened(spec_for("openai", url), heard) as model:
        with pytest.raises(Unreachable, match=r"127\.0\.0\.1:\d+: no connection: .*refused.*after 6 attempts"):
            await model.complete(HELLO, Params())
    assert heard.retries == 5


async def test_an_unknown_host_is_unreachable() -> None:
    async with opened(spec_for("openai", "http://no-such-host.invalid/v1")) as model:
        with pytest.raises(Unreachable, match=r"no-such-host\.invalid: no such host.*after 6 attempts"):
            await model.complete(HELLO, Params())


async def test_a_stop_ends_the_waiting() -> None:
    stop, notes = Stop(), list[str]()
    async with ModelServer(faults=lambda _: Fault(status=500)) as server:
        model = open_model(spec_for("openai", server.base_url), note=notes.append, sleep=stop.sleep)
        asking = asyncio.create_task(model.complete(HELLO, Params()))
        while not server.requests:
            await asyncio.sleep(0.01)
        stop.request()
        with pytest.raises(Interrupted):
            await asking
        await model.aclose()


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_a_key_that_the_endpoint_echoes_is_masked(
    provider: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"{provider.upper()}_API_KEY", "sk-wrong-key-0123")
    async with ModelServer(key="sk-right") as server, asked(server, provider) as model:
        with pytest.raises(BadKey, match=r"\[key\]") as caught:
            await model.complete(HELLO, Params())
    assert "sk-wrong" not in str(caught.value)
    assert "sk-wrong-key-0123" in str(server.requests[0].headers)
    assert not list(folder.iterdir())


async def test_an_endpoint_without_a_key_gets_no_authorization() -> None:
    async with ModelServer() as server:
        for provider in PROVIDERS:
            async with asked(server, provider) as model:
                await model.complete([Message("user", "x")], Params())
    for request in server.requests:
        assert not {"authorization", "x-api-key"} & set(request.headers)
