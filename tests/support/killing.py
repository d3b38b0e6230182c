"""A command killed with kill -9 at random moments, and what must hold after each kill and at the end."""

import random
import shutil
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.benches import make_bench, read_lines
from tests.support.forked import Command
from tests.support.marked import MarkingServer, marks_on_disk
from tests.support.protocols import Json
from tests.support.servers import Fault, Request

QUESTIONS = 12
PARALLEL = 4
URL = "URL"

_KILLED = -9
_JUST_NOW = 1.0
"""Seconds before a kill in which a reply may have been sent in full and not been read, on a machine that is busy."""

_NAMES = ("question_id", "model", "model_1", "model_2", "turn", "repeat")


@dataclass(frozen=True)
class Kind:
    """What is killed: a command, and how many records each of its files has in the end.

    `models` are asked at once. `prepare` makes what the command needs. URL stands for that of the server.
    """

    words: Sequence[str]
    records: dict[str, int]
    models: int = 1
    prepare: Sequence[str] = ()


class Faulty:
    """One request in seven fails, in one of the ways that pass; the others take up to 30 ms."""

    kinds = (Fault(status=429), Fault(status=500), Fault(drop="before"), Fault(drop="mid"))

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng

    def __call__(self, _: Request) -> Fault:
        return self._rng.choice(self.kinds) if self._rng.random() < 1 / 7 else Fault(delay=self._rng.random() * 0.03)


@dataclass
class Series:
    """A command that is killed until `kills` are reached, in a new folder each time that it got to its end.

    `asked_again`: how often a request was answered once more, of `paid` that were answered; each of these must have
    been in flight at a kill. `most_unsaved`: the most that were at one kill.
    """

    kind: Kind
    folder: Path
    server: MarkingServer
    rng: random.Random
    kills: int = 0
    lives: int = 0
    rounds: int = 0
    paid: int = 0
    asked_again: int = 0
    most_unsaved: int = 0
    _held: set[str] = field(default_factory=set)

    def go(self, kills: int) -> None:
        """Raises AssertionError when something is lost, torn, doubled, or paid for again."""
        while self.kills < kills:
            self.rounds += 1
            self._round(self.folder / f"{self.rounds}", kills)

    def _round(self, folder: Path, kills: int) -> None:
        bench = folder / "data" / "tiny"
        common = ["--base-url", URL, "--bench", "tiny", "--parallel", str(PARALLEL), "--quiet"]
        prepare, words = (
            [self.server.base_url if word == URL else word for word in [*words, *common]]
            for words in (self.kind.prepare, self.kind.words)
        )
        ready = self.folder / "ready"
        if not ready.exists():
            make_bench(ready, _questions())
            assert not self.kind.prepare or Command(ready, prepare).wait() == 0, _printed(ready)
        shutil.copytree(ready, folder)
        self.server.asked.clear()
        before = self._held = marks_on_disk(bench)
        code = _KILLED
        while self.kills < kills and code == _KILLED:
            code = self._life(folder, bench, words)
        if code == _KILLED:
            code = Command(folder, words).wait()
        assert code == 0, _printed(folder)
        self._check_end(bench, before)
        asked = len(self.server.asked)
        assert Command(folder, words).wait() == 0
        assert len(self.server.asked) == asked, "a job that is done asked for more"

    def _life(self, folder: Path, bench: Path, words: Sequence[str]) -> int:
        """Starts the command and kills it at some moment; gives its exit code."""
        self.lives += 1
        key = f"life-{self.lives}"
        command = Command(folder, words, key, measured=False)
        happened = self._moment(bench)
        end = time.monotonic() + 60
        while command.code is None and not happened():
            assert time.monotonic() < end, f"hangs: {_printed(folder)}"
            time.sleep(0.001)
        time.sleep(self.rng.uniform(0.0, 0.02))
        killed = time.monotonic()
        command.kill()
        code = command.wait(30)
        asked = [each for each in self.server.asked if each.key == key]  # not what a dead one before had just sent
        assert not {each.mark for each in asked} & self._held, "asked again although the reply was on disk"
        if code == _KILLED:
            self.kills += 1
            self._check_kill(bench, {each.mark: each.answered for each in asked if each.answered}, killed)
        return code

    def _moment(self, bench: Path) -> Callable[[], bool]:
        """When to kill: some time after the start, at some request, or when the last record has been written."""
        kind = self.rng.choice(("time", "request", "request", "end"))
        if kind == "time":
            end = time.monotonic() + self.rng.uniform(0.0, 1.0)
            return lambda: time.monotonic() >= end
        if kind == "end":
            return lambda: all(_lines(bench / path) >= count for path, count in self.kind.records.items())
        number = len(self.server.asked) + self.rng.randint(1, sum(self.kind.records.values()) // 2)
        return lambda: len(self.server.asked) >= number

    def _check_kill(self, bench: Path, answered: dict[str, float], killed: float) -> None:
        held = marks_on_disk(bench)
        assert self._held <= held, "a reply that was on disk is lost"
        self._held = held
        unsaved = {mark: at for mark, at in answered.items() if mark not in held}
        early = [round(killed - at, 3) for at in unsaved.values() if at < killed - _JUST_NOW]
        assert not early, f"replies sent so many seconds before the kill are not on disk: {early}"
        self.most_unsaved = max(self.most_unsaved, len(unsaved))
        most = PARALLEL * self.kind.models  # in flight, and the last replies of as many works on their way to the disk
        assert len(unsaved) <= 2 * most, f"{len(unsaved)} replies are not on disk"

    def _check_end(self, bench: Path, before: set[str]) -> None:
        for path, count in self.kind.records.items():
            found = Counter(tuple(str(line.get(name)) for name in _NAMES) for line in read_lines(bench / path))
            assert (len(found), set(found.values())) == (count, {1}), path
        left = {path.name for path in bench.rglob("*") if path.is_file() and not path.name.endswith(".lock")}
        expected = {"question.jsonl", *(Path(path).name for path in self.kind.records), "tiny.jsonl", "other.jsonl"}
        more = {name for name in left - expected if not name.startswith(("run-", "judge-", "gen-answers-"))}
        assert not more, f"left behind: {more}"
        answered = self.server.times_answered()
        assert marks_on_disk(bench) - before == set(answered)
        self.paid += len(answered)
        self.asked_again += sum(times - 1 for times in answered.values())


def _questions() -> list[Json]:
    return [
        {"question_id": number, "category": "writing", "turns": [f"Say {number}.", f"Again {number}."]}
        for number in range(1, QUESTIONS + 1)
    ]


def _printed(folder: Path) -> str:
    return (folder / "printed").read_text()[-3000:]


def _lines(path: Path) -> int:
    try:
        return path.read_bytes().count(b"\n")
    except FileNotFoundError:
        return 0
