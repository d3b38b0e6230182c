"""Each study finds the bias that was put into a judge, its interval holding it in 95 % of runs, and else finds none.

Here the studies that need no more than judgments of a bench's own answers.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from mtbench.judging.judges import JudgeSettings
from mtbench.judging.prompts import load_prompts
from mtbench.records import Vote
from mtbench.reports.agreement import agreement_results
from mtbench.reports.calibration import calibration_results
from mtbench.reports.consistency import consistency_results
from mtbench.reports.favours import self_results, verbosity_results
from mtbench.reports.people import People
from mtbench.reports.position import position_results
from mtbench.reports.tables import Cell
from tests.studies.finding import OWN, RUNS, check, enough, estimate, row
from tests.studies.worlds import Run, Truth, World, judged
from tests.support.simulated_judge import Leaning

FAIR = World("fair", Leaning(noise=0.5, taste=0.5, tie=0.2), questions=40)
BY_PLACE = World("by_place", Leaning(first=0.6, noise=0.5, taste=0.5, tie=0.2, silent=0.05), questions=40)
BY_LOOKS = World("by_looks", Leaning(own=0.9, length=0.9, noise=0.5, taste=0.5, tie=0.2), questions=44)
BY_LOT = World("by_lots", Leaning(noise=100.0), questions=44, better=-1.0)
WAVERING = World(
    "wavering",
    Leaning(noise=0.6, taste=0.5),
    questions=20,
    settings=JudgeSettings(load_prompts("default"), repeat=3),
    mode="single",
    models=[OWN],
)
WORLDS = (FAIR, BY_PLACE, BY_LOOKS, BY_LOT, WAVERING)


@dataclass(frozen=True)
class Judged:
    """A world, what is true of it, and so many runs."""

    world: World
    truth: Truth
    runs: Sequence[Run]


@pytest.fixture(scope="module", params=[each.name for each in WORLDS])
def of(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Judged:
    """The world whose name a test asks for with `in_worlds`."""
    (world,) = [each for each in WORLDS if each.name == request.param]
    return Judged(world, Truth(world), judged(world, RUNS, tmp_path_factory.mktemp(world.name)))


def in_worlds(*worlds: World) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("of", [each.name for each in worlds], indirect=True)


@in_worlds(BY_PLACE)
def test_a_liking_for_the_first_place_is_found(of: Judged) -> None:
    found = [row(position_results(each.bench, (), ()), "position") for each in of.runs]
    advantages = [estimate(each["advantage"]) for each in found]
    check("advantage of the first place", advantages, of.truth.advantage())
    for name, truth in zip(("consistent", "first", "second", "error"), of.truth.shares(), strict=True):
        check(f"share {name}", [estimate(each[name]) for each in found], truth)
    assert sum(each.low > 0 for each in advantages) >= 0.9 * RUNS


@in_worlds(FAIR, BY_LOOKS, BY_LOT)
def test_no_liking_for_a_place_is_found_where_there_is_none(of: Judged) -> None:
    found = [row(position_results(each.bench, (), ()), "position") for each in of.runs]
    check(f"{of.world.name}: advantage of the first place", [estimate(each["advantage"]) for each in found], 0.0)
    significant = sum(float(str(each["p"])) < 0.05 for each in found)
    print(f"{of.world.name}: p below 0.05 in {significant} of {RUNS}")
    assert significant <= RUNS - enough(RUNS)


@in_worlds(BY_LOOKS)
def test_a_liking_for_its_own_model_is_found(of: Judged) -> None:
    found = [_own_favour(each) for each in of.runs]
    check("self, difference", [estimate(each["difference"]) for each in found], of.truth.favour())
    equal = [estimate(each["equal"]) for each in found if each["equal"] is not None]
    check("self, at equal quality", equal, of.truth.favour_at_equal_quality())
    for estimates in ([estimate(each["difference"]) for each in found], equal):
        assert sum(each.low > 0 for each in estimates) >= 0.6 * RUNS


@in_worlds(FAIR, BY_PLACE)
def test_no_liking_for_its_own_model_is_found_where_there_is_none(of: Judged) -> None:
    found = [_own_favour(each) for each in of.runs]
    check(f"{of.world.name}: self, difference", [estimate(each["difference"]) for each in found], 0.0)
    equal = [estimate(each["equal"]) for each in found if each["equal"] is not None]
    check(f"{of.world.name}: self, at equal quality", equal, 0.0)
    assert len(equal) > 0.6 * RUNS


@in_worlds(BY_LOT)
def test_a_judge_that_tosses_coins_gives_its_worse_model_more_than_people_and_yet_does_not_favour_it(
    of: Judged,
) -> None:
    found = [_own_favour(each) for each in of.runs]
    assert of.truth.favour() > 0.2
    check("by_lots: self, difference", [estimate(each["difference"]) for each in found], of.truth.favour())
    equal = [estimate(each["equal"]) for each in found if each["equal"] is not None]
    check("by_lots: self, at equal quality", equal, 0.0)
    assert len(equal) > 0.6 * RUNS


@in_worlds(BY_LOOKS)
def test_a_liking_for_length_is_found(of: Judged) -> None:
    found = [_favour_of_length(each) for each in of.runs]
    differences = [estimate(each["difference"]) for each in found]
    check("verbosity, difference", differences, of.truth.favour_of_length())
    equal = [estimate(each["equal"]) for each in found if each["equal"] is not None]
    check("verbosity, at equal quality", equal, of.truth.favour_of_length_at_equal_quality())
    assert sum(each.low > 0 for each in differences) >= 0.6 * RUNS


@in_worlds(FAIR, BY_PLACE, BY_LOT)
def test_no_liking_for_length_is_found_where_there_is_none(of: Judged) -> None:
    found = [_favour_of_length(each) for each in of.runs]
    check(f"{of.world.name}: verbosity, difference", [estimate(each["difference"]) for each in found], 0.0)
    equal = [estimate(each["equal"]) for each in found if each["equal"] is not None]
    check(f"{of.world.name}: verbosity, at equal quality", equal, 0.0)


@in_worlds(FAIR, BY_LOOKS, BY_LOT)
def test_agreement_with_people_is_found(of: Judged) -> None:
    results = [agreement_results(each.bench, each.votes, (), ()) for each in of.runs]
    for key, truth in of.truth.agreement().items():
        found = [estimate(row(each, "agreement", f"{OWN} pair - human")[key]) for each in results]
        check(f"{of.world.name}: {key}", found, truth)
    for setup, truth in zip(("S1", "S2"), of.truth.agreement_of_people(), strict=True):
        found = [estimate(row(each, "agreement_people", setup)["people"]) for each in results]
        check(f"{of.world.name}: two people, {setup}", found, truth)


def test_a_judge_that_draws_lots_agrees_with_people_by_chance_alone() -> None:
    assert Truth(BY_LOT).agreement()["kappa"] == pytest.approx(0, abs=0.01)
    assert Truth(BY_LOT).agreement()["s2"] == pytest.approx(0.5, abs=0.02)
    assert Truth(FAIR).agreement()["kappa"] > 0.3


@in_worlds(FAIR, BY_LOOKS, BY_LOT)
def test_a_few_votes_put_a_judge_right(of: Judged) -> None:
    found = [_corrected(each) for each in of.runs]
    truth = of.truth.share_by_people()
    check(f"{of.world.name}: corrected", [estimate(each["corrected"]) for each in found], truth)
    check(f"{of.world.name}: people alone", [estimate(each["people_alone"]) for each in found], truth)
    check(f"{of.world.name}: judge alone", [estimate(each["judge_alone"]) for each in found], of.truth.share_by_judge())
    assert all(_width(each["corrected"]) <= _width(each["people_alone"]) for each in found)


@in_worlds(BY_LOOKS)
def test_a_judge_that_goes_by_looks_is_wrong_alone(of: Judged) -> None:
    found = [_corrected(each) for each in of.runs]
    truth = of.truth.share_by_people()
    alone = [estimate(each["judge_alone"]) for each in found]
    assert sum(each.low <= truth <= each.high for each in alone) < 0.5 * RUNS


@in_worlds(WAVERING)
def test_how_often_a_judge_contradicts_itself_is_found(of: Judged) -> None:
    chances = of.world.leaning.grades(of.truth.worth[0])
    truth = float((1 - (chances**2).sum(axis=1)).mean())
    found = [row(consistency_results(each.bench, (), ()), "consistency") for each in of.runs]
    check("other grade", [estimate(each["flips"]) for each in found], truth)
    of_grades = chances @ range(1, 11), chances @ [grade**2 for grade in range(1, 11)]
    variance = float((of_grades[1] - of_grades[0] ** 2).mean())
    assert sum(float(str(each["sd"])) ** 2 for each in found) / RUNS == pytest.approx(variance, rel=0.1)


@in_worlds(WAVERING)
def test_a_few_grades_of_people_put_a_judge_right_whatever_their_scale(of: Judged) -> None:
    found = [
        row(calibration_results(each.bench, People(grades=each.grades[:12]), ()), "corrected_scores")
        for each in of.runs
    ]
    check("corrected score", [estimate(each["corrected"]) for each in found], 50.0)
    assert sum(_width(each["corrected"]) for each in found) < 0.95 * sum(_width(each["people_alone"]) for each in found)


def test_a_judge_without_noise_never_contradicts_itself(tmp_path: Path) -> None:
    world = replace(WAVERING, leaning=Leaning(), questions=12)
    (run,) = judged(world, 1, tmp_path)
    found = row(consistency_results(run.bench, (), ()), "consistency")
    assert (estimate(found["flips"]).value, found["sd"]) == (0.0, 0.0)


def _own_favour(run: Run) -> dict[str, Cell]:
    return row(self_results(run.bench, run.votes, (), {}), "bias_self")


def _favour_of_length(run: Run) -> dict[str, Cell]:
    return row(verbosity_results(run.bench, run.votes, ()), "bias_verbosity")


def _corrected(run: Run) -> dict[str, Cell]:
    return row(calibration_results(run.bench, People(_few(run.votes)), ()), "corrected_pairs")


def _few(votes: Sequence[Vote]) -> Sequence[Vote]:
    """One person's, on 25 of the questions, which are in no order."""
    return [each for each in votes if int(each.question_id) < 25 and each.judge == "expert_0"]


def _width(cell: Cell) -> float:
    return estimate(cell).high - estimate(cell).low
