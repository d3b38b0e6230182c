"""Every request counted: what it used and cost, how long it took, and what came of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import monotonic

from mtbench.chat import ChatModel, Completion, Message, Params, Usage
from mtbench.chat.budget import Budget
from mtbench.errors import RequestError, Retryable

_LONGEST = 8192
"""Tokens that a reply without a limit is taken to have at the most."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One request that was sent. `outcome`: ok, or the kind of the error that it ended with, said in `error`.

    `cost` in US dollars, None where no price is known. `about` says what it was for.
    """

    model: str
    about: str
    outcome: str
    seconds: float
    usage: Usage
    cost: float | None
    error: str = ""


class Metered:
    """A ChatModel that tells `ended` of every request to `model`, and asks `budget` for leave before each.

    `price`: US dollars for a usage, None where it is not known, which a budget of money does not bear: the caller
    finds that out before the run.
    """

    def __init__(
        self,
        model: ChatModel,
        name: str,
        *,
        price: Callable[[Usage], float | None],
        ended: Callable[[Attempt], None],
        budget: Budget,
    ) -> None:
        self._model, self._name, self._price, self._ended, self._budget = model, name, price, ended, budget

    async def complete(self, messages: Sequence[Message], params: Params) -> Completion:
        most = self._most(messages, params) if self._budget.limits_money else 0.0
        await self._budget.hold(most)
        started, usage, outcome, said = monotonic(), Usage(), "dropped", ""
        try:
            completion = await self._model.complete(messages, params)
            usage, outcome = completion.usage, "ok"
            return completion
        except RequestError as error:
            usage = Usage(*error.tokens) if isinstance(error, Retryable) else usage
            outcome, said = error.kind, str(error)
            raise
        finally:
            cost = self._price(usage)
            self._budget.settle(most, cost or 0.0)
            self._ended(Attempt(self._name, params.about, outcome, monotonic() - started, usage, cost, said))

    async def aclose(self) -> None:
        await self._model.aclose()

    def _most(self, messages: Sequence[Message], params: Params) -> float:
        """The most that a request can cost: a token for every three bytes, and a reply of full length."""
        tokens = sum(len(message.content.encode("utf-8", "replace")) // 3 + 8 for message in messages)
        return self._price(Usage(tokens, params.max_tokens or _LONGEST)) or 0.0
