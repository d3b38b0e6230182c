"""Replies that can be told apart on disk: what a server answered, when, and which of it a folder holds."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

import orjson
from aiohttp import web

from tests.support.protocols import Json, default_reply
from tests.support.servers import ModelServer

_MARK = re.compile(r"^#([0-9a-f]{16})#")
_REPLY_FIELDS = {"turns", "judgment", "g1_judgment", "g2_judgment", "text"}
"""Fields of records, failures and journals whose texts are replies. Other texts quote replies of others."""


def mark_of(body: Json) -> str:
    """Names a request by its content."""
    return hashlib.sha256(orjson.dumps(body, option=orjson.OPT_SORT_KEYS)).hexdigest()[:16]


def marked_reply(body: Json) -> str:
    return f"#{mark_of(body)}# {default_reply(body)}"


@dataclass
class Asked:
    """One request as the server saw it. `answered`: when a good answer had been sent in full; None: it never was."""

    mark: str
    key: str
    answered: float | None = None


class MarkingServer(ModelServer):
    """A ModelServer whose replies begin with the mark of their request; `asked` has every request."""

    def __init__(self, **options: Any) -> None:
        super().__init__(reply=marked_reply, **options)
        self.asked: list[Asked] = []

    async def _post(self, incoming: web.Request) -> web.StreamResponse:
        key = incoming.headers.get("Authorization", "").removeprefix("Bearer ")
        asked = Asked(mark_of(orjson.loads(await incoming.read())), key)
        self.asked.append(asked)
        response = await super()._post(incoming)
        if isinstance(response, web.Response) and response.status == 200 and f"#{asked.mark}#" in (response.text or ""):
            with suppress(ConnectionError):  # the client was killed
                await response.prepare(incoming)
                await response.write_eof()
                asked.answered = monotonic()
        return response

    def times_answered(self) -> Counter[str]:
        return Counter(asked.mark for asked in self.asked if asked.answered)


def marks_on_disk(folder: Path) -> set[str]:
    """The marks of all replies in the whole lines of records, failures and journals; torn last lines do not count.

    Raises ValueError for a line that is torn and not the last one.
    """
    found: set[str] = set()
    for path in folder.rglob("*.jsonl"):
        *whole, _ = path.read_bytes().split(b"\n")
        for line in whole:
            found |= set(_marks(orjson.loads(line)))
    return found


def _marks(value: Any, is_reply: bool = False) -> Iterator[str]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _marks(inner, name in _REPLY_FIELDS)
    elif isinstance(value, list):
        for inner in value:
            yield from _marks(inner, is_reply)
    elif is_reply and isinstance(value, str) and (mark := _MARK.match(value)):
        yield mark[1]
