"""One output file of a run and its failures: locked, appended to, and left tidy."""

from collections.abc import Callable, Hashable, Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path
from time import time
from types import TracebackType

from mtbench import files
from mtbench.chat import Completion
from mtbench.chat.stored import from_json, to_json
from mtbench.engine import Stop
from mtbench.errors import RequestError
from mtbench.journal import Journal, work_name
from mtbench.records import Failure, Json, Where


class Output:
    """The file that one kind of record goes to, with its failures beside it, for the time of an `async with` block.

    Waits for another run that writes the file; raises Interrupted when a stop is asked for meanwhile. A failure is
    taken off the list when a later record does its work; what is left is there for the next run.
    """

    def __init__(self, path: Path, warn: Callable[[str], None], stop: Stop) -> None:
        self.path = path
        self._stop = stop
        self._records = files.Appender(path, warn)
        self._failed = files.Appender(files.failures_path(path), warn)
        self._journal = Journal(path, warn)
        self._failures: dict[Hashable, Failure] = {}
        self._stack = ExitStack()
        self._warn = warn

    async def __aenter__(self) -> "Output":
        with ExitStack() as entered:
            held: tuple[files.Appender | Journal, ...] = (self._records, self._failed, self._journal)
            for each in held:
                while not each.try_enter():
                    await self._stop.sleep(0.2)
                entered.push(each.__exit__)
            self._failures = {work_name(failure.key): failure for failure in load_failures(self.path, self._warn)}
            self._stack = entered.pop_all()
        return self

    def finished(self, key: Json) -> dict[str, Completion]:
        """Replies that an earlier run was given for this piece of work before it failed or was killed, by hash."""
        failure = self._failures.get(work_name(key)) if self._failures else None
        where = Where(files.failures_path(self.path))
        kept = {name: from_json(obj, where) for name, obj in failure.finished.items()} if failure else {}
        return kept | self._journal.replies(key)

    def keep(self, key: Json, replies: Mapping[str, Completion]) -> None:
        """Puts replies to work that has more to ask on disk."""
        self._journal.keep(key, replies)

    def add(self, key: Json, record: Json) -> int:
        """Writes a record; its work has no failure any more. Gives the record's place in the file."""
        place = self._records.append(record)
        self.settle(key)
        return place

    @property
    def unfinished(self) -> bool:
        """Whether there is anything that a piece of work may be taken off."""
        return bool(self._failures) or self._journal.holds_any

    def settle(self, key: Json) -> None:
        """Takes a piece of work that the file holds off the list of failures."""
        if self._failures:  # asked first: a file may hold a million records, and names take time
            self._failures.pop(work_name(key), None)
        self._journal.settle(key)

    def fail(self, key: Json, error: RequestError, finished: Mapping[str, Completion]) -> None:
        """Writes down that a piece of work failed, with the replies it had been given."""
        kept = {name: to_json(completion) for name, completion in finished.items()}
        failure = Failure(key, error.kind, str(error), time(), kept)
        self._failures[work_name(key)] = failure
        self._failed.append(failure.to_json())
        self._journal.settle(key)

    def rewrite(self, records: Iterable[bytes]) -> None:
        """Puts these lines in place of all that the file holds."""
        self._records.rewrite(records)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._failed.rewrite(failure.to_json() for failure in self._failures.values())
        finally:
            self._stack.__exit__(kind, error, trace)


def load_failures(path: Path, warn: Callable[[str], None] | None = None) -> list[Failure]:
    """The failures beside a record file, the last one of each piece of work."""
    found = files.failures_path(path)
    failures = (Failure.from_json(obj, Where(found, line)) for line, obj in files.read(found, warn))
    return list({work_name(failure.key): failure for failure in failures}.values())


def failures_in(folder: Path) -> dict[str, list[Failure]]:
    """What failed for each model of an answer folder, by id; models without failures are left out."""
    ending = f"{files.FAILURES}.jsonl"
    paths = sorted(folder.glob(f"*{ending}"))
    records = {path: path.with_name(path.name.removesuffix(ending) + ".jsonl") for path in paths}
    return {files.id_of(record.stem): load_failures(record) for record in records.values()}
