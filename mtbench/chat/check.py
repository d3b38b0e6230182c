"""What a model can do, found out with a few tiny requests: the work behind `mtbench models check`."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from time import perf_counter

import orjson

from mtbench.chat import ChatModel, Completion, Message, Params, anthropic, openai
from mtbench.chat.adapt import Adapting
from mtbench.chat.http import Http, joined
from mtbench.chat.keys import endpoint_of, find_key, key_variable
from mtbench.chat.open import open_adapter
from mtbench.chat.spec import ModelSpec
from mtbench.errors import MtbenchError, RequestError

_HELLO = [Message("system", "You are brief."), Message("user", "Reply with the one word: ready")]
_HELLO_PARAMS = Params(temperature=0.7, max_tokens=256, seed=1)
_GRADE = [Message("user", "How good is the answer 4 to the question 2 + 2? Grade it from 1 to 10.")]
_SCHEMA = {
    "type": "object",
    "properties": {"rating": {"type": "integer"}},
    "required": ["rating"],
    "additionalProperties": False,
}


@dataclass(frozen=True, slots=True)
class Check:
    """What was found out. `latency` in seconds, of one short reply; None where the model did not answer.

    `error`: why it did not. `refuses`: parameters that the endpoint does not take. `schema`: whether a reply matches a
    JSON schema although the prompt does not ask for it. `batches`: whether the endpoint lists batch jobs.
    """

    spec: ModelSpec
    key_found: bool = False
    error: MtbenchError | None = None
    latency: float | None = None
    refuses: tuple[str, ...] = ()
    schema: bool | None = None
    batches: bool | None = None


async def check_models(specs: Sequence[ModelSpec], *, timeout: float, note: Callable[[str], None]) -> list[Check]:
    """Checks all models at once; `timeout` in seconds for each request. An endpoint's fault is part of the result."""
    return await asyncio.gather(*(_check(spec, timeout, note) for spec in specs))


async def _check(spec: ModelSpec, timeout: float, note: Callable[[str], None]) -> Check:
    check = Check(spec)
    try:
        check = replace(check, key_found=find_key(spec) is not None if key_variable(spec) else False)
        adapter = open_adapter(spec, timeout=timeout, note=note)
    except MtbenchError as error:
        return replace(check, error=error)
    timed = _Timed(adapter)
    model = Adapting(timed, spec.id, _unsaid)
    try:
        completion = await model.complete(_HELLO, replace(_HELLO_PARAMS, extra=spec.params))
        answered = replace(check, latency=timed.seconds, refuses=completion.adapted)
        return replace(answered, schema=await _does_schema(model, spec), batches=await _does_batches(spec, timeout))
    except MtbenchError as error:
        return replace(check, error=error)
    finally:
        await model.aclose()


async def _does_schema(model: ChatModel, spec: ModelSpec) -> bool:
    try:
        reply = await model.complete(_GRADE, replace(_HELLO_PARAMS, schema=_SCHEMA, extra=spec.params))
        verdict = orjson.loads(reply.text)
    except (RequestError, orjson.JSONDecodeError):
        return False
    return isinstance(verdict, dict) and isinstance(verdict.get("rating"), int)


async def _does_batches(spec: ModelSpec, timeout: float) -> bool:
    if spec.provider == "local":
        return False
    endpoint = endpoint_of(spec)
    if spec.provider == "anthropic":
        url, headers = anthropic.url(endpoint, "/messages/batches?limit=1"), anthropic.headers(endpoint)
    else:
        url, headers = joined(endpoint.url, "/batches?limit=1"), openai.headers(endpoint)
    async with Http(spec.id, timeout, masked=endpoint.masked) as http:
        try:
            return (await http.get(url, headers)).status == 200
        except RequestError:
            return False


def _unsaid(refusal: str) -> None:
    """Refusals are a column of the result; said on top, they would be said twice."""
    del refusal


class _Timed:
    """A ChatModel that keeps how long the latest reply took, in seconds."""

    def __init__(self, model: ChatModel) -> None:
        self._model = model
        self.seconds = 0.0

    async def complete(self, messages: Sequence[Message], params: Params) -> Completion:
        start = perf_counter()
        try:
            return await self._model.complete(messages, params)
        finally:
            self.seconds = perf_counter() - start

    async def aclose(self) -> None:
        await self._model.aclose()
