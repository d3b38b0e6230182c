"""Keeping secrets out of what is said: whole or in part, plain or as servers and proxies write them."""

import html
import json
from base64 import b64encode
from collections.abc import Iterable, Iterator
from functools import lru_cache
from urllib.parse import quote

SHORTEST = 6
"""Shorter values are stand-ins such as EMPTY, and cutting them out would spoil messages."""

_PART = 8
"""So many letters of a secret in a row are kept back too: some servers show the beginning of a key that they refuse."""

LONG = 16
"""Shorter secrets are taken out as a whole only: they may be words (my-local-key)."""


def masked(text: str, secrets: Iterable[str]) -> str:
    """`text` with [key] in place of every secret, in any of its forms, and of the parts of long ones."""
    windows = _windows(tuple(secrets))
    if not windows:
        return text
    hidden = bytearray(len(text))
    for size in {len(window) for window in windows}:
        for start in range(len(text) - size + 1):
            if text[start : start + size] in windows:
                hidden[start : start + size] = b"\1" * size
    return "".join(_shown(text, hidden))


def _shown(text: str, hidden: bytearray) -> Iterator[str]:
    for at, letter in enumerate(text):
        if not hidden[at]:
            yield letter
        elif at == 0 or not hidden[at - 1]:
            yield "[key]"


@lru_cache(maxsize=64)
def _windows(secrets: tuple[str, ...]) -> frozenset[str]:
    """What must not be shown: all parts of every form of the secrets."""
    return frozenset(
        part
        for secret in secrets
        if len(secret) >= SHORTEST
        for form in _forms(secret)
        for part in (_parts(form) if len(secret) >= LONG else [form])
    )


def _parts(form: str) -> Iterator[str]:
    return (form[start : start + _PART] for start in range(len(form) - _PART + 1))


def _forms(secret: str) -> Iterator[str]:
    """A secret as it is, in an address, in a page, in JSON, and in base64, wherever in a longer text it stood."""
    in_json = json.dumps(secret)[1:-1]
    yield from (secret, quote(secret, safe=""), html.escape(secret), in_json, in_json.replace("/", "\\/"))
    data = secret.encode("utf-8", "surrogatepass")
    for before in range(3):
        encoded = b64encode(b"\0" * before + data).decode().rstrip("=")
        whole = encoded[(0, 2, 3)[before] : len(encoded) - ((before + len(data)) % 3 > 0)]
        yield from (whole, whole.replace("+", "-").replace("/", "_"))
