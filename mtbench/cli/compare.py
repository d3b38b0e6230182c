"""`mtbench compare`: two models, question by question."""

import shutil
from typing import Annotated

import typer

from mtbench.cli import options
from mtbench.cli.options import DEFAULT_BENCH, DEFAULT_DATA_DIR, CheckMode
from mtbench.reports.tables import CompareFormat, Mode

LINES = 8
"""Lines of a text that are shown."""


def compare(
    model: Annotated[str, typer.Argument(metavar="A", help="A model.", show_default=False)],
    other: Annotated[str, typer.Argument(metavar="B", help="The model that it is compared with.", show_default=False)],
    top: Annotated[int, options.option("--top", "How many of the questions that differ most to show.", min=0)] = 10,
    full: Annotated[
        bool, options.option("--full", f"Whole texts, in place of the first {LINES} lines of each.")
    ] = False,
    mode: Annotated[CheckMode, options.option("--mode", "Compare grades, or the games of the two.")] = CheckMode.single,
    judge: options.ByJudges = None,
    judge_prompts: options.ByPromptSet = None,
    bench: options.BenchName = DEFAULT_BENCH,
    data_dir: options.DataDir = DEFAULT_DATA_DIR,
    format: Annotated[
        CompareFormat, options.option("--format", "How the comparison is printed; json has all texts in full.")
    ] = CompareFormat.TEXT,
    config: options.Config = None,
) -> None:
    """Compare two models on the questions that both were judged on: how much better is A, and how sure is that?

    Shows the difference with its interval, overall and by category, the smallest difference that so many questions can
    show, and the questions that differ most, with both answers and the judge's words.
    """
    from mtbench.benches import find_bench
    from mtbench.reports import comparing
    from mtbench.reports.compare_formats import to_text
    from mtbench.reports.selecting import By

    del config
    by = By(Mode(mode.value), judge or (), judge_prompts)
    found = comparing.compare(find_bench(bench, data_dir), model, other, by, top)
    width = shutil.get_terminal_size().columns
    typer.echo(to_text(found, format, width, None if full else LINES), nl=False)
