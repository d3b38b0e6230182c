"""What the commands that ask models have in common: naming them, running with a display, and plans for --dry-run."""

import asyncio
import signal
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from mtbench.errors import Incomplete, Interrupted, MtbenchError, RequestError

if TYPE_CHECKING:
    from mtbench.answers import AnswerSettings
    from mtbench.benches import Bench
    from mtbench.chat import Usage
    from mtbench.chat.spec import ModelSpec
    from mtbench.cli.options import OneOrder, Verdict
    from mtbench.engine import Progress
    from mtbench.judging.judges import JudgeSettings
    from mtbench.records import Question
    from mtbench.runs import JudgeJob, Session


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
    return [name if name in there or "/" not in name else resolve([name], config, None)[0].id for name in names]


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


def work(
    job: "Callable[[Session], Awaitable[None]]",
    *,
    parallel: int | None,
    timeout: float,
    keep_thinking: bool,
    quiet: bool,
) -> None:
    """Does a job, and raises what `outcome` tells."""
    error = outcome(job, parallel=parallel, timeout=timeout, keep_thinking=keep_thinking, quiet=quiet)
    if error:
        raise error


def outcome(
    job: "Callable[[Session], Awaitable[None]]",
    *,
    parallel: int | None,
    timeout: float,
    keep_thinking: bool,
    quiet: bool,
) -> MtbenchError | None:
    """Does a job under a progress display. What it gives back says why something is left to do, or is None.

    The first Ctrl-C lets the requests in flight end; a second one drops them.
    """
    from mtbench.cli.display import Display
    from mtbench.runs import Session

    async def main() -> MtbenchError | None:
        session = Session(parallel=parallel, timeout=timeout, keep_thinking=keep_thinking)
        async with session:
            display = Display(session.progress, quiet)
            task = asyncio.ensure_future(job(session))
            _on_interrupt(session, task)
            with display:
                try:
                    await task
                except asyncio.CancelledError:
                    return Interrupted("dropped the requests in flight")
        return _left_to_do(session.progress, session.stop.error, session.stop.requested)

    return asyncio.run(main())


def _on_interrupt(session: "Session", task: "asyncio.Future[None]") -> None:
    loop = asyncio.get_running_loop()

    def interrupted() -> None:
        if session.stop.requested:
            task.cancel()
        else:
            session.stop.request()
            waiting = sum(lane.in_flight for lane in session.progress.lanes.values())
            ending = f": {waiting} in flight will be finished; Ctrl-C again drops them" if waiting else ""
            session.progress.note(f"stopping{ending}")

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, interrupted)


def _left_to_do(progress: "Progress", error: RequestError | None, stopped: bool) -> MtbenchError | None:
    if error:
        return error
    if stopped:
        return Interrupted("interrupted")
    failed = {lane.name: lane.failed for lane in progress.lanes.values() if lane.failed}
    if failed:
        counts = " and ".join(f"{count} {name if count > 1 else name.rstrip('s')}" for name, count in failed.items())
        return Incomplete(f"{counts} failed (reasons are in the .failures.jsonl files); run the same command again")
    return None


def print_answer_plan(
    bench: "Bench", specs: "Sequence[ModelSpec]", questions: "Sequence[Question]", settings: "AnswerSettings"
) -> None:
    """--dry-run: what each model would be asked, with estimated tokens and price."""
    from mtbench.answers import missing
    from mtbench.benches import load_answers
    from mtbench.chat import Usage
    from mtbench.chat.prices import estimate_tokens, price_of

    for spec in specs:
        works = missing(questions, load_answers(bench.answers(spec.id)), settings)
        usage, requests = Usage(), 0
        for item in works:
            for turn in range(1, len(item.question.turns) + 1):
                asked = [settings.system_prompt or "", *item.question.turns[:turn]]
                tokens = sum(map(estimate_tokens, asked)) + (turn - 1) * settings.max_tokens
                usage += Usage(tokens * len(item.indices), settings.max_tokens * len(item.indices))
                requests += len(item.indices)
        done = len(questions) - len(works)
        typer.echo(
            f"{spec.id} would answer {len(works)} of {len(questions)} questions ({done} done): {requests} requests, "
            + _at_most(usage, price_of(spec, usage))
        )


def print_judge_plan(
    bench: "Bench", job: "JudgeJob", questions: "Sequence[Question]", sampling: "AnswerSettings | None" = None
) -> None:
    """--dry-run: what each judge would be asked. With `sampling`, answers count at the longest they can become."""
    from mtbench.chat import Usage
    from mtbench.chat.prices import estimate_tokens, price_of
    from mtbench.engine import Lane, Progress
    from mtbench.judging.matches import Match, all_matches
    from mtbench.runs import load_book, stored_answers

    progress = Progress()
    book = stored_answers(bench, job, questions) if sampling else load_book(bench, job.models, questions, progress.note)
    for judge in job.open_judges(bench, questions, progress):
        judge.load()
        lane, usage, requests, judgments = Lane("verdicts"), Usage(), 0, 0
        for match in all_matches(questions, job.contestants):
            if sampling:
                for model in match.models:
                    if not book.has(Match(match.question, match.turn, (model,))):
                        text = "word" * sampling.max_tokens
                        book.add_turn(model, match.question.question_id, match.turn, text, False)
            if not book.has(match):
                continue
            for item in judge.undone(match, book, lane):
                judgments += 1
                for messages in item.games.values():
                    requests += 1
                    asked = sum(estimate_tokens(message.content) for message in messages)
                    usage += Usage(asked, job.settings.max_tokens)
        typer.echo(
            f"{judge.spec.id} would make {judgments} judgments ({lane.already} done): {requests} requests, "
            + _at_most(usage, price_of(judge.spec, usage))
        )
    for note in progress.notes:
        typer.echo(f"note: {note}", err=True)


def _at_most(usage: "Usage", price: float | None) -> str:
    cost = "price unknown (set one in models.yaml)" if price is None else f"${price:.2f}"
    return f"at most about {usage.input:,} tokens in and {usage.output:,} out, {cost}. Nothing was sent."
