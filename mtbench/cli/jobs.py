"""What the commands that ask models have in common: naming them, and running with a display and a clean stop."""

import asyncio
import gc
import signal
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from mtbench.errors import Ended, Incomplete, Interrupted, LimitReached, MtbenchError

if TYPE_CHECKING:
    from mtbench.benches import Bench
    from mtbench.chat.spec import ModelSpec
    from mtbench.chat.ways import Way
    from mtbench.cli.options import Asking, OneOrder, Verdict
    from mtbench.judging.judges import JudgeSettings
    from mtbench.runs import Session

GRACE = 30.0
"""Seconds that requests in flight have once the deadline is reached."""


def resolve(names: Sequence[str], config: Path | None, base_url: str | None) -> "list[ModelSpec]":
    """The models behind names and aliases. Raises MtbenchError for an unknown one, and for two under one short id."""
    from mtbench.chat import catalog, keys
    from mtbench.cli.settings import catalog_files

    specs = catalog.resolve(names, catalog.load_catalog(catalog_files(config)), base_url)
    for spec in specs:
        if spec.provider != "local":
            keys.base_url(spec)  # before it is saved with the settings: it may hold a password
    return specs


def short_ids(names: Sequence[str], bench: "Bench", config: Path | None) -> list[str]:
    """The short ids under which files go: names that have answers already are ids, others are looked up."""
    from mtbench.runs import answered_models

    there = set(answered_models(bench))
    ids = [name if name in there or "/" not in name else resolve([name], config, None)[0].id for name in names]
    return list(dict.fromkeys(ids))


def check_distinct(specs: "Sequence[ModelSpec]") -> None:
    """Raises MtbenchError when a model and a judge are different and share a short id."""
    known: dict[str, ModelSpec] = {}
    for spec in specs:
        other = known.setdefault(spec.id, spec)
        if (other.full_name, other.base_url) != (spec.full_name, spec.base_url):
            raise MtbenchError(
                f"{other.full_name} and {spec.full_name} would both be called {spec.id!r} (endpoints "
                f"{other.base_url or 'default'} and {spec.base_url or 'default'}): give one an alias in models.yaml"
            )


def judge_settings(
    prompts: str,
    rule: "Verdict",
    structured: bool,
    reask: int,
    repeat: int,
    one_order: "OneOrder | None",
    without_reference: bool,
    reference_categories: Sequence[str] | None,
    max_tokens: int,
) -> "JudgeSettings":
    """The settings of judges from the options of a command; loads and checks the prompts."""
    from mtbench.judging.judges import JudgeSettings
    from mtbench.judging.prompts import load_prompts
    from mtbench.judging.references import NEED_REFERENCE

    loaded = load_prompts(prompts)
    return JudgeSettings(
        prompts=loaded.structured() if structured else loaded,
        rule=rule.value,
        reask=reask,
        repeat=repeat,
        one_order=one_order is not None,
        without_reference=without_reference,
        reference_categories=tuple(reference_categories) if reference_categories else NEED_REFERENCE,
        max_tokens=max_tokens,
    )


def work(job: "Callable[[Session], Awaitable[None]]", asking: "Asking", bench: "Bench") -> None:
    """Does a job, and raises what `outcome` tells."""
    error = outcome(job, asking, bench)
    if error:
        raise error


def outcome(
    job: "Callable[[Session], Awaitable[None]]", asking: "Asking", bench: "Bench", grace: float = GRACE
) -> MtbenchError | None:
    """Does a job under a progress display. What it gives back says why something is left to do, or is None.

    The first Ctrl-C lets the requests in flight end; a second one drops them. A deadline drops them `grace` seconds
    after it is reached.
    """
    from mtbench import runs
    from mtbench.chat.cache import check_folder
    from mtbench.chat.spec import Limits
    from mtbench.cli.display import watching
    from mtbench.cli.ways import opened_way

    if asking.cache:
        check_folder(asking.cache)
    how = runs.Asking(
        limits=Limits(asking.parallel, asking.rpm, asking.tpm),
        timeout=asking.timeout,
        deadline=asking.deadline,
        budget=asking.budget,
        max_requests=asking.max_requests,
        wait_when_limited=not asking.no_retry_rate_limit,
        cache=asking.cache,
        keep_thinking=asking.keep_thinking,
    )

    async def main(way: "Way | None") -> MtbenchError | None:
        session = runs.Session(replace(how, way=way))
        async with session:
            task = asyncio.ensure_future(job(session))
            _on_interrupt(session, task)
            _at_deadline(session, task, grace)
            with watching(session.progress, asking), suppress(asyncio.CancelledError):
                await task
        return _left_to_do(session)

    gc.freeze()  # modules stay; and what a request leaves behind is rarely a circle, so looking for circles can wait
    gc.set_threshold(50_000, 20, 20)
    try:
        with opened_way(asking, bench) as way, asyncio.Runner(loop_factory=_loop_factory()) as runner:
            error = runner.run(main(way))
            if isinstance(error, Interrupted):
                raise error  # a file of requests that is not whole is not put in place
            return error
    except Interrupted as error:
        return error


def _loop_factory() -> "Callable[[], asyncio.AbstractEventLoop] | None":
    """uvloop's, where it is installed."""
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop


def _at_deadline(session: "Session", task: "asyncio.Future[None]", grace: float) -> None:
    seconds = session.asking.deadline
    if seconds is None:
        return

    def reached() -> None:
        session.stop.request(LimitReached(f"--deadline {seconds:g}: the time is up"))
        loop.call_later(grace, task.cancel)

    loop = asyncio.get_running_loop()
    loop.call_later(seconds, reached)


def _on_interrupt(session: "Session", task: "asyncio.Future[None]") -> None:
    loop = asyncio.get_running_loop()

    def interrupted() -> None:
        if session.stop.requested:
            task.cancel()
        else:
            session.stop.request()
            waiting = session.progress.in_flight
            ending = f": {waiting} in flight will be finished; Ctrl-C again drops them" if waiting else ""
            session.progress.note(f"stopping{ending}")

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, interrupted)


def _left_to_do(session: "Session") -> MtbenchError | None:
    if session.stop.requested and not session.stop.error:
        return Interrupted("interrupted")
    if session.errors:
        return Ended(session.errors)
    from mtbench.chat.ways import WRITTEN

    lanes = list(session.progress.lanes.values())
    failed = {lane.name: lane.failed for lane in lanes if lane.failed}
    parts = [f"{_counted(failed)} failed (reasons are in the .failures.jsonl files)"] if failed else []
    for reason in dict.fromkeys(reason for lane in lanes for reason in lane.undone if reason != WRITTEN):
        undone = {lane.name: lane.undone[reason] for lane in lanes if lane.undone[reason]}
        parts += [f"{_counted(undone)} left undone ({reason})"] if undone else []
    return Incomplete(f"{'; '.join(parts)}; run the same command again") if parts else None


def _counted(numbers: Mapping[str, int]) -> str:
    return " and ".join(f"{count} {name if count > 1 else name.rstrip('s')}" for name, count in numbers.items())
