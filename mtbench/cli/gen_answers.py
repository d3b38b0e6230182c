"""`mtbench gen-answers`: every model answers every question."""

import typer

from mtbench.cli import options
from mtbench.cli.options import DEFAULT_BENCH, DEFAULT_DATA_DIR


@options.with_asking
def gen_answers(
    context: typer.Context,
    asking: options.Asking,
    model: options.Models = None,
    base_url: options.BaseUrl = None,
    bench: options.BenchName = DEFAULT_BENCH,
    data_dir: options.DataDir = DEFAULT_DATA_DIR,
    questions: options.Questions = None,
    category: options.Category = None,
    limit: options.Limit = None,
    num_choices: options.NumChoices = 1,
    max_tokens: options.MaxTokens = None,
    temperature: options.Temperature = None,
    seed: options.Seed = None,
    system_prompt: options.SystemPrompt = None,
    dry_run: options.DryRun = False,
    config: options.Config = None,
) -> None:
    """Ask models all turns of all questions, each turn in the light of the earlier ones.

    Answers go to DATA_DIR/BENCH/model_answer/MODEL.jsonl. Run again, it asks only for what is missing.
    """
    from mtbench import runs
    from mtbench.answers import AnswerSettings
    from mtbench.benches import find_bench, load_questions, select
    from mtbench.cli import jobs, settings
    from mtbench.cli.ways import check_way
    from mtbench.errors import MtbenchError

    if not model:
        raise MtbenchError("which model? Give --model, such as --model openai/NAME or --model local/smollm2")
    specs = jobs.resolve(model, config, base_url)
    check_way(asking, specs)
    place = find_bench(bench, data_dir)
    chosen = select(load_questions(place.source / "question.jsonl"), questions, category or (), limit)
    sampling = AnswerSettings(num_choices, max_tokens, temperature, seed, system_prompt)
    if dry_run:
        from mtbench.cli import dry_run as planned

        planned.print_answer_plan(place, specs, chosen, sampling, planned.prices_of(asking))
        return
    settings.save_settings(context, place.folder, {spec.id: spec for spec in specs})
    jobs.work(
        lambda session: runs.generate(session, place, specs, chosen, sampling),
        asking,
        place,
    )
    typer.echo(f"Answers: {', '.join(str(place.answers(spec.id)) for spec in specs)}")
