"""Studies of a simulated judge, many times over: judging all runs over HTTP, and whether intervals hold the truth.

MTBENCH_RUNS=300 makes more runs than a suite has time for; with -s it is shown how many intervals held what.
"""

import asyncio
import gc
import os
from collections.abc import Callable, Sequence
from functools import cache

from mtbench import runs
from mtbench.chat.spec import Limits, ModelSpec
from mtbench.cli.studying import Part
from mtbench.reports.tables import Cell, Results
from mtbench.stats.estimates import Estimate
from tests.support.servers import ModelServer
from tests.support.simulated_judge import SimulatedJudge

RUNS = int(os.environ.get("MTBENCH_RUNS", "40"))

OWN = "sim"
"""The judge's name, and its own model's."""

AT_ONCE = 4
"""Runs that are judged at a time."""


def judge_all(judge: SimulatedJudge, parts: Callable[[ModelSpec], Sequence[Sequence[Part]]]) -> None:
    """Has the parts of every run judged as commands do, by a judge at a server that is gone afterwards."""
    gc.disable()  # commands look for circles rarely too; here it is a fifth of the time
    try:
        asyncio.run(_judge_all(judge, parts))
    finally:
        gc.enable()


async def _judge_all(judge: SimulatedJudge, parts: Callable[[ModelSpec], Sequence[Sequence[Part]]]) -> None:
    async with ModelServer(reply=judge) as server, runs.Session() as session:
        spec = ModelSpec(OWN, "openai", OWN, base_url=server.base_url, limits=Limits(parallel=64))

        async def judge_run(of_run: Sequence[Part]) -> None:
            for part in of_run:
                book = runs.load_book(part.bench, part.job.models, part.questions, session.progress.note)
                await runs.judge(session, part.bench, part.job, part.questions, book)

        whole = parts(spec)
        for start in range(0, len(whole), AT_ONCE):
            await asyncio.gather(*(judge_run(each) for each in whole[start : start + AT_ONCE]))
    assert not any(lane.failed or lane.undone for lane in session.progress.lanes.values())


def row(results: Results, kind: str, of: str | None = None) -> dict[str, Cell]:
    """The cells of a table's row by their columns; of its only row where none is named."""
    (table,) = [each for each in results.tables if each.kind == kind]
    (cells,) = [each for each in table.rows if of in (None, each[0])]
    return dict(zip((each.key for each in table.columns), cells, strict=True))


def estimate(cell: Cell) -> Estimate:
    assert isinstance(cell, Estimate)
    return cell


def check(what: str, found: Sequence[Estimate], truth: float) -> None:
    """That so many intervals hold the truth as do of sound ones."""
    held, mean = sum(each.low <= truth <= each.high for each in found), sum(each.value for each in found) / len(found)
    print(f"{what}: {truth:.3f}, held by {held} of {len(found)}; mean {mean:.3f}")
    assert held >= enough(len(found))


@cache
def enough(many: int, chance: float = 0.95, alarms: float = 0.005) -> int:
    """The fewest of so many intervals that have to hold the truth: a sound one falls short in that share of tests."""
    from scipy.stats import binom

    return int(binom.ppf(alarms, many, chance))
