"""What a batch job goes through: submitted once and only once, followed to its end, its results brought here."""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, BinaryIO

from mtbench.chat.batch_jobs import BatchFolder, Job
from mtbench.chat.batch_provider import BatchProvider, JobStatus
from mtbench.errors import Interrupted, MtbenchError, RequestError, Retryable, Unreachable

_ATTEMPTS = 6
_PATIENCE = 900.0
"""Seconds of look-ups without a reply after which the run ends; the job goes on."""

_NOT_TAKEN = ("rate limited", "unreachable")
"""Faults of a submission after which the provider surely does not have the job."""


@dataclass(frozen=True, slots=True)
class Steps:
    """Takes jobs of one provider through their steps.

    `polling`: the first and the longest wait between two look-ups. `grace`: how long the provider is given to list a
    job that it has just taken. All in seconds. `sleep` waits; what it raises ends the waiting. `note` is told of what a
    person should know.
    """

    provider: BatchProvider
    folder: BatchFolder
    sleep: Callable[[float], Awaitable[None]]
    note: Callable[[str], None]
    polling: tuple[float, float]
    grace: float = 2.0

    async def submit(self, job: Job, requests: BinaryIO) -> Job:
        """Writes the job down, submits it, and writes down what it is called there.

        Raises RequestError. The job's file goes if the provider surely does not have the job, and stays otherwise.
        """
        self.folder.add(job)
        with self.folder.submitting(job.id):
            status = await self._submitted(job, requests)
            return self._named(job, status, tentative=False)

    async def recover(self, job: Job) -> Job | None:
        """What has become of a job whose submission another command did not see the end of; None: nothing."""
        while True:
            with self.folder.submitting(job.id) as held:
                if held:
                    return await self._recovered(job.id)
            await self.sleep(0.5)

    async def until_ended(self, job: Job, seen: Callable[[JobStatus], None]) -> JobStatus:
        """Asks for the job's status at growing intervals until it has ended; `seen` is given every status."""
        assert job.provider_id
        wait, longest = self.polling
        heard = time.monotonic()
        while True:
            try:
                status = await self.provider.status(job.provider_id)
            except Retryable as error:
                if time.monotonic() - heard > _PATIENCE:
                    raise
                self.note(f"{job.model}: cannot ask for batch job {job.provider_id}; trying again ({error})")
            else:
                heard = time.monotonic()
                if status.status != job.status:
                    job = self.folder.update(job.id, **_said(job, status))
                seen(status)
                if status.ended:
                    return status
            await self.sleep(wait)
            wait = min(wait * 1.5, longest)

    async def fetch(self, job: Job) -> Job:
        """Brings the results of a job that has ended to this disk."""
        assert job.provider_id
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                await self._download(job, job.provider_id)
                break
            except Retryable as error:
                if attempt == _ATTEMPTS:
                    raise
                await self.sleep(error.retry_after or self.pause(attempt))
        return self.folder.update(job.id, state="ended")

    def pause(self, attempt: int) -> float:
        """Seconds to wait after a fault that may pass."""
        first, longest = self.polling
        return min(first * 2.0**attempt, longest)

    def reject(self, job: Job) -> Job:
        """Takes back a guess of which job at the provider this is."""
        assert job.provider_id
        wrong = (*job.foreign, job.provider_id)
        return self.folder.update(job.id, state="submitting", provider_id=None, tentative=False, foreign=wrong)

    async def _submitted(self, job: Job, requests: BinaryIO) -> JobStatus:
        for attempt in range(1, _ATTEMPTS + 1):
            requests.seek(0)
            try:
                return await self.provider.submit(job, requests)
            except Retryable as error:
                if error.kind not in _NOT_TAKEN:  # its answer is lost, and the provider may have the job
                    await self.sleep(self.grace)
                    found = await self.provider.find(job, self._known(job))
                    if found:
                        return found
                await self._wait_after(error, attempt, job)
            except RequestError:
                self.folder.remove(job.id)
                raise
        raise AssertionError("the last attempt raises")

    async def _wait_after(self, error: Retryable, attempt: int, job: Job) -> None:
        """Waits before a job that the provider does not have is submitted again; raises after the last attempt."""
        try:
            if attempt == _ATTEMPTS or (isinstance(error, Unreachable) and attempt == _ATTEMPTS // 2):
                raise error
            await self.sleep(error.retry_after or self.pause(attempt))
        except (Retryable, Interrupted):
            self.folder.remove(job.id)
            raise

    async def _recovered(self, job_id: str) -> Job | None:
        job = self.folder.read(job_id)
        if job is None or job.state != "submitting":
            return job
        await self.sleep(self.grace)
        status = await self.provider.find(job, self._known(job))
        if status is None:
            self.note(f"{job.model}: a batch job of {job.total} requests was never begun; its requests are asked now")
            self.folder.remove(job_id)
            return None
        if not self.provider.certain:
            self.note(
                f"{job.model}: a command was killed while it submitted {job.total} requests. Batch job "
                f"{status.provider_id} has as many and began then: it is taken for that one, and its results will tell"
            )
        return self._named(job, status, tentative=not self.provider.certain)

    def _named(self, job: Job, status: JobStatus, *, tentative: bool) -> Job:
        fields = _said(job, status)
        return self.folder.update(
            job.id, state="submitted", provider_id=status.provider_id, tentative=tentative, **fields
        )

    def _known(self, job: Job) -> set[str]:
        """Jobs at the provider that are others."""
        others = {other.provider_id for other in self.folder.jobs() if other.provider_id and other.id != job.id}
        return {*others, *job.foreign}

    async def _download(self, job: Job, provider_id: str) -> None:
        path = self.folder.results(job.id)
        part = path.with_name(f".{path.name}.part")
        try:
            with part.open("wb") as stream:
                async for piece in self.provider.results(provider_id):
                    stream.write(piece)
                stream.flush()
                await asyncio.to_thread(os.fsync, stream.fileno())
            part.replace(path)
        except OSError as error:
            with suppress(OSError):
                part.unlink(missing_ok=True)
            said = f"cannot write {path}: {error.strerror}; the job's results stay at the provider"
            raise MtbenchError(said) from error


def _said(job: Job, status: JobStatus) -> dict[str, Any]:
    """The fields of a job on disk that follow what the provider says."""
    return {
        "status": status.status,
        "done": status.done,
        "failed": status.failed,
        "total": status.total or job.total,
        "cancelled": job.cancelled or status.cancelled,
    }
