"""The main job against endpoints that others wrote: llmock, and the embedded model (llama.cpp)."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.benches import QUESTIONS, make_bench, read_lines
from tests.support.cli import environment, mtbench
from tests.support.ports import free_port


@pytest.fixture
def llmock(tmp_path: Path) -> Iterator[str]:
    """An OpenAI-compatible server by others, which answers one request in five with 429; its address."""
    port = free_port()
    server = subprocess.Popen(
        [
            sys.executable, "-c", "from llmock.cli import app; app()", "serve", "--host", "127.0.0.1",
            "--port", str(port), "--error-rate", "429=0.2",
        ],
        cwd=tmp_path, env=environment(tmp_path), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                assert server.poll() is None, "llmock did not start"
                assert time.monotonic() < deadline
                time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(10)


def test_llmock_answers_and_judges_with_structured_verdicts(tmp_path: Path, llmock: str) -> None:
    bench = make_bench(tmp_path)
    done = mtbench(
        tmp_path, "run", "--model", "openai/gpt-mock", "--base-url", f"{llmock}/v1", "--judge", "openai/judge-mock",
        "--judge-base-url", f"{llmock}/v1", "--bench", "tiny", "--structured",
        env={"OPENAI_API_KEY": "sk-mock"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    scores = [j["score"] for j in read_lines(bench / "model_judgment" / "judge-mock_single.jsonl")]
    assert len(scores) == 6
    assert all(1 <= score <= 10 for score in scores)
    assert "gpt-mock" in done.stdout


def test_llmock_speaks_plain_text_which_holds_no_verdict(tmp_path: Path, llmock: str) -> None:
    make_bench(tmp_path, QUESTIONS[:1])
    done = mtbench(
        tmp_path, "run", "--model", "openai/gpt-mock", "--base-url", f"{llmock}/v1", "--judge", "openai/judge-mock",
        "--judge-base-url", f"{llmock}/v1", "--bench", "tiny", env={"OPENAI_API_KEY": "sk-mock"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "unparsed" in done.stdout


def test_the_embedded_model_answers_and_judges_with_nothing_configured(tmp_path: Path) -> None:
    done = mtbench(
        tmp_path, "run", "--limit", "1", "--max-tokens", "24", "--judge-max-tokens", "200", "--structured", timeout=300
    )
    assert done.returncode == 0, done.stderr
    assert "measures nothing" in done.stderr
    assert "smollm2" in done.stdout
    answers = read_lines(tmp_path / "data" / "mt80" / "model_answer" / "smollm2.jsonl")
    assert len(answers) == 1
    assert all(answers[0]["choices"][0]["turns"])
    judgments = read_lines(tmp_path / "data" / "mt80" / "model_judgment" / "smollm2_single.jsonl")
    assert len(judgments) == 2
