"""`mtbench compare`: two models, question by question."""

import shutil
from enum import StrEnum
from typing import Annotated

import typer

from mtbench.cli import options
from mtbench.cli.check import CheckMode
from mtbench.cli.options import DEFAULT_BENCH, DEFAULT_DATA_DIR

LINES = 8
"""Lines of a text that are shown."""


class ComparedFormat(StrEnum):
    """`compare_formats.CompareFormat` without an import."""

    text = "text"
    markdown = "markdown"
    json = "json"


def compare(
    model: Annotated[str, typer.Argument(metavar="A", help="A model.", show_default=False)],
    other: Annotated[str, typer.Argument(metavar="B", help="The model that it is compared with.", show_default=False)],
    top: Annotated[int, options.option("--top", "How many of the questions that differ most to show.", min=0)] = 10,
    full: Annotated[
        bool, options.option("--full", f"Whole texts, in place of the first {LINES} lines of each.")
    ] = False,
    mode: Annotated[CheckMode, options.option("--mode", "Compare grades, or the games of the two.")] = CheckMode.single,
    judge: Annotated[
        list[str] | None, options.option("--judge", "By this judge; repeat it for a panel.", metavar="J")
    ] = None,
    judge_prompts: Annotated[
        str | None, options.option("--judge-prompts", "By judgments with this prompt set.", metavar="SET")
    ] = None,
    bench: options.BenchName = DEFAULT_BENCH,
    data_dir: options.DataDir = DEFAULT_DATA_DIR,
    format: Annotated[
        ComparedFormat, options.option("--format", "How the comparison is printed; json has all texts in full.")
    ] = ComparedFormat.text,
    config: options.Config = None,
) -> None:
    """Compare two models on the questions that both were judged on: how much better is A, and how sure is that?

    Shows the difference with its interval, overall and by category, the smallest difference that so many questions can
    show, and the questions that differ most, with both answers and the judge's words.
    """
    from mtbench.benches import find_bench
    from mtbench.reports import comparing
    from mtbench.reports.compare_formats import CompareFormat, to_text
    from mtbench.reports.selecting import By
    from mtbench.reports.tables import Mode

    del config
    by = By(Mode(mode.value), judge or (), judge_prompts)
    found = comparing.compare(find_bench(bench, data_dir), model, other, by, top)
    width = shutil.get_terminal_size().columns
    typer.echo(to_text(found, CompareFormat(format.value), width, None if full else LINES), nl=False)
