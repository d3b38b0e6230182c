"""The command line as a person runs it: a process of its own, in a folder of its own."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.support import warm

REPOSITORY = Path(__file__).resolve().parents[2]


def environment(folder: Path, more: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of a person who has no keys and no settings."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("MTBENCH_") and not name.endswith(("_API_KEY", "_BASE_URL"))
    }
    return kept | {"HOME": str(folder), "COLUMNS": "120", "TERM": "dumb", "NO_COLOR": "1", **(more or {})}


def command(*arguments: str | Path) -> list[str]:
    return [sys.executable, "-m", "mtbench", *map(str, arguments)]


def mtbench(
    folder: Path, *arguments: str | Path, env: Mapping[str, str] | None = None, timeout: float = 120
) -> subprocess.CompletedProcess[str]:
    """Runs one command in `folder` and waits for it."""
    its_environment = environment(folder, env)
    if warm.can_run(its_environment):
        return warm.run([*map(str, arguments)], folder, its_environment, timeout)
    return subprocess.run(
        command(*arguments),
        cwd=folder,
        env=its_environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
