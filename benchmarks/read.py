"""`scripts/bench read`: `mtbench show-results` on 100,000 judgments."""

from benchmarks import data, harness
from benchmarks.resume import judged, options, report


def main(arguments: list[str]) -> None:
    given = options("read", arguments)
    command = [harness.MTBENCH, "show-results", "--bench", data.BENCH]
    with judged(given.size, given.folder) as folder:
        report("mtbench show-results", folder, given, [harness.timed(command, folder) for _ in range(given.runs)])
