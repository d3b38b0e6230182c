"""Batch jobs on disk: one small file a job, so that a command that was killed finds what it has asked and paid for."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, BinaryIO, Literal

import orjson

from mtbench import files
from mtbench.chat.spec import ModelSpec
from mtbench.errors import BadRecord, MtbenchError

State = Literal["submitting", "submitted", "ended", "settled"]
_STATES = ("submitting", "submitted", "ended", "settled")


@dataclass(frozen=True, slots=True)
class Job:
    """One batch job. `id` is ours, `provider_id` the provider's, once it has given one.

    `state`: submitting (the provider may have it or not), submitted, ended (its results are on this disk), settled
    (nothing in it is needed any more; `ids` are dropped). `ids`: the requests in it. `taken`: those whose outcome has
    been recorded. `tentative`: whether `provider_id` is a guess that the results will prove. `foreign`: guesses that
    were wrong. `status`, `done`, `failed`, `total`: as the provider said last. `created` in seconds since 1970.
    """

    id: str
    model: str
    name: str
    provider: str
    endpoint: str
    base_url: str | None
    key_env: str | None
    created: float
    state: State = "submitting"
    provider_id: str | None = None
    tentative: bool = False
    cancelled: bool = False
    status: str = "submitting"
    done: int = 0
    failed: int = 0
    total: int = 0
    ids: tuple[str, ...] = ()
    taken: tuple[str, ...] = ()
    foreign: tuple[str, ...] = ()

    @classmethod
    def begin(cls, spec: ModelSpec, endpoint: str, ids: tuple[str, ...]) -> "Job":
        """A job that is about to be submitted to `endpoint`, a URL."""
        now = time.time()
        return cls(
            id=time.strftime("%Y%m%d-%H%M%S-", time.gmtime(now)) + os.urandom(3).hex(),
            model=spec.id,
            name=spec.name,
            provider=spec.provider,
            endpoint=endpoint,
            base_url=spec.base_url,
            key_env=spec.key_env,
            created=now,
            total=len(ids),
            ids=ids,
        )

    def to_json(self) -> files.Json:
        return {name: getattr(self, name) for name in self.__slots__}

    @classmethod
    def from_json(cls, obj: files.Json) -> "Job":
        """Raises ValueError for what is no job."""
        if obj.get("state") not in _STATES:
            raise ValueError(f"field 'state' must be one of {', '.join(_STATES)}")
        values: dict[str, Any] = {}
        for name, of in _FIELDS.items():
            if name in obj:
                value = obj[name]
                if not isinstance(value, of) or isinstance(value, bool) != (of is bool):
                    raise ValueError(f"field {name!r} has a wrong value")
                values[name] = tuple(map(str, value)) if of is list else value
        try:
            return cls(**values)
        except TypeError:
            missing = sorted(name for name in ("id", "model", "name", "provider", "endpoint") if name not in values)
            raise ValueError(f"fields are missing: {', '.join(missing) or 'created'}") from None


_TEXT, _NUMBER = str, (int, float)
_FIELDS: dict[str, Any] = {
    **dict.fromkeys(("id", "model", "name", "provider", "endpoint", "state", "status"), _TEXT),
    **dict.fromkeys(("base_url", "key_env", "provider_id"), (str, type(None))),
    **dict.fromkeys(("tentative", "cancelled"), bool),
    **dict.fromkeys(("created",), _NUMBER),
    **dict.fromkeys(("done", "failed", "total"), int),
    **dict.fromkeys(("ids", "taken", "foreign"), list),
}


class BatchFolder:
    """The jobs of one bench: NAME.json for each, and NAME.results.jsonl while results in it may be needed.

    Files are replaced whole. Several commands may use one folder at once.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def jobs(self) -> list[Job]:
        """Every job, the oldest first. Raises BadRecord for a file that holds none."""
        try:
            names = sorted(path for path in self.path.iterdir() if path.suffix == ".json" and path.name[0] != ".")
        except (FileNotFoundError, NotADirectoryError):
            return []
        except OSError as error:
            raise MtbenchError(f"cannot read {self.path}: {error.strerror}") from error
        return sorted((self._read(path) for path in names), key=lambda job: job.created)

    def names(self) -> set[str]:
        """Which jobs there are, without reading them."""
        try:
            return {path.stem for path in self.path.iterdir() if path.suffix == ".json" and path.name[0] != "."}
        except (FileNotFoundError, NotADirectoryError):
            return set()

    def read(self, job_id: str) -> Job | None:
        """None if another command took it away meanwhile. Raises BadRecord for a file that holds no job."""
        path = self._file(job_id)
        return self._read(path) if path.exists() else None

    def add(self, job: Job) -> None:
        """Writes a new job down, before it is submitted."""
        files.replace_file(self._file(job.id), orjson.dumps(job.to_json()) + b"\n")

    def update(self, job_id: str, **fields: Any) -> Job:
        """Changes fields of a job on disk, while no other command does; `taken` grows, and is never replaced."""
        with self._changing():
            job = self._read(self._file(job_id))
            if "taken" in fields:
                fields["taken"] = tuple(sorted({*job.taken, *fields["taken"]}))
            job = replace(job, **fields)
            self.add(job)
        return job

    def settle(self, job_id: str, **fields: Any) -> Job:
        """Nothing in the job is needed any more: drops its ids and its results, and keeps its counts."""
        with self._changing():
            job = replace(self._read(self._file(job_id)), state="settled", ids=(), taken=(), **fields)
            self.add(job)
        self._remove(self.results(job_id))
        self._remove(self._lock(job_id))
        return job

    def remove(self, job_id: str) -> None:
        """Takes a job away that was never submitted."""
        self._remove(self._file(job_id))
        self._remove(self._lock(job_id))

    def results(self, job_id: str) -> Path:
        """Where the job's results are once it has ended, one JSON object a line as the provider gave them."""
        return self.path / f"{job_id}.results.jsonl"

    @contextmanager
    def scratch(self) -> Iterator[BinaryIO]:
        """A file without a name for the requests of a job, which may be too many for the memory."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            with TemporaryFile(dir=self.path) as stream:
                yield stream
        except OSError as error:
            raise MtbenchError(f"cannot write in {self.path}: {error.strerror}") from error

    @contextmanager
    def submitting(self, job_id: str) -> Iterator[bool]:
        """Holds a job while it is submitted, or while it is found out whether it was. False: another command does."""
        self.path.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self._lock(job_id), os.O_RDWR | os.O_CREAT, 0o666)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
                return
            yield True
        finally:
            os.close(descriptor)

    @contextmanager
    def _changing(self) -> Iterator[None]:
        descriptor = os.open(self.path / ".lock", os.O_RDWR | os.O_CREAT, 0o666)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)  # held for a moment only
            yield
        finally:
            os.close(descriptor)

    def _file(self, job_id: str) -> Path:
        return self.path / f"{job_id}.json"

    def _lock(self, job_id: str) -> Path:
        return self.path / f".{job_id}.lock"

    def _read(self, path: Path) -> Job:
        try:
            obj = orjson.loads(path.read_bytes())
            job = Job.from_json(obj if isinstance(obj, dict) else {})
            if job.id != path.stem:
                raise ValueError(f"field 'id' must be {path.stem!r}, as the file is called")
            return job
        except OSError as error:
            raise MtbenchError(f"cannot read {path}: {error.strerror}") from error
        except ValueError as error:  # orjson's error is one
            raise BadRecord(path, None, f"no batch job: {error}; if the job is lost, remove the file") from error

    def _remove(self, path: Path) -> None:
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise MtbenchError(f"cannot remove {path}: {error.strerror}") from error
