"""`scripts/bench endpoint`: requests a second that the endpoint takes, from a client that does next to nothing."""

import argparse
import selectors
import socket
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks import harness

_BODY = b'{"model":"benchmark","messages":[{"role":"user","content":"' + b"x" * 3200 + b'"}]}'
_REQUEST = (
    b"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: */*\r\nContent-Type: application/json\r\n"
    b"Content-Length: %d\r\n\r\n%b" % (len(_BODY), _BODY)
)


@dataclass(frozen=True)
class Ceiling:
    """`latency` in ms; `rate` in requests a second; `cpu`: the endpoint's microseconds a request; shares of a core."""

    latency: float
    connections: int
    rate: float
    cpu: float
    endpoint_busy: float
    client_busy: float


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="scripts/bench endpoint", description=__doc__)
    parser.add_argument("--seconds", type=float, default=3.0, help="how long each row is measured")
    parser.add_argument("--json", type=Path, metavar="FILE")
    given = parser.parse_args(arguments)
    cells = ((0, 64), (0, 256), (0, 1024), (50, 1024))
    found = [measure(latency, connections, given.seconds) for latency, connections in cells]
    harness.print_table(
        ("latency ms", "connections", "requests/s", "endpoint µs CPU/request", "endpoint busy", "client busy"),
        [
            (row.latency, row.connections, row.rate, row.cpu, f"{row.endpoint_busy:.0%}", f"{row.client_busy:.0%}")
            for row in found
        ],
    )
    harness.write_json(given.json, found)


def measure(latency: float, connections: int, seconds: float) -> Ceiling:
    """Asks over every connection again as soon as it has its reply."""
    with harness.endpoint(latency) as served:
        streams = [socket.create_connection(("127.0.0.1", served.port)) for _ in range(connections)]
        length = _reply_length(streams[0])
        before, cpu, at = served.stats(), time.process_time(), time.perf_counter()
        replies = _ask(streams, length, at + seconds)
        took, spent, after = time.perf_counter() - at, time.process_time() - cpu, served.stats()
        for stream in streams:
            stream.close()
    used = after.cpu - before.cpu
    return Ceiling(latency, connections, replies / took, used / replies * 1e6, used / took, spent / took)


def _reply_length(stream: socket.socket) -> int:
    stream.sendall(_REQUEST)
    reply = stream.recv(65536)
    head, _, body = reply.partition(b"\r\n\r\n")
    assert int(head.rpartition(b":")[2]) == len(body), "the first reply came in pieces"
    return len(reply)


def _ask(streams: list[socket.socket], length: int, until: float) -> int:
    """Replies that came until then, and those to what had been sent, over streams with a request each."""
    selector, replies, open_ = selectors.EpollSelector(), 0, len(streams)
    for stream in streams:
        selector.register(stream, selectors.EVENT_READ, [stream, length])
        stream.sendall(_REQUEST)
    while open_:
        asking = time.perf_counter() < until
        for key, _ in selector.select(10):
            stream, left = key.data
            left -= len(stream.recv(65536))
            key.data[1] = left or length
            if not left:
                replies += 1
                if asking:
                    stream.sendall(_REQUEST)
                else:
                    selector.unregister(stream)
                    open_ -= 1
    selector.close()
    return replies
