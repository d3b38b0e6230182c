"""How many requests an endpoint bears at once, found out from its replies: the rule alone, without clock or sockets."""

from math import ceil

FIRST = 8
"""In flight at first."""

_FULL = 0.8
"""Part of the limit that was in flight on average, below which a round says nothing about the limit."""

_GAIN = 0.2
"""Part of the growth that throughput must have followed; less, and more in flight only waits longer over there."""

_ROOM = 1.1
"""What is kept above the number that had the throughput of the last growth: replies do not come evenly."""

_DOUBLING, _PROBING = 2.0, 1.5
"""Growth at first, and once a growth has failed."""

_MANY, _REMEMBERED = 1 / 3, 16
"""Part of the last replies that must be refusals for fewer than FIRST in flight to be halved still."""

_SHORTEST = 0.1
"""Seconds; shorter rounds show the scheduling of this process rather than the endpoint."""

_ROUND, _HOLDING_ROUND, _PROBING_ROUND = 16, 32, 128
"""Replies in a round at the least: while doubling, where an error is soon seen; while holding; when looking closely."""

_PATIENCE, _MOST_PATIENCE = 4, 64
"""Rounds to hold before more is tried again: at first, and after it failed again and again."""


class Adaptive:
    """The limit of requests in flight at one endpoint, `limit`, and the reason for it, `why`.

    It doubles while throughput follows; a growth that throughput did not follow is taken back, and tried again after a
    while. A refusal halves it, once for all requests that were sent before; then it grows back to just below where it
    was refused, waits there, and goes on by small steps. Few in flight are halved only if many are refused: an endpoint
    that refuses now and then, whatever is asked, would bring it down to one.

    Throughput is replies over time. Time in which fewer were in flight than might have been counts in proportion, and a
    round in which it was much says nothing. Latencies are not looked at: those that end first are the short ones.
    """

    def __init__(self, most: int, now: float) -> None:
        self.limit, self.why = min(FIRST, most), "growing"
        self.halvings = 0
        self._most, self._refusals = most, 0.0
        self._ceiling: int | None = None
        self._before: tuple[int, float] | None = None
        self._growth = _DOUBLING
        self._holding, self._patience = 0, _PATIENCE
        self._held = (0, 0.0)
        self._at = now
        self._begin(now)

    def count(self, in_flight: int, now: float) -> None:
        """To be called before each change of the number in flight, which is `in_flight` until `now`."""
        self._area += in_flight * (now - self._at)
        self._at = now

    def replied(self) -> None:
        """To be called for each good reply, after `count`."""
        self._refusals -= self._refusals / _REMEMBERED
        self._replies += 1
        if self._replies >= self._enough and self._at - self._began >= _SHORTEST:
            self._end_round()

    def refused(self, halvings: int) -> None:
        """To be called for each refusal (429); `halvings`: how many there had been when the request was sent."""
        self._refusals += (1 - self._refusals) / _REMEMBERED
        if halvings < self.halvings or (self.limit < FIRST and self._refusals < _MANY):
            return  # few in flight, and few of them refused: fewer still would not help
        self.halvings += 1
        near = self._ceiling is not None and 0.75 * self._ceiling <= self.limit <= 1.25 * self._ceiling
        self._patience = min(2 * self._patience, _MOST_PATIENCE) if near else _PATIENCE
        self._ceiling = self.limit
        self.limit = max(1, self.limit // 2)
        self.why = "halved after 429"
        self._holding = self._patience
        self._begin(self._at)

    def _begin(self, now: float) -> None:
        self._began, self._area, self._replies = now, 0.0, 0
        if self._ceiling is not None:
            self._enough = self.limit
        elif self._holding:
            self._enough = max(_HOLDING_ROUND, self.limit)
        elif self._growth == _DOUBLING:
            self._enough = max(_ROUND, self.limit)
        else:
            self._enough = max(_PROBING_ROUND, 4 * self.limit)

    def _end_round(self) -> None:
        wall, busy, replies = self._at - self._began, self._area / self.limit, self._replies
        if busy >= _FULL * wall:
            time = min(wall, busy)  # longer busy than there was time: more were in flight, from before a step back
            if self._ceiling is not None:
                self._approach(self._ceiling)
            elif self._holding:
                self._hold(replies, time)
            else:
                self._grow(replies / time)
        self._begin(self._at)

    def _approach(self, ceiling: int) -> None:
        """Towards the place of the last refusal, and with care beyond it."""
        below = ceiling - max(1, ceiling // 16)
        if self.limit < below:
            self.limit += ceil((below - self.limit) / 2)
        elif self._holding:
            self._holding -= 1
            self.why = f"429 above {self.limit}" if self.limit <= ceiling else self.why
        elif self.limit <= 1.25 * ceiling:
            self.limit = min(self.limit + max(1, self.limit // 16), self._most)
            self.why = "growing with care after 429"
        else:
            self._ceiling, self._before, self._patience = None, None, _PATIENCE

    def _grow(self, rate: float) -> None:
        before = self._before
        if before is None or rate >= before[1] * (1 + _GAIN * (self.limit / before[0] - 1)):
            self._patience = _PATIENCE
            self._try(rate)
            return
        gain = rate / before[1]
        useful = before[0] * (max(1.0, gain) * _ROOM if self._growth == _DOUBLING else max(0.9, gain))
        self.limit = min(ceil(useful), self.limit)
        self.why = "more brought no throughput"
        self._growth = _PROBING
        self._holding, self._held = self._patience, (0, 0.0)
        self._patience = min(2 * self._patience, _MOST_PATIENCE)

    def _hold(self, replies: int, time: float) -> None:
        self._held = (self._held[0] + replies, self._held[1] + time)
        self._holding -= 1
        if not self._holding:
            self._try(self._held[0] / self._held[1])

    def _try(self, rate: float) -> None:
        """More than the limit that had `rate`."""
        self._before = (self.limit, rate)
        self.limit = min(ceil(self.limit * self._growth), self._most)
        self.why = "growing" if self.limit < self._most else "the most there may be"
