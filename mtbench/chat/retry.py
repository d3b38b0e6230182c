"""Trying again: the one policy for faults that may pass."""

from collections.abc import Awaitable, Callable, Sequence

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, wait_random_exponential

from mtbench.chat import ChatModel, Completion, Message, Params
from mtbench.errors import RateLimited, Retryable, Unreachable

_UNREACHABLE_ATTEMPTS = 6
_USELESS_ATTEMPTS = 3
_USELESS = ("empty answer", "malformed reply")
"""Replies that came and are no use: from a wrong base URL, say, they always are."""
_LONG_WAIT = 60.0
_growing = wait_random_exponential(multiplier=0.5, min=0.25, max=60)


class Retrying:
    """A ChatModel that asks `model` up to `attempts` times while errors are Retryable; fewer times if nobody answers.

    Between attempts it waits a quarter of a second to 60 seconds, at random below a limit that begins at half a second
    and doubles, and never less than the endpoint asked for. `sleep` waits a number of seconds; what it raises ends the
    trying. `retried` is called before each wait, and `note` is told once when an endpoint asks for more than a minute.
    Where `wait_when_limited` is False, a 429 ends the model's part of the run.
    """

    def __init__(
        self,
        model: ChatModel,
        name: str,
        *,
        attempts: int,
        sleep: Callable[[float], Awaitable[None]],
        retried: Callable[[], None],
        note: Callable[[str], None],
        wait_when_limited: bool = True,
    ) -> None:
        self._model, self._name, self._attempts = model, name, attempts
        self._wait_when_limited = wait_when_limited
        self._sleep, self._retried, self._note = sleep, retried, note
        self._said_long_wait = False

    async def complete(self, messages: Sequence[Message], params: Params) -> Completion:
        try:
            return await self._ask(messages, params)
        except Retryable as error:  # only now: to set up a policy takes longer than the rest of a request
            return await self._ask_again(error, messages, params)

    async def _ask_again(self, first: Retryable, messages: Sequence[Message], params: Params) -> Completion:
        failed = [first]

        async def ask() -> Completion:
            if failed:
                raise failed.pop()
            return await self._ask(messages, params)

        policy = AsyncRetrying(
            retry=retry_if_exception_type(Retryable),
            stop=self._enough,
            wait=_wait,
            sleep=self._sleep,
            before_sleep=self._before_sleep,
            reraise=True,
        )
        try:
            return await policy(ask)
        except Retryable as error:
            tried = policy.statistics["attempt_number"]
            error.args = (f"{error} (after {tried} attempt{'s' if tried > 1 else ''})",)
            raise

    async def aclose(self) -> None:
        await self._model.aclose()

    async def _ask(self, messages: Sequence[Message], params: Params) -> Completion:
        try:
            return await self._model.complete(messages, params)
        except Retryable as error:
            if error.kind == "rate limited" and not self._wait_when_limited:
                raise RateLimited(f"{error} (--no-retry-rate-limit: stopping)") from error
            raise

    def _enough(self, state: RetryCallState) -> bool:
        error, most = _error(state), self._attempts
        if isinstance(error, Unreachable):
            most = min(most, _UNREACHABLE_ATTEMPTS)
        elif error.kind in _USELESS:
            most = min(most, _USELESS_ATTEMPTS)
        return state.attempt_number >= most

    def _before_sleep(self, state: RetryCallState) -> None:
        self._retried()
        wait = _error(state).retry_after or 0.0
        if wait > _LONG_WAIT and not self._said_long_wait:
            self._said_long_wait = True
            self._note(f"{self._name}: the endpoint asks to wait {wait:.0f} s; waiting")


def _wait(state: RetryCallState) -> float:
    return max(_growing(state), _error(state).retry_after or 0.0)


def _error(state: RetryCallState) -> Retryable:
    error = state.outcome and state.outcome.exception()
    assert isinstance(error, Retryable)
    return error
