"""A run never hangs: whole commands against endpoints that do, under an outer limit of time."""

import fcntl
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

from mtbench import runs
from mtbench.answers import AnswerSettings
from mtbench.benches import find_bench, load_questions
from mtbench.chat.spec import ModelSpec
from mtbench.cli import jobs
from mtbench.cli.options import Asking
from mtbench.errors import Ended
from tests.support.benches import QUESTIONS, make_bench, read_lines
from tests.support.cli import mtbench
from tests.support.forked import Command
from tests.support.servers import Fault, running_server

DEADLINE = 3.0
TIMEOUT = 1.0
OUTER = DEADLINE + TIMEOUT + 30  # the rest is for a machine that is busy
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


def _say_nothing(connection: socket.socket, stop: threading.Event) -> None:
    connection.recv(65536)
    stop.wait()


def _close(connection: socket.socket, stop: threading.Event) -> None:
    pass


def _head_only(connection: socket.socket, stop: threading.Event) -> None:
    connection.recv(65536)
    connection.sendall(HEAD + b"Content-Length: 100\r\n\r\n")
    stop.wait()


def _drip(beginning: bytes) -> Callable[[socket.socket, threading.Event], None]:
    """Sends `beginning`, then a byte a moment for ever."""

    def drip(connection: socket.socket, stop: threading.Event) -> None:
        connection.recv(65536)
        connection.sendall(beginning)
        while not stop.wait(0.2):
            connection.sendall(b"x")

    return drip


@contextmanager
def tcp_server(behave: Callable[[socket.socket, threading.Event], None] | None) -> Iterator[str]:
    """A base URL where each connection meets `behave`; None: no connection is ever accepted, and the queue is full."""
    stop = threading.Event()
    with ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=128 if behave else 0))
        address = listener.getsockname()
        if behave:
            threading.Thread(target=_accept, args=(listener, behave, stop), daemon=True).start()
        else:
            for _ in range(4):
                waiting = stack.enter_context(socket.socket())
                waiting.setblocking(False)
                waiting.connect_ex(address)
        try:
            yield f"http://127.0.0.1:{address[1]}/v1"
        finally:
            stop.set()


def _accept(
    listener: socket.socket, behave: Callable[[socket.socket, threading.Event], None], stop: threading.Event
) -> None:
    def meet(connection: socket.socket) -> None:
        with connection:
            try:
                behave(connection, stop)
            except OSError:
                return  # the other side has closed it

    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        threading.Thread(target=meet, args=(connection,), daemon=True).start()


SERVERS: dict[str, Callable[[socket.socket, threading.Event], None] | None] = {
    "accepts and never answers": _say_nothing,
    "closes at once": _close,
    "sends the head and never the body": _head_only,
    "sends the body by the byte for ever": _drip(HEAD + b"Content-Length: 1000000\r\n\r\n"),
    "sends chunks by the byte for ever": _drip(HEAD + b"Transfer-Encoding: chunked\r\n\r\n"),
    "sends headers by the byte for ever": _drip(HEAD + b"X-Long: "),
    "never accepts": None,
}


def timed(folder: Path, *words: str) -> tuple[int, float, str]:
    """Exit code, seconds, and what was printed. Raises TimeoutError beyond the outer limit."""
    started = time.monotonic()
    command = Command(folder, [*words, "--bench", "tiny", "--deadline", f"{DEADLINE:g}", "--timeout", f"{TIMEOUT:g}"])
    try:
        code = command.wait(OUTER)
    finally:
        command.kill()
    return code, time.monotonic() - started, (folder / "printed").read_text()


def test_no_endpoint_can_hold_a_run_beyond_its_deadline(tmp_path: Path) -> None:
    def hang(name: str) -> tuple[int, float, str]:
        folder = tmp_path / name.replace(" ", "-")
        make_bench(folder, QUESTIONS)
        with tcp_server(SERVERS[name]) as url:
            return timed(
                folder,
                "run",
                "--model",
                "openai/tiny",
                "--base-url",
                url,
                "--judge",
                "openai/g",
                "--judge-base-url",
                url,
            )

    with ThreadPoolExecutor(len(SERVERS)) as threads:
        results = dict(zip(SERVERS, threads.map(hang, SERVERS), strict=True))
    for name, (code, seconds, printed) in results.items():
        assert code == 3, (name, printed)
        assert seconds < OUTER, name
        assert f"error: --deadline {DEADLINE:g}: the time is up" in printed or "no connection" in printed, (
            name,
            printed,
        )
        assert "Traceback" not in printed, (name, printed)


def test_a_file_that_another_holds_for_ever_ends_at_the_deadline(tmp_path: Path) -> None:
    def wait_for(held: str) -> str:
        folder = tmp_path / held
        lock = make_bench(folder) / "model_answer" / f".{held}.lock"
        lock.parent.mkdir()
        with lock.open("w") as stream, running_server() as server:
            fcntl.flock(stream, fcntl.LOCK_EX)
            code, _, printed = timed(folder, "gen-answers", "--model", "openai/tiny", "--base-url", server.base_url)
            assert not server.requests
        assert code == 3
        return printed

    files = ("tiny.jsonl", "tiny.failures.jsonl", ".tiny.unfinished.jsonl")
    with ThreadPoolExecutor(len(files)) as threads:
        for held, printed in zip(files, threads.map(wait_for, files), strict=True):
            assert f"{held} is being written by another run; waiting for it to end" in printed
            assert f"error: --deadline {DEADLINE:g}: the time is up" in printed


def test_requests_in_flight_have_a_grace_after_the_deadline_and_are_dropped_then(tmp_path: Path) -> None:
    folder = make_bench(tmp_path)
    bench, questions = find_bench("tiny", tmp_path / "data"), load_questions(folder / "question.jsonl")
    with running_server(
        faults=lambda request: Fault(hang=True) if "6 times 7" in str(request.body) else None
    ) as server:
        spec = ModelSpec("tiny", "openai", "tiny", server.base_url)

        async def answer(session: runs.Session) -> None:
            await runs.generate(session, bench, [spec], questions, AnswerSettings())

        started = time.monotonic()
        left = jobs.outcome(answer, Asking(deadline=DEADLINE, quiet=True), bench, grace=0.5)
        seconds = time.monotonic() - started
    assert isinstance(left, Ended)
    assert (str(left), left.exit_code) == ("--deadline 3: the time is up", 3)
    assert DEADLINE + 0.5 <= seconds < OUTER
    assert [answer["question_id"] for answer in read_lines(bench.answers("tiny"))] == [1, 3]


def test_what_ends_within_the_grace_is_kept(tmp_path: Path) -> None:
    bench = make_bench(tmp_path, QUESTIONS[:1])
    with running_server(latency=DEADLINE + 0.5) as server:
        words = ("gen-answers", "--model", "openai/tiny", "--base-url", server.base_url, "--bench", "tiny")
        done = mtbench(tmp_path, *words, "--deadline", f"{DEADLINE:g}")
        assert len(server.requests) == 1
        server.latency = 0
        again = mtbench(tmp_path, *words)
        assert len(server.requests) == 2
    assert (done.returncode, again.returncode) == (3, 0)
    assert done.stderr.endswith("what is finished is on disk, and the same command does the rest\n")
    assert len(read_lines(bench / "model_answer" / "tiny.jsonl")) == 1
