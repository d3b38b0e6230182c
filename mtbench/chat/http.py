"""Requests over HTTP: one aiohttp session for all models of an event loop, and its failures as our errors."""

import asyncio
import errno
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import isfinite
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urljoin, urlsplit, urlunsplit
from weakref import WeakKeyDictionary

import orjson

from mtbench.chat.proxies import Proxy, proxy_for
from mtbench.errors import EndpointFailed, RequestError, Retryable, Unreachable

if TYPE_CHECKING:
    import aiohttp  # else imported with the first request: it takes a tenth of a second

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
    limited here: who asks limits it. `observe` is given the headers of every reply, names in lower case. `masked` takes
    keys out of what a server said. Certificates are verified, and proxies hold (chat/proxies.py).
    """

    def __init__(
        self,
        model: str,
        timeout: float,
        observe: Callable[[Mapping[str, str]], None] = nothing,
        masked: Callable[[str], str] = str,
    ) -> None:
        self._model, self._observe, self._masked = model, observe, masked
        self._proxies: dict[str, Proxy | None] = {}
        self._seconds = timeout
        self._timeout: aiohttp.ClientTimeout | None = None
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
        import aiohttp

        if self._shared is None:
            self._shared = _Shared.hold()
            total = self._seconds if isfinite(self._seconds) else None
            self._timeout = aiohttp.ClientTimeout(total=total, sock_connect=min(_CONNECT_SECONDS, self._seconds))
        try:
            for _ in range(_MOST_REDIRECTS + 1):
                reply = await self._send(method, url, headers, data)
                self._observe(reply.headers)
                if reply.status not in _REDIRECTS or "location" not in reply.headers:
                    return reply
                url = _redirected(url, self._at(url), reply.headers["location"], self._masked)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise _as_ours(error, self._at(url), self._seconds, self._masked) from error
        raise EndpointFailed(f"{self._at(url)}: redirects in a circle: check the base URL")

    def _at(self, url: str) -> str:
        return f"{self._model} at {urlsplit(url).netloc}"

    async def _send(self, method: str, url: str, headers: Mapping[str, str], data: bytes | None) -> HttpReply:
        assert self._shared
        proxy = self._proxy(url)
        to_proxy = proxy.headers if proxy else {}
        if not url.startswith("https:"):  # without a tunnel, the request itself is what the proxy reads
            headers = {**headers, **to_proxy}
        async with self._shared.session.request(
            method,
            url,
            headers=headers,
            data=data,
            timeout=self._timeout,
            allow_redirects=False,
            proxy=proxy.url if proxy else None,
            proxy_headers=to_proxy,
        ) as response:
            body = await response.read()
            return HttpReply(response.status, {name.lower(): value for name, value in response.headers.items()}, body)

    def _proxy(self, url: str) -> Proxy | None:
        server = "//".join(urlsplit(url)[:2])
        if server not in self._proxies:
            self._proxies[server] = proxy_for(url, self._at(url))
        return self._proxies[server]


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
        import aiohttp

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


def _redirected(url: str, where: str, location: str, masked: Callable[[str], str]) -> str:
    """Where a redirect leads, if that is the same server (or the same host over TLS): keys go nowhere else."""
    try:
        target = urljoin(url, location)
        old, new = urlsplit(url), urlsplit(target)
        to_tls = old.scheme == "http" and new.scheme == "https" and old.port is None and new.port is None
        if old.hostname == new.hostname and ((old.scheme, old.port) == (new.scheme, new.port) or to_tls):
            return target
    except ValueError as error:
        raise EndpointFailed(f"{where}: it redirects to what is no address: check the base URL") from error
    place = masked(f"{new.scheme}://{new.netloc.rpartition('@')[2]}")
    raise EndpointFailed(
        f"{where}: it redirects to {place}, and keys are not sent on to another server: "
        "if that is the right endpoint, make it the base URL"
    )


def _as_ours(error: Exception, where: str, seconds: float, masked: Callable[[str], str]) -> RequestError:
    import aiohttp

    match error:
        case aiohttp.ClientConnectorCertificateError() | aiohttp.ClientConnectorSSLError():
            return EndpointFailed(
                f"{where}: no safe connection: {masked(str(error))}. For a certificate of your own, set SSL_CERT_FILE"
            )
        case aiohttp.ClientConnectorDNSError():
            return Unreachable(f"{where}: no such host: {error.host}. Check the base URL, the network and the proxy")
        case aiohttp.ConnectionTimeoutError():
            return Unreachable(f"{where}: no connection within {min(seconds, _CONNECT_SECONDS):g} s")
        case aiohttp.ClientConnectorError() if error.os_error.errno not in _PASSING:
            why = os.strerror(error.os_error.errno) if error.os_error.errno else str(error.os_error)
            if isinstance(error, aiohttp.ClientProxyConnectionError):
                return Unreachable(f"{where}: no connection to the proxy at {error.host}:{error.port}: {why}")
            return Unreachable(f"{where}: no connection: {why}. Is the server running there?")
        case aiohttp.ClientHttpProxyError() if error.status == 407:
            return EndpointFailed(f"{where}: the proxy wants a user and password (407): put them into HTTPS_PROXY")
        case aiohttp.ClientHttpProxyError() if error.status < 500:
            return EndpointFailed(f"{where}: the proxy lets nothing through to there ({error.status})")
        case TimeoutError():
            return Retryable(f"{where}: no reply within {seconds:g} s", kind="timeout")
        case _:
            why = masked(str(error)) or type(error).__name__
            return Retryable(f"{where}: the connection was lost: {why}", kind="dropped connection")
