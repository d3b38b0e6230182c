"""Token buckets: what may be sent a minute, by a person's limit or as an endpoint keeps it."""

from math import inf

from mtbench.chat.rate_headers import Quota, Unit

_BURST = 1.0
"""Seconds' worth that may go at once. A whole minute's worth and the minute that follows would be twice the limit."""

_DEBT = 300.0
"""Seconds' worth that may be owed at the most, so that no figure of an endpoint's, however wrong, stops a run."""

_CLOSED = 3600.0
"""Seconds; for longer than that nobody waits unasked: the endpoint says itself that it has closed for the day."""

_NOTHING = 1e-6


class Bucket:
    """A person's limit: `per_minute` of a unit, coming back evenly. `why` names it in the display."""

    def __init__(self, unit: Unit, per_minute: float, why: str, now: float) -> None:
        self.unit, self.why = unit, why
        self._rate = per_minute / 60
        self._capacity = max(1.0, self._rate * _BURST)
        self._level, self._at = self._capacity, now

    def wait(self, amount: float, now: float) -> float:
        """Seconds until `amount` may be taken; more than fits may be once the bucket is full, and is owed then."""
        self._fill(now)
        lack = min(amount, self._capacity) - self._level
        return lack / self._rate if lack > _NOTHING else 0.0

    def take(self, amount: float) -> None:
        """Takes `amount` for a request that is sent."""
        self._level -= amount

    def settle(self, more: float, number: int) -> None:
        """Takes `more` (gives it back, if negative) for request `number`, which used that much more than was taken."""
        del number
        self._level = max(min(self._level - more, self._capacity), -_DEBT * self._rate)

    def _fill(self, now: float) -> None:
        self._level = min(self._capacity, self._level + (now - self._at) * self._rate)
        self._at = now


class Mirror:
    """An endpoint's limit as its headers tell it: a bucket over there, seen late.

    Endpoints differ in how a limit comes back: bit by bit (OpenAI, Anthropic, Groq), where what is missing divided by
    the time to the reset is always the same rate, or all at once at the reset. Which of them is learned by watching
    that rate while what is missing changes. Neither needs to know whether the limit is one a minute or one a day.
    """

    def __init__(self, quota: Quota, now: float, unseen: float) -> None:
        self.unit = quota.unit
        self._capacity = quota.limit
        self._level, self._at = quota.remaining - unseen, now
        self._rate, self._full_at = quota.limit / 60, inf
        self._votes = 1 if quota.refills else 0
        self._seen: tuple[float, float] | None = None
        self._settled = 0

    @property
    def why(self) -> str:
        unit = "requests" if self.unit is Unit.REQUESTS else "tokens"
        if self._rate:
            return f"{float(f'{self._rate * 60:.2g}'):,.0f} {unit}/min (endpoint)"
        return f"{self._capacity:,.0f} {unit} until its reset (endpoint)"

    def wait(self, amount: float, now: float) -> float:
        """Seconds until `amount` may be taken, as far as is known; more than fits may be once all is there."""
        self._fill(now)
        lack = min(amount, self._capacity) - self._level
        if lack <= _NOTHING:
            return 0.0
        wait = min(lack / self._rate if self._rate else inf, self._full_at - now)
        return wait if wait < _CLOSED else 0.0

    def take(self, amount: float) -> None:
        """Takes `amount` for a request that is sent."""
        self._level = max(self._level - amount, -self._capacity)

    def settle(self, more: float, number: int) -> None:
        """As in Bucket, unless what request `number` has really used is already in the endpoint's figure."""
        if number > self._settled:
            self._level = max(min(self._level - more, self._capacity), -self._capacity)

    def sync(self, quota: Quota, now: float, number: int, unseen: float) -> None:
        """Takes the word of the reply to request `number`.

        unseen: what was taken for requests that the endpoint may not have known of then.
        """
        self._fill(now)
        self._capacity = max(quota.limit, quota.remaining)
        level = min(max(self._level, quota.remaining - unseen), quota.remaining)
        if level != self._level:
            self._level, self._settled = level, number
        missing, reset = self._capacity - quota.remaining, quota.reset
        if reset is not None:
            reset = max(reset, quota.grain)
            self._vote(missing, reset, quota.grain)
        if reset is None or self._votes > 0:
            self._full_at = inf
            self._rate = missing / reset if reset and missing else self._rate or quota.limit / 60
        else:
            self._full_at, self._rate = now + reset + quota.grain, 0.0

    def _vote(self, missing: float, reset: float, grain: float) -> None:
        if missing < 1 or reset < 10 * grain:
            return
        rate = missing / reset
        if self._seen is not None:
            before, rate_before = self._seen
            if before / 1.5 < missing < before * 1.5:
                return
            steady = rate_before / 1.2 < rate < rate_before * 1.2
            self._votes = min(3, self._votes + 1) if steady else max(-3, self._votes - 1)
        self._seen = (missing, rate)

    def _fill(self, now: float) -> None:
        if now >= self._full_at:  # until the next reply tells more
            self._level, self._full_at, self._rate = self._capacity, inf, self._capacity / 60
        self._level = min(self._capacity, self._level + (now - self._at) * self._rate)
        self._at = now
