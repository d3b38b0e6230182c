"""What a whole run may spend: money and requests, stopped before the line is crossed."""

import asyncio
from collections.abc import Awaitable, Callable

from mtbench.errors import LimitReached

_MOMENT = 0.001
"""Seconds: enough for a sleep to see that a stop was asked for."""


class Budget:
    """The money (US dollars) and the number of requests that all models of a run share; None: no limit.

    Each request is held against the money at the most that it can cost, and charged with what it did cost. `sleep` is
    the run's: it raises when a stop is asked for.
    """

    def __init__(
        self, money: float | None, requests: int | None, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    ) -> None:
        self._money, self._requests, self._sleep = money, requests, sleep
        self._sent, self._in_flight = 0, 0
        self._spent, self._held = 0.0, 0.0
        self._released = asyncio.Event()

    @property
    def limits_money(self) -> bool:
        return self._money is not None

    async def hold(self, most: float) -> None:
        """Takes leave to send one request that costs `most` at the most; `settle` follows once it has ended.

        Where only the requests in flight stand in the way, waits for what they really cost. Raises LimitReached.
        """
        while True:
            if self._requests is not None and self._sent >= self._requests:
                raise LimitReached(f"--max-requests {self._requests}: that many requests have been sent")
            if self._money is None or self._spent + self._held + most <= self._money:
                break
            if not self._in_flight or self._spent + most > self._money:
                raise LimitReached(
                    f"--budget {self._money:g}: ${self._spent:.4f} is spent, and the next request could cost "
                    f"${most:.4f} and cross the line"
                )
            self._released.clear()
            await self._released.wait()
            await self._sleep(_MOMENT)
        self._sent += 1
        self._in_flight += 1
        self._held += most

    def settle(self, most: float, cost: float) -> None:
        """Ends what `hold` began: the request did cost `cost`."""
        self._in_flight -= 1
        self._held -= most
        self._spent += cost
        self._released.set()
