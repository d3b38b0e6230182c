"""Standard output and error as a command line wants them: no reader is no error, and what cannot be shown is marked."""

import io
import sys
from errno import EIO, EPIPE
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


class _Pipe(io.FileIO):
    """A stream that may lose its reader, as in `mtbench … | head`: what nobody reads is dropped, the work goes on."""

    def write(self, data: "ReadableBuffer", /) -> int:
        try:
            return super().write(data)
        except OSError as error:
            if error.errno not in (EPIPE, EIO):  # a reader that left, a terminal that is gone
                raise
            return memoryview(data).nbytes


def make_forgiving() -> None:
    """Puts such streams in place of the standard ones; those that a program has replaced, or closed, stay."""
    sys.stdout, sys.stderr = _forgiving(sys.stdout), _forgiving(sys.stderr)


def _forgiving(stream: TextIO) -> TextIO:
    if type(stream) is not io.TextIOWrapper:
        return stream
    raw = io.BufferedWriter(_Pipe(stream.fileno(), "w", closefd=False))
    return io.TextIOWrapper(raw, stream.encoding, "replace", line_buffering=stream.line_buffering)
