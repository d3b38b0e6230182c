"""What the models of one job do to each other: a limit for both parts of one, one that fails beside one that works."""

from pathlib import Path

from tests.support.benches import make_bench, read_lines
from tests.support.cli import mtbench
from tests.support.servers import running_server


def test_a_model_that_is_its_own_judge_has_one_limit_for_both(tmp_path: Path) -> None:
    make_bench(tmp_path)
    with running_server(latency=0.05) as server:
        urls = ("--base-url", server.base_url, "--judge-base-url", server.base_url)
        models = ("--model", "openai/tiny", "--judge", "openai/tiny")
        done = mtbench(tmp_path, "run", *models, *urls, "--bench", "tiny", "--parallel", "1")
        assert done.returncode == 0, done.stderr
        assert (len(server.requests), server.most_at_once) == (12, 1)


def test_a_local_model_that_cannot_start_loses_no_reply_of_another(tmp_path: Path) -> None:
    bench = make_bench(tmp_path)
    (tmp_path / "torn.gguf").write_bytes(b"GGUF and nothing more")
    with running_server(latency=0.5) as server:
        models = ("--model", "openai/tiny", "--model", "local/torn.gguf")
        done = mtbench(tmp_path, "gen-answers", *models, "--base-url", server.base_url, "--bench", "tiny")
        sent = len(server.requests)
    assert done.returncode == 2
    assert "torn.gguf did not start" in done.stderr
    lines = [line for path in (bench / "model_answer").glob("tiny*.jsonl") for line in read_lines(path)]
    kept = [each for line in lines for each in (line["choices"][0]["turns"] if "choices" in line else line["finished"])]
    assert len(kept) == sent > 0
