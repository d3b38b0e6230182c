"""Runs that are killed, disturbed, or meet endpoints that fail: run again, every record is there once."""

import random
import signal
import subprocess
import threading
import time
from collections import Counter
from pathlib import Path

import orjson

from tests.support.benches import make_bench, read_lines
from tests.support.cli import command, environment, mtbench
from tests.support.protocols import Json
from tests.support.servers import Fault, ModelServer, Request, default_reply, running_server

KEY = "sk-marked-key-0123456789"


def questions(number: int) -> list[Json]:
    return [
        {"question_id": each, "category": "writing", "turns": [f"Say {each}.", f"Again {each}."]}
        for each in range(1, number + 1)
    ]


def arguments(candidate: ModelServer, judge: ModelServer, *more: str, grader: str = "grader") -> list[str]:
    return [
        "run", "--model", "openai/tiny", "--base-url", candidate.base_url, "--judge", f"openai/{grader}",
        "--judge-base-url", judge.base_url, "--bench", "tiny", *more,
    ]  # fmt: skip


def start(folder: Path, words: list[str]) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        command(*words), cwd=folder, env=environment(folder), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def wait_for(server: ModelServer, number: int) -> None:
    end = time.monotonic() + 60
    while len(server.requests) < number:
        assert time.monotonic() < end, f"only {len(server.requests)} requests came"
        time.sleep(0.01)


def counted(path: Path) -> Counter[tuple[object, ...]]:
    """How often each piece of work stands in a file, every line of which must be whole."""
    names = ("question_id", "model", "model_1", "model_2", "turn", "repeat")
    return Counter(tuple(line.get(name) for name in names) for line in read_lines(path))


def everything_once(bench: Path, number: int) -> None:
    for path, records in (("model_answer/tiny.jsonl", number), ("model_judgment/grader_single.jsonl", 2 * number)):
        found = counted(bench / path)
        assert (len(found), max(found.values())) == (records, 1), path
    assert not list(bench.rglob("*.failures.jsonl"))


class Paid:
    """Answers as a server does, and counts what was answered and so paid for."""

    def __init__(self) -> None:
        self.counts: Counter[bytes] = Counter()

    def __call__(self, body: Json) -> str:
        self.counts[orjson.dumps([body["model"], body["messages"]])] += 1
        return default_reply(body)


class Faulty:
    """A third of the requests fails, in all ways that there are."""

    kinds = (
        Fault(status=429),
        Fault(status=500),
        Fault(status=400),
        Fault(drop="before"),
        Fault(drop="mid"),
        Fault(malformed=True),
        Fault(hang=True),
    )

    def __init__(self, seed: int) -> None:
        self._draw = random.Random(seed)

    def __call__(self, _: Request) -> Fault | None:
        return self._draw.choice(self.kinds) if self._draw.random() < 0.3 else None


def test_rerun_until_done_against_failing_endpoints_nothing_is_paid_twice_and_no_key_is_written(tmp_path: Path) -> None:
    bench = make_bench(tmp_path, questions(3))
    answers, verdicts, printed = Paid(), Paid(), ""
    with (
        running_server(reply=answers, faults=Faulty(7), key=KEY) as candidate,
        running_server(reply=verdicts, faults=Faulty(8), key=KEY) as judge,
    ):
        for _ in range(8):
            done = mtbench(tmp_path, *arguments(candidate, judge, "--timeout", "1"), env={"OPENAI_API_KEY": KEY})
            printed += done.stdout + done.stderr
            if done.returncode == 0:
                break
            assert done.returncode == 3, done.stderr
    assert done.returncode == 0
    everything_once(bench, 3)
    for paid in (answers, verdicts):
        assert (len(paid.counts), max(paid.counts.values())) == (6, 1)
    assert KEY not in printed
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and KEY.encode() in path.read_bytes()]


def test_killed_runs_leave_no_torn_line_and_at_most_what_was_in_flight_is_asked_again(tmp_path: Path) -> None:
    bench, kills = make_bench(tmp_path, questions(8)), 3
    with running_server(latency=0.05) as candidate, running_server(latency=0.05) as judge:
        words = arguments(candidate, judge, "--parallel", "2")
        for kill in range(kills):
            seen = len(candidate.requests)
            process = start(tmp_path, words)
            wait_for(candidate, seen + 3 + kill)
            process.kill()
            process.communicate()
        done = mtbench(tmp_path, *words)
        assert done.returncode == 0, done.stderr
        # The two in flight, and for each the first turn of its question.
        assert len(candidate.requests) <= 16 + kills * 2 * 2
        assert len(judge.requests) <= 16 + kills * 2
    everything_once(bench, 8)


def test_a_run_that_waited_for_anothers_answers_judges_them(tmp_path: Path) -> None:
    bench = make_bench(tmp_path, questions(2))
    waits = threading.Event()
    with running_server(ready=lambda _: waits.is_set()) as candidate, running_server() as judge:
        first = start(tmp_path, arguments(candidate, judge))
        wait_for(candidate, 1)
        second = start(tmp_path, arguments(candidate, judge, grader="other"))
        assert second.stderr
        assert "is being written by" in second.stderr.readline()
        waits.set()
        printed = [each.communicate(timeout=60)[0] for each in (first, second)]
        assert (first.returncode, second.returncode) == (0, 0)
        assert (len(candidate.requests), len(judge.requests)) == (4, 8)
    assert "judge grader" in printed[0]
    assert "judge other" in printed[1]
    everything_once(bench, 2)
    assert len(counted(bench / "model_judgment" / "other_single.jsonl")) == 4


def test_a_run_that_waits_for_anothers_file_can_be_interrupted(tmp_path: Path) -> None:
    make_bench(tmp_path, questions(2))
    with running_server(faults=lambda _: Fault(hang=True)) as server:
        holder = start(tmp_path, arguments(server, server))
        try:
            wait_for(server, 1)
            waiting = start(tmp_path, arguments(server, server))
            assert waiting.stderr
            assert "is being written by" in waiting.stderr.readline()
            waiting.send_signal(signal.SIGINT)
            _, told = waiting.communicate(timeout=60)
        finally:
            holder.kill()
            holder.communicate()
    assert waiting.returncode == 130
    assert "note: stopping\n" in told
    assert "interrupted" in told


def test_repeats_of_an_answer_that_changed_are_neither_counted_nor_believed(tmp_path: Path) -> None:
    bench = make_bench(tmp_path, questions(1))
    path = bench / "model_answer" / "tiny.jsonl"
    with running_server(reply=lambda _: "[[8]]") as server:
        grade = ("judge", "--judge", "openai/grader", "--base-url", server.base_url, "--bench", "tiny")
        assert mtbench(tmp_path, *arguments(server, server, "--repeat", "2")).returncode == 0
        before = path.read_bytes()
        path.write_bytes(before.replace(b"[[8]]", b"[[9]]"))
        server.reply = lambda _: "[[2]]"
        server.requests.clear()
        assert mtbench(tmp_path, *grade).returncode == 0
        assert len(server.requests) == 2
        shown = mtbench(tmp_path, "show-results", "--bench", "tiny").stdout
        assert "2.0000  2.0000  2.000000  2" in shown
        assert "4 lines superseded" in shown
        path.write_bytes(before)
        assert mtbench(tmp_path, *grade, "--repeat", "2").returncode == 0
        assert len(server.requests) == 2 + 4
        assert mtbench(tmp_path, *grade, "--repeat", "2").returncode == 0
        assert len(server.requests) == 2 + 4


def test_a_pair_judged_in_both_orders_is_not_judged_again_in_one(tmp_path: Path) -> None:
    bench = make_bench(tmp_path, questions(2))
    with running_server() as server:
        grade = ("--mode", "pairwise-all", "--one-order", "random")
        words = arguments(server, server, "--model", "openai/second", "--mode", "pairwise-all")
        both = ("--model", "openai/tiny", "--model", "openai/second", "--base-url", server.base_url, "--bench", "tiny")
        server.reply = lambda body: str(body["model"])
        assert mtbench(tmp_path, "gen-answers", *both).returncode == 0
        server.reply = lambda _: "[[A]]"
        server.requests.clear()
        assert mtbench(tmp_path, *words, *grade).returncode == 0
        assert len(server.requests) == 4
        assert mtbench(tmp_path, *words).returncode == 0
        assert len(server.requests) == 4 + 8
        assert mtbench(tmp_path, *words, *grade).returncode == 0
        assert len(server.requests) == 4 + 8
    assert len(read_lines(bench / "model_judgment" / "grader_pair.jsonl")) == 8
