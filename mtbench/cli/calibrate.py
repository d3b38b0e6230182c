"""`mtbench calibrate`: correct a judge with a few labels of people."""

import shlex
from pathlib import Path
from typing import Annotated

import typer

from mtbench.cli import options
from mtbench.cli.options import DEFAULT_BENCH, DEFAULT_DATA_DIR
from mtbench.reports.tables import StudyFormat


def calibrate(
    votes: options.Votes = None,
    grades: Annotated[
        list[Path] | None,
        options.option(
            "--grades",
            "People's grades: question_id, model, turn, judge, score, in the same formats; may be repeated.",
            metavar="FILE",
        ),
    ] = None,
    judge: options.OfJudges = None,
    baseline: Annotated[
        str | None, options.option("--baseline", "Shares won against this model, not against all.", metavar="M")
    ] = None,
    next_: Annotated[
        Path | None,
        typer.Option(
            "--next",
            help="Show nothing: write the answers on which a vote decides most to FILE, for vote --first.",
            metavar="FILE",
        ),
    ] = None,
    number: Annotated[int, options.option("--number", "How many of them.", min=1, metavar="N")] = 50,
    bench: options.BenchName = DEFAULT_BENCH,
    data_dir: options.DataDir = DEFAULT_DATA_DIR,
    format: options.StudyPrinted = StudyFormat.TABLE,
    plot: options.PlotFolder = None,
    config: options.Config = None,
) -> None:
    """Say what people would find, from a judge's many verdicts and people's few labels (PPI++).

    Of every model and every two: score or share won as corrected, as the judge alone says and as people alone say, with
    intervals; what the verdicts are worth in labels, and how many more labels halve the interval. Then where people's
    scale lies on the judge's (--plot draws it), and, of several judges, what each is worth. Labels have to be of
    answers drawn at random: those that --next picked count in the weights of a panel alone.
    """
    from mtbench import files
    from mtbench.benches import find_bench
    from mtbench.cli.studying import show
    from mtbench.reports.calibration import calibration_results, next_labels_of
    from mtbench.reports.people import People
    from mtbench.votes import load_grades, load_votes

    del config
    place, paths = find_bench(bench, data_dir), [*(votes or []), *(grades or [])]
    people = People(load_votes(votes or []), load_grades(grades or []), tuple(map(str, paths)))
    if next_ is not None:
        _check_free(next_)
        picked = next_labels_of(place, people, judge or (), number)
        files.keep_file(next_, (each.to_json() for each in picked))
        fewer = f" (of {number} asked for: on all others the judges are clear)" if len(picked) < number else ""
        typer.echo(f"wrote {len(picked)} pairs of answers to {next_}{fewer}")
        typer.echo(f"People vote on them before others: {_to_vote(next_, bench, data_dir)}")
        return
    show(lambda: calibration_results(place, people, judge or (), baseline), format, plot)


def _check_free(path: Path) -> None:
    """Raises MtbenchError where a file is there that --next did not write, such as the votes themselves."""
    from mtbench.errors import MtbenchError
    from mtbench.voting.pairs import read_picked

    if not path.exists():
        return
    try:
        read_picked(path)
    except MtbenchError:
        raise MtbenchError(f"--next {path}: there is something else in it; name another file") from None


def _to_vote(path: Path, bench: str, data_dir: Path) -> str:
    words = ["mtbench", "vote", "--first", str(path)]
    words += ["--bench", bench] if bench != DEFAULT_BENCH else []
    words += ["--data-dir", str(data_dir)] if data_dir != DEFAULT_DATA_DIR else []
    return shlex.join(words)
