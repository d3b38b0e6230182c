"""Requests and responses by files, for engines that run elsewhere, on as many machines as they like.

A file of requests is OpenAI's batch form; one of responses is what vLLM, SGLang, Ray Data or a cloud made of it.
"""

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

import orjson

from mtbench.chat import ChatModel, Completion, Message, Params, openai
from mtbench.chat.keys import Endpoint
from mtbench.chat.metered import Attempt
from mtbench.chat.request_lines import custom_id, reply_of, request_line
from mtbench.chat.spec import ModelSpec
from mtbench.chat.ways import NO_RESPONSE, WRITTEN, Opening
from mtbench.errors import LeftUndone, MtbenchError, ParameterRefused, RequestError, Retryable

_MOST_NAMED = 10
"""Bad lines that are named one by one; of more, the number is said."""

_SCHEMA = """
CREATE TABLE responses (id TEXT PRIMARY KEY, file INT, place INT, good INT, used INT DEFAULT 0) WITHOUT ROWID;
CREATE TABLE written (id TEXT PRIMARY KEY) WITHOUT ROWID;
"""
_ADD = """
INSERT INTO responses (id, file, place, good) VALUES (?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET file = excluded.file, place = excluded.place, good = 1 WHERE excluded.good > good
"""


@dataclass(slots=True)
class Counts:
    """What has come of the files. `lines`: responses that were read; `unknown`: those that belong to no request asked.

    `written`: requests written, by the name that the engine knows the model by; `again` of them because the response
    that there is was a fault that may pass. `without`: requests that have no response.
    """

    written: dict[str, int]
    lines: int = 0
    bad: int = 0
    again: int = 0
    without: int = 0
    unknown: int = 0


class RequestFiles:
    """Takes responses from files and writes the requests that have none to a file, for the time of a `with` block.

    A folder of responses stands for the files in it. Where a request has several responses, the first good one counts.
    Responses are found by their place in the files, so memory does not grow with them. The file of requests is put in
    place whole at the end of the block, if nothing went wrong in it.

    Raises MtbenchError for a file that cannot be read or written. `note` is told of lines that are no responses.
    """

    room = 256

    def __init__(self, responses: Sequence[Path], requests: Path | None, note: Callable[[str], None]) -> None:
        self.requests = requests
        self.counts = Counts({})
        self._paths = [path for given in responses for path in _files_of(given)]
        self._note = note
        self._stack = ExitStack()
        self._streams: list[BinaryIO] = []
        self._out: BinaryIO | None = None

    def __enter__(self) -> "RequestFiles":
        with ExitStack() as stack:
            self._index = sqlite3.connect("", isolation_level=None)  # a temporary file of SQLite's own, gone with it
            stack.callback(self._index.close)
            for path in self._paths:
                self._streams.append(stack.enter_context(_opened(path)))
            self._read_all()
            if self.requests:
                self._out = stack.enter_context(_created(self._part))
            self._stack = stack.pop_all()
        return self

    def open(self, spec: ModelSpec, how: Opening) -> ChatModel:
        """A model that answers from the files; its `complete` raises LeftUndone for a request without a response."""
        return _FileModel(self, spec, how)

    def settle(self) -> None:
        """The files are left as they are."""

    def response(self, name: str) -> Mapping[str, Any] | None:
        """The line that answers a request, if there is one."""
        found = self._index.execute("SELECT file, place FROM responses WHERE id = ?", (name,)).fetchone()
        if found is None:
            return None
        self._index.execute("UPDATE responses SET used = 1 WHERE id = ?", (name,))
        stream = self._streams[found[0]]
        stream.seek(found[1])
        line: Mapping[str, Any] = orjson.loads(stream.readline().strip())
        return line

    def write(self, name: str, body: Mapping[str, Any]) -> None:
        """Adds a request to the file, if it is not there yet."""
        assert self._out
        if self._index.execute("INSERT OR IGNORE INTO written VALUES (?)", (name,)).rowcount:
            try:
                self._out.write(request_line(name, body) + b"\n")
            except OSError as error:
                raise MtbenchError(f"cannot write {self.requests}: {error.strerror}") from error
            model = str(body.get("model"))
            self.counts.written[model] = self.counts.written.get(model, 0) + 1

    @property
    def sources(self) -> str:
        """What messages call the files of responses."""
        names = ", ".join(path.name for path in self._paths[:3])
        return f"{names} and {len(self._paths) - 3} more" if len(self._paths) > 3 else names

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        (self.counts.unknown,) = self._index.execute("SELECT count(*) FROM responses WHERE NOT used").fetchone()
        try:
            self._stack.close()
            if self.requests and (kind or not self.counts.written):
                self._part.unlink(missing_ok=True)
            elif self.requests:
                self._part.replace(self.requests)
        except OSError as problem:
            raise MtbenchError(f"cannot write {self.requests}: {problem.strerror}") from problem

    @property
    def _part(self) -> Path:
        assert self.requests
        return self.requests.with_name(f".{self.requests.name}.part")

    def _read_all(self) -> None:
        try:
            self._index.executescript(f"PRAGMA journal_mode = OFF; PRAGMA cache_size = -65536; {_SCHEMA}")
            self._index.execute("BEGIN")
            for number in range(len(self._paths)):
                self._index.executemany(_ADD, self._read(number))
        except sqlite3.Error as error:
            raise MtbenchError(
                f"cannot index the responses ({error}): is there room in the temporary folder?"
            ) from error
        if self.counts.bad > _MOST_NAMED:
            self._note(f"responses: {self.counts.bad} lines in all are left out")

    def _read(self, number: int) -> Iterator[tuple[str, int, int, bool]]:
        """Id, file, place and goodness of each response in a file."""
        place = 0
        for line_number, line in enumerate(self._streams[number], 1):
            text = line.strip().removeprefix(b"\xef\xbb\xbf")
            try:
                obj = orjson.loads(text) if text else None
            except orjson.JSONDecodeError as error:
                self._say_bad(number, line_number, f"not JSON ({error})")
            else:
                if obj is not None and not (isinstance(obj, dict) and isinstance(obj.get("custom_id"), str)):
                    self._say_bad(number, line_number, "no response: it has no custom_id")
                elif obj is not None:
                    self.counts.lines += 1
                    at = place + line.index(text)
                    yield obj["custom_id"], number, at, _is_good(obj)
            place += len(line)

    def _say_bad(self, number: int, line: int, problem: str) -> None:
        self.counts.bad += 1
        if self.counts.bad <= _MOST_NAMED:
            self._note(f"{self._paths[number]}, line {line}: {problem}; left out")


class _FileModel:
    """A ChatModel whose replies stand in files."""

    def __init__(self, files: RequestFiles, spec: ModelSpec, how: Opening) -> None:
        self._files, self._spec, self._keep_thinking, self._ended = files, spec, how.keep_thinking, how.ended
        self._endpoint = Endpoint("file:")
        self._refused: set[str] = set()

    async def complete(self, messages: Sequence[Message], params: Params) -> Completion:
        name = custom_id(self._spec.full_name, messages, params)
        body, asked = openai.request(self._spec, self._endpoint, messages, params)
        asked = replace(asked, host=self._files.sources)
        line = None if name in self._refused else self._files.response(name)
        if line is not None:
            try:
                completion = openai.completion(reply_of(line), asked, self._endpoint, self._keep_thinking)
            except RequestError as error:
                if isinstance(error, ParameterRefused):  # it is asked without, which may well have the same id
                    self._refused.add(name)
                if self._files.requests is None or not isinstance(error, Retryable):
                    self._tell(params, error.kind, str(error))
                    raise
                self._files.counts.again += 1
            else:
                self._tell(params, "ok", "", completion)
                return completion
        if self._files.requests is None:
            self._files.counts.without += 1
            raise LeftUndone(f"{self._spec.id}: no response to this request in {self._files.sources}", NO_RESPONSE)
        self._files.write(name, body)
        raise LeftUndone(f"{self._spec.id}: written to {self._files.requests}, not asked", WRITTEN)

    async def aclose(self) -> None:
        return

    def _tell(self, params: Params, outcome: str, said: str, completion: Completion | None = None) -> None:
        usage = completion.usage if completion else Completion("").usage
        self._ended(Attempt(self._spec.id, params.about, outcome, 0.0, usage, 0.0, said))


def _is_good(line: Mapping[str, Any]) -> bool:
    reply = reply_of(line)
    return reply.status == 200 and reply.body != b"{}"


def _files_of(path: Path) -> list[Path]:
    """The file, or the files of the folder: Ray Data writes one for each part of its data."""
    if not path.is_dir():
        return [path]
    found = sorted(each for each in path.iterdir() if each.suffix in (".json", ".jsonl") and each.name[0] != ".")
    if not found:
        raise MtbenchError(f"{path}: there is no .json or .jsonl file in this folder")
    return found


def _opened(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except FileNotFoundError:
        raise MtbenchError(f"{path}: there is no such file") from None
    except OSError as error:
        raise MtbenchError(f"cannot read {path}: {error.strerror}") from error


def _created(path: Path) -> BinaryIO:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.open("wb")
    except OSError as error:
        raise MtbenchError(f"cannot write {path.parent}: {error.strerror}") from error
