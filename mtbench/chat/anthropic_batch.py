"""Batch jobs at Anthropic: message batches."""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO
from urllib.parse import parse_qsl

import orjson

from mtbench.chat import Completion, Message, Params, anthropic
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
from mtbench.chat.faults import Asked
from mtbench.chat.http import HttpReply
from mtbench.chat.keys import Endpoint
from mtbench.chat.spec import ModelSpec
from mtbench.errors import LeftUndone, RequestError, Retryable

if TYPE_CHECKING:
    from anthropic.types.messages import MessageBatch

_PATH = "/v1/messages/batches"
_CLOCKS_DIFFER = 300.0
"""Seconds that the provider's clock may be behind ours."""

_STATUSES = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "timeout_error": 504,
    "overloaded_error": 529,
}
"""The status that a live request would have had; a result in a batch has none. Others: 500."""


class AnthropicBatches:
    """A BatchProvider. `timeout`: seconds that one request (a submission, a look-up) may take."""

    framing = (b'{"requests":[', b",", b"]}")
    certain = False
    """A message batch carries no mark of ours: which one a killed command began is guessed by time and size."""

    def __init__(
        self,
        spec: ModelSpec,
        endpoint: Endpoint,
        *,
        timeout: float,
        keep_thinking: bool,
        most_requests: int = 100_000,
        most_bytes: int = 256_000_000,
    ) -> None:
        from anthropic import AsyncAnthropic, DefaultAsyncHttpxClient

        self.spec, self.endpoint = spec, endpoint
        self.most_requests, self.most_bytes = most_requests, most_bytes
        self._keep_thinking = keep_thinking
        self._asked = Asked(spec.id, spec.name, endpoint.host, {})
        base, _, query = endpoint.url.partition("?")
        options = client_options(endpoint, spec.id, anthropic.headers(endpoint))
        self._http = DefaultAsyncHttpxClient(timeout=timeout, **options)
        self._client = AsyncAnthropic(
            api_key=endpoint.key or "none",
            base_url=base.removesuffix("/v1"),
            default_query=dict(parse_qsl(query)),
            timeout=timeout,
            max_retries=0,
            http_client=self._http,
        )

    def line(self, custom_id: str, messages: Sequence[Message], params: Params) -> bytes:
        body, _ = anthropic.request(self.spec, self.endpoint, messages, params)
        return orjson.dumps({"custom_id": custom_id, "params": body})

    async def submit(self, job: Job, requests: BinaryIO) -> JobStatus:
        from anthropic.types.messages import MessageBatch

        del job  # a batch has no place for our own id of it
        try:
            with self._faults():  # by `post`, as `batches.create` would take the requests apart and write them anew
                return _status(
                    await self._client.post(
                        _PATH,
                        cast_to=MessageBatch,
                        content=requests.read(),
                        options={"headers": {"content-type": "application/json"}},
                    )
                )
        except RequestError as error:
            raise no_batches(error, self._asked) from error

    async def find(self, job: Job, known: set[str]) -> JobStatus | None:
        """The batch that began nearest to the job's own time with as many requests, if any."""
        earliest = job.created - _CLOCKS_DIFFER
        found: list[JobStatus] = []
        with self._faults():
            async for batch in self._client.with_options(max_retries=RETRIES).messages.batches.list(limit=100):
                status = _status(batch)
                if status.created < earliest:
                    break
                if status.total == job.total and status.provider_id not in known:
                    found.append(status)
        return min(found, key=lambda status: abs(status.created - job.created), default=None)

    async def status(self, provider_id: str) -> JobStatus:
        with self._faults(provider_id):
            return _status(await self._client.messages.batches.retrieve(provider_id))

    async def cancel(self, provider_id: str) -> JobStatus:
        with self._faults(provider_id):
            return _status(await self._client.with_options(max_retries=RETRIES).messages.batches.cancel(provider_id))

    async def results(self, provider_id: str) -> AsyncIterator[bytes]:
        # From our own endpoint: `results_url` names the provider's host even behind a gateway, which has another key.
        url = anthropic.url(self.endpoint, f"/messages/batches/{provider_id}/results")
        with self._faults(provider_id):
            async with self._http.stream("GET", url) as response:
                if response.status_code != 200:
                    reply = HttpReply(response.status_code, dict(response.headers), await response.aread())
                    raise gone(answered(reply, self._asked, self.endpoint), provider_id)
                async for piece in response.aiter_bytes():
                    yield piece

    def completion(self, result: Mapping[str, Any], messages: Sequence[Message], params: Params) -> Completion:
        outcome = result.get("result")
        outcome = outcome if isinstance(outcome, dict) else {}
        match outcome.get("type"):
            case "canceled":
                raise LeftUndone(f"{self.spec.id}: its batch job was cancelled before this request was done", CANCELLED)
            case "expired":
                raise Retryable(f"{self.spec.id}: its batch job expired before this request was done", kind="expired")
        _, asked = anthropic.request(self.spec, self.endpoint, messages, params)
        return anthropic.completion(_reply(outcome), asked, self.endpoint, self._keep_thinking)

    def came(self, result: Mapping[str, Any]) -> bool:
        outcome = result.get("result")
        return isinstance(outcome, dict) and outcome.get("type") == "succeeded"

    async def aclose(self) -> None:
        await self._client.close()

    @contextmanager
    def _faults(self, provider_id: str | None = None) -> Iterator[None]:
        """Raises the SDK's errors as ours; a 404 about a job as NoSuchJob."""
        from anthropic import AnthropicError, APIStatusError

        try:
            yield
        except APIStatusError as error:
            reply = HttpReply(error.status_code, dict(error.response.headers), error.response.content)
            ours = answered(reply, self._asked, self.endpoint)
            raise (gone(ours, provider_id) if provider_id else ours) from error
        except (AnthropicError, transport_errors()) as error:
            raise lost(error, self._asked, self.endpoint) from error


def _reply(outcome: Mapping[str, Any]) -> HttpReply:
    """One result as the reply that a live request would have had."""
    if outcome.get("type") == "succeeded":
        return HttpReply(200, {}, orjson.dumps(outcome.get("message")))
    error = outcome.get("error")
    inner = error.get("error") if isinstance(error, dict) else None
    kind = inner.get("type") if isinstance(inner, dict) else None
    return HttpReply(_STATUSES.get(str(kind), 500), {}, orjson.dumps(error))


def _status(batch: "MessageBatch") -> JobStatus:
    counts = batch.request_counts
    failed = counts.errored + counts.expired + counts.canceled
    return JobStatus(
        provider_id=batch.id,
        status=batch.processing_status,
        ended=batch.processing_status == "ended",
        done=counts.succeeded,
        failed=failed,
        total=counts.processing + counts.succeeded + failed,
        created=batch.created_at.timestamp(),
        cancelled=batch.cancel_initiated_at is not None,
    )
