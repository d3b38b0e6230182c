"""`mtbench bias reasoning`: whether a judge takes a wrong answer for a right one."""

from collections.abc import Callable, Sequence
from enum import StrEnum
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


class KnownMode(StrEnum):
    """How known answers are judged."""

    pairwise = "pairwise"
    single = "single"


class Reference(StrEnum):
    """Which prompts of a set are asked: those without a reference answer, those with one, or both."""

    both = "both"
    without = "without"
    beside = "with"


PROMPT_SETS = ("default", "cot")


@options.with_asking
def reasoning(
    context: typer.Context,
    asking: options.Asking,
    judge: options.JudgeToAsk = None,
    judge_base_url: options.OnlyJudgeBaseUrl = None,
    judge_prompts: options.OfPromptSets = None,
    structured: options.Structured = False,
    reference: Annotated[
        Reference, options.option("--reference", "With and without a reference answer, only without, or only with.")
    ] = Reference.both,
    mode: Annotated[
        KnownMode, options.option("--mode", "Compare the right answer with the wrong one, or grade each.")
    ] = KnownMode.pairwise,
    mark: Annotated[
        float, options.option("--mark", "With --mode single: a wrong answer with this grade is called good.", min=1)
    ] = 7,
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
    """Does a judge take a wrong answer for a right one? From answers known to be right and wrong, to maths and logic.

    Failures by way of asking: by default, with the judge solving the task first (cot), and beside a reference answer,
    as in the MT-bench paper's table of maths, with intervals, and exact tests of one way against another. mt80 ships
    with such answers, two to each question; DATA_DIR/BENCH/known_answer.jsonl may hold others. With --ask the judge is
    shown each pair in both orders.
    """
    from mtbench.benches import find_bench, select
    from mtbench.cli import studying
    from mtbench.reports.reasoning import reasoning_results
    from mtbench.studies.reasoning import RIGHT, WRONG, asked_bench

    place, unfinished = find_bench(bench, data_dir), None
    names, sets = judge or [], judge_prompts or []
    if not (ask or dry_run):
        studying.check_goes_with_ask(context, "questions", "category", "limit", "structured")
    else:
        judges = studying.judges_to_ask(judge, config, judge_base_url)
        loaded = studying.prompt_sets(judge_prompts or PROMPT_SETS, structured)
        names, sets = [spec.id for spec in judges], [each.name for each in loaded]
        parts = reasoning_parts(
            place, judges, loaded, mode, reference, lambda each: select(each, questions, category or (), limit)
        )
        asked = [len(part.questions) for part in parts]
        if min(asked) < max(asked) or (reference is Reference.both and len(parts) == len(loaded)):
            typer.echo("note: questions without a reference are not asked beside one", err=True)
        unfinished = studying.ask(context, studying.with_replies_of(judge_max_tokens, parts), asking, dry_run)
    if not studying.only_plans(asking, dry_run):
        halves = {with_reference: asked_bench(place, with_reference) for with_reference in _halves(reference)}
        studying.show(
            lambda: reasoning_results(place.name, halves, (RIGHT, WRONG), mode.value, names, sets, mark),
            format,
            plot,
            unfinished,
        )


def reasoning_parts(
    bench: "Bench",
    judges: "Sequence[ModelSpec]",
    sets: "Sequence[PromptSet]",
    mode: KnownMode = KnownMode.pairwise,
    reference: Reference = Reference.both,
    choose: "Callable[[Questions], Questions]" = lambda each: each,
) -> "list[Part]":
    """What the study asks: the right answer against the wrong one in both orders, or a grade of each, with each set.

    `choose`: which of the questions that have known answers. Those without a reference are left out where one is shown.
    Raises MtbenchError where only those with a reference are wanted and there is none.
    """
    from mtbench.cli.studying import Part
    from mtbench.errors import MtbenchError
    from mtbench.judging.judges import JudgeSettings
    from mtbench.runs import JudgeJob
    from mtbench.studies.reasoning import RIGHT, WRONG, write_with_references, write_without_references

    parts = []
    for with_reference in _halves(reference):
        asked = write_with_references(bench) if with_reference else write_without_references(bench)
        questions = choose(asked.questions)
        if with_reference:
            questions = _guided(asked.bench, questions, judges)
            if not questions and reference is Reference.both:
                continue
            if not questions:
                raise MtbenchError(
                    f"no reference answers to these questions, in the question file or in {asked.bench.folder}: "
                    "--reference without asks without them"
                )
        categories = tuple(sorted(set(questions.category_of().values()))) if with_reference else ()
        for each in sets:
            settings = JudgeSettings(each, reference_categories=categories)
            how = "single" if mode is KnownMode.single else "pairwise-all"
            parts.append(Part(asked.bench, questions, JudgeJob.plan(how, judges, [RIGHT, WRONG], None, settings)))
    return parts


def _halves(reference: Reference) -> tuple[bool, ...]:
    return {Reference.both: (False, True), Reference.without: (False,), Reference.beside: (True,)}[reference]


def _guided(bench: "Bench", questions: "Questions", judges: "Sequence[ModelSpec]") -> "Questions":
    """The questions that have a reference for every judge."""
    from mtbench.indexes import Questions
    from mtbench.judging.references import References

    references = References(bench, questions)
    there = [
        row
        for row in questions.rows
        if all(references.of(questions.file.read(row), judge.id) is not None for judge in judges)
    ]
    return Questions(questions.file, there)
