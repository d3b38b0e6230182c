"""Many coroutines over one lazily read stream: concurrency, failures, a clean stop, and recall of what was paid for."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from mtbench.chat import ChatModel, Completion, Message, Params, request_hash
from mtbench.errors import Interrupted, LeftUndone, RequestError
from mtbench.progress import Lane

Item = TypeVar("Item")
Result = TypeVar("Result")


class Stop:
    """Asked for once, it lets requests in flight end and starts no more. `error`: what asked, if not a person.

    A stop `within` another, as that of one model within that of the run, is asked for along with it.
    """

    def __init__(self, within: "Stop | None" = None) -> None:
        self._event = asyncio.Event()
        self._then: list[Callable[[], None]] = []
        self._whole = within or self
        self.error: RequestError | None = None
        if within:
            within.then(lambda: self.request(within.error))

    @property
    def requested(self) -> bool:
        return self._event.is_set()

    def request(self, error: RequestError | None = None) -> None:
        if not self.requested:
            self.error = error
            self._event.set()
            for call in self._then:
                call()

    def on(self, error: RequestError) -> RequestError:
        """Draws the consequences of an error, and gives the real reason for it, which may be that of the stop."""
        if isinstance(error, Interrupted):
            return self.error or error
        if error.ends != "work":
            (self if error.ends == "model" else self._whole).request(error)
        return error

    def then(self, call: Callable[[], None]) -> None:
        """Has `call` called when a stop is asked for: what waits for more work ends by it."""
        if self.requested:
            call()
        self._then.append(call)

    async def sleep(self, seconds: float) -> None:
        """Waits, and raises Interrupted as soon as a stop is asked for: how a retry waits."""
        try:
            await asyncio.wait_for(self._event.wait(), seconds)
        except TimeoutError:
            return
        raise Interrupted("stopped while waiting to try again")


async def run_all(
    items: AsyncIterator[Item] | Iterable[Item],
    do: Callable[[Item], Awaitable[Result]],
    *,
    room: Callable[[], int],
    stop: Stop,
    lane: Lane,
    finished: Callable[[Item, Result], None],
    failed: Callable[[Item, RequestError], None],
) -> None:
    """Does every item, as many at a time as there is `room`, reading `items` only as fast as they are done.

    `items` should end when the run is stopped, if it waits for more. A RequestError goes to `failed`. One that ends the
    model's part of the run (`stop` is the model's) ends all further items in the same way, without a request. Any
    other exception is a bug or a full disk: everything is cancelled and it is raised.
    """
    under_way = 0
    one_ended = asyncio.Event()

    async def one(item: Item) -> None:
        try:
            result = await do(item)
        except asyncio.CancelledError:
            failed(item, Interrupted("dropped while it was in flight"))
            raise
        except RequestError as error:
            reason = stop.on(error)
            lane.failed += not reason.leaves_undone
            lane.undone[reason.kind] += isinstance(reason, LeftUndone)
            failed(item, reason)
        else:
            lane.done += 1
            finished(item, result)

    def ended(_: object) -> None:
        nonlocal under_way
        under_way -= 1
        one_ended.set()

    async with asyncio.TaskGroup() as group:
        async for item in items if isinstance(items, AsyncIterator) else _each(items):
            if stop.requested and (stop.error is None or stop.error.leaves_undone):
                return
            group.create_task(one(item)).add_done_callback(ended)
            under_way += 1
            while under_way >= room() and not stop.requested:
                one_ended.clear()
                await one_ended.wait()


async def _each(items: Iterable[Item]) -> AsyncIterator[Item]:
    for item in items:
        yield item


async def all_of(jobs: Iterable[Coroutine[Any, Any, Result]]) -> list[Result]:
    """The results of coroutines that run at once. All run to their end before the first error, if any, is raised."""
    each = list(jobs)
    if len(each) == 1:
        return [await each[0]]
    results = await asyncio.gather(*each, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return [result for result in results if not isinstance(result, BaseException)]


class Recall:
    """A ChatModel for one piece of work: replies that an earlier run had paid for are not asked for again.

    `finished` grows with each reply, by request hash. While the work has more to ask, `keep` is given each new reply at
    once, to put it on disk: a kill loses no reply that came before the last. The same request twice in one piece of
    work (two orders of equal answers) is asked twice. Nothing is sent after a stop.
    """

    def __init__(
        self,
        model: ChatModel,
        name: str,
        stop: Stop,
        finished: Mapping[str, Completion],
        keep: Callable[[Mapping[str, Completion]], None],
    ) -> None:
        self._model, self._name, self._stop, self._keep = model, name, stop, keep
        self.finished: dict[str, Completion] = dict(finished)
        self._unkept: dict[str, Completion] = {}
        self._asked: Counter[tuple[str, int]] = Counter()
        self._in_flight = 0

    def hash(self, messages: Sequence[Message], params: Params) -> str:
        """Names a request, as records do."""
        return request_hash(self._name, messages, params)

    async def complete(self, messages: Sequence[Message], params: Params) -> Completion:
        return await self.ask(self.hash(messages, params), messages, params)

    async def ask(self, content: str, messages: Sequence[Message], params: Params) -> Completion:
        """`complete`, for who knows the request's hash."""
        key = _numbered(content, self._count(content))
        if key in self.finished:
            return self.finished[key]
        if self._stop.requested:
            raise Interrupted("stopped before this request was sent")
        again = self._count(content, params.sample)
        params = replace(params, sample=params.sample + _FURTHER * again) if again else params
        self.keep_new()
        self._in_flight += 1
        try:
            reply = await self._model.complete(messages, params)
        finally:
            self._in_flight -= 1
        self.finished[key] = self._unkept[key] = reply
        if self._in_flight:
            self.keep_new()
        return reply

    def keep_new(self) -> None:
        """Puts replies on disk that are not there yet."""
        if self._unkept:
            self._keep(self._unkept)
            self._unkept = {}

    async def aclose(self) -> None:
        await self._model.aclose()

    def _count(self, content: str, sample: int = -1) -> int:
        """How often this was asked for before; counts it."""
        self._asked[content, sample] += 1
        return self._asked[content, sample] - 1


_FURTHER = 1000
"""Added to `sample` for each further identical request of one piece of work; repeats and choices count below it."""


def _numbered(content: str, asked_before: int) -> str:
    return f"{content}-{asked_before}" if asked_before else content
