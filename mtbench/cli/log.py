"""--log: what a run did, as JSON lines: its beginning, every request, every note, and its end."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from mtbench import __version__
from mtbench.errors import MtbenchError

if TYPE_CHECKING:
    from mtbench.chat.metered import Attempt
    from mtbench.progress import Progress


class Log:
    """A file that lines are added to, each in one write, so that several runs may share it.

    Raises MtbenchError when the file cannot be opened; a line that cannot be written later is left out.
    """

    def __init__(self, path: Path) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
        except OSError as error:
            raise MtbenchError(f"--log {path}: {error.strerror}") from error
        self.failed: OSError | None = None
        self._add("start", version=__version__, process=os.getpid())

    def request(self, attempt: "Attempt") -> None:
        self._add(
            "request",
            model=attempt.model,
            about=attempt.about,
            outcome=attempt.outcome,
            seconds=round(attempt.seconds, 4),
            input_tokens=attempt.usage.input,
            output_tokens=attempt.usage.output,
            cached_tokens=attempt.usage.cached,
            written_tokens=attempt.usage.written,
            cost=attempt.cost,
            error=attempt.error or None,
        )

    def note(self, message: str) -> None:
        self._add("note", message=message)

    def close(self, progress: "Progress") -> None:
        lanes = {
            lane.name: {
                "total": lane.total,
                "already": lane.already,
                "done": lane.done,
                "failed": lane.failed,
                "undone": sum(lane.undone.values()),
            }
            for lane in progress.lanes.values()
        }
        counts = {"requests": progress.sent, "retries": progress.retries, "from_cache": progress.cached}
        self._add("end", **lanes, **counts, cost=progress.cost)
        os.close(self._file)

    def _add(self, event: str, **fields: Any) -> None:
        when = datetime.now(UTC).isoformat(timespec="milliseconds")
        try:
            os.write(self._file, orjson.dumps({"time": when, "event": event, **fields}) + b"\n")
        except OSError as error:
            self.failed = error
