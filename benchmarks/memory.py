"""`scripts/bench memory`: the peak memory of one `mtbench judge`, for a tenth of the judgments and for all of them."""

import argparse
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks import data, harness
from benchmarks.harness import Cost

_MODELS = 5
_IN_FLIGHT = 256


@dataclass(frozen=True)
class Memory:
    judgments: int
    questions: int
    cost: Cost


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="scripts/bench memory", description=__doc__)
    parser.add_argument("--size", type=int, default=1_000_000, help=f"judgments, by {_MODELS} models")
    parser.add_argument("--answer", type=int, default=data.ANSWER, help="characters of an answer")
    parser.add_argument("--latency", type=float, default=0.0, metavar="MS")
    parser.add_argument("--json", type=Path, metavar="FILE")
    given = parser.parse_args(arguments)
    found = [measure(size, given.answer, given.latency) for size in (given.size // 10, given.size)]
    harness.print_table(
        ("judgments", "questions", "seconds", "CPU ms/judgment", "peak MB"),
        [
            (
                f"{row.judgments:,}",
                row.questions,
                row.cost.wall,
                row.cost.cpu / row.judgments * 1000,
                round(row.cost.peak),
            )
            for row in found
        ],
    )
    harness.write_json(given.json, found)


def measure(size: int, answer: int, latency: float) -> Memory:
    """Judges `size` answers, of one turn, to size/5 questions."""
    questions = size // _MODELS
    with TemporaryDirectory(prefix="mtbench-benchmark-") as name, harness.endpoint(latency) as served:
        folder = Path(name)
        data.make_bench(folder, questions=questions, models=_MODELS, turns=1, answer=answer)
        harness.say(f"judging {questions * _MODELS:,} answers")
        who = ["--judge", "openai/judge", "--base-url", served.url]
        command = [harness.MTBENCH, "judge", *who, "--bench", data.BENCH, "--parallel", str(_IN_FLIGHT)]
        cost = harness.timed(command, folder)
        if served.stats().requests != questions * _MODELS:
            raise harness.Failed(f"{served.stats().requests} requests in place of {questions * _MODELS}")
    return Memory(questions * _MODELS, questions, cost)
