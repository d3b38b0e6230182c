"""`mtbench bias`: what a judge goes by that is not the answer's quality."""

from typing import TYPE_CHECKING, Annotated

import typer

from mtbench.cli import options
from mtbench.cli.options import DEFAULT_BENCH, DEFAULT_DATA_DIR
from mtbench.reports.tables import Format

if TYPE_CHECKING:
    from mtbench.reports.tables import Results

app = typer.Typer(help="Measure what a judge goes by that is not the answer's quality.", no_args_is_help=True)


Judges = Annotated[list[str] | None, options.option("--judge", "Only this judge; may be repeated.", metavar="J")]
PromptSet = Annotated[
    str | None, options.option("--judge-prompts", "Only judgments with this prompt set.", metavar="SET")
]
Form = Annotated[Format, options.option("--format", "A table is drawn on a terminal and plain text in a pipe.")]


@app.command()
def position(
    judge: Judges = None,
    judge_prompts: PromptSet = None,
    bench: options.BenchName = DEFAULT_BENCH,
    data_dir: options.DataDir = DEFAULT_DATA_DIR,
    format: Form = Format.TABLE,
    config: options.Config = None,
) -> None:
    """How often does the place of an answer decide? From comparisons in both orders, as `mtbench judge` makes them.

    Shares of games with the same verdict in both orders, biased to the answer shown first or second, and without a
    verdict: by judge and prompt set, category, pair of models and turn, as in the MT-bench paper's tables 2 and 9 to
    12, with intervals and an exact test.
    """
    from mtbench.benches import find_bench
    from mtbench.reports.position import position_results

    del config
    _check(format)
    _print(position_results(find_bench(bench, data_dir), judge or (), judge_prompts), format)


@app.command()
def consistency(
    judge: Judges = None,
    judge_prompts: PromptSet = None,
    bench: options.BenchName = DEFAULT_BENCH,
    data_dir: options.DataDir = DEFAULT_DATA_DIR,
    format: Form = Format.TABLE,
    config: options.Config = None,
) -> None:
    """How often does a judge contradict itself? From repeats at the same settings (mtbench judge --repeat).

    How often two judgments of the same answers differ, by how much, and the noise that this adds to a score.
    """
    from mtbench.benches import find_bench
    from mtbench.reports.consistency import consistency_results

    del config
    _check(format)
    _print(consistency_results(find_bench(bench, data_dir), judge or (), judge_prompts), format)


def _check(form: Format) -> None:
    from mtbench.errors import MtbenchError

    if form in (Format.HTML, Format.CSV):
        raise MtbenchError(f"--format {form.value}: there is none of this so far; there is table, json and markdown")


def _print(found: "Results", form: Format) -> None:
    from rich.console import Console

    from mtbench.reports.render import render

    render(found, form, Console())
