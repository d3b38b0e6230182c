"""`scripts/bench overlap`: `mtbench run` beside gen-answers and then judge, where both parts take equally long."""

import argparse
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks import data, harness

_TURNS = 2


@dataclass(frozen=True)
class Overlap:
    """Medians in seconds; `ratio` of `run` to the two commands in sequence; `ideal`: what one part takes at least."""

    ideal: float
    answers: float
    judge: float
    run: float
    ratio: float


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="scripts/bench overlap", description=__doc__)
    parser.add_argument("--latency", type=float, default=200.0, metavar="MS")
    parser.add_argument("--in-flight", type=int, default=16, metavar="N")
    parser.add_argument("--questions", type=int, default=400)
    parser.add_argument("--runs", type=int, default=3, help="medians are shown")
    parser.add_argument("--json", type=Path, metavar="FILE")
    given = parser.parse_args(arguments)
    rows = [measure(given.latency, given.in_flight, given.questions) for _ in range(given.runs)]
    answers, judge, run = (median(column) for column in zip(*rows, strict=True))
    ideal = given.questions * _TURNS * given.latency / 1000 / given.in_flight
    found = Overlap(ideal, answers, judge, run, median(row[2] / (row[0] + row[1]) for row in rows))
    harness.print_table(
        (f"median of {given.runs}", "ideal s", "seconds"),
        [
            ("mtbench gen-answers", ideal, found.answers),
            ("mtbench judge", ideal, found.judge),
            ("mtbench run", ideal + given.latency / 1000, found.run),
        ],
    )
    print(f"\nrun takes {found.ratio:.0%} of the two commands in sequence.")
    harness.write_json(given.json, [found])


def measure(latency: float, in_flight: int, questions: int) -> tuple[float, float, float]:
    """Seconds of gen-answers, judge and run, for one model and one judge, each with an endpoint of its own."""
    reply = data.Text().piece(data.ANSWER)
    with (
        TemporaryDirectory(prefix="mtbench-benchmark-") as name,
        harness.endpoint(latency, reply) as models,
        harness.endpoint(latency) as judges,
    ):
        apart, together = Path(name) / "apart", Path(name) / "together"
        for folder in (apart, together):
            data.make_bench(folder, questions=questions, turns=_TURNS)
        who = ["--model", "openai/model", "--base-url", models.url]
        by = ["--judge", "openai/judge", "--judge-base-url", judges.url]
        how = ["--bench", data.BENCH, "--parallel", str(in_flight)]
        answers = harness.timed([harness.MTBENCH, "gen-answers", *who, *how], apart).wall
        judge = harness.timed([harness.MTBENCH, "judge", *by, *how], apart).wall
        run = harness.timed([harness.MTBENCH, "run", *who, *by, *how], together).wall
    return answers, judge, run
