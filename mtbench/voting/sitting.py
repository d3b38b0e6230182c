"""One person at the votes: what is next, what was said, and the file that holds it."""

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from itertools import chain, islice
from pathlib import Path
from time import time
from types import TracebackType
from typing import Literal

from mtbench import files
from mtbench.benches import Bench
from mtbench.errors import MtbenchError
from mtbench.records import Picked, Vote, Where
from mtbench.votes import Unit, unit_of
from mtbench.voting.pairs import Pair, Pairs

Winner = Literal["model_a", "model_b", "tie"]

LONGEST_NAME = 60
"""Letters of a voter's name."""


def votes_path(bench: Bench, voter: str) -> Path:
    """The file of a voter's votes. Raises MtbenchError for a name that cannot stand in it."""
    if not voter.strip() or not voter.isprintable() or len(voter) > LONGEST_NAME:
        raise MtbenchError(f"--voter {voter!r:.80}: must be a name of 1 to {LONGEST_NAME} letters that can be printed")
    return bench.folder / "votes" / f"{files.safe_name(voter)}.jsonl"


USUAL = 50
"""Votes that make an evening."""


class Sitting:
    """One voter's votes, for the time of a `with` block: each is on disk when it is given, and one can be taken back.

    `first` are units to ask about before the others, each with why it was picked. `limit`: votes in all, those of
    earlier sittings on the same pairs included; None for 50, or as many as all of `first` take. What the voter has
    voted on is not asked again; what is skipped comes back once, at the end. The file has one writer: another sitting
    of the same voter is waited for, which `warn` is told.

    The others come in random order. Votes on what was picked are no random sample, and say so; and where the order
    comes by one of them, the next vote says that: else the sample would lack just what was picked.
    """

    def __init__(
        self,
        path: Path,
        voter: str,
        pairs: Pairs,
        first: Mapping[Unit, str] | None = None,
        seed: int = 0,
        limit: int | None = None,
        warn: Callable[[str], None] | None = None,
    ) -> None:
        self.path, self.voter = path, voter
        self.votes: dict[Unit, Vote] = {}
        """The votes on these pairs, of this sitting and earlier ones."""
        self._pairs, self._seed, self._wanted, self._warn = pairs, seed, limit, warn
        self._limit = 0
        self._picked = {unit: why for unit, why in (first or {}).items() if unit in pairs}
        self._passed: dict[Unit, list[Picked]] = {}
        """Drawn units, and the picked ones that the order came by just before them."""
        self._file = files.Appender(path, warn)
        self._fresh: Iterator[Unit] = iter(())
        self._again: deque[Unit] = deque()
        self._history: list[tuple[Unit, int | None]] = []
        self._unit: Unit | None = None

    def __enter__(self) -> "Sitting":
        self._file.__enter__()
        try:
            for line, obj in files.read(self.path, self._warn):
                vote = Vote.from_json(obj, Where(self.path, line))
                if vote.judge == self.voter and unit_of(vote) in self._pairs:
                    self.votes[unit_of(vote)] = vote
        except BaseException as error:
            self._file.__exit__(type(error), error, error.__traceback__)
            raise
        before = set(self.votes)
        chosen = [unit for unit in self._picked if unit not in before]
        self._limit = max(USUAL, len(before) + len(chosen)) if self._wanted is None else self._wanted
        self._fresh = islice(chain(chosen, self._drawn()), max(0, self._limit - len(before)))
        self._unit = self._next()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.__exit__(kind, error, trace)

    @property
    def pair(self) -> Pair | None:
        """What to ask about now; None when there is nothing more to ask."""
        return self._pairs.pair(self._unit, self._seed, self.voter) if self._unit else None

    @property
    def total(self) -> int:
        """How many votes there will be, with those that there are."""
        return max(len(self.votes), min(self._limit, self._pairs.count))

    @property
    def given(self) -> int:
        """How many of them are of this sitting."""
        return sum(place is not None for _, place in self._history)

    @property
    def skipped(self) -> int:
        """How many units were skipped, and not voted on since."""
        return len({unit for unit, place in self._history if place is None}.difference(self.votes))

    def vote(self, winner: Winner) -> None:
        """Writes a vote on what is asked now. Raises MtbenchError where it cannot be written."""
        pair = self.pair
        assert pair is not None
        vote = Vote(
            pair.unit.question_id,
            *pair.shown,
            winner,
            self.voter,
            pair.unit.turn,
            round(time(), 3),
            self._picked.get(pair.unit, ""),
            tuple(self._passed.get(pair.unit, ())),
        )
        place = self._file.append(vote.to_json())
        self.votes[pair.unit] = vote
        self._end_with(place)

    def skip(self) -> None:
        """Passes over what is asked now."""
        self._end_with(None)

    def undo(self) -> bool:
        """Goes back to what was asked before, and takes the vote on it out of the file; False where there is none.

        Votes of earlier sittings stay. Raises MtbenchError where the file was changed by another hand.
        """
        if not self._history:
            return False
        unit, place = self._history[-1]
        if place is not None:
            self._file.take_back(place, self.votes[unit].to_json())
            del self.votes[unit]
        if self._unit and not self._times_skipped(self._unit):
            self._again.appendleft(self._unit)
        self._history.pop()
        self._unit = unit
        return True

    def _drawn(self) -> Iterator[Unit]:
        """What is neither picked nor voted on, in random order."""
        said = {each for vote in self.votes.values() for each in vote.passed}
        passed: list[Picked] = []
        for unit in self._pairs.in_order(self._seed):
            vote = self.votes.get(unit)
            if vote is not None and vote.picked:
                picked = Picked(*unit, vote.picked)
                passed += [picked] if picked not in said else []
            elif vote is None and unit not in self._picked:
                self._passed[unit] = passed
                passed = []
                yield unit

    def _end_with(self, place: int | None) -> None:
        assert self._unit is not None
        self._history.append((self._unit, place))
        self._unit = self._next()

    def _next(self) -> Unit | None:
        if self._again:
            return self._again.popleft()
        if (unit := next(self._fresh, None)) is not None:
            return unit
        skipped = dict.fromkeys(unit for unit, place in self._history if place is None)
        waiting = (unit for unit in skipped if unit not in self.votes and self._times_skipped(unit) == 1)
        return next(waiting, None)

    def _times_skipped(self, unit: Unit) -> int:
        return self._history.count((unit, None))
