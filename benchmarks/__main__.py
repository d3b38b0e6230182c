"""`scripts/bench NAME [OPTIONS]`: one of the benchmarks; each is a module with a `main`."""

import sys
from collections.abc import Callable

from benchmarks import ceiling, harness, memory, overlap, ratings, read, resume, sequential, start, throughput

BENCHMARKS: dict[str, Callable[[list[str]], None]] = {
    "endpoint": ceiling.main,
    "throughput": throughput.main,
    "start": start.main,
    "resume": resume.main,
    "memory": memory.main,
    "overlap": overlap.main,
    "read": read.main,
    "ratings": ratings.main,
    "sequential": sequential.main,
}


def main(arguments: list[str]) -> int:
    """Runs a benchmark; gives the exit code."""
    if not arguments or arguments[0] not in BENCHMARKS:
        print(f"usage: scripts/bench {{{','.join(BENCHMARKS)}}} [--help]", file=sys.stderr)
        return 2
    try:
        BENCHMARKS[arguments[0]](arguments[1:])
    except harness.Failed as error:
        print(f"✗ {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
