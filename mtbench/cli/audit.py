"""`mtbench audit`: all studies of a judge, at a size that a person sets in money, and one card of what they found."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import typer

from mtbench.cli import options
from mtbench.cli.options import DEFAULT_BENCH, DEFAULT_DATA_DIR
from mtbench.reports.tables import Results, StudyFormat

if TYPE_CHECKING:
    from mtbench.benches import Bench
    from mtbench.chat.spec import ModelSpec
    from mtbench.cli.studying import Part
    from mtbench.indexes import Questions
    from mtbench.records import QuestionId, Vote

MOST_MODELS = 3
"""Whose answers are compared, where --model does not say: every pair of them meets with every set of prompts."""
SIZES = (2, 3, 5, 8, 12, 18, 27, 40, 60, 90, 135, 200, 300, 450, 675, 1000)
"""Questions of each study; what is not spent by the end is about two fifths at most."""
BESIDE = ("cot", "score", "short", "few-shot", "rename")
"""The sets beside the first whose position bias is measured."""
SOLVES_FIRST = "cot"
"""The set with which a judge solves a task before it judges answers to it."""
ATTACKED_LESS, ATTACKED_LEAST = 4, 2
"""How many times fewer questions the attacks are tried on, and how many at least: each is asked about forty times."""


@options.with_asking
def audit(
    context: typer.Context,
    asking: options.Asking,
    judge: options.JudgeToAsk = None,
    judge_base_url: options.OnlyJudgeBaseUrl = None,
    judge_prompts: options.JudgePrompts = "default",
    model: options.OfModels = None,
    votes: options.Votes = None,
    own: options.Own = None,
    bench: options.BenchName = DEFAULT_BENCH,
    data_dir: options.DataDir = DEFAULT_DATA_DIR,
    judge_max_tokens: options.JudgeMaxTokens = 2048,
    dry_run: options.DryRun = False,
    format: options.StudyPrinted = StudyFormat.TABLE,
    plot: options.PlotFolder = None,
    config: options.Config = None,
) -> None:
    """What is to fear from a judge, and which settings make it better? All studies, within --budget or --max-requests.

    Position, consistency, verbosity, self-enhancement, reasoning, injection, and with --votes agreement with people: on
    as many questions as the limit pays for. Each is a command of its own (mtbench bias, mtbench agreement), and reads
    what was asked here. Without a limit the card shows what is on disk; --dry-run says what each size costs.
    """
    from mtbench.benches import find_bench
    from mtbench.cli import studying
    from mtbench.cli.bias.self_enhancement import families_of
    from mtbench.errors import Ended, LimitReached, MtbenchError
    from mtbench.runs import answered_models
    from mtbench.votes import load_votes

    place, unfinished = find_bench(bench, data_dir), None
    said, families = load_votes(votes or []), families_of(own or ())
    judges = studying.judges_to_ask(judge, config, judge_base_url)
    if len(judges) > 1:
        raise MtbenchError("an audit is of one judge: give --judge once")
    (first,) = studying.prompt_sets([judge_prompts], structured=False)
    if {prompt.mode for prompt in first.prompts} != {"single", "pairwise"}:
        raise MtbenchError(
            f"--judge-prompts {judge_prompts}: an audit needs a set that grades and compares, as default does"
        )
    if dry_run or asking.budget is not None or asking.max_requests is not None:
        models = studying.answered(model, place, config) if model or answered_models(place) else []
        if model is None and len(models) > MOST_MODELS:
            models = models[:MOST_MODELS]
            typer.echo(f"note: of the answers of {', '.join(models)}; --model takes others", err=True)
        if len(models) < 2:
            there = f"answers by {models[0]} alone" if models else "no answers"
            typer.echo(f"note: {there} in {place.folder / 'model_answer'}: position bias takes those of two", err=True)
        sizes = {
            size: studying.with_replies_of(judge_max_tokens, parts)
            for size, parts in parts_by_size(place, judges, models, judge_prompts).items()
        }
        unfinished = studying.ask_more_and_more(context, sizes, asking, dry_run)
    if studying.only_plans(asking, dry_run):
        return
    try:
        found = card_of(place, judges[0].id, first.name, said, families)
    except MtbenchError as error:
        raise unfinished or error from None
    if isinstance(unfinished, Ended) and all(isinstance(each, LimitReached) for each in unfinished.reasons):
        typer.echo(f"note: {unfinished}; the card has what that paid for", err=True)
        unfinished = None
    studying.show(lambda: found, format, plot, unfinished)


def parts_by_size(
    bench: "Bench", judges: "Sequence[ModelSpec]", models: Sequence[str], prompts: str
) -> "dict[int, list[Part]]":
    """What all studies ask, by how many questions each is about."""
    from mtbench.benches import load_questions, select
    from mtbench.cli.bias.consistency import consistency_parts
    from mtbench.cli.bias.injection import injection_parts
    from mtbench.cli.bias.position import position_parts
    from mtbench.cli.bias.reasoning import reasoning_parts
    from mtbench.cli.bias.verbosity import verbosity_parts
    from mtbench.cli.studying import prompt_sets
    from mtbench.studies.injection import write_injection
    from mtbench.studies.verbosity import verbosity_bench

    questions = load_questions(bench.source / "question.jsonl")
    (first,) = prompt_sets([prompts], structured=False)
    (as_json,) = prompt_sets([prompts], structured=True)
    both = [first] if as_json.name == first.name else [first, as_json]
    beside = prompt_sets([each for each in BESIDE if each != prompts], structured=as_json.name == first.name)
    solving = [each for each in beside if each.name.partition(".")[0] == SOLVES_FIRST]
    attacked, to_attack = write_injection(bench, None)
    lists = _lists(bench, models, {*questions.category_of()})

    def parts_of(size: int) -> "list[Part]":
        chosen = select(questions, limit=size)
        parts = consistency_parts(bench, chosen, judges, models, both[:1], repeat=3) if models else []
        if len(models) > 1:
            parts += position_parts(bench, chosen, judges, models, [*both, *beside])
        few = select(to_attack, limit=max(ATTACKED_LEAST, size // ATTACKED_LESS))
        parts += injection_parts(attacked, few, judges, both)
        if lists:
            parts += verbosity_parts(verbosity_bench(bench), lists(size), judges, both[:1])
        return parts + reasoning_parts(
            bench, judges, [*both[:1], *solving], choose=lambda each: select(each, limit=size)
        )

    return {size: parts_of(size) for size in (*(each for each in SIZES if each < len(questions)), len(questions))}


def _lists(bench: "Bench", models: Sequence[str], ids: "set[QuestionId]") -> "Callable[[int], Questions] | None":
    """The answers to ask about whose list is said twice, as many as there shall be; None where no answer has a list."""
    from mtbench.cli.bias.verbosity import ITEMS
    from mtbench.errors import BadRecord, MtbenchError
    from mtbench.runs import answered_models
    from mtbench.studies.verbosity import answers_to_ask_about, write_verbosity

    try:
        study = write_verbosity(bench, answered_models(bench))
        answers_to_ask_about(study, study.by_rule, models, ids, ITEMS, 1)
    except BadRecord:
        raise
    except MtbenchError:
        return None
    return lambda size: answers_to_ask_about(study, study.by_rule, models, ids, ITEMS, size)


def card_of(
    bench: "Bench", judge: str, prompt_set: str, votes: "Sequence[Vote]", families: Mapping[str, Sequence[str]]
) -> Results:
    """The card of a judge, from what is on disk. `families`: models of a judge's own family, besides itself."""
    from mtbench.cli.bias.injection import injection_found
    from mtbench.cli.options import CheckMode
    from mtbench.errors import BadRecord, MtbenchError
    from mtbench.reports.agreement import agreement_results
    from mtbench.reports.calibration import calibration_results
    from mtbench.reports.card import card
    from mtbench.reports.consistency import consistency_results
    from mtbench.reports.favours import self_results, verbosity_results
    from mtbench.reports.people import People
    from mtbench.reports.position import position_results
    from mtbench.reports.reasoning import reasoning_results
    from mtbench.reports.verbosity_attack import verbosity_attack_results
    from mtbench.studies.injection import injection_bench
    from mtbench.studies.reasoning import RIGHT, WRONG, asked_bench
    from mtbench.studies.verbosity import verbosity_bench

    halves = {each: asked_bench(bench, each) for each in (False, True)}
    studies: list[Callable[[], Results]] = [
        lambda: position_results(bench, [judge], []),
        lambda: consistency_results(bench, [judge], []),
        lambda: verbosity_results(bench, votes, [judge]),
        lambda: verbosity_attack_results(verbosity_bench(bench), [judge], []),
        lambda: self_results(bench, votes, [judge], families),
        lambda: reasoning_results(bench.name, halves, (RIGHT, WRONG), "pairwise", [judge], [], 7, first=prompt_set),
        lambda: injection_found(injection_bench(bench, None), CheckMode.single, [judge], []),
        lambda: agreement_results(bench, votes, [judge], []),
        lambda: calibration_results(bench, People(votes, []), [], None),
    ]
    found: list[Results] = []
    for results in studies:
        try:
            found.append(results())
        except BadRecord:
            raise
        except MtbenchError:
            continue  # nothing of it was asked: the card says so
    return card(judge, prompt_set, found, bench.name)
