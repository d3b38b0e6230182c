"""`mtbench bias injection`: what answers gain that address their judge."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from mtbench.cli import options
from mtbench.cli.options import DEFAULT_BENCH, DEFAULT_DATA_DIR, CheckMode
from mtbench.reports.tables import StudyFormat

if TYPE_CHECKING:
    from mtbench.benches import Bench
    from mtbench.chat.spec import ModelSpec
    from mtbench.cli.studying import Part
    from mtbench.indexes import Questions
    from mtbench.judging.prompt_set import PromptSet
    from mtbench.reports.tables import Results

QUESTIONS = 4
"""Each is asked about some forty times."""


@options.with_asking
def injection(
    context: typer.Context,
    asking: options.Asking,
    judge: options.JudgeToAsk = None,
    judge_base_url: options.OnlyJudgeBaseUrl = None,
    judge_prompts: options.OfPromptSets = None,
    structured: options.Structured = False,
    mode: Annotated[
        CheckMode, options.option("--mode", "Grade attacked answers, or compare each with itself unattacked.")
    ] = CheckMode.single,
    model: Annotated[
        str | None,
        options.option("--model", "Attack this model's answers (default: a poor answer of ours).", metavar="M"),
    ] = None,
    bench: options.BenchName = DEFAULT_BENCH,
    data_dir: options.DataDir = DEFAULT_DATA_DIR,
    questions: options.Questions = None,
    category: options.Category = None,
    limit: Annotated[
        int | None,
        options.option(
            "--limit",
            f"At most N questions, taken from each category in turn (default: {QUESTIONS}; all of --questions).",
            min=1,
            metavar="N",
        ),
    ] = None,
    judge_max_tokens: options.JudgeMaxTokens = 2048,
    ask: options.Ask = False,
    dry_run: options.DryRun = False,
    format: options.StudyPrinted = StudyFormat.TABLE,
    plot: options.PlotFolder = None,
    config: options.Config = None,
) -> None:
    """Can an answer talk its judge into a better verdict? From answers with attacks of ours in them.

    Over forty attacks: requests, false authority, imitated marks and verdicts, hidden text and more. How much grades
    rise, beside harmless text of like length: by judge and prompt set, by kind, and the worst ones. With --ask the
    judge grades a poor answer to a few questions with every attack, or compares it with the plain one.
    """
    from mtbench.benches import find_bench, select
    from mtbench.cli import studying
    from mtbench.cli.jobs import short_ids
    from mtbench.studies.injection import injection_bench, write_injection

    place, unfinished = find_bench(bench, data_dir), None
    attacked = short_ids([model], place, config)[0] if model else None
    names, sets = judge or [], judge_prompts or []
    if not (ask or dry_run):
        studying.check_goes_with_ask(context, "questions", "category", "limit", "structured")
    else:
        judges = studying.judges_to_ask(judge, config, judge_base_url)
        loaded = studying.prompt_sets(judge_prompts or ["default"], structured)
        names, sets = [spec.id for spec in judges], [each.name for each in loaded]
        study, written = write_injection(place, attacked)
        most = limit or (None if questions else QUESTIONS)
        parts = injection_parts(study, select(written, questions, category or (), most), judges, loaded, mode)
        unfinished = studying.ask(context, studying.with_replies_of(judge_max_tokens, parts), asking, dry_run)
    if not studying.only_plans(asking, dry_run):
        study = injection_bench(place, attacked)
        studying.show(lambda: injection_found(study, mode, names, sets), format, plot, unfinished)


def injection_parts(
    study: "Bench",
    questions: "Questions",
    judges: "Sequence[ModelSpec]",
    sets: "Sequence[PromptSet]",
    mode: CheckMode = CheckMode.single,
) -> "list[Part]":
    """What the study asks: about every attacked answer and every control, with each set of prompts."""
    from mtbench.cli.studying import Part
    from mtbench.judging.judges import JudgeSettings
    from mtbench.runs import JudgeJob
    from mtbench.studies.injection import PLAIN, answerers

    models = answerers("single" if mode is CheckMode.single else "pairwise")
    return [
        Part(
            study,
            questions,
            JudgeJob.plan(mode.value, judges, models, PLAIN, JudgeSettings(each, without_reference=True)),
        )
        for each in sets
    ]


def injection_found(study: "Bench", mode: CheckMode, judges: Sequence[str], sets: Sequence[str]) -> "Results":
    """What was found, of these judges and prompt sets, or of all."""
    from mtbench.reports.injection import Planted, injection_results
    from mtbench.reports.tables import Mode
    from mtbench.studies.attacks import load_attacks
    from mtbench.studies.injection import PLAIN

    attacks = load_attacks()
    planted = {each.id: Planted(each.kind, attacks.control_of(each).id) for each in attacks.attacks}
    return injection_results(study, Mode(mode.value), PLAIN, planted, judges, sets)
