"""Models against test servers: what the tests of chat/ have in common."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from mtbench.chat import ChatModel, Message, Usage
from mtbench.chat.metered import Attempt
from mtbench.chat.open import open_model
from mtbench.chat.spec import ModelSpec
from tests.support.servers import ModelServer

HELLO = (Message("user", "How far is the moon?"),)
WITH_SYSTEM = (Message("system", "You are brief."), *HELLO)
PROVIDERS = ("openai", "anthropic")


@dataclass
class Heard:
    """What a model reported while it was asked: notes, waits in seconds, usage with price, and retries."""

    notes: list[str] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    spent: list[tuple[Usage, float | None]] = field(default_factory=list)
    attempts: list[Attempt] = field(default_factory=list)
    retries: int = 0

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)

    def ended(self, attempt: Attempt) -> None:
        self.attempts.append(attempt)
        if attempt.outcome == "ok":
            self.spent.append((attempt.usage, attempt.cost))

    def retried(self) -> None:
        self.retries += 1


def spec_for(provider: str, url: str, name: str = "test-model") -> ModelSpec:
    return ModelSpec(name, provider, name, url)


@asynccontextmanager
async def opened(
    spec: ModelSpec, heard: Heard | None = None, *, timeout: float = 5, attempts: int = 10, keep_thinking: bool = False
) -> AsyncIterator[ChatModel]:
    heard = heard or Heard()
    model = open_model(
        spec,
        timeout=timeout,
        attempts=attempts,
        keep_thinking=keep_thinking,
        note=heard.notes.append,
        ended=heard.ended,
        retried=heard.retried,
        sleep=heard.sleep,
    )
    try:
        yield model
    finally:
        await model.aclose()


@asynccontextmanager
async def asked(
    server: ModelServer, provider: str = "openai", heard: Heard | None = None, *, timeout: float = 5
) -> AsyncIterator[ChatModel]:
    async with opened(spec_for(provider, server.base_url), heard, timeout=timeout) as model:
        yield model


def texts(messages: Sequence[Message]) -> list[str]:
    return [message.content for message in messages]
