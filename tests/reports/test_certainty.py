"""What the tables say beside FastChat's figures: intervals, groups, ratings, and where the error comes from."""

from pathlib import Path

import numpy as np
import pytest
from statsmodels.api import OLS

from mtbench.benches import Bench, find_bench
from mtbench.records import Json
from mtbench.reports.results import Query, collect
from mtbench.reports.tables import Mode, Results, Table
from mtbench.stats.estimates import Estimate
from tests.reports.lines import grade, ours, pair
from tests.support.benches import make_bench, write_lines
from tests.support.judged import Score, make_judged


def judged_bench(folder: Path, scores: dict[str, Score], questions: int = 40) -> Bench:
    make_judged(folder, scores, questions)
    return find_bench("tiny", folder / "data")


def table_of(results: Results, kind: str) -> Table:
    return next(table for table in results.tables if table.kind == kind)


def estimate(table: Table, model: str, key: str) -> Estimate:
    keys = [column.key for column in table.columns]
    cell = next(row for row in table.rows if row[0] == model)[keys.index(key)]
    assert isinstance(cell, Estimate)
    return cell


def noisy(level: float, seed: int) -> Score:
    rng = np.random.default_rng(seed)
    drawn = rng.normal(level, 1.5, (200, 2)).round(1)
    return lambda question, turn: float(drawn[question, turn - 1])


def by_question(level: float, size: int) -> Score:
    return lambda question, _: level + question % size


def test_the_interval_of_a_mean_is_a_regression_s_with_clusters_by_question(tmp_path: Path) -> None:
    score = noisy(6, 1)
    results = collect(judged_bench(tmp_path, {"a": score}), Query())
    found = estimate(results.tables[0], "a", "average")
    y = np.array([score(question, turn) for question in range(40) for turn in (1, 2)])
    fit = OLS(y, np.ones(80)).fit(cov_type="cluster", cov_kwds={"groups": np.repeat(np.arange(40), 2)}, use_t=True)
    # statsmodels multiplies by (n - 1) / (n - k) as well, which is 1 for a mean
    assert (found.value, found.se) == pytest.approx((fit.params[0], fit.bse[0]))
    assert (found.low, found.high) == pytest.approx(tuple(fit.conf_int()[0]))
    assert (found.n, found.clusters) == (80, 40)


def test_the_bootstrap_stands_beside_it_for_programs(tmp_path: Path) -> None:
    results = collect(judged_bench(tmp_path, {"a": noisy(6, 1)}), Query())
    by_sandwich, drawn = (estimate(results.tables[0], "a", key) for key in ("average", "bootstrap"))
    assert drawn.value == by_sandwich.value
    assert drawn.se == pytest.approx(by_sandwich.se, rel=0.1)
    assert (drawn.low, drawn.high) == pytest.approx((by_sandwich.low, by_sandwich.high), abs=0.15)


def test_models_that_nothing_separates_share_a_letter(tmp_path: Path) -> None:
    bench = judged_bench(tmp_path, {"good": noisy(8, 1), "twin": noisy(8, 2), "bad": noisy(3, 3)})
    results = collect(bench, Query())
    main = table_of(results, "scores")
    letters = {row[0]: row[[column.key for column in main.columns].index("group")] for row in main.rows}
    assert letters == {"good": "a", "twin": "a", "bad": "b"}
    beats = table_of(results, "beats")
    signs = {str(row[0]): row[2:] for row in beats.rows}
    assert signs["bad"] == ["<", "<", ""] or signs["bad"] == ("<", "<", "")
    assert "·" in signs["good"]
    assert ">" in signs["good"]


def test_every_difference_is_there_for_programs_and_not_for_people(tmp_path: Path) -> None:
    results = collect(judged_bench(tmp_path, {"a": noisy(8, 1), "b": noisy(3, 2), "c": noisy(3, 3)}), Query())
    differences = table_of(results, "differences")
    assert differences.for_programs
    assert len(differences.rows) == 3
    first = differences.rows[0]
    assert isinstance(first[2], Estimate)
    assert (first[0], first[5]) == ("a", ">")
    assert first[2].value == pytest.approx(5, abs=1)


def test_categories_have_intervals_of_their_own(tmp_path: Path) -> None:
    results = collect(judged_bench(tmp_path, {"a": noisy(6, 1)}), Query())
    found = estimate(table_of(results, "categories"), "a", "math")
    assert (found.n, found.clusters) == (40, 20)
    assert found.low < found.value < found.high


def test_games_have_ratings_with_intervals_and_ranks(tmp_path: Path) -> None:
    make_bench(tmp_path, [{"question_id": each, "category": "x", "turns": ["?"]} for each in range(30)])
    bench = find_bench("tiny", tmp_path / "data")
    rng = np.random.default_rng(3)
    lines: list[Json] = []
    for one, other, chance in (("top", "mid", 0.8), ("mid", "low", 0.8), ("top", "low", 0.95)):
        lines += [pair(each, f"{one} {other}", "11" if rng.random() < chance else "22") for each in range(30)]
    write_lines(bench.judgments("gpt-4", "pair"), lines)
    ratings = table_of(collect(bench, Query(mode=Mode.PAIRWISE_ALL)), "ratings")
    assert [row[0] for row in ratings.rows] == ["top", "mid", "low"]
    top, low = (estimate(ratings, model, "rating") for model in ("top", "low"))
    assert top.low > low.high
    drawn = estimate(ratings, "top", "bootstrap")
    assert (drawn.low, drawn.high) == pytest.approx((top.low, top.high), abs=60)
    assert ratings.rows[0][1] == 1
    assert sum(estimate(ratings, model, "rating").value for model in ("top", "mid", "low")) == pytest.approx(3000)


def test_an_anchor_has_the_rating_that_it_is_given(tmp_path: Path) -> None:
    make_bench(tmp_path, [{"question_id": each, "category": "x", "turns": ["?"]} for each in range(30)])
    bench = find_bench("tiny", tmp_path / "data")
    lines = [pair(each, "a b", "11" if each % 3 else "22") for each in range(30)]
    write_lines(bench.judgments("gpt-4", "pair"), lines)
    free, fixed = (
        table_of(collect(bench, Query(mode=Mode.PAIRWISE_ALL, anchor=anchor)), "ratings")
        for anchor in (None, ("b", 1200.0))
    )
    assert estimate(fixed, "b", "rating").value == pytest.approx(1200)
    gaps = [estimate(each, "a", "rating").value - estimate(each, "b", "rating").value for each in (free, fixed)]
    assert gaps[0] == pytest.approx(gaps[1])
    assert gaps[0] == pytest.approx(400 * np.log10(2))
    assert "b is set to 1200" in fixed.foot[0]


def test_a_model_that_lost_nothing_is_said_to_have_no_finite_rating(tmp_path: Path) -> None:
    make_bench(tmp_path, [{"question_id": each, "category": "x", "turns": ["?"]} for each in range(6)])
    bench = find_bench("tiny", tmp_path / "data")
    lines = [pair(each, "best a", "11") for each in range(6)]
    lines += [pair(each, "a b", "11" if each % 2 else "22") for each in range(6)]
    lines += [pair(each, "c d", "00") for each in range(6)]
    write_lines(bench.judgments("gpt-4", "pair"), lines)
    ratings = table_of(collect(bench, Query(mode=Mode.PAIRWISE_ALL)), "ratings")
    assert "best: lost no point to the others, so no finite rating fits" in ratings.warnings
    assert any("not comparable" in warning for warning in ratings.warnings)
    assert ratings.rows[0][0] == "best"


def test_repeats_show_where_the_error_comes_from(tmp_path: Path) -> None:
    bench = make_judged(tmp_path, {"a": noisy(6, 1)})
    rng = np.random.default_rng(4)
    ability = rng.normal(6, 1.0, 40)
    lines = [
        ours(grade(question, "a", float(ability[question] + rng.normal(0, 0.7)), turn), "judge", repeat=repeat)
        for question in range(40)
        for turn in (1, 2)
        for repeat in (0, 1, 2)
    ]
    write_lines(bench / "model_judgment" / "judge_single.jsonl", lines)
    spread = table_of(collect(find_bench("tiny", tmp_path / "data"), Query()), "variance")
    row = dict(zip([column.key for column in spread.columns], spread.rows[0], strict=True))
    assert row["sd_question"] == pytest.approx(1.0, abs=0.25)
    assert row["sd_repeat"] == pytest.approx(0.7 / np.sqrt(2), abs=0.1)
    assert row["sd_judge"] is None
    assert row["se_judges"] is None
    now, questions, repeats = (row[key] for key in ("se", "se_questions", "se_repeats"))
    assert isinstance(now, float)
    assert isinstance(questions, float)
    assert isinstance(repeats, float)
    assert questions == pytest.approx(now / np.sqrt(2))
    assert questions < repeats < now


def test_judges_stand_side_by_side_beside_their_panel(tmp_path: Path) -> None:
    make_judged(tmp_path, {"a": by_question(4, 2), "b": by_question(6, 3)}, judge="mild")
    make_judged(tmp_path, {"a": by_question(2, 2), "b": by_question(4, 3)}, judge="grim")
    judges = table_of(collect(find_bench("tiny", tmp_path / "data"), Query()), "judges")
    assert [column.key for column in judges.columns] == ["model", "grim", "mild", "panel"]
    assert [estimate(judges, "a", key).value for key in ("grim", "mild", "panel")] == pytest.approx([2.5, 4.5, 3.5])


def test_without_judges_or_repeats_nothing_is_said_of_the_error_s_parts(tmp_path: Path) -> None:
    results = collect(judged_bench(tmp_path, {"a": noisy(6, 1)}), Query())
    assert "variance" not in {table.kind for table in results.tables}
