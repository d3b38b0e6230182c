"""Providers' batch APIs for tests: a real server on a loopback socket, with scripted faults.

    with running_batch_server(seconds=0.5) as server:
        subprocess.run([..., "--base-url", server.base_url, "--batch"])
    assert max(server.answered.values()) == 1

It speaks OpenAI's files and batches and Anthropic's message batches. Each request in a job is answered as ModelServer
answers it live.
"""

import asyncio
import itertools
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Self

import orjson
from aiohttp import web

from tests.support.protocols import Anthropic, Json, OpenAI, Reply, Request, default_reply

Outcome = str | int | Json | None
"""What comes of one request: None an answer; a status the protocol's error; a word expired, canceled, missing, empty;
an object the whole body of a 400."""


@dataclass
class StoredJob:
    """One job at the provider."""

    id: str
    anthropic: bool
    lines: list[Json]
    created: float
    metadata: Json | None = None
    status: str = "in_progress"
    ends: float = 0.0
    errors: list[Json] | None = None
    results: list[Json] = field(default_factory=list)
    cancelled: bool = False

    @property
    def ended(self) -> bool:
        return self.status not in ("in_progress", "cancelling", "canceling")


class BatchServer:
    """The endpoint. Every option may also be set on the object while it runs.

    seconds: how long a job takes; None: until `release` is called. outcome: what comes of a request, from its body and
    from how often it was answered before. submits: what comes of each submission in turn: None takes it, a status
    refuses it, "drop" takes it and drops the connection, "lost" drops it untaken, "hang" takes it and never answers.
    looks: the same for look-ups of a job. downloads: the same for results ("half" breaks off in the middle).
    refuses: parameters answered with an error. failures: for each job in turn, the errors with which it fails whole.
    most_waiting: more requests than this in jobs at once make a job fail, as OpenAI's limit of enqueued tokens does.
    key: the only key that is taken.

    `jobs`: every job that was taken. `answered`: how often each custom id was answered (that is, paid). `posts`: paths
    of all POSTs. `headers`: of every request.
    """

    def __init__(
        self,
        *,
        seconds: float | None = 0.0,
        outcome: Callable[[Json, int], Outcome] = lambda _body, _before: None,
        submits: Sequence[Outcome] = (),
        looks: Sequence[Outcome] = (),
        downloads: Sequence[Outcome] = (),
        refuses: Sequence[str] = (),
        failures: Sequence[list[Json] | None] = (),
        most_waiting: int | None = None,
        key: str | None = None,
        shuffled: bool = True,
    ) -> None:
        self.seconds, self.outcome, self.shuffled = seconds, outcome, shuffled
        self.submits, self.looks, self.downloads = list(submits), list(looks), list(downloads)
        self.refuses, self.failures, self.most_waiting = set(refuses), list(failures), most_waiting
        self.key = key
        self.models: Collection[str] | None = None
        self.jobs: dict[str, StoredJob] = {}
        self.answered: Counter[str] = Counter()
        self.bodies: dict[str, Json] = {}
        self.posts: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.files: dict[str, bytes] = {}
        self._numbers = itertools.count(1)
        self.base_url = "http://127.0.0.1:9/v1"

    @property
    def port(self) -> int:
        return int(self.base_url.split(":")[2].partition("/")[0])

    def release(self) -> None:
        """Ends the jobs that are under way."""
        for job in list(self.jobs.values()):
            job.ends = 0.0

    async def __aenter__(self) -> Self:
        self._stopping = asyncio.Event()
        app = web.Application(client_max_size=2**30, middlewares=[self._guarded])
        app.router.add_post("/v1/files", self._upload)
        app.router.add_get("/v1/files/{id}/content", self._content)
        for path, anthropic in (("/v1/batches", False), ("/v1/messages/batches", True)):
            app.router.add_post(path, self._create_anthropic if anthropic else self._create_openai)
            app.router.add_get(path, self._list)
            app.router.add_get(path + "/{id}", self._look)
            app.router.add_post(path + "/{id}/cancel", self._cancel)
        app.router.add_get("/v1/messages/batches/{id}/results", self._content)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.base_url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/v1"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._stopping.set()
        await self._runner.cleanup()

    @web.middleware
    async def _guarded(self, request: web.Request, handler: Callable[[web.Request], Any]) -> web.StreamResponse:
        self.headers.append({name.lower(): value for name, value in request.headers.items()})
        if request.method == "POST":
            self.posts.append(request.path)
        given = request.headers.get("x-api-key") or request.headers.get("authorization", "").removeprefix("Bearer ")
        if self.key and given != self.key:
            return _error("messages" in request.path, 401, f"Incorrect API key provided: {given}.")
        response: web.StreamResponse = await handler(request)
        return response

    # Submitting

    async def _upload(self, request: web.Request) -> web.StreamResponse:
        form = await request.post()
        assert form["purpose"] == "batch"
        upload = form["file"]
        assert isinstance(upload, web.FileField)
        name = f"file-{next(self._numbers)}"
        self.files[name] = upload.file.read()
        return _json({"id": name, "object": "file", "bytes": len(self.files[name]), "created_at": int(time.time()),
                      "filename": upload.filename, "purpose": "batch", "status": "processed"})  # fmt: skip

    async def _create_openai(self, request: web.Request) -> web.StreamResponse:
        asked = await request.json()
        lines = [orjson.loads(line) for line in self.files[asked["input_file_id"]].splitlines()]
        return await self._create(request, lines, asked.get("metadata"))

    async def _create_anthropic(self, request: web.Request) -> web.StreamResponse:
        return await self._create(request, (await request.json())["requests"], None)

    async def _create(self, request: web.Request, lines: list[Json], metadata: Json | None) -> web.StreamResponse:
        anthropic = "messages" in request.path
        fault = self.submits.pop(0) if self.submits else None
        if isinstance(fault, int):
            return _error(anthropic, fault, f"scripted fault {fault}")
        if fault != "lost":
            job = self._take(anthropic, lines, metadata)
        if fault in ("drop", "lost"):
            assert request.transport
            request.transport.abort()
        if fault == "hang":
            await self._stopping.wait()
        return _json(self._shown(job)) if fault is None else web.Response(status=500)

    def _take(self, anthropic: bool, lines: list[Json], metadata: Json | None) -> StoredJob:
        ids = [line["custom_id"] for line in lines]
        assert len(set(ids)) == len(ids), "a custom id stands in the job twice"
        waiting = sum(len(job.lines) for job in self.jobs.values() if not self._refreshed(job).ended)
        now = time.time()
        job = StoredJob(f"batch_{next(self._numbers)}", anthropic, lines, now, metadata)
        job.ends = float("inf") if self.seconds is None else now + self.seconds
        job.errors = self.failures.pop(0) if self.failures else None
        if self.most_waiting is not None and waiting + len(lines) > self.most_waiting:
            job.errors = [{"code": "token_limit_exceeded", "message": "Enqueued token limit reached for test-model"}]
        if job.errors:
            job.ends = now
        self.jobs[job.id] = job
        for line in lines:
            self.bodies[line["custom_id"]] = line["params" if anthropic else "body"]
        return job

    # Doing

    def _refreshed(self, job: StoredJob) -> StoredJob:
        if not job.ended and time.time() >= job.ends:
            if not job.errors and not job.results:
                job.results = [result for line in job.lines if (result := self._done(job, line))]
            job.status = "failed" if job.errors else "cancelled" if job.cancelled else "completed"
            if self.shuffled:
                job.results.reverse()
        return job

    def _done(self, job: StoredJob, line: Json) -> Json | None:
        name, body = line["custom_id"], line["params" if job.anthropic else "body"]
        outcome = "canceled" if job.cancelled else self.outcome(body, self.answered[name])
        if outcome == "missing":
            return None
        if outcome in ("expired", "canceled"):
            if job.anthropic:
                return {"custom_id": name, "result": {"type": outcome}}
            code = {"expired": "batch_expired", "canceled": "batch_cancelled"}[str(outcome)]
            return {"custom_id": name, "response": None, "error": {"code": code, "message": "not executed"}}
        status, reply = self._answer(job, body, outcome)
        if status == 200:
            self.answered[name] += 1
        if not job.anthropic:
            return {"id": "x", "custom_id": name, "error": None,
                    "response": {"status_code": status, "request_id": "r", "body": reply}}  # fmt: skip
        if status == 200:
            return {"custom_id": name, "result": {"type": "succeeded", "message": reply}}
        return {"custom_id": name, "result": {"type": "errored", "error": reply}}

    def _answer(self, job: StoredJob, body: Json, outcome: Outcome) -> tuple[int, Json]:
        protocol = Anthropic if job.anthropic else OpenAI
        headers = {"anthropic-version": "1", "content-type": "1", "authorization": f"Bearer {self.key}"}
        headers["x-api-key"] = str(self.key)
        problem = protocol.problem(Request("POST", "", headers, body), self)
        if problem:
            return problem
        if isinstance(outcome, dict):
            return 400, outcome
        if isinstance(outcome, int):
            kind = {529: "overloaded_error", 400: "invalid_request_error"}.get(outcome, "api_error")
            return outcome, protocol.error(kind, f"scripted fault {outcome}")
        return 200, protocol.completion(body, Reply("" if outcome == "empty" else default_reply(body)))

    # Looking

    async def _look(self, request: web.Request) -> web.StreamResponse:
        fault = self.looks.pop(0) if self.looks else None
        if fault == "hang":
            await self._stopping.wait()
        job = self.jobs.get(request.match_info["id"])
        if isinstance(fault, int) or job is None:
            return _error("messages" in request.path, fault if isinstance(fault, int) else 404, "No such batch")
        return _json(self._shown(job))

    async def _list(self, request: web.Request) -> web.StreamResponse:
        anthropic = "messages" in request.path
        jobs = [self._shown(job) for job in self.jobs.values() if job.anthropic == anthropic][::-1]
        after = request.query.get("after") or request.query.get("after_id")
        at = next((number + 1 for number, job in enumerate(jobs) if job["id"] == after), 0)
        page = jobs[at : at + 2]  # of two, so that clients have to turn it
        return _json({"object": "list", "data": page, "has_more": len(jobs) > at + 2, "first_id": None,
                      "last_id": page[-1]["id"] if page else None})  # fmt: skip

    async def _cancel(self, request: web.Request) -> web.StreamResponse:
        job = self._refreshed(self.jobs[request.match_info["id"]])
        if job.ended:
            return _error(job.anthropic, 400, "the batch has ended")
        done = job.lines[: len(job.lines) // 2]  # half of it was done before
        job.results = [result for line in done if (result := self._done(job, line))]
        job.cancelled, job.ends = True, time.time() + 0.3
        job.results += [result for line in job.lines[len(done) :] if (result := self._done(job, line))]
        job.status = "canceling" if job.anthropic else "cancelling"
        return _json(self._shown(job))

    async def _content(self, request: web.Request) -> web.StreamResponse:
        fault = self.downloads.pop(0) if self.downloads else None
        name = request.match_info["id"]
        job = self.jobs[name.removesuffix("-out").removesuffix("-err")]
        lines = [line for line in job.results if job.anthropic or name.endswith("-err") == _is_error(line)]
        data = b"\n".join(orjson.dumps(line) for line in lines)
        if isinstance(fault, int):
            return _error(job.anthropic, fault, f"scripted fault {fault}")
        if fault == "half":
            response = web.StreamResponse(headers={"content-length": str(len(data))})
            await response.prepare(request)
            await response.write(data[: len(data) // 2])
            assert request.transport
            request.transport.close()
            return response
        return web.Response(body=data)

    def _shown(self, job: StoredJob) -> Json:
        self._refreshed(job)
        bad = sum(1 for line in job.results if _is_error(line)) if job.ended else 0
        done = len(job.results) - bad if job.ended else 0
        if job.anthropic:
            moment = datetime.fromtimestamp(job.created, UTC).isoformat()
            counts = {"processing": 0 if job.ended else len(job.lines), "succeeded": done, "errored": bad,
                      "canceled": 0, "expired": len(job.lines) - done - bad if job.ended else 0}  # fmt: skip
            return {"id": job.id, "type": "message_batch", "created_at": moment, "expires_at": moment,
                    "processing_status": "ended" if job.ended else job.status, "request_counts": counts,
                    "cancel_initiated_at": moment if job.cancelled else None, "results_url": "http://other.invalid/x",
                    }  # fmt: skip
        return {"id": job.id, "object": "batch", "endpoint": "/v1/chat/completions", "completion_window": "24h",
                "input_file_id": "file", "created_at": int(job.created), "status": job.status,
                "metadata": job.metadata, "errors": {"object": "list", "data": job.errors} if job.errors else None,
                "output_file_id": f"{job.id}-out" if done else None, "error_file_id": f"{job.id}-err" if bad else None,
                "request_counts": {"total": len(job.lines), "completed": done, "failed": bad}}  # fmt: skip


@contextmanager
def running_batch_server(**options: Any) -> Iterator[BatchServer]:
    """A BatchServer with these options in a background thread, for tests that are not async."""
    server, loop = BatchServer(**options), asyncio.new_event_loop()
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


def _is_error(line: Json) -> bool:
    if "result" in line:
        return bool(line["result"]["type"] != "succeeded")
    return line["response"] is None or bool(line["response"]["status_code"] != 200)


def _json(body: Json) -> web.Response:
    return web.Response(body=orjson.dumps(body), content_type="application/json")


def _error(anthropic: bool, status: int, words: str) -> web.Response:
    body = Anthropic.error("api_error", words) if anthropic else OpenAI.error("api_error", words)
    return web.Response(status=status, body=orjson.dumps(body), content_type="application/json")
