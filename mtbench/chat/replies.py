"""What both protocols share: reading a reply that may be broken, and turning its parts into a Completion."""

from collections.abc import Mapping, Sequence
from typing import Any

from mtbench.chat import Completion, Message, Usage
from mtbench.chat.faults import Asked, Words, fault, words_of
from mtbench.chat.http import HttpReply
from mtbench.chat.keys import Endpoint
from mtbench.chat.thinking import split_thinking, with_thinking
from mtbench.errors import ContentRefused, RequestError, Retryable


def read(reply: HttpReply, asked: Asked, endpoint: Endpoint, required: str) -> Mapping[str, Any]:
    """The body of a good reply, which has a list under `required`.

    Raises the error that any other reply stands for; malformed bodies are Retryable.
    """
    body = reply.json()
    if reply.status == 200 and isinstance(body, dict) and isinstance(body.get(required), list):
        return body
    words = words_of(reply)
    words = Words(endpoint.masked(words.message), words.param, words.codes)
    if reply.status != 200:
        raise fault(reply, asked, words)
    raise _not_a_reply(body, asked, words, required)


def completed(
    asked: Asked, text: str, thinking: str, finish_reason: str | None, usage: Usage, keep_thinking: bool
) -> Completion:
    """The completion of one reply. `thinking`: what came apart from `text`, which may begin with more of it.

    Raises ContentRefused for nothing but a filter's mark, and Retryable for an answer that is empty though complete.
    """
    written, answer = split_thinking(text)
    if not answer.strip() and finish_reason != "length":
        if finish_reason == "content_filter":
            raise ContentRefused(f"{asked.model} at {asked.host}: the provider's filter withheld the answer")
        raise Retryable(
            f"{asked.model} at {asked.host} gave an empty answer",
            kind="empty answer",
            tokens=(usage.input, usage.output, usage.cached, usage.written),
        )
    reasoning = "\n\n".join(filter(None, (thinking.strip(), written)))
    kept = with_thinking(reasoning, answer) if keep_thinking else answer
    return Completion(kept, finish_reason, usage, reasoning)


def system_text(messages: Sequence[Message]) -> str:
    """The system messages as one text, a blank line between."""
    return "\n\n".join(message.content for message in messages if message.role == "system")


def count(numbers: object, name: str) -> int:
    """A token count; 0 where the endpoint gives none, or what is none."""
    value = numbers.get(name) if isinstance(numbers, dict) else None
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else 0


def word(fields: Mapping[str, Any], name: str) -> str | None:
    """A text such as a finish reason; None where the endpoint gives none, or what is none."""
    value = fields.get(name)
    return value if isinstance(value, str) else None


def _not_a_reply(body: object, asked: Asked, words: Words, required: str) -> RequestError:
    """Status 200 without a completion: an error in disguise (as gateways send it), or a body that is no use."""
    where = f"{asked.model} at {asked.host}"
    if isinstance(body, dict) and body.get("error"):
        error = body["error"]
        code = error.get("code") if isinstance(error, dict) else None
        status = code if isinstance(code, int) and 400 <= code < 600 else 502
        return fault(HttpReply(status, {}, b""), asked, words)
    what = f"JSON without {required!r}" if isinstance(body, dict) else "what is not JSON"
    return Retryable(
        f"{where} answered 200 with {what}: {words.message[:100].strip()!r} (if it always does, check the base URL)",
        kind="malformed reply",
    )
