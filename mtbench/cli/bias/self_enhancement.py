"""`mtbench bias self`: whether a judge favours its own model."""

from typing import Annotated

from mtbench.cli import options
from mtbench.cli.options import DEFAULT_BENCH, DEFAULT_DATA_DIR
from mtbench.reports.tables import StudyFormat


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
    format: options.StudyPrinted = StudyFormat.TABLE,
    plot: options.PlotFolder = None,
    config: options.Config = None,
) -> None:
    """Does a judge favour its own model? What it gives that, beside what people or other judges give the same answers.

    A judge's own model is the one of its name; --own adds its family. `mtbench judge` makes the judgments.
    """
    from mtbench.benches import find_bench
    from mtbench.cli.studying import show
    from mtbench.errors import MtbenchError
    from mtbench.reports.favours import self_results
    from mtbench.votes import load_votes

    del config
    families: dict[str, list[str]] = {}
    for each in own or ():
        name, colon, model = each.partition(":")
        if not (name and colon and model):
            raise MtbenchError(f"--own {each}: give the judge and the model, such as gpt-4:gpt-3.5-turbo")
        families.setdefault(name, []).append(model)
    place, said = find_bench(bench, data_dir), load_votes(votes or [])
    show(lambda: self_results(place, said, judge or (), families), format, plot)
