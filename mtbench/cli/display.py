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
from mtbench.cli.printing import visible
from mtbench.cli.status import Pace, block, line, summary
from mtbench.progress import Progress

if TYPE_CHECKING:
    from rich.text import Text

    from mtbench.chat.metered import Attempt
    from mtbench.cli.options import Asking

PLAIN_EVERY = 10.0
"""Seconds between two lines where there is no terminal."""

_LIVE_EVERY, _LOOK_EVERY = 0.2, 0.2
"""Seconds between two states of the live block; between two looks for something to say elsewhere."""


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
    """Shows a Progress for the time of a `with` block, from a thread of its own.

    `quiet`: notes alone. `plain_every`: seconds between two lines where there is no terminal. Nothing in text from
    outside is markup, or moves the cursor.
    """

    def __init__(
        self, progress: Progress, quiet: bool, log: Log | None = None, plain_every: float = PLAIN_EVERY
    ) -> None:
        from rich.console import Console

        self._progress = progress
        self._console = Console(stderr=True, highlight=False, markup=False, emoji=False)
        self._console.soft_wrap = not self._console.is_terminal  # in a file, a line is a line
        self._quiet, self._log, self._plain_every = quiet, log, plain_every
        self._ended = threading.Event()
        self._said = 0
        self._requests: deque[Text] = deque()
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
        self._say_news()
        if self._log and self._log.failed:
            self._console.print(f"note: --log: {self._log.failed.strerror}: lines are missing", style="yellow")
        if not self._quiet and any(lane.total for lane in list(self._progress.lanes.values())):
            self._console.print(summary(self._progress, self._console.width if self._console.is_terminal else None))

    def say_request(self, attempt: "Attempt") -> None:
        """A line about one request, soon: a slow terminal does not hold the requests up."""
        from rich.text import Text

        now = datetime.now().strftime("%H:%M:%S")
        used = f"{attempt.usage.input} in, {attempt.usage.output} out"
        cost = "" if attempt.cost is None else f"  ${attempt.cost:.4f}"
        came = f"{used}{cost}" if attempt.outcome == "ok" else attempt.error
        line = f"{now}  {attempt.outcome:<12} {attempt.seconds:6.2f} s  {attempt.model}  {attempt.about}  {came}"
        self._requests.append(Text(visible(line.replace("\n", " ")), "" if attempt.outcome == "ok" else "red"))

    def _show(self) -> None:
        if self._quiet:
            while not self._ended.wait(_LOOK_EVERY):
                self._say_news()
        elif self._console.is_terminal and not self._console.is_dumb_terminal:
            self._show_live()
        else:
            self._show_plain()

    def _show_live(self) -> None:
        from rich.live import Live

        with Live(console=self._console, auto_refresh=False, transient=True) as live:
            while not self._ended.wait(_LIVE_EVERY):
                self._say_news()
                self._pace.look(self._progress)
                live.update(block(self._progress, self._pace, self._console.width), refresh=True)

    def _show_plain(self) -> None:
        last = monotonic()
        while not self._ended.wait(_LOOK_EVERY):
            self._say_news()
            self._pace.look(self._progress)
            if monotonic() - last >= self._plain_every:
                last = monotonic()
                self._console.print(line(self._progress, self._pace))

    def _say_news(self) -> None:
        for note in self._progress.notes[self._said :]:
            self._console.print(visible(f"note: {note}"), style="yellow")
            if self._log:
                self._log.note(note)
            self._said += 1
        if self._requests:
            self._console.print(*(self._requests.popleft() for _ in range(len(self._requests))), sep="\n")
