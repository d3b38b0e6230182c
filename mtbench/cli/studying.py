"""What the commands that study a judge share: asking it for what a study lacks, and showing what was found."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from mtbench.errors import MtbenchError
from mtbench.reports.tables import Format, Results, StudyFormat

if TYPE_CHECKING:
    from mtbench.benches import Bench
    from mtbench.chat.spec import ModelSpec
    from mtbench.cli.options import Asking
    from mtbench.indexes import Questions
    from mtbench.judging.prompt_set import PromptSet
    from mtbench.runs import JudgeJob


@dataclass(frozen=True, slots=True)
class Part:
    """Judgments that a study needs: what `mtbench judge` would do on one bench with one set of prompts."""

    bench: "Bench"
    questions: "Questions"
    job: "JudgeJob"


def ask(context: typer.Context, parts: Sequence[Part], asking: "Asking", dry_run: bool) -> MtbenchError | None:
    """Says what the parts, at least one, lack and what it costs, and asks for it, one part after the other.

    Gives the reason if something is left to do. With `dry_run` it only says. Files of judgments hold what was judged,
    so nothing is asked twice.
    """
    from mtbench import runs
    from mtbench.cli import jobs, settings
    from mtbench.cli.dry_run import judge_plans, prices_of
    from mtbench.cli.ways import check_way

    judges = {spec.id: spec for part in parts for spec in part.job.judges}
    check_way(asking, list(judges.values()))
    for part in parts:
        for plan in judge_plans(part.bench, part.job, part.questions, prices_of(asking)):
            about = f"{part.bench.name}, prompts {part.job.settings.prompts.name}: {plan}"
            typer.echo(f"{about}. Nothing was sent." if dry_run else about, err=not dry_run)
    if dry_run:
        return None
    settings.save_settings(context, parts[0].bench.folder, judges)

    async def work(session: "runs.Session") -> None:
        for part in parts:
            book = runs.load_book(part.bench, part.job.models, part.questions, session.progress.note)
            await runs.judge(session, part.bench, part.job, part.questions, book)
            if session.stop.requested or session.errors:
                return

    return jobs.outcome(work, asking, parts[0].bench)


def show(
    results: Callable[[], Results], form: StudyFormat, plots: Path | None, unfinished: MtbenchError | None = None
) -> None:
    """Prints what was found and draws it; then raises why something is left to do."""
    from rich.console import Console

    from mtbench.reports.render import render

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
