"""What a provider's batch API does for us, whoever it is; and what both SDKs share: our headers, our errors."""

import ssl
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, Protocol

from mtbench.chat import Completion, Message, Params
from mtbench.chat.batch_jobs import Job
from mtbench.chat.faults import Asked, Words, fault, words_of
from mtbench.chat.http import HttpReply
from mtbench.chat.keys import Endpoint
from mtbench.chat.proxies import proxy_for
from mtbench.chat.spec import ModelSpec
from mtbench.errors import EndpointFailed, NoSuchJob, NoSuchModel, RequestError, Retryable, Unreachable

CANCELLED = "batch job cancelled"
"""Kind of LeftUndone."""

RETRIES = 2
"""Further attempts that an SDK makes, where nobody else does."""

_CREDENTIALS = ("authorization", "x-api-key", "api-key", "openai-organization", "openai-project")


@dataclass(frozen=True, slots=True)
class JobStatus:
    """What the provider says of a job. `status`: its own word. `created` in seconds since 1970.

    `problem`: why the job was refused as a whole; its requests were then not asked. `enqueued_too_much`: because the
    account has too much waiting already.
    """

    provider_id: str
    status: str
    ended: bool
    done: int
    failed: int
    total: int
    created: float
    cancelled: bool = False
    problem: RequestError | None = None
    enqueued_too_much: bool = False


class BatchProvider(Protocol):
    """A provider's batch API for one model at one endpoint. Every method raises RequestError and nothing else.

    `most_requests`, `most_bytes`: what one job may hold. `framing`: what stands before, between and after the lines of
    a job's requests. `certain`: whether `find` names a job for sure.
    """

    spec: ModelSpec
    endpoint: Endpoint
    most_requests: int
    most_bytes: int
    framing: tuple[bytes, bytes, bytes]
    certain: bool

    def line(self, custom_id: str, messages: Sequence[Message], params: Params) -> bytes:
        """One request as it stands in a job. Raises ParameterRefused for what the protocol does not have."""
        ...

    async def submit(self, job: Job, requests: BinaryIO) -> JobStatus:
        """Begins a job of the rest of `requests`. After Retryable it may have begun: `find` tells."""
        ...

    async def find(self, job: Job, known: set[str]) -> JobStatus | None:
        """The provider's job that `job` may have become; `known` are ids of others."""
        ...

    async def status(self, provider_id: str) -> JobStatus: ...

    async def cancel(self, provider_id: str) -> JobStatus: ...

    def results(self, provider_id: str) -> AsyncIterator[bytes]:
        """The results of a job that has ended, in pieces of any size: one JSON object a line, in any order."""
        ...

    def completion(self, result: Mapping[str, Any], messages: Sequence[Message], params: Params) -> Completion:
        """What one line of the results says. Raises the RequestError that it stands for."""
        ...

    def came(self, result: Mapping[str, Any]) -> bool:
        """Whether a line of the results holds a reply, good or not."""
        ...

    async def aclose(self) -> None: ...


def client_options(endpoint: Endpoint, model: str, headers: Mapping[str, str]) -> dict[str, Any]:
    """How an SDK's HTTP client is made, once the SDK is imported.

    It sends our headers and no other credentials, follows no redirect, and goes through the proxy that holds for live
    requests. `model` is what messages call the model. Raises EndpointFailed for a proxy that cannot be used.
    """

    async def ours_only(request: Any) -> None:
        for name in _CREDENTIALS:  # an SDK takes some from the environment, for an endpoint that is not theirs
            request.headers.pop(name, None)
        request.headers.update(headers)

    proxy = proxy_for(endpoint.url, f"{model} at {endpoint.host}")
    options = {"event_hooks": {"request": [ours_only]}, "follow_redirects": False}
    if proxy:
        return options | {"proxy": _library().Proxy(proxy.url, headers=proxy.headers)}
    return options | {"mounts": dict.fromkeys(("all://", "http://", "https://"))}  # in place of the environment's


def answered(reply: HttpReply, asked: Asked, endpoint: Endpoint) -> RequestError:
    """The error that a reply other than 200 stands for."""
    words = words_of(reply)
    words = Words(endpoint.masked(words.message), words.param, words.codes)
    if reply.status < 400:
        return EndpointFailed(f"{asked.model} at {asked.host} answered {reply.status}: is the base URL right?")
    return fault(reply, asked, words)


def lost(error: BaseException, asked: Asked, endpoint: Endpoint) -> RequestError:
    """The error behind a request of an SDK that got no reply."""
    chain = list(_chain(error))
    where, said = f"{asked.model} at {asked.host}", endpoint.masked(str(chain[-1]) or type(chain[-1]).__name__)
    if any(isinstance(each, ssl.SSLError) for each in chain):
        return EndpointFailed(f"{where}: no safe connection: {said}. For a certificate of your own, set SSL_CERT_FILE")
    names = {type(each).__name__ for each in chain}
    if names & {"ConnectError", "ConnectTimeout", "ProxyError"}:
        return Unreachable(f"{where}: no connection: {said}. Is the server running there?")
    if any("Timeout" in name for name in names):
        return Retryable(f"{where}: no reply in time", kind="timeout")
    return Retryable(f"{where}: the connection was lost: {said}", kind="dropped connection")


def no_batches(error: RequestError, asked: Asked) -> RequestError:
    """What a 404 means where a job is submitted: the endpoint has no batch API."""
    if not isinstance(error, NoSuchModel):
        return error
    return NoSuchModel(
        f"{asked.model}: {asked.host} takes no batch jobs ({error}): leave --batch out, or go by files with "
        "--export-requests"
    )


def gone(error: RequestError, provider_id: str) -> RequestError:
    """What a 404 means where a job is looked up."""
    if not isinstance(error, NoSuchModel):
        return error
    return NoSuchJob(
        f"batch job {provider_id} is not there any more, or belongs to another key ({error}). To give its replies up "
        f"and ask again: mtbench batch cancel {provider_id} (with this --bench and --data-dir)"
    )


def transport_errors() -> type[Exception]:
    """What the HTTP library under the SDKs raises."""
    errors: type[Exception] = _library().HTTPError
    return errors


def _library() -> Any:
    """The HTTP library under the SDK that was imported: newer ones stand on httpx2, older ones on httpx."""
    return sys.modules.get("httpx2") or sys.modules["httpx"]


def _chain(error: BaseException) -> list[BaseException]:
    found = [error]
    while (cause := found[-1].__cause__ or found[-1].__context__) and cause not in found:
        found.append(cause)
    return found
