"""Append-only JSONL on disk: one write a record, one writer a file, torn tails mended, names safe for any model id."""

import fcntl
import json
import os
import re
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from errno import EDQUOT, EFBIG, ENOSPC
from itertools import chain
from math import isfinite
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
    """A file name for any model id; `id_of` gives the id back, and no two ids share a name.

    Raises MtbenchError for an id that is empty, is not text, or is too long for a file name.
    """
    try:
        name = quote(model_id, safe=" @+=,()")
    except UnicodeEncodeError as error:
        raise MtbenchError(f"model id {model_id!a:.60} is not UTF-8 text: give it an alias in models.yaml") from error
    if not name:
        raise MtbenchError("a model id is empty: name the model, such as openai/gpt-4o")
    if name.startswith("."):
        name = "%2E" + name[1:]
    if name.endswith(FAILURES):
        name = name[: -len(FAILURES)] + "%2E" + FAILURES[1:]
    if len(name.encode()) > 200:
        raise MtbenchError(
            f"model id {model_id!r:.60} is too long for a file name: give it a short alias in models.yaml"
        )
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
    try:
        paths = sorted(folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise MtbenchError(f"cannot read {folder}: {error.strerror}") from error
    found = {
        id_of(path.name[: -len(ending)]): path
        for path in paths
        if path.name.endswith(ending) and not path.name.startswith(".") and not path.stem.endswith(FAILURES)
    }
    return dict(sorted(found.items()))


def read(path: Path, warn: Callable[[str], None] | None = None) -> Iterator[tuple[int, Json]]:
    """Line number (from 1) and object of every line. A missing file is empty.

    A last line that was torn by a crash is passed over, and said to `warn`. Raises BadRecord for any other line that is
    not a JSON object.
    """
    for _, number, obj in Lines(path).read(warn):
        yield number, obj


def lines(path: Path) -> Iterator[tuple[int, Json | BadRecord]]:
    """Like `read`, but a line that is not a JSON object comes as the error that says why, and the rest follows."""
    for _, number, found in Lines(path).each():
        yield number, found


class TornLine(BadRecord):
    """The last line of a file, which has no newline and is not JSON: a crash cut it off, or a hand left it so."""


class Lines:
    """The lines of a file, in their order and by their places: the bytes before them.

    It stays the file that was opened, whatever takes its name meanwhile. A missing file is empty until it is there.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = -1
        self._block, self._block_at = b"", 0

    def read(self, warn: Callable[[str], None] | None = None) -> Iterator[tuple[int, int, Json]]:
        """Place, number and object of every line, with torn and bad lines as for the function `read`."""
        for place, number, line in self.each_raw():
            obj = self.parse(line, number, warn)
            if obj is not None:
                yield place, number, obj

    def each(self) -> Iterator[tuple[int, int, Json | BadRecord]]:
        """Place, number and object of every line, or the error that says why it is none."""
        for place, number, line in self.each_raw():
            found = _parse(line, self.path, number)
            if found is not None:
                yield place, number, found

    def each_raw(self) -> Iterator[tuple[int, int, bytes]]:
        """Place, number and bytes of every line, whatever it holds; `parse` makes an object of them."""
        try:
            with open(self._opened(), "rb", buffering=_READ_AT_ONCE, closefd=False) as stream:
                stream.seek(0)
                place = 0
                for number, line in enumerate(stream, 1):
                    yield place, number, line
                    place += len(line)
        except FileNotFoundError:
            return
        except OSError as error:
            raise MtbenchError(f"cannot read {self.path}: {error.strerror}") from error

    def parse(self, line: bytes, number: int, warn: Callable[[str], None] | None = None) -> Json | None:
        """The object of a line; None where the line is empty, or torn, which `warn` is told. Raises BadRecord."""
        found = _parse(line, self.path, number)
        if isinstance(found, TornLine):
            if warn:
                warn(f"{self.path}, line {number}: the last line is torn; it is left out and asked for again")
            return None
        if isinstance(found, BadRecord):
            raise found
        return found

    def at(self, place: int) -> Json:
        """The object of the line at a place that was read, or where a record was appended, before.

        Raises MtbenchError when there is no such line any more.
        """
        found = _parse(self.raw(place), self.path, None)
        if isinstance(found, dict):
            return found
        raise self.changed()

    def raw(self, place: int) -> bytes:
        """The line at a place, with its newline."""
        start = place - self._block_at
        end = self._block.find(b"\n", start) if start >= 0 else -1
        if end < 0:
            self._read_block(place)
            start, end = 0, self._block.find(b"\n")
        return self._block[start : end + 1] if end >= 0 else self._block + b"\n"

    def changed(self) -> MtbenchError:
        """What to raise when a line is not what it was when it was read first."""
        return MtbenchError(f"{self.path} was changed by another program while it was being read: run again")

    def _read_block(self, place: int) -> None:
        """Takes the bytes from a place on, one line at least, and what follows it for who reads on."""
        size = _BLOCK
        try:
            while True:
                self._block, self._block_at = os.pread(self._opened(), size, place), place
                if len(self._block) < size or b"\n" in self._block:
                    return
                size *= 4
        except OSError as error:
            raise MtbenchError(f"cannot read {self.path}: {error.strerror}") from error

    def _opened(self) -> int:
        if self._file < 0:
            self._file = os.open(self.path, os.O_RDONLY)
        return self._file

    def __del__(self) -> None:
        if self._file >= 0:
            os.close(self._file)


_READ_AT_ONCE = 2**18
"""Bytes taken from a file that is read from end to end."""

_BLOCK = 2**15
"""Bytes taken around a line that is read by its place."""


def _parse(line: bytes, path: Path, number: int | None) -> Json | BadRecord | None:
    """The object of a line, or the error that says why it is none, or None where the line is empty."""
    try:
        found = orjson.loads(line)
    except orjson.JSONDecodeError:
        found = None
    if isinstance(found, dict):
        return found
    try:
        return jsonlines.Reader([line], loads=_loads).read(type=dict, skip_empty=True)
    except EOFError:
        return None
    except jsonlines.InvalidLineError as error:
        kind = BadRecord if line.endswith(b"\n") else TornLine
        return kind(path, number, _why_invalid(error))


def _loads(line: str | bytes) -> Any:
    """orjson, or Python's parser for what only that takes: NaN and half surrogate pairs, as FastChat writes them."""
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError:
        try:
            return _writable(json.loads(line.rstrip()))
        except RecursionError:
            raise ValueError("nested too deeply") from None


def _dumps(obj: Json) -> bytes:
    """One line. What orjson cannot write (half a surrogate pair, an integer beyond 64 bits) goes by Python's writer."""
    try:
        return orjson.dumps(obj) + b"\n"
    except orjson.JSONEncodeError:
        return json.dumps(_writable(obj)).encode() + b"\n"


def _writable(value: Any) -> Any:
    """`value` as orjson can write it and would read it: no half surrogate pair, no NaN, no integer beyond 64 bits."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, int) and not -(2**63) <= value < 2**64:
        value = float(str(value))
    if isinstance(value, float) and not isfinite(value):
        return None
    if isinstance(value, list):
        return [_writable(item) for item in value]
    if isinstance(value, dict):
        return {_writable(key): _writable(item) for key, item in value.items()}
    return value


def _why_invalid(error: jsonlines.InvalidLineError) -> str:
    cause = error.__cause__
    if isinstance(cause, json.JSONDecodeError):
        return f"not JSON ({cause.msg} at column {cause.colno})"
    if isinstance(cause, UnicodeDecodeError):
        return "not UTF-8 text"
    return f"not JSON ({cause})" if cause else "not a JSON object"


class Appender:
    """The one writer of a JSONL file, for the time of a `with` block.

    Waits for another run that has the file, after saying to `warn` who holds it. Mends a torn last line.
    """

    def __init__(self, path: Path, warn: Callable[[str], None] | None = None) -> None:
        self.path = path
        self._new = path.with_name(f".{path.name}.new")  # one name: what a kill left of a rewrite is found again
        self._warn = warn or _say_nothing
        self._lock = -1
        self._file = -1
        self._waiting = False

    def __enter__(self) -> "Appender":
        while not self.try_enter():
            time.sleep(0.1)
        return self

    def try_enter(self) -> bool:
        """Becomes the file's writer, or says (once) who is and returns False."""
        try:
            if self._lock < 0:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                self._lock = os.open(self.path.with_name(f".{self.path.name}.lock"), os.O_RDWR | os.O_CREAT, 0o666)
            return self._take_lock()
        except OSError as error:
            raise unwritable(f"in {self.path.parent}", error) from error

    def _take_lock(self) -> bool:
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if not self._waiting:
                holder = os.pread(self._lock, 300, 0).decode(errors="replace").strip()
                self._warn(f"{self.path} is being written by {holder or 'another run'}; waiting for it to end")
            self._waiting = True
            return False
        os.ftruncate(self._lock, 0)
        command = " ".join([Path(sys.argv[0]).name, *sys.argv[1:]])
        os.pwrite(self._lock, f"process {os.getpid()} ({command[:200]})\n".encode(errors="replace"), 0)
        self._new.unlink(missing_ok=True)
        return True

    def append(self, obj: Json) -> int:
        """Adds one record with a single write; gives its place in the file.

        Raises MtbenchError when the disk is full or read-only.
        """
        try:
            if self._file < 0:
                self._open()
            data = _dumps(obj)
            written = os.write(self._file, data)
            if written != len(data):
                os.ftruncate(self._file, os.fstat(self._file).st_size - written)
                raise OSError(ENOSPC, os.strerror(ENOSPC))
            return os.lseek(self._file, 0, os.SEEK_CUR) - written
        except OSError as error:
            raise unwritable(self.path, error) from error

    def take_back(self, place: int, obj: Json) -> None:
        """Removes the last record, which `append` has put at `place`.

        Raises MtbenchError, and leaves the file as it is, where that is not its last record any more.
        """
        data = _dumps(obj)
        try:
            if os.fstat(self._file).st_size != place + len(data) or os.pread(self._file, len(data), place) != data:
                raise MtbenchError(f"{self.path} was changed by another program: nothing is taken back")
            os.ftruncate(self._file, place)
        except OSError as error:
            raise unwritable(self.path, error) from error

    def rewrite(self, records: Iterable[Json | bytes]) -> None:
        """Puts `records`, or lines as they are, in place of the file's lines, at once or not at all.

        They are taken one by one, while the old file is still there. No records: the file goes.
        """
        lines = (record if isinstance(record, bytes) else _dumps(record) for record in records)
        first = next(lines, None)
        self._close_file()
        if first is not None:
            replace_file(self.path, chain([first], lines), self._new)
            return
        try:
            self.path.unlink(missing_ok=True)
        except OSError as error:
            raise MtbenchError(f"cannot remove {self.path}: {error.strerror}") from error

    def _open(self) -> None:
        self._file = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o666)
        try:
            self._mend_tail()
        except OSError:
            self._close_file()
            raise

    def _mend_tail(self) -> None:
        size = os.fstat(self._file).st_size
        if size == 0 or os.pread(self._file, 1, size - 1) == b"\n":
            return
        start = _last_newline(self._file, size) + 1
        tail = os.pread(self._file, size - start, start)
        if _is_object(tail):
            os.write(self._file, b"\n")
        else:
            os.ftruncate(self._file, start)

    def _close_file(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close_file()
        os.ftruncate(self._lock, 0)
        os.close(self._lock)
        self._lock = -1


def replace_file(path: Path, data: bytes | Iterable[bytes], new: Path | None = None) -> None:
    """Writes `data`, whole or in parts, beside `path` and moves it there: a reader sees the old file or the new one.

    A file that is replaced keeps its permissions; a new one has what the umask leaves. `new`: where `data` is written
    first, which nobody else may do. Raises MtbenchError.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        new = new or path.with_name(f".{path.name}.{os.urandom(4).hex()}")
        try:
            with new.open("xb") as stream:
                stream.writelines([data] if isinstance(data, bytes) else data)
                stream.flush()
                os.fsync(stream.fileno())
            if path.exists():
                new.chmod(path.stat().st_mode & 0o777)
            new.replace(path)
        except BaseException:
            new.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise unwritable(path, error) from error


def keep_file(path: Path, objects: Iterable[Json]) -> None:
    """Makes `path` the JSONL file of these objects; one that is so already stays untouched. Raises MtbenchError."""
    data = b"".join(map(_dumps, objects))
    if not (path.is_file() and path.read_bytes() == data):
        replace_file(path, data)


_FULL = (ENOSPC, EDQUOT, EFBIG)


def unwritable(place: Path | str, error: OSError) -> MtbenchError:
    """What to say when `place` cannot be written: why, and what to do."""
    remedy = "make room and run again; nothing that was written is lost"
    return MtbenchError(
        f"cannot write {place}: {error.strerror}; {remedy if error.errno in _FULL else 'choose another --data-dir'}"
    )


def _is_object(line: bytes) -> bool:
    """Whether `read` takes this line."""
    try:
        return isinstance(_loads(line.decode("utf-8-sig")), dict)
    except ValueError:
        return False


def _last_newline(file: int, size: int) -> int:
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


def _say_nothing(message: str) -> None:
    pass
