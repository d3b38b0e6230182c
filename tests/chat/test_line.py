"""Waiting for a turn: in order, by one timer, ended by a stop, and nothing is lost when some give up."""

import asyncio
import gc
from collections.abc import Awaitable, Callable
from math import inf
from random import Random
from time import monotonic

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mtbench.chat.line import Line
from mtbench.engine import Stop
from mtbench.errors import Interrupted


class Gate:
    """A line in front of some places, and a time before which each item may not go."""

    def __init__(self, places: int, sleep: Callable[[float], Awaitable[None]] | None = None) -> None:
        self.places, self.gone = places, list[int]()
        self.opens: dict[int, float] = {}
        self.stop = Stop()
        self.line = Line(self._wait_of, self._go, sleep=sleep or self.stop.sleep, clock=monotonic)

    def _wait_of(self, item: int, now: float) -> float:
        return max(0.0, self.opens.get(item, 0.0) - now) if self.places else inf

    def _go(self, item: int, now: float) -> None:
        assert now <= monotonic()
        self.places -= 1
        self.gone.append(item)

    def leave(self, places: int = 1) -> None:
        self.places += places
        self.line.look(monotonic())

    def join(self, item: int) -> asyncio.Task[None]:
        return asyncio.create_task(self.line.join(item))


async def settled() -> None:
    for _ in range(8):
        await asyncio.sleep(0)


async def test_who_need_not_wait_goes_without_a_task_or_timer() -> None:
    gate, before = Gate(2), len(asyncio.all_tasks())
    await gate.line.join(1)
    await gate.line.join(2)
    assert (gate.gone, gate.line.waiting, len(asyncio.all_tasks())) == ([1, 2], 0, before)


async def test_the_first_to_come_is_the_first_to_go() -> None:
    gate = Gate(0)
    tasks = [gate.join(item) for item in range(5)]
    await settled()
    assert gate.line.waiting == 5
    gate.leave(2)
    late = gate.join(5)
    await settled()
    assert gate.gone == [0, 1]
    gate.leave(4)
    await asyncio.gather(*tasks, late)
    assert gate.gone == [0, 1, 2, 3, 4, 5]


async def test_nobody_overtakes_one_whose_time_has_not_come() -> None:
    gate = Gate(3)
    gate.opens[1] = monotonic() + 0.05
    await asyncio.gather(gate.join(1), gate.join(2))
    assert gate.gone == [1, 2]
    assert monotonic() >= gate.opens[1]


async def test_a_time_that_comes_earlier_than_thought_is_not_missed() -> None:
    gate = Gate(3)
    gate.opens[1] = monotonic() + 30
    task = gate.join(1)
    await settled()
    gate.opens[1] = monotonic() + 0.02
    gate.leave(0)
    await asyncio.wait_for(task, 5)


async def test_all_waiting_is_watched_by_one_task() -> None:
    gate, before = Gate(0), len(asyncio.all_tasks())
    tasks = [gate.join(item) for item in range(100)]
    await settled()
    assert len(asyncio.all_tasks()) <= before + len(tasks) + 2  # wait_for of Python 3.11 has one of its own
    gate.leave(100)
    await asyncio.gather(*tasks)
    gate.line.rest()
    await settled()
    assert len(asyncio.all_tasks()) == before


async def test_a_stop_ends_all_waiting_at_once() -> None:
    gate = Gate(0)
    tasks = [gate.join(item) for item in range(50)]
    await settled()
    tasks.pop(7).cancel()
    gate.stop.request()
    outcomes = await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 20)
    assert {type(outcome) for outcome in outcomes} == {Interrupted}
    assert (gate.gone, gate.line.waiting) == ([], 0)


async def test_after_a_stop_nobody_waits_any_more() -> None:
    gate = Gate(0)
    gate.stop.request()
    for item in range(2):
        with pytest.raises(Interrupted):
            await asyncio.wait_for(gate.line.join(item), 20)


async def test_a_stop_ends_a_pause() -> None:
    gate = Gate(5)
    gate.line.pause(60)
    task = gate.join(1)
    await settled()
    gate.stop.request()
    with pytest.raises(Interrupted):
        await asyncio.wait_for(task, 20)


async def test_a_pause_holds_those_who_wait_and_those_who_come() -> None:
    gate = Gate(0)
    first = gate.join(1)
    await settled()
    gate.line.pause(0.15)
    gate.line.pause(0.05)
    until = monotonic() + 0.14
    gate.leave(5)
    await asyncio.gather(first, gate.join(2))
    assert monotonic() >= until
    assert gate.gone == [1, 2]


async def test_a_pause_that_is_prolonged_is_waited_out() -> None:
    gate = Gate(5)
    gate.line.pause(0.05)
    task = gate.join(1)
    await settled()
    gate.line.pause(0.15)
    until = monotonic() + 0.14
    await task
    assert monotonic() >= until


async def test_a_pause_while_nobody_waits_holds_the_next() -> None:
    gate = Gate(0)
    first = gate.join(1)
    await settled()
    gate.leave(5)
    await first
    gate.line.pause(0.1)
    until = monotonic() + 0.09
    await gate.line.join(2)
    assert monotonic() >= until


async def test_a_pause_that_nobody_waited_for_passes() -> None:
    gate = Gate(1)
    gate.line.pause(0.03)
    await asyncio.sleep(0.05)
    await asyncio.wait_for(gate.line.join(1), 20)


async def test_a_sleep_that_takes_no_time_ends_a_pause_and_does_not_spin() -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    gate = Gate(1, sleep)
    gate.line.pause(60)
    tasks = [gate.join(item) for item in range(3)]
    await tasks[0]
    await asyncio.sleep(0.05)
    assert (gate.gone, len(slept)) == ([0], 2)
    assert slept[0] == pytest.approx(60, abs=1)
    gate.leave(2)
    await asyncio.gather(*tasks)


async def test_what_the_sleep_raises_is_raised_in_all_that_wait_even_if_it_is_a_bug() -> None:
    async def sleep(_: float) -> None:
        raise ZeroDivisionError

    gate = Gate(0, sleep)
    outcomes = await asyncio.gather(gate.join(1), gate.join(2), return_exceptions=True)
    assert {type(outcome) for outcome in outcomes} == {ZeroDivisionError}


async def test_one_that_is_let_go_and_cancelled_at_once_has_gone() -> None:
    gate = Gate(0)
    task = gate.join(1)
    await settled()
    gate.leave()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (gate.gone, gate.line.waiting) == ([1], 0)


async def test_one_that_gives_up_makes_way() -> None:
    gate = Gate(1)
    gate.opens[1] = monotonic() + 60
    first, second = gate.join(1), gate.join(2)
    await settled()
    first.cancel()
    await asyncio.wait_for(second, 20)
    assert (gate.gone, gate.line.waiting) == ([2], 0)


async def test_one_that_is_sent_away_and_cancelled_at_once_leaves_no_complaint() -> None:
    complaints, tasks = list[object](), list[asyncio.Task[None]]()
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))

    async def sleep(_: float) -> None:
        watch = asyncio.current_task()
        assert watch
        watch.add_done_callback(lambda _: tasks[0].cancel())
        raise Interrupted("stopped")

    gate = Gate(0, sleep)
    tasks.append(gate.join(1))
    with pytest.raises(asyncio.CancelledError):
        await tasks[0]
    tasks.clear()
    gc.collect()
    assert (complaints, gate.line.waiting) == ([], 0)


@given(st.lists(st.sampled_from(["join", "leave", "cancel", "run", "pause"]), max_size=40), st.randoms())
@settings(max_examples=150, deadline=None)
def test_no_place_is_lost_whoever_gives_up_when(steps: list[str], random: Random) -> None:
    async def play() -> None:
        gate, tasks, kept = Gate(2), list[asyncio.Task[None]](), 2
        for number, step in enumerate(steps):
            match step:
                case "join":
                    tasks.append(gate.join(number))
                case "leave":
                    gate.leave()
                    kept += 1
                case "cancel" if tasks:
                    random.choice(tasks).cancel()
                case "pause":
                    gate.line.pause(0.001)
                case _:
                    await asyncio.sleep(0)
        gate.leave(100)
        await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 5)
        assert gate.line.waiting == 0
        assert gate.places + len(gate.gone) == kept + 100
        assert gate.gone == sorted(gate.gone)
        gate.line.rest()

    asyncio.run(play())
