"""The progress of a job on stderr: one live block on a terminal, a plain line every ten seconds elsewhere."""

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from time import monotonic
from types import TracebackType
from typing import TYPE_CHECKING

from mtbench.cli.log import Log
from mtbench.progress import Lane, Progress

if TYPE_CHECKING:
    from rich.table import Table

    from mtbench.chat.limits import Limiter
    from mtbench.chat.metered import Attempt
    from mtbench.cli.options import Asking

PLAIN_EVERY = 10.0
"""Seconds between two lines where there is no terminal."""

RATE_OVER = 10.0
"""Seconds over which the rate of requests is taken."""


@contextmanager
def watching(progress: Progress, asking: "Asking") -> Iterator[None]:
    """Shows and logs a job for the time of a `with` block, as the options ask.

    Raises MtbenchError when the log cannot be opened.
    """
    log = Log(asking.log) if asking.log else None
    if log:
        progress.listeners.append(log.request)
    try:
        with Display(progress, asking.quiet, log) as display:
            if asking.verbose:
                progress.listeners.append(display.say_request)
            yield
    finally:
        if log:
            log.close(progress)


class Display:
    """Shows a Progress for the time of a `with` block, from a thread of its own."""

    def __init__(self, progress: Progress, quiet: bool, log: Log | None = None) -> None:
        from rich.console import Console

        self._progress = progress
        self._console = Console(stderr=True, highlight=False)
        self._quiet = quiet
        self._log = log
        self._ended = threading.Event()
        self._said = 0
        self._pace = Pace()
        self._thread = threading.Thread(target=self._show, daemon=True)

    def __enter__(self) -> "Display":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()
        self._say_notes()
        if self._log and self._log.failed:
            self._console.print(f"note: --log: {self._log.failed.strerror}: lines are missing", style="yellow")
        if not self._quiet and any(lane.total for lane in list(self._progress.lanes.values())):
            self._console.print(summary(self._progress), soft_wrap=True)

    def say_request(self, attempt: "Attempt") -> None:
        """A line about one request."""
        now = datetime.now().strftime("%H:%M:%S")
        used = f"{attempt.usage.input} in, {attempt.usage.output} out"
        cost = "" if attempt.cost is None else f"  ${attempt.cost:.4f}"
        came = f"{used}{cost}" if attempt.outcome == "ok" else attempt.error
        line = f"{now}  {attempt.model}  {attempt.about}  {attempt.outcome}  {attempt.seconds:.2f} s  {came}"
        self._console.print(line, soft_wrap=True, markup=False, style=None if attempt.outcome == "ok" else "red")

    def _show(self) -> None:
        if self._quiet:
            while not self._ended.wait(0.2):
                self._say_notes()
        elif self._console.is_terminal:
            self._show_live()
        else:
            self._show_plain()

    def _show_live(self) -> None:
        from rich.live import Live

        with Live(console=self._console, refresh_per_second=8, transient=True) as live:
            while not self._ended.wait(0.125):
                self._say_notes()
                self._pace.look(self._progress)
                live.update(_table(self._progress, self._pace))

    def _show_plain(self) -> None:
        last = monotonic()
        while not self._ended.wait(0.2):
            self._say_notes()
            self._pace.look(self._progress)
            if monotonic() - last >= PLAIN_EVERY:
                last = monotonic()
                self._console.print(line(self._progress, self._pace), soft_wrap=True, markup=False)

    def _say_notes(self) -> None:
        for note in self._progress.notes[self._said :]:
            self._console.print(f"note: {note}", style="yellow", soft_wrap=True, markup=False)
            if self._log:
                self._log.note(note)
            self._said += 1


class Pace:
    """How fast requests have gone lately."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, int]] = deque()

    def look(self, progress: Progress) -> None:
        now = monotonic()
        self._seen.append((now, progress.sent))
        while self._seen[0][0] < now - RATE_OVER:
            self._seen.popleft()

    @property
    def rate(self) -> float:
        """Requests a second."""
        if len(self._seen) < 2:
            return 0.0
        (first, before), (last, now) = self._seen[0], self._seen[-1]
        return (now - before) / (last - first) if last > first else 0.0


def line(progress: Progress, pace: Pace) -> str:
    """One line about a job that goes on."""
    parts = [summary(progress), *_requests(progress, pace)]
    left = [_time_left(lane, progress) for lane in list(progress.lanes.values())]
    return " · ".join(filter(None, [*parts, *left[-1:]]))


def summary(progress: Progress) -> str:
    """One line that says how far a job is."""
    parts = [_lane_text(lane) for lane in list(progress.lanes.values())]
    if progress.usage.input or progress.usage.output:
        parts += [_tokens(progress), _cost(progress)]
    if progress.retries:
        parts.append(f"{progress.retries} retries")
    if progress.cached:
        parts.append(f"{progress.cached} from the cache")
    parts.append(_clock(monotonic() - progress.started))
    return " · ".join(parts)


def _lane_text(lane: Lane) -> str:
    text = f"{lane.name} {lane.already + lane.done}/{lane.total}"
    if lane.already:
        text += f" ({lane.already} from before)"
    return text + (f", {lane.failed} failed" if lane.failed else "")


def _requests(progress: Progress, pace: Pace) -> list[str]:
    """In flight and why no more, for each model; and how fast requests go."""
    limiters = {limiter: name for name, limiter in reversed(list(progress.limiters.items()))}  # one name for each
    named = [(name if len(limiters) > 1 else "", limiter) for limiter, name in reversed(limiters.items())]
    return [*(_held(name, limiter) for name, limiter in named), f"{pace.rate:.1f} requests/s"]


def _held(name: str, limiter: "Limiter") -> str:
    text = f"{name + ' ' if name else ''}{limiter.in_flight} of {limiter.limit} in flight"
    return f"{text} ({limiter.why})" if limiter.why else text


def _table(progress: Progress, pace: Pace) -> "Table":
    from rich.markup import escape
    from rich.progress_bar import ProgressBar
    from rich.table import Table

    lanes = Table.grid(padding=(0, 1))
    for lane in list(progress.lanes.values()):  # a copy: the loop's thread may add one
        have = lane.already + lane.done
        lanes.add_row(
            lane.name,
            ProgressBar(total=max(lane.total, 1), completed=have, width=24),
            f"{have}/{lane.total}",
            f"[red]{lane.failed} failed[/red]" if lane.failed else "",
            _time_left(lane, progress),
        )
    retried = [f"{progress.retries} retried"] if progress.retries else []
    cached = [f"{progress.cached} from the cache"] if progress.cached else []
    block = Table.grid()
    block.add_row(lanes)
    block.add_row(escape(" · ".join([*_requests(progress, pace), *retried, *cached])))
    block.add_row(f"{_tokens(progress)} · {_cost(progress)} · {_clock(monotonic() - progress.started)}")
    return block


def _time_left(lane: Lane, progress: Progress) -> str:
    left = lane.total - lane.already - lane.done - lane.failed
    if not lane.done or left <= 0:
        return ""
    return f"{_clock((monotonic() - progress.started) / lane.done * left)} left"


def _tokens(progress: Progress) -> str:
    usage = progress.usage
    cached = f" ({usage.cached:,} cached)" if usage.cached else ""
    return f"{usage.input:,} tokens in{cached}, {usage.output:,} out"


def _cost(progress: Progress) -> str:
    return "price unknown" if progress.cost is None else f"${progress.cost:.4f}"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}" if minutes >= 60 else f"{minutes}:{rest:02}"
