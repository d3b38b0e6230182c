"""`mtbench run`: answers, judgments and tables in one go."""

from typing import Annotated

import typer

from mtbench.cli import options
from mtbench.cli.check import RULES, Alpha, Inconclusive, InconclusiveAs, MaxDrop, MinWinRate, Output
from mtbench.cli.options import DEFAULT_BENCH, DEFAULT_DATA_DIR

EMBEDDED = "local/smollm2"
DEMO_QUESTIONS = 8
DEMO_MAX_TOKENS = 256


@options.with_asking
def run(
    context: typer.Context,
    asking: options.Asking,
    model: options.Models = None,
    base_url: options.BaseUrl = None,
    judge: options.Judges = None,
    judge_base_url: options.JudgeBaseUrl = None,
    mode: options.JudgeMode = options.Mode.single,
    baseline: options.Baseline = None,
    bench: options.BenchName = DEFAULT_BENCH,
    data_dir: options.DataDir = DEFAULT_DATA_DIR,
    questions: options.Questions = None,
    category: options.Category = None,
    limit: options.Limit = None,
    everything: options.All = False,
    num_choices: options.NumChoices = 1,
    max_tokens: options.MaxTokens = None,
    temperature: options.Temperature = None,
    seed: options.Seed = None,
    system_prompt: options.SystemPrompt = None,
    judge_prompts: options.JudgePrompts = "default",
    verdict: options.VerdictRule = options.Verdict.last,
    structured: options.Structured = False,
    reask: options.Reask = 0,
    repeat: options.Repeat = 1,
    one_order: options.OrderOption = None,
    without_reference: options.WithoutReference = False,
    reference_category: options.ReferenceCategory = None,
    judge_max_tokens: options.JudgeMaxTokens = 2048,
    until_decided: Annotated[
        bool,
        options.option(
            "--until-decided", "Ask in random order, and stop as soon as --model is decided against --baseline.", RULES
        ),
    ] = False,
    max_drop: MaxDrop = None,
    min_win_rate: MinWinRate = None,
    alpha: Alpha = 0.05,
    inconclusive: InconclusiveAs = Inconclusive.fails,
    output: Output = None,
    dry_run: options.DryRun = False,
    config: options.Config = None,
) -> None:
    """Generate answers, judge each turn as soon as it exists, and print the score tables.

    With no --model and no --judge, the embedded model answers and judges 8 questions, one a category (--all: every
    one), in short replies: that shows the machinery and measures nothing.

    With --until-decided a clear case costs a fraction: see `mtbench check` for the rules and exit codes.
    """
    from mtbench import runs
    from mtbench.answers import AnswerSettings
    from mtbench.benches import find_bench, load_questions, select
    from mtbench.cli import jobs, settings
    from mtbench.cli.show_results import print_results
    from mtbench.cli.until_decided import Rules, asked_until, finish
    from mtbench.cli.ways import check_way
    from mtbench.errors import MtbenchError

    if not until_decided:
        _refuse_rules(context)
    if not model and (base_url or judge_base_url):
        raise MtbenchError("which model is at that endpoint? Give --model, such as --model openai/NAME")
    if not model and not judge:
        model, judge = [EMBEDDED], [EMBEDDED]
        limit = limit or (None if everything or questions or category else DEMO_QUESTIONS)
        max_tokens = max_tokens or DEMO_MAX_TOKENS
        judge_max_tokens = _unless_given(context, "judge_max_tokens", judge_max_tokens, DEMO_MAX_TOKENS)
        structured = True
        typer.echo(
            "No --model and no --judge: the embedded model (SmolLM2-135M) answers and judges itself, with short "
            f"answers (--max-tokens {max_tokens}) and verdicts as JSON. This shows the machinery and measures nothing.",
            err=True,
        )
    if not model:
        raise MtbenchError("which model? Give --model as well as --judge (or neither, to try the embedded model)")
    if not judge:
        raise MtbenchError("which judge? Give --judge as well as --model (or neither, to try the embedded model)")
    specs = jobs.resolve(model, config, base_url)
    judges = jobs.resolve(judge, config, judge_base_url)
    jobs.check_distinct([*specs, *judges])
    check_way(asking, [*specs, *judges])
    place = find_bench(bench, data_dir)
    chosen = select(load_questions(place.source / "question.jsonl"), questions, category or (), limit)
    sampling = AnswerSettings(num_choices, max_tokens, temperature, seed, system_prompt)
    judging = jobs.judge_settings(
        judge_prompts, verdict, structured, reask, repeat, one_order, without_reference, reference_category,
        judge_max_tokens,
    )  # fmt: skip
    opponent = next(iter(jobs.short_ids([baseline] if baseline else [], place, config)), None)
    ids = [spec.id for spec in specs]
    decided = until_decided and asked_until(
        ids, opponent, mode, [spec.id for spec in judges], judging, asking,
        Rules(max_drop, min_win_rate, alpha, inconclusive),
    )  # fmt: skip
    if decided and opponent:
        ids.append(opponent)
    job = runs.JudgeJob.plan(mode.value, judges, ids, opponent, judging)
    if opponent and opponent in job.models and opponent not in {spec.id for spec in specs}:
        runs.load_book(place, [opponent], chosen, lambda _: None)  # which says that it has no answers
    if dry_run:
        from mtbench.cli import dry_run as planned

        prices = planned.prices_of(asking)
        planned.print_answer_plan(place, specs, chosen, sampling, prices)
        planned.print_judge_plan(place, job, chosen, prices, sampling)
        return
    context.params |= {
        "model": model,
        "judge": judge,
        "limit": limit,
        "max_tokens": max_tokens,
        "judge_max_tokens": judge_max_tokens,
        "structured": structured,
    }
    saved = settings.save_settings(context, place.folder, {spec.id: spec for spec in [*specs, *judges]})
    if decided:
        finish(decided, place, specs, chosen, sampling, job, asking, output or ())
        return
    error = jobs.outcome(
        lambda session: runs.run(session, place, specs, chosen, sampling, job),
        asking,
        place,
    )
    if any(place.judgments(spec.id, job.kind).exists() for spec in judges):
        print_results(place, job, opponent, chosen)
    typer.echo(f"\nFiles: {place.folder}. Settings: {saved} (--config takes it).")
    if error:
        raise error


def _refuse_rules(context: typer.Context) -> None:
    """Raises MtbenchError for a rule on the command line that nothing would look at."""
    from mtbench.errors import MtbenchError

    for name in ("max_drop", "min_win_rate", "alpha", "inconclusive", "output"):
        source = context.get_parameter_source(name)
        if source is not None and source.name == "COMMANDLINE":
            option = "--" + name.replace("_", "-")
            raise MtbenchError(f"{option} goes with --until-decided; of a finished run `mtbench check` decides")


def _unless_given(context: typer.Context, name: str, value: int, otherwise: int) -> int:
    """The value that a person gave an option in any way, else another default than the option's own."""
    source = context.get_parameter_source(name)
    return otherwise if source is None or source.name == "DEFAULT" else value
