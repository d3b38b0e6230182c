"""What the benchmarks share: an endpoint for the time of a `with`, commands with what they cost, and tables."""

import json
import os
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.endpoint import Stats

HERE = Path(__file__).parent
MTBENCH = str(Path(sys.executable).with_name("mtbench"))
VERDICT = "The answer is correct, and it could say more about the second point. " * 5 + "\n\nRating: [[7]]"
"""What the endpoint says to a judge: some 90 tokens and a grade."""


@dataclass(frozen=True)
class Cost:
    """What a process took. Seconds; `cpu` is user and system time; `peak` in MB.

    `busy`: cores that were busy on the whole machine meanwhile; 0 where the system does not tell.
    """

    wall: float
    cpu: float
    peak: float
    busy: float = 0.0


class Failed(Exception):
    """A command that is measured did not do its work: the figures would mean nothing."""


@dataclass(frozen=True)
class Served:
    """An endpoint that runs."""

    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def stats(self) -> Stats:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/stats", timeout=30) as reply:
            return Stats(**json.load(reply))


@contextmanager
def endpoint(latency: float = 0.0, reply: str = VERDICT, record: Path | None = None) -> Iterator[Served]:
    """An endpoint in a process of its own, which ends with the block. `latency` in milliseconds."""
    command = [sys.executable, "-P", str(HERE / "endpoint.py"), "--latency", str(latency), "--reply", reply]
    if record:
        command += ["--record", str(record)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin
        assert process.stdout
        port = process.stdout.readline()
        if not port:
            raise Failed("the endpoint did not start")
        try:
            yield Served(int(port))
        finally:
            process.stdin.close()  # which ends it


def start(command: Sequence[str | Path], folder: Path) -> subprocess.Popen[bytes]:
    """A command in `folder`, without keys, proxies or settings of whoever measures; it prints into `folder`/log."""
    kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH", "LANG", "TMPDIR") if name in os.environ}
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(
            list(map(str, command)),
            cwd=folder,
            env=kept | {"HOME": str(folder), "OPENAI_API_KEY": "none"},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )


def timed(command: Sequence[str | Path], folder: Path) -> Cost:
    """Runs a command to its end. Raises Failed, with what it printed last, unless its exit code is 0."""
    at, busy = time.perf_counter(), _busy_seconds()
    process = start(command, folder)
    try:
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    finally:
        if process.returncode is None:  # interrupted
            process.kill()
            process.wait()
    wall = time.perf_counter() - at
    if process.returncode:
        printed = (folder / "log").read_text(errors="replace")[-2000:]
        raise Failed(f"{' '.join(map(str, command))} gave exit code {process.returncode}:\n{printed}")
    # Linux counts kilobytes, macOS bytes. The peak is at least that of this process, which therefore stays small.
    peak = used.ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e6
    return Cost(wall, used.ru_utime + used.ru_stime, peak, (_busy_seconds() - busy) / wall)


def medians(costs: Iterable[Cost]) -> Cost:
    """The median of each figure by itself."""
    rows = [(cost.wall, cost.cpu, cost.peak, cost.busy) for cost in costs]
    return Cost(*map(statistics.median, zip(*rows, strict=True)))


def print_table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A Markdown table, aligned so that it reads well as it is: first column left, others right."""
    texts = [[_text(cell) for cell in row] for row in (header, *rows)]
    widths = [max(map(len, column)) for column in zip(*texts, strict=True)]
    rule = [f":{'-' * (widths[0] - 1)}", *(f"{'-' * (width - 1)}:" for width in widths[1:])]
    for row in (texts[0], rule, *texts[1:]):
        cells = [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        print(f"| {' | '.join(cells)} |", flush=True)


def say(message: str) -> None:
    """Tells on stderr how far a benchmark is."""
    print(f"▸ {message}", file=sys.stderr, flush=True)


def write_json(path: Path | None, results: Sequence[Any]) -> None:
    """Dataclasses as a JSON list, where a file is given."""
    if path:
        path.write_text(json.dumps([asdict(result) for result in results], indent=1) + "\n", encoding="utf-8")


def _busy_seconds() -> float:
    """CPU time that all processes have used since the machine started."""
    try:
        user, nice, system = Path("/proc/stat").read_text().split(maxsplit=4)[1:4]
    except FileNotFoundError:  # not Linux
        return 0.0
    return (int(user) + int(nice) + int(system)) / os.sysconf("SC_CLK_TCK")


def _text(cell: object) -> str:
    """A number with the digits that it can bear; `-` where there is none."""
    if cell is None:
        return "-"
    if not isinstance(cell, float):
        return f"{cell:,}" if isinstance(cell, int) else str(cell)
    return f"{cell:,.0f}" if abs(cell) >= 100 else f"{cell:.1f}" if abs(cell) >= 10 else f"{cell:.2f}"
