"""The rule for requests in flight, against endpoints by their arithmetic: many seeds, noisy replies, no waiting."""

from collections.abc import Iterator
from itertools import count, pairwise
from statistics import mean

import pytest

from mtbench.chat.adaptive import Adaptive
from tests.support.endpoint_model import MEAN, ask_endlessly

SEEDS = range(8)


def flat(in_flight: int) -> float:
    """No request slows another."""
    return float(in_flight)


@pytest.mark.parametrize("most", [1, 3, 20, 64, 300])
def test_an_endpoint_that_refuses_above_a_number_is_used_up_to_it(most: int) -> None:
    runs = [ask_endlessly(seed, max(1500, 30 * most), speed=flat, most=most) for seed in SEEDS]
    assert min(run.rate() for run in runs) >= 0.88 * most / MEAN
    assert max(run.refusals / len(run.replies) for run in runs) < 0.15
    assert all(0.85 * most <= run.rule.limit <= most + 1 for run in runs)


@pytest.mark.parametrize("capacity", [1, 5, 20, 65, 127, 400])
def test_a_server_that_only_gets_slower_beyond_its_capacity_is_kept_busy(capacity: int) -> None:
    runs = [ask_endlessly(seed, max(2000, 40 * capacity), speed=lambda busy: min(busy, capacity)) for seed in SEEDS]
    assert min(run.rate() for run in runs) >= 0.9 * capacity / MEAN
    assert max(run.rule.limit for run in runs) <= max(40, 2.2 * capacity), "a queue over there is of no use"


def test_a_server_that_gains_less_and_less_is_brought_near_its_best() -> None:
    def speed(in_flight: int) -> float:
        return 256 * in_flight / (in_flight + 192)

    runs = [ask_endlessly(seed, 5000, speed=speed) for seed in SEEDS]
    assert mean(run.rate() for run in runs) >= 0.8 * speed(1024) / MEAN


@pytest.mark.parametrize("spread", [0.0, 0.5, 1.0])
def test_where_nothing_slows_down_it_grows_by_doubling_to_the_most(spread: float) -> None:
    ends = sorted(ask_endlessly(seed, 2500, speed=flat, spread=spread).limits[-1] for seed in SEEDS)
    times = [time for time, limit in ends if limit == 1024]
    assert len(times) >= 6
    assert times[len(times) // 2] < 12 * MEAN


def test_it_stays_under_the_most_that_is_allowed() -> None:
    run = ask_endlessly(1, 2000, speed=flat, allowed=50)
    assert max(limit for _, limit in run.limits) == 50
    assert run.rule.why == "the most there may be"
    assert Adaptive(4, 0.0).limit == 4


def test_a_capacity_that_grows_later_is_found() -> None:
    for seed in SEEDS:
        looks = count()

        def speed(in_flight: int, looks: Iterator[int] = looks) -> float:
            return min(in_flight, 16 if next(looks) < 4000 else 200)

        assert ask_endlessly(seed, 12000, speed=speed).rule.limit > 100


def test_refusals_that_have_nothing_to_do_with_the_number_in_flight_do_not_bring_it_down_to_one() -> None:
    runs = [ask_endlessly(seed, 500, speed=flat, refuses_at_random=0.2) for seed in SEEDS]
    assert min(run.rate() for run in runs) > 2.2 / MEAN


def test_a_refusal_halves_once_for_all_that_were_sent_before() -> None:
    rule = Adaptive(1024, 0.0)
    for _ in range(8):
        rule.refused(0)
    assert (rule.limit, rule.why) == (4, "halved after 429")
    rule.refused(1)
    assert rule.limit == 2
    for halvings in range(2, 9):
        rule.refused(halvings)
    assert rule.limit == 1


def steady(rule: Adaptive, in_flight: int, seconds: float, start: float = 0.0, rate: float | None = None) -> float:
    """As many in flight all the time, and as many replies a second unless `rate` says how many; gives the end."""
    now = start
    while now < start + seconds:
        now += 1 / (rate or in_flight)
        rule.count(in_flight, now)
        rule.replied()
    return now


def test_what_is_still_in_flight_after_a_step_back_does_not_make_the_next_growth_look_good() -> None:
    rule, now = Adaptive(1024, 0.0), 0.0

    def at_rate_16(*, growing: bool, in_flight: int | None = None) -> None:
        nonlocal now
        for _ in range(1000):
            if (rule.why == "growing") is not growing:
                return
            now = steady(rule, in_flight or rule.limit, 1, now, rate=16)
        pytest.fail(f"still {rule.why} at {rule.limit}")

    at_rate_16(growing=True)
    assert rule.limit < 32
    at_rate_16(growing=False, in_flight=64)
    tried = rule.limit
    at_rate_16(growing=True)
    assert rule.limit < tried


def test_it_does_not_grow_while_few_are_asked_for() -> None:
    rule = Adaptive(1024, 0.0)
    steady(rule, 4, 100)
    assert rule.limit == 8
    steady(rule, 8, 100, 100)
    assert rule.limit > 8


def test_after_a_refusal_it_comes_back_to_just_below_and_goes_on_with_care() -> None:
    rule, now, seen = Adaptive(1024, 0.0), 0.0, list[tuple[int, str]]()
    while rule.limit < 64:
        now = steady(rule, rule.limit, 1, now)
    rule.refused(rule.halvings)
    while rule.limit <= 80:
        if not seen or seen[-1] != (rule.limit, rule.why):
            seen.append((rule.limit, rule.why))
        now = steady(rule, rule.limit, 1, now)
    limits = list(dict.fromkeys(limit for limit, _ in seen))
    assert limits[:6] == [32, 46, 53, 57, 59, 60]
    assert all(after - before <= 5 for before, after in pairwise(limits[5:]))
    assert seen[6:8] == [(60, "429 above 60"), (63, "growing with care after 429")]
