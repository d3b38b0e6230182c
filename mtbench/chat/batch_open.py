"""One batch job with something in it that is needed: its requests, who waits for them, and what came of each."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Literal

import orjson

from mtbench.chat import Completion, Message, Params
from mtbench.chat.batch_jobs import Job
from mtbench.chat.batch_provider import CANCELLED, JobStatus
from mtbench.chat.batch_steps import Steps
from mtbench.errors import LeftUndone, RequestError, Retryable

TURN = 500
"""Lines handled before others have their turn in the event loop."""


@dataclass(eq=False, slots=True)
class Item:
    """One request, and those who wait for it. `size`: bytes of its line. `tries`: jobs in which it came to nothing."""

    id: str
    messages: Sequence[Message]
    params: Params
    size: int
    waiting: "list[asyncio.Future[Completion]]" = field(default_factory=list)
    tries: int = 0

    def resolve(self, outcome: Completion | BaseException) -> None:
        """Gives all who wait the outcome."""
        for future in self.waiting:
            if future.done():
                continue
            if isinstance(outcome, Completion):
                future.set_result(outcome)
            else:
                future.set_exception(outcome)


class OpenJob:
    """A job that has not been settled. `ours`: whether this process submitted it.

    `left`: requests in it whose outcome nobody has had. `asked`: those of them that somebody waits for. `refusal`: what
    the provider said of a job that it refused as a whole.
    """

    def __init__(self, job: Job, steps: Steps, *, ours: bool) -> None:
        self.job, self._steps, self._ours = job, steps, ours
        self.left = set(job.ids) - set(job.taken)
        self.asked: dict[str, Item] = {}
        self.refusal: JobStatus | None = None
        self._cancelled_before = job.cancelled and not ours
        self._polled = False
        self._places: dict[str, int] | None = None
        self._taken: set[str] = set()

    async def ready(self) -> Literal["ready", "refused", "never begun"]:
        """Waits until the results are on this disk, or will never be."""
        while True:
            if self.job.state == "submitting":
                recovered = await self._steps.recover(self.job)
                if recovered is None:
                    return "never begun"
                self.job = recovered
            if self.job.state == "submitted" or not self._steps.folder.results(self.job.id).exists():
                status = await self._steps.until_ended(self.job, self._seen)
                if status.problem:
                    self.refusal = status
                    return "refused"
                self.job = await self._steps.fetch(self.job)
            if self._places is None:
                self._places = await self._indexed()
            if not self.job.tentative or self._places.keys() & set(self.job.ids):
                return "ready"
            self._steps.note(f"batch job {self.job.provider_id} turned out to be another's")
            self.job, self._places = self._steps.reject(self.job), None

    async def outcomes(self) -> AsyncIterator[tuple[Item, Completion | RequestError]]:
        """What came of each request that somebody waits for; LeftUndone only where the job was cancelled meanwhile."""
        places = self._places or {}
        found = sorted((item for item in self.asked.values() if item.id in places), key=lambda item: places[item.id])
        missing = [item for item in self.asked.values() if item.id not in places]
        self.asked = {}
        for item in missing:
            yield self._had(item, self._missing())
        with self._steps.folder.results(self.job.id).open("rb") as stream:
            for number, item in enumerate(found):
                stream.seek(places[item.id])
                yield self._had(item, self._outcome(item, orjson.loads(stream.readline())))
                if number % TURN == 0:
                    await asyncio.sleep(0)

    def had(self) -> set[str]:
        """The requests whose outcome somebody has had, now or in an earlier command."""
        return self._taken | set(self.job.taken)

    def unpaid(self, names: set[str]) -> set[str]:
        """Those requests whose results say that nothing came, so that nothing is lost with them."""
        path = self._steps.folder.results(self.job.id)
        if not names or not path.exists():
            return set()
        found = set()
        with path.open("rb") as stream:
            for line in stream:
                with suppress(orjson.JSONDecodeError):
                    obj = orjson.loads(line)
                    if isinstance(obj, dict) and obj.get("custom_id") in names and not self._steps.provider.came(obj):
                        found.add(str(obj["custom_id"]))
        return found

    def _seen(self, status: JobStatus) -> None:
        if not self._polled and not self._ours:
            self._cancelled_before |= status.cancelled
        self._polled = True

    def _had(self, item: Item, outcome: Completion | RequestError) -> tuple[Item, Completion | RequestError]:
        self.left.discard(item.id)
        self._taken.add(item.id)
        if isinstance(outcome, LeftUndone) and self._cancelled_before:
            # A command that is started after the cancelling is meant to ask.
            return item, Retryable(str(outcome), kind="cancelled")
        return item, outcome

    def _outcome(self, item: Item, line: dict[str, Any]) -> Completion | RequestError:
        try:
            return self._steps.provider.completion(line, item.messages, item.params)
        except RequestError as error:
            return error

    def _missing(self) -> RequestError:
        job = self.job
        if job.cancelled:
            return LeftUndone(
                f"{job.model}: batch job {job.provider_id} was cancelled before this request was done", CANCELLED
            )
        return Retryable(f"{job.model}: batch job {job.provider_id} ended without this request", kind="no result")

    async def _indexed(self) -> dict[str, int]:
        """Where the result of each request begins. What is no result is passed over, and said."""
        places: dict[str, int] = {}
        place = bad = 0
        path = self._steps.folder.results(self.job.id)
        with path.open("rb") as stream:
            for number, line in enumerate(stream):
                try:
                    obj = orjson.loads(line) if line.strip() else None
                    if obj is not None:
                        places.setdefault(obj["custom_id"], place)
                except (orjson.JSONDecodeError, TypeError, KeyError):
                    bad += 1
                place += len(line)
                if number % TURN == 0:
                    await asyncio.sleep(0)
        if bad:
            self._steps.note(f"batch job {self.job.provider_id}: lines of its results that say nothing: {bad}")
        return places
