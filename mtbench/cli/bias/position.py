"""`mtbench bias position`: how often the place of an answer decides."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

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
def position(
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
    judge_max_tokens: options.JudgeMaxTokens = 2048,
    ask: options.Ask = False,
    dry_run: options.DryRun = False,
    format: options.StudyPrinted = StudyFormat.TABLE,
    plot: options.PlotFolder = None,
    config: options.Config = None,
) -> None:
    """How often does the place of an answer decide? From comparisons in both orders, as `mtbench judge` makes them.

    Shares of games with the same verdict in both orders, biased to the answer shown first or second, and without a
    verdict: by judge and prompt set, category, pair of models and turn, as in the MT-bench paper's tables 2 and 9 to
    12, with intervals and an exact test. With --ask the judge compares every pair of the models, with every prompt set.
    """
    from mtbench.benches import find_bench, load_questions, select
    from mtbench.cli import studying
    from mtbench.judging.prompts import set_names
    from mtbench.reports.position import position_results

    place, unfinished = find_bench(bench, data_dir), None
    names, sets = judge or [], judge_prompts or []
    if not (ask or dry_run):
        studying.check_goes_with_ask(context, "model", "questions", "category", "limit", "structured")
    else:
        judges = studying.judges_to_ask(judge, config, judge_base_url)
        loaded = studying.prompt_sets(judge_prompts or set_names(), structured)
        names, sets = [spec.id for spec in judges], [each.name for each in loaded]
        chosen = select(load_questions(place.source / "question.jsonl"), questions, category or (), limit)
        parts = position_parts(place, chosen, judges, studying.answered(model, place, config), loaded)
        unfinished = studying.ask(context, studying.with_replies_of(judge_max_tokens, parts), asking, dry_run)
    if not studying.only_plans(asking, dry_run):
        studying.show(lambda: position_results(place, names, sets), format, plot, unfinished)


def position_parts(
    bench: "Bench",
    questions: "Questions",
    judges: "Sequence[ModelSpec]",
    models: Sequence[str],
    sets: "Sequence[PromptSet]",
) -> "list[Part]":
    """What the study asks: every pair of the models, in both orders, with each set of prompts."""
    from mtbench.cli.studying import Part
    from mtbench.judging.judges import JudgeSettings
    from mtbench.runs import JudgeJob

    return [
        Part(
            bench,
            questions,
            JudgeJob.plan("pairwise-all", judges, models, None, JudgeSettings(each, without_reference=True)),
        )
        for each in sets
    ]
