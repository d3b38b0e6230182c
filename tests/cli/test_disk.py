"""A disk that is full or read-only: it is said, nothing is torn or lost, and the same command does the rest later."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson
import pytest

from tests.support.benches import make_bench, read_lines
from tests.support.disks import Limits, SmallDisk, small_disk
from tests.support.marked import MarkingServer, marked_reply, marks_on_disk
from tests.support.protocols import Json
from tests.support.servers import running

QUESTIONS = 6
PARALLEL = 2
PADDING = "All work and no play. " * 60
"""Replies of more than a kilobyte: each fills a part of a page of memory."""


@dataclass
class Work:
    """A command with the records that it makes in the end, on a disk, against a server."""

    words: Sequence[str]
    records: dict[str, int]
    disk: SmallDisk | Limits
    server: MarkingServer

    def go(self) -> tuple[int, str]:
        done = self.disk.mtbench(*self.words)
        assert "Traceback" not in done.printed, done.printed
        return done.code, done.printed

    @property
    def bench(self) -> Path:
        return self.disk.folder / "data" / "tiny"

    def lines(self) -> dict[str, bytes]:
        """The files of records, all of whose lines are whole."""
        found = {name: self.bench / name for name in self.records}
        there = {name: path.read_bytes() for name, path in found.items() if path.exists()}
        for content in there.values():
            assert all(orjson.loads(line) for line in content.splitlines())
            assert content.endswith(b"\n") or not content
        return there

    def check_whole(self) -> None:
        names = ("question_id", "model", "model_1", "model_2", "turn")
        for name, count in self.records.items():
            found = Counter(tuple(str(line.get(each)) for each in names) for line in read_lines(self.bench / name))
            assert (len(found), set(found.values())) == (count, {1}), name
        hidden = [path.name for path in self.bench.rglob(".*") if path.is_file() and not path.name.endswith(".lock")]
        assert (hidden, list(self.bench.rglob("*.failures.jsonl"))) == ([], [])


KINDS = {
    "gen-answers": (["gen-answers", "--model", "openai/tiny"], {"model_answer/tiny.jsonl": QUESTIONS}),
    "single": (["judge", "--judge", "openai/grader"], {"model_judgment/grader_single.jsonl": 4 * QUESTIONS}),
    "pairwise": (
        ["judge", "--judge", "openai/grader", "--mode", "pairwise-all"],
        {"model_judgment/grader_pair.jsonl": 2 * QUESTIONS},
    ),
}


@pytest.fixture(params=KINDS)
def work(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Work]:
    words, records = KINDS[request.param]
    with small_disk(tmp_path / "disk") as disk, running(MarkingServer()) as server:
        server.reply = lambda body: f"{marked_reply(body)}\n{PADDING}"
        make_bench(disk.folder, [question(number) for number in range(1, QUESTIONS + 1)])
        common = ["--base-url", server.base_url, "--bench", "tiny", "--parallel", str(PARALLEL), "--quiet"]
        if request.param != "gen-answers":
            models = ["--model", "openai/a", "--model", "openai/b"]
            assert disk.mtbench("gen-answers", *models, *common).code == 0
        server.asked.clear()
        yield Work([*words, *common], records, disk, server)


def question(number: int) -> Json:
    return {"question_id": number, "category": "writing", "turns": [f"Say {number}.", f"Again {number}."]}


@pytest.mark.parametrize("leave", [0, 8192, 16384, 28672])
def test_when_the_disk_is_full_it_is_said_and_what_is_on_it_stays(work: Work, leave: int) -> None:
    work.disk.fill(leave)
    held: set[str] = marks_on_disk(work.bench)
    for _ in range(2):
        before = work.lines()
        code, said = work.go()
        assert code == 2, said
        assert "error: cannot write" in said
        assert str(Path("data") / "tiny") in said
        assert "make room" in said
        after = work.lines()
        assert all(after[name].startswith(content) for name, content in before.items())
        assert held <= marks_on_disk(work.bench)
        held = marks_on_disk(work.bench)
    asked = len(work.server.asked)
    assert asked <= 2 * 2 * PARALLEL * 2 + len(held)
    work.disk.make_room()
    work.server.asked.clear()
    code, said = work.go()
    assert code == 0, said
    assert not {each.mark for each in work.server.asked} & held
    work.check_whole()
    assert max(Counter(each.mark for each in work.server.asked).values()) == 1


def test_a_read_only_folder_is_said_before_anything_is_asked(work: Work) -> None:
    work.disk.make_read_only()
    code, said = work.go()
    assert (code, work.server.asked) == (2, [])
    assert "error: cannot write" in said
    assert str(Path("data") / "tiny") in said
    assert "--data-dir" in said
    work.disk.make_writable()
    assert work.go()[0] == 0
    work.check_whole()
    before = work.lines()
    work.disk.make_read_only()
    work.server.asked.clear()
    shown = work.disk.mtbench("show-results", "--bench", "tiny")
    assert shown.code == (0 if "model_judgment" in next(iter(before)) else 2)
    assert "Traceback" not in shown.printed
    assert (work.lines(), work.server.asked) == (before, [])
