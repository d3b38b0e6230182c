"""The progress of a job on stderr: one live block on a terminal, a plain line every ten seconds elsewhere."""

import sys
import threading
from time import monotonic
from types import TracebackType
from typing import TYPE_CHECKING

from mtbench.engine import Lane, Progress

if TYPE_CHECKING:
    from rich.table import Table

PLAIN_EVERY = 10.0
"""Seconds between two lines where there is no terminal."""


class Display:
    """Shows a Progress for the time of a `with` block, from a thread of its own."""

    def __init__(self, progress: Progress, quiet: bool) -> None:
        from rich.console import Console

        self._progress = progress
        self._console = Console(stderr=True, highlight=False)
        self._quiet = quiet
        self._ended = threading.Event()
        self._said = 0
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
        if not self._quiet and any(lane.total for lane in list(self._progress.lanes.values())):
            self._console.print(summary(self._progress), soft_wrap=True)

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
                live.update(_table(self._progress))

    def _show_plain(self) -> None:
        last = monotonic()
        while not self._ended.wait(0.2):
            self._say_notes()
            if monotonic() - last >= PLAIN_EVERY:
                last = monotonic()
                print(summary(self._progress), file=sys.stderr, flush=True)

    def _say_notes(self) -> None:
        for note in self._progress.notes[self._said :]:
            self._console.print(f"note: {note}", style="yellow", soft_wrap=True, markup=False)
            self._said += 1


def summary(progress: Progress) -> str:
    """One line that says how far a job is."""
    parts = [_lane_text(lane) for lane in list(progress.lanes.values())]
    if progress.usage.input or progress.usage.output:
        parts.append(f"{progress.usage.input:,} tokens in, {progress.usage.output:,} out")
        parts.append(_cost(progress))
    if progress.retries:
        parts.append(f"{progress.retries} retries")
    parts.append(_clock(monotonic() - progress.started))
    return " · ".join(parts)


def _lane_text(lane: Lane) -> str:
    text = f"{lane.name} {lane.already + lane.done}/{lane.total}"
    if lane.already:
        text += f" ({lane.already} from before)"
    return text + (f", {lane.failed} failed" if lane.failed else "")


def _table(progress: Progress) -> "Table":
    from rich.progress_bar import ProgressBar
    from rich.table import Table

    table = Table.grid(padding=(0, 1))
    for lane in list(progress.lanes.values()):  # a copy: the loop's thread may add one
        have = lane.already + lane.done
        table.add_row(
            lane.name,
            ProgressBar(total=max(lane.total, 1), completed=have, width=24),
            f"{have}/{lane.total}",
            f"{lane.in_flight} in flight",
            f"[red]{lane.failed} failed[/red]" if lane.failed else "",
            _time_left(lane, progress),
        )
    usage = progress.usage
    table.add_row("tokens", f"{usage.input:,} in, {usage.output:,} out", "", _cost(progress))
    return table


def _time_left(lane: Lane, progress: Progress) -> str:
    left = lane.total - lane.already - lane.done - lane.failed
    if not lane.done or left <= 0:
        return ""
    return f"{_clock((monotonic() - progress.started) / lane.done * left)} left"


def _cost(progress: Progress) -> str:
    return "price unknown" if progress.cost is None else f"${progress.cost:.4f}"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}" if minutes >= 60 else f"{minutes}:{rest:02}"
