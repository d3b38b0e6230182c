"""Material that the prompt tests render."""

from mtbench.chat import Message
from mtbench.judging.prompts import Material

ONE = Material(("Why is the sky blue?",), (("Rayleigh scattering.",),), ("Short waves scatter more.",))
PAIR = Material(("q",), (("a",), ("b",)))
TWO = Material(("q one", "q two"), (("a one", "a two"), ("b one", "b two")), ("r one", "r two"))
THREE = Material(("q1", "q2", "q3"), (("a1", "a2", "a3"),), ("r1", "r2", "r3"))
ALL_FOUR = [(False, 1), (True, 1), (False, 2), (True, 2)]


def text_of(messages: tuple[Message, ...]) -> str:
    return "\n".join(message.content for message in messages)
