"""Below HTTP: a proxy, a TLS front before a server, and an echo, on loopback sockets.

async with TlsFront(server.port, *self_signed(folder)) as front:
    ...  # front.url is https://127.0.0.1:PORT
"""

import asyncio
import ssl
import subprocess
import threading
from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self, TypeVar
from urllib.parse import urlsplit

SomeWire = TypeVar("SomeWire", bound="Wire")


class Wire:
    """A server of bytes; what it does with a connection is `serve`."""

    context: ssl.SSLContext | None = None

    def __init__(self) -> None:
        self.port = 0
        self._open: set[asyncio.StreamWriter] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self.context)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for writer in list(self._open):
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        with suppress(OSError, asyncio.IncompleteReadError):
            await self.serve(reader, writer)
        self._open.discard(writer)
        writer.close()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        raise NotImplementedError


class Echo(Wire):
    """Sends back what comes, as no HTTP server does."""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 " + head.replace(b"\r\n", b" | ") + b"\r\n\r\n")


class TlsFront(Wire):
    """Takes TLS with a certificate, and passes what is inside on to a port behind it."""

    def __init__(self, behind: int, certificate: Path, key: Path) -> None:
        super().__init__()
        self._behind = behind
        self.context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self.context.load_cert_chain(certificate, key)

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await _joined(reader, writer, self._behind)


@dataclass(frozen=True)
class Passage:
    """A request as a proxy saw it: CONNECT or another method, where to, and its own header (or "")."""

    method: str
    target: str
    authorization: str
    seen: bytes


class Proxy(Wire):
    """A proxy, by CONNECT and by forwarding. `hosts`: the port behind each HOST:PORT; others do not exist.

    `login`: the only USER:PASSWORD that is let through, if any is asked for. `refuses`: the status for all, if any.
    """

    def __init__(self, hosts: Mapping[str, int], login: str | None = None, refuses: int | None = None) -> None:
        super().__init__()
        self._hosts, self._login, self._refuses = hosts, login, refuses
        self.passages: list[Passage] = []

    @property
    def url(self) -> str:
        return f"http://{f'{self._login}@' if self._login else ''}127.0.0.1:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").rstrip().split("\r\n")
        method, target, _ = first.split()
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        given = headers.get("proxy-authorization", "")
        self.passages.append(Passage(method, target, given, head))
        if self._login and given != f"Basic {b64encode(self._login.encode()).decode()}":
            await _refuse(writer, 407)
        elif self._refuses:
            await _refuse(writer, self._refuses)
        elif method == "CONNECT" and target in self._hosts:
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            await _joined(reader, writer, self._hosts[target])
        elif (place := urlsplit(target)).netloc in self._hosts:
            path = target.partition(place.netloc)[2] or "/"
            kept = [line for line in lines if not line.lower().startswith(("proxy-", "connection:"))]
            passed = "\r\n".join([f"{method} {path} HTTP/1.1", *kept, "Connection: close", "", ""])
            await _joined(reader, writer, self._hosts[place.netloc], passed.encode("latin-1"))
        else:
            await _refuse(writer, 502)


async def _refuse(writer: asyncio.StreamWriter, status: int) -> None:
    writer.write(f"HTTP/1.1 {status} No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
    await writer.drain()


async def _joined(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int, first: bytes = b"") -> None:
    """Passes bytes both ways until one side ends."""
    behind, to_behind = await asyncio.open_connection("127.0.0.1", port)
    to_behind.write(first)
    tasks = [asyncio.create_task(_pass(reader, to_behind)), asyncio.create_task(_pass(behind, writer))]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()
    to_behind.close()


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()


@contextmanager
def wired(wire: SomeWire) -> Iterator[SomeWire]:
    """`wire` in a background thread, for tests that are not async."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        asyncio.run_coroutine_threadsafe(wire.__aenter__(), loop).result(10)
        yield wire
        asyncio.run_coroutine_threadsafe(wire.__aexit__(), loop).result(10)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)


def self_signed(folder: Path, names: str = "IP:127.0.0.1") -> tuple[Path, Path]:
    """A certificate that nobody else signed, for names such as IP:127.0.0.1,DNS:model.test; and its key."""
    certificate, key = folder / "cert.pem", folder / "key.pem"
    subprocess.run(
        (
            "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=test"
            f" -addext subjectAltName={names} -keyout {key} -out {certificate}"
        ).split(),
        check=True,
        capture_output=True,
    )
    return certificate, key
