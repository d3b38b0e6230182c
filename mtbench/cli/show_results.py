"""`mtbench show-results`: the tables of what the judges said."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mtbench.cli import options
from mtbench.cli.options import DEFAULT_BENCH, DEFAULT_DATA_DIR
from mtbench.reports.tables import Format, Mode

if TYPE_CHECKING:
    from mtbench.benches import Bench
    from mtbench.indexes import Questions
    from mtbench.reports.tables import Results
    from mtbench.runs import JudgeJob


def show_results(
    bench: options.BenchName = DEFAULT_BENCH,
    data_dir: options.DataDir = DEFAULT_DATA_DIR,
    mode: Annotated[
        Mode | None,
        options.option("--mode", "What to show; left out: single if there are grades, else pairwise-all."),
    ] = None,
    judge: Annotated[
        list[str] | None, options.option("--judge", "Only this judge; may be repeated.", metavar="J")
    ] = None,
    model: Annotated[
        list[str] | None, options.option("--model", "Only this model; may be repeated.", metavar="M")
    ] = None,
    category: options.Category = None,
    baseline: options.Baseline = None,
    format: Annotated[
        Format, options.option("--format", "A table is drawn on a terminal and plain text in a pipe.")
    ] = Format.TABLE,
    input_: Annotated[
        Path | None,
        typer.Option("--input", metavar="FILE", help="Any judgment file, FastChat's too, in place of the bench's own."),
    ] = None,
    config: options.Config = None,
) -> None:
    """Show FastChat's tables of the judgments, each judge's and the panel's, with all that they leave out.

    csv is one table, a row a judge and model; csv and json have every figure in full precision.
    """
    from mtbench.benches import find_bench
    from mtbench.errors import MtbenchError
    from mtbench.reports import results

    del config
    query = results.Query(
        mode=mode,
        judges=judge or (),
        models=model or (),
        categories=category or (),
        baseline=baseline,
    )
    if input_ is None:
        found = results.collect(find_bench(bench, data_dir), query)
    else:
        try:
            place, why = find_bench(bench, data_dir), ""
        except MtbenchError as error:
            place, why = None, str(error)
        found = results.collect_file(input_, query, place, why)
    _print(found, format)


def print_results(bench: "Bench", job: "JudgeJob", baseline: str | None, questions: "Questions | None" = None) -> None:
    """Prints the tables of a run's own judges, models and `questions` (None: all of the bench).

    Where nothing was judged a line on stderr says so: the run has its own error to raise.
    """
    from mtbench.errors import MtbenchError
    from mtbench.reports import results

    against = baseline is not None and all(baseline in models for models in job.contestants)
    pairwise = Mode.PAIRWISE_BASELINE if against else Mode.PAIRWISE_ALL
    judges = [spec.id for spec in job.judges]
    models = [model for model in job.models if model != baseline or not against]
    said = [judge for judge in judges if bench.judgments(judge, job.kind).is_file()]
    answered = [model for model in models if bench.answers(model).is_file()]
    silent = [name for name in (*judges, *models) if name not in (*said, *answered)]
    if silent and said and answered:
        typer.echo(f"nothing by {', '.join(silent)} to show in the tables", err=True)
    query = results.Query(
        mode=Mode.SINGLE if job.kind == "single" else pairwise,
        judges=said or judges,
        models=answered or models,
        baseline=baseline if against else None,
        questions=questions,
    )
    try:
        _print(results.collect(bench, query), Format.TABLE)
    except MtbenchError as error:
        typer.echo(f"no tables: {error}", err=True)


def _print(found: "Results", form: Format) -> None:
    from rich.console import Console

    from mtbench.reports.render import render

    render(found, form, Console())
    if form is Format.CSV:
        for warning in (*(line for table in found.tables for line in table.warnings), *found.notes):
            typer.echo(f"warning: {warning}", err=True)
