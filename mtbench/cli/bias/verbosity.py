"""`mtbench bias verbosity`: whether a judge takes length for quality."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from mtbench.cli import options
from mtbench.cli.options import DEFAULT_BENCH, DEFAULT_DATA_DIR
from mtbench.errors import BadRecord, MtbenchError
from mtbench.reports.tables import Results, StudyFormat

if TYPE_CHECKING:
    from mtbench.benches import Bench
    from mtbench.chat.spec import ModelSpec
    from mtbench.cli.studying import Part
    from mtbench.indexes import Questions
    from mtbench.judging.prompt_set import PromptSet
    from mtbench.records import Vote

ITEMS = 4
"""Of the 480 released answers of MT-bench 100 have a list of 4 items or more, and 75 one of 5. Of GPT-4's it is 25 and
17: with 4 a single good model has about the paper's 23. Saying it twice makes these answers longer by 0.76 on average,
those with 5 items by 0.80."""

ANSWERS = 25
"""About as many as in the paper; four requests each."""


@options.with_asking
def verbosity(
    context: typer.Context,
    asking: options.Asking,
    judge: options.JudgeToAsk = None,
    judge_base_url: options.OnlyJudgeBaseUrl = None,
    judge_prompts: options.OfPromptSets = None,
    structured: options.Structured = False,
    rewriter: Annotated[
        str | None,
        options.option(
            "--rewriter",
            "With --ask: this model says lists again in other words (default: rules of ours), at the judges' endpoint "
            "if it is no alias.",
            metavar="M",
        ),
    ] = None,
    model: options.OfModels = None,
    votes: options.Votes = None,
    bench: options.BenchName = DEFAULT_BENCH,
    data_dir: options.DataDir = DEFAULT_DATA_DIR,
    questions: options.Questions = None,
    category: options.Category = None,
    items: Annotated[
        int, options.option("--items", "With --ask: lists of N items or more.", min=2, metavar="N")
    ] = ITEMS,
    limit: Annotated[
        int, options.option("--limit", "With --ask: at most N answers, from each category in turn.", min=1, metavar="N")
    ] = ANSWERS,
    judge_max_tokens: options.JudgeMaxTokens = 2048,
    ask: options.Ask = False,
    dry_run: options.DryRun = False,
    format: options.StudyPrinted = StudyFormat.TABLE,
    plot: options.PlotFolder = None,
    config: options.Config = None,
) -> None:
    """Does a judge favour the longer answer? What it gives that, and whether it falls for a list that is said twice.

    From comparisons as `mtbench judge` makes them: the share won by the longer answer, beside what people or other
    judges give the same. An answer is the longer one if it has a tenth more characters. `mtbench show-results
    --control-style` takes the effect of length out of win rates.

    With --ask, the repetitive list of the MT-bench paper: a list in an answer is said in other words, without anything
    new, before the list itself. A judge fails if it prefers that to the plain answer. Each answer is also compared with
    itself, which has to be a tie.
    """
    from mtbench.benches import find_bench, load_questions, select
    from mtbench.cli import studying
    from mtbench.cli.bias.rewriting import ask_with_rewriter
    from mtbench.cli.jobs import resolve
    from mtbench.studies.verbosity import answers_to_ask_about, by_model, write_verbosity
    from mtbench.votes import load_votes

    place, unfinished = find_bench(bench, data_dir), None
    said = load_votes(votes or [])
    names, sets = judge or [], judge_prompts or []
    if not (ask or dry_run):
        studying.check_goes_with_ask(
            context, "model", "questions", "category", "limit", "structured", "items", "rewriter"
        )
    else:
        judges = studying.judges_to_ask(judge, config, judge_base_url)
        loaded = studying.prompt_sets(judge_prompts or ["default"], structured)
        names, sets = [spec.id for spec in judges], [each.name for each in loaded]
        among = select(load_questions(place.source / "question.jsonl"), questions, category or ())
        there, models = studying.answered(None, place, config), studying.answered(model, place, config)
        missing = [name for name in models if name not in there]
        if missing:
            raise MtbenchError(f"no answers by {', '.join(missing)}; there are some by {', '.join(there)}")
        study = write_verbosity(place, there)
        can_say = study.by_rule if rewriter is None else study.listed.keys()
        chosen = answers_to_ask_about(study, can_say, models, {*among.category_of()}, items, limit)
        if rewriter is None:
            parts = verbosity_parts(study.bench, chosen, judges, loaded)
            parts = studying.with_replies_of(judge_max_tokens, parts)
            unfinished = studying.ask(context, parts, asking, dry_run)
        else:
            (writer,) = resolve([rewriter], config, judge_base_url)
            parts = verbosity_parts(study.bench, chosen, judges, loaded, by_model(writer.id))
            parts = studying.with_replies_of(judge_max_tokens, parts)
            unfinished = ask_with_rewriter(context, study, chosen, writer, parts, asking, dry_run)
    if not studying.only_plans(asking, dry_run):
        studying.show(lambda: verbosity_found(place, said, names, sets), format, plot, unfinished)


def verbosity_parts(
    study: "Bench",
    questions: "Questions",
    judges: "Sequence[ModelSpec]",
    sets: "Sequence[PromptSet]",
    twice: str | None = None,
) -> "list[Part]":
    """What the study asks: each answer beside the one with the list said twice, and beside itself, with each set.

    `twice`: who answers with lists said twice; by rule where none is named.
    """
    from mtbench.cli.studying import Part
    from mtbench.judging.judges import JudgeSettings
    from mtbench.runs import JudgeJob
    from mtbench.studies.verbosity import BY_RULE, ORIGINAL, SAME

    meetings = [(ORIGINAL, twice or BY_RULE), (ORIGINAL, SAME)]
    return [
        Part(study, questions, JudgeJob(judges, meetings, "pair", JudgeSettings(each, without_reference=True)))
        for each in sets
    ]


def verbosity_found(bench: "Bench", votes: "Sequence[Vote]", judges: Sequence[str], sets: Sequence[str]) -> Results:
    """What the longer answer is given, and what came of lists said twice, whichever there is.

    Raises MtbenchError where there is neither, with the reasons; where judges are named, with the latter's.
    """
    from mtbench.reports.favours import verbosity_results
    from mtbench.reports.verbosity_attack import verbosity_attack_results
    from mtbench.studies.verbosity import verbosity_bench

    found: list[Results] = []
    reasons: list[str] = []
    either: list[Callable[[], Results]] = [
        lambda: verbosity_results(bench, votes, judges),
        lambda: verbosity_attack_results(verbosity_bench(bench), judges, sets),
    ]
    for each in either:
        try:
            found.append(each())
        except BadRecord:
            raise
        except MtbenchError as error:
            reasons.append(str(error))
    if not found:
        raise MtbenchError(reasons[-1] if judges else "; ".join(reasons))
    return Results(
        found[0].mode,
        bench.name,
        tuple(source for one in found for source in one.sources),
        [table for one in found for table in one.tables],
        [*(() if judges else reasons), *(note for one in found for note in one.notes)],
        [group for one in found for group in one.groups],
    )
