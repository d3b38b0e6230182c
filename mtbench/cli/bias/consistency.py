"""`mtbench bias consistency`: how often a judge contradicts itself."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from mtbench.cli import options
from mtbench.cli.options import DEFAULT_BENCH, DEFAULT_DATA_DIR
from mtbench.reports.tables import StudyFormat

if TYPE_CHECKING:
    from mtbench.benches import Bench
    from mtbench.chat.spec import ModelSpec
    from mtbench.cli.studying import Part
    from mtbench.indexes import Questions
    from mtbench.judging.prompt_set import PromptSet


@options.with_asking
def consistency(
    context: typer.Context,
    asking: options.Asking,
    judge: options.JudgeToAsk = None,
    judge_base_url: options.OnlyJudgeBaseUrl = None,
    judge_prompts: options.OfPromptSets = None,
    structured: options.Structured = False,
    model: options.OfModels = None,
    bench: options.BenchName = DEFAULT_BENCH,
    data_dir: options.DataDir = DEFAULT_DATA_DIR,
    questions: options.Questions = None,
    category: options.Category = None,
    limit: options.Limit = None,
    repeat: Annotated[int, options.option("--repeat", "With --ask: grade N times.", min=2, metavar="N")] = 3,
    judge_max_tokens: options.JudgeMaxTokens = 2048,
    ask: options.Ask = False,
    dry_run: options.DryRun = False,
    format: options.StudyPrinted = StudyFormat.TABLE,
    plot: options.PlotFolder = None,
    config: options.Config = None,
) -> None:
    """How often does a judge contradict itself? From repeats at the same settings, as `mtbench judge --repeat 3` makes.

    How often two judgments of the same answers differ, by how much, and the noise that this adds to a score. With
    --ask the judge grades every answer again and again, with the default prompts unless --judge-prompts names others.
    """
    from mtbench.benches import find_bench, load_questions, select
    from mtbench.cli import studying
    from mtbench.reports.consistency import consistency_results

    place, unfinished = find_bench(bench, data_dir), None
    names, sets = judge or [], judge_prompts or []
    if not (ask or dry_run):
        studying.check_goes_with_ask(context, "model", "questions", "category", "limit", "structured", "repeat")
    else:
        judges = studying.judges_to_ask(judge, config, judge_base_url)
        loaded = studying.prompt_sets(judge_prompts or ["default"], structured)
        names, sets = [spec.id for spec in judges], [each.name for each in loaded]
        chosen = select(load_questions(place.source / "question.jsonl"), questions, category or (), limit)
        models = studying.answered(model, place, config)
        parts = consistency_parts(place, chosen, judges, models, loaded, repeat)
        unfinished = studying.ask(context, studying.with_replies_of(judge_max_tokens, parts), asking, dry_run)
    if not studying.only_plans(asking, dry_run):
        studying.show(lambda: consistency_results(place, names, sets), format, plot, unfinished)


def consistency_parts(
    bench: "Bench",
    questions: "Questions",
    judges: "Sequence[ModelSpec]",
    models: Sequence[str],
    sets: "Sequence[PromptSet]",
    repeat: int,
) -> "list[Part]":
    """What the study asks: a grade of every answer, `repeat` times, with each set of prompts."""
    from mtbench.cli.studying import Part
    from mtbench.judging.judges import JudgeSettings
    from mtbench.runs import JudgeJob

    return [
        Part(
            bench,
            questions,
            JudgeJob.plan("single", judges, models, None, JudgeSettings(each, repeat=repeat, without_reference=True)),
        )
        for each in sets
    ]
