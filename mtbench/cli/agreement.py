"""`mtbench agreement`: do judges agree with people, and with each other?"""

from mtbench.cli import options
from mtbench.cli.options import DEFAULT_BENCH, DEFAULT_DATA_DIR
from mtbench.reports.tables import StudyFormat


def agreement(
    votes: options.Votes = None,
    judge: options.OfJudges = None,
    bench: options.BenchName = DEFAULT_BENCH,
    data_dir: options.DataDir = DEFAULT_DATA_DIR,
    format: options.StudyPrinted = StudyFormat.TABLE,
    plot: options.PlotFolder = None,
    config: options.Config = None,
) -> None:
    """Say how often judges agree with people, with each other, and people among each other.

    As in the MT-bench paper's tables 5 and 6: setups S1 (with ties) and S2 (without), each turn, every pair of kinds
    (a judge model in a mode, human, author, human majority), with intervals clustered by question. Single grades become
    comparisons: a difference of at most 0.1 is a tie.
    """
    from mtbench.benches import find_bench
    from mtbench.cli.studying import show
    from mtbench.reports.agreement import agreement_results
    from mtbench.votes import load_votes

    del config
    paths, place = votes or [], find_bench(bench, data_dir)
    said = load_votes(paths)
    show(lambda: agreement_results(place, said, judge or (), list(map(str, paths))), format, plot)
