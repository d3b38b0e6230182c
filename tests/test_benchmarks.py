"""The benchmarks run, and their endpoint speaks as it should: else figures would rot unseen."""

import json
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from benchmarks import harness
from tests.support.cli import REPOSITORY


def bench(arguments: str) -> str:
    """What `scripts/bench` prints."""
    command = [sys.executable, "-m", "benchmarks", *arguments.split()]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def post(served: harness.Served, path: str) -> Any:
    request = urllib.request.Request(f"{served.url}{path}", data=b'{"model": "m"}')
    with urllib.request.urlopen(request, timeout=10) as reply:
        return json.load(reply)


def test_endpoint_answers_in_both_protocols_and_counts() -> None:
    with harness.endpoint(reply="Rating: [[7]]") as served:
        assert post(served, "/chat/completions")["choices"][0]["message"]["content"] == "Rating: [[7]]"
        assert post(served, "/messages")["content"] == [{"type": "text", "text": "Rating: [[7]]"}]
        assert served.stats().requests == 2


def test_endpoint_takes_requests_in_pieces_and_in_one_go_and_keeps_its_latency(tmp_path: Path) -> None:
    request = b"POST /v1/chat/completions HTTP/1.1\r\nContent-Length: 6\r\n\r\n[1, 2]"
    with harness.endpoint(100, record=tmp_path / "bodies") as served:
        with socket.create_connection(("127.0.0.1", served.port), timeout=10) as stream:
            started = time.monotonic()
            for piece in (request[:20], request[20:-3], request[-3:] + request + request):
                stream.sendall(piece)
                time.sleep(0.02)
            got = b""
            while got.count(b"HTTP/1.1 200 OK") < 3 or not got.endswith(b"}"):
                got += stream.recv(65536)
            assert time.monotonic() - started >= 0.1
        stats = served.stats()
    assert (stats.requests, stats.connections, stats.most_in_flight) == (3, 2, 3)  # the second asked for the stats
    assert stats.last_reply - stats.first_request >= 0.099
    assert (tmp_path / "bodies").read_bytes() == b"[1, 2]\n" * 3


def test_smallest_cell_of_throughput_is_measured_and_printed(tmp_path: Path) -> None:
    path = tmp_path / "figures.json"
    cell = "--latency 20 --in-flight 5 --requests 10 --runs 1 --quick"
    printed = bench(f"throughput {cell} --only judge --only bare_aiohttp --json {path}")
    judge, bare = json.loads(path.read_text())
    assert (judge["what"], bare["what"]) == ("mtbench judge", "bare_aiohttp")
    assert judge["most_in_flight"] == bare["most_in_flight"] == 5
    assert 0 < judge["share_of_wall"] < judge["share"] <= 1.05
    assert 0 < bare["cpu"] < judge["cpu"]
    assert [line.split("|")[1].strip() for line in printed.splitlines()[2:]] == ["mtbench judge", "bare_aiohttp"]


@pytest.mark.parametrize(
    "arguments",
    [
        "resume --size 80 --runs 1",
        "memory --size 100",
        "start --runs 1",
        "ratings --size 2000 --models 5 --runs 1 --resamples 20",
        "sequential --draws 50 --questions 20",
    ],
)
def test_other_benchmarks_run_and_print_a_table(arguments: str) -> None:
    header, rule, *rows = [line for line in bench(arguments).splitlines() if line.startswith("|")]
    assert set(rule) <= set("|:- ")
    assert rows
    assert {len(line) for line in rows} == {len(header)}


def test_command_that_fails_under_a_benchmark_is_no_figure_but_its_own_words(tmp_path: Path) -> None:
    with pytest.raises(harness.Failed, match="exit code 2:\nerror: no bench 'nothing'"):
        harness.timed([harness.MTBENCH, "judge", "--judge", "openai/j", "--bench", "nothing"], tmp_path)
