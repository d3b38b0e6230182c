"""Prompt caching at the provider: the first request with a shared beginning goes alone, the others read what it left.

A provider caches the beginning of a prompt from a certain length on. Writing it costs more than plain input, and it can
be read only once the first reply is there: requests that all start at once would each pay for writing it.
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Sequence
from time import monotonic

from mtbench.chat import ChatModel, Completion, Message, Params
from mtbench.chat.prices import estimate_tokens
from mtbench.chat.replies import system_text

SHORTEST = 1024
"""Tokens: providers cache no shorter beginning (some want more, and leave a mark on a shorter one unused)."""

_KEPT = 240.0
"""Seconds for which what was written is taken to be there; the providers keep it for five minutes after each use."""

_MOMENT = 0.001
"""Seconds: enough for a sleep to see that a stop was asked for."""


def shared_prefixes(messages: Sequence[Message], system: str) -> list[tuple[int, int]]:
    """Where beginnings end that other requests share: place of the message and tokens up to there (an estimate).

    Only those long enough to be cached; `messages` without the system ones, whose text is `system`.
    """
    tokens, found = estimate_tokens(system), []
    for place, message in enumerate(messages):
        shared = tokens + estimate_tokens(message.content[: message.shared])
        if message.shared and message.content[: message.shared].strip() and shared >= SHORTEST:
            found.append((place, shared))
        tokens += estimate_tokens(message.content)
    return found


class LeaderFirst:
    """A ChatModel that lets one request with a shared beginning go ahead, and the others follow once it is answered.

    `sleep` is the run's: it raises when a stop is asked for.
    """

    def __init__(self, model: ChatModel, sleep: Callable[[float], Awaitable[None]]) -> None:
        self._model, self._sleep = model, sleep
        self._leading: dict[bytes, asyncio.Event] = {}
        self._written: dict[bytes, float] = {}

    async def complete(self, messages: Sequence[Message], params: Params) -> Completion:
        prefix = _prefix(messages)
        if prefix is None:
            return await self._model.complete(messages, params)
        while self._written.get(prefix, 0.0) < monotonic():
            if prefix not in self._leading:
                return await self._lead(prefix, messages, params)
            await self._leading[prefix].wait()
            await self._sleep(_MOMENT)
        self._written[prefix] = monotonic() + _KEPT
        return await self._model.complete(messages, params)

    async def aclose(self) -> None:
        await self._model.aclose()

    async def _lead(self, prefix: bytes, messages: Sequence[Message], params: Params) -> Completion:
        self._leading[prefix] = asyncio.Event()
        try:
            completion = await self._model.complete(messages, params)
            self._forget_old()
            self._written[prefix] = monotonic() + _KEPT
            return completion
        finally:
            self._leading.pop(prefix).set()

    def _forget_old(self) -> None:
        """Beginnings come in the order of questions: those written first are over first."""
        now = monotonic()
        while self._written and next(iter(self._written.values())) < now:
            del self._written[next(iter(self._written))]


def _prefix(messages: Sequence[Message]) -> bytes | None:
    """Names the longest shared beginning of a request; None if there is none that a provider would cache."""
    spoken = [message for message in messages if message.role != "system"]
    system = system_text(messages)
    marks = shared_prefixes(spoken, system)
    if not marks:
        return None
    last = marks[-1][0]
    texts = [system, *(message.content for message in spoken[:last]), spoken[last].content[: spoken[last].shared]]
    return hashlib.sha256("\x1f".join(texts).encode("utf-8", "surrogatepass")).digest()
