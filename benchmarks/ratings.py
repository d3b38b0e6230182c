"""`scripts/bench ratings`: Bradley-Terry ratings with their intervals, beside what people would use instead."""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks import harness

# Apart from this process, which has to stay small for their memory to be measured.
_SCRIPT: list[str | Path] = [sys.executable, "-P", harness.HERE / "rating_peers.py"]
_APART = 0.1  # points of rating by which ways of equal worth may differ


@dataclass(frozen=True)
class Row:
    """Medians. `rating_s`: from arrays in memory to ratings with intervals; the others: of the whole process."""

    what: str
    resamples: int
    rating_s: float
    whole_s: float
    peak_mb: float


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="scripts/bench ratings", description=__doc__)
    parser.add_argument("--models", type=int, default=50)
    parser.add_argument("--size", type=int, default=2_000_000, help="battles")
    parser.add_argument("--resamples", type=int, default=1000, help="of ours; the others get fewer, as the table says")
    parser.add_argument("--runs", type=int, default=3, help="medians are shown")
    parser.add_argument("--json", type=Path, metavar="FILE")
    given = parser.parse_args(arguments)
    cells = [("mtbench_bootstrap", given.resamples), ("mtbench_sandwich", 0)]
    cells += [("lbfgs", max(1, given.resamples // 10)), ("evalica", 0)]
    with TemporaryDirectory(prefix="mtbench-benchmark-") as name:
        folder = Path(name)
        harness.timed([*_SCRIPT, "make", "battles.npz", str(given.models), str(given.size)], folder)
        runs = [[measure(folder, way, count) for way, count in cells] for _ in range(given.runs)]
    check_alike({row.what: ratings for row, ratings in runs[0]})
    rows = [_median([row for row, _ in column]) for column in zip(*runs, strict=True)]
    harness.print_table(
        (f"{given.models} models, {given.size:,} battles", "resamples", "rating s", "whole s", "peak MB"),
        [(row.what, row.resamples, row.rating_s, row.whole_s, round(row.peak_mb)) for row in rows],
    )
    harness.write_json(given.json, rows)


def measure(folder: Path, way: str, resamples: int) -> tuple[Row, list[float]]:
    """What one way took, in a process of its own and on one core, and its ratings."""
    harness.say(f"{way}, {resamples} resamples")
    cost = harness.timed([*_SCRIPT, way, "battles.npz", str(resamples), "found.json"], folder)
    found = json.loads((folder / "found.json").read_text(encoding="utf-8"))
    return Row(way, resamples, found["seconds"], cost.wall, cost.peak), found["ratings"]


def check_alike(ratings: dict[str, list[float]]) -> None:
    """Raises Failed unless all ways gave the same ratings: else their costs would not compare."""
    ours, *others = ratings.values()
    for way, theirs in zip(list(ratings)[1:], others, strict=True):
        apart = max(abs(one - other) for one, other in zip(ours, theirs, strict=True))
        if apart > _APART:
            raise harness.Failed(f"the ratings of {way} are up to {apart:.2f} points from ours")


def _median(rows: Sequence[Row]) -> Row:
    seconds, whole, peak = (median(column) for column in zip(*map(_figures, rows), strict=True))
    return Row(rows[0].what, rows[0].resamples, seconds, whole, peak)


def _figures(row: Row) -> tuple[float, float, float]:
    return row.rating_s, row.whole_s, row.peak_mb
