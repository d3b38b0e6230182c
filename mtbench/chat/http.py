"""Requests over HTTP: one aiohttp session for all models of an event loop, and its failures as our errors."""

import asyncio
import errno
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import isfinite
from types import TracebackType
from typing import Any, Self
from urllib.parse import urljoin, urlsplit, urlunsplit
from urllib.request import getproxies, proxy_bypass
from weakref import WeakKeyDictionary

import aiohttp
import orjson

from mtbench.errors import EndpointFailed, RequestError, Retryable, Unreachable

_CONNECT_SECONDS = 30.0
_REDIRECTS = (301, 302, 307, 308)
_MOST_REDIRECTS = 3
_PASSING = (errno.ECONNRESET, errno.ECONNABORTED, errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.EADDRNOTAVAIL)
"""What can keep a connection from being made although the host is there: too much at once, on either side."""


@dataclass(frozen=True, slots=True)
class HttpReply:
    """Status, headers (names in lower case) and the whole body."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> object:
        """The body as JSON; None if it is not JSON."""
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError:
            return None


def nothing(_: object) -> None:
    """Observes nothing."""


class Http:
    """One user's hold on the session that all users in this event loop share; the last `aclose` closes it.

    `model` is what messages call the model. `timeout`: seconds for a whole request. The number of connections is not
    limited here: who asks limits it. `observe` is given the headers of every reply, names in lower case. Certificates
    are verified; HTTP_PROXY, HTTPS_PROXY and NO_PROXY hold except for this machine's own addresses.
    """

    def __init__(self, model: str, timeout: float, observe: Callable[[Mapping[str, str]], None] = nothing) -> None:
        self._model, self._observe = model, observe
        total = timeout if isfinite(timeout) else None
        self._timeout = aiohttp.ClientTimeout(total=total, sock_connect=min(_CONNECT_SECONDS, timeout))
        self._seconds = timeout
        self._shared: _Shared | None = None

    async def post(self, url: str, headers: Mapping[str, str], body: Mapping[str, Any]) -> HttpReply:
        """Sends `body` as JSON. Raises Retryable, Unreachable or EndpointFailed when no reply comes."""
        return await self._ask("POST", url, {"content-type": "application/json", **headers}, orjson.dumps(body))

    async def get(self, url: str, headers: Mapping[str, str]) -> HttpReply:
        """Raises as `post` does."""
        return await self._ask("GET", url, headers, None)

    async def aclose(self) -> None:
        shared, self._shared = self._shared, None
        if shared:
            await shared.release()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self.aclose()

    async def _ask(self, method: str, url: str, headers: Mapping[str, str], data: bytes | None) -> HttpReply:
        if self._shared is None:
            self._shared = _Shared.hold()
        try:
            for _ in range(_MOST_REDIRECTS + 1):
                reply = await self._send(method, url, headers, data)
                self._observe(reply.headers)
                if reply.status not in _REDIRECTS or "location" not in reply.headers:
                    return reply
                url = _redirected(url, self._at(url), reply.headers["location"])
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise _as_ours(error, self._at(url), self._seconds) from error
        raise EndpointFailed(f"{self._at(url)}: redirects in a circle: check the base URL")

    def _at(self, url: str) -> str:
        return f"{self._model} at {urlsplit(url).netloc}"

    async def _send(self, method: str, url: str, headers: Mapping[str, str], data: bytes | None) -> HttpReply:
        assert self._shared
        async with self._shared.session.request(
            method, url, headers=headers, data=data, timeout=self._timeout, allow_redirects=False, proxy=_proxy(url)
        ) as response:
            body = await response.read()
            return HttpReply(response.status, {name.lower(): value for name, value in response.headers.items()}, body)


def joined(base: str, path: str) -> str:
    """`base` with `path` appended to its path; a query such as ?api-version=… stays at the end."""
    parts = urlsplit(base)
    more, _, query = path.partition("?")
    return urlunsplit(
        parts._replace(path=parts.path.rstrip("/") + more, query="&".join(filter(None, (parts.query, query))))
    )


class _Shared:
    """A session and the number of those who hold it."""

    def __init__(self) -> None:
        # No cookies: one set by a load balancer would send every further request to the same replica.
        self.session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0), cookie_jar=aiohttp.DummyCookieJar()
        )
        self.holders = 0

    @classmethod
    def hold(cls) -> "_Shared":
        loop = asyncio.get_running_loop()
        if loop not in _SESSIONS:
            _SESSIONS[loop] = cls()
        shared = _SESSIONS[loop]
        shared.holders += 1
        return shared

    async def release(self) -> None:
        self.holders -= 1
        if self.holders == 0:
            _SESSIONS.pop(asyncio.get_running_loop(), None)
            await self.session.close()


# A session belongs to one event loop; keyed by it, two models on one host share connections and name look-ups.
_SESSIONS: WeakKeyDictionary[asyncio.AbstractEventLoop, _Shared] = WeakKeyDictionary()


def _redirected(url: str, where: str, location: str) -> str:
    """Where a redirect leads, if that is the same server (or the same host over TLS): keys go nowhere else."""
    target = urljoin(url, location)
    old, new = urlsplit(url), urlsplit(target)
    to_tls = old.scheme == "http" and new.scheme == "https" and old.port is None and new.port is None
    if old.hostname == new.hostname and ((old.scheme, old.port) == (new.scheme, new.port) or to_tls):
        return target
    raise EndpointFailed(
        f"{where}: it redirects to {new.scheme}://{new.netloc}, and keys are not sent on to another server: "
        "if that is the right endpoint, make it the base URL"
    )


def _proxy(url: str) -> str | None:
    parts = urlsplit(url)
    host = parts.hostname or ""
    if host in ("localhost", "::1") or host.startswith("127.") or proxy_bypass(host):
        return None
    return getproxies().get(parts.scheme)


def _as_ours(error: Exception, where: str, seconds: float) -> RequestError:
    match error:
        case aiohttp.ClientConnectorCertificateError() | aiohttp.ClientConnectorSSLError():
            return EndpointFailed(
                f"{where}: no safe connection: {error}. For a certificate of your own, set SSL_CERT_FILE"
            )
        case aiohttp.ClientConnectorDNSError():
            return Unreachable(f"{where}: no such host: check the base URL and the network")
        case aiohttp.ConnectionTimeoutError():
            return Unreachable(f"{where}: no connection within {min(seconds, _CONNECT_SECONDS):g} s")
        case aiohttp.ClientConnectorError() if error.os_error.errno not in _PASSING:
            why = os.strerror(error.os_error.errno) if error.os_error.errno else error.os_error
            return Unreachable(f"{where}: no connection: {why}. Is the server running there?")
        case aiohttp.ClientHttpProxyError() if error.status == 407:
            return EndpointFailed(f"{where}: the proxy wants a user and password (407): put them into HTTPS_PROXY")
        case TimeoutError():
            return Retryable(f"{where}: no reply within {seconds:g} s", kind="timeout")
        case _:
            return Retryable(
                f"{where}: the connection was lost: {error or type(error).__name__}", kind="dropped connection"
            )
