"""What an endpoint's headers say of its limits a minute or a day: OpenAI's names, which many take, and Anthropic's."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import IntEnum
from functools import lru_cache
from math import isfinite
from time import time
from typing import NamedTuple


class Unit(IntEnum):
    """What a limit counts. TOKENS are input and output together."""

    REQUESTS = 0
    TOKENS = 1
    INPUT = 2
    OUTPUT = 3


class Quota(NamedTuple):
    """One limit as a reply told it.

    `reset`: seconds until `limit` is there again in full, known to `grain` seconds; None if it is not said. `refills`:
    whether the endpoint documents that it comes back bit by bit and not all at once.
    """

    name: str
    unit: Unit
    limit: float
    remaining: float
    reset: float | None
    grain: float
    refills: bool


def quotas(headers: Mapping[str, str]) -> list[Quota]:
    """The limits that the headers (names in lower case) tell in full; what is broken or absurd is passed over."""
    found = []
    for name, unit, limit_name, remaining_name, reset_name, refills in _HEADERS:
        if limit_name in headers:
            limit, remaining = _number(headers[limit_name]), _number(headers.get(remaining_name, ""))
            if limit is not None and remaining is not None and limit > 0:
                reset, grain = _reset(headers.get(reset_name, ""), headers)
                found.append(Quota(name, unit, limit, max(0.0, remaining), reset, grain, refills))
    return found


_FINE = 0.001
_LONGEST = 32 * 86400.0
"""Seconds; no limit is counted over more than a month."""

_PART = re.compile(r"(\d+(?:\.\d*)?)(ms|[smhd])", re.ASCII)
_DURATION = re.compile(rf"(?:{_PART.pattern})+", re.ASCII)
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}

# OpenAI's own, then Cerebras's, whose names say the window.
_X = [("requests", Unit.REQUESTS), ("tokens", Unit.TOKENS)]
_X += [("requests-day", Unit.REQUESTS), ("tokens-minute", Unit.TOKENS)]
_ANTHROPIC = [("requests", Unit.REQUESTS), ("tokens", Unit.TOKENS)]
_ANTHROPIC += [("input-tokens", Unit.INPUT), ("output-tokens", Unit.OUTPUT)]
_HEADERS: list[tuple[str, Unit, str, str, str, bool]] = [
    (
        f"x-{name}",
        unit,
        f"x-ratelimit-limit-{name}",
        f"x-ratelimit-remaining-{name}",
        f"x-ratelimit-reset-{name}",
        False,
    )
    for name, unit in _X
] + [
    (name, unit, f"{start}-limit", f"{start}-remaining", f"{start}-reset", True)
    for name, unit in _ANTHROPIC
    for start in [f"anthropic-ratelimit-{name}"]
]


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if isfinite(number) else None


def _reset(text: str, headers: Mapping[str, str]) -> tuple[float | None, float]:
    """Seconds until the reset, and how finely they are told."""
    seconds, moment = _told(text)
    if moment is not None:  # by the endpoint's own clock, because this machine's may be wrong
        seconds = moment - (_date(headers.get("date", "")) or time())
    fine = "." in text or text.endswith("ms")
    return seconds if seconds is not None and -_LONGEST < seconds <= _LONGEST else None, _FINE if fine else 1.0


@lru_cache(maxsize=1024)
def _told(text: str) -> tuple[float | None, float | None]:
    """A duration in seconds (6m0s, 120ms, 7.66), or a moment in seconds since 1970 (RFC 3339, or such a number)."""
    if _DURATION.fullmatch(text):
        return sum(float(number) * _SECONDS[unit] for number, unit in _PART.findall(text)), None
    number = _number(text)
    if number is not None:
        return (number, None) if number <= _LONGEST else (None, number)
    try:
        moment = datetime.fromisoformat(text)
        return None, moment.replace(tzinfo=moment.tzinfo or UTC).timestamp()
    except (ValueError, OverflowError):
        return None, None


@lru_cache(maxsize=64)
def _date(text: str) -> float | None:
    try:
        moment = parsedate_to_datetime(text)
        return moment.replace(tzinfo=moment.tzinfo or UTC).timestamp()
    except (ValueError, OverflowError):
        return None
