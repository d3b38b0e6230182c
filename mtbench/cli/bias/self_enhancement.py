"""`mtbench bias self`: whether a judge favours its own model."""

from collections.abc import Sequence

from mtbench.cli import options
from mtbench.cli.options import DEFAULT_BENCH, DEFAULT_DATA_DIR
from mtbench.reports.tables import StudyFormat


def self_enhancement(
    judge: options.OfJudges = None,
    own: options.Own = None,
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
    from mtbench.reports.favours import self_results
    from mtbench.votes import load_votes

    del config
    families = families_of(own or ())
    place, said = find_bench(bench, data_dir), load_votes(votes or [])
    show(lambda: self_results(place, said, judge or (), families), format, plot)


def families_of(own: Sequence[str]) -> dict[str, list[str]]:
    """By judge, the models of its family, from --own. Raises MtbenchError for what names no judge and model."""
    from mtbench.errors import MtbenchError

    families: dict[str, list[str]] = {}
    for each in own:
        name, colon, model = each.partition(":")
        if not (name and colon and model):
            raise MtbenchError(f"--own {each}: give the judge and the model, such as gpt-4:gpt-3.5-turbo")
        families.setdefault(name, []).append(model)
    return families
