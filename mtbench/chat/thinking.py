"""Reasoning that a model wrote into its text, told apart from the answer."""

import re

_OPEN, _CLOSE = "<think>", "</think>"
_BARE_CLOSE = re.compile(r"(?<![`'\"])</think>(?![`'\"])")
_BEGINS_JSON = re.compile(r'(?:```(?:json)?\s*)?\{\s*"')


def split_thinking(text: str) -> tuple[str, str]:
    """Splits `text` into (thinking, answer).

    Thinking is a block at the very beginning: `<think>…</think>`, a `<think>` that was never closed (the answer was cut
    off while the model thought), or everything before a lone `</think>` (many chat templates open the block).
    Tags further on, in quotes, or in a text that begins as a JSON object does (such as a verdict that quotes them) are
    part of an answer that talks about them, and the text stays as it is.
    """
    start = text.lstrip()
    if start.startswith(_OPEN):
        thinking, _, answer = start.removeprefix(_OPEN).partition(_CLOSE)
        return thinking.strip(), answer.lstrip()
    closing = _BARE_CLOSE.search(text)
    if closing and _OPEN not in text[: closing.start()] and not _BEGINS_JSON.match(start):
        return text[: closing.start()].strip(), text[closing.end() :].lstrip()
    return "", text


def with_thinking(thinking: str, answer: str) -> str:
    """The reasoning in tags before the answer: the text of a model that is asked to keep its thinking."""
    return f"{_OPEN}\n{thinking}\n{_CLOSE}\n\n{answer}" if thinking else answer
