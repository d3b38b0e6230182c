"""Text from outside → text that a page can hold: nothing in it is markup, and nothing in it is hidden."""

import json
import re
from collections.abc import Mapping, Sequence

Value = str | int | Sequence["Value"] | Mapping[str, "Value"]


def visible(text: str) -> str:
    """`text` with control characters as their symbols (␀ for NUL), and half characters as �; lines and tabs stay."""
    return _HIDDEN.sub(_symbol, text)


def to_json(value: Value) -> str:
    """JSON that cannot end the script element it stands in, and that is the same for JavaScript and HTML."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    for character in _MARKUP:
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


_HIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_MARKUP = "<>&\u2028\u2029"


def _symbol(found: re.Match[str]) -> str:
    code = ord(found[0])
    if code < 0x20:
        return chr(0x2400 + code)
    return "\u2421" if code == 0x7F else "\ufffd"
