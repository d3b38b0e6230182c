"""What the commands that study a judge share: asking it for what a study lacks, and showing what was found."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from mtbench.errors import MtbenchError
from mtbench.reports.tables import Format, Results, StudyFormat

if TYPE_CHECKING:
    from mtbench.benches import Bench
    from mtbench.chat.spec import ModelSpec
    from mtbench.cli.dry_run import JudgePlan
    from mtbench.cli.options import Asking
    from mtbench.indexes import Questions
    from mtbench.judging.prompt_set import PromptSet
    from mtbench.runs import JudgeJob, Session


@dataclass(frozen=True, slots=True)
class Part:
    """Judgments that a study needs: what `mtbench judge` would do on one bench with one set of prompts."""

    bench: "Bench"
    questions: "Questions"
    job: "JudgeJob"


def with_replies_of(max_tokens: int, parts: Sequence[Part]) -> list[Part]:
    """The same parts, with so many tokens for the longest reply of a judge."""
    return [
        replace(part, job=replace(part.job, settings=replace(part.job.settings, max_tokens=max_tokens)))
        for part in parts
    ]


def check_goes_with_ask(context: typer.Context, *names: str) -> None:
    """Raises MtbenchError for options on the command line that choose what to ask, where nothing is asked."""
    for name in names:
        source = context.get_parameter_source(name)
        if source is not None and source.name == "COMMANDLINE":
            option = "--" + name.replace("_", "-")
            raise MtbenchError(f"{option} goes with --ask: without it the tables are of all that was judged")


def only_plans(asking: "Asking", dry_run: bool) -> bool:
    """Whether a command is to say or write what would be asked, and no more."""
    return dry_run or asking.export_requests is not None


def ask(context: typer.Context, parts: Sequence[Part], asking: "Asking", dry_run: bool) -> MtbenchError | None:
    """Says what the parts, at least one, lack and what it costs, and asks for it, one part after the other.

    Gives the reason if something is left to do. With `dry_run` it only says. Files of judgments hold what was judged,
    so nothing is asked twice.
    """
    from mtbench.cli.dry_run import say_note

    _check(parts, asking)
    for part in parts:
        for plan in _plans(part, asking, say_note):
            say_plan(f"{part.bench.name}, prompts {part.job.settings.prompts.name}: {plan}", dry_run)
    return None if dry_run else _asked(context, [parts], asking)


def say_plan(plan: str, dry_run: bool) -> None:
    """What is lacking, and what it costs."""
    typer.echo(f"{plan}. Nothing was sent." if dry_run else plan, err=not dry_run)


def ask_more_and_more(
    context: typer.Context, sizes: Mapping[int, Sequence[Part]], asking: "Asking", dry_run: bool
) -> MtbenchError | None:
    """Asks for the parts of each size, the smallest first, as far as the limits of `asking` go.

    What the next size costs is foreseen from what requests cost so far. The first one is begun whatever it costs, and
    ends where a limit is reached. With `dry_run` it says what each size takes at the most.
    """
    from mtbench.cli.dry_run import added_up, say_note

    for parts in sizes.values():
        _check(parts, asking)
    if dry_run:
        for size, parts in sizes.items():
            plans = [plan for part in parts for plan in _plans(part, asking, say_note)]
            typer.echo(f"{size} questions: {added_up(plan.estimate for plan in plans)}. Nothing was sent.")
        return None
    return _asked(context, list(sizes.values()), asking)


def _check(parts: Sequence[Part], asking: "Asking") -> None:
    from mtbench.cli.ways import check_way

    check_way(asking, list({spec.id: spec for part in parts for spec in part.job.judges}.values()))


def _plans(part: Part, asking: "Asking", note: Callable[[str], None]) -> "list[JudgePlan]":
    from mtbench.cli.dry_run import judge_plans, prices_of

    return judge_plans(part.bench, part.job, part.questions, prices_of(asking), note)


def _asked(context: typer.Context, rounds: Sequence[Sequence[Part]], asking: "Asking") -> MtbenchError | None:
    """Asks for one round after the other, while what the next one takes is within the limits."""
    judges = [spec for parts in rounds for part in parts for spec in part.job.judges]

    async def work(session: "Session") -> None:
        lane = session.progress.lane("verdicts")
        for number, parts in enumerate(rounds):
            if number and not _affordable(session, parts, asking):
                return
            for part in parts:
                before = lane.already
                await judge_part(session, part)
                if session.stop.requested or session.errors:
                    return
                if number:  # what the round before judged was counted there
                    lane.total -= lane.already - before
                    lane.already = before

    return run(context, rounds[0][0].bench, judges, asking, work)


async def judge_part(session: "Session", part: Part) -> None:
    """Has a part judged, as far as it is not."""
    from mtbench import runs

    book = runs.load_book(part.bench, part.job.models, part.questions, session.progress.note)
    await runs.judge(session, part.bench, part.job, part.questions, book)


def run(
    context: typer.Context,
    bench: "Bench",
    specs: "Sequence[ModelSpec]",
    asking: "Asking",
    work: "Callable[[Session], Awaitable[None]]",
) -> MtbenchError | None:
    """Saves the settings and does the work, as commands that ask do. Gives the reason if something is left to do."""
    from mtbench.cli import jobs, settings

    settings.save_settings(context, bench.folder, {spec.id: spec for spec in specs})
    unfinished = jobs.outcome(work, asking, bench)
    if unfinished and asking.export_requests:
        raise unfinished  # nothing is shown after it
    return unfinished


def _affordable(session: "Session", parts: Sequence[Part], asking: "Asking") -> bool:
    """Whether what these parts lack is within the limits, if requests cost what those so far did; if not, says so."""
    done = session.progress
    requests = sum(plan.estimate.requests for part in parts for plan in _plans(part, asking, done.note))
    cost = done.cost * requests / done.sent if done.cost and done.sent else 0.0
    if asking.max_requests is not None and done.sent + requests > asking.max_requests:
        done.note(
            f"the next size takes {requests} requests more, which --max-requests {asking.max_requests} is not for"
        )
        return False
    if asking.budget is not None and (done.cost or 0.0) + cost > asking.budget:
        done.note(f"the next size takes about ${cost:.2f} more, which --budget {asking.budget:g} is not for")
        return False
    return True


def show(
    results: Callable[[], Results], form: StudyFormat, plots: Path | None, unfinished: MtbenchError | None = None
) -> None:
    """Prints what was found and draws it; then raises why something is left to do."""
    from rich.console import Console

    from mtbench.reports.render import render

    if plots and plots.exists() and not plots.is_dir():
        raise MtbenchError(f"--plot {plots}: this is a file; name a folder")
    try:
        found = results()
    except MtbenchError as error:
        raise unfinished or error from None
    render(found, Format(form.value), Console())
    if plots:
        from mtbench.reports.study_plots import save_study_plots

        say_drawn(save_study_plots(found, plots), plots)
    if unfinished:
        raise unfinished


def judges_to_ask(names: Sequence[str] | None, config: Path | None, base_url: str | None) -> "list[ModelSpec]":
    """The judges behind --judge. Raises MtbenchError where there is none."""
    from mtbench.cli.jobs import resolve

    if not names:
        raise MtbenchError("which judge shall be asked? Give --judge, such as --judge openai/NAME")
    return resolve(names, config, base_url)


def prompt_sets(names: Sequence[str], structured: bool) -> "list[PromptSet]":
    """The prompt sets of these names or files, or what they are with --structured, as SET.structured always is."""
    from mtbench.judging.prompts import load_prompts
    from mtbench.records import STRUCTURED

    loaded = [(name, load_prompts(name.removesuffix(STRUCTURED))) for name in names]
    return [each.structured() if structured or name.endswith(STRUCTURED) else each for name, each in loaded]


def answered(names: Sequence[str] | None, bench: "Bench", config: Path | None) -> list[str]:
    """The models behind --model, else all that have answers. Raises MtbenchError where none has."""
    from mtbench.cli.jobs import short_ids
    from mtbench.runs import answered_models

    models = short_ids(names or answered_models(bench), bench, config)
    if not models:
        raise MtbenchError(f"no answers in {bench.folder / 'model_answer'}: `mtbench gen-answers --model …` makes them")
    return models


def say_drawn(files: Sequence[Path], folder: Path) -> None:
    """How many plots were drawn: each is two files."""
    count = len(files) // 2
    what = f"{count} plot{'s' if count > 1 else ''} into {folder}, as PNG and SVG" if count else "nothing: no figures"
    typer.echo(f"drew {what}", err=True)
