"""A cache of replies on disk, by the content of the whole request: shared between benches, runs and people."""

import hashlib
import os
from collections.abc import Callable, Sequence
from pathlib import Path

import orjson

from mtbench.chat import ChatModel, Completion, Message, Params
from mtbench.chat.stored import from_json, to_json
from mtbench.errors import BadRecord, MtbenchError

_FORM = 1
"""Part of every name; another form of the files would have another."""


class Cached:
    """A ChatModel that asks `model` only for what `folder` does not hold.

    `endpoint` says what the model is and where (its full name, its base URL, whether thinking is kept): replies of
    others are not its own. A reply that was cut off or withheld is never kept, nor is an error. A file is there whole
    or not at all, so that any number of runs may share a folder. `hit` is called for each reply from the cache, `note`
    is told once when nothing can be kept.
    """

    def __init__(
        self,
        model: ChatModel,
        endpoint: Sequence[str | bool | None],
        folder: Path,
        *,
        hit: Callable[[], None],
        note: Callable[[str], None],
    ) -> None:
        self._model, self._endpoint, self._folder = model, list(endpoint), folder
        self._hit, self._note = hit, note

    async def complete(self, messages: Sequence[Message], params: Params) -> Completion:
        path = self._path(messages, params)
        known = _read(path)
        if known:
            self._hit()
            return known
        completion = await self._model.complete(messages, params)
        if completion.text and completion.finish_reason not in ("length", "content_filter"):
            self._keep(path, completion)
        return completion

    async def aclose(self) -> None:
        await self._model.aclose()

    def _path(self, messages: Sequence[Message], params: Params) -> Path:
        request = {
            "form": _FORM,
            "endpoint": self._endpoint,
            "messages": [[message.role, message.content] for message in messages],
            "params": params.asked(),
            "sample": params.sample,
        }
        name = hashlib.sha256(orjson.dumps(request, option=orjson.OPT_SORT_KEYS)).hexdigest()
        return self._folder / name[:2] / f"{name[2:]}.json"

    def _keep(self, path: Path, completion: Completion) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            new = path.with_name(f".{path.name}.{os.urandom(4).hex()}")
            new.write_bytes(orjson.dumps(to_json(completion)))
            new.replace(path)
        except OSError as error:
            self._note(f"--cache {self._folder}: {error.strerror}: replies are not cached")


def check_folder(folder: Path) -> None:
    """Raises MtbenchError when nothing can be kept in `folder`, before anything is paid for."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise MtbenchError(f"--cache {folder}: {error.strerror}") from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise MtbenchError(f"--cache {folder}: nothing can be written there")


def _read(path: Path) -> Completion | None:
    """The completion of a file; None where there is none, or what is none."""
    try:
        obj = orjson.loads(path.read_bytes())
        return from_json(obj) if isinstance(obj, dict) and isinstance(obj.get("text"), str) else None
    except (OSError, orjson.JSONDecodeError, BadRecord):  # a crash cut it off, say: the next reply takes its place
        return None
