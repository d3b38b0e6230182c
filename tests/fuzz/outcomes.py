"""What reading the outside may end in: a value, or one of our errors that says where."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from mtbench.errors import BadRecord, MtbenchError

Read = TypeVar("Read")

_BREAK = re.compile(rb"\r\n|\r|\n|\xc2\x85|\xe2\x80[\xa8\xa9]")
"""What begins a new line in YAML; in JSONL, "\\n" alone does."""


def value_or_error(read: Callable[[], Read], path: Path) -> tuple[Read | None, MtbenchError | None]:
    """What `read` makes of `path`, or its error, which has to name the file, and a line that the file has."""
    try:
        return read(), None
    except MtbenchError as caught:
        error = caught
    assert str(path) in str(error)
    if isinstance(error, BadRecord) and error.line is not None:
        assert f"{path}, line {error.line}: " in str(error)
        assert 1 <= error.line <= len(_BREAK.split(path.read_bytes()))
    return None, error
