"""`mtbench bias verbosity`: whether a judge favours the longer answer."""

from mtbench.cli import options
from mtbench.cli.options import DEFAULT_BENCH, DEFAULT_DATA_DIR
from mtbench.reports.tables import StudyFormat


def verbosity(
    judge: options.OfJudges = None,
    votes: options.Votes = None,
    bench: options.BenchName = DEFAULT_BENCH,
    data_dir: options.DataDir = DEFAULT_DATA_DIR,
    format: options.StudyPrinted = StudyFormat.TABLE,
    plot: options.PlotFolder = None,
    config: options.Config = None,
) -> None:
    """Does a judge favour the longer answer? The share won by it, beside what people or other judges give the same.

    An answer is the longer one if it has a tenth more characters. `mtbench show-results --control-style` takes the
    effect of length out of win rates.
    """
    from mtbench.benches import find_bench
    from mtbench.cli.studying import show
    from mtbench.reports.favours import verbosity_results
    from mtbench.votes import load_votes

    del config
    place, said = find_bench(bench, data_dir), load_votes(votes or [])
    show(lambda: verbosity_results(place, said, judge or ()), format, plot)
