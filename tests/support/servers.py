"""A model endpoint for tests: a real server on a loopback socket that speaks both protocols, with scripted faults.

In an async test:

    async with ModelServer(refuses={"temperature"}) as server:
        ...  # server.base_url is http://127.0.0.1:PORT/v1, for openai and anthropic models alike
    assert server.requests[0].body["model"] == "some-model"

In a test that starts the command line as a process (the server runs in a thread of the test):

    with running_server(faults=[Fault(status=500), None, Fault(hang=True)]) as server:
        subprocess.run([..., "--base-url", server.base_url])

Without options it answers every request at once: a judge's prompt gets a verdict in the form that it asks for (from a
hash of the prompt, so always the same), a JSON schema gets JSON that matches it, and anything else gets a short text.
"""

import asyncio
import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Self, TypeVar

import orjson
from aiohttp import web

from tests.support.protocols import Anthropic, Json, OpenAI, Reply, Request, default_reply

__all__ = ["Fault", "ModelServer", "Reply", "Request", "default_reply", "running", "running_server"]

SomeServer = TypeVar("SomeServer", bound="ModelServer")


@dataclass(frozen=True)
class Fault:
    """What goes wrong with one request; fields combine (a delay, then a status).

    `status`, `body` (an object is sent as JSON), `headers`: sent in place of the answer; without a `body`, an error in
    the protocol's own form. `malformed`: status 200 and half a JSON object. `empty`: status 200 and an empty answer.
    `drop`: the connection is closed "before" anything is sent or in the "mid" of the body. `hang`: never answers.
    `delay`: seconds to wait first.
    """

    status: int | None = None
    body: Json | str | bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0
    drop: str | None = None
    hang: bool = False
    malformed: bool = False
    empty: bool = False


class ModelServer:
    """The endpoint. Every option has a default; all may also be set on the object while it runs.

    reply: request body → text or Reply.
    faults: one for each POST in the order of arrival (None answers it; after the last all are answered), or a function
        of the request. Faults come before the key, the model and `refuses` are looked at.
    refuses: parameters answered with a realistic 400: temperature, max_tokens, max_completion_tokens, top_p, seed,
        system, schema.
    key: the only key that is taken (401 otherwise). models: the only models known (404 otherwise).
    latency: seconds that each answer takes. ready: an answer is held back until this is true of its request, so that a
        test need not guess how long something takes. batches: whether GET /v1/batches answers 200. port: where it
        listens; 0: at a port that is free.

    `requests`: every POST that asked for a completion. `lookups`: every GET. `most_at_once`: the largest number of
    POSTs that were open at one time.
    """

    def __init__(
        self,
        *,
        reply: Callable[[Json], str | Reply] | None = None,
        faults: Sequence[Fault | None] | Callable[[Request], Fault | None] = (),
        refuses: Collection[str] = (),
        key: str | None = None,
        models: Collection[str] | None = None,
        latency: float = 0.0,
        ready: Callable[[Request], object] | None = None,
        batches: bool = True,
        port: int = 0,
    ) -> None:
        self.reply = reply or default_reply
        self.faults = faults if callable(faults) else list(faults)
        self.refuses = set(refuses)
        self.key, self.models, self.latency, self.ready, self.batches = key, models, latency, ready, batches
        self.requests: list[Request] = []
        self.lookups: list[Request] = []
        self.most_at_once = 0
        self.port = port
        self._open = 0

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def bodies(self) -> list[Json]:
        return [request.body for request in self.requests]

    async def __aenter__(self) -> Self:
        self._stopping = asyncio.Event()
        app = web.Application(client_max_size=64 * 2**20)
        app.router.add_post("/v1/chat/completions", self._post)
        app.router.add_post("/v1/messages", self._post)
        app.router.add_get("/v1/{rest:.*}", self._get)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port)
        await site.start()
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._stopping.set()
        await self._runner.cleanup()

    async def _post(self, incoming: web.Request) -> web.StreamResponse:
        request = _recorded(incoming, orjson.loads(await incoming.read()))
        self.requests.append(request)
        self._open += 1
        self.most_at_once = max(self.most_at_once, self._open)
        try:
            fault = self._next_fault(request)
            return await self._faulty(incoming, request, fault) if fault else await self._answer(request)
        finally:
            self._open -= 1

    def _next_fault(self, request: Request) -> Fault | None:
        if callable(self.faults):
            return self.faults(request)
        return self.faults.pop(0) if self.faults else None

    async def _answer(self, request: Request) -> web.Response:
        protocol = _protocol(request)
        problem = protocol.problem(request, self)
        if problem:
            return _json(*problem)
        await asyncio.sleep(self.latency)
        while self.ready and not self.ready(request):
            await asyncio.sleep(0.01)
        reply = self.reply(request.body)
        return _json(200, protocol.completion(request.body, Reply(reply) if isinstance(reply, str) else reply))

    async def _faulty(self, incoming: web.Request, request: Request, fault: Fault) -> web.StreamResponse:
        await asyncio.sleep(fault.delay)
        if fault.hang:
            await self._stopping.wait()
        if fault.drop or fault.hang:
            return await _dropped(incoming, middle=fault.drop == "mid")
        if fault.malformed:
            return web.Response(body=b'{"id": "x", "choices": [{"mess', content_type="application/json")
        if fault.empty:
            return _json(200, _protocol(request).completion(request.body, Reply("")))
        if fault.status is None:
            return await self._answer(request)
        body = fault.body
        if body is None:
            body = _protocol(request).error("api_error", f"scripted fault {fault.status}")
        if isinstance(body, dict):
            return _json(fault.status, body, fault.headers)
        return web.Response(status=fault.status, body=body, headers=fault.headers)

    async def _get(self, incoming: web.Request) -> web.Response:
        request = _recorded(incoming, {})
        self.lookups.append(request)
        given = request.headers.get("authorization", "")[len("Bearer ") :], request.headers.get("x-api-key")
        if self.key and self.key not in given:
            return _json(401, OpenAI.error("invalid_request_error", "Missing bearer authentication in header"))
        path = incoming.match_info["rest"]
        if path == "models":
            names = sorted(self.models or {"test-model"})
            return _json(200, {"object": "list", "data": [{"id": name, "object": "model"} for name in names]})
        if path in ("batches", "messages/batches") and self.batches:
            return _json(200, {"object": "list", "data": [], "has_more": False})
        return _json(404, {"detail": "Not Found"})


@contextmanager
def running_server(**options: Any) -> Iterator[ModelServer]:
    """A ModelServer with these options in a background thread, for tests that are not async."""
    with running(ModelServer(**options)) as server:
        yield server


@contextmanager
def running(server: SomeServer) -> Iterator[SomeServer]:
    """`server` in a background thread, for tests that are not async."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        asyncio.run_coroutine_threadsafe(server.__aenter__(), loop).result(10)
        try:
            yield server
        finally:
            asyncio.run_coroutine_threadsafe(server.__aexit__(), loop).result(10)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


def _protocol(request: Request) -> type[OpenAI] | type[Anthropic]:
    return Anthropic if request.path.endswith("/messages") else OpenAI


def _recorded(incoming: web.Request, body: Json) -> Request:
    headers = {name.lower(): value for name, value in incoming.headers.items()}
    return Request(incoming.method, incoming.path_qs, headers, body)


def _json(status: int, body: Json, headers: Mapping[str, str] | None = None) -> web.Response:
    return web.Response(status=status, body=orjson.dumps(body), content_type="application/json", headers=headers)


async def _dropped(incoming: web.Request, *, middle: bool) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Length": "1000", "Content-Type": "application/json"})
    if middle:
        await response.prepare(incoming)
        await response.write(b'{"id": "half')
    if incoming.transport:
        incoming.transport.abort()
    return response
