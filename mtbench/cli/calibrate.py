"""`mtbench calibrate`: correct a judge with a few votes of people."""

from mtbench.cli import options
from mtbench.cli.options import DEFAULT_BENCH, DEFAULT_DATA_DIR
from mtbench.reports.tables import StudyFormat


def calibrate(
    votes: options.Votes = None,
    judge: options.OfJudges = None,
    bench: options.BenchName = DEFAULT_BENCH,
    data_dir: options.DataDir = DEFAULT_DATA_DIR,
    format: options.StudyPrinted = StudyFormat.TABLE,
    plot: options.PlotFolder = None,
    config: options.Config = None,
) -> None:
    """Say what people would find, from a judge's many verdicts and people's few votes (PPI++).

    For every two models: the share won by the first, corrected, by the judge alone and by people alone, with intervals,
    what the judge's verdicts are worth in votes, and how many more votes halve the interval. The votes have to be on
    answers drawn at random.
    """
    from mtbench.benches import find_bench
    from mtbench.cli.studying import show
    from mtbench.reports.calibration import calibration_results
    from mtbench.votes import load_votes

    del config
    place, said = find_bench(bench, data_dir), load_votes(votes or [])
    show(lambda: calibration_results(place, said, judge or ()), format, plot)
