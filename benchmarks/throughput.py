"""`scripts/bench throughput`: whole commands at a fixed latency, beside what people would use instead."""

import argparse
import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks import data, harness
from benchmarks.harness import MTBENCH, Cost
from benchmarks.peers import PEERS

LATENCIES = (0.0, 50.0, 200.0, 2000.0)
IN_FLIGHT = (1, 8, 64, 256, 1024)
OURS = ("judge", "gen-answers")
ALL = (*OURS, *PEERS)
_ROUNDS, _SECONDS, _ENOUGH = 10, 3.0, 5000
_MODELS, _TURNS = 5, 2
_BUSY, _OTHERS = 0.7, 0.2
_NAMES = {"judge": "mtbench judge", "gen-answers": "mtbench gen-answers"} | {name: name for name in PEERS}

_HEADER = (
    *("what", "latency ms", "in flight", "reached", "requests", "ideal s", "asking s", "of ideal", "whole s"),
    *("of ideal", "requests/s", "CPU ms/request", "each further", "peak MB"),
)


@dataclass(frozen=True)
class Sample:
    """One run: its cost, the seconds from the first request to the last reply, and what the endpoint saw and used."""

    cost: Cost
    span: float
    requests: int
    most_in_flight: int
    endpoint_cpu: float


@dataclass(frozen=True)
class Result:
    """Medians of a cell's runs of one contender: seconds, requests a second, CPU in ms a request, `peak` in MB.

    Shares are of the `ideal`: `share` from the first request to the last reply, `share_of_wall` of the whole process.
    `marginal_cpu`: what each further request adds, from runs of two sizes; None where only one was run.
    `endpoint_busy` and `others_busy`: cores that the endpoint used at most, and that processes used which have
    nothing to do with this.
    """

    what: str
    latency: float
    in_flight: int
    requests: int
    ideal: float
    rate: float
    share: float | None
    wall: float
    share_of_wall: float | None
    cpu: float
    marginal_cpu: float | None
    peak: float
    most_in_flight: int
    endpoint_busy: float
    others_busy: float


def main(arguments: list[str]) -> None:
    given = _options(arguments)
    results = []
    for latency in given.latency or LATENCIES:
        for in_flight in given.in_flight or IN_FLIGHT:
            count = given.requests or enough(latency, in_flight)
            sizes = (count,) if given.quick else (count, _whole(count / 2))
            found = measure_cell(latency, in_flight, sizes, given.runs, given.only or ALL)
            print_results(found)
            results += found
    if len(results) > len(given.only or ALL):
        print("\nAll cells:\n")
        print_results(results)
    harness.write_json(given.json, results)


def enough(latency: float, in_flight: int) -> int:
    """Requests of a cell: 10 rounds, or 3 seconds at the ideal rate, but not many more than 5,000."""
    rounds = max(_ROUNDS, _SECONDS * 1000 / latency) if latency else _ENOUGH
    return _whole(min(rounds * in_flight, max(_ENOUGH, _ROUNDS * in_flight)))


def _whole(count: float) -> int:
    """The next number of requests that 5 models with 2 turns can give."""
    return math.ceil(count / (_MODELS * _TURNS)) * _MODELS * _TURNS


def measure_cell(
    latency: float, in_flight: int, sizes: Sequence[int], runs: int, contenders: Sequence[str]
) -> list[Result]:
    """Runs every contender `runs` times in turn, at every size; figures are of the first size."""
    samples: dict[tuple[str, int], list[Sample]] = {(name, size): [] for name in contenders for size in sizes}
    with TemporaryDirectory(prefix="mtbench-benchmark-") as name:
        folder = Path(name)
        requests = record_requests(folder, max(sizes)) if set(contenders) & set(PEERS) else folder
        for run in range(1, runs + 1):
            for (what, size), found in samples.items():
                harness.say(f"{latency:.0f} ms, {in_flight} in flight, run {run}: {what}, {size} requests")
                found.append(measure(what, latency, in_flight, size, requests))
    return [_result(what, latency, in_flight, [samples[what, size] for size in sizes]) for what in contenders]


def record_requests(folder: Path, count: int) -> Path:
    """The bodies of `count` requests of `mtbench judge`, which the peers send too."""
    path = folder / "requests.jsonl"
    with TemporaryDirectory(prefix="mtbench-benchmark-") as name, harness.endpoint(record=path) as served:
        _make_bench(Path(name), count, "judge")
        harness.timed(_command("judge", served.url, 32, count, path), Path(name))
    return path


def measure(what: str, latency: float, in_flight: int, count: int, requests: Path) -> Sample:
    """One contender once, in a folder and against an endpoint of its own."""
    reply = data.Text().piece(data.ANSWER) if what == "gen-answers" else harness.VERDICT
    with TemporaryDirectory(prefix="mtbench-benchmark-") as name, harness.endpoint(latency, reply) as served:
        _make_bench(Path(name), count, what)
        cost = harness.timed(_command(what, served.url, in_flight, count, requests), Path(name))
        stats = served.stats()
    if stats.requests != count:
        raise harness.Failed(f"{what} sent {stats.requests} requests in place of {count}")
    span = stats.last_reply - stats.first_request
    return Sample(cost, span, stats.requests, stats.most_in_flight, stats.cpu)


def _make_bench(folder: Path, count: int, what: str) -> None:
    if what == "judge":
        data.make_bench(folder, questions=count // (_MODELS * _TURNS), models=_MODELS, turns=_TURNS)
    elif what == "gen-answers":
        data.make_bench(folder, questions=count // _TURNS, turns=_TURNS)


def _command(what: str, url: str, in_flight: int, count: int, requests: Path) -> list[str | Path]:
    if what in PEERS:
        peers = harness.HERE / "peers.py"
        return [sys.executable, "-P", peers, what, url, requests, str(count), str(in_flight), "output.jsonl"]
    who = ["--judge", "openai/judge"] if what == "judge" else ["--model", "openai/model"]
    return [MTBENCH, what, *who, "--base-url", url, "--bench", data.BENCH, "--parallel", str(in_flight)]


def _result(what: str, latency: float, in_flight: int, samples: Sequence[list[Sample]]) -> Result:
    full = samples[0]
    count = full[0].requests
    ideal = count * latency / 1000 / in_flight
    cost, span = harness.medians(sample.cost for sample in full), median(sample.span for sample in full)
    marginal = None
    if len(samples) > 1:
        fewer = samples[1]
        less = harness.medians(sample.cost for sample in fewer)
        marginal = (cost.cpu - less.cpu) / (count - fewer[0].requests) * 1000
    return Result(
        what=_NAMES[what],
        latency=latency,
        in_flight=in_flight,
        requests=count,
        ideal=ideal,
        rate=count / span,
        share=ideal / span if latency else None,
        wall=cost.wall,
        share_of_wall=ideal / cost.wall if latency else None,
        cpu=cost.cpu / count * 1000,
        marginal_cpu=marginal,
        peak=cost.peak,
        most_in_flight=max(sample.most_in_flight for sample in full),
        endpoint_busy=max(sample.endpoint_cpu / sample.span for sample in full),
        others_busy=median(
            max(0.0, sample.cost.busy - (sample.cost.cpu + sample.endpoint_cpu) / sample.cost.wall) for sample in full
        ),
    )


def print_results(results: Sequence[Result]) -> None:
    harness.print_table(_HEADER, map(_row, results))
    for each in results:
        if each.endpoint_busy > _BUSY:
            harness.say(f"{each.what}: the endpoint was busy for {each.endpoint_busy:.0%}: it may be the limit")
        if each.others_busy > _OTHERS:
            harness.say(f"{each.what}: other processes used {each.others_busy:.1f} cores: measure again in peace")


def _row(each: Result) -> tuple[object, ...]:
    return (
        each.what,
        each.latency,
        each.in_flight,
        each.most_in_flight,
        each.requests,
        each.ideal,
        each.requests / each.rate,
        _percent(each.share),
        each.wall,
        _percent(each.share_of_wall),
        each.rate,
        each.cpu,
        each.marginal_cpu,
        round(each.peak),
    )


def _percent(share: float | None) -> str | None:
    return None if share is None else f"{share:.0%}"


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/bench throughput", description=__doc__)
    parser.add_argument("--latency", type=float, action="append", metavar="MS", help="may be repeated")
    parser.add_argument("--in-flight", type=int, action="append", metavar="N", help="may be repeated")
    parser.add_argument("--requests", type=int, metavar="N", help="of a run, a multiple of 10 (default: by the cell)")
    parser.add_argument("--runs", type=int, default=3, help="of each contender, in turn; medians are shown")
    parser.add_argument("--only", action="append", choices=ALL, metavar="WHAT", help=f"of {', '.join(ALL)}; repeatable")
    parser.add_argument("--quick", action="store_true", help="no second size, and so no CPU of each further request")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures to it as well")
    return parser.parse_args(arguments)
