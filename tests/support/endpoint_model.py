"""An endpoint by its arithmetic: requests, a clock of its own, no sockets and no waiting."""

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from math import inf, log, sqrt
from random import Random

from mtbench.chat.adaptive import Adaptive

MEAN = 2.0
"""Seconds that a reply takes on average while nothing slows it."""

_REFUSAL = 0.05
"""Seconds until a refusal comes."""


@dataclass
class Run:
    """What came of asking an endpoint without end, at the pace of the rule."""

    rule: Adaptive
    replies: list[float] = field(default_factory=list)
    refusals: int = 0
    limits: list[tuple[float, int]] = field(default_factory=list)

    def rate(self, part: float = 0.5) -> float:
        """Replies a second over the last part of the run."""
        start = int(len(self.replies) * (1 - part))
        return (len(self.replies) - start) / (self.replies[-1] - self.replies[start])


def ask_endlessly(
    seed: int,
    replies: int,
    *,
    speed: Callable[[int], float],
    most: float = inf,
    spread: float = 0.5,
    allowed: int = 1024,
    refuses_at_random: float = 0.0,
) -> Run:
    """Has `replies` good replies by an endpoint that works on all requests at once, as servers of models do.

    speed: requests in flight → how many it answers in MEAN seconds. most: in flight; more are refused. spread: of the
    lengths of replies, which are log-normal: standard deviation over mean.
    """
    random, number = Random(seed), count()
    sigma = sqrt(log(1 + spread**2))
    run = Run(Adaptive(allowed, 0.0))
    rule = run.rule
    now = worked = 0.0  # `worked`: work done on each request that is in flight since the start
    working: list[tuple[float, int]] = []
    refused: list[tuple[float, int]] = []
    while len(run.replies) < replies:
        while len(working) + len(refused) < rule.limit:
            rule.count(len(working) + len(refused), now)
            if len(working) >= most or random.random() < refuses_at_random:
                heapq.heappush(refused, (now + _REFUSAL, rule.halvings))
            else:
                work = random.lognormvariate(-(sigma**2) / 2, sigma) * MEAN
                heapq.heappush(working, (worked + work, next(number)))
        pace = speed(len(working)) / len(working) if working else 0.0
        done_at = now + (working[0][0] - worked) / pace if working else inf
        refused_at = refused[0][0] if refused else inf
        then = min(done_at, refused_at)
        worked += (then - now) * pace
        now = then
        rule.count(len(working) + len(refused), now)
        if done_at <= refused_at:
            heapq.heappop(working)
            run.replies.append(now)
            rule.replied()
        else:
            _, halvings = heapq.heappop(refused)
            run.refusals += 1
            rule.refused(halvings)
        if not run.limits or run.limits[-1][1] != rule.limit:
            run.limits.append((now, rule.limit))
    return run
