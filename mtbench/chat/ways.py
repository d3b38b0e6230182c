"""Other ways to a model than a live request each time, such as batch jobs at its provider, or files."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Protocol

from mtbench.chat import ChatModel
from mtbench.chat.budget import Budget
from mtbench.chat.metered import Attempt
from mtbench.chat.spec import ModelSpec

WRITTEN, NO_RESPONSE = "written to a file", "no response"
"""Kinds of LeftUndone where models are asked by files."""


def _nothing(*_: object) -> None:
    return


@dataclass(frozen=True, slots=True)
class Opening:
    """How a model is opened, whichever way it is asked; the words are those of `open_model`."""

    timeout: float = 600.0
    keep_thinking: bool = False
    budget: Budget = field(default_factory=lambda: Budget(None, None))
    note: Callable[[str], None] = _nothing
    ended: Callable[[Attempt], None] = _nothing
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep


class Way(Protocol):
    """A way to models. `room`: how many pieces of work may be under way at once for each."""

    room: int

    def open(self, spec: ModelSpec, how: Opening) -> ChatModel:
        """The model behind `spec`, asked this way. Raises MtbenchError where it cannot be."""
        ...

    def settle(self) -> None:
        """Called at the end of a job that has recorded all that its models gave it."""
        ...
