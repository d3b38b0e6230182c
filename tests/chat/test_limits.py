"""Limits over real sockets: the endpoint is used as far as it allows, nobody's limit is broken, and nothing leaks."""

import asyncio
from collections.abc import Sequence
from random import Random
from time import monotonic

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mtbench.chat import Completion, Message, Params, Usage
from mtbench.chat.limits import Limited, Limiter
from mtbench.chat.spec import Limits
from mtbench.engine import Stop
from mtbench.errors import ContextTooLong, Interrupted, RequestError, Retryable, Unreachable
from tests.chat.asking import HELLO
from tests.chat.flood import asking, characters
from tests.support.capacity import CapacityServer, Refilling, Windowed, anthropic_headers, openai_headers
from tests.support.timing import at_some_pace, if_not_disturbed


def within(times: Sequence[float], start: float, end: float) -> int:
    return sum(start <= time < end for time in times)


async def busy_places(server: CapacityServer, seconds: float) -> float:
    """How many requests the server works on at a time, on average from now on."""
    work, started = server.work(), monotonic()
    await asyncio.sleep(seconds)
    return (server.work() - work) / (monotonic() - started)


# --- in flight


@at_some_pace
async def test_a_server_with_64_places_is_kept_busy(pace: float) -> None:
    async with CapacityServer(latency=0.3 * pace, capacity=64) as server, asking(server) as model:
        model.start(askers=200)
        async with asyncio.timeout(10 * pace):
            while model.limiter.limit < 64:
                await asyncio.sleep(0.01)
        assert await busy_places(server, 0.8 * pace) >= 0.8 * 64
    assert not server.refused


@at_some_pace
async def test_a_server_that_refuses_above_20_is_asked_by_near_20_and_nothing_is_lost(pace: float) -> None:
    async with CapacityServer(latency=0.1 * pace, most=20) as server, asking(server) as model:
        model.start()
        async with asyncio.timeout(10 * pace):
            while len(server.refused) < 12:
                await asyncio.sleep(0.01)
        await asyncio.sleep(0.3 * pace)
        assert await busy_places(server, pace) >= 0.65 * 20
        assert model.limiter.limit <= 22
    assert len(server.answered) == model.done
    assert len(server.refused) == len(model.failures) < 0.3 * model.done


async def test_what_a_person_set_stays_whatever_is_refused() -> None:
    async with CapacityServer(latency=0.02, most=10) as server, asking(server, Limits(parallel=16)) as model:
        await model.flood(0.4)
        assert (model.limiter.limit, model.limiter.why) == (16, "--parallel")
    assert server.refused


async def test_more_than_files_may_be_opened_is_said_and_not_tried() -> None:
    notes = list[str]()
    limiter = Limiter("m", Limits(parallel=10**9), sleep=asyncio.sleep, note=notes.append)
    assert limiter.limit < 10**9
    assert notes == [
        f"m: this system lets a program open too few files for 1000000000 requests in flight; going on with "
        f"{limiter.limit} (`ulimit -n` says how many)"
    ]


# --- requests and tokens a minute


def per_second(times: Sequence[float], at_once: float) -> float:
    """The rate of what came after as many as may come at once, by the time of the last."""
    return (len(times) - at_once) / (times[-1] - times[0])


@if_not_disturbed
async def test_requests_a_minute_are_kept_and_used() -> None:
    async with CapacityServer(latency=0.02) as server, asking(server, Limits(rpm=6000)) as model:
        await model.flood(1.3)
    assert per_second([arrival.at for arrival in server.arrivals], 100) == pytest.approx(100, rel=0.06)


@if_not_disturbed
async def test_tokens_a_minute_are_kept_and_used_although_the_estimate_is_poor() -> None:
    async with (
        CapacityServer(latency=0.02, tokens=(160, 240)) as server,
        asking(server, Limits(tpm=2_400_000)) as model,
    ):
        await model.flood(1.3)
    assert per_second([arrival.at for arrival in server.arrivals], 100) == pytest.approx(100, rel=0.08)


@if_not_disturbed
async def test_the_smaller_of_two_limits_counts() -> None:
    rate = Refilling(100, 1.0)
    async with (
        CapacityServer(latency=0.02, rate=rate, headers=openai_headers) as server,
        asking(server, Limits(parallel=30, rpm=1800)) as model,
    ):
        await model.flood(1)
    assert per_second(server.answered, 30) == pytest.approx(30, rel=0.15)
    assert not server.refused


# --- the endpoint's own limits


@if_not_disturbed
async def test_openais_headers_keep_nearly_all_requests_from_being_refused() -> None:
    rate = Refilling(60, 0.6)
    async with (
        CapacityServer(latency=0.1, rate=rate, headers=openai_headers) as server,
        asking(server) as model,
    ):
        await model.flood(1.5)
    assert len(server.refused) <= 0.03 * len(server.arrivals)
    assert per_second(server.answered, 60) >= 0.9 * 100


@if_not_disturbed
async def test_a_limit_of_tokens_is_learned_from_headers() -> None:
    rate = Refilling(6_000, 0.6)
    async with (
        CapacityServer(
            latency=0.1, rate=rate, by_tokens=True, headers=lambda rate: openai_headers(rate, "tokens")
        ) as server,
        asking(server, Limits(parallel=32)) as model,
    ):
        await model.flood(1.5)
    assert len(server.refused) <= 0.05 * len(server.arrivals)
    assert per_second(server.answered, 60) >= 0.88 * 100


@if_not_disturbed
async def test_anthropics_headers_are_followed_although_they_are_rounded() -> None:
    rate = Refilling(200, 5.0)
    async with (
        CapacityServer(latency=0.1, rate=rate, headers=anthropic_headers) as server,
        asking(server, Limits(parallel=64), provider="anthropic") as model,
    ):
        await model.flood(1.7)
    assert len(server.refused) <= 0.05 * len(server.arrivals)
    assert len(server.answered) >= 0.9 * (200 + 40 * server.answered[-1])


@if_not_disturbed
async def test_a_limit_that_comes_back_all_at_once_is_used_up_and_waited_for() -> None:
    rate = Windowed(60, 0.6)
    async with (
        CapacityServer(latency=0.05, rate=rate, headers=openai_headers) as server,
        asking(server) as model,
    ):
        await model.flood(1.3)
    assert len(server.refused) <= 0.05 * len(server.arrivals)
    assert len(server.answered) >= 0.9 * 60 * (server.answered[-1] // 0.6)


@if_not_disturbed
async def test_why_names_what_holds_requests_back() -> None:
    rate, seen = Refilling(20, 1.0), set[str]()
    async with (
        CapacityServer(latency=0.01, rate=rate, headers=openai_headers) as server,
        asking(server, Limits(parallel=9)) as model,
    ):
        model.start()
        for _ in range(60):
            seen.add(model.limiter.why)
            await asyncio.sleep(0.01)
    assert "--parallel" in seen
    assert "1,200 requests/min (endpoint)" in seen


async def test_a_long_wait_for_a_limit_is_said_once() -> None:
    headers = {
        "x-ratelimit-limit-requests": "500",
        "x-ratelimit-remaining-requests": "0",
        "x-ratelimit-reset-requests": "6m0s",
    }
    stop, notes = Stop(), list[str]()
    limiter = Limiter("m", Limits(), sleep=stop.sleep, note=notes.append)
    limiter.observe(headers)
    model = Limited(Sleeper(), limiter, characters)
    tasks = [asyncio.create_task(model.complete(HELLO, Params())) for _ in range(3)]
    await asyncio.sleep(0.02)
    assert notes == ["m: the endpoint's limit is used up (500 requests until its reset (endpoint)); waiting 361 s"]
    stop.request()
    assert {type(outcome) for outcome in await asyncio.gather(*tasks, return_exceptions=True)} == {Interrupted}


# --- an endpoint that asks for time


@if_not_disturbed
async def test_an_endpoint_that_asks_for_time_gets_it_from_all_and_then_they_go_by_and_by() -> None:
    server = CapacityServer(latency=0.05, refuse=lambda number: number == 40, refusal={"retry-after-ms": "400"})
    async with server, asking(server, Limits(parallel=32)) as model:
        model.start()
        while not model.failures:
            await asyncio.sleep(0.005)
        assert model.limiter.why == "pausing 0 s: the endpoint asked"
        await asyncio.sleep(0.9)
    [refused] = server.refused
    again = refused + 0.4
    assert within(server.answered, refused + 0.15, again - 0.005) == 0
    assert within(server.answered, again - 0.005, again + 0.045) <= 8
    assert within(server.answered, again, again + 0.5) >= 40


async def test_after_a_pause_a_quarter_goes_at_once_and_one_more_for_each_reply() -> None:
    limiter = Limiter("m", Limits(32), sleep=asyncio.sleep, note=print)
    with pytest.raises(Retryable):
        await Limited(Failing(Retryable("429", 0.05, "rate limited")), limiter, characters).complete(HELLO, Params())
    sleeper = Sleeper(0.02)
    model = Limited(sleeper, limiter, characters)
    tasks = [asyncio.create_task(model.complete(HELLO, Params())) for _ in range(150)]
    while not sleeper.asked:
        await asyncio.sleep(0)
    assert limiter.in_flight == 8
    await asyncio.gather(*tasks)
    assert sleeper.most == 32


async def test_when_all_is_done_nothing_watches_any_more() -> None:
    before = len(asyncio.all_tasks())
    limiter = Limiter("m", Limits(1), sleep=asyncio.sleep, note=print)
    model = Limited(Sleeper(0.001), limiter, characters)
    await asyncio.gather(*(model.complete(HELLO, Params()) for _ in range(3)))
    await asyncio.sleep(0.001)
    assert len(asyncio.all_tasks()) == before


async def test_a_busy_server_that_says_when_it_is_back_is_given_that_time_too() -> None:
    limiter = Limiter("m", Limits(), sleep=asyncio.sleep, note=print)
    started = monotonic()
    with pytest.raises(Retryable):
        await Limited(Failing(Retryable("503", 0.2)), limiter, characters).complete(HELLO, Params())
    await Limited(Sleeper(), limiter, characters).complete(HELLO, Params())
    assert monotonic() - started >= 0.19
    assert limiter.limit == 8


# --- stops, cancellation, failures


class Sleeper:
    """A model that takes a moment, and knows how many ask it."""

    def __init__(self, seconds: float = 0.0, usage: Usage | None = None) -> None:
        self.seconds, self.usage = seconds, usage or Usage(100, 100)
        self.asked = self.now = self.most = 0

    async def complete(self, messages: Sequence[Message], params: Params) -> Completion:
        del messages, params
        self.asked += 1
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            await asyncio.sleep(self.seconds)
        finally:
            self.now -= 1
        return Completion("Far.", usage=self.usage)

    async def aclose(self) -> None:
        return


class Failing(Sleeper):
    """A model that fails."""

    def __init__(self, error: RequestError) -> None:
        super().__init__()
        self.error = error

    async def complete(self, messages: Sequence[Message], params: Params) -> Completion:
        await super().complete(messages, params)
        raise self.error


@pytest.mark.parametrize("limits", [Limits(parallel=2), Limits(rpm=60), Limits(tpm=600)])
async def test_a_stop_ends_every_waiting_at_once(limits: Limits) -> None:
    stop = Stop()
    limiter = Limiter("m", limits, sleep=stop.sleep, note=print)
    model = Limited(Sleeper(0.2), limiter, characters)
    tasks = [asyncio.create_task(model.complete(HELLO, Params())) for _ in range(20)]
    await asyncio.sleep(0.05)
    waiting = limiter.waiting
    stop.request()
    outcomes = await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 20)
    assert sum(isinstance(outcome, Interrupted) for outcome in outcomes) == waiting >= 12
    assert (limiter.in_flight, limiter.waiting) == (0, 0)


async def test_cancelling_leaks_no_place_and_no_task() -> None:
    random, stop = Random(7), Stop()
    before = len(asyncio.all_tasks())
    async with CapacityServer(latency=0.01) as server, asking(server, Limits(5, tpm=6_000_000)) as model:
        tasks = [asyncio.create_task(model.one()) for _ in range(300)]
        while not all(task.done() for task in tasks):
            for task in random.sample(tasks, 8):
                task.cancel()
            await asyncio.sleep(random.random() * 0.01)
        await asyncio.gather(*tasks, return_exceptions=True)
        assert (model.limiter.in_flight, model.limiter.waiting) == (0, 0)
        server.most_at_once = 0
        await asyncio.gather(*(model.one() for _ in range(20)))
        assert server.most_at_once == 5
    del stop
    await asyncio.sleep(0.01)
    assert len(asyncio.all_tasks()) == before


@given(
    st.lists(st.tuples(st.integers(0, 30), st.integers(0, 60)), min_size=1, max_size=30),
    st.sampled_from([Limits(3), Limits(2, rpm=1e6), Limits(3, tpm=1e8), Limits(None, 1e6, 1e8)]),
)
@settings(max_examples=60, deadline=None)
def test_whoever_is_cancelled_when_all_places_come_back(plan: list[tuple[int, int]], limits: Limits) -> None:
    async def play() -> None:
        stop = Stop()
        limiter = Limiter("m", limits, sleep=stop.sleep, note=print)
        sleeper = Sleeper()
        model = Limited(sleeper, limiter, characters)

        async def one(start: int, patience: int) -> None:
            for _ in range(start):
                await asyncio.sleep(0)
            task = asyncio.create_task(model.complete(HELLO, Params()))
            for _ in range(patience):
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

        await asyncio.gather(*(one(start, patience) for start, patience in plan))
        assert (limiter.in_flight, limiter.waiting) == (0, 0)
        assert sleeper.most <= limiter.limit
        await asyncio.wait_for(asyncio.gather(*(model.complete(HELLO, Params()) for _ in range(20))), 5)
        assert limiter.in_flight == 0

    asyncio.run(play())


class Clock:
    """A clock that stands still unless it is moved."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


async def at_once(limiter: Limiter, model: Limited) -> int:
    """How many of many requests go at once."""
    tasks = [asyncio.create_task(model.complete(HELLO, Params(max_tokens=450))) for _ in range(100)]
    for _ in range(3):
        await asyncio.sleep(0)
    went = limiter.in_flight
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return went


@pytest.mark.parametrize(
    ("error", "left"),
    [
        (Retryable("429", kind="rate limited"), 5000),
        (Unreachable("nobody there"), 5000),
        (ContextTooLong("400"), 5000),
        (Retryable("dropped", kind="dropped connection"), 3000),
        (Retryable("empty", kind="empty answer", tokens=(400, 600, 0, 0)), 4000),
    ],
)
async def test_what_a_failed_request_used_is_settled_as_far_as_it_is_known(error: RequestError, left: int) -> None:
    limiter = Limiter("m", Limits(200, tpm=300_000), sleep=asyncio.sleep, note=print, clock=Clock())  # 5,000 at once
    with pytest.raises(RequestError):
        await Limited(Failing(error), limiter, lambda *_: 1744).complete(HELLO, Params())  # and 256 for the reply
    assert await at_once(limiter, Limited(Sleeper(1), limiter, lambda *_: 244)) == left // 500


async def test_a_request_cancelled_while_it_waits_has_used_nothing() -> None:
    clock = Clock()
    limiter = Limiter("m", Limits(1, tpm=300_000), sleep=asyncio.sleep, note=print, clock=clock)
    model = Limited(Sleeper(1), limiter, lambda *_: 744)
    for _ in range(5):
        assert await at_once(limiter, model) == 1  # which is cancelled on its way, and may have used its 1,000 tokens
    assert await at_once(limiter, model) == 0
    clock.now += 0.25
    assert await at_once(limiter, model) == 1


async def test_the_mean_use_so_far_is_what_the_next_is_expected_to_need() -> None:
    clock = Clock()
    limiter = Limiter("m", Limits(200, tpm=300_000), sleep=asyncio.sleep, note=print, clock=clock)
    await Limited(Sleeper(0, Usage(50, 450)), limiter, lambda *_: 100).complete(HELLO, Params())
    clock.now += 1
    assert await at_once(limiter, Limited(Sleeper(1), limiter, lambda *_: 100)) == 10, "50 + 450 tokens for each"


async def test_a_request_let_go_and_cancelled_at_the_same_moment_was_not_sent() -> None:
    limiter = Limiter("m", Limits(1, tpm=300_000), sleep=asyncio.sleep, note=print, clock=Clock())
    model = Limited(Sleeper(1), limiter, lambda *_: 4999)
    with pytest.raises(ContextTooLong):
        await Limited(Failing(ContextTooLong("400")), limiter, lambda *_: 0).complete(HELLO, Params())
    first = await limiter.turn(0, 1)
    second = asyncio.create_task(model.complete(HELLO, Params(max_tokens=1)))
    await asyncio.sleep(0)
    limiter.failed(first, ContextTooLong("400"))
    limiter.end(first)
    assert limiter.in_flight == 1
    second.cancel()
    await asyncio.gather(second, return_exceptions=True)
    assert (limiter.in_flight, limiter.waiting) == (0, 0)
    assert await at_once(limiter, model) == 1, "all 5,000 tokens are there"


async def test_an_endpoint_that_tells_no_usage_is_taken_to_have_used_what_was_expected() -> None:
    limiter = Limiter("m", Limits(200, tpm=300_000), sleep=asyncio.sleep, note=print, clock=Clock())
    await Limited(Sleeper(0, Usage()), limiter, lambda *_: 744).complete(HELLO, Params())
    assert await at_once(limiter, Limited(Sleeper(1), limiter, lambda *_: 744)) == 4


async def test_a_poor_estimate_is_not_made_worse_by_requests_without_any() -> None:
    limiter = Limiter("m", Limits(200, tpm=300_000), sleep=asyncio.sleep, note=print, clock=Clock())
    await Limited(Sleeper(0, Usage(10, 90)), limiter, lambda *_: 0).complete(HELLO, Params())
    assert await at_once(limiter, Limited(Sleeper(1), limiter, lambda *_: 900)) == 4


async def test_a_request_too_large_for_a_minute_goes_alone() -> None:
    limiter = Limiter("m", Limits(20, tpm=6_000), sleep=asyncio.sleep, note=print)
    model = Limited(Sleeper(0.0, Usage(5000, 0)), limiter, lambda *_: 5000)
    await asyncio.wait_for(model.complete(HELLO, Params()), 20)
    late = asyncio.create_task(model.complete(HELLO, Params()))
    await asyncio.sleep(0.05)
    assert (limiter.in_flight, limiter.waiting, limiter.why) == (0, 1, "--tpm")
    late.cancel()
    await asyncio.gather(late, return_exceptions=True)


@if_not_disturbed
async def test_there_is_room_for_other_work_while_some_wait_to_try_again() -> None:
    limiter = Limiter("m", Limits(4), sleep=asyncio.sleep, note=print)
    assert limiter.room() == 4
    resting = [asyncio.create_task(limiter.rest(0.05)) for _ in range(3)]
    await asyncio.sleep(0.01)
    assert (limiter.room(), limiter.resting) == (7, 3)
    resting += [asyncio.create_task(limiter.rest(0.05)) for _ in range(30)]
    await asyncio.sleep(0.01)
    assert limiter.room() == 8
    await asyncio.gather(*resting)
    assert limiter.room() == 4


async def test_a_person_who_wants_more_at_once_than_is_usual_gets_it() -> None:
    limiter = Limiter("m", Limits(2000), sleep=asyncio.sleep, note=print)
    assert limiter.limit == 2000


HEADER = st.text(st.characters(codec="ascii"), max_size=20) | st.floats().map(str) | st.just("0") | st.just("100")


@given(st.lists(st.fixed_dictionaries({}, optional={
    f"{prefix}-{part}": HEADER
    for prefix in ("x-ratelimit-limit", "x-ratelimit-remaining", "anthropic-ratelimit-tokens")
    for part in ("requests", "tokens", "limit", "remaining", "reset")
}), max_size=5))  # fmt: skip
@settings(max_examples=100, deadline=None)
def test_no_headers_crash_the_limiter_or_keep_the_next_request_from_going_within_an_hour(
    replies: list[dict[str, str]],
) -> None:
    now, slept = 0.0, list[float]()

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    limiter = Limiter("m", Limits(), sleep=sleep, note=print, clock=lambda: now)

    class Saying(Sleeper):
        async def complete(self, messages: Sequence[Message], params: Params) -> Completion:
            limiter.observe(replies.pop())
            return await super().complete(messages, params)

    async def play() -> None:
        nonlocal now
        while replies:
            await asyncio.wait_for(Limited(Saying(), limiter, characters).complete(HELLO, Params()), 5)
            now += 3600

    asyncio.run(play())
