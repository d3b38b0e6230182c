"""The shared session: redirects, compression, and who closes it."""

import asyncio
import socket
from dataclasses import replace

import pytest
from aiohttp import web

from mtbench.chat import Params, http
from mtbench.chat.http import Http, joined
from mtbench.chat.spec import Limits
from mtbench.errors import EndpointFailed, Retryable, Unreachable
from tests.chat.asking import HELLO, PROVIDERS, Heard, asked, opened, spec_for
from tests.support.servers import Fault, ModelServer


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_a_redirect_to_another_server_is_not_followed(provider: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"{provider.upper()}_API_KEY", "sk-mine")
    async with ModelServer() as other:
        away = Fault(status=307, headers={"Location": f"{other.base_url}/chat/completions"})
        async with ModelServer(faults=[away]) as server, asked(server, provider) as model:
            with pytest.raises(EndpointFailed, match=rf"redirects to http://127.*:{other.base_url[17:22]}.*base URL"):
                await model.complete(HELLO, Params())
        assert other.requests == []


async def test_a_redirect_on_the_same_server_is_followed() -> None:
    here = Fault(status=308, headers={"Location": "/v1/chat/completions"})
    async with ModelServer(faults=[here]) as server, asked(server) as model:
        await model.complete(HELLO, Params())
    assert [body["messages"] for body in server.bodies] == [[{"role": "user", "content": "How far is the moon?"}]] * 2


async def test_redirects_in_a_circle_end() -> None:
    circle = Fault(status=307, headers={"Location": "/v1/chat/completions"})
    async with ModelServer(faults=lambda _: circle) as server, asked(server) as model:
        with pytest.raises(EndpointFailed, match="in a circle"):
            await model.complete(HELLO, Params())
    assert len(server.requests) == 4


def test_a_redirect_to_tls_on_the_same_host_is_followed() -> None:
    target = http._redirected("http://api.test/v1/x", "m", "https://api.test/v1/x", str)
    assert target == "https://api.test/v1/x"
    with pytest.raises(EndpointFailed):
        http._redirected("https://api.test/v1/x", "m", "http://api.test/v1/x", str)


async def test_requests_go_through_the_proxy_but_for_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    async with ModelServer() as proxy, ModelServer() as here:
        monkeypatch.setenv("http_proxy", proxy.base_url.removesuffix("/v1"))
        async with opened(spec_for("openai", "http://model.invalid/v1")) as model:
            await model.complete(HELLO, Params())
        async with asked(here) as model:
            await model.complete(HELLO, Params())
    assert [request.headers["host"] for request in proxy.requests] == ["model.invalid"]
    assert len(here.requests) == 1


async def test_a_host_that_takes_no_connection_is_unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "_CONNECT_SECONDS", 0.2)
    with socket.socket() as full, socket.socket() as first, socket.socket() as second:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for filler in (first, second):
            filler.setblocking(False)
            filler.connect_ex(full.getsockname())
        async with Http("m", 5) as client:
            with pytest.raises(Unreachable, match=r"no connection within 0\.2 s"):
                await client.get(f"http://127.0.0.1:{full.getsockname()[1]}/", {})


async def test_what_is_not_http_is_a_dropped_connection() -> None:
    async def babble(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-server\r\n")
        writer.close()

    async with await asyncio.start_server(babble, "127.0.0.1", 0) as server, Http("m", 5) as client:
        with pytest.raises(Retryable, match="connection was lost") as caught:
            await client.get(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/", {})
    assert caught.value.kind == "dropped connection"


async def test_cookies_are_not_sent_back() -> None:
    sticky = Fault(status=500, headers={"Set-Cookie": "replica=7; Path=/"})
    async with ModelServer(faults=[sticky]) as server, opened(spec_for("openai", _by_name(server))) as model:
        await model.complete(HELLO, Params())
    assert len(server.requests) == 2
    assert "cookie" not in server.requests[1].headers


async def test_compressed_replies_are_read() -> None:
    async def compressed(_: web.Request) -> web.Response:
        response = web.json_response({"text": "far " * 1000})
        response.enable_compression()
        return response

    app = web.Application()
    app.router.add_get("/", compressed)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        async with Http("m", 5) as client:
            reply = await client.get(f"http://127.0.0.1:{runner.addresses[0][1]}/", {})
    finally:
        await runner.cleanup()
    assert reply.headers["content-encoding"] in ("gzip", "deflate")
    assert reply.json() == {"text": "far " * 1000}


async def test_models_share_one_session_which_the_last_closes() -> None:
    async with ModelServer() as server:
        first, second = Http("a", 5), Http("b", 5)
        for client in (first, second):
            await client.get(f"{server.base_url}/models", {})
        session = http._SESSIONS[asyncio.get_running_loop()].session
        await first.aclose()
        assert not session.closed
        await second.aclose()
        await second.aclose()
        assert session.closed
        assert asyncio.get_running_loop() not in http._SESSIONS
        await first.get(f"{server.base_url}/models", {})
        await first.aclose()


def test_each_event_loop_has_its_own_session() -> None:
    async def ask() -> str:
        async with ModelServer() as server, asked(server) as model:
            return (await model.complete(HELLO, Params())).text

    assert asyncio.run(ask()) == asyncio.run(ask())


async def test_hundreds_of_requests_run_at_once() -> None:
    heard = Heard()
    async with ModelServer(ready=lambda _: server.most_at_once == 300) as server:
        spec = replace(spec_for("openai", server.base_url), limits=Limits(parallel=300))
        async with opened(spec, heard, timeout=60, attempts=1) as model:
            await asyncio.gather(*(model.complete(HELLO, Params()) for _ in range(300)))
    assert len(heard.spent) == 300


@pytest.mark.parametrize(
    ("base", "path", "url"),
    [
        ("http://h/v1", "/models", "http://h/v1/models"),
        ("http://h/v1/", "/models", "http://h/v1/models"),
        ("http://h/v1?a=1", "/batches?limit=1", "http://h/v1/batches?a=1&limit=1"),
    ],
)
def test_a_path_is_joined_to_a_base_url(base: str, path: str, url: str) -> None:
    assert joined(base, path) == url


def _by_name(server: ModelServer) -> str:
    """The server's base URL with a host name: cookies are never kept for an address."""
    return server.base_url.replace("127.0.0.1", "localhost")
