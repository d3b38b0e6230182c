"""`scripts/bench start`: the time of `mtbench --help`, and of `mtbench judge` to its first request; its imports."""

import argparse
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks import data, harness

_RUNS = 11
_QUESTIONS, _MODELS = 80, 30
_NEVER = ("openai", "anthropic", "numpy", "matplotlib", "xllamacpp")
_SLOW = 60_000.0


@dataclass(frozen=True)
class Start:
    """Medians in seconds; `imported`: milliseconds of import by package, of those that should not be imported."""

    help: float
    first_request: float
    imported: dict[str, float]


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="scripts/bench start", description=__doc__)
    parser.add_argument("--runs", type=int, default=_RUNS)
    parser.add_argument("--json", type=Path, metavar="FILE")
    given = parser.parse_args(arguments)
    with TemporaryDirectory(prefix="mtbench-benchmark-") as name:
        folder = Path(name)
        data.make_bench(folder, questions=_QUESTIONS, models=_MODELS)
        imports = imported(folder)  # which also compiles what is not compiled yet
        helps = [harness.timed([harness.MTBENCH, "--help"], folder).wall for _ in range(given.runs)]
        firsts = [to_first_request(folder) for _ in range(given.runs)]
    heavy = {package: imports[package] for package in _NEVER if package in imports}
    found = Start(median(helps), median(firsts), heavy)
    rows = (
        ("mtbench --help", found.help, max(helps)),
        (
            f"mtbench judge to its first request, {_QUESTIONS} questions × {_MODELS} models",
            found.first_request,
            max(firsts),
        ),
    )
    harness.print_table(("", f"median of {given.runs}, s", "slowest, s"), rows)
    print(f"\nNot to be imported, and imported by judge: {', '.join(heavy) or 'none'} (of {', '.join(_NEVER)}).")
    print(
        "Longest to import, ms: "
        + ", ".join(f"{package} {took:.0f}" for package, took in sorted(imports.items(), key=lambda item: -item[1])[:8])
    )
    harness.write_json(given.json, [found])


def to_first_request(folder: Path) -> float:
    """Seconds from the start of `mtbench judge` until the endpoint has its first request; then it is killed."""
    with harness.endpoint(_SLOW) as served:
        started = time.time()
        process = harness.start(_judge(served.url), folder)
        try:
            while not (first := served.stats().first_request):
                if process.poll() is not None:
                    raise harness.Failed(f"judge ended early: {(folder / 'log').read_text(errors='replace')[-2000:]}")
                time.sleep(0.05)
        finally:
            process.kill()
            process.wait()
    return first - started


def imported(folder: Path) -> dict[str, float]:
    """Milliseconds that each package took to import, by itself, in a whole `mtbench judge` of one question."""
    with harness.endpoint() as served:
        harness.timed([sys.executable, "-X", "importtime", *_judge(served.url), "--limit", "1"], folder)
    found: dict[str, float] = {}
    for line in (folder / "log").read_text().splitlines():
        if line.startswith("import time:") and (own := line.split(":", 1)[1].split("|")[0].strip()).isdigit():
            package = line.rpartition("|")[2].strip().partition(".")[0]
            found[package] = found.get(package, 0.0) + int(own) / 1000
    return found


def _judge(url: str) -> list[str]:
    return [harness.MTBENCH, "judge", "--judge", "openai/judge", "--base-url", url, "--bench", data.BENCH]
