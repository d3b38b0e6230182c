"""`mtbench judge`: judges grade the answers, or compare them in pairs."""

import shlex

import typer

from mtbench.cli import options
from mtbench.cli.options import DEFAULT_BENCH, DEFAULT_DATA_DIR


@options.with_asking
def judge(
    context: typer.Context,
    asking: options.Asking,
    judge: options.Judges = None,
    judge_base_url: options.OnlyJudgeBaseUrl = None,
    model: options.Models = None,
    mode: options.JudgeMode = options.Mode.single,
    baseline: options.Baseline = None,
    bench: options.BenchName = DEFAULT_BENCH,
    data_dir: options.DataDir = DEFAULT_DATA_DIR,
    questions: options.Questions = None,
    category: options.Category = None,
    limit: options.Limit = None,
    judge_prompts: options.JudgePrompts = "default",
    verdict: options.VerdictRule = options.Verdict.last,
    structured: options.Structured = False,
    reask: options.Reask = 0,
    repeat: options.Repeat = 1,
    one_order: options.OrderOption = None,
    without_reference: options.WithoutReference = False,
    reference_category: options.ReferenceCategory = None,
    judge_max_tokens: options.JudgeMaxTokens = 2048,
    dry_run: options.DryRun = False,
    config: options.Config = None,
) -> None:
    """Have judges grade every turn of every answer (--mode single), or compare answers in both orders.

    Judgments go to DATA_DIR/BENCH/model_judgment/JUDGE_single.jsonl or JUDGE_pair.jsonl. Run again, it judges what is
    missing, and what changed since: another answer, prompt, reference or setting.
    """
    from mtbench import runs
    from mtbench.benches import find_bench, load_questions, select
    from mtbench.cli import jobs, settings
    from mtbench.cli.ways import check_way
    from mtbench.errors import MtbenchError

    if not judge:
        raise MtbenchError("which judge? Give --judge, such as --judge openai/NAME or --judge local/smollm2")
    judges = jobs.resolve(judge, config, judge_base_url)
    check_way(asking, judges)
    place = find_bench(bench, data_dir)
    chosen = select(load_questions(place.source / "question.jsonl"), questions, category or (), limit)
    names = jobs.short_ids(model or runs.answered_models(place), place, config)
    if not names:
        raise MtbenchError(f"no answers in {place.folder / 'model_answer'}: `mtbench gen-answers --model …` makes them")
    opponent = next(iter(jobs.short_ids([baseline] if baseline else [], place, config)), None)
    judging = jobs.judge_settings(
        judge_prompts, verdict, structured, reask, repeat, one_order, without_reference, reference_category,
        judge_max_tokens,
    )  # fmt: skip
    job = runs.JudgeJob.plan(mode.value, judges, names, opponent, judging)
    if dry_run:
        from mtbench.cli import dry_run as planned

        planned.print_judge_plan(place, job, chosen, planned.prices_of(asking))
        return
    settings.save_settings(context, place.folder, {spec.id: spec for spec in judges})

    async def work(session: runs.Session) -> None:
        book = runs.load_book(place, job.models, chosen, session.progress.note)
        await runs.judge(session, place, job, chosen, book)

    jobs.work(work, asking, place)
    typer.echo(f"Judgments: {', '.join(str(place.judgments(spec.id, job.kind)) for spec in judges)}")
    where = "" if data_dir == DEFAULT_DATA_DIR else f" --data-dir {shlex.quote(str(data_dir))}"
    against = f" --baseline {shlex.quote(opponent)}" if opponent else ""
    typer.echo(f"Tables: mtbench show-results --bench {shlex.quote(bench)}{where} --mode {mode.value}{against}")
