"""`bias reasoning` finds how often a judge takes a wrong answer for right, by way of asking."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from mtbench.benches import Bench
from mtbench.chat.spec import ModelSpec
from mtbench.cli.bias.reasoning import KnownMode, Reference, reasoning_parts
from mtbench.cli.studying import Part
from mtbench.judging.prompts import load_prompts
from mtbench.records import Answer, Choice, Question
from mtbench.reports.reasoning import reasoning_results
from mtbench.reports.tables import Cell
from mtbench.stats.games import Floats
from mtbench.studies.reasoning import KNOWN_ANSWERS, RIGHT, WRONG, asked_bench
from tests.studies.commands import Place, holds
from tests.studies.finding import OWN, RUNS, check, enough, estimate, judge_all, row
from tests.support.benches import write_lines
from tests.support.servers import ModelServer, running
from tests.support.simulated_judge import Eyes, Leaning, SimulatedJudge, answer_text, stated_quality

QUESTIONS = 12
SPREAD = 0.5
"""Standard deviation of how well an answer is put, be it right or wrong."""

SMOOTHER = 0.8
"""By how much the wrong ones are put better: who does not see the mistake prefers them."""

MISTAKE = " (a mistake)"
EYES = Eyes(quality=lambda text: stated_quality(text.removesuffix(MISTAKE)), is_wrong=lambda text: MISTAKE in text)

GULLIBLE = Leaning(
    first=0.4, noise=0.6, tie=0.1, silent=0.05, lapse=4.0, fooled={"default": 0.8, "cot": 0.25, "reference": 0.1}
)
ALIKE = replace(GULLIBLE, fooled={"default": 0.4, "cot": 0.4})
WAYS = {"default": 0.8, "cot": 0.25, "default with reference": 0.1, "cot with reference": 0.1}


@dataclass(frozen=True)
class Asked:
    benches: Sequence[Bench]
    leaning: Leaning

    def failures(self, fooled: float) -> float:
        """How often it prefers the wrong answer if it is fooled that often."""
        lead = np.random.default_rng(1).normal(-SMOOTHER, 2**0.5 * SPREAD, 400_000)
        return fooled * self._failing(lead) + (1 - fooled) * self._failing(lead + self.leaning.lapse)

    def _failing(self, lead: Floats) -> float:
        first, second = self.leaning.winners(lead)[:, 1], self.leaning.winners(-lead)[:, 0]
        return float((first + second).mean() / 2)

    def rows(self, kind: str, mode: KnownMode = KnownMode.pairwise) -> list[dict[str, dict[str, Cell]]]:
        """Of each run, by way of asking."""
        found = []
        for bench in self.benches:
            halves = {beside: asked_bench(bench, beside) for beside in (False, True)}
            results = reasoning_results(bench.name, halves, (RIGHT, WRONG), mode.value, (), (), 7)
            names = [str(each[0]) for table in results.tables if table.kind == kind for each in table.rows]
            found.append({name.removeprefix(f"{OWN}, "): row(results, kind, name) for name in names})
        return found


def asked(name: str, leaning: Leaning, reference: Reference, folder: Path, *, graded: bool = False) -> Asked:
    """So many runs of the study; `graded`: with the grades of the default prompt too."""
    benches = [_made(f"{name}-{number}", folder) for number in range(RUNS)]

    def parts(judge: ModelSpec) -> list[list[Part]]:
        sets = [load_prompts(each) for each in ("default", "cot")]
        without = Reference.without
        return [
            [
                *reasoning_parts(bench, [judge], sets, reference=reference),
                *(reasoning_parts(bench, [judge], sets[:1], KnownMode.single, without) if graded else ()),
            ]
            for bench in benches
        ]

    judge_all(SimulatedJudge(leaning, EYES, seed=11), parts)
    return Asked(benches, leaning)


def _made(name: str, folder: Path) -> Bench:
    rng = np.random.default_rng([*name.encode()])
    bench = Bench(name, folder / name, folder / name)
    asked = [Question(each, "math", (f"{name}, sum {each}?",), ("the sum",)) for each in range(QUESTIONS)]
    write_lines(bench.source / "question.jsonl", [each.to_json() for each in asked])
    known = [
        Answer(each, f"{model}-{each}", model, (Choice(0, (answer_text(rng.normal(put, SPREAD), 300) + ending,)),), 1.0)
        for each in range(QUESTIONS)
        for model, put, ending in ((RIGHT, 0.0, ""), (WRONG, SMOOTHER, MISTAKE))
    ]
    write_lines(bench.source / KNOWN_ANSWERS, [each.to_json() for each in known])
    return bench


@pytest.fixture(scope="module")
def gullible(tmp_path_factory: pytest.TempPathFactory) -> Asked:
    return asked("gullible", GULLIBLE, Reference.both, tmp_path_factory.mktemp("gullible"), graded=True)


@pytest.fixture(scope="module")
def alike(tmp_path_factory: pytest.TempPathFactory) -> Asked:
    return asked("alike", ALIKE, Reference.without, tmp_path_factory.mktemp("alike"))


def test_failures_are_found_by_way_of_asking(gullible: Asked) -> None:
    found = gullible.rows("reasoning")
    for way, fooled in WAYS.items():
        check(f"failures, {way}", [estimate(each[way]["rate"]) for each in found], gullible.failures(fooled))


def test_what_another_way_of_asking_mends_is_found(gullible: Asked) -> None:
    found = gullible.rows("reasoning_ways")
    for way, fooled in list(WAYS.items())[1:]:
        truth = gullible.failures(fooled) - gullible.failures(0.8)
        differences = [estimate(each[way]["difference"]) for each in found]
        check(f"difference, {way}", differences, truth)
        assert sum(each.high < 0 for each in differences) >= 0.4 * RUNS


def test_no_difference_is_found_between_ways_that_fail_alike(alike: Asked) -> None:
    found = [each["cot"] for each in alike.rows("reasoning_ways")]
    check("difference, alike", [estimate(each["difference"]) for each in found], 0.0)
    significant = sum(float(str(each["p"])) < 0.05 for each in found)
    print(f"p below 0.05 in {significant} of {RUNS}")
    assert significant <= RUNS - enough(RUNS)


def test_wrong_answers_that_are_graded_as_good_are_found(gullible: Asked) -> None:
    quality = np.random.default_rng(1).normal(SMOOTHER, SPREAD, 400_000)
    good = [gullible.leaning.grades(quality - lapse)[:, 6:].sum(axis=1).mean() for lapse in (0, GULLIBLE.lapse)]
    found = [estimate(each["default"]["called_good"]) for each in gullible.rows("reasoning", KnownMode.single)]
    check("graded 7 or more", found, float(0.8 * good[0] + 0.2 * good[1]))


def test_the_command_finds_it(tmp_path: Path) -> None:
    _made("gullible-0", tmp_path / "data")
    with running(ModelServer(reply=SimulatedJudge(GULLIBLE, EYES, seed=11))) as server:
        place = Place(tmp_path, server.base_url, "gullible-0")
        rows = {each["of"]: each for each in place.rows("bias", "reasoning", *place.asking(), kind="reasoning")}
    benches = Asked([], GULLIBLE)
    assert all(holds(rows[f"{OWN}, {way}"], "rate", benches.failures(fooled)) for way, fooled in WAYS.items())
