"""Going on without what a model's endpoint refuses: learned from its errors, said once, recorded in each completion."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Literal

from mtbench.chat import ChatModel, Completion, Message, Params
from mtbench.chat.replies import system_text
from mtbench.errors import ParameterRefused

TokensField = Literal["max_tokens", "max_completion_tokens"]

_FIELDS = ("temperature", "top_p", "seed", "schema")
_OTHER: dict[TokensField, TokensField] = {
    "max_tokens": "max_completion_tokens",
    "max_completion_tokens": "max_tokens",
}


class Adapting:
    """A ChatModel that leaves out or changes what `model` has refused, from the first refusal on.

    `name` is what messages call the model. `note` is told of each refusal once. temperature, top_p, seed, schema and
    extra fields are left out; a limit of tokens goes under its other name, then is left out; a system text goes in
    front of the first user message.
    """

    def __init__(self, model: ChatModel, name: str, note: Callable[[str], None]) -> None:
        self._model, self._name, self._note = model, name, note
        self._refused: dict[str, None] = {}

    async def complete(self, messages: Sequence[Message], params: Params) -> Completion:
        if params.extra:
            params = _with_extra_in_place(params)
        while True:
            if not self._refused:
                try:
                    return await self._model.complete(messages, params)
                except ParameterRefused as error:
                    self._learn(error.parameter)
            known = tuple(self._refused)
            fitted_messages, fitted = _fitted(messages, params, known)
            try:
                completion = await self._model.complete(fitted_messages, fitted)
            except ParameterRefused as error:
                if error.parameter in known:  # refused although it was not sent: there is nothing left to change
                    raise
                self._learn(error.parameter)
            else:
                return replace(completion, adapted=_changed(messages, params, known))

    async def aclose(self) -> None:
        await self._model.aclose()

    def _learn(self, parameter: str) -> None:
        if parameter not in self._refused:
            self._refused[parameter] = None
            self._note(f"{self._name} does not take {_remedy(parameter, self._refused)}")


def _fitted(messages: Sequence[Message], params: Params, refused: Sequence[str]) -> tuple[Sequence[Message], Params]:
    """The request without what is refused."""
    changes: dict[str, Any] = {name: None for name in _FIELDS if name in refused}
    changes["extra"] = {name: value for name, value in params.extra.items() if name not in refused}
    if params.tokens_field in refused:
        other = _OTHER[params.tokens_field]
        changes |= {"max_tokens": None} if other in refused else {"tokens_field": other}
    if "system" in refused:
        messages = _without_system(messages)
    return messages, replace(params, **changes)


def _changed(messages: Sequence[Message], params: Params, refused: Sequence[str]) -> tuple[str, ...]:
    """The refused parameters that this request would have had."""
    wanted = {*params.asked()} - {"max_tokens"}
    if params.max_tokens is not None:
        wanted.add(params.tokens_field)
        if params.tokens_field in refused:
            wanted.add(_OTHER[params.tokens_field])
    if system_text(messages):
        wanted.add("system")
    return tuple(name for name in refused if name in wanted)


def _without_system(messages: Sequence[Message]) -> list[Message]:
    text = system_text(messages)
    rest = [message for message in messages if message.role != "system"]
    if not text:
        return rest
    for at, message in enumerate(rest):
        if message.role == "user":
            rest[at] = Message("user", f"{text}\n\n{message.content}")
            return rest
    return [Message("user", text), *rest]


def _with_extra_in_place(params: Params) -> Params:
    """`params` with extra fields that have a place of their own (an alias's temperature) put there."""
    fields = {name: value for name, value in params.extra.items() if name in ("temperature", "top_p", "seed")}
    rest = {name: value for name, value in params.extra.items() if name not in fields}
    for name in _OTHER:
        if name in rest:
            fields |= {"tokens_field": name, "max_tokens": rest.pop(name)}
    return replace(params, **fields, extra=rest)


def _remedy(parameter: str, refused: dict[str, None]) -> str:
    match parameter:
        case "max_tokens" | "max_completion_tokens" if _OTHER[parameter] not in refused:
            return f"{parameter}; asked with {_OTHER[parameter]}"
        case "max_tokens" | "max_completion_tokens":
            return f"{parameter} either; asked without a limit of tokens"
        case "system":
            return "a system message; its text goes in front of the first user message"
        case "schema":
            return "a JSON schema; the words of the prompt alone ask for the form"
        case _:
            return f"{parameter}; asked without it"
