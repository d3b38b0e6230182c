"""Plots under names that are files' names, whatever the judges are called."""

from pathlib import Path

import pytest

from mtbench.benches import find_bench
from mtbench.reports.drawing import save_plots
from mtbench.reports.results import Query, collect
from tests.reports.test_certainty import noisy
from tests.support.judged import make_judged


def drawn(folder: Path, *judges: str) -> list[str]:
    for judge in judges:
        bench = make_judged(folder, {"new": noisy(7, 1), "old": noisy(6, 2)}, judge=judge.replace("/", "-"))
        grades = bench / "model_judgment" / f"{judge.replace('/', '-')}_single.jsonl"
        grades.write_text(grades.read_text().replace(f'"{judge.replace("/", "-")}"', f'"{judge}"'))
    bench_there = find_bench("tiny", folder / "data")
    results = collect(bench_there, Query())
    return sorted({path.stem for path in save_plots(results, bench_there, folder / "plots")})


def test_a_slash_in_a_judge_s_name_is_quoted_once(tmp_path: Path) -> None:
    assert "scores-org%2Fjudge-default" in drawn(tmp_path, "org/judge")


def test_a_panel_of_many_long_names_has_plots_too(tmp_path: Path) -> None:
    names = drawn(tmp_path, *(f"judge-{'x' * 80}-{number}" for number in range(3)))
    panel = [name for name in names if name.startswith("scores-3-judges-")]
    assert len(panel) == 1
    assert len([name for name in names if name.startswith("scores-judge-x")]) == 3


@pytest.mark.parametrize("judge", ["日本" * 12])
def test_letters_of_any_script_are_counted_as_they_are_written(tmp_path: Path, judge: str) -> None:
    assert any(name.startswith("scores-1-judges-") for name in drawn(tmp_path, judge))
