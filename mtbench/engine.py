"""Many coroutines over one lazily read stream: concurrency, failures, a clean stop, and counts for who watches."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import TypeVar

from mtbench.chat import ChatModel, Completion, Message, Params, Usage, request_hash
from mtbench.errors import Interrupted, RequestError

Item = TypeVar("Item")
Result = TypeVar("Result")


class Stop:
    """Asked for once, it lets requests in flight end and starts no more. `error`: what asked, if not a person."""

    def __init__(self) -> None:
        self._event = asyncio.Event()
        self.error: RequestError | None = None

    @property
    def requested(self) -> bool:
        return self._event.is_set()

    def request(self, error: RequestError | None = None) -> None:
        if not self.requested:
            self.error = error
            self._event.set()

    async def sleep(self, seconds: float) -> None:
        """Waits, and raises Interrupted as soon as a stop is asked for: how a retry waits."""
        try:
            await asyncio.wait_for(self._event.wait(), seconds)
        except TimeoutError:
            return
        raise Interrupted("stopped while waiting to try again")


@dataclass
class Lane:
    """What has come of one kind of work (answers, verdicts). `already`: what earlier runs had done of `total`."""

    name: str
    total: int = 0
    already: int = 0
    done: int = 0
    failed: int = 0
    in_flight: int = 0


@dataclass
class Progress:
    """Counts of a run, for a display to read at its own pace. `cost` in US dollars; None when a price is unknown."""

    lanes: dict[str, Lane] = field(default_factory=dict)
    usage: Usage = field(default_factory=Usage)
    cost: float | None = 0.0
    retries: int = 0
    started: float = field(default_factory=monotonic)
    notes: list[str] = field(default_factory=list)

    def lane(self, name: str) -> Lane:
        return self.lanes.setdefault(name, Lane(name))

    def note(self, message: str) -> None:
        """Keeps a message for the person, once."""
        if message not in self.notes:
            self.notes.append(message)

    def add(self, usage: Usage, cost: float | None) -> None:
        self.usage += usage
        self.cost = None if cost is None or self.cost is None else self.cost + cost


async def run_all(
    items: AsyncIterator[Item] | Iterable[Item],
    do: Callable[[Item], Awaitable[Result]],
    *,
    parallel: int,
    stop: Stop,
    lane: Lane,
    finished: Callable[[Item, Result], None],
    failed: Callable[[Item, RequestError], None],
) -> None:
    """Does every item, `parallel` at a time, reading `items` only as fast as they are done.

    A RequestError goes to `failed`; one that ends the run leaves its item undone rather than failed. Any other
    exception is a bug or a full disk: everything is cancelled and it is raised.
    """
    source = items if isinstance(items, AsyncIterator) else _each(items)
    taking = asyncio.Lock()

    async def worker() -> None:
        while not stop.requested:
            async with taking:
                try:
                    item = await _next_or_stop(source, stop)
                except StopAsyncIteration:
                    return
            lane.in_flight += 1
            try:
                result = await do(item)
            except asyncio.CancelledError:
                failed(item, Interrupted("dropped while it was in flight"))
                raise
            except RequestError as error:
                if not error.ends_run:
                    lane.failed += 1
                elif not isinstance(error, Interrupted):
                    stop.request(error)
                failed(item, error)
            else:
                lane.done += 1
                finished(item, result)
            finally:
                lane.in_flight -= 1

    async with asyncio.TaskGroup() as group:
        for _ in range(parallel):
            group.create_task(worker())


async def _each(items: Iterable[Item]) -> AsyncIterator[Item]:
    for item in items:
        yield item


async def _next_or_stop(source: AsyncIterator[Item], stop: Stop) -> Item:
    """The next item; ends the stream when a stop is asked for while waiting for it."""
    following = asyncio.ensure_future(anext(source))
    stopping = asyncio.ensure_future(stop._event.wait())
    try:
        await asyncio.wait({following, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if following.done():
            return following.result()
        raise StopAsyncIteration
    finally:
        following.cancel()
        stopping.cancel()


class Recall:
    """A ChatModel for one piece of work: replies that an earlier run had paid for are not asked for again.

    `finished` grows with each reply, by request hash, so that a failure record can keep what was paid for. The same
    request twice in one piece of work (two orders of equal answers) is asked twice. Nothing is sent after a stop.
    """

    def __init__(
        self, model: ChatModel, name: str, stop: Stop, finished: Mapping[str, Completion] | None = None
    ) -> None:
        self._model, self._name, self._stop = model, name, stop
        self.finished: dict[str, Completion] = dict(finished or {})
        self.hashes: list[str] = []

    async def complete(self, messages: Sequence[Message], params: Params) -> Completion:
        content = request_hash(self._name, messages, params)
        asked_before = self.hashes.count(content)
        self.hashes.append(content)
        key = f"{content}-{asked_before}" if asked_before else content
        if key not in self.finished:
            if self._stop.requested:
                raise Interrupted("stopped before this request was sent")
            self.finished[key] = await self._model.complete(messages, params)
        return self.finished[key]

    async def aclose(self) -> None:
        await self._model.aclose()
