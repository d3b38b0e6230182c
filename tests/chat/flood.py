"""Asking a server for as much as a limiter lets through: what the tests of limits have in common."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from mtbench.chat import Message, Params
from mtbench.chat.limits import Limited, Limiter
from mtbench.chat.open import open_adapter
from mtbench.chat.spec import Limits
from mtbench.engine import Stop
from mtbench.errors import Interrupted, Retryable
from tests.chat.asking import HELLO, spec_for
from tests.support.capacity import CapacityServer


def characters(messages: Sequence[Message], _: Params) -> int:
    """A poor estimate, as estimates are: a token for every character."""
    return sum(len(message.content) for message in messages)


@dataclass
class Asking:
    """A model behind a limiter, and what came of asking it."""

    model: Limited
    limiter: Limiter
    stop: Stop
    notes: list[str]
    done: int = 0
    failures: list[Retryable] = field(default_factory=list)
    floods: list[asyncio.Task[None]] = field(default_factory=list)

    async def one(self) -> None:
        """Asks until there is a reply."""
        while True:
            try:
                await self.model.complete(HELLO, Params())
            except Retryable as error:
                self.failures.append(error)
                await self.limiter.rest(0.02)
            else:
                self.done += 1
                return

    def start(self, askers: int = 100) -> None:
        """Keeps `askers` asking until a stop; what is in flight then comes to its end."""

        async def ask() -> None:
            with suppress(Interrupted):
                while not self.stop.requested:
                    await self.one()

        self.floods += [asyncio.create_task(ask()) for _ in range(askers)]

    async def end(self) -> None:
        """Stops, as a person would."""
        self.stop.request()
        await asyncio.gather(*self.floods)

    async def flood(self, seconds: float) -> None:
        """Has many asking for some seconds."""
        self.start()
        await asyncio.sleep(seconds)
        await self.end()


@asynccontextmanager
async def asking(
    server: CapacityServer, limits: Limits | None = None, *, provider: str = "openai"
) -> AsyncIterator[Asking]:
    stop, notes = Stop(), list[str]()
    limiter = Limiter("m", limits or Limits(), sleep=stop.sleep, note=notes.append)
    spec = spec_for(provider, server.base_url)
    adapter = open_adapter(spec, timeout=10, note=notes.append, observe=limiter.observe)
    model = Limited(adapter, limiter, characters)
    all_of_it = Asking(model, limiter, stop, notes)
    try:
        yield all_of_it
    finally:
        await all_of_it.end()
        await model.aclose()
    assert (limiter.in_flight, limiter.waiting, limiter.resting) == (0, 0, 0)
