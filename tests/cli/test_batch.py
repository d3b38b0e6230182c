"""--batch and `mtbench batch`, as whole commands: each request is answered once, whatever happens to the command."""

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pytest
from typer.testing import CliRunner

from mtbench.chat.batch_jobs import BatchFolder
from mtbench.cli import app
from mtbench.errors import MtbenchError
from tests.support.batch_servers import BatchServer, running_batch_server
from tests.support.benches import QUESTIONS, make_bench, read_lines
from tests.support.cli import command, environment
from tests.support.cli import mtbench as process
from tests.support.ports import free_port

KEY = "sk-marked-0123456789"
KEYS = {"OPENAI_API_KEY": KEY, "ANTHROPIC_API_KEY": KEY}
PROVIDERS = ("openai", "anthropic")


def asking(server: BatchServer, provider: str) -> list[str]:
    return ["--model", f"{provider}/m", "--base-url", server.base_url, "--bench", "tiny", "--batch"]


def judging(server: BatchServer, provider: str) -> list[str]:
    return ["--judge", f"{provider}/j", "--judge-base-url", server.base_url]


def begin(folder: Path, *arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        command(*arguments), cwd=folder, env=environment(folder, KEYS), stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


@dataclass(frozen=True)
class Done:
    """What a command did that ran in this process: the SDKs are slow to import, so not each has one of its own."""

    returncode: int
    stdout: str
    stderr: str


def mtbench(folder: Path, *arguments: str) -> Done:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for name, value in KEYS.items():
            patch.setenv(name, value)
        result = CliRunner().invoke(app, arguments)
    error, said = result.exception, result.stderr
    if error and not isinstance(error, SystemExit):
        assert isinstance(error, MtbenchError), error
        return Done(error.exit_code, result.stdout, f"{said}{error}")
    return Done(result.exit_code, result.stdout, said)


def until(condition: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def answers(folder: Path) -> list[dict[str, Any]]:
    return read_lines(folder / "data" / "tiny" / "model_answer" / "m.jsonl")


def states(folder: Path) -> list[str]:
    return [job.state for job in BatchFolder(folder / "data" / "tiny" / "batches").jobs()]


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_run_by_batches_learns_what_is_refused_and_pays_each_request_once(provider: str, tmp_path: Path) -> None:
    make_bench(tmp_path)
    with running_batch_server(key=KEY, refuses=["temperature"]) as server:
        arguments = ["run", *asking(server, provider), *judging(server, provider)]
        done = mtbench(tmp_path, *arguments)
        assert done.returncode == 0, done.stderr
        assert "m does not take temperature" in done.stderr
        assert "batch job batch_" in done.stderr
        assert set(server.answered.values()) == {1}
        assert len(server.answered) == 12
        assert len(read_lines(tmp_path / "data" / "tiny" / "model_judgment" / "j_single.jsonl")) == 6
        assert set(states(tmp_path)) == {"settled"}
        again = mtbench(tmp_path, *arguments)
        assert again.returncode == 0
        assert len(server.answered) == 12
    written = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert KEY.encode() not in written
    assert KEY not in done.stdout + done.stderr


def test_a_command_killed_while_its_job_runs_finds_it_again(tmp_path: Path) -> None:
    make_bench(tmp_path)
    with running_batch_server(seconds=None) as server:
        arguments = ["gen-answers", *asking(server, "openai"), "--num-choices", "2"]
        first = begin(tmp_path, *arguments)
        until(lambda: states(tmp_path) == ["submitted"])
        first.kill()
        first.communicate(timeout=60)
        server.seconds = 0.0
        server.release()
        second = begin(tmp_path, *arguments)  # and once more, when all replies of the first turn are here
        until(lambda: len(server.jobs) == 2)
        second.kill()
        second.communicate(timeout=60)
        done = mtbench(tmp_path, *arguments)
        assert done.returncode == 0, done.stderr
    assert set(states(tmp_path)) == {"settled"}
    assert [len(answer["choices"]) for answer in answers(tmp_path)] == [2, 2, 2]
    assert sorted(server.answered.values()) == [1] * 12


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_command_killed_between_submission_and_answer_finds_its_job(provider: str, tmp_path: Path) -> None:
    make_bench(tmp_path)
    with running_batch_server(submits=["hang"]) as server:
        first = begin(tmp_path, "gen-answers", *asking(server, provider))
        until(lambda: len(server.jobs) == 1)
        assert states(tmp_path) == ["submitting"]
        first.kill()
        first.communicate(timeout=60)
        done = mtbench(tmp_path, "gen-answers", *asking(server, provider))
        assert done.returncode == 0, done.stderr
    assert len(answers(tmp_path)) == 3
    assert sorted(server.answered.values()) == [1] * 6


def test_ctrl_c_leaves_the_job_at_the_provider_and_says_so(tmp_path: Path) -> None:
    make_bench(tmp_path)
    with running_batch_server(seconds=None) as server:
        running = begin(tmp_path, "gen-answers", *asking(server, "openai"))
        until(lambda: states(tmp_path) == ["submitted"])
        running.send_signal(signal.SIGINT)
        _, said = running.communicate(timeout=60)
        assert running.returncode == 130
        assert "goes on at" in said
        assert not list((tmp_path / "data" / "tiny" / "model_answer").glob("[!.]*failures*"))


def test_two_commands_at_once_ask_everything_once(tmp_path: Path) -> None:
    make_bench(tmp_path)
    with running_batch_server(seconds=0.5) as server:
        both = [begin(tmp_path, "gen-answers", *asking(server, "openai")) for _ in range(2)]
        for each in both:
            _, said = each.communicate(timeout=60)
            assert each.returncode == 0, said
    assert sorted(server.answered.values()) == [1] * 6
    assert len(answers(tmp_path)) == 3


def test_jobs_are_listed_cancelled_and_their_finished_part_is_taken(tmp_path: Path) -> None:
    make_bench(tmp_path)
    with running_batch_server(seconds=None) as server:
        running = begin(tmp_path, "gen-answers", *asking(server, "openai"))
        until(lambda: states(tmp_path) == ["submitted"])
        listed = mtbench(tmp_path, "batch", "list", "--bench", "tiny")
        (line,) = [line.split() for line in listed.stdout.splitlines() if "batch_" in line]
        assert line[1:7] == ["batch_2", "m", "in_progress", "0", "0", "3"]
        server.seconds = 0.0  # of the jobs for what follows on the finished part
        cancelled = mtbench(tmp_path, "batch", "cancel", "batch_2", "--bench", "tiny")
        assert cancelled.returncode == 0, cancelled.stderr
        assert "cancelling" in cancelled.stdout
        _, said = running.communicate(timeout=60)
        assert running.returncode == 3
        assert "2 answers left undone (batch job cancelled)" in said
        assert not list((tmp_path / "data" / "tiny" / "model_answer").glob("[!.]*failures*"))
        done = mtbench(tmp_path, "gen-answers", *asking(server, "openai"))
        assert done.returncode == 0, done.stderr
        found = orjson.loads(mtbench(tmp_path, "batch", "list", "--bench", "tiny", "--json").stdout)
        assert (found[0]["status"], found[0]["cancelled"], found[0]["state"]) == ("cancelled", True, "settled")
    assert sorted(server.answered.values()) == [1] * 6
    offline = mtbench(tmp_path, "batch", "list", "--bench", "tiny")
    assert offline.returncode == 0  # what is settled need not be asked about
    assert len(offline.stdout.splitlines()) == 1 + len(found)


def test_a_job_that_is_gone_can_be_forgotten(tmp_path: Path) -> None:
    make_bench(tmp_path, QUESTIONS[:1])
    with running_batch_server(seconds=None) as server:
        running = begin(tmp_path, "gen-answers", *asking(server, "openai"))
        until(lambda: states(tmp_path) == ["submitted"])
        server.jobs.clear()
        _, said = running.communicate(timeout=60)
        assert running.returncode == 3
        assert "mtbench batch cancel batch_2" in said
        listed = mtbench(tmp_path, "batch", "list", "--bench", "tiny")
        assert "(last known)" in listed.stdout
        forgotten = mtbench(tmp_path, "batch", "cancel", "--all", "--bench", "tiny")
        assert (forgotten.returncode, "forgotten" in forgotten.stdout) == (0, True)
        server.seconds = 0.0
        assert mtbench(tmp_path, "gen-answers", *asking(server, "openai")).returncode == 0


def test_a_provider_that_cannot_be_reached_is_said_and_the_list_shows_what_is_known(tmp_path: Path) -> None:
    make_bench(tmp_path, QUESTIONS[:1])
    with running_batch_server(seconds=None) as server:
        running = begin(tmp_path, "gen-answers", *asking(server, "openai"))
        until(lambda: states(tmp_path) == ["submitted"])
        running.kill()
        running.communicate(timeout=60)
    listed = process(tmp_path, "batch", "list", "--bench", "tiny", env=KEYS)
    assert listed.returncode == 0
    assert "in_progress (last known)" in listed.stdout
    assert "no connection" in listed.stderr
    refused = process(tmp_path, "batch", "cancel", "--all", "--bench", "tiny", env=KEYS)
    assert refused.returncode == 3
    assert "no connection" in refused.stdout


def test_a_limit_of_requests_ends_a_run_by_batches_after_what_it_took_on(tmp_path: Path) -> None:
    make_bench(tmp_path)
    with running_batch_server() as server:
        done = mtbench(tmp_path, "gen-answers", *asking(server, "openai"), "--max-requests", "4")
        assert done.returncode == 3
        assert "--max-requests 4" in done.stderr
        assert sum(server.answered.values()) == 4
        assert mtbench(tmp_path, "gen-answers", *asking(server, "openai")).returncode == 0
    assert sorted(server.answered.values()) == [1] * 6


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--model", "local/smollm2", "--batch"], "runs on this machine"),
        (["--model", "openai/m", "--batch", "--export-requests", "x"], "give the one or the others"),
        (["--model", "openai/m", "--batch", "--import-responses", "x"], "give the one or the others"),
        (["--model", "openai/m", "--export-requests", "x", "--import-responses", "x"], "are read from this file"),
        (["--model", "openai/m", "--export-requests", "data"], "this is a folder"),
        (["--model", "openai/m", "--import-responses", "none.jsonl"], "no such file"),
    ],
)
def test_options_that_exclude_each_other_are_said(arguments: list[str], words: str, tmp_path: Path) -> None:
    make_bench(tmp_path)
    done = mtbench(tmp_path, "gen-answers", "--bench", "tiny", *arguments)
    assert done.returncode == 2
    assert words in done.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [(["cancel"], "which jobs?"), (["cancel", "x", "--all"], "which jobs?"), (["cancel", "x"], "no batch job 'x'")],
)
def test_cancelling_names_a_job_that_there_is(arguments: list[str], words: str, tmp_path: Path) -> None:
    make_bench(tmp_path)
    done = mtbench(tmp_path, "batch", *arguments, "--bench", "tiny")
    assert done.returncode == 2
    assert words in done.stderr
    assert "No batch jobs" in mtbench(tmp_path, "batch", "list", "--bench", "tiny").stdout


def test_the_plan_of_a_batch_costs_half(tmp_path: Path) -> None:
    make_bench(tmp_path)
    prices = "price: {input: 1000, output: 1000}"
    (tmp_path / "models.yaml").write_text(
        f"models:\n  half: {{provider: openai, model: a, {prices}}}\n"
        f"  full: {{provider: openai, model: b, {prices[:-1]}, batch: 1}}}}\n"
    )
    costs: dict[str, list[float]] = {}
    for more in ([], ["--batch"]):
        done = mtbench(
            tmp_path, "gen-answers", "--bench", "tiny", "--model", "half", "--model", "full", "--dry-run", *more
        )
        assert done.returncode == 0, done.stderr
        for line in done.stdout.splitlines():
            costs.setdefault(line.split()[0], []).append(float(line.split("$")[1].split()[0].rstrip(".")))
    assert costs["half"][1] == pytest.approx(costs["half"][0] / 2, abs=0.01)
    assert costs["full"][1] == costs["full"][0]


@pytest.fixture
def llmock(tmp_path: Path) -> Iterator[str]:
    """A mock of the providers' APIs that others wrote; its address."""
    port = free_port()
    program = (
        "import llmock.routers.batch as batch; batch._BATCH_DELAY = 0.5; "  # its own 3 s, four times, are long
        "from llmock.cli import app; app()"
    )
    server = subprocess.Popen(
        [sys.executable, "-c", program, "serve", "--host", "127.0.0.1", "--port", str(port)],
        cwd=tmp_path, env=environment(tmp_path), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        until(lambda: server.poll() is None and _listens(port))
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(10)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.parametrize(("provider", "path"), [("openai", "/v1"), ("anthropic", "/anthropic")])
def test_llmock_takes_our_batches(provider: str, path: str, tmp_path: Path, llmock: str) -> None:
    make_bench(tmp_path)
    done = mtbench(
        tmp_path, "gen-answers", "--model", f"{provider}/m", "--base-url", llmock + path, "--bench", "tiny", "--batch",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert [len(answer["choices"][0]["turns"]) for answer in answers(tmp_path)] == [2, 2, 2]
    listed = orjson.loads(mtbench(tmp_path, "batch", "list", "--bench", "tiny", "--json").stdout)
    assert [(job["done"], job["failed"], job["state"]) for job in listed] == [(3, 0, "settled")] * 2
