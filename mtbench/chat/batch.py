"""Asking by batch jobs: what many coroutines wait for is gathered, submitted as a job, and given out when it ends.

Half the price at OpenAI and Anthropic, and a limit of its own; it takes minutes to a day. Whoever calls `complete`
does not know.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from typing import Any, BinaryIO

from mtbench.chat import Completion, Message, Params
from mtbench.chat.batch_jobs import BatchFolder, Job
from mtbench.chat.batch_open import TURN, Item, OpenJob
from mtbench.chat.batch_provider import BatchProvider
from mtbench.chat.batch_steps import Steps
from mtbench.chat.request_lines import custom_id
from mtbench.errors import ContextTooLong, NoSuchJob, RequestError, Retryable


class Batched:
    """A ChatModel that asks by batch jobs of `provider`, which it keeps in `folder`.

    A job is submitted when no further request has come for `quiet` seconds, or when it is full. A request that stands
    in a job of an earlier command is not asked again: its outcome is taken from there. One that comes to nothing for a
    reason that may pass goes into a further job, `tries` jobs in all. `polling` and `grace` are those of Steps. `sleep`
    waits; what it raises (Interrupted) all who wait raise, and the jobs go on. `recorded` tells which of some requests
    records hold.
    """

    def __init__(
        self,
        provider: BatchProvider,
        folder: BatchFolder,
        *,
        sleep: Callable[[float], Awaitable[None]],
        note: Callable[[str], None],
        recorded: Callable[[set[str]], set[str]],
        quiet: float = 0.5,
        polling: tuple[float, float] = (1.0, 60.0),
        grace: float = 2.0,
        tries: int = 3,
    ) -> None:
        self._provider, self._folder, self._sleep, self._note = provider, folder, sleep, note
        self._quiet, self._tries, self._recorded = quiet, tries, recorded
        self._steps = Steps(provider, folder, sleep, note, polling, grace)
        self._most, self._refusals = provider.most_requests, 0
        self._items: dict[str, Item] = {}
        self._gathered: dict[str, Item] = {}
        self._dropped: set[str] = set()
        self._jobs: dict[str, OpenJob] = {}
        self._seen: set[str] = set()
        self._following: dict[OpenJob, asyncio.Task[None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._gathering: asyncio.Task[None] | None = None
        self._last = 0.0

    async def complete(self, messages: Sequence[Message], params: Params) -> Completion:
        name = custom_id(self._provider.spec.full_name, messages, params)
        item = self._items.get(name)
        if item is None:
            item = Item(name, messages, params, len(self._provider.line(name, messages, params)))
            self._items[name] = item
            self._gather([item])
        future: asyncio.Future[Completion] = asyncio.get_running_loop().create_future()
        item.waiting.append(future)
        if self._gathering is None or self._gathering.done():
            self._gathering = self._begin(self._gathers())
        try:
            return await future
        except asyncio.CancelledError:
            self._dropped.add(name)  # no record has what may have come of it
            raise

    def settle(self) -> None:
        """Writes down which outcomes have been recorded; for the end of a command that recorded all it was given."""
        self._look_for_jobs()
        for each in self._jobs.values():
            if each.job.state != "ended":
                continue
            had = each.had() - self._dropped
            had |= each.unpaid(set(each.job.ids) - had)
            left = set(each.job.ids) - had
            had |= self._recorded(left) if left else left  # by a command that was killed before it came here
            if had >= set(each.job.ids):
                self._folder.settle(each.job.id)
            elif had != set(each.job.taken):
                self._folder.update(each.job.id, taken=tuple(sorted(had)))

    async def aclose(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._provider.aclose()

    def _begin(self, work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: "asyncio.Task[None]") -> None:
        """A full disk or a bug ends a task: whoever waits is told, and does not wait for ever."""
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error:
            for item in list(self._items.values()):
                self._resolve(item, error)

    # Gathering

    def _gather(self, items: Iterable[Item]) -> None:
        self._gathered |= {item.id: item for item in items}
        self._last = time.monotonic()

    async def _gathers(self) -> None:
        try:
            while self._items:
                await self._sleep(self._quiet / 5)
                if self._gathered and (self._is_quiet() or self._is_full()):
                    self._dispatch()
        except RequestError as error:
            gathered, self._gathered = self._gathered, {}
            self._fail(gathered.values(), error)

    def _is_quiet(self) -> bool:
        return time.monotonic() - self._last >= self._quiet

    def _is_full(self) -> bool:
        size = sum(item.size + 1 for item in self._gathered.values())
        return len(self._gathered) >= self._most or size >= self._provider.most_bytes

    def _dispatch(self) -> None:
        """Sends what was gathered on its way: to the jobs in which it stands already, and into new ones."""
        gathered, self._gathered = self._gathered, {}
        self._look_for_jobs()
        fresh: list[Item] = []
        for item in gathered.values():
            standing = next((each for each in self._jobs.values() if item.id in each.left), None)
            if standing:
                standing.asked[item.id] = item
            else:
                fresh.append(item)
        for each in self._jobs.values():
            self._follow(each)
        if fresh:
            self._begin(self._submits(fresh))

    def _look_for_jobs(self) -> None:
        """Takes in the jobs of this model that other commands have left."""
        if not self._folder.names() - self._seen:
            return
        spec, url = self._provider.spec, self._provider.endpoint.url
        for job in self._folder.jobs():
            if job.id in self._seen or (job.model, job.name, job.provider) != (spec.id, spec.name, spec.provider):
                continue
            if job.state != "settled" and job.endpoint == url:
                self._jobs[job.id] = OpenJob(job, self._steps, ours=False)
            elif job.state != "settled":
                self._note(f"{spec.id}: batch job {job.provider_id or job.id} is at {job.endpoint}: not looked at")
        self._seen |= self._folder.names()

    # Submitting

    async def _submits(self, items: list[Item]) -> None:
        waiting = items[::-1]
        while waiting:
            with self._folder.scratch() as requests:
                pack = await self._pack(waiting, requests)
                if not pack:
                    continue
                job = Job.begin(self._provider.spec, self._provider.endpoint.url, tuple(item.id for item in pack))
                self._seen.add(job.id)
                try:
                    job = await self._steps.submit(job, requests)
                except RequestError as error:
                    self._fail([*pack, *waiting], error)
                    return
            each = self._jobs[job.id] = OpenJob(job, self._steps, ours=True)
            each.asked = {item.id: item for item in pack}
            self._say(f"batch job {job.provider_id} submitted with {len(pack)} requests")
            self._follow(each)

    async def _pack(self, waiting: list[Item], requests: BinaryIO) -> list[Item]:
        """Takes as many requests off the end of `waiting` as one job may hold, and writes them to `requests`."""
        before, between, after = self._provider.framing
        most = self._provider.most_bytes - len(before) - len(after)
        pack: list[Item] = []
        size = 0
        requests.write(before)
        while waiting and len(pack) < self._most:
            item = waiting[-1]
            if size + item.size + len(between) > most and pack:
                break
            waiting.pop()
            if item.size + len(between) > most:
                said = f"{self._provider.spec.id}: a request of {item.size} bytes is larger than a batch job may be"
                self._fail([item], ContextTooLong(said))
                continue
            requests.write(between if pack else b"")
            requests.write(self._provider.line(item.id, item.messages, item.params))
            pack.append(item)
            size += item.size + len(between)
            if len(pack) % TURN == 0:
                await asyncio.sleep(0)
        requests.write(after)
        return pack

    # Following

    def _follow(self, each: OpenJob) -> None:
        if each.asked and each not in self._following:
            self._following[each] = self._begin(self._follows(each))

    async def _follows(self, each: OpenJob) -> None:
        """Takes a job to its end, and gives those who wait for one of its requests what came of it."""
        try:
            match await each.ready():
                case "never begun":
                    del self._jobs[each.job.id]
                    self._gather(each.asked.values())
                case "refused":
                    del self._jobs[each.job.id]
                    await self._refused(each)
                case "ready":
                    self._most, self._refusals = min(2 * self._most, self._provider.most_requests), 0
                    while each.asked:  # more may be asked for while others are given theirs
                        async for item, outcome in each.outcomes():
                            self._came(item, outcome)
                    self._say(f"batch job {each.job.provider_id} ended: {each.job.done} done, {each.job.failed} failed")
        except RequestError as error:
            if each.job.state == "submitted" and not isinstance(error, NoSuchJob):
                self._note(
                    f"batch job {each.job.provider_id} goes on at {self._provider.endpoint.host}: the same command "
                    "takes its replies, and `mtbench batch list` shows it"
                )
            self._fail(each.asked.values(), error)
            each.asked = {}
        finally:
            del self._following[each]

    async def _refused(self, each: OpenJob) -> None:
        """A job refused as a whole: all its requests are, unless the account has too much waiting for now."""
        assert each.refusal
        assert each.refusal.problem
        self._folder.settle(each.job.id)
        items, problem = list(each.asked.values()), each.refusal.problem
        if not each.refusal.enqueued_too_much:
            for item in items:
                self._came(item, problem)
            return
        others = [task for other, task in self._following.items() if other is not each]
        if others:
            self._note(f"{problem}; submitted again when a job of ours has ended")
            await asyncio.wait(others, return_when=asyncio.FIRST_COMPLETED)
        else:
            self._most = max(1, len(each.job.ids) // 2)
            self._note(f"{problem}; going on with jobs of {self._most} requests")
            self._refusals += 1
            await self._sleep(self._steps.pause(self._refusals))
        self._gather(items)

    def _came(self, item: Item, outcome: Completion | RequestError) -> None:
        """Gives a request's outcome to those who wait, or sends it into a further job."""
        if isinstance(outcome, Retryable):
            item.tries += 1
            if item.tries < self._tries:
                self._gather([item])
                return
            outcome.args = (f"{outcome} (in {item.tries} batch jobs)",)
        self._resolve(item, outcome)

    def _fail(self, items: Iterable[Item], error: RequestError) -> None:
        for item in list(items):
            self._resolve(item, error)

    def _resolve(self, item: Item, outcome: Completion | BaseException) -> None:
        self._items.pop(item.id, None)
        item.resolve(outcome)

    def _say(self, what: str) -> None:
        in_jobs = sum(len(each.asked) for each in self._jobs.values())
        self._note(f"{self._provider.spec.id}: {what}; {len(self._items) - in_jobs} waiting, {in_jobs} in jobs")
