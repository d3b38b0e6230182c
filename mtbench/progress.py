"""How far a job is: counts that its parts keep, for a display to read at its own pace."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic

from mtbench.chat import Usage
from mtbench.chat.limits import Limiter
from mtbench.chat.metered import Attempt


@dataclass
class Lane:
    """What has come of one kind of work (answers, verdicts). `already`: what earlier runs had done of `total`.

    `undone`: what was left undone on purpose, by the reason.
    """

    name: str
    total: int = 0
    already: int = 0
    done: int = 0
    failed: int = 0
    undone: Counter[str] = field(default_factory=Counter)


@dataclass
class Progress:
    """Counts of a run. `cost` in US dollars; None when a price is unknown.

    `sent`: requests, each attempt by itself; `retries` of them were further attempts; `cached`: replies that a cache
    gave. `limiters`: what holds requests back, by model. `listeners` are told of every attempt that ended.
    """

    lanes: dict[str, Lane] = field(default_factory=dict)
    usage: Usage = field(default_factory=Usage)
    cost: float | None = 0.0
    sent: int = 0
    retries: int = 0
    cached: int = 0
    started: float = field(default_factory=monotonic)
    notes: list[str] = field(default_factory=list)
    limiters: dict[str, Limiter] = field(default_factory=dict)
    listeners: list[Callable[[Attempt], None]] = field(default_factory=list)

    def lane(self, name: str) -> Lane:
        return self.lanes.setdefault(name, Lane(name))

    def note(self, message: str) -> None:
        """Keeps a message for the person, once."""
        if message not in self.notes:
            self.notes.append(message)

    @property
    def in_flight(self) -> int:
        """Requests sent and not answered yet."""
        return sum(limiter.in_flight for limiter in set(self.limiters.values()))

    def ended(self, attempt: Attempt) -> None:
        """Counts an attempt, and tells those who listen."""
        self.sent += 1
        self.usage += attempt.usage
        self.cost = None if attempt.cost is None or self.cost is None else self.cost + attempt.cost
        for listener in self.listeners:
            listener(attempt)

    def retried(self) -> None:
        self.retries += 1

    def from_cache(self) -> None:
        self.cached += 1
