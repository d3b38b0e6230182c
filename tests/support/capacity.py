"""An endpoint with the limits of real ones, for what holds requests back: over a real socket, quick, and honest about
what it was asked.

    async with CapacityServer(latency=0.1, capacity=64) as server:      # the 65th in flight waits for one to end
    async with CapacityServer(latency=0.1, most=20):                    # the 21st in flight is refused (429)
    async with CapacityServer(rate=Refilling(60, 1.0), headers=openai_headers):   # 60 in a second, coming back evenly
"""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from math import ceil
from time import monotonic
from typing import Protocol, Self

import orjson
from aiohttp import web


class Rate(Protocol):
    """So much in so many seconds: `take` says whether there was enough, `reset` how long until all is there again."""

    limit: float
    level: float

    def take(self, amount: float) -> bool: ...

    def reset(self) -> float: ...


class Refilling:
    """A rate whose allowance comes back bit by bit, as at OpenAI, Anthropic and Groq."""

    def __init__(self, limit: float, seconds: float) -> None:
        self.limit = self.level = limit
        self._speed, self._at = limit / seconds, monotonic()

    def take(self, amount: float) -> bool:
        now = monotonic()
        self.level = min(self.limit, self.level + (now - self._at) * self._speed)
        self._at = now
        if amount > self.level:
            return False
        self.level -= amount
        return True

    def reset(self) -> float:
        return (self.limit - self.level) / self._speed


class Windowed:
    """A rate whose whole allowance comes back at the end of each window."""

    def __init__(self, limit: float, seconds: float) -> None:
        self.limit = self.level = limit
        self._seconds, self._ends = seconds, monotonic() + seconds

    def take(self, amount: float) -> bool:
        while monotonic() >= self._ends:
            self._ends += self._seconds
            self.level = self.limit
        if amount > self.level:
            return False
        self.level -= amount
        return True

    def reset(self) -> float:
        return self._ends - monotonic()


def openai_headers(rate: Rate, unit: str = "requests") -> dict[str, str]:
    """As OpenAI and those who take its names write them: durations in Go's form."""
    milliseconds = ceil(rate.reset() * 1000)
    reset = f"{milliseconds}ms" if milliseconds < 1000 else f"{milliseconds / 1000:g}s"
    return {
        f"x-ratelimit-limit-{unit}": f"{rate.limit:.0f}",
        f"x-ratelimit-remaining-{unit}": f"{int(rate.level)}",
        f"x-ratelimit-reset-{unit}": reset,
    }


def anthropic_headers(rate: Rate, unit: str = "requests") -> dict[str, str]:
    """As Anthropic writes them: a moment, in whole seconds."""
    now = datetime.now(UTC)
    return {
        "date": format_datetime(now, usegmt=True),
        f"anthropic-ratelimit-{unit}-limit": f"{rate.limit:.0f}",
        f"anthropic-ratelimit-{unit}-remaining": f"{int(rate.level)}",
        f"anthropic-ratelimit-{unit}-reset": (now + timedelta(seconds=rate.reset())).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


def silent(_: Rate) -> dict[str, str]:
    """Most endpoints do not say."""
    return {}


@dataclass(frozen=True, slots=True)
class Arrival:
    """A request as the server saw it, `at` seconds after its start."""

    at: float
    status: int


class CapacityServer:
    """The endpoint, in both protocols. Every good reply uses `tokens` (input, output) tokens.

    latency: seconds that a reply takes while no more than `capacity` are in flight; the others wait. most: in flight,
    more are refused. rate: so many requests (or tokens, if `by_tokens`) in some time, more are refused. headers: what
    is said of the rate. refusal: headers of a 429. refuse: request number from 0 → whether it is refused in any case.
    """

    def __init__(
        self,
        *,
        latency: float = 0.0,
        capacity: int | None = None,
        most: int | None = None,
        rate: Rate | None = None,
        by_tokens: bool = False,
        headers: Callable[[Rate], Mapping[str, str]] = silent,
        refusal: Mapping[str, str] | None = None,
        refuse: Callable[[int], bool] = lambda _: False,
        tokens: tuple[int, int] = (40, 60),
    ) -> None:
        self.arrivals: list[Arrival] = []
        self.in_flight = self.most_at_once = 0
        self._work, self._work_at = 0.0, 0.0
        self._latency, self._capacity, self._most, self._rate = latency, capacity, most, rate
        self._cost = float(sum(tokens)) if by_tokens else 1.0
        self._headers, self._refusal, self._refuse, self._tokens = headers, refusal or {}, refuse, tokens

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._port}/v1"

    @property
    def answered(self) -> list[float]:
        """When each request came that was answered."""
        return [arrival.at for arrival in self.arrivals if arrival.status == 200]

    @property
    def refused(self) -> list[float]:
        """When each request came that was refused."""
        return [arrival.at for arrival in self.arrivals if arrival.status == 429]

    def work(self) -> float:
        """Seconds that requests have spent here, all in all; the first `capacity` of those that were here at a time."""
        now = monotonic()
        self._work += min(self.in_flight, self._capacity or self.in_flight) * (now - self._work_at)
        self._work_at = now
        return self._work

    async def __aenter__(self) -> Self:
        self._places = asyncio.Semaphore(self._capacity) if self._capacity else nullcontext()
        self._runner = web.ServerRunner(web.Server(self._answer))
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0, backlog=2048)
        await site.start()
        self._port = self._runner.addresses[0][1]
        self._started = monotonic()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.shutdown()
        await self._runner.cleanup()

    async def _answer(self, request: web.BaseRequest) -> web.Response:
        await request.read()
        self._count(1)
        self.most_at_once = max(self.most_at_once, self.in_flight)
        try:
            good = self._admits()
            self.arrivals.append(Arrival(monotonic() - self._started, 200 if good else 429))
            said = self._headers(self._rate) if self._rate else {}
            if not good:
                return web.Response(status=429, headers={**said, **self._refusal}, text="slow down")
            async with self._places:
                await asyncio.sleep(self._latency)
            body = _anthropic(self._tokens) if request.path.endswith("/messages") else _openai(self._tokens)
            return web.Response(body=body, headers=said, content_type="application/json")
        finally:
            self._count(-1)

    def _count(self, change: int) -> None:
        self.work()
        self.in_flight += change

    def _admits(self) -> bool:
        if self._refuse(len(self.arrivals)) or (self._most is not None and self.in_flight > self._most):
            return False
        return self._rate is None or self._rate.take(self._cost)


def _openai(tokens: tuple[int, int]) -> bytes:
    choice = {"message": {"role": "assistant", "content": "Far."}, "finish_reason": "stop"}
    return orjson.dumps({"choices": [choice], "usage": {"prompt_tokens": tokens[0], "completion_tokens": tokens[1]}})


def _anthropic(tokens: tuple[int, int]) -> bytes:
    usage = {"input_tokens": tokens[0], "output_tokens": tokens[1]}
    content = [{"type": "text", "text": "Far."}]
    return orjson.dumps({"content": content, "stop_reason": "end_turn", "usage": usage})
