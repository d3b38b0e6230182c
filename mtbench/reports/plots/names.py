"""Text of any length and script → text that fits its place: measured, shortened, wrapped, safe to draw."""

from collections.abc import Callable, Iterable, Sequence
from itertools import groupby, takewhile
from math import isfinite, isnan

from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path

TITLE, TEXT, SMALL = 11.0, 9.0, 8.0
"""Sizes of text in points."""
LINE = 1.25
"""Height of a line of text, as a multiple of its size."""


NONE = "–"
"""What stands where there is no value."""


def printable(text: str) -> str:
    """`text` on one line, without characters that have no picture (XML forbids some of them)."""
    return "".join(each if each.isprintable() or each in _JOINERS else "�" for each in " ".join(text.split()))


_JOINERS = "\u200c\u200d"
"""No pictures of their own, but names in Persian, Hindi or emoji are wrong without them."""


def number(value: float, decimals: int) -> str:
    """`value` as people write it; a dash for nan."""
    if isnan(value):
        return NONE
    text = f"{abs(value):,.{decimals}f}" if isfinite(value) else "∞"
    return f"−{text}" if value < 0 and text.strip("0.,") else text


def inches(text: str, size: float, weight: str = "normal") -> float:
    """How wide `text` gets at `size` points. To be called within `styled()`."""
    width, _, _ = text_to_path.get_text_width_height_descent(text, FontProperties(size=size, weight=weight), False)
    return float(width) / 72


def widest(texts: Iterable[str], size: float) -> float:
    """Inches that the widest of `texts` takes; 0.0 for none."""
    return max((inches(text, size) for text in texts), default=0.0)


def labels(names: Iterable[str], width: float, size: float = TEXT) -> dict[str, str]:
    """Name → what to write for it in `width` inches: no two names get the same.

    Long names lose their middle; where that makes some alike, they lose what they have in common instead.
    """
    shown = {name: shortened(printable(name), width, size) for name in names}
    for _, found in groupby(sorted(shown, key=lambda name: shown[name]), key=lambda name: shown[name]):
        alike = list(found)
        if len(alike) > 1:
            shown |= _told_apart(alike, width, size)
    return shown


def shortened(text: str, width: float, size: float) -> str:
    """`text`, or as much of its start and end as fits `width` inches."""
    return _fitting(text, width, size, lambda kept: f"{text[: (kept + 1) // 2]}…{text[len(text) - kept // 2 :]}")


def wrapped(text: str, width: float, size: float, weight: str = "normal") -> list[str]:
    """`text` in lines of at most `width` inches; a word that is wider is cut."""
    lines: list[str] = []
    for word in printable(text).split():
        joined = f"{lines[-1]} {word}" if lines else word
        if inches(joined, size, weight) <= width:
            lines[-1:] = [joined]
        else:
            lines += _cut(word, width, size, weight)
    return lines


def _fitting(text: str, width: float, size: float, cut: Callable[[int], str]) -> str:
    """`text` if it fits, else `cut(kept)` with as many characters kept as fit."""
    if inches(text, size) <= width:
        return text
    fits, too_wide = 1, len(text)
    while too_wide - fits > 1:
        middle = (fits + too_wide) // 2
        if inches(cut(middle), size) <= width:
            fits = middle
        else:
            too_wide = middle
    return cut(fits)


_CONTEXT = 2
"""Characters that are left before the first one that differs."""


def _told_apart(names: Sequence[str], width: float, size: float) -> dict[str, str]:
    texts = [printable(name) for name in names]
    same = max(sum(1 for _ in takewhile(lambda each: len(set(each)) == 1, zip(*texts, strict=False))) - _CONTEXT, 0)
    head = _fitting(texts[0][:same], width / 3, size, lambda kept: texts[0][:kept]).rstrip()
    room = width - inches(head + "…", size)
    found = [f"{head}…{shortened(text[same:], room, size)}" for text in texts]
    if len(set(found)) == len(found):
        return dict(zip(names, found, strict=True))
    numbers = [f" ({number})" for number in range(1, len(names) + 1)]
    return {
        name: shortened(text, width - inches(number, size), size) + number
        for name, text, number in zip(names, texts, numbers, strict=True)
    }


def _cut(word: str, width: float, size: float, weight: str) -> list[str]:
    pieces = [""]
    for character in word:
        if inches(pieces[-1] + character, size, weight) <= width:
            pieces[-1] += character
        else:
            pieces.append(character)
    return pieces
