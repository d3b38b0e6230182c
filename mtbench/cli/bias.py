"""`mtbench bias`: what a judge goes by that is not the answer's quality."""

from typing import Annotated

import typer

from mtbench.cli import options
from mtbench.cli.options import DEFAULT_BENCH, DEFAULT_DATA_DIR
from mtbench.reports.tables import Format

app = typer.Typer(help="Measure what a judge goes by that is not the answer's quality.", no_args_is_help=True)


@app.command()
def position(
    judge: Annotated[
        list[str] | None, options.option("--judge", "Only this judge; may be repeated.", metavar="J")
    ] = None,
    judge_prompts: Annotated[
        str | None, options.option("--judge-prompts", "Only judgments with this prompt set.", metavar="SET")
    ] = None,
    bench: options.BenchName = DEFAULT_BENCH,
    data_dir: options.DataDir = DEFAULT_DATA_DIR,
    format: Annotated[
        Format, options.option("--format", "A table is drawn on a terminal and plain text in a pipe.")
    ] = Format.TABLE,
    config: options.Config = None,
) -> None:
    """How often does the place of an answer decide? From comparisons in both orders, as `mtbench judge` makes them.

    Shares of games with the same verdict in both orders, biased to the answer shown first or second, and without a
    verdict: by judge and prompt set, category, pair of models and turn, as in the MT-bench paper's tables 2 and 9 to
    12, with intervals and an exact test.
    """
    from rich.console import Console

    from mtbench.benches import find_bench
    from mtbench.errors import MtbenchError
    from mtbench.reports.position import position_results
    from mtbench.reports.render import render

    del config
    if format is Format.HTML:
        raise MtbenchError("--format html: there is no page of this so far; there is table, json, csv and markdown")
    render(position_results(find_bench(bench, data_dir), judge or (), judge_prompts), format, Console())
