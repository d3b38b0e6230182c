"""`mtbench show-results`: the tables of what the judges said."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mtbench.cli import options
from mtbench.cli.check import write
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
    judge: options.OfJudges = None,
    model: options.OfModels = None,
    category: options.Category = None,
    baseline: options.Baseline = None,
    format: options.Printed = Format.TABLE,
    input_: Annotated[
        Path | None,
        typer.Option("--input", metavar="FILE", help="Any judgment file, FastChat's too, in place of the bench's own."),
    ] = None,
    anchor: Annotated[
        str | None,
        options.option(
            "--anchor", "pairwise-all: fix this model's rating, and rate the others from it.", metavar="M:RATING"
        ),
    ] = None,
    control_style: Annotated[
        bool,
        options.option(
            "--control-style",
            "Pairwise: also with style held equal: length (against a baseline); length, headers, lists and bold (all).",
        ),
    ] = False,
    ranking: Annotated[
        Path | None,
        options.option(
            "--ranking",
            "Hold the figures against another ranking: CSV with model, rating, and low and high of its interval.",
            metavar="FILE",
        ),
    ] = None,
    plot: options.PlotFolder = None,
    output: Annotated[
        list[Path] | None,
        options.option(
            "--output",
            "Also write to FILE, in the format of its ending: .html, .json, .csv, .md or .txt; may be repeated.",
            metavar="FILE",
        ),
    ] = None,
    config: options.Config = None,
) -> None:
    """Show the tables of the judgments, each judge's and the panel's: FastChat's figures, with intervals.

    Every score stands with its 95 % interval. Models with a letter in common under "group" are not apart for certain;
    the foot of a table says what was left out. csv is one table, a row a judge and model; csv and json have every
    figure in full precision. html is one page that needs no network, with the plots and the judgments behind each
    figure.
    """
    from mtbench.benches import find_bench
    from mtbench.errors import MtbenchError
    from mtbench.reports import results
    from mtbench.reports.quality import read_ranking

    del config
    others = {path: _format_of(path) for path in output or ()}
    query = results.Query(
        mode=mode,
        judges=judge or (),
        models=model or (),
        categories=category or (),
        baseline=baseline,
        control_style=control_style,
        anchor=_anchor(anchor) if anchor else None,
        ranking=read_ranking(ranking) if ranking else {},
    )
    place: Bench | None
    if input_ is None:
        place = find_bench(bench, data_dir)
        found = results.collect(place, query)
    else:
        try:
            place, why = find_bench(bench, data_dir), ""
        except MtbenchError as error:
            place, why = None, str(error)
        found = results.collect_file(input_, query, place, why)
    known = place if found.bench else None
    if format is Format.HTML:
        typer.echo(_html(found, known), nl=False)
    else:
        _print(found, format)
    for path, form in others.items():
        write(path, _text(found, form, known))
    if plot:
        from mtbench.cli.studying import say_drawn
        from mtbench.reports.drawing import save_plots

        say_drawn(save_plots(found, known, plot), plot)


def _anchor(text: str) -> tuple[str, float]:
    from mtbench.errors import MtbenchError

    model, _, rating = text.rpartition(":")
    try:
        if not model:
            raise ValueError
        return model, float(rating)
    except ValueError:
        raise MtbenchError(f"--anchor {text}: give a model and its rating, such as gpt-4:1000") from None


_ENDINGS = {
    ".html": Format.HTML,
    ".json": Format.JSON,
    ".csv": Format.CSV,
    ".md": Format.MARKDOWN,
    ".txt": Format.TABLE,
}


def _format_of(path: Path) -> Format:
    from mtbench.errors import MtbenchError

    if path.suffix not in _ENDINGS:
        raise MtbenchError(f"--output {path}: what format is that? The ending says it: {', '.join(_ENDINGS)}")
    return _ENDINGS[path.suffix]


def _text(found: "Results", form: Format, bench: "Bench | None") -> str:
    from mtbench.reports.render import to_text

    return _html(found, bench) if form is Format.HTML else to_text(found, form)


def _html(found: "Results", bench: "Bench | None") -> str:
    from mtbench.reports.behind import html

    return html(found, bench)


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
