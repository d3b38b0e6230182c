"""Append-only JSONL on disk: one write a record, one writer a file, torn tails mended, names safe for any model id."""

import fcntl
import json
import os
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import quote, unquote

import jsonlines
import orjson

from mtbench.errors import BadRecord, MtbenchError

Json = dict[str, Any]
FAILURES = ".failures"


def safe_name(model_id: str) -> str:
    """A file name for any model id; `id_of` gives the id back, and no two ids share a name."""
    name = quote(model_id, safe=" @+=,()")
    if name.startswith("."):
        name = "%2E" + name[1:]
    if name.endswith(FAILURES):
        name = name[: -len(FAILURES)] + "%2E" + FAILURES[1:]
    if len(name.encode()) > 200:
        raise MtbenchError(f"model id {model_id!r:.60} is too long for a file name: give it a short alias in models.yaml")
    return name


def id_of(name: str) -> str:
    """The model id behind a file name made by `safe_name` (or by FastChat)."""
    return unquote(name)


def failures_path(path: Path) -> Path:
    """Where the requests that failed for `path` are kept."""
    return path.with_name(path.stem + FAILURES + ".jsonl")


def model_files(folder: Path, suffix: str = "") -> dict[str, Path]:
    """Model id → file for the record files of a folder, sorted by id; failure files are left out."""
    ending = suffix + ".jsonl"
    found = {
        id_of(path.name[: -len(ending)]): path
        for path in folder.glob(f"*{ending}")
        if not path.name.startswith(".") and not path.stem.endswith(FAILURES)
    }
    return dict(sorted(found.items()))


def read(path: Path, warn: Callable[[str], None] | None = None) -> Iterator[tuple[int, Json]]:
    """Line number (from 1) and object of every line. A missing file is empty.

    A last line that was torn by a crash is passed over, and said to `warn`. Raises BadRecord for any other line that is
    not a JSON object.
    """
    try:
        stream = path.open("rb")
    except FileNotFoundError:
        return
    except OSError as error:
        raise MtbenchError(f"cannot read {path}: {error.strerror}") from error
    with stream:
        numbered = _Numbered(stream)
        reader = jsonlines.Reader(numbered, loads=_loads)
        while True:
            try:
                obj = reader.read(type=dict, skip_empty=True)
            except EOFError:
                return
            except jsonlines.InvalidLineError as error:
                if not numbered.line.endswith(b"\n"):
                    if warn:
                        warn(f"{path}, line {error.lineno}: the last line is torn; it is left out and asked for again")
                    return
                raise BadRecord(path, error.lineno, _why_invalid(error)) from error
            yield numbered.number, obj


class _Numbered:
    """The lines of a stream, remembering the last one read and its number."""

    def __init__(self, lines: Iterable[bytes]) -> None:
        self._lines = iter(lines)
        self.number, self.line = 0, b""

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        self.line = next(self._lines)
        self.number += 1
        return self.line


def _loads(line: str) -> Any:
    """orjson, and for what only Python's parser takes (NaN, half of a surrogate pair, as FastChat writes them) that one."""
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError:
        return _writable(json.loads(line))


def _writable(value: Any) -> Any:
    """`value` with half surrogate pairs replaced, so that it can be written again."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [_writable(item) for item in value]
    if isinstance(value, dict):
        return {_writable(key): _writable(item) for key, item in value.items()}
    return value


def _why_invalid(error: jsonlines.InvalidLineError) -> str:
    cause = error.__cause__
    if isinstance(cause, json.JSONDecodeError):
        return f"not JSON ({cause.msg} at column {cause.colno})"
    return "not UTF-8 text" if isinstance(cause, UnicodeDecodeError) else "not a JSON object"


class Appender:
    """The one writer of a JSONL file, for the time of a `with` block.

    Waits for another run that has the file, after saying to `warn` who holds it. Mends a torn last line.
    """

    def __init__(self, path: Path, warn: Callable[[str], None] | None = None) -> None:
        self.path = path
        self._warn = warn or (lambda message: None)
        self._lock = -1
        self._file = -1

    def __enter__(self) -> "Appender":
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._lock = os.open(self.path.with_name(f".{self.path.name}.lock"), os.O_RDWR | os.O_CREAT, 0o666)
        except OSError as error:
            raise MtbenchError(f"cannot write in {self.path.parent}: {error.strerror}; choose another --data-dir") from error
        self._take_lock()
        return self

    def _take_lock(self) -> None:
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(self._lock, 300, 0).decode(errors="replace").strip()
            self._warn(f"{self.path} is being written by {holder or 'another run'}; waiting for it to end")
            fcntl.flock(self._lock, fcntl.LOCK_EX)
        os.ftruncate(self._lock, 0)
        command = " ".join([Path(sys.argv[0]).name, *sys.argv[1:]])
        os.pwrite(self._lock, f"process {os.getpid()} ({command[:200]})\n".encode(), 0)

    def append(self, obj: Json) -> None:
        """Adds one record with a single write. Raises MtbenchError when the disk is full or read-only."""
        try:
            if self._file < 0:
                self._file = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o666)
                self._mend_tail()
            data = orjson.dumps(obj) + b"\n"
            written = os.write(self._file, data)
            if written != len(data):
                os.ftruncate(self._file, os.fstat(self._file).st_size - written)
                raise MtbenchError(f"cannot write {self.path}: the disk is full; make room and run again")
        except OSError as error:
            raise MtbenchError(f"cannot write {self.path}: {error.strerror}; nothing before it is lost") from error

    def rewrite(self, objects: Iterable[Json]) -> None:
        """Puts `objects` in place of the file's lines, at once or not at all. No objects: the file goes."""
        lines = [orjson.dumps(obj) + b"\n" for obj in objects]
        self._close_file()
        if not lines:
            self.path.unlink(missing_ok=True)
            return
        replace_file(self.path, b"".join(lines))

    def _mend_tail(self) -> None:
        size = os.fstat(self._file).st_size
        if size == 0 or os.pread(self._file, 1, size - 1) == b"\n":
            return
        start = last_newline(self._file, size) + 1
        tail = os.pread(self._file, size - start, start)
        try:
            orjson.loads(tail)
            os.write(self._file, b"\n")
        except orjson.JSONDecodeError:
            os.ftruncate(self._file, start)

    def _close_file(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._close_file()
        if self._lock >= 0:
            os.ftruncate(self._lock, 0)
            os.close(self._lock)
            self._lock = -1


def replace_file(path: Path, data: bytes) -> None:
    """Writes `data` beside `path` and moves it there, so that a reader sees the old file or the new one."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
            os.chmod(name, 0o644)
            os.replace(name, path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise MtbenchError(f"cannot write {path}: {error.strerror}") from error


def last_newline(file: int, size: int) -> int:
    """Offset of the last newline before `size`, or -1."""
    end = size
    while end > 0:
        start = max(0, end - 65536)
        found = os.pread(file, end - start, start).rfind(b"\n")
        if found >= 0:
            return start + found
        end = start
    return -1


def new_id() -> str:
    """A short unique id for an answer."""
    return re.sub(r"\W", "", f"{time.time_ns():x}{os.urandom(6).hex()}")
