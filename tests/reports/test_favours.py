"""What a judge gives its own model, beside what others give the same: at equal quality, and where nobody else voted."""

from pathlib import Path

import numpy as np
import pytest

from mtbench.benches import Bench
from mtbench.files import safe_name
from mtbench.records import Json, Vote
from mtbench.reports.favours import self_results
from mtbench.reports.tables import Cell
from mtbench.stats.estimates import Estimate
from tests.reports.lines import ours, pair
from tests.support.benches import make_bench, write_lines

QUESTIONS = 300


def judged(folder: Path, wins: list[bool]) -> Bench:
    """A bench whose judge gpt-4 finds its own model better than another, or not."""
    asked: list[Json] = [{"question_id": each, "category": "x", "turns": ["?"]} for each in range(len(wins))]
    made = make_bench(folder, asked)
    lines = [ours(pair(each, "gpt-4 other", "11" if won else "22")) for each, won in enumerate(wins)]
    write_lines(made / "model_judgment" / "gpt-4_pair.jsonl", lines)
    return Bench("tiny", made, made)


def votes(chances: list[float], voters: int, rng: np.random.Generator) -> list[Vote]:
    """How often each of the voters finds the judge's own model better."""
    return [
        Vote(each, "gpt-4", "other", "model_a" if rng.random() < chance else "model_b", f"expert_{who}", 1)
        for each, chance in enumerate(chances)
        for who in range(voters)
    ]


def row(bench: Bench, people: list[Vote]) -> dict[str, Cell]:
    (table,) = self_results(bench, people, (), {}).tables
    (cells,) = table.rows
    return dict(zip((each.key for each in table.columns), cells, strict=True))


@pytest.mark.parametrize("favour", [0.0, 0.15])
def test_a_judge_that_wavers_is_not_taken_for_one_that_favours_its_own_worse_model(
    tmp_path: Path, favour: float
) -> None:
    """What people think of it is worth little to the judge, who gives a half to a model that people give 0.3."""
    rng = np.random.default_rng(4)
    chances = rng.beta(0.6, 1.4, QUESTIONS).tolist()
    wins = [bool(rng.random() < 0.5 + favour + 0.1 * (chance - 0.5)) for chance in chances]
    found = row(judged(tmp_path, wins), votes(chances, 2, rng))
    difference, equal = found["difference"], found["equal"]
    assert isinstance(difference, Estimate)
    assert isinstance(equal, Estimate)
    assert difference.low > 0.05
    assert equal.low <= favour <= equal.high
    assert (equal.low > 0) == (favour > 0)
    assert equal.clusters == QUESTIONS


def test_one_voter_alone_does_not_tell_what_is_equal(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    chances = rng.beta(0.6, 1.4, 60).tolist()
    people = votes(chances, 1, rng)
    bench = judged(tmp_path, [chance > 0.5 for chance in chances])
    assert row(bench, people)["equal"] is None
    twice = [each for each in people for _ in range(2)]
    assert row(bench, twice)["equal"] is None  # the same person again is nobody else


def test_where_nobody_else_judged_there_is_nothing_to_hold_it_against(tmp_path: Path) -> None:
    found = row(judged(tmp_path, [True, False] * 20), [])
    assert isinstance(found["own"], Estimate)
    assert (found["own"].value, found["others"], found["difference"], found["equal"]) == (0.5, None, None, None)
    assert (found["games"], found["compared"], found["by"]) == (40, 0, "nobody")


def test_the_name_of_a_judge_may_have_a_space(tmp_path: Path) -> None:
    """Two that begin alike are two judges."""
    made = make_bench(tmp_path, [{"question_id": each, "category": "x", "turns": ["?"]} for each in range(20)])
    for judge in ("gpt 4", "gpt 5"):
        lines = [ours(pair(each, "one other", "11" if judge == "gpt 4" else "22"), judge) for each in range(20)]
        named = [line | {"model_1": "gpt 4"} for line in lines]
        write_lines(made / "model_judgment" / f"{safe_name(judge)}_pair.jsonl", named)
    (table,) = self_results(Bench("tiny", made, made), [], ["gpt 4"], {}).tables
    (cells,) = table.rows
    found = dict(zip((each.key for each in table.columns), cells, strict=True))
    assert (found["of"], found["compared"], found["by"]) == ("gpt 4 pair", 20, "others")
    assert isinstance(found["difference"], Estimate)
    assert found["difference"].value == 1
