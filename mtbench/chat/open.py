"""A ready model from its spec: the provider's adapter, wrapped in metering, limits, retry, adaptation and a cache."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

from mtbench.chat import ChatModel, Completion, Message, Params, Usage
from mtbench.chat.budget import Budget
from mtbench.chat.keys import Endpoint, base_url, endpoint_of
from mtbench.chat.limits import Limited, Limiter
from mtbench.chat.metered import Attempt, Metered
from mtbench.chat.prices import estimate_tokens, pricing
from mtbench.chat.spec import ModelSpec
from mtbench.chat.ways import Opening, Way
from mtbench.errors import CannotStart, MtbenchError


def _nothing(*_: object) -> None:
    return


def open_model(
    spec: ModelSpec,
    *,
    timeout: float = 600.0,
    keep_thinking: bool = False,
    attempts: int = 10,
    wait_when_limited: bool = True,
    limiter: Limiter | None = None,
    budget: Budget | None = None,
    cache: Path | None = None,
    way: Way | None = None,
    note: Callable[[str], None],
    ended: Callable[[Attempt], None] = _nothing,
    retried: Callable[[], None] = _nothing,
    from_cache: Callable[[], None] = _nothing,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> ChatModel:
    """The model behind `spec`, ready for `complete`; close it with `aclose`. Nothing is sent yet.

    timeout: seconds that one request may take. keep_thinking: leave the reasoning in the text, in <think> tags.
    attempts: how often a request is sent while its faults may pass. wait_when_limited: whether a 429 is waited out.
    limiter: what holds requests back, shared by all who ask this model there; else the spec's own limits do. budget:
    what the whole run may spend. cache: folder of replies that need not be asked for. way: how the model is asked if
    not by a live request each time.

    note: told once of what a person should know. ended: told of each attempt. retried: called for each further attempt.
    from_cache: called for each reply that the cache gave. sleep: waits; what it raises ends the waiting.

    Raises BadKey if a key is needed and not set, MtbenchError if there is a budget of money and no known price.
    """
    from mtbench.chat.adapt import Adapting
    from mtbench.chat.cache import Cached
    from mtbench.chat.prefixes import LeaderFirst
    from mtbench.chat.retry import Retrying

    limiter = limiter or Limiter(spec.id, spec.limits, sleep=sleep, note=note)
    budget = budget or Budget(None, None)
    price = pricing(spec)
    if budget.limits_money and price(Usage(1, 1)) is None:
        raise MtbenchError(
            f"--budget: no price is known for {spec.id}: give it one in models.yaml, such as "
            "price: {input: 0.5, output: 1.5} (US dollars per million tokens), or limit the run by --max-requests"
        )
    if way:
        asked = way.open(spec, Opening(timeout, keep_thinking, budget, note, ended, sleep))
    else:
        adapter = open_adapter(spec, timeout=timeout, keep_thinking=keep_thinking, note=note, observe=limiter.observe)
        metered = Metered(adapter, spec.id, price=price, ended=ended, budget=budget)
        asked = Retrying(
            Limited(metered, limiter, _estimate),
            spec.id,
            attempts=attempts,
            sleep=limiter.rest,
            retried=retried,
            note=note,
            wait_when_limited=wait_when_limited,
        )
        asked = LeaderFirst(asked, sleep) if spec.provider == "anthropic" else asked
    adapting = Adapting(asked, spec.id, note)
    if cache is None:
        return adapting
    where = None if spec.provider == "local" else base_url(spec)
    return Cached(adapting, (spec.full_name, where, keep_thinking), cache, hit=from_cache, note=note)


def _estimate(messages: Sequence[Message], params: Params) -> int:
    del params
    return sum(estimate_tokens(message.content) for message in messages)


def open_adapter(
    spec: ModelSpec,
    *,
    timeout: float,
    keep_thinking: bool = False,
    note: Callable[[str], None],
    observe: Callable[[Mapping[str, str]], None] = _nothing,
) -> ChatModel:
    """The provider's bare adapter: each `complete` sends one request, and every fault is raised.

    `observe` is given the headers of every reply.
    """
    from mtbench.chat.anthropic import AnthropicModel
    from mtbench.chat.openai import OpenAIModel

    if spec.provider == "local":
        from mtbench.chat.local import LocalServer

        slots = spec.limits.parallel
        server = LocalServer(spec.name, slots, note) if slots else LocalServer(spec.name, note=note)
        return _Served(
            server.start,
            server.aclose,
            lambda url: OpenAIModel(spec, Endpoint(url), timeout=timeout, keep_thinking=keep_thinking),
        )
    adapter = AnthropicModel if spec.provider == "anthropic" else OpenAIModel
    return adapter(spec, endpoint_of(spec), timeout=timeout, keep_thinking=keep_thinking, observe=observe)


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
