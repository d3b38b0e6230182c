"""One output file of a run and its failures: locked, appended to, and left tidy."""

from collections.abc import Callable, Hashable, Mapping
from contextlib import ExitStack
from pathlib import Path
from time import time
from types import TracebackType

from mtbench import files
from mtbench.chat import Completion
from mtbench.engine import Stop
from mtbench.errors import RequestError
from mtbench.records import Failure, Json, Where, prompt_set, usage_from_json, usage_to_json


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
        self._failures: dict[Hashable, Failure] = {}
        self._stack = ExitStack()
        self._warn = warn

    async def __aenter__(self) -> "Output":
        with ExitStack() as entered:
            for appender in (self._records, self._failed):
                while not appender.try_enter():
                    await self._stop.sleep(0.2)
                entered.push(appender)
            self._failures = {_hashable(failure.key): failure for failure in load_failures(self.path, self._warn)}
            self._stack = entered.pop_all()
        return self

    def finished(self, key: Json) -> dict[str, Completion]:
        """Replies that an earlier run was given for this piece of work before it failed, by request hash."""
        failure = self._failures.get(_hashable(key))
        return {name: _completion(obj) for name, obj in failure.finished.items()} if failure else {}

    def add(self, key: Json, record: Json) -> None:
        """Writes a record; its work has no failure any more."""
        self._records.append(record)
        self.settle(key)

    def settle(self, key: Json) -> None:
        """Takes a piece of work that the file holds off the list of failures."""
        self._failures.pop(_hashable(key), None)

    def fail(self, key: Json, error: RequestError, finished: Mapping[str, Completion]) -> None:
        """Writes down that a piece of work failed, with the replies it had been given."""
        kept = {name: _completion_json(completion) for name, completion in finished.items()}
        failure = Failure(key, error.kind, str(error), time(), kept)
        self._failures[_hashable(key)] = failure
        self._failed.append(failure.to_json())

    def rewrite(self, records: list[Json]) -> None:
        """Puts `records` in place of all that the file holds."""
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
    return list({_hashable(failure.key): failure for failure in failures}.values())


def failures_in(folder: Path) -> dict[str, list[Failure]]:
    """What failed for each model of an answer folder, by id; models without failures are left out."""
    ending = f"{files.FAILURES}.jsonl"
    paths = sorted(folder.glob(f"*{ending}"))
    records = {path: path.with_name(path.name.removesuffix(ending) + ".jsonl") for path in paths}
    return {files.id_of(record.stem): load_failures(record) for record in records.values()}


def _hashable(key: Json) -> Hashable:
    """Names the work: another prompt of the same set does the same."""
    named = key | ({"prompt": prompt_set(str(key["prompt"]))} if "prompt" in key else {})
    return tuple(sorted((name, str(value)) for name, value in named.items()))


def _completion_json(completion: Completion) -> Json:
    return {
        "text": completion.text,
        "finish_reason": completion.finish_reason,
        "usage": usage_to_json(completion.usage),
        "thinking": completion.thinking,
        "adapted": list(completion.adapted),
    }


def _completion(obj: Json) -> Completion:
    return Completion(
        text=str(obj.get("text", "")),
        finish_reason=obj.get("finish_reason"),
        usage=usage_from_json(obj.get("usage") or {}),
        thinking=str(obj.get("thinking", "")),
        adapted=tuple(obj.get("adapted") or ()),
    )
