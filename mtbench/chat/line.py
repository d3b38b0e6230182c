"""Waiting for a turn in the order of coming, with pauses, and an end to all waiting when a stop is asked for."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from math import inf
from typing import Generic, TypeVar

Item = TypeVar("Item")

_TICK = 0.002
"""Seconds; those whose time comes sooner are let go together rather than each by a timer of its own."""

_FOREVER = 1e8
"""Seconds; a sleep that only a stop ends."""


class Line(Generic[Item]):
    """Who waits, first come, first served. It belongs to one event loop.

    `wait_of` says how many seconds an item must wait at the least: 0 if it may go, infinity if something has to happen
    before, after which `look` is to be called. `go` is called for each that goes, before the next is looked at. `sleep`
    waits; what it raises is raised in all that wait. There is no task or timer for each: one task sleeps, for all to
    see a stop, and one timer runs for the first in the line.
    """

    def __init__(
        self,
        wait_of: Callable[[Item, float], float],
        go: Callable[[Item, float], None],
        *,
        sleep: Callable[[float], Awaitable[None]],
        clock: Callable[[], float],
    ) -> None:
        self.waiting = 0
        self.paused_until = -inf
        self._wait_of, self._go, self._sleep, self._clock = wait_of, go, sleep, clock
        self._queue: deque[tuple[asyncio.Future[None], Item]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = inf
        self._watch: asyncio.Task[None] | None = None
        self._watch_until = inf

    async def join(self, item: Item) -> None:
        """Waits until `go` was called for the item, perhaps at once. Raises what `sleep` raises."""
        now = self._clock()
        if not self.waiting and now >= self.paused_until and not self._wait_of(item, now):
            self._go(item, now)
            return
        future = asyncio.get_running_loop().create_future()
        self._queue.append((future, item))
        self.waiting += 1
        self.look(now)
        self._watch_over(now)
        try:
            await future
        except asyncio.CancelledError:
            if future.cancelled():
                self.waiting -= 1
            self.look(self._clock())
            raise

    def look(self, now: float) -> None:
        """Lets go all that may."""
        while self._queue:
            future, item = self._queue[0]
            if not future.done():
                wait = self._wait_of(item, now) if now >= self.paused_until else inf
                if wait:
                    self._look_again(now, wait)
                    return
                self.waiting -= 1
                self._go(item, now)
                future.set_result(None)
            self._queue.popleft()

    def pause(self, seconds: float) -> None:
        """Lets nobody go for so long; a longer pause stays."""
        now = self._clock()
        self.paused_until = max(self.paused_until, now + seconds)
        if self._watch and self._watch_until == inf:
            self.rest()
            if self.waiting:
                self._watch_over(now)

    def rest(self) -> None:
        """Ends the task that looks out for a stop; it begins again with the next that has to wait."""
        watch, self._watch = self._watch, None
        if watch:
            watch.cancel()

    def _look_again(self, now: float, wait: float) -> None:
        when = now + max(wait, _TICK)
        if when < self._timer_at:
            if self._timer:
                self._timer.cancel()
            self._timer_at = when
            self._timer = asyncio.get_running_loop().call_later(when - now, self._on_timer)

    def _on_timer(self) -> None:
        self._timer, self._timer_at = None, inf
        self.look(self._clock())

    def _watch_over(self, now: float) -> None:
        if self._watch is None:
            self._watch_until = self.paused_until if now < self.paused_until else inf
            seconds = min(self._watch_until - now, _FOREVER)
            self._watch = asyncio.get_running_loop().create_task(self._sleeping(seconds))
            self._watch.add_done_callback(self._on_watch)

    async def _sleeping(self, seconds: float) -> None:
        await self._sleep(seconds)

    def _on_watch(self, watch: asyncio.Task[None]) -> None:
        error = None if watch.cancelled() else watch.exception()
        if watch is not self._watch:
            return
        self._watch = None
        if error:
            self._send_away(error)
        elif self._watch_until < inf:
            if self.paused_until <= self._watch_until:
                self.paused_until = -inf  # its time was slept through, whatever the clock says
            now = self._clock()
            self.look(now)
            if self.waiting:
                self._watch_over(now)

    def _send_away(self, error: BaseException) -> None:
        for future, _ in self._queue:
            if not future.done():
                future.set_exception(error)
        self._queue.clear()
        self.waiting = 0
