"""`mtbench bias`: what a judge goes by that is not the answer's quality."""

from typing import TYPE_CHECKING, Annotated

import typer

from mtbench.cli import options
from mtbench.cli.options import DEFAULT_BENCH, DEFAULT_DATA_DIR
from mtbench.reports.tables import Format

if TYPE_CHECKING:
    from mtbench.reports.tables import Results

app = typer.Typer(help="Measure what a judge goes by that is not the answer's quality.", no_args_is_help=True)


@app.command()
def position(
    judge: options.OfJudges = None,
    judge_prompts: options.OfPromptSet = None,
    bench: options.BenchName = DEFAULT_BENCH,
    data_dir: options.DataDir = DEFAULT_DATA_DIR,
    format: options.Printed = Format.TABLE,
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
    judge: options.OfJudges = None,
    judge_prompts: options.OfPromptSet = None,
    bench: options.BenchName = DEFAULT_BENCH,
    data_dir: options.DataDir = DEFAULT_DATA_DIR,
    format: options.Printed = Format.TABLE,
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


@app.command("self")
def self_enhancement(
    judge: options.OfJudges = None,
    own: Annotated[
        list[str] | None,
        options.option(
            "--own", "A model of the judge's own family, besides itself; may be repeated.", metavar="JUDGE:MODEL"
        ),
    ] = None,
    votes: options.Votes = None,
    bench: options.BenchName = DEFAULT_BENCH,
    data_dir: options.DataDir = DEFAULT_DATA_DIR,
    format: options.Printed = Format.TABLE,
    config: options.Config = None,
) -> None:
    """Does a judge favour its own model? What it gives that, beside what people or other judges give the same answers.

    A judge's own model is the one of its name; --own adds its family.
    """
    from mtbench.benches import find_bench
    from mtbench.errors import MtbenchError
    from mtbench.reports.favours import self_results
    from mtbench.votes import load_votes

    del config
    _check(format)
    families: dict[str, list[str]] = {}
    for each in own or ():
        name, colon, model = each.partition(":")
        if not (name and colon and model):
            raise MtbenchError(f"--own {each}: give the judge and the model, such as gpt-4:gpt-3.5-turbo")
        families.setdefault(name, []).append(model)
    _print(self_results(find_bench(bench, data_dir), load_votes(votes or []), judge or (), families), format)


@app.command()
def verbosity(
    judge: options.OfJudges = None,
    votes: options.Votes = None,
    bench: options.BenchName = DEFAULT_BENCH,
    data_dir: options.DataDir = DEFAULT_DATA_DIR,
    format: options.Printed = Format.TABLE,
    config: options.Config = None,
) -> None:
    """Does a judge favour the longer answer? The share won by it, beside what people or other judges give the same.

    An answer is the longer one if it has a tenth more characters. `mtbench show-results --control-style` takes the
    effect of length out of win rates.
    """
    from mtbench.benches import find_bench
    from mtbench.reports.favours import verbosity_results
    from mtbench.votes import load_votes

    del config
    _check(format)
    _print(verbosity_results(find_bench(bench, data_dir), load_votes(votes or []), judge or ()), format)


def _check(form: Format) -> None:
    from mtbench.errors import MtbenchError

    if form in (Format.HTML, Format.CSV):
        raise MtbenchError(f"--format {form.value}: there is none of this so far; there is table, json and markdown")


def _print(found: "Results", form: Format) -> None:
    from rich.console import Console

    from mtbench.reports.render import render

    render(found, form, Console())
