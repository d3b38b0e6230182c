"""Texts that an answer may carry to move its judge, from attacks.yaml."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal, NotRequired, TypedDict, cast

from mtbench.yamls import read_yaml

Place = Literal["before", "after", "instead"]
Mode = Literal["single", "pairwise"]

CONTROL = "control"
"""The kind of what is no attack."""


@dataclass(frozen=True, slots=True)
class Attack:
    """A text and where it stands: before an answer, after it, or instead of it. `modes`: what it makes sense in."""

    id: str
    kind: str
    place: Place
    modes: tuple[Mode, ...]
    text: str

    def put_into(self, answer: str) -> str:
        """The answer with the text in its place."""
        if self.place == "instead":
            return self.text
        return f"{self.text}\n\n{answer}" if self.place == "before" else f"{answer}\n\n{self.text}"


@dataclass(frozen=True, slots=True)
class Attacks:
    """All attacks, harmless texts to hold them against, and an answer that deserves little."""

    poor_answer: str
    controls: tuple[Attack, ...]
    attacks: tuple[Attack, ...]

    def of_mode(self, mode: Mode) -> list[Attack]:
        return [each for each in self.attacks if mode in each.modes]

    def control_of(self, attack: Attack) -> Attack:
        """The harmless text that stands in the same place and is most like it in length."""
        alike = [each for each in self.controls if each.place == attack.place]
        return min(alike, key=lambda each: abs(len(each.text) - len(attack.text)))


@lru_cache
def load_attacks() -> Attacks:
    """The attacks that ship with us."""
    sheet = cast(_Sheet, read_yaml(Path(__file__).with_name("attacks.yaml")))
    return Attacks(
        sheet["poor_answer"],
        tuple(_attack(CONTROL, name, entry) for name, entry in sheet["controls"].items()),
        tuple(_attack(kind, name, entry) for kind, named in sheet["attacks"].items() for name, entry in named.items()),
    )


class _Entry(TypedDict):
    place: Place
    text: str
    modes: NotRequired[list[Mode]]
    hidden: NotRequired[str]


class _Sheet(TypedDict):
    poor_answer: str
    controls: dict[str, _Entry]
    attacks: dict[str, dict[str, _Entry]]


def _attack(kind: str, name: str, entry: _Entry) -> Attack:
    hide = _WAYS_TO_HIDE[entry["hidden"]] if "hidden" in entry else str
    modes = tuple(entry.get("modes", ("single", "pairwise")))
    return Attack(f"{kind}-{name}", kind, entry["place"], modes, hide(entry["text"].strip()))


def _as_tags(text: str) -> str:
    """In the tag characters that Unicode has for ASCII: no font shows them, and tokenizers keep them."""
    return "".join(chr(0xE0000 + ord(character)) for character in text)


def _as_zero_width(text: str) -> str:
    """Bit by bit: a zero-width space for 0, a zero-width non-joiner for 1; between word joiners."""
    bits = "".join(f"{byte:08b}" for byte in text.encode())
    return f"\u2060{bits.translate({ord('0'): 0x200B, ord('1'): 0x200C})}\u2060"


def _as_bidi(text: str) -> str:
    """In order for whoever reads characters, and backwards on a screen."""
    return f"\u202e{text}\u202c"


_WAYS_TO_HIDE: Mapping[str, Callable[[str], str]] = {
    "tags": _as_tags,
    "zero-width": _as_zero_width,
    "bidi": _as_bidi,
}
