"""The engine: concurrency, lazy reading, failures, a clean stop, and recall of what was paid for."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping, Sequence

import pytest

from mtbench.chat import Completion, Message, Params, Usage
from mtbench.chat.metered import Attempt
from mtbench.engine import Recall, Stop, all_of, run_all
from mtbench.errors import BadKey, ContextTooLong, Interrupted, LimitReached, RequestError, Unreachable
from mtbench.progress import Lane, Progress


class Collected:
    """What a run reported."""

    def __init__(self) -> None:
        self.done: list[int] = []
        self.failed: list[tuple[int, str]] = []
        self.lane = Lane("items")
        self.stop = Stop()

    def finished(self, item: int, result: int) -> None:
        assert result == item * 10
        self.done.append(item)

    def fail(self, item: int, error: RequestError) -> None:
        self.failed.append((item, error.kind))

    async def run(
        self, items: Iterable[int] | AsyncIterator[int], do: Callable[[int], Awaitable[int]], *, parallel: int
    ) -> None:
        await run_all(
            items,
            do,
            room=lambda: parallel,
            stop=self.stop,
            lane=self.lane,
            finished=self.finished,
            failed=self.fail,
        )


async def test_never_more_than_parallel_are_in_flight_and_the_stream_is_read_only_as_fast() -> None:
    now, most, read = 0, 0, 0
    collected = Collected()

    def items() -> Iterator[int]:
        nonlocal read
        for number in range(50):
            read += 1
            assert read - len(collected.done) <= 4 + 1
            yield number

    async def do(item: int) -> int:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0.001)
        now -= 1
        return item * 10

    await collected.run(items(), do, parallel=4)
    assert most == 4
    assert sorted(collected.done) == list(range(50))
    assert (collected.lane.done, now) == (50, 0)


async def test_a_failed_item_is_reported_and_the_others_go_on() -> None:
    collected = Collected()

    async def do(item: int) -> int:
        if item == 2:
            raise ContextTooLong("too long")
        return item * 10

    await collected.run(range(5), do, parallel=2)
    assert sorted(collected.done) == [0, 1, 3, 4]
    assert collected.failed == [(2, "context too long")]
    assert collected.lane.failed == 1


async def test_an_error_that_ends_the_run_starts_nothing_more_and_counts_no_failure() -> None:
    collected = Collected()
    started = []

    async def do(item: int) -> int:
        started.append(item)
        await asyncio.sleep(0.001)
        raise BadKey("no")

    await collected.run(range(1000), do, parallel=3)
    assert len(started) == 3
    assert collected.lane.failed == 0
    assert isinstance(collected.stop.error, BadKey)


async def test_a_dead_endpoint_fails_all_that_is_left_with_its_reason_and_is_not_asked_again() -> None:
    collected, asked = Collected(), list[int]()

    async def do(item: int) -> int:
        if collected.stop.requested:
            raise Interrupted("stopped before this request was sent")
        asked.append(item)
        if item == 2:
            raise Unreachable("nobody there")
        await collected.stop.sleep(0.01 if item < 2 else 60)
        return item * 10

    await asyncio.wait_for(collected.run(range(100), do, parallel=4), 5)
    assert len(asked) <= 5
    assert len(collected.done) + len(collected.failed) == 100
    assert {reason for _, reason in collected.failed} == {"unreachable"}
    assert collected.lane.failed == len(collected.failed)


def test_a_stop_of_one_model_leaves_the_others_and_a_stop_of_the_run_ends_all() -> None:
    whole = Stop()
    one, other = Stop(whole), Stop(whole)
    assert one.on(ContextTooLong("too long")).kind == "context too long"
    assert not one.requested
    one.on(BadKey("no"))
    assert (one.requested, other.requested, whole.requested) == (True, False, False)
    assert one.on(Interrupted("while waiting")).kind == "bad key"
    other.on(LimitReached("spent"))
    assert whole.requested
    assert [str(stop.error) for stop in (whole, one, other, Stop(whole))] == ["spent", "no", "spent", "spent"]


async def test_a_stop_lets_items_in_flight_end() -> None:
    collected = Collected()

    async def do(item: int) -> int:
        if item == 1:
            collected.stop.request()
        await asyncio.sleep(0.01)
        return item * 10

    await collected.run(range(100), do, parallel=2)
    assert sorted(collected.done) == [0, 1]
    assert collected.stop.error is None


async def test_a_source_that_waits_for_more_can_end_by_the_stop() -> None:
    collected = Collected()
    asked = asyncio.Event()
    collected.stop.then(asked.set)

    async def never() -> AsyncIterator[int]:
        yield 0
        await asked.wait()

    async def do(item: int) -> int:
        asyncio.get_running_loop().call_later(0.01, collected.stop.request)
        return item * 10

    running = collected.run(never(), do, parallel=3)
    await asyncio.wait_for(running, 20)
    assert collected.done == [0]
    late: list[bool] = []
    collected.stop.then(lambda: late.append(True))
    assert late == [True]


async def test_an_error_that_is_no_request_error_ends_everything_and_is_raised() -> None:
    collected = Collected()

    async def do(item: int) -> int:
        if item == 0:
            raise ZeroDivisionError
        await asyncio.sleep(10)
        return item

    with pytest.raises(ExceptionGroup) as caught:
        await collected.run(range(5), do, parallel=5)
    assert isinstance(caught.value.exceptions[0], ZeroDivisionError)


async def test_a_retry_that_waits_is_woken_by_a_stop() -> None:
    stop = Stop()
    asyncio.get_running_loop().call_later(0.01, stop.request)
    with pytest.raises(Interrupted):
        await asyncio.wait_for(stop.sleep(60), 20)
    await Stop().sleep(0.001)


class Counting:
    """A ChatModel that counts what it is asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.closed = False

    async def complete(self, messages: Sequence[Message], params: Params) -> Completion:
        del params
        self.asked.append(messages[-1].content)
        return Completion(f"reply to {messages[-1].content}")

    async def aclose(self) -> None:
        self.closed = True


def recall(model: Counting, stop: Stop, finished: Mapping[str, Completion] | None = None) -> Recall:
    return Recall(model, "openai/x", stop, finished or {}, lambda _: None)


async def test_a_reply_of_an_earlier_run_is_not_asked_for_again() -> None:
    model, params = Counting(), Params(temperature=0.0)
    first = recall(model, Stop())
    await first.complete([Message("user", "one")], params)
    second = recall(model, Stop(), first.finished)
    assert (await second.complete([Message("user", "one")], params)).text == "reply to one"
    await second.complete([Message("user", "two")], params)
    await second.complete([Message("user", "one")], Params(temperature=0.5))
    assert model.asked == ["one", "two", "one"]
    await second.complete([Message("user", "two")], params)
    assert model.asked == ["one", "two", "one", "two"]
    third = recall(model, Stop(), second.finished)
    await third.complete([Message("user", "two")], params)
    await third.complete([Message("user", "two")], params)
    assert len(model.asked) == 4
    await second.aclose()
    assert model.closed


async def test_after_a_stop_only_what_is_known_is_answered() -> None:
    model, stop = Counting(), Stop()
    first = recall(model, stop)
    await first.complete([Message("user", "one")], Params())
    second = recall(model, stop, first.finished)
    stop.request()
    await second.complete([Message("user", "one")], Params())
    with pytest.raises(Interrupted):
        await second.complete([Message("user", "two")], Params())


async def test_what_is_paid_for_is_kept_before_more_is_asked_but_not_the_last_reply() -> None:
    kept: list[dict[str, str]] = []
    model = Counting()

    def keep(replies: Mapping[str, Completion]) -> None:
        kept.append({str(len(model.asked)): ", ".join(reply.text for reply in replies.values())})

    recall = Recall(model, "openai/x", Stop(), {}, keep)
    for text in ("one", "two", "three"):
        await recall.complete([Message("user", text)], Params())
    assert kept == [{"1": "reply to one"}, {"2": "reply to two"}]


async def test_of_two_requests_at_once_the_first_reply_is_kept_while_the_other_is_waited_for() -> None:
    kept: list[str] = []
    let_go = asyncio.Event()

    class Slow(Counting):
        async def complete(self, messages: Sequence[Message], params: Params) -> Completion:
            if messages[-1].content == "slow":
                await let_go.wait()
            return await super().complete(messages, params)

    recall = Recall(Slow(), "openai/x", Stop(), {}, lambda replies: kept.extend(r.text for r in replies.values()))
    both = asyncio.gather(*(recall.complete([Message("user", text)], Params()) for text in ("slow", "fast")))
    await asyncio.sleep(0.01)
    assert kept == ["reply to fast"]
    let_go.set()
    await both
    assert kept == ["reply to fast"]


async def test_identical_requests_are_samples_of_their_own() -> None:
    samples: list[int] = []

    class Sampling(Counting):
        async def complete(self, messages: Sequence[Message], params: Params) -> Completion:
            samples.append(params.sample)
            return await super().complete(messages, params)

    asked = recall(Sampling(), Stop())
    for sample in (0, 0, 1, 2, 0):
        await asked.complete([Message("user", "same")], Params(sample=sample))
    assert len(set(samples)) == 5
    assert samples[0] == 0


async def test_all_of_lets_every_job_end_before_it_raises() -> None:
    ended: list[int] = []

    async def job(number: int) -> int:
        await asyncio.sleep(0.01 * number)
        if number == 0:
            raise ContextTooLong("too long")
        ended.append(number)
        return number

    assert await all_of(job(number) for number in (2, 1)) == [2, 1]
    with pytest.raises(ContextTooLong):
        await all_of(job(number) for number in (0, 3))
    assert ended == [1, 2, 3]


def test_progress_adds_tokens_and_money_and_an_unknown_price_stays_unknown() -> None:
    progress, heard = Progress(), list[Attempt]()
    progress.listeners.append(heard.append)

    def ended(usage: Usage, cost: float | None) -> None:
        progress.ended(Attempt("m", "", "ok", 0.1, usage, cost))

    ended(Usage(10, 5), 0.5)
    ended(Usage(1, 1, cached=1), 0.25)
    assert (progress.usage, progress.cost) == (Usage(11, 6, 1), 0.75)
    ended(Usage(1, 1), None)
    ended(Usage(1, 1), 1.0)
    assert progress.cost is None
    assert (progress.sent, len(heard)) == (4, 4)


def test_a_note_is_kept_once() -> None:
    progress = Progress()
    progress.note("same")
    progress.note("same")
    assert progress.notes == ["same"]
