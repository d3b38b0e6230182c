"""A model endpoint that is never the limit: OpenAI chat completions and Anthropic messages, after a fixed latency.

    python benchmarks/endpoint.py --latency 200 --reply "Rating: [[7]]"

It listens on a free port of 127.0.0.1, prints the port, and ends when its standard input does. Every POST gets the same
reply, in the protocol that the path asks for; GET /stats tells what came. HTTP is read by hand, and no more of it than
clients of models send: a body with its Content-Length, connections that stay, requests that follow without waiting.
"""

import argparse
import asyncio
import json
import re
import resource
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO, cast

import uvloop

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_CLOSE = re.compile(rb"\r\nconnection: *close", re.IGNORECASE)
_INPUT_TOKENS, _CHARACTERS_A_TOKEN = 750, 4


@dataclass
class Stats:
    """What came so far. Times in seconds since the epoch, 0 before the first; `cpu`: this process's seconds."""

    requests: int = 0
    connections: int = 0
    most_in_flight: int = 0
    first_request: float = 0.0
    last_reply: float = 0.0
    cpu: float = 0.0


@dataclass
class Endpoint:
    """What all connections share. `latency` in seconds; `record`: where the bodies go, a line each."""

    latency: float
    openai: bytes
    anthropic: bytes
    record: BinaryIO | None
    stats: Stats
    in_flight: int = 0


class Connection(asyncio.Protocol):
    """One connection. Replies leave in the order of the requests, since each waits equally long."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._loop = asyncio.get_running_loop()
        self._unread = b""
        self._needed = 1

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's own class is not derived from it
        self._endpoint.stats.connections += 1

    def data_received(self, data: bytes) -> None:
        self._unread = self._unread + data if self._unread else data
        while len(self._unread) >= self._needed:
            end = self._unread.find(b"\r\n\r\n")
            if end < 0:
                return
            found = _LENGTH.search(self._unread, 0, end)
            self._needed = end + 4 + (int(found[1]) if found else 0)
            if len(self._unread) < self._needed:
                return
            request, self._unread = self._unread[: self._needed], self._unread[self._needed :]
            self._needed = 1
            self._take(request, end)

    def _take(self, request: bytes, end: int) -> None:
        if request.startswith(b"GET"):
            self._transport.write(_http(_told(self._endpoint.stats)))
            if _CLOSE.search(request, 0, end):
                self._transport.close()
            return
        endpoint, stats = self._endpoint, self._endpoint.stats
        stats.requests += 1
        stats.first_request = stats.first_request or time.time()
        endpoint.in_flight += 1
        stats.most_in_flight = max(stats.most_in_flight, endpoint.in_flight)
        if endpoint.record:
            endpoint.record.write(request[end + 4 :] + b"\n")
        reply = endpoint.anthropic if request.startswith(b"POST /v1/messages") else endpoint.openai
        if endpoint.latency:
            self._loop.call_later(endpoint.latency, self._answer, reply)
        else:
            self._answer(reply)

    def _answer(self, reply: bytes) -> None:
        self._endpoint.in_flight -= 1
        self._endpoint.stats.last_reply = time.time()
        if not self._transport.is_closing():
            self._transport.write(reply)


async def serve(endpoint: Endpoint) -> None:
    """Prints the port, and serves until standard input ends: with the process that started this one."""
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    server = await loop.create_server(lambda: Connection(endpoint), "127.0.0.1", 0, backlog=4096)
    loop.add_reader(sys.stdin.fileno(), ended.set)
    print(server.sockets[0].getsockname()[1], flush=True)
    await ended.wait()
    if endpoint.record:
        endpoint.record.close()


def _told(stats: Stats) -> object:
    stats.cpu = time.process_time()
    return asdict(stats)


def _http(content: object) -> bytes:
    body = json.dumps(content).encode()
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)


def _openai(text: str) -> object:
    message = {"role": "assistant", "content": text, "refusal": None}
    output = len(text) // _CHARACTERS_A_TOKEN
    return {
        "id": "chatcmpl-benchmark",
        "object": "chat.completion",
        "created": 1,
        "model": "benchmark",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}],
        "usage": {
            "prompt_tokens": _INPUT_TOKENS,
            "completion_tokens": output,
            "total_tokens": _INPUT_TOKENS + output,
        },
    }


def _anthropic(text: str) -> object:
    return {
        "id": "msg_benchmark",
        "type": "message",
        "role": "assistant",
        "model": "benchmark",
        "content": [{"type": "text", "text": text}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": _INPUT_TOKENS, "output_tokens": len(text) // _CHARACTERS_A_TOKEN},
    }


def _main() -> None:
    parser = argparse.ArgumentParser(description="A model endpoint for benchmarks, on a free port of 127.0.0.1.")
    parser.add_argument("--latency", type=float, default=0.0, metavar="MS", help="milliseconds before each reply")
    parser.add_argument("--reply", default="Rating: [[7]]", metavar="TEXT", help="what every reply says")
    parser.add_argument("--record", type=Path, metavar="FILE", help="write every request's body to it, a line each")
    given = parser.parse_args()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    endpoint = Endpoint(
        latency=given.latency / 1000,
        openai=_http(_openai(given.reply)),
        anthropic=_http(_anthropic(given.reply)),
        record=given.record.open("wb") if given.record else None,
        stats=Stats(),
    )
    uvloop.run(serve(endpoint))


if __name__ == "__main__":
    _main()
