"""Holding requests back, for all who ask one model at one endpoint: how many in flight, and how many a minute."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextvars import ContextVar
from math import inf
from time import monotonic

from mtbench.chat import ChatModel, Completion, Message, Params, Usage
from mtbench.chat.adaptive import Adaptive
from mtbench.chat.buckets import Bucket, Mirror
from mtbench.chat.descriptors import connections
from mtbench.chat.line import Line
from mtbench.chat.rate_headers import Quota, Unit, quotas
from mtbench.chat.spec import Limits
from mtbench.errors import RequestError, Retryable, Unreachable

MOST = 1024
"""Requests in flight at the most, unless a person asks for more."""

_LONGEST_PAUSE = 3600.0
_LONG_WAIT = 60.0
_FIRST_OUTPUT = 256.0
"""Tokens that a reply is taken to have before the first one came."""

_REMEMBERED = 64
"""Replies over which means go."""


class Turn:
    """One request on its way, by `number` from 1 once it is sent.

    given: estimated tokens of input. amounts: what is taken for it, by Unit. taken: what had been taken before it, in
    all; others: how many were in flight then. replied, used, told: what came of it.
    """

    __slots__ = ("amounts", "given", "halvings", "limiter", "number", "others", "replied", "taken", "told", "used")

    def __init__(self, limiter: "Limiter", given: int, amounts: tuple[float, float, float, float]) -> None:
        self.limiter, self.given, self.amounts = limiter, given, amounts
        self.number = self.others = self.halvings = 0
        self.taken: Sequence[float] = amounts
        self.replied = False
        self.used: Usage | None = None
        self.told: Sequence[Quota] = ()


class Limiter:
    """The state of one model at one endpoint, shared by every `Limited` that asks it. It belongs to one event loop.

    A person's `limits` hold. Without `parallel`, the number in flight adapts itself (chat/adaptive.py), up to `most` or
    what the open files allow. The endpoint's own limits are learned from its headers by `observe`, and hold as well.
    Who has to wait goes in the order of coming. A reply that asks for time gets it from all.

    `name` is what notes call the model. `sleep` waits, and raises when a stop is asked for, which ends all waiting by
    what it raised. `note` is told of what a person should know. `clock` gives seconds.
    """

    def __init__(
        self,
        name: str,
        limits: Limits,
        *,
        sleep: Callable[[float], Awaitable[None]],
        note: Callable[[str], None],
        most: int = MOST,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self.in_flight = self.resting = 0
        self._name, self._sleep, self._note, self._clock = name, sleep, note, clock
        now = clock()
        self._parallel = limits.parallel and self._openable(limits.parallel)
        self._adaptive = None if self._parallel else Adaptive(min(most, connections(most)), now)
        self._line = Line(self._wait_of, self._send, sleep=sleep, clock=clock)
        self._mirrors: dict[str, Mirror] = {}
        self._buckets: list[Bucket | Mirror] = []
        if limits.rpm:
            self._buckets.append(Bucket(Unit.REQUESTS, limits.rpm, "--rpm", now))
        if limits.tpm:
            self._buckets.append(Bucket(Unit.TOKENS, limits.tpm, "--tpm", now))
        self._held_by: Bucket | Mirror | None = None
        self._sent = 0
        self._taken = [0.0, 0.0, 0.0, 0.0]
        self._input, self._output, self._replies = 1.0, _FIRST_OUTPUT, 0
        self._thaw = inf
        self._said_long_wait = False

    @property
    def waiting(self) -> int:
        """Requests that wait to be sent."""
        return self._line.waiting

    @property
    def limit(self) -> int:
        """How many requests may be in flight."""
        return self._adaptive.limit if self._adaptive else self._parallel or 1

    @property
    def why(self) -> str:
        """What sets the pace now, in a few words."""
        pause = self._line.paused_until - self._clock()
        if pause > 0:
            return f"pausing {pause:.0f} s: the endpoint asked"
        if self.waiting and self._held_by:
            return self._held_by.why
        return self._adaptive.why if self._adaptive else "--parallel"

    def room(self) -> int:
        """How many pieces of work may be under way: as many as requests in flight, and more for those at rest.

        It is never 0, not even in a pause: who asks for room asks again only when a piece of work has ended.
        """
        return self.limit + min(self.resting, self.limit)

    async def rest(self, seconds: float) -> None:
        """Waits as `sleep` does, between two attempts; meanwhile there is `room` for other work."""
        self.resting += 1
        try:
            await self._sleep(seconds)
        finally:
            self.resting -= 1

    def observe(self, headers: Mapping[str, str]) -> None:
        """Learns the endpoint's limits from the headers of any reply; their names are in lower case."""
        told, turn = quotas(headers), _current.get()
        if turn and turn.limiter is self:
            turn.told = told  # for `end`, when it is known what the request has used
        else:
            self._learn(told, None)

    async def turn(self, given: int, most: int | None) -> Turn:
        """Waits until a request may be sent, and counts it as sent; `end` has to follow.

        given: estimated tokens of input. most: tokens of output that were asked for at the most.
        Raises what `sleep` raises if it has to wait.
        """
        likely, expected = given * self._input, min(self._output, most or inf)
        turn = Turn(self, given, (1.0, likely + expected, likely, expected))
        try:
            await self._line.join(turn)
        except asyncio.CancelledError:
            if turn.number:  # let go and cancelled at the same moment: nothing was sent
                self._settle(turn, (0.0, 0.0, 0.0, 0.0))
                self.end(turn)
            raise
        return turn

    def replied(self, turn: Turn, usage: Usage) -> None:
        """Learns from a good reply; before `end`."""
        turn.replied = True
        if usage.input or usage.output:  # else the endpoint does not say
            turn.used = usage
            self._replies = min(self._replies + 1, _REMEMBERED)
            self._output += (usage.output - self._output) / self._replies
            if turn.given and usage.input:
                self._input += (usage.input / turn.given - self._input) / self._replies

    def failed(self, turn: Turn, error: RequestError) -> None:
        """Learns from an error; before `end`."""
        if not isinstance(error, Retryable) or isinstance(error, Unreachable) or error.kind == "rate limited":
            turn.used = Usage()
        elif any(error.tokens):
            turn.used = Usage(*error.tokens)
        if isinstance(error, Retryable):
            if error.kind == "rate limited" and self._adaptive:
                self._adaptive.refused(turn.halvings)
            if error.retry_after:
                self._line.pause(min(error.retry_after, _LONGEST_PAUSE))
                self._thaw = max(1.0, self.limit // 4)

    def end(self, turn: Turn) -> None:
        """Counts a request as ended, and lets others go."""
        now = self._clock()
        if self._adaptive:
            self._adaptive.count(self.in_flight, now)
            if turn.replied:
                self._adaptive.replied()
        self.in_flight -= 1
        if turn.replied and self._thaw < inf and now >= self._line.paused_until:
            self._thaw = self._thaw + 1 if self._thaw < self.limit else inf
        if turn.used is not None and self._buckets:
            used = turn.used
            self._settle(turn, (1.0, used.input + used.output, used.input - used.cached, used.output))
        self._learn(turn.told, turn)
        self._line.look(now)
        if not self.in_flight and not self.waiting:
            self._line.rest()

    def _wait_of(self, turn: Turn, now: float) -> float:
        self._held_by = None
        if self.in_flight >= min(self.limit, self._thaw):
            return inf
        longest = 0.0
        for bucket in self._buckets:
            wait = bucket.wait(turn.amounts[bucket.unit], now)
            if wait > longest:
                longest, self._held_by = wait, bucket
        if longest > _LONG_WAIT and isinstance(self._held_by, Mirror) and not self._said_long_wait:
            self._said_long_wait = True
            self._note(f"{self._name}: the endpoint's limit is used up ({self._held_by.why}); waiting {longest:.0f} s")
        return longest

    def _send(self, turn: Turn, now: float) -> None:
        if self._adaptive:
            self._adaptive.count(self.in_flight, now)
            turn.halvings = self._adaptive.halvings
        self._sent += 1
        turn.number, turn.others, turn.taken = self._sent, self.in_flight, self._taken
        self.in_flight += 1
        for bucket in self._buckets:
            bucket.take(turn.amounts[bucket.unit])
        self._taken = [taken + amount for taken, amount in zip(self._taken, turn.amounts, strict=True)]

    def _settle(self, turn: Turn, used: Sequence[float]) -> None:
        for bucket in self._buckets:
            bucket.settle(used[bucket.unit] - turn.amounts[bucket.unit], turn.number)

    def _learn(self, told: Sequence[Quota], turn: Turn | None) -> None:
        """Takes the word of a reply's headers; `turn`: the request, if it is known."""
        now = self._clock()
        for quota in told:
            number, unseen = self._sent, inf
            if turn:
                number = turn.number
                own = turn.amounts[quota.unit]
                later = self._taken[quota.unit] - turn.taken[quota.unit] - own
                unseen = later + min(turn.others, self.in_flight) * own  # each on a connection of its own: any order
            mirror = self._mirrors.get(quota.name)
            if mirror is None:
                mirror = self._mirrors[quota.name] = Mirror(quota, now, unseen if turn else 0.0)
                self._buckets.append(mirror)
            mirror.sync(quota, now, number, unseen)

    def _openable(self, parallel: int) -> int:
        most = connections(parallel)
        if parallel > most:
            self._note(
                f"{self._name}: this system lets a program open too few files for {parallel} requests in flight; "
                f"going on with {most} (`ulimit -n` says how many)"
            )
        return min(parallel, most)


class Limited:
    """A ChatModel whose every request waits for its turn. `estimate`: tokens of a request's input, roughly."""

    def __init__(
        self, model: ChatModel, limiter: Limiter, estimate: Callable[[Sequence[Message], Params], int]
    ) -> None:
        self._model, self._limiter, self._estimate = model, limiter, estimate

    async def complete(self, messages: Sequence[Message], params: Params) -> Completion:
        limiter = self._limiter
        turn = await limiter.turn(self._estimate(messages, params), params.max_tokens)
        _current.set(turn)
        try:
            completion = await self._model.complete(messages, params)
            limiter.replied(turn, completion.usage)
            return completion
        except RequestError as error:
            limiter.failed(turn, error)
            raise
        finally:
            limiter.end(turn)

    async def aclose(self) -> None:
        await self._model.aclose()


_current: ContextVar[Turn | None] = ContextVar("turn", default=None)
"""The request that this task is sending: what `observe` is called for."""
