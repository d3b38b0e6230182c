"""Memory does not grow with the number of questions and requests: what is done stands in the files alone."""

import re
import subprocess
import sys
from pathlib import Path

import orjson
import pytest

from mtbench.benches import find_bench, load_questions
from mtbench.chat.spec import ModelSpec
from mtbench.judging.judges import JudgeSettings
from mtbench.judging.prompts import load_prompts
from mtbench.progress import Lane, Progress
from mtbench.records import Json, SingleJudgment
from mtbench.runs import JudgeJob, load_book
from tests.support.benches import make_bench, write_lines
from tests.support.cli import environment
from tests.support.servers import Reply, running_server

pytestmark = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="Linux tells the peak of a process")

MODELS = [f"m{number}" for number in range(5)]
TELL_PEAK = """
import atexit, sys
atexit.register(lambda: print(open("/proc/self/status").read(), file=sys.stderr))
from mtbench.cli import main
main()
"""


def peak(folder: Path, *arguments: str) -> float:
    """The most memory that a command took, in MB; not that of this process, as a parent's resource usage would be."""
    done = subprocess.run(
        [sys.executable, "-c", TELL_PEAK, *arguments],
        cwd=folder,
        env=environment(folder, {"OPENAI_API_KEY": "none"}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[:2000]
    found = re.search(r"VmHWM:\s+(\d+) kB", done.stderr)
    assert found
    return int(found[1]) / 1000


def judged(folder: Path, questions: int) -> None:
    """A bench with an answer of each model to each question, all judged: what `mtbench judge` would have written."""
    bench = make_bench(folder, [{"question_id": n, "turns": [f"Why {n}?"]} for n in range(questions)])
    for model in MODELS:
        answers: list[Json] = [
            {"question_id": n, "choices": [{"index": 0, "turns": [f"{model} {n} {'because ' * 60}"]}]}
            for n in range(questions)
        ]
        write_lines(bench / "model_answer" / f"{model}.jsonl", answers)
    place, spec = find_bench("tiny", folder / "data"), ModelSpec("grader", "openai", "grader")
    job = JudgeJob.plan("single", [spec], MODELS, None, JudgeSettings(load_prompts("default")))
    there = load_questions(place.source / "question.jsonl")
    book = load_book(place, job.models, there, print)
    (judge,) = job.open_judges(place, there, Progress())
    path = place.judgments("grader", "single")
    path.parent.mkdir()
    with path.open("wb") as stream:
        for match in book.ready(job.contestants):
            for work in judge.undone(match, book, Lane("verdicts")):
                judgment = SingleJudgment(
                    match.question.question_id, match.models[0], ("grader", work.prompt.name), work.user_prompts[0],
                    "Good. " * 60 + "[[7]]", 7, match.turn, 1.0, request_hash=work.hashes["g1"],
                )  # fmt: skip
                stream.write(orjson.dumps(judgment.to_json()) + b"\n")


def test_a_judge_takes_no_more_memory_for_more_judgments_that_are_there(tmp_path: Path) -> None:
    sizes, peaks = (1000, 5000), []
    for questions in sizes:
        folder = tmp_path / str(questions)
        judged(folder, questions)
        arguments = ("judge", "--judge", "openai/grader", "--base-url", "http://127.0.0.1:9/v1", "--bench", "tiny")
        peaks.append(peak(folder, *arguments))
    more = (sizes[1] - sizes[0]) * len(MODELS)
    # A judgment has some 2,500 bytes, its answer 500; the hashes of what was judged take about a hundred.
    assert (peaks[1] - peaks[0]) * 1e6 / more < 400


def test_neither_answers_nor_judgments_that_are_made_stay_in_memory(tmp_path: Path) -> None:
    reply = Reply("because " * 2500 + "[[7]]")
    sizes, answering, judging = (300, 900), [], []
    with running_server(reply=lambda _: reply) as server:
        there = ("--base-url", server.base_url, "--bench", "tiny", "--parallel", "4")
        for questions in sizes:
            folder = tmp_path / str(questions)
            make_bench(folder, [{"question_id": n, "turns": [f"Why {n}?"]} for n in range(questions)])
            answering.append(peak(folder, "gen-answers", "--model", "openai/tiny", *there))
            judging.append(peak(folder, "judge", "--judge", "openai/grader", *there))
            server.requests.clear()
    more = sizes[1] - sizes[0]
    # An answer has 20,000 bytes, a judgment twice as many.
    assert (answering[1] - answering[0]) * 1e6 / more < 10_000
    assert (judging[1] - judging[0]) * 1e6 / more < 10_000
