"""Taking one field out of a JSON object, or saying what is wrong with it and where."""

from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from types import NoneType
from typing import Any, TypeVar

from mtbench.errors import BadRecord

Json = dict[str, Any]
Kind = TypeVar("Kind")

_KINDS = {str: "a text", int: "a whole number", bool: "true or false", dict: "an object", NoneType: "null"}


@dataclass(frozen=True, slots=True)
class Where:
    """The line that a record came from, for error messages."""

    path: Path
    line: int | None = None

    def bad(self, problem: str, field_name: str | None = None) -> BadRecord:
        return BadRecord(self.path, self.line, problem, field_name)


def rest(obj: Json, *known: str) -> Json:
    """The fields that are not `known`: kept, and written back."""
    return {name: value for name, value in obj.items() if name not in known}


def text(obj: Json, name: str, where: Where, default: str | None = None) -> str:
    """A text; raises BadRecord where it is missing without a default, or something else."""
    value = obj.get(name)
    if value is None and default is not None:
        return default
    if not isinstance(value, str):
        raise where.bad("is missing" if value is None else f"must be a text, not {value!r:.60}", name)
    return value


def texts(obj: Json, name: str, where: Where, empty_texts: bool = False) -> tuple[str, ...]:
    """A list of texts, at least one; raises BadRecord naming every text that is empty or no text."""
    value = obj.get(name)
    if not isinstance(value, list) or not value:
        raise where.bad("is missing" if value is None else "must be a list with at least one text", name)
    problems = [
        f"text {place} is {'empty' if isinstance(each, str) else 'not a text'}"
        for place, each in enumerate(value, 1)
        if not isinstance(each, str) or not (each.strip() or empty_texts)
    ]
    if problems:
        raise where.bad(", ".join(problems), name)
    return tuple(value)


def number(obj: Json, name: str, where: Where, default: float | None = None) -> float:
    """A finite number; raises BadRecord where it is missing without a default, or something else."""
    value = obj.get(name)
    if value is None and default is not None:
        return default
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        raise where.bad("is missing" if value is None else f"must be a number, not {value!r:.60}", name)
    return value


def whole(obj: Json, name: str, where: Where, default: int) -> int:
    """A whole number from 0 up."""
    value = number(obj, name, where, default)
    if value != int(value) or value < 0:
        raise where.bad(f"must be a whole number, not {value!r}", name)
    return int(value)


def optional(obj: Json, name: str, kind: type[Kind], where: Where) -> Kind | None:
    """A value of one kind, or None where there is none or a null."""
    value = obj.get(name)
    if value is None:
        return None
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise where.bad(f"must be {_KINDS[kind]}, not {value!r:.60}", name)
    return value


def list_of(obj: Json, name: str, where: Where, *kinds: type) -> tuple[Any, ...]:
    """A list whose items are of the kinds given; empty where there is none."""
    value = obj.get(name)
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(item, kinds) for item in value):
        raise where.bad(f"must be a list, each item {' or '.join(_KINDS[kind] for kind in kinds)}", name)
    return tuple(value)
