"""Batch jobs at whichever provider: asking all models of a run by them, and looking after those on disk."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial

from mtbench.chat import ChatModel
from mtbench.chat.batch import Batched
from mtbench.chat.batch_jobs import BatchFolder, Job
from mtbench.chat.batch_provider import BatchProvider
from mtbench.chat.keys import endpoint_of
from mtbench.chat.metered import Metered
from mtbench.chat.prices import batch_pricing
from mtbench.chat.spec import ModelSpec
from mtbench.chat.ways import Opening
from mtbench.errors import MtbenchError, NoSuchJob


class ByBatches:
    """The way to models by batch jobs, which are kept in `folder`.

    `recorded` tells which of some requests to a model (by its id) the records of the bench hold.
    """

    room = 50_000

    def __init__(self, folder: BatchFolder, recorded: Callable[[str, set[str]], set[str]]) -> None:
        self._folder, self._recorded = folder, recorded
        self._opened: list[Batched] = []

    def open(self, spec: ModelSpec, how: Opening) -> ChatModel:
        provider = open_batches(spec, how.timeout, how.keep_thinking)
        recorded = partial(self._recorded, spec.id)
        model = Batched(provider, self._folder, sleep=how.sleep, note=how.note, recorded=recorded)
        self._opened.append(model)
        return Metered(model, spec.id, price=batch_pricing(spec), ended=how.ended, budget=how.budget)

    def settle(self) -> None:
        for model in self._opened:
            model.settle()


def open_batches(spec: ModelSpec, timeout: float = 600.0, keep_thinking: bool = False) -> BatchProvider:
    """The batch API behind a model; close it with `aclose`. `timeout` in seconds for one request.

    Raises BadKey if there is no key, MtbenchError for a model of this machine.
    """
    from mtbench.chat.anthropic_batch import AnthropicBatches
    from mtbench.chat.openai_batch import OpenAIBatches

    if spec.provider == "local":
        raise MtbenchError(f"--batch: {spec.full_name} runs on this machine, which has no batch jobs: leave it out")
    make = AnthropicBatches if spec.provider == "anthropic" else OpenAIBatches
    return make(spec, endpoint_of(spec), timeout=timeout, keep_thinking=keep_thinking)


@dataclass(frozen=True, slots=True)
class Asked:
    """A job as its provider says it is; with `problem`, as it was last. `age` in seconds."""

    job: Job
    age: float
    problem: MtbenchError | None = None


FindSpec = Callable[[str], ModelSpec | None]
"""The alias of a name, if there is one."""


async def ask_all(folder: BatchFolder, jobs: Iterable[Job], alias: FindSpec) -> list[Asked]:
    """What has become of jobs. Those that have ended need not be asked about."""

    async def look(provider: BatchProvider, job: Job) -> Job:
        assert job.provider_id
        status = await provider.status(job.provider_id)
        return folder.update(
            job.id,
            status=status.status,
            done=status.done,
            failed=status.failed,
            total=status.total or job.total,
            cancelled=job.cancelled or status.cancelled,
        )

    return await asyncio.gather(*(_asked(job, look, alias) for job in jobs))


async def cancel_all(folder: BatchFolder, jobs: Iterable[Job], alias: FindSpec) -> list[Asked]:
    """Cancels jobs that have not ended, and forgets those that their provider does not know."""

    async def end(provider: BatchProvider, job: Job) -> Job:
        assert job.provider_id
        if job.tentative:
            raise MtbenchError("that this is ours is a guess, which the next run proves or drops; not cancelled")
        try:
            status = await provider.status(job.provider_id)
            if not status.ended:
                status = await provider.cancel(job.provider_id)
        except NoSuchJob:
            return replace(folder.settle(job.id, cancelled=True, status="forgotten"), total=job.total)
        return folder.update(job.id, cancelled=job.cancelled or status.cancelled, status=status.status)

    return await asyncio.gather(*(_asked(job, end, alias) for job in jobs))


async def _asked(job: Job, ask: Callable[[BatchProvider, Job], Awaitable[Job]], alias: FindSpec) -> Asked:
    age = time.time() - job.created
    if job.state not in ("submitting", "submitted"):
        return Asked(job, age)
    if job.provider_id is None:
        return Asked(job, age, MtbenchError("its submission was cut off; the next run finds out whether it began"))
    try:
        provider = open_batches(_spec_of(job, alias), timeout=30.0)
        try:
            return Asked(await ask(provider, job), age)
        finally:
            await provider.aclose()
    except MtbenchError as error:
        return Asked(job, age, error)


def _spec_of(job: Job, alias: FindSpec) -> ModelSpec:
    """The model of a job: its alias, for the headers, if it still means the same; else what the job remembers."""
    spec = alias(job.model)
    if spec and (spec.name, spec.provider, spec.base_url) == (job.name, job.provider, job.base_url):
        return spec
    return ModelSpec(job.model, job.provider, job.name, job.base_url, job.key_env)
