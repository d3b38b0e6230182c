"""Judgments and people's labels → what each judge and people gave."""

from pathlib import Path

import numpy as np
import pytest

from mtbench.benches import find_bench
from mtbench.records import Json
from mtbench.reports.ballots import Unit, ballots_of_judgments
from mtbench.reports.entries import Entries
from mtbench.reports.gathering import compared, graded, grades_of, preferred_by_grades, preferred_in_games
from mtbench.reports.judgments import Group, read_groups
from tests.reports.lines import grade, ours, pair
from tests.support.benches import make_bench, write_lines


def groups(folder: Path, pairs: list[Json], grades: list[Json]) -> list[Group]:
    bench = make_bench(folder)
    write_lines(bench / "model_judgment" / "gpt-4_pair.jsonl", pairs)
    write_lines(bench / "model_judgment" / "gpt-4_single.jsonl", grades)
    return read_groups(find_bench("tiny", folder / "data"), ("pair", "single"), (), lambda _: None)[0]


def by_model(entries: Entries) -> dict[tuple[str, float], list[float]]:
    """Model and what the judge gave → what people gave."""
    found: dict[tuple[str, float], list[float]] = {}
    for model, judge, human in zip(entries.model.tolist(), entries.judge.tolist(), entries.human.tolist(), strict=True):
        found.setdefault((entries.models[model], judge), []).append(human)
    return found


def test_a_game_stands_from_both_sides_and_a_label_counts_once(tmp_path: Path) -> None:
    found = groups(tmp_path, [pair(1, "b a", "11"), pair(2, "a b", "12")], [grade(1, "a", 7)])
    (of_pairs,) = compared(ballots_of_judgments(found, set()), {(1, ("a", "b"), 1): 0.25})
    assert of_pairs.kind == "gpt-4 pair"
    assert by_model(of_pairs) == {
        ("b", 1.0): [0.75],
        ("a", 0.0): [0.25],
        ("a", 0.5): [pytest.approx(np.nan, nan_ok=True)],
        ("b", 0.5): [pytest.approx(np.nan, nan_ok=True)],
    }
    assert (of_pairs.units, of_pairs.labels, of_pairs.labelled_questions) == (2, 1, 1)
    assert of_pairs.of("a").against("b").units == 2


def test_repeated_grades_are_averaged_and_those_without_a_verdict_left_out(tmp_path: Path) -> None:
    lines = [ours(grade(1, "a", score, repeat=repeat)) for repeat, score in enumerate((7, 8))]
    found = groups(tmp_path, [], [*lines, grade(2, "a", -1, judgment="no idea")])
    (entries,) = graded(grades_of(found), {(1, "a", 1): 5.0, (9, "a", 1): 3.0})
    assert by_model(entries) == {("a", 7.5): [5.0]}


def test_what_a_judge_prefers_counts_each_order_and_repeat(tmp_path: Path) -> None:
    lines = [pair(1, "a b", "22"), pair(2, "b a", "10"), pair(3, "a b", "12"), pair(3, "a b", "1e")]
    found = groups(tmp_path, lines, [grade(1, "a", 7)])
    people: dict[Unit, float] = {(1, ("a", "b"), 1): 0.0, (2, ("a", "b"), 1): 0.5}
    (entries,) = preferred_in_games(found, people)
    assert by_model(entries) == {("b", 1.0): [1.0], ("b", 0.75): [0.5]}


def test_a_lead_in_grades_is_the_better_one_s_and_a_tenth_is_none(tmp_path: Path) -> None:
    scores = {1: (7, 9), 2: (8.1, 8.0), 3: (9, 4)}
    lines = [grade(each, model, of[place]) for each, of in scores.items() for place, model in enumerate("ab")]
    found = groups(tmp_path, [], [*lines, grade(4, "a", 3)])
    people: dict[Unit, float] = {(each, ("a", "b"), 1): 0.25 for each in (1, 2, 3, 4)}
    (entries,) = preferred_by_grades(grades_of(found), people)
    assert by_model(entries) == {("b", 2.0): [0.75], ("a", 5.0): [0.25]}
