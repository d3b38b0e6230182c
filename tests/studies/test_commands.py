"""The studies of `test_found`, as commands that ask the judge over HTTP, find what was put into it."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from mtbench.records import Json
from tests.studies.commands import Place, holds
from tests.studies.finding import OWN
from tests.studies.worlds import EYES, Truth, World, made, server_of
from tests.support.benches import write_lines
from tests.support.seen_prompts import Seen
from tests.support.servers import ModelServer, running
from tests.support.simulated_judge import Leaning, SimulatedJudge

WORLD = World("commands", Leaning(first=0.7, own=1.0, length=2.0, noise=0.4, tie=0.2), questions=80, wavering=0.3)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("commands")
    run, _ = made(WORLD, 0, folder / "data")
    votes = [each.to_json() for each in run.votes]
    write_lines(folder / "votes.jsonl", votes)
    write_lines(folder / "some.jsonl", votes[: len(votes) // 2])
    with running(server_of(WORLD)) as server:
        yield Place(folder, server.base_url, f"{WORLD.name}-0")


@pytest.fixture(scope="module")
def compared(place: Place) -> Json:
    """What `bias position --ask` says; the others read its judgments."""
    (row,) = place.rows("bias", "position", *place.asking(), "--judge-prompts", "default")
    return row


@pytest.fixture(scope="module")
def truth() -> Truth:
    return Truth(WORLD)


def test_position_finds_the_liking_for_the_first_place(compared: Json, truth: Truth) -> None:
    assert holds(compared, "advantage", truth.advantage())
    for name, share in zip(("consistent", "first", "second", "error"), truth.shares(), strict=True):
        assert holds(compared, name, share)
    assert compared["advantage_low"] > 0.1


@pytest.mark.usefixtures("compared")
def test_self_and_verbosity_find_what_the_judge_likes(place: Place, truth: Truth) -> None:
    (of_own,) = place.rows("bias", "self", "--votes", "votes.jsonl")
    assert holds(of_own, "difference", truth.favour())
    (of_length,) = place.rows("bias", "verbosity", "--votes", "votes.jsonl")
    assert holds(of_length, "difference", truth.favour_of_length())
    assert min(of_own["difference_low"], of_length["difference_low"]) > 0


@pytest.mark.usefixtures("compared")
def test_agreement_and_calibrate_find_what_people_would_say(place: Place, truth: Truth) -> None:
    rows = place.rows("agreement", "--votes", "votes.jsonl")
    (with_people,) = [each for each in rows if each["pair"] == f"{OWN} pair - human"]
    assert all(holds(with_people, key, figure) for key, figure in truth.agreement().items())
    (corrected,) = place.rows("calibrate", "--votes", "some.jsonl", kind="corrected_pairs")
    assert holds(corrected, "corrected", truth.share_by_people())
    assert not holds(corrected, "judge_alone", truth.share_by_people())


def test_consistency_finds_the_noise(place: Place, truth: Truth) -> None:
    (row,) = [each for each in place.rows("bias", "consistency", *place.asking()) if each["of"].endswith("single")]
    chances = np.stack([WORLD.leaning.grades(worth) for worth in truth.worth])
    assert holds(row, "flips", float(1 - (chances**2).sum(axis=-1).mean()))


def test_it_is_told_which_prompt_it_is_that_a_judge_goes_wrong_with(tmp_path: Path) -> None:
    def leaning(seen: Seen) -> Leaning:
        return Leaning(first=1.5, noise=0.4) if seen.prompts == "rename" else Leaning(noise=0.4)

    made(WORLD, 0, tmp_path / "data")
    with running(ModelServer(reply=SimulatedJudge(leaning, EYES))) as server:
        place = Place(tmp_path, server.base_url, f"{WORLD.name}-0")
        sets = ("--judge-prompts", "default", "--judge-prompts", "rename")
        rows = place.rows("bias", "position", *place.asking(), *sets)
    by_set = {each["of"]: each for each in rows}
    assert by_set[f"{OWN}, rename"]["advantage_low"] > 0.2
    assert holds(by_set[f"{OWN}, default"], "advantage", 0.0)
