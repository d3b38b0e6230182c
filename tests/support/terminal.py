"""A command on a pseudo-terminal, as a person has it."""

import codecs
import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.support.cli import command, environment

_CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Terminal:
    """A process with a terminal of so many columns. `text`: what it has shown so far, with all escapes."""

    def __init__(self, folder: Path, *arguments: str, columns: int = 120) -> None:
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
        env = environment(folder) | {"TERM": "xterm-256color"}
        del env["NO_COLOR"], env["COLUMNS"]
        self.process = subprocess.Popen(
            command(*arguments), cwd=folder, env=env, stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
            preexec_fn=_own_terminal,
        )  # fmt: skip
        os.close(slave)
        self.text = ""
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    @property
    def plain(self) -> str:
        """What it has shown, without the escapes of a well-behaved program: colours, and moves of the cursor."""
        return _CONTROL.sub("", self.text)

    def read_until(self, words: str, seconds: float = 60) -> None:
        end = time.monotonic() + seconds
        while words not in self.text:
            assert time.monotonic() < end, f"never said {words!r}: {self.text[-2000:]}"
            if not self._read():
                assert words in self.text, self.text[-2000:]

    def press(self, keys: str) -> None:
        """Types keys, and forgets what was shown so far: `text` is what comes of it."""
        self.text = ""
        os.write(self._master, keys.encode())

    def press_ctrl_c(self) -> None:
        os.write(self._master, b"\x03")

    def resize(self, columns: int, rows: int = 40) -> None:
        self.text = ""
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    @property
    def echoes(self) -> bool:
        """Whether it is as a shell wants it: what is typed is seen, and taken line by line."""
        wanted: int = termios.ECHO | termios.ICANON | termios.ISIG
        mode: int = termios.tcgetattr(self._master)[3]
        return mode & wanted == wanted

    def wait(self, seconds: float = 60) -> int:
        """Reads to the end; gives the exit code."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and self._read():
            pass
        return self.process.wait(max(0.1, end - time.monotonic()))

    def _read(self) -> bool:
        """Reads what there is; False once the process has closed its side."""
        if select.select([self._master], [], [], 0.1)[0]:
            try:
                self.text += self._decoder.decode(os.read(self._master, 65536))
            except OSError:
                return False
        return True

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self._master)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _own_terminal() -> None:
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
