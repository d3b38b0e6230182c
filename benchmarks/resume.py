"""`scripts/bench resume`: `mtbench judge` with nothing left to do, on a file that holds 100,000 judgments."""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks import data, harness
from benchmarks.harness import Cost

_MODELS, _TURNS = 40, 2
SIZE = 100_000


@dataclass(frozen=True)
class Judged:
    """What one command took on a file of judgments; `megabytes` of that file."""

    command: str
    judgments: int
    megabytes: float
    cost: Cost


def main(arguments: list[str]) -> None:
    given = options("resume", arguments)
    with judged(given.size, given.folder) as folder, harness.endpoint() as served:
        costs = [harness.timed(judge(served.url), folder) for _ in range(given.runs)]
        if served.stats().requests:
            raise harness.Failed(f"{served.stats().requests} judgments were asked for again")
        report("mtbench judge, nothing to do", folder, given, costs)


def options(name: str, arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog=f"scripts/bench {name}")
    parser.add_argument("--size", type=int, default=SIZE, help=f"judgments, a multiple of {_MODELS * _TURNS}")
    parser.add_argument("--runs", type=int, default=3, help="medians are shown")
    parser.add_argument("--folder", type=Path, help="keep the judgments there, and take them from there if they are")
    parser.add_argument("--json", type=Path, metavar="FILE")
    return parser.parse_args(arguments)


def judge(url: str) -> list[str]:
    """The command that judges them all, 64 at a time."""
    who = ["--judge", "openai/judge", "--base-url", url]
    return [harness.MTBENCH, "judge", *who, "--bench", data.BENCH, "--parallel", "64"]


@contextmanager
def judged(size: int, kept: Path | None) -> Iterator[Path]:
    """A folder with `size` judgments of 40 models, made by `mtbench judge` itself; a temporary one unless `kept`."""
    with TemporaryDirectory(prefix="mtbench-benchmark-") as name:
        folder = kept or Path(name)
        if not _judgments(folder).exists():
            harness.say(f"judging {size:,} turns, to have something to resume")
            folder.mkdir(parents=True, exist_ok=True)
            data.make_bench(folder, questions=size // (_MODELS * _TURNS), models=_MODELS, turns=_TURNS)
            with harness.endpoint() as served:
                harness.timed(judge(served.url), folder)
        yield folder


def report(command: str, folder: Path, given: argparse.Namespace, costs: list[Cost]) -> None:
    """Prints the medians, beside the size of what was read."""
    path, cost = _judgments(folder), harness.medians(costs)
    with path.open("rb") as lines:
        count = sum(1 for _ in lines)
    megabytes = path.stat().st_size / 1e6
    harness.print_table(
        (f"median of {given.runs}", "judgments", "MB of them", "seconds", "CPU s", "peak MB"),
        [(command, count, round(megabytes), cost.wall, cost.cpu, round(cost.peak))],
    )
    harness.write_json(given.json, [Judged(command, count, megabytes, cost)])


def _judgments(folder: Path) -> Path:
    return folder / "data" / data.BENCH / "model_judgment" / "judge_single.jsonl"
