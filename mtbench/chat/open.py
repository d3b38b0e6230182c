"""A ready model from its spec: the provider's adapter, wrapped in a limit, retry, adaptation and metering."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from mtbench.chat import ChatModel, Completion, Message, Params, Usage
from mtbench.chat.keys import Endpoint, endpoint_of
from mtbench.chat.prices import pricing
from mtbench.chat.spec import ModelSpec
from mtbench.errors import CannotStart, MtbenchError

_MOMENT = 0.001
"""Seconds: enough for a sleep to see that a stop was asked for, and nothing beside a request."""


def _nothing(*_: object) -> None:
    return


def open_model(
    spec: ModelSpec,
    *,
    timeout: float = 600.0,
    keep_thinking: bool = False,
    attempts: int = 8,
    note: Callable[[str], None],
    spent: Callable[[Usage, float | None], None] = _nothing,
    retried: Callable[[], None] = _nothing,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> ChatModel:
    """The model behind `spec`, ready for `complete`; close it with `aclose`. Nothing is sent yet.

    At most `spec.parallel` requests are in flight at once, whoever asks; the others wait for their turn.

    timeout: seconds that one request may take. keep_thinking: leave the reasoning in the text, in <think> tags.
    attempts: how often a request is sent while its faults may pass. note: told once of what a person should know.
    spent: told of each completion's usage and its price in US dollars (None if unknown). retried: called for each
    further attempt. sleep: waits between attempts; what it raises ends the trying, and the waiting for a turn.

    Raises BadKey if a key is needed and not set.
    """
    from mtbench.chat.adapt import Adapting
    from mtbench.chat.retry import Retrying

    adapter = open_adapter(spec, timeout=timeout, keep_thinking=keep_thinking, note=note)
    limited = _Limited(adapter, spec.parallel, sleep) if spec.parallel else adapter
    patient = Retrying(limited, spec.id, attempts=attempts, sleep=sleep, retried=retried, note=note)
    return _Metered(Adapting(patient, spec.id, note), pricing(spec), spent)


def open_adapter(
    spec: ModelSpec, *, timeout: float, keep_thinking: bool = False, note: Callable[[str], None]
) -> ChatModel:
    """The provider's bare adapter: each `complete` sends one request, and every fault is raised."""
    from mtbench.chat.anthropic import AnthropicModel
    from mtbench.chat.openai import OpenAIModel

    if spec.provider == "local":
        from mtbench.chat.local import LocalServer

        server = LocalServer(spec.name, spec.parallel, note) if spec.parallel else LocalServer(spec.name, note=note)
        return _Served(
            server.start,
            server.aclose,
            lambda url: OpenAIModel(spec, Endpoint(url), timeout=timeout, keep_thinking=keep_thinking),
        )
    adapter = AnthropicModel if spec.provider == "anthropic" else OpenAIModel
    return adapter(spec, endpoint_of(spec), timeout=timeout, keep_thinking=keep_thinking)


class _Metered:
    """A ChatModel that reports what each completion used and cost."""

    def __init__(
        self, model: ChatModel, price: Callable[[Usage], float | None], spent: Callable[[Usage, float | None], None]
    ) -> None:
        self._model, self._price, self._spent = model, price, spent

    async def complete(self, messages: Sequence[Message], params: Params) -> Completion:
        completion = await self._model.complete(messages, params)
        self._spent(completion.usage, self._price(completion.usage))
        return completion

    async def aclose(self) -> None:
        await self._model.aclose()


class _Limited:
    """A ChatModel that has `parallel` requests in flight at most. One that waits to be tried again is not in flight."""

    def __init__(self, model: ChatModel, parallel: int, sleep: Callable[[float], Awaitable[None]]) -> None:
        self._model, self._sleep = model, sleep
        self._slots = asyncio.Semaphore(parallel)

    async def complete(self, messages: Sequence[Message], params: Params) -> Completion:
        waits = self._slots.locked()
        async with self._slots:
            if waits:  # a stop may have come meanwhile, after which nothing is sent
                await self._sleep(_MOMENT)
            return await self._model.complete(messages, params)

    async def aclose(self) -> None:
        await self._model.aclose()


class _Served:
    """A ChatModel whose server is started by the first request and ended by `aclose`; it is tried once."""

    def __init__(
        self,
        start: Callable[[], Awaitable[str]],
        end: Callable[[], Awaitable[None]],
        model_at: Callable[[str], ChatModel],
    ) -> None:
        self._start, self._end, self._model_at = start, end, model_at
        self._model: ChatModel | None = None
        self._starting = asyncio.Lock()
        self._problem = ""

    async def complete(self, messages: Sequence[Message], params: Params) -> Completion:
        async with self._starting:
            if self._model is None:
                self._model = await self._started()
        return await self._model.complete(messages, params)

    async def _started(self) -> ChatModel:
        if not self._problem:  # else requests that waited for this start would each try it again
            try:
                return self._model_at(await self._start())
            except MtbenchError as error:
                self._problem = str(error)
        raise CannotStart(self._problem)

    async def aclose(self) -> None:
        if self._model:
            await self._model.aclose()
        await self._end()
