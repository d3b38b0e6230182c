"""PLACEHOLDER of the lead until the helper's own file replaces it."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence

from mtbench.chat import ChatModel, Completion, Message, Params
from mtbench.chat.spec import Limits


class Limiter:
    def __init__(
        self, name: str, limits: Limits, *, sleep: Callable[[float], Awaitable[None]], note: Callable[[str], None]
    ) -> None:
        self.limit = limits.parallel or 8
        self.in_flight = self.waiting = 0
        self.why = ""
        self.sleep = sleep
        self.slots = asyncio.Semaphore(self.limit)

    def room(self) -> int:
        return self.limit

    def observe(self, headers: Mapping[str, str]) -> None:
        return


class Limited:
    def __init__(
        self, model: ChatModel, limiter: Limiter, estimate: Callable[[Sequence[Message], Params], int]
    ) -> None:
        self._model, self._limiter = model, limiter

    async def complete(self, messages: Sequence[Message], params: Params) -> Completion:
        waits = self._limiter.slots.locked()
        async with self._limiter.slots:
            if waits:
                await self._limiter.sleep(0.001)
            self._limiter.in_flight += 1
            try:
                return await self._model.complete(messages, params)
            finally:
                self._limiter.in_flight -= 1

    async def aclose(self) -> None:
        await self._model.aclose()
