"""Comparisons with the style of the answers held equal."""

from pathlib import Path

import numpy as np
import pytest

from mtbench.benches import Bench, find_bench
from mtbench.errors import MtbenchError
from mtbench.records import Json
from mtbench.reports.results import Query, collect
from mtbench.reports.tables import Mode
from mtbench.stats.estimates import Estimate
from tests.reports.lines import pair
from tests.reports.test_certainty import estimate, table_of
from tests.support.benches import make_bench, read_lines, write_lines
from tests.support.judged import answered

QUESTIONS = 300


def vain_judge(folder: Path, taste: float) -> Bench:
    """Two equal models, of which `long` writes more, before a judge that likes length so much on the log odds."""
    make_bench(folder, [{"question_id": each, "category": "x", "turns": ["?"]} for each in range(QUESTIONS)])
    bench = find_bench("tiny", folder / "data")
    rng = np.random.default_rng(7)
    lengths = {"long": rng.integers(300, 900, QUESTIONS), "short": rng.integers(200, 800, QUESTIONS)}
    for model, of_model in lengths.items():
        turns = [("w" * int(of_model[each]),) for each in range(QUESTIONS)]
        write_lines(bench.answers(model), [answered(each, model, turns=turns[each]) for each in range(QUESTIONS)])
    gaps = (lengths["long"] - lengths["short"]) / 250.0
    lines: list[Json] = []
    for each in range(QUESTIONS):
        won = rng.random() < 1 / (1 + np.exp(-taste * gaps[each]))
        lines.append(pair(each, "long short", "11" if won else "22"))
    write_lines(bench.judgments("gpt-4", "pair"), lines)
    return bench


def test_a_judge_that_likes_length_is_seen_through(tmp_path: Path) -> None:
    bench = vain_judge(tmp_path, taste=2.0)
    query = Query(mode=Mode.PAIRWISE_BASELINE, baseline="short", control_style=True)
    table = table_of(collect(bench, query), "length_control")
    raw, controlled, effect = (
        estimate(table, "long", key) for key in ("win_rate_adjusted", "length_controlled", "length_effect")
    )
    assert raw.low > 0.5
    assert controlled.low < 0.5 < controlled.high
    assert effect.low > 0
    assert table.foot[0].startswith("length-controlled: the win rate had both answers been of one length")


def test_a_judge_that_does_not_care_shows_no_effect(tmp_path: Path) -> None:
    bench = vain_judge(tmp_path, taste=0.0)
    query = Query(mode=Mode.PAIRWISE_BASELINE, baseline="short", control_style=True)
    effect = estimate(table_of(collect(bench, query), "length_control"), "long", "length_effect")
    assert effect.low < 0 < effect.high


def test_all_pairs_have_ratings_with_style_held_equal_and_its_effects(tmp_path: Path) -> None:
    bench = vain_judge(tmp_path, taste=2.0)
    results = collect(bench, Query(mode=Mode.PAIRWISE_ALL, control_style=True))
    controlled = table_of(results, "style_control")
    as_won, equal = (estimate(controlled, "long", key) for key in ("rating", "style_controlled"))
    assert as_won.low > 1000
    assert equal.low < 1000 < equal.high
    effects = {row[0]: row for row in table_of(results, "style_effects").rows}
    of_length = effects["length"][1]
    assert isinstance(of_length, Estimate)
    assert of_length.low > 0
    assert effects["bold"][1] is None
    assert effects["bold"][3] == "no two answers differ in it"


def test_games_without_answers_are_left_out_and_counted(tmp_path: Path) -> None:
    bench = vain_judge(tmp_path, taste=2.0)
    write_lines(bench.answers("long"), [answered(each, "long", turns=("w" * (300 + each),)) for each in range(200)])
    results = collect(bench, Query(mode=Mode.PAIRWISE_ALL, control_style=True))
    assert "100 games left out: an answer is not at hand" in table_of(results, "style_control").foot


def test_it_is_refused_where_it_makes_no_sense(tmp_path: Path) -> None:
    bench = vain_judge(tmp_path, taste=2.0)
    with pytest.raises(MtbenchError, match="no judgments for --mode single"):
        collect(bench, Query(mode=Mode.SINGLE, control_style=True))
    for model in ("long", "short"):
        bench.answers(model).unlink()
    with pytest.raises(MtbenchError, match="--control-style needs the answers, and there are none"):
        collect(bench, Query(mode=Mode.PAIRWISE_ALL, control_style=True))


def test_where_no_game_has_both_answers_there_is_nothing_to_control(tmp_path: Path) -> None:
    bench = vain_judge(tmp_path, taste=2.0)
    bench.answers("short").unlink()
    for query in (
        Query(mode=Mode.PAIRWISE_ALL, control_style=True),
        Query(mode=Mode.PAIRWISE_BASELINE, baseline="short", control_style=True),
    ):
        kinds = {table.kind for table in collect(bench, query).tables}
        assert not kinds & {"style_control", "style_effects", "length_control"}


def test_a_model_that_never_met_the_others_has_no_rating(tmp_path: Path) -> None:
    bench = vain_judge(tmp_path, taste=2.0)
    path = bench.judgments("gpt-4", "pair")
    lines = [*read_lines(path), *(pair(each, "c d", "00") for each in range(20))]
    write_lines(path, lines)
    for model in ("c", "d"):
        write_lines(bench.answers(model), [answered(each, model, turns=("w" * 300,)) for each in range(20)])
    table = table_of(collect(bench, Query(mode=Mode.PAIRWISE_ALL, control_style=True)), "style_control")
    assert {row[0]: row[1] is None for row in table.rows} == {"long": False, "short": False, "c": True, "d": True}
