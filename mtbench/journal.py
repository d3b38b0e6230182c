"""Replies to work that has more to ask, on disk as they come: a killed run has not paid for them in vain."""

from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType

import orjson

from mtbench import files
from mtbench.chat import Completion
from mtbench.chat.stored import from_json, to_json
from mtbench.records import Json, Where, prompt_set


class Journal:
    """The replies kept for the pieces of work behind one record file; one writer, the one who holds that file.

    The file exists while there is something in it, and is hidden (its name begins with a dot). Only the places of the
    lines are held in memory. A line that a crash tore is passed over.
    """

    def __init__(self, records: Path, warn: Callable[[str], None]) -> None:
        self.path = records.with_name(f".{records.stem}.unfinished.jsonl")
        self._lines = files.Appender(self.path, warn)
        self._places: dict[Hashable, list[int]] = {}

    def try_enter(self) -> bool:
        if not self._lines.try_enter():
            return False
        self._places = {}
        for place, obj in self._read():
            self._places.setdefault(work_name(obj["key"]), []).append(place)
        return True

    def keep(self, key: Json, replies: Mapping[str, Completion]) -> None:
        """Puts replies on disk; `key` names the work."""
        stored = {name: to_json(completion) for name, completion in replies.items()}
        self._places.setdefault(work_name(key), []).append(self._lines.append({"key": key, "finished": stored}))

    def replies(self, key: Json) -> dict[str, Completion]:
        """What was kept for a piece of work, by request hash."""
        found: dict[str, Completion] = {}
        if not self._places:
            return found
        for place in self._places.get(work_name(key), ()):
            with self.path.open("rb") as stream:
                stream.seek(place)
                obj = orjson.loads(stream.readline())
            found |= {name: from_json(stored, Where(self.path)) for name, stored in obj["finished"].items()}
        return found

    @property
    def holds_any(self) -> bool:
        return bool(self._places)

    def settle(self, key: Json) -> None:
        """The work is done, or its replies are kept elsewhere."""
        if self._places:
            self._places.pop(work_name(key), None)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None and self.path.exists():
                live = {place for places in self._places.values() for place in places}
                self._lines.rewrite(obj for place, obj in self._read() if place in live)
        finally:
            self._lines.__exit__(kind, error, trace)

    def _read(self) -> Iterator[tuple[int, Json]]:
        """Place and object of every whole line."""
        if not self.path.exists():
            return
        place = 0
        with self.path.open("rb") as stream:
            for line in stream:
                with suppress(orjson.JSONDecodeError):
                    obj = orjson.loads(line)
                    if (
                        isinstance(obj, dict)
                        and isinstance(obj.get("finished"), dict)
                        and isinstance(obj.get("key"), dict)
                    ):
                        yield place, obj
                place += len(line)


def work_name(key: Json) -> Hashable:
    """Names a piece of work by its key: another prompt of the same set does the same."""
    named = key | ({"prompt": prompt_set(str(key["prompt"]))} if "prompt" in key else {})
    return tuple(sorted((name, str(value)) for name, value in named.items()))
