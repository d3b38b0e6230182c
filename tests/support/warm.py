"""`python -m mtbench` from a process that has the libraries in memory already: importing them is most of a start.

Nothing of ours is in that process. A command imports mtbench itself, in the folder and the environment that it is
given, and ends as any program does. Run as a program, this file is that process: it forks a command for each request.
"""

import atexit
import json
import os
import runpy
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, NamedTuple

_LIBRARIES = (
    "aiohttp",
    "attr",
    "coverage",
    "dotenv",
    "genai_prices.data",
    "httpx2",
    "jsonlines",
    "msgspec",
    "numpy",
    "orjson",
    "pydantic",
    "rich.console",
    "rich.live",
    "rich.progress",
    "rich.table",
    "tenacity",
    "typer",
    "uvloop",
    "yaml",
)
_READ_AT_ONCE = ("PYTHON", "LANG", "LC_", "LD_", "MALLOC_", "OPENBLAS_", "SSL_", "TZ")
"""Variables that Python and the libraries look at when they start. A command that has others has to start in full."""


def can_run(environment: Mapping[str, str]) -> bool:
    """Whether a command that is forked would be as it is when it starts in this environment."""
    return _read_at_once(environment) == _read_at_once(_forks().environment)


def run(
    arguments: Sequence[str], folder: Path, environment: Mapping[str, str], timeout: float
) -> subprocess.CompletedProcess[str]:
    """Runs `python -m mtbench ARGUMENTS` without input. Raises subprocess.TimeoutExpired, when it has been killed."""
    request = {"arguments": arguments, "folder": str(folder), "environment": dict(environment), "timeout": timeout}
    with TemporaryFile() as asked, TemporaryFile() as out, TemporaryFile() as err:
        asked.write(json.dumps(request).encode())
        asked.seek(0)
        ended, tells = os.pipe()
        try:
            socket.send_fds(_forks().requests, [b"!"], [asked.fileno(), out.fileno(), err.fileno(), tells])
        finally:
            os.close(tells)
        with os.fdopen(ended) as stream:
            said = json.load(stream)
        if said["killed"]:
            raise subprocess.TimeoutExpired(list(arguments), timeout, _text(out), _text(err))
        return subprocess.CompletedProcess(list(arguments), said["code"], _text(out), _text(err))


def _read_at_once(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if name.startswith(_READ_AT_ONCE)}


def _text(stream: IO[bytes]) -> str:
    """All of it, with line ends as subprocess gives them."""
    stream.seek(0)
    return stream.read().decode().replace("\r\n", "\n").replace("\r", "\n")


class _Forks(NamedTuple):
    """The process that forks: where it takes requests, and the environment that it has."""

    requests: socket.socket
    environment: Mapping[str, str]


@cache
def _forks() -> _Forks:
    """Starts it; it ends with this process."""
    ours, theirs = socket.socketpair()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-P", __file__, str(theirs.fileno())],
            env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, pass_fds=[theirs.fileno()],
        )  # fmt: skip

    def end() -> None:
        ours.close()
        process.wait()

    atexit.register(end)
    return _Forks(ours, environment)


def _next_command(requests: socket.socket) -> list[str]:
    """Forks for each request; returns in each of the commands, with its arguments."""
    for name in _LIBRARIES:
        __import__(name)
    assert "mtbench" not in sys.modules, "what a command imports of ours would not be measured"
    interrupted = signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the tests, which then end this
    ended = signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those that wait for a command
    while True:
        _, handles, _, _ = socket.recv_fds(requests, 1, 4)
        if not handles:
            os._exit(0)  # the tests are over
        if os.fork() == 0:
            break
        for handle in handles:
            os.close(handle)
    requests.close()
    signal.signal(signal.SIGCHLD, ended)
    asked, out, err, tells = handles
    with os.fdopen(asked) as stream:
        request = json.load(stream)
    if command := os.fork():
        _wait(command, request["timeout"], tells)
    signal.signal(signal.SIGINT, interrupted)
    os.close(tells)
    for stream_of_it, number in ((out, 1), (err, 2)):
        os.dup2(stream_of_it, number)
        os.close(stream_of_it)
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    sys.path.insert(0, request["folder"])
    return list(request["arguments"])


def _wait(command: int, timeout: float, tells: int) -> None:
    """Waits for a command, ends it when its time is up, says how it ended, and is gone."""
    killed = False

    def kill(*_: object) -> None:
        nonlocal killed
        killed = True
        os.kill(command, signal.SIGKILL)

    signal.signal(signal.SIGALRM, kill)
    signal.setitimer(signal.ITIMER_REAL, timeout)
    _, status = os.waitpid(command, 0)
    os.write(tells, json.dumps({"code": os.waitstatus_to_exitcode(status), "killed": killed}).encode())
    os._exit(0)


if __name__ == "__main__":
    sys.argv = ["mtbench", *_next_command(socket.socket(fileno=int(sys.argv[1])))]
    import coverage

    coverage.process_startup()  # which looks for the variables of a run that is measured
    runpy.run_module("mtbench", run_name="__main__", alter_sys=True)
