"""Single key presses from a terminal: no Enter, no echo, and nothing typed ahead."""

import os
import re
import select
import sys
import termios
from contextlib import suppress
from time import monotonic
from types import TracebackType

RESIZED, ENDED = "resized", "ended"
"""What comes in place of a key: the terminal has another size now; there is no keyboard any more."""

_EVERY = 0.2
"""Seconds between two looks at the size."""

_HELD = 0.5
"""Seconds within which a key that comes again was held down, not pressed."""

_SEQUENCE = re.compile(rb"\x1b(?:\[[0-9;?]*[@-~]|O[A-Za-z])")
_NAMES = {
    b"A": "up",
    b"B": "down",
    b"5~": "page up",
    b"6~": "page down",
    b"H": "home",
    b"F": "end",
    b"1~": "home",
    b"4~": "end",
}
_CONTROL = {0x03: "ctrl-c", 0x04: ENDED, 0x0A: "enter", 0x0D: "enter"}


class Keyboard:
    """The terminal at standard input, for the time of a `with` block; it is left as it was found."""

    def __init__(self) -> None:
        self._fd = sys.stdin.fileno()
        self._typed = b""
        self._size = self._look()
        self._last, self._last_at = "", 0.0

    def __enter__(self) -> "Keyboard":
        self._before = termios.tcgetattr(self._fd)
        mode = termios.tcgetattr(self._fd)
        # Ctrl-C is a key like any other, so that it cannot come between a vote and what follows from it.
        mode[3] &= ~(termios.ICANON | termios.ECHO | termios.ISIG | termios.IEXTEN)
        termios.tcsetattr(self._fd, termios.TCSADRAIN, mode)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        termios.tcsetattr(self._fd, termios.TCSADRAIN, self._before)

    def forget(self) -> None:
        """Drops what was typed so far: it was meant for what was shown before."""
        self._typed = b""
        termios.tcflush(self._fd, termios.TCIFLUSH)

    def press(self) -> str:
        """Waits for a key and names it: its small letter, or a word such as "page down"; or RESIZED, or ENDED.

        Raises KeyboardInterrupt for Ctrl-C.
        """
        while True:
            if not self._typed and not self._wait(_EVERY):
                size = self._look()
                if size != self._size:
                    self._size = size
                    return RESIZED
                continue
            if not self._typed and not self._read():
                return ENDED
            key = self._take()
            if key == "ctrl-c":
                raise KeyboardInterrupt
            if key:
                return key

    def is_held(self, key: str) -> bool:
        """Whether a key that was just pressed comes from a finger that still lies on it."""
        held = key == self._last and monotonic() - self._last_at < _HELD
        self._last, self._last_at = key, monotonic()
        return held

    def _look(self) -> os.terminal_size:
        return os.get_terminal_size(self._fd)

    def _wait(self, seconds: float) -> bool:
        return bool(select.select([self._fd], [], [], seconds)[0])

    def _read(self) -> bool:
        """Whether there is more."""
        before = len(self._typed)
        with suppress(OSError):  # the terminal may be gone
            self._typed += os.read(self._fd, 1024)
        return len(self._typed) > before

    def _take(self) -> str:
        """The first key of what was typed; empty for one that means nothing."""
        if self._typed.startswith(b"\x1b"):
            return self._take_sequence()
        first, self._typed = self._typed[0], self._typed[1:]
        return _CONTROL.get(first) or (chr(first).lower() if 0x20 <= first < 0x7F else "")

    def _take_sequence(self) -> str:
        """A cursor key; Escape alone, and a letter pressed together with Alt, mean nothing."""
        found = _SEQUENCE.match(self._typed)
        while not found and len(self._typed) < 16 and self._wait(0.05) and self._read():
            found = _SEQUENCE.match(self._typed)
        if not found:
            self._typed = b""
            return ""
        self._typed = self._typed[found.end() :]
        return _NAMES.get(found.group()[2:], "")
