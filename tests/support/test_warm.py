"""A command that is forked is the one that starts in full: what it prints, how it ends, where it is."""

import subprocess
from pathlib import Path

import pytest

from tests.support import warm
from tests.support.benches import make_bench, read_lines
from tests.support.cli import command, environment
from tests.support.servers import running_server


@pytest.mark.parametrize("words", [["--help"], ["questions", "list"], ["questions", "show", "none"], ["no-command"]])
def test_it_prints_and_ends_the_same(tmp_path: Path, words: list[str]) -> None:
    env = environment(tmp_path)
    full = subprocess.run(
        command(*words), cwd=tmp_path, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    forked = warm.run(words, tmp_path, env, 60)
    assert (forked.returncode, forked.stdout, forked.stderr) == (full.returncode, full.stdout, full.stderr)
    assert forked.stdout or forked.stderr


def test_it_is_in_its_folder_and_environment(tmp_path: Path) -> None:
    bench = make_bench(tmp_path)
    with running_server(key="sk-its-own") as server:
        words = ["gen-answers", "--model", "openai/tiny", "--base-url", server.base_url, "--bench", "tiny"]
        assert warm.run(words, tmp_path, environment(tmp_path, {"OPENAI_API_KEY": "sk-another"}), 60).returncode == 2
        assert warm.run(words, tmp_path, environment(tmp_path, {"OPENAI_API_KEY": "sk-its-own"}), 60).returncode == 0
    assert len(read_lines(bench / "model_answer" / "tiny.jsonl")) == 3


def test_it_is_killed_when_its_time_is_up(tmp_path: Path) -> None:
    make_bench(tmp_path)
    with running_server(ready=lambda _: False) as server:
        words = ["gen-answers", "--model", "openai/tiny", "--base-url", server.base_url, "--bench", "tiny"]
        with pytest.raises(subprocess.TimeoutExpired):
            warm.run(words, tmp_path, environment(tmp_path), 0.5)


def test_what_python_looks_at_when_it_starts_needs_a_full_start(tmp_path: Path) -> None:
    assert warm.can_run(environment(tmp_path, {"OPENAI_API_KEY": "sk"}))
    for name in ("PYTHONUTF8", "LC_ALL", "SSL_CERT_FILE"):
        assert not warm.can_run(environment(tmp_path, {name: "1"}))
