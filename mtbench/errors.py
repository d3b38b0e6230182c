"""Every error that a person may meet, as one tree; each class knows its exit code (docs/architecture.md).

MtbenchError                 2  wrong usage or bad input
├── BadRecord                2  a line of a file is not what it should be: file, line and field are named
├── Incomplete               3  some requests failed; running again does the rest
├── Ended                  2, 3  errors below ended a job, or one model's part of it, before all was done
└── RequestError             3  one request to a model did not give a completion
    ├── Retryable            3  worth trying again: time-outs, dropped connections, 408, 409, 429, 5xx, 529
    │   └── Unreachable      3  no connection at all; after the retries it ends the model's part
    ├── GivenUp              3  this request will never be answered: recorded, the run goes on
    │   ├── ContextTooLong
    │   ├── ContentRefused
    │   └── ParameterRefused    the endpoint does not take one parameter; the adapter goes on without it
    ├── Interrupted        130  a person asked to stop before this request was sent
    ├── LeftUndone           3  not asked, and not failed: no response in a file, or a batch job that was cancelled
    ├── LimitReached         3  the run's own limit (budget, requests, deadline) stops it before this request
    └── EndpointFailed       3  no request can be answered: it ends the model's part of the run, with one message
        ├── BadKey           2
        ├── NoSuchModel      2
        ├── CannotStart      2
        ├── NoSuchJob        3
        ├── OutOfQuota       3
        └── RateLimited      3  429 where the person said to stop and not to wait
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal


class MtbenchError(Exception):
    """Something a person can put right; the message says what, where, and what to do."""

    exit_code = 2


class BadRecord(MtbenchError):
    """A record that cannot be used; names the file, the line (from 1) and, where known, the field."""

    def __init__(self, path: Path | str, line: int | None, problem: str, field: str | None = None) -> None:
        where = str(path) if line is None else f"{path}, line {line}"
        super().__init__(f"{where}: {f'field {field!r}: ' if field else ''}{problem}")
        self.path, self.line, self.problem, self.field = Path(path), line, problem, field


class Incomplete(MtbenchError):
    """Some requests failed; the same command does the rest when it is run again."""

    exit_code = 3


class RequestError(MtbenchError):
    """One request did not give a completion. `kind` is the short reason kept in failure records."""

    exit_code = 3
    kind = "failed"
    ends: Literal["work", "model", "run"] = "work"
    """How much ends with it: one piece of work, all that the model still had to do, or the whole run."""
    leaves_undone = False
    """Whether the work that it ends is undone rather than failed: no failure is recorded."""


class Ended(MtbenchError):
    """A job that ended, in part or as a whole, before all was done, and why; the next run goes on."""

    def __init__(self, reasons: Sequence[RequestError]) -> None:
        super().__init__("; ".join(map(str, reasons)))
        self.reasons = tuple(reasons)
        self.exit_code = min(reason.exit_code for reason in reasons)


class Retryable(RequestError):
    """A fault that may pass. `retry_after`: seconds that the endpoint asked to wait, if it did.

    `tokens`: input, output, cached and written tokens of a reply that came, was paid for, and is no use.
    """

    kind = "unavailable"

    def __init__(
        self,
        message: str,
        retry_after: float | None = None,
        kind: str | None = None,
        tokens: tuple[int, int, int, int] = (0, 0, 0, 0),
    ) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.kind = kind or type(self).kind
        self.tokens = tokens


class Unreachable(Retryable):
    """No connection could be made: no such host, or nothing listens there."""

    kind = "unreachable"
    ends = "model"


class GivenUp(RequestError):
    """The endpoint answered that it will not do this request; asking again would not help."""

    kind = "refused"


class ContextTooLong(GivenUp):
    """The conversation does not fit the model's context."""

    kind = "context too long"


class ContentRefused(GivenUp):
    """The provider's filter refused the content."""

    kind = "content refused"


class ParameterRefused(GivenUp):
    """The endpoint does not take `parameter`: a field of Params, its tokens field, an extra field, or `system`."""

    kind = "parameter refused"

    def __init__(self, message: str, parameter: str) -> None:
        super().__init__(message)
        self.parameter = parameter


class Interrupted(RequestError):
    """A stop was asked for before this request was sent; by a person, unless the Stop knows another reason."""

    exit_code = 130
    kind = "interrupted"
    ends = "run"
    leaves_undone = True


class LeftUndone(RequestError):
    """A request that was not asked on purpose: its work is undone, not failed, and the run goes on with the rest."""

    kind = "left undone"
    leaves_undone = True

    def __init__(self, message: str, kind: str | None = None) -> None:
        super().__init__(message)
        self.kind = kind or type(self).kind


class LimitReached(RequestError):
    """A limit that the person set for the whole run is reached: money, requests or time."""

    kind = "limit reached"
    ends = "run"
    leaves_undone = True


class EndpointFailed(RequestError):
    """No request to this endpoint can be answered: end the model's part of the run, say it once."""

    kind = "endpoint failed"
    ends = "model"


class BadKey(EndpointFailed):
    """The key is missing, wrong, or may not use this model."""

    exit_code = 2
    kind = "bad key"
    leaves_undone = True


class NoSuchModel(EndpointFailed):
    """The endpoint does not know the model (or the path of the base URL is wrong)."""

    exit_code = 2
    kind = "no such model"
    leaves_undone = True


class CannotStart(EndpointFailed):
    """A model of this machine is missing, broken, or does not start."""

    exit_code = 2
    kind = "cannot start"
    leaves_undone = True


class NoSuchJob(EndpointFailed):
    """The provider does not know a batch job, or keeps its results no longer."""

    kind = "no such batch job"


class OutOfQuota(EndpointFailed):
    """The account has no credit left."""

    kind = "out of quota"


class RateLimited(EndpointFailed):
    """The endpoint asks to slow down, and the person said to stop then."""

    kind = "rate limited"
