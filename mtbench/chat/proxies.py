"""Which proxy a request goes through, by HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY; passwords stay unsaid."""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

from mtbench.errors import EndpointFailed


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy's address without user and password, and the header that tells them to it."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


def proxy_for(url: str, where: str) -> Proxy | None:
    """The proxy to `url`, None where there is none, as for this machine's own addresses.

    `where` begins the message of the EndpointFailed that is raised for a proxy that cannot be used.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    if host in ("localhost", "::1") or host.startswith("127.") or proxy_bypass(parts.netloc):
        return None
    proxies = getproxies()
    name = parts.scheme if proxies.get(parts.scheme) else "all"
    written = proxies.get(name)
    return _read(written, f"{where}: {name.upper()}_PROXY") if written else None


def _read(written: str, where: str) -> Proxy:
    """A proxy as people write it, with or without http:// before it."""
    try:
        parts = urlsplit(written if "://" in written else f"http://{written}")
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host:
        raise EndpointFailed(
            f"{where} must look like http://HOST:PORT or http://USER:PASSWORD@HOST:PORT, with / @ : and # in the "
            "password written as %2F %40 %3A %23"
        )
    if parts.scheme not in ("http", "https"):
        raise EndpointFailed(f"{where} names a {parts.scheme} proxy, which is not supported: name an http one")
    address = f"[{host}]" if ":" in host else host
    address = f"{parts.scheme}://{address}" + (f":{port}" if port else "")
    if parts.username is None:
        return Proxy(address)
    login = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return Proxy(address, {"Proxy-Authorization": f"Basic {b64encode(login.encode()).decode()}"})
