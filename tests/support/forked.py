"""Commands that start in a few milliseconds: forked from a process that has imported everything, and killed at will."""

import multiprocessing
import os
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from multiprocessing import forkserver
from pathlib import Path

import coverage

from tests.support.cli import environment

_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(
    [
        "tests.support.forked",
        "mtbench.cli.jobs",
        "mtbench.cli.display",
        "mtbench.cli.show_results",
        "mtbench.runs",
        "mtbench.reports.results",
        "mtbench.chat.openai",
        "mtbench.chat.retry",
        "mtbench.chat.adapt",
        "mtbench.chat.cache",
        "mtbench.chat.prefixes",
        "genai_prices.data",
        "rich.console",
        "dotenv.main",
        "concurrent.futures.thread",
    ]
)
_ONE_AT_A_TIME = threading.Lock()
"""multiprocessing looks after all children whenever one is started, which several threads may not do at once."""


class Command:
    """A command that runs in `folder`; what it prints goes to `printed`, after what others printed.

    `key`: the OPENAI_API_KEY that it has. `more`: what else stands in its environment. `printed`: `folder`/printed if
    nothing else is said. `measured`: whether coverage is; what may be killed is not, for it would leave torn files.
    """

    def __init__(
        self,
        folder: Path,
        words: Sequence[str],
        key: str = "none",
        more: Mapping[str, str] | None = None,
        printed: Path | None = None,
        measured: bool = True,
    ) -> None:
        with _ONE_AT_A_TIME:  # _ensure_forks changes the environment for a moment
            counting = {name: value for name, value in os.environ.items() if measured and name.startswith("COVERAGE_")}
            own = {"OPENAI_API_KEY": key, **(more or {}), **counting}
            arguments = folder, list(words), own, printed or folder / "printed"
            self._process = _FORKS.Process(target=_command, args=arguments, daemon=True)
            _ensure_forks()
            self._process.start()

    @property
    def code(self) -> int | None:
        """The exit code, -9 after `kill`; None while it runs."""
        with _ONE_AT_A_TIME:
            return self._process.exitcode

    def kill(self) -> None:
        """Ends it as `kill -9` does."""
        with _ONE_AT_A_TIME:
            self._process.kill()

    def wait(self, seconds: float = 60) -> int:
        """Waits for its end; gives the exit code. Raises TimeoutError."""
        end = time.monotonic() + seconds
        while (code := self.code) is None:
            if time.monotonic() > end:
                raise TimeoutError
            time.sleep(0.002)
        return code


def _ensure_forks() -> None:
    """Starts the process that forks, if need be. Its coverage is not measured: it ends after all has been counted."""
    measuring = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith("COVERAGE_")}
    try:
        forkserver.ensure_running()
    finally:
        os.environ.update(measuring)


def _command(folder: Path, words: list[str], own: dict[str, str], to: Path) -> None:
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment(folder, own))
    printed = os.open(to, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.dup2(printed, 1)
    os.dup2(printed, 2)
    sys.argv = ["mtbench", *words]
    coverage.process_startup()  # which looks for the variables of a run that is measured
    from mtbench.cli import main

    main()
