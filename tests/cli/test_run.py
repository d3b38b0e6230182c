"""`mtbench run`: answers, verdicts and tables in one go, as a process."""

import signal
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

import yaml

from tests.support.benches import QUESTIONS, make_bench, read_lines
from tests.support.cli import command, environment, mtbench
from tests.support.servers import Fault, ModelServer, Reply, Request, running_server
from tests.support.terminal import Terminal


def run(folder: Path, candidate: ModelServer, judge: ModelServer, *more: str) -> subprocess.CompletedProcess[str]:
    return mtbench(
        folder, "run", "--model", "openai/tiny", "--base-url", candidate.base_url, "--judge", "openai/grader",
        "--judge-base-url", judge.base_url, "--bench", "tiny", *more,
    )  # fmt: skip


def test_two_servers_answer_and_judge_and_the_tables_follow(tmp_path: Path) -> None:
    bench = make_bench(tmp_path)
    with running_server() as candidate, running_server(reply=lambda _: "[[7]]") as judge:
        done = run(tmp_path, candidate, judge)
        assert (done.returncode, len(candidate.requests), len(judge.requests)) == (0, 6, 6)
        assert "tiny" in done.stdout
        assert "7.0" in done.stdout
        again = run(tmp_path, candidate, judge)
        assert (again.returncode, len(candidate.requests), len(judge.requests)) == (0, 6, 6)
        tables = done.stdout.split("Files:")[0]
        assert again.stdout.split("Files:")[0] == tables
    assert len(read_lines(bench / "model_answer" / "tiny.jsonl")) == 3
    assert len(read_lines(bench / "model_judgment" / "grader_single.jsonl")) == 6


def test_a_turn_is_judged_when_it_exists_not_when_all_do(tmp_path: Path) -> None:
    make_bench(tmp_path, QUESTIONS[:1])

    def ready(request: Request) -> bool:
        return len(request.body["messages"]) == 1 or bool(judge.requests)

    with running_server(reply=lambda _: "[[5]]") as judge, running_server(ready=ready) as candidate:
        assert run(tmp_path, candidate, judge, "--timeout", "30").returncode == 0
    assert (len(candidate.requests), len(judge.requests)) == (2, 2)


def test_pairwise_runs_compare_what_both_have_answered(tmp_path: Path) -> None:
    bench = make_bench(tmp_path)
    with running_server() as candidate, running_server(reply=lambda _: "[[C]]") as judge:
        done = run(tmp_path, candidate, judge, "--model", "openai/other", "--mode", "pairwise-all")
        assert (done.returncode, len(judge.requests)) == (0, 12)
    assert {j["g1_winner"] for j in read_lines(bench / "model_judgment" / "grader_pair.jsonl")} == {"tie"}
    assert "other" in done.stdout


def test_a_baseline_answered_earlier_need_not_be_a_model_of_the_run(tmp_path: Path) -> None:
    make_bench(tmp_path)
    with running_server() as candidate, running_server(reply=lambda _: "[[C]]") as judge:
        mtbench(tmp_path, "gen-answers", "--model", "openai/old", "--base-url", candidate.base_url, "--bench", "tiny")
        done = run(tmp_path, candidate, judge, "--mode", "pairwise-baseline", "--baseline", "old")
        assert (done.returncode, len(judge.requests)) == (0, 12)


def test_settings_come_from_the_flag_then_the_environment_then_the_file(tmp_path: Path) -> None:
    make_bench(tmp_path, QUESTIONS[:1])
    with running_server() as server:
        (tmp_path / "mtbench.yaml").write_text(
            yaml.safe_dump(
                {
                    "bench": "tiny",
                    "model": ["candidate"],
                    "judge": ["openai/grader"],
                    "judge-base-url": server.base_url,
                    "max-tokens": 10,
                    "temperature": 0.1,
                    "models": {"candidate": {"provider": "openai", "model": "some/name", "base_url": server.base_url}},
                }
            )
        )
        done = mtbench(tmp_path, "run", "--temperature", "0.3", env={"MTBENCH_MAX_TOKENS": "20"})
        assert done.returncode == 0, done.stderr
        asked = server.bodies[0]
        assert (asked["model"], asked["max_tokens"], asked["temperature"]) == ("some/name", 20, 0.3)

        saved = next((tmp_path / "data" / "tiny" / "settings").glob("run-*.yaml"))
        resolved = yaml.safe_load(saved.read_text())
        assert (resolved["max-tokens"], resolved["temperature"]) == (20, 0.3)
        (tmp_path / "mtbench.yaml").unlink()
        server.requests.clear()
        again = mtbench(tmp_path, "run", "--config", saved, "--questions", "1")
        assert again.returncode == 0, again.stderr
        assert not server.requests


def test_an_unknown_setting_is_named_with_the_nearest_one(tmp_path: Path) -> None:
    (tmp_path / "mtbench.yaml").write_text("temprature: 1\n")
    done = mtbench(tmp_path, "run")
    assert done.returncode == 2
    assert "no option 'temprature'; did you mean 'temperature'?" in done.stderr


def test_a_model_without_a_judge_is_asked_for_one(tmp_path: Path) -> None:
    done = mtbench(tmp_path, "run", "--model", "openai/x")
    assert done.returncode == 2
    assert "which judge?" in done.stderr


def test_candidate_and_judge_of_one_name_on_two_servers_are_told_apart(tmp_path: Path) -> None:
    make_bench(tmp_path)
    done = mtbench(
        tmp_path, "run", "--bench", "tiny", "--model", "openai/m", "--base-url", "http://127.0.0.1:1/v1",
        "--judge", "openai/m", "--judge-base-url", "http://127.0.0.1:2/v1",
    )  # fmt: skip
    assert done.returncode == 2
    assert "alias" in done.stderr


def test_a_dry_run_tells_both_halves_and_sends_nothing(tmp_path: Path) -> None:
    make_bench(tmp_path)
    with running_server() as server:
        done = run(tmp_path, server, server, "--dry-run")
        assert (done.returncode, len(server.requests)) == (0, 0)
    assert "tiny would answer 3 of 3 questions" in done.stdout
    assert "grader would make 6 judgments" in done.stdout


def test_answers_that_failed_are_told_beside_the_tables(tmp_path: Path) -> None:
    make_bench(tmp_path)
    refused = Reply("", finish_reason="content_filter")
    with (
        running_server(reply=lambda body: refused if "6 times 7" in str(body) else "x") as candidate,
        running_server(reply=lambda _: "[[4]]") as judge,
    ):
        done = run(tmp_path, candidate, judge)
    assert done.returncode == 3
    assert "tiny: 1 answer failed (content refused 1); `mtbench gen-answers` asks again" in done.stdout
    assert "1 answer failed (reasons" in done.stderr


def test_a_dry_run_does_not_count_what_is_judged_already(tmp_path: Path) -> None:
    make_bench(tmp_path)
    with running_server() as server:
        run(tmp_path, server, server)
        done = run(tmp_path, server, server, "--dry-run")
    assert "tiny would answer 0 of 3 questions (3 done): 0 requests" in done.stdout
    assert "grader would make 0 judgments (6 done): 0 requests" in done.stdout


def test_a_setting_of_the_wrong_type_names_its_file(tmp_path: Path) -> None:
    (tmp_path / "mtbench.yaml").write_text("limit: many\n")
    done = mtbench(tmp_path, "run")
    assert done.returncode == 2
    assert done.stderr.startswith("error: mtbench.yaml: limit: ")


def test_a_list_setting_may_be_a_single_value(tmp_path: Path) -> None:
    (tmp_path / "mtbench.yaml").write_text("model: openai/x\n")
    done = mtbench(tmp_path, "gen-answers", "--dry-run", "--limit", "1")
    assert done.returncode == 0
    assert "x would answer 1 of 1 questions" in done.stdout


def test_failures_are_told_after_the_tables_with_exit_code_3(tmp_path: Path) -> None:
    make_bench(tmp_path)
    refuse_math = Reply("", finish_reason="content_filter")
    with (
        running_server() as candidate,
        running_server(reply=lambda body: refuse_math if "6 times 7" in str(body) else "[[4]]") as judge,
    ):
        done = run(tmp_path, candidate, judge)
    assert done.returncode == 3
    assert "4.0" in done.stdout
    assert "2 verdicts failed" in done.stderr


def wait_until(happened: Callable[[], object], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_ctrl_c_finishes_what_is_in_flight_says_so_and_the_rerun_pays_for_nothing_twice(tmp_path: Path) -> None:
    many = [{"question_id": number, "category": "stem", "turns": ["a", "b"]} for number in range(1, 31)]
    bench = make_bench(tmp_path, many)
    with running_server(latency=0.4) as candidate, running_server(reply=lambda _: "[[5]]") as judge:
        arguments = (
            "run", "--model", "openai/tiny", "--base-url", candidate.base_url, "--judge", "openai/grader",
            "--judge-base-url", judge.base_url, "--bench", "tiny", "--parallel", "3",
        )  # fmt: skip
        terminal = Terminal(tmp_path, *arguments)
        try:
            terminal.read_until("answers")
            wait_until(lambda: len(candidate.requests) >= 5)
            terminal.press_ctrl_c()
            terminal.read_until("stopping")
            code = terminal.wait()
        finally:
            terminal.close()
        assert code == 130
        assert "Traceback" not in terminal.text
        assert "interrupted" in terminal.text
        paid = len(candidate.requests), len(judge.requests)
        assert paid[0] < 60
        done = mtbench(tmp_path, *arguments)
        assert done.returncode == 0
        assert (len(candidate.requests), len(judge.requests)) == (60, 60)
    assert len(read_lines(bench / "model_answer" / "tiny.jsonl")) == 30
    assert len(read_lines(bench / "model_judgment" / "grader_single.jsonl")) == 60


def test_a_second_ctrl_c_drops_what_is_in_flight(tmp_path: Path) -> None:
    make_bench(tmp_path)
    with running_server(latency=30) as candidate, running_server() as judge:
        terminal = Terminal(
            tmp_path, "run", "--model", "openai/tiny", "--base-url", candidate.base_url, "--judge", "openai/grader",
            "--judge-base-url", judge.base_url, "--bench", "tiny",
        )  # fmt: skip
        try:
            terminal.read_until("in flight")
            wait_until(lambda: candidate.requests)
            terminal.press_ctrl_c()
            terminal.read_until("Ctrl-C again")
            terminal.press_ctrl_c()
            assert terminal.wait() == 130
        finally:
            terminal.close()
        assert "Traceback" not in terminal.text


def test_first_turns_that_were_paid_for_survive_a_second_ctrl_c(tmp_path: Path) -> None:
    make_bench(tmp_path, QUESTIONS[:1])
    with running_server(
        faults=lambda request: Fault(hang=True) if len(request.body["messages"]) > 1 else None
    ) as candidate:
        arguments = ("gen-answers", "--model", "openai/tiny", "--base-url", candidate.base_url, "--bench", "tiny")
        terminal = Terminal(tmp_path, *arguments)
        try:
            terminal.read_until("in flight")
            wait_until(lambda: len(candidate.requests) >= 2)
            terminal.press_ctrl_c()
            terminal.read_until("Ctrl-C again")
            terminal.press_ctrl_c()
            assert terminal.wait() == 130
        finally:
            terminal.close()
        candidate.faults, candidate.requests[:] = [], []
        assert mtbench(tmp_path, *arguments).returncode == 0
        assert [len(body["messages"]) for body in candidate.bodies] == [3]


def test_the_settings_of_the_embedded_run_are_those_it_ran_with(tmp_path: Path) -> None:
    make_bench(tmp_path, QUESTIONS[:1])
    done = mtbench(tmp_path, "run", "--bench", "tiny", "--max-tokens", "5", "--judge-max-tokens", "5", timeout=200)
    assert done.returncode == 0, done.stderr
    saved = yaml.safe_load(next((tmp_path / "data" / "tiny" / "settings").glob("run-*.yaml")).read_text())
    assert (saved["model"], saved["judge"], saved["structured"]) == (["local/smollm2"], ["local/smollm2"], True)
    assert (saved["limit"], saved["max-tokens"], saved["judge-max-tokens"]) == (8, 5, 5)


def test_an_endpoint_without_a_model_is_not_the_embedded_run(tmp_path: Path) -> None:
    done = mtbench(tmp_path, "run", "--base-url", "http://127.0.0.1:1/v1")
    assert done.returncode == 2
    assert "which model is at that endpoint?" in done.stderr


def test_a_terminated_job_stops_as_cleanly(tmp_path: Path) -> None:
    make_bench(tmp_path)
    with running_server(latency=0.5) as server:
        process = subprocess.Popen(
            command("gen-answers", "--model", "openai/tiny", "--base-url", server.base_url, "--bench", "tiny"),
            cwd=tmp_path, env=environment(tmp_path), stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        wait_until(lambda: server.requests)
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "interrupted" in err


def test_a_second_run_on_the_same_file_says_who_holds_it_and_waits(tmp_path: Path) -> None:
    bench = make_bench(tmp_path)
    waits = threading.Event()
    with running_server(ready=lambda _: waits.is_set()) as server:
        words = command("gen-answers", "--model", "openai/tiny", "--base-url", server.base_url, "--bench", "tiny")
        first = subprocess.Popen(words, cwd=tmp_path, env=environment(tmp_path), stderr=subprocess.DEVNULL)
        wait_until(lambda: server.requests)
        second = subprocess.Popen(words, cwd=tmp_path, env=environment(tmp_path), stderr=subprocess.PIPE, text=True)
        assert second.stderr
        assert f"being written by process {first.pid}" in second.stderr.readline()
        waits.set()
        second.communicate(timeout=60)
        assert (first.wait(60), second.returncode) == (0, 0)
        assert len(server.requests) == 6
    assert len(read_lines(bench / "model_answer" / "tiny.jsonl")) == 3
