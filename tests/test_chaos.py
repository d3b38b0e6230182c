"""Endpoints at their worst: all that can be done is done, the rest has failed with reasons, and the rerun finishes it.

47 % of the requests go wrong in every way that there is, and one of two endpoints dies for good after half. Which one
goes wrong, and how, is drawn from its content and the number of times that it came: a run can be repeated.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import yaml
from aiohttp import web

from mtbench.records import Json
from tests.support.benches import make_bench, read_lines, write_lines
from tests.support.cli import mtbench
from tests.support.forked import Command
from tests.support.marked import MarkingServer, mark_of
from tests.support.ports import free_port
from tests.support.servers import Fault, Request, running

SEED = 2
QUESTIONS = 16
TURNS = 2 * QUESTIONS
PARALLEL = 16
RATES = [
    (0.20, Fault(status=429)),
    (0.10, Fault(status=500)),
    (0.05, Fault(drop="mid")),
    (0.05, Fault(hang=True)),
    (0.05, Fault(malformed=True)),
    (0.02, Fault(empty=True)),
]


class Chaos:
    """The faults above, by the content of a request and how often it came."""

    def __init__(self) -> None:
        self._came: Counter[str] = Counter()

    def __call__(self, request: Request) -> Fault:
        mark = mark_of(request.body)
        self._came[mark] += 1
        drawn = random.Random(f"{SEED} {mark} {self._came[mark]}").random()
        for rate, fault in RATES:
            if drawn < rate:
                return fault
            drawn -= rate
        return Fault(delay=0.02)


class Mortal(MarkingServer):
    """A server that goes away for good when it has answered `lives` requests: nothing listens there any more."""

    def __init__(self, lives: float, port: int = 0) -> None:
        super().__init__(faults=Chaos(), port=port)
        self._lives = lives
        self._dying: asyncio.Task[None] | None = None

    async def _post(self, incoming: web.Request) -> web.StreamResponse:
        response = await super()._post(incoming)
        if len(self.times_answered()) >= self._lives and not self._dying:
            self._dying = asyncio.create_task(self.__aexit__())
        return response


@dataclass(frozen=True)
class Job:
    """A command, the files that it writes by what is in them, and how many records each has in the end.

    `dying`: the one that the dying endpoint writes. `fed`: one that grows with it.
    """

    words: Sequence[str]
    files: dict[str, int]
    dying: str
    fed: str = ""


GEN = Job(
    ["gen-answers", "--model", "steady", "--model", "dying"],
    {"model_answer/steady.jsonl": QUESTIONS, "model_answer/dying.jsonl": QUESTIONS},
    "model_answer/dying.jsonl",
)
JUDGE = Job(
    ["judge", "--judge", "steady", "--judge", "dying"],
    {"model_judgment/steady_single.jsonl": TURNS, "model_judgment/dying_single.jsonl": TURNS},
    "model_judgment/dying_single.jsonl",
)
RUN = Job(
    ["run", "--model", "steady", "--model", "dying", "--judge", "grader"],
    {**GEN.files, "model_judgment/grader_single.jsonl": 2 * TURNS},
    GEN.dying,
    "model_judgment/grader_single.jsonl",
)


def test_what_can_be_done_is_done_the_rest_has_failed_and_a_rerun_finishes_it(tmp_path: Path) -> None:
    jobs = {"gen-answers": GEN, "judge": JUDGE, "run": RUN}
    with ThreadPoolExecutor(len(jobs)) as threads:
        for future in [threads.submit(disturb, tmp_path / name, job) for name, job in jobs.items()]:
            future.result()


def test_a_wrong_key_ends_one_models_part_with_exit_code_2_and_the_others_go_on(tmp_path: Path) -> None:
    bench = make_bench(tmp_path, _questions()[:3])
    with running(MarkingServer(key="right-key")) as server:
        entry = {"provider": "openai", "model": "m", "base_url": server.base_url}
        models = {name: {**entry, "api_key_env": f"{name.upper()}_KEY"} for name in ("right", "wrong")}
        (tmp_path / "models.yaml").write_text(yaml.safe_dump({"models": models}))
        keys = {"RIGHT_KEY": "right-key", "WRONG_KEY": "wrong-key"}
        words = ["gen-answers", "--bench", "tiny", "--parallel", "1", "--model", "right", "--model", "wrong"]
        done = mtbench(tmp_path, *words, env=keys)
        assert len(server.asked) == 6 + 1
    assert done.returncode == 2
    assert done.stderr.count("error: wrong at 127.0.0.1") == 1
    assert done.stderr.count("; its part ends here, the rest goes on") == 1
    assert done.stderr.endswith("the same command does the rest once that is put right\n")
    assert len(_counted(bench / "model_answer" / "right.jsonl")) == 3
    assert [path.name for path in bench.rglob("*.jsonl")].count("wrong.failures.jsonl") == 0


def disturb(folder: Path, job: Job) -> None:
    bench = make_bench(folder, _questions())
    lives = TURNS // 2
    with (
        running(Mortal(10**9)) as steady,
        running(Mortal(10**9)) as grader,
        running(Mortal(lives, free_port())) as dying,
    ):
        servers = {"steady": steady, "grader": grader, "dying": dying}
        models = {
            name: {"provider": "openai", "model": name, "base_url": server.base_url} for name, server in servers.items()
        }
        (folder / "models.yaml").write_text(yaml.safe_dump({"models": models}))
        if job is JUDGE:
            _write_answers(bench)
        words = [*job.words, "--bench", "tiny", "--timeout", "1", "--parallel", str(PARALLEL), "--log", "log.jsonl"]

        assert Command(folder, words).wait(90) == 3, _printed(folder)
        _check_first(folder, bench, job, servers)
        paid = steady.times_answered() + grader.times_answered()
        assert set(paid.values()) == {1}

        with running(MarkingServer(port=dying.port)) as healthy:
            steady.faults = grader.faults = []
            assert Command(folder, words).wait(60) == 0, _printed(folder)
            assert steady.times_answered() + grader.times_answered() >= paid
            again = dying.times_answered().keys() & healthy.times_answered().keys()
        everything = steady.times_answered() + grader.times_answered() + healthy.times_answered()
        assert set(everything.values()) == {1}
        assert len(again) <= PARALLEL  # what was sent in full at the moment of death, and not read
    for path, count in job.files.items():
        assert len(_counted(bench / path)) == count
    assert not list(bench.rglob("*.failures.jsonl"))
    assert not list(bench.rglob(".*.unfinished.jsonl"))


def _check_first(folder: Path, bench: Path, job: Job, servers: Mapping[str, MarkingServer]) -> None:
    """After the run in which an endpoint died: exact counts, reasons, the messages, and the log."""
    records = {path: _counted(bench / path) for path in job.files}
    failures = {path: _failures(bench / path) for path in job.files}
    to_do = dict(job.files)
    if job.fed:  # each turn that was answered is judged, of whole answers and of others
        whole = sum(2 * len(found) for path, found in records.items() if path != job.fed)
        to_do[job.fed] = whole + sum(len(each.get("finished", ())) for found in failures.values() for each in found)
    for path, number in to_do.items():
        assert len(records[path]) + len(failures[path]) == number, path
    reasons = {path: {failure["reason"] for failure in found} for path, found in failures.items()}
    assert "unreachable" in reasons[job.dying]
    assert len(records[job.dying]) > 0
    assert set().union(*reasons.values()) <= {"unreachable", "malformed reply", "empty answer"}
    assert all("unreachable" not in found for path, found in reasons.items() if path != job.dying)
    printed = _printed(folder)
    assert printed.count("error: dying at 127.0.0.1") == 1
    for lane in ("answers", "verdicts"):
        failed = sum(len(found) for path, found in failures.items() if lane[:-1] in path.replace("judgment", "verdict"))
        assert not failed or f"{failed} failed" in printed
    log = [line for line in read_lines(folder / "log.jsonl") if line["event"] == "request"]
    sent = Counter(line["model"] for line in log if line["outcome"] != "unreachable")
    for name, server in servers.items():
        lost = sent[name] - len(server.asked)  # connections that broke before the dying server had read the request
        assert lost == 0 if name != "dying" else 0 <= lost <= PARALLEL, name


def _failures(path: Path) -> list[Json]:
    failures = path.with_name(path.stem + ".failures.jsonl")
    return read_lines(failures) if failures.exists() else []


def _counted(path: Path) -> Counter[tuple[str, ...]]:
    """The pieces of work in a file; each must be there once."""
    names = ("question_id", "model", "turn")
    found = Counter(tuple(str(line.get(name)) for name in names) for line in read_lines(path))
    assert set(found.values()) == {1}
    return found


def _questions() -> list[Json]:
    return [
        {"question_id": number, "category": "writing", "turns": [f"Say {number}.", f"Again {number}."]}
        for number in range(1, QUESTIONS + 1)
    ]


def _write_answers(bench: Path) -> None:
    answers = [
        {
            "question_id": question["question_id"],
            "answer_id": f"a{question['question_id']}",
            "model_id": "tiny",
            "choices": [{"index": 0, "turns": ["One.", "Two."]}],
            "tstamp": 1.0,
        }
        for question in _questions()
    ]
    write_lines(bench / "model_answer" / "tiny.jsonl", answers)


def _printed(folder: Path) -> str:
    return (folder / "printed").read_text()
