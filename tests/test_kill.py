"""kill -9 at random moments: no record is lost, torn or doubled, and nothing that was on disk is paid for again.

200 kills under faults, in four series that run at once. MTBENCH_KILLS sets another number for a longer soak;
MTBENCH_SEED repeats the seed that a failure prints.
"""

import os
import random
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

from tests.support.killing import QUESTIONS, URL, Faulty, Kind, Series
from tests.support.marked import MarkingServer
from tests.support.servers import running

KILLS = int(os.environ.get("MTBENCH_KILLS", "200"))
SEED = int(os.environ.get("MTBENCH_SEED") or random.SystemRandom().randrange(10**6))

ONE = ["--model", "openai/tiny"]
TWO = [*ONE, "--model", "openai/other"]
JUDGE = ["judge", "--judge", "openai/grader", *TWO]
RUN = ["run", "--judge", "openai/grader", "--judge-base-url", URL, *ONE]
ANSWERS = "model_answer/tiny.jsonl"
SINGLE, PAIR = "model_judgment/grader_single.jsonl", "model_judgment/grader_pair.jsonl"
KINDS = {
    "gen-answers": Kind(["gen-answers", *ONE, "--num-choices", "2", "--seed", "1"], {ANSWERS: QUESTIONS}),
    "judge single": Kind(JUDGE, {SINGLE: 4 * QUESTIONS}, prepare=["gen-answers", *TWO]),
    "judge pairwise": Kind([*JUDGE, "--mode", "pairwise-all"], {PAIR: 2 * QUESTIONS}, prepare=["gen-answers", *TWO]),
    "run": Kind(RUN, {ANSWERS: QUESTIONS, SINGLE: 2 * QUESTIONS}, models=2),
}


def test_commands_that_are_killed_lose_nothing_and_repeat_only_what_was_in_flight(tmp_path: Path) -> None:
    with ExitStack() as stack, ThreadPoolExecutor(len(KINDS)) as threads:
        running_series = {}
        for number, (name, kind) in enumerate(KINDS.items()):
            rng = random.Random(SEED + number)
            server = stack.enter_context(running(MarkingServer(faults=Faulty(rng))))
            series = Series(kind, tmp_path / name.replace(" ", "-"), server, rng)
            running_series[name] = series, threads.submit(series.go, -(-KILLS // len(KINDS)))
        for name, (series, future) in running_series.items():
            if error := future.exception():
                raise AssertionError(f"{name}, after {series.kills} kills, MTBENCH_SEED={SEED}") from error
    done = [series for series, _ in running_series.values()]
    for name, (each, _) in running_series.items():
        print(
            f"{name}: {each.kills} kills in {each.rounds} folders; {each.paid} requests answered, {each.asked_again} "
            f"of them again, at most {each.most_unsaved} after one kill"
        )
    assert sum(series.kills for series in done) >= KILLS
