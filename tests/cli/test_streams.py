"""What a command does when nobody reads what it prints, and when it is interrupted before it has begun."""

import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from mtbench.cli.printing import visible
from tests.support.benches import make_bench, read_lines
from tests.support.cli import command, environment
from tests.support.servers import Fault, running_server


def with_closed_pipes(folder: Path, *words: str) -> int:
    """The exit code of a command whose standard output and error go to pipes that nobody reads."""
    readers, writers = zip(os.pipe(), os.pipe(), strict=True)
    for reader in readers:
        os.close(reader)
    process = subprocess.Popen(
        command(*words), cwd=folder, env=environment(folder), stdout=writers[0], stderr=writers[1]
    )
    for writer in writers:
        os.close(writer)
    return process.wait(60)


def test_output_that_nobody_reads_is_dropped_and_the_exit_code_stays(tmp_path: Path) -> None:
    bench = make_bench(tmp_path)
    assert with_closed_pipes(tmp_path, "questions", "show", "1001") == 0
    assert with_closed_pipes(tmp_path, "questions", "show", "no-such-question") == 2
    with running_server(faults=[Fault(status=413), Fault(status=500)]) as server:
        words = ("gen-answers", "--model", "openai/tiny", "--base-url", server.base_url, "--bench", "tiny", "--verbose")
        assert with_closed_pipes(tmp_path, *words) == 3
        assert with_closed_pipes(tmp_path, *words) == 0
    assert len(read_lines(bench / "model_answer" / "tiny.jsonl")) == 3


@pytest.mark.parametrize("ignored", [False, True])
def test_ctrl_c_during_the_imports_ends_the_command_without_a_word_unless_it_is_ignored(
    tmp_path: Path, ignored: bool
) -> None:
    slow = "open('importing', 'w').close()\nimport time\ntime.sleep(2)\nraise SystemExit(7)\n"
    (tmp_path / "typer.py").write_text(slow)
    process = subprocess.Popen(
        [sys.executable, "-m", "mtbench", "--help"],
        cwd=tmp_path,
        env=environment(tmp_path, {"PYTHONPATH": str(tmp_path)}),
        stderr=subprocess.PIPE,
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_IGN if ignored else signal.SIG_DFL),
    )
    end = time.monotonic() + 60
    while not (tmp_path / "importing").exists():
        assert time.monotonic() < end
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert (process.returncode, said) == (7 if ignored else 130, b"")


def test_text_from_outside_cannot_move_the_cursor() -> None:
    assert visible("a\x1b[2J\x07b\u202ec\té日\n\x9bd") == "a\ufffd[2J\ufffdb\ufffdc é日\n\ufffdd"
