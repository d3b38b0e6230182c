"""Batch jobs at OpenAI, and wherever its files and batches are spoken: a file of requests in, a file of results out."""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO
from urllib.parse import parse_qsl

from mtbench.chat import Completion, Message, Params, openai
from mtbench.chat.batch_jobs import Job
from mtbench.chat.batch_provider import (
    CANCELLED,
    RETRIES,
    JobStatus,
    answered,
    client_options,
    gone,
    lost,
    no_batches,
    transport_errors,
)
from mtbench.chat.faults import Asked, Words, fault
from mtbench.chat.http import HttpReply, joined
from mtbench.chat.keys import Endpoint
from mtbench.chat.request_lines import URL, is_cancelled, reply_of, request_line
from mtbench.chat.spec import ModelSpec
from mtbench.errors import LeftUndone, RequestError

if TYPE_CHECKING:
    from openai.types import Batch

_MARK = "mtbench_job"
"""The field of a job's metadata that holds our own id of it."""

_OLDEST_LISTED = 600.0
"""Seconds before a job was begun here at which the search for it ends: the clocks of two machines may differ."""


class OpenAIBatches:
    """A BatchProvider. `timeout`: seconds that one request (an upload, a look-up) may take."""

    framing = (b"", b"\n", b"\n")
    certain = True

    def __init__(
        self,
        spec: ModelSpec,
        endpoint: Endpoint,
        *,
        timeout: float,
        keep_thinking: bool,
        most_requests: int = 50_000,
        most_bytes: int = 200_000_000,
    ) -> None:
        from openai import AsyncOpenAI, DefaultAsyncHttpxClient

        self.spec, self.endpoint = spec, endpoint
        self.most_requests, self.most_bytes = most_requests, most_bytes
        self._keep_thinking = keep_thinking
        self._asked = Asked(spec.id, spec.name, endpoint.host, {})
        base, _, query = endpoint.url.partition("?")
        options = client_options(endpoint, spec.id, openai.headers(endpoint))
        self._http = DefaultAsyncHttpxClient(timeout=timeout, **options)
        self._client = AsyncOpenAI(
            api_key=endpoint.key or "none",
            base_url=base,
            default_query=dict(parse_qsl(query)),
            timeout=timeout,
            max_retries=0,
            http_client=self._http,
        )

    def line(self, custom_id: str, messages: Sequence[Message], params: Params) -> bytes:
        body, _ = openai.request(self.spec, self.endpoint, messages, params)
        return request_line(custom_id, body)

    async def submit(self, job: Job, requests: BinaryIO) -> JobStatus:
        try:
            with self._faults():
                file = await self._client.files.create(file=(f"{job.id}.jsonl", requests), purpose="batch")
                batch = await self._client.batches.create(
                    input_file_id=file.id, endpoint=URL, completion_window="24h", metadata={_MARK: job.id}
                )
        except RequestError as error:
            raise no_batches(error, self._asked) from error
        return self._status(batch)

    async def find(self, job: Job, known: set[str]) -> JobStatus | None:
        with self._faults():
            async for batch in self._client.with_options(max_retries=RETRIES).batches.list(limit=100):
                if (batch.metadata or {}).get(_MARK) == job.id and batch.id not in known:
                    return self._status(batch)
                if batch.created_at < job.created - _OLDEST_LISTED:
                    return None
        return None

    async def status(self, provider_id: str) -> JobStatus:
        return self._status(await self._retrieved(provider_id))

    async def cancel(self, provider_id: str) -> JobStatus:
        with self._faults(provider_id):
            return self._status(await self._client.with_options(max_retries=RETRIES).batches.cancel(provider_id))

    async def results(self, provider_id: str) -> AsyncIterator[bytes]:
        batch = await self._retrieved(provider_id)
        for file_id in filter(None, (batch.output_file_id, batch.error_file_id)):
            with self._faults(provider_id):
                async with self._http.stream("GET", joined(self.endpoint.url, f"/files/{file_id}/content")) as response:
                    if response.status_code != 200:
                        reply = HttpReply(response.status_code, dict(response.headers), await response.aread())
                        raise gone(answered(reply, self._asked, self.endpoint), provider_id)
                    async for piece in response.aiter_bytes():
                        yield piece
            yield b"\n"

    def completion(self, result: Mapping[str, Any], messages: Sequence[Message], params: Params) -> Completion:
        if is_cancelled(result):
            raise LeftUndone(f"{self.spec.id}: its batch job was cancelled before this request was done", CANCELLED)
        _, asked = openai.request(self.spec, self.endpoint, messages, params)
        return openai.completion(reply_of(result), asked, self.endpoint, self._keep_thinking)

    def came(self, result: Mapping[str, Any]) -> bool:
        return reply_of(result).status == 200

    async def aclose(self) -> None:
        await self._client.close()

    async def _retrieved(self, provider_id: str) -> "Batch":
        with self._faults(provider_id):
            return await self._client.batches.retrieve(provider_id)

    def _status(self, batch: "Batch") -> JobStatus:
        counts, status = batch.request_counts, batch.status
        problem, too_much = None, False
        if status == "failed" and not (batch.output_file_id or batch.error_file_id):
            problem, too_much = self._refused(batch)
        return JobStatus(
            provider_id=batch.id,
            status=status,
            ended=status in ("completed", "expired", "cancelled", "failed"),
            done=counts.completed if counts else 0,
            failed=counts.failed if counts else 0,
            total=counts.total if counts else 0,
            created=float(batch.created_at),
            cancelled=status in ("cancelled", "cancelling"),
            problem=problem,
            enqueued_too_much=too_much,
        )

    def _refused(self, batch: "Batch") -> tuple[RequestError, bool]:
        """Why a job was refused as a whole, and whether that is because too much is waiting already."""
        errors = (batch.errors.data if batch.errors else None) or []
        codes = frozenset(str(error.code).lower() for error in errors if error.code)
        first = errors[0] if errors else None
        said = self.endpoint.masked((first and first.message) or "no reason given")
        words = Words(f"batch job {batch.id} failed: {said}", (first and first.param) or "", codes)
        return fault(HttpReply(400, {}, b""), self._asked, words), "token_limit_exceeded" in codes

    @contextmanager
    def _faults(self, provider_id: str | None = None) -> Iterator[None]:
        """Raises the SDK's errors as ours; a 404 about a job as NoSuchJob."""
        from openai import APIStatusError, OpenAIError

        try:
            yield
        except APIStatusError as error:
            reply = HttpReply(error.status_code, dict(error.response.headers), error.response.content)
            ours = answered(reply, self._asked, self.endpoint)
            raise (gone(ours, provider_id) if provider_id else ours) from error
        except (OpenAIError, transport_errors()) as error:
            raise lost(error, self._asked, self.endpoint) from error
