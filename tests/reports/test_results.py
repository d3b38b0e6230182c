"""From judgment files to tables."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from mtbench.benches import Bench, find_bench, load_questions
from mtbench.errors import MtbenchError
from mtbench.records import Json
from mtbench.reports.results import Query, collect, collect_file
from mtbench.reports.tables import Cell, Mode, Results, Table
from mtbench.stats.estimates import Estimate
from tests.reports.lines import grade, ours, pair
from tests.support.benches import make_bench, write_lines
from tests.support.shared import SHARED, needs_shared

TURNS = [(question, turn) for question in (1, 2, 3) for turn in (1, 2)]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    make_bench(tmp_path)
    return find_bench("tiny", tmp_path / "data")


def judged(bench: Bench, lines: Sequence[Json], judge: str = "gpt-4", kind: str = "single") -> Path:
    return write_lines(bench.judgments(judge, kind), lines)


def failed(bench: Bench, keys: Sequence[Json], judge: str = "gpt-4", kind: str = "single") -> None:
    failures = [{"key": key, "reason": "unavailable", "message": "no", "tstamp": 1.0} for key in keys]
    write_lines(bench.judgments(judge, kind).with_name(f"{judge}_{kind}.failures.jsonl"), failures)


def answered(bench: Bench, *models: str) -> None:
    for model in models:
        write_lines(bench.answers(model), [{}])


def named(table: Table) -> dict[str, dict[str, Cell]]:
    """Cells by model and column, without intervals; models keep their order."""
    keys = [column.key for column in table.columns]
    return {
        str(row[0]): {key: _figure(cell) for key, cell in zip(keys, row, strict=True) if key not in _CERTAINTY}
        for row in table.rows
    }


_CERTAINTY = {"bootstrap", "group"}


def _figure(cell: Cell) -> Cell:
    return cell.value if isinstance(cell, Estimate) else cell


def every_turn(model: str, scores: str, **more: object) -> list[Json]:
    return [
        grade(question, model, float(score), turn, **more)
        for (question, turn), score in zip(TURNS, scores, strict=False)
    ]


def column(results: Results, key: str, table: int = 0) -> dict[str, Cell]:
    return {model: cells[key] for model, cells in named(results.tables[table]).items()}


# single


def test_a_mean_is_over_all_rows_and_rows_without_a_score_are_left_out_and_counted(bench: Bench) -> None:
    judged(
        bench, [grade(1, "a", 8), grade(1, "a", 6, turn=2), grade(2, "a", 4), grade(3, "a", -1), grade(3, "a", 9, 2)]
    )
    (cells,) = named(collect(bench, Query()).tables[0]).values()
    assert cells == {
        "model": "a", "turn_1": 6.0, "turn_2": 7.5, "average": 6.75,
        "n": 4, "missing": 1, "failed": 0, "unparsed": 1, "truncated": 0,
    }  # fmt: skip


def test_models_stand_best_first_and_those_without_a_score_last(bench: Bench) -> None:
    judged(bench, [grade(1, "b", 5), grade(1, "a", 5), grade(1, "c", 9), grade(1, "d", -1)])
    answered(bench, "aa")
    assert list(named(collect(bench, Query()).tables[0])) == ["c", "a", "b", "aa", "d"]


def test_any_number_of_turns_and_any_scale_of_scores_is_shown(bench: Bench) -> None:
    judged(bench, [grade(1, "a", score, turn) for turn, score in ((1, 0), (2, 55.5), (5, 100))])
    cells = named(collect(bench, Query()).tables[0])["a"]
    assert [cells[key] for key in ("turn_1", "turn_2", "turn_5", "average")] == [0.0, 55.5, 100.0, 155.5 / 3]


def test_missing_counts_every_turn_of_the_bench_that_has_neither_judgment_nor_failure(bench: Bench) -> None:
    judged(bench, [*every_turn("a", "555555"), grade(1, "b", 5)])
    failed(bench, [{"question_id": 1, "turn": 2, "models": ["b"], "prompt": "single-v1", "repeat": 0}])
    answered(bench, "a", "b", "never/judged")
    results = collect(bench, Query())
    assert column(results, "missing") == {"a": 0, "b": 4, "never/judged": 6}
    assert column(results, "failed") == {"a": 0, "b": 1, "never/judged": 0}
    assert "1 request failed: unavailable 1; run `mtbench judge` again" in results.tables[0].foot
    assert "missing: not judged so far; `mtbench judge` makes them" in results.tables[0].foot


def test_repeats_are_rows_of_the_mean_and_an_unfinished_one_is_missing(bench: Bench) -> None:
    lines = [ours(line) for line in every_turn("a", "444444")]
    judged(bench, [*lines, *(line | {"score": 7, "repeat": 1} for line in lines[:5])])
    results = collect(bench, Query())
    assert (column(results, "n"), column(results, "missing")) == ({"a": 11}, {"a": 1})
    assert column(results, "average") == {"a": 59 / 11}
    assert "judged 2 times each: every repeat counts as a judgment" in results.tables[0].foot


def test_fastchat_s_failed_requests_are_failed_and_not_unparsed(bench: Bench) -> None:
    judged(bench, [grade(1, "a", 5), grade(2, "a", -1, judgment="$ERROR$")])
    results = collect(bench, Query())
    assert (column(results, "failed"), column(results, "unparsed")) == ({"a": 1}, {"a": 0})
    assert "1 judgment failed: the request was not answered, left out of the means" in results.tables[0].foot


def test_judgments_of_truncated_answers_are_counted(bench: Bench) -> None:
    judged(bench, [ours(grade(1, "a", 5), truncated_answer=True), ours(grade(2, "a", 5))])
    assert column(collect(bench, Query()), "truncated") == {"a": 1}


def test_120_of_160_unparsed_is_said_loudly_with_what_the_mean_rests_on(tmp_path: Path) -> None:
    lines = [grade(number, "m", -1 if number < 120 else 7) for number in range(160)]
    path = write_lines(tmp_path / "j.jsonl", [*lines, *(grade(number, "fine", 5) for number in range(160))])
    table = collect_file(path, Query(), None).tables[0]
    assert table.warnings == [
        "m: 120 of 160 judgments have no verdict (120 unparsed); its mean score rests on 40 judgments"
    ]
    assert "120 judgments unparsed: no verdict was found, left out of the means" in table.foot


def test_failed_judgments_are_said_as_loudly_as_unparsed_ones(bench: Bench, tmp_path: Path) -> None:
    lines = [grade(number, "m", -1 if number < 120 else 7) for number in range(160)]
    lines[:100] = [line | {"judgment": "$ERROR$"} for line in lines[:100]]
    path = write_lines(tmp_path / "j.jsonl", lines)
    (table,) = collect_file(path, Query(), None).tables
    assert table.warnings == [
        "m: 120 of 160 judgments have no verdict (20 unparsed, 100 failed); its mean score rests on 40 judgments"
    ]
    judged(bench, [grade(1, "a", 5)])
    failed(bench, [{"question_id": 1, "turn": 2, "models": ["a"], "prompt": "single-v1", "repeat": 0}])
    assert collect(bench, Query()).tables[0].warnings == [
        "a: 1 of 2 judgments has no verdict (1 failed); its mean score rests on 1 judgment"
    ]


def test_a_model_with_no_verdict_at_all_has_no_mean(bench: Bench) -> None:
    judged(bench, [grade(1, "a", -1)])
    (table,) = collect(bench, Query()).tables[:1]
    assert table.warnings == ["a: 1 of 1 judgment has no verdict (1 unparsed); it has no mean score"]
    assert named(table)["a"]["average"] is None


def test_few_unparsed_judgments_are_no_alarm(bench: Bench) -> None:
    judged(bench, [grade(number, "a", -1 if number == 0 else 5) for number in range(20)])
    assert collect(bench, Query()).tables[0].warnings == []


def test_the_foot_says_what_was_superseded_and_what_is_there_twice(bench: Bench) -> None:
    judged(bench, [ours(grade(1, "a", 2)), ours(grade(1, "a", 4)), grade(2, "a", 1), grade(2, "a", 1)])
    fastchat, mine = (table for table in collect(bench, Query()).tables if table.kind == "scores")
    assert "1 line on work that an earlier line has judged: each counts, as in FastChat" in fastchat.foot
    assert "1 line superseded by a newer judgment of the same work" in mine.foot


def test_an_answer_judged_with_two_prompts_of_a_set_is_pointed_out(bench: Bench) -> None:
    judged(bench, [grade(2, "a", 2), grade(2, "a", 4, judge=["gpt-4", "single-math-v1"])])
    foot = collect(bench, Query()).tables[0].foot
    prompts = "single-math-v1, single-v1"
    assert f"1 answer judged with several prompts of the set ({prompts}): each judgment counts" in foot


def test_a_prompt_that_was_edited_between_judgments_is_pointed_out(bench: Bench) -> None:
    lines = [ours(grade(1, model, 5), prompt="mine/single") for model in "abc"]
    judged(bench, [line | {"prompt_hash": name} for line, name in zip(lines, ("x", "x", None), strict=True)])
    assert not [line for line in collect(bench, Query()).tables[0].foot if "reworded" in line]
    other = ours(grade(1, "a", 5, turn=2), prompt="mine/single-turns", prompt_hash="z")
    judged(bench, [*(line | {"prompt_hash": line["model"]} for line in lines[:2]), lines[2], other])
    foot = collect(bench, Query()).tables[0].foot
    wordings = "mine/single: 2 wordings"
    assert f"prompts reworded in between ({wordings}): figures under different wordings do not compare" in foot


def test_references_of_several_sources_are_said(bench: Bench) -> None:
    sources = ["question file", "gpt-4", "question file", "none", None]
    lines = [ours(grade(number, "a", 5), reference=source) for number, source in enumerate(sources)]
    judged(bench, lines)
    assert "references: question file 2, gpt-4 1, none 1" in collect(bench, Query()).tables[0].foot
    judged(bench, [lines[0], lines[2], lines[4]])
    assert not [line for line in collect(bench, Query()).tables[0].foot if line.startswith("references")]


def test_judgments_of_questions_that_left_the_bench_count_in_the_means_and_are_pointed_out(bench: Bench) -> None:
    judged(bench, [grade(1, "a", 4), grade(99, "a", 6)])
    results = collect(bench, Query())
    assert column(results, "average") == {"a": 5.0}
    foot = results.tables[0].foot
    assert "1 judgment of questions that are not in the bench: in the figures, in no category" in foot


def test_categories_stand_in_the_order_of_the_questions(bench: Bench) -> None:
    judged(bench, [*every_turn("a", "123456"), *every_turn("b", "9999"), grade(3, "c", -1)])
    table = collect(bench, Query()).tables[1]
    assert (table.kind, [each.key for each in table.columns]) == ("categories", ["model", "writing", "math", "stem"])
    assert [tuple(map(_figure, row)) for row in table.rows] == [
        ("b", 9.0, 9.0, None),
        ("a", 1.5, 3.5, 5.5),
        ("c", None, None, None),
    ]


def test_a_chosen_category_leaves_only_its_questions(bench: Bench) -> None:
    judged(bench, [*every_turn("a", "123456"), grade(99, "a", 10)])
    failed(bench, [{"question_id": 1, "turn": 1, "models": ["a"]}])
    results = collect(bench, Query(categories=["math", "stem"]))
    assert (column(results, "average"), column(results, "n")) == ({"a": 4.5}, {"a": 4})
    assert (column(results, "missing"), column(results, "failed")) == ({"a": 0}, {"a": 0})
    assert [each.key for each in results.tables[1].columns] == ["model", "math", "stem"]


def test_a_single_category_needs_no_table_of_categories(bench: Bench) -> None:
    judged(bench, every_turn("a", "123456"))
    assert [table.kind for table in collect(bench, Query(categories=["math"])).tables] == ["scores"]


def test_a_run_of_some_questions_is_not_missing_the_others(bench: Bench) -> None:
    judged(bench, every_turn("a", "123456"))
    chosen = load_questions(bench.source / "question.jsonl")[:1]
    results = collect(bench, Query(questions=chosen))
    assert (column(results, "n"), column(results, "missing")) == ({"a": 2}, {"a": 0})


def test_chosen_models_leave_out_the_others_and_may_have_their_provider_before_them(bench: Bench) -> None:
    judged(bench, [grade(1, "org/a", 4), grade(1, "b", 6), grade(1, "tiny", 2), grade(1, "c", 1)])
    answered(bench, "not-asked-for")
    results = collect(bench, Query(models=["org/a", "openai/b", "local/models/tiny.gguf"]))
    assert list(column(results, "n")) == ["b", "org/a", "tiny"]


# judges and prompts


def test_each_judge_and_prompt_set_has_its_table_and_judges_of_one_set_a_panel(bench: Bench) -> None:
    judged(bench, [ours(line) for line in every_turn("a", "222222")])
    other = [ours(line, judge="claude") for line in every_turn("a", "6666")] + [ours(grade(3, "a", -1), judge="claude")]
    judged(bench, [*other, ours(grade(1, "a", 9), judge="claude", prompt="cot/single")], judge="claude")
    tables = [table for table in collect(bench, Query()).tables if table.kind == "scores"]
    assert [(table.judges, table.prompt_set) for table in tables] == [
        (("claude",), "cot"),
        (("claude",), "default"),
        (("gpt-4",), "default"),
        (("claude", "gpt-4"), "default"),
    ]
    assert named(tables[-1])["a"] == {
        "model": "a", "turn_1": 4.0, "turn_2": 4.0, "average": 4.0, "n": 4, "left_out": 2,
    }  # fmt: skip
    assert tables[-1].foot == [
        "each answer's score is the mean of the judges' scores",
        "2 of 6 left out: not every judge gave a verdict on them",
        "±, (a to b): 95 % intervals, clustered by question",
    ]


def test_a_panel_that_judged_everything_leaves_nothing_out(bench: Bench) -> None:
    for judge, scores in (("x", "123456"), ("y", "345678")):
        judged(bench, [ours(line, judge=judge) for line in every_turn("a", scores)], judge=judge)
    results = collect(bench, Query())
    kinds = ["scores", "categories"]
    assert [table.kind for table in results.tables] == [*kinds, *kinds, "scores", "judges", "categories", "variance"]
    assert column(results, "writing", table=6) == {"a": 2.5}
    assert not any("left out" in line for line in results.tables[4].foot)


def test_a_chosen_judge_is_the_only_one(bench: Bench) -> None:
    for judge in ("x", "org/y"):
        judged(bench, [ours(grade(1, "a", 5), judge=judge)], judge=judge)
    results = collect(bench, Query(judges=["org/y"]))
    assert {table.judges for table in results.tables} == {("org/y",)}
    assert results.sources == (str(bench.judgments("org/y", "single")),)


def test_interrupted_judgments_are_missing_and_not_failed(bench: Bench) -> None:
    judged(bench, every_turn("a", "55555"))
    key = {"question_id": 3, "turn": 2, "models": ["a"], "prompt": "single-v1", "repeat": 0}
    write_lines(
        bench.judgments("gpt-4", "single").with_name("gpt-4_single.failures.jsonl"),
        [{"key": key, "reason": "interrupted", "message": "", "tstamp": 1.0}],
    )
    results = collect(bench, Query())
    assert (column(results, "failed"), column(results, "missing")) == ({"a": 0}, {"a": 1})


def test_failed_answers_are_noted_if_they_are_still_not_there(bench: Bench) -> None:
    judged(bench, [grade(1, "a", 5)])
    answers = bench.answers("a")
    write_lines(answers, [{"question_id": 1, "choices": [{"turns": ["x", "y"]}]}])
    reasons = {1: "timeout", 2: "interrupted", 3: "timeout"}
    failures = [
        {"key": {"question_id": number}, "reason": reason, "message": "", "tstamp": 1.0}
        for number, reason in reasons.items()
    ]
    write_lines(answers.with_name("a.failures.jsonl"), failures)
    assert collect(bench, Query()).notes == ["a: 1 answer failed (timeout 1); `mtbench gen-answers` asks again"]
    write_lines(answers.with_name("a.failures.jsonl"), failures[:2])
    assert collect(bench, Query()).notes == []


def test_a_judge_whose_every_request_failed_is_noted(bench: Bench) -> None:
    judged(bench, [grade(1, "a", 5)])
    judged(bench, [], judge="down")
    failed(bench, [{"question_id": 1}, {"question_id": 2}], judge="down")
    notes = collect(bench, Query()).notes
    assert notes == ["down_single.jsonl: no judgments; all 2 requests failed: run `mtbench judge` again"]


# pairwise


def test_a_tie_is_a_tie_in_either_game_or_two_different_winners(bench: Bench) -> None:
    winners = ["11", "22", "22", "12", "10", "01", "00", "1e", "ee"]
    lines = [pair(number, "a b", each) for number, each in enumerate(winners)]
    lines[-1] |= {"g1_judgment": "$ERROR$"}
    judged(bench, lines, kind="pair")
    (table, *_) = collect(bench, Query()).tables
    assert named(table)["b"] == {
        "model": "b", "win": 2, "loss": 1, "tie": 4, "win_rate": 2 / 7, "loss_rate": 1 / 7, "win_rate_adjusted": 4 / 7,
        "n": 7, "missing": 3, "failed": 1, "unparsed": 1, "truncated": 0,
    }  # fmt: skip
    assert list(named(table)) == ["b", "a"]
    assert "orders: same verdict in both 4 times, different 3 times (a tie)" in table.foot
    assert "1 judgment unparsed: no verdict was found, left out of the win rates" in table.foot


def test_judgments_of_one_order_count_and_are_said(bench: Bench) -> None:
    judged(bench, [ours(pair(1, "a b", "11"), one_order="g1"), ours(pair(2, "a b", "00"), one_order="g2")], kind="pair")
    table = collect(bench, Query()).tables[0]
    assert [named(table)["a"][key] for key in ("win", "tie")] == [1, 1]
    assert "2 judgments played in one order only" in table.foot
    assert not [line for line in table.foot if line.startswith("orders:")]


def test_all_pairs_are_expected_of_pairwise_all_whichever_way_they_are_stored(bench: Bench) -> None:
    lines = [pair(question, "b a" if question == 2 else "a b", "11", turn) for question, turn in TURNS]
    judged(bench, [*lines, pair(1, "a c", "22")], kind="pair")
    assert column(collect(bench, Query()), "missing") == {"c": 11, "a": 5, "b": 6}


def test_against_a_baseline_only_its_games_count_and_it_has_no_row(bench: Bench) -> None:
    lines = [pair(1, "a base", "11"), pair(2, "base a", "11"), pair(1, "base b", "11"), pair(3, "a b", "11")]
    judged(bench, lines, kind="pair")
    answered(bench, "base", "late")
    results = collect(bench, Query(mode=Mode.PAIRWISE_BASELINE, baseline="base"))
    assert results.tables[0].title == "tiny: win rates against base, judge gpt-4, prompts FastChat"
    assert column(results, "n") == {"a": 2, "b": 1, "late": 0}
    assert column(results, "win_rate_adjusted") == {"a": 0.5, "b": 0.0, "late": None}
    assert column(results, "missing") == {"a": 4, "b": 5, "late": 6}


def test_the_baseline_is_gpt_3_5_turbo_where_it_played(bench: Bench) -> None:
    judged(bench, [pair(1, "a gpt-3.5-turbo", "11")], kind="pair")
    assert list(column(collect(bench, Query(mode=Mode.PAIRWISE_BASELINE)), "n")) == ["a"]


def test_a_baseline_must_be_named_where_gpt_3_5_turbo_did_not_play(bench: Bench) -> None:
    judged(bench, [pair(1, "a b", "11")], kind="pair")
    with pytest.raises(MtbenchError, match="needs --baseline; the models of these judgments are a, b"):
        collect(bench, Query(mode=Mode.PAIRWISE_BASELINE))
    with pytest.raises(MtbenchError, match="--baseline c: not in these judgments; there is a, b"):
        collect(bench, Query(mode=Mode.PAIRWISE_BASELINE, baseline="c"))


def test_chosen_models_play_each_other_and_the_baseline(bench: Bench) -> None:
    lines = [pair(1, "a b", "11"), pair(1, "a c", "11"), pair(1, "c base", "11"), pair(1, "b base", "22")]
    judged(bench, lines, kind="pair")
    both = collect(bench, Query(models=["a", "b"]))
    assert column(both, "n") == {"a": 1, "b": 1}
    with_baseline = collect(bench, Query(models=["a", "b"], baseline="base"))
    assert column(with_baseline, "n") == {"a": 1, "base": 1, "b": 2}
    against = collect(bench, Query(mode=Mode.PAIRWISE_BASELINE, models=["b"], baseline="base"))
    assert column(against, "n") == {"b": 1}


def test_one_chosen_model_shows_the_games_that_it_takes_part_in_and_only_its_row(bench: Bench) -> None:
    lines = [pair(1, "a b", "11"), pair(1, "c a", "11"), pair(1, "b c", "ee")]
    judged(bench, lines, kind="pair")
    judged(bench, [line | {"judge": ["claude", "pair-v2"]} for line in lines], judge="claude", kind="pair")
    answered(bench, "a", "b", "c", "late")
    results = collect(bench, Query(mode=Mode.PAIRWISE_ALL, models=["a"]))
    scores = [number for number, table in enumerate(results.tables) if table.kind == "win_rates"]
    assert [column(results, "n", number) for number in scores] == [{"a": 2}] * 3
    assert column(results, "win_rate_adjusted") == {"a": 0.5}
    assert column(results, "missing") == {"a": 16}
    assert column(results, "unparsed") == {"a": 0}
    assert [row[0] for row in results.tables[1].rows] == ["a"]


def test_truncated_answers_are_counted_for_the_model_that_gave_them(bench: Bench) -> None:
    judged(bench, [ours(pair(1, "a b", "11"), truncated_answers=["b"])], kind="pair")
    assert column(collect(bench, Query()), "truncated") == {"a": 0, "b": 1}


def test_a_category_of_pairs_has_the_adjusted_win_rate(bench: Bench) -> None:
    judged(bench, [pair(1, "a b", "11"), pair(2, "a b", "12")], kind="pair")
    table = collect(bench, Query()).tables[1]
    assert [tuple(map(_figure, row)) for row in table.rows] == [("a", 1.0, 0.5, None), ("b", 0.0, 0.5, None)]


def test_a_panel_of_pairs_goes_by_majority_of_conservative_verdicts_even_when_mirrored(bench: Bench) -> None:
    said = {
        "x": [pair(1, "a b", "11"), pair(2, "a b", "11"), pair(3, "a b", "11")],
        "y": [pair(1, "b a", "22"), pair(2, "b a", "11"), pair(3, "a b", "1e")],
        "z": [pair(1, "a b", "12"), pair(2, "a b", "12"), pair(3, "a b", "11")],
    }
    for judge, lines in said.items():
        judged(bench, [ours(line, judge=judge, prompt="default/pair") for line in lines], judge=judge, kind="pair")
    table = next(table for table in collect(bench, Query()).tables if len(table.judges) == 3)
    assert [(row[0], *row[1:4], *row[-2:]) for row in table.rows] == [("a", 1, 0, 1, 2, 1), ("b", 0, 1, 1, 2, 1)]
    assert "1 of 3 left out: not every judge gave a verdict on them" in table.foot


# what cannot be done


def test_no_judgments_says_which_commands_make_them_and_which_judges_there_are(bench: Bench) -> None:
    with pytest.raises(
        MtbenchError, match=r"`mtbench judge --bench tiny --mode single` .* `mtbench run` .*there: none"
    ):
        collect(bench, Query())
    judged(bench, [grade(1, "a", 5)], judge="org/j")
    with pytest.raises(MtbenchError, match=r"--mode pairwise-all .* Judges there: org/j \(single\)"):
        collect(bench, Query(mode=Mode.PAIRWISE_ALL))


def test_only_failures_are_no_judgments(bench: Bench) -> None:
    judged(bench, [])
    failed(bench, [{"question_id": 1}])
    judged(bench, [], judge="claude", kind="pair")
    with pytest.raises(MtbenchError, match=r"only 1 failed requests.*gpt-4 \(single\), claude \(pairwise\)"):
        collect(bench, Query(mode=Mode.SINGLE))


@pytest.mark.parametrize(
    ("query", "message"),
    [
        (Query(judges=["x"]), "--judge x: not in .* there is gpt-4"),
        (Query(models=["x"]), "--model x: not here; there is a, b"),
        (Query(categories=["cooking"]), "no category cooking here; there are writing, math, stem"),
        (Query(categories=["stem"]), "these options leave no judgment"),
    ],
)
def test_what_is_not_there_is_an_error_that_lists_what_is(bench: Bench, query: Query, message: str) -> None:
    judged(bench, [grade(1, "a", 5), grade(1, "b", 5)])
    with pytest.raises(MtbenchError, match=message):
        collect(bench, query)


def test_pairs_are_shown_where_the_grades_are_empty(bench: Bench) -> None:
    judged(bench, [])
    judged(bench, [pair(1, "a b", "11")], kind="pair")
    assert collect(bench, Query()).mode is Mode.PAIRWISE_ALL


# any file


def test_a_file_of_unknown_questions_has_no_categories_and_no_missing_and_says_so(bench: Bench, tmp_path: Path) -> None:
    path = write_lines(tmp_path / "some.jsonl", [grade(1, "a", 5), grade(77, "a", 6)])
    results = collect_file(path, Query(), bench)
    assert (results.bench, [table.kind for table in results.tables]) == (None, ["scores"])
    assert column(results, "missing") == {"a": None}
    assert "missing judgments are not counted: the questions are not known" in results.tables[0].foot
    (note,) = results.notes
    assert note.startswith(f"no categories: bench tiny does not have all questions of {path}")
    with pytest.raises(MtbenchError, match="no categories: bench tiny"):
        collect_file(path, Query(categories=["math"]), bench)


def test_a_file_that_a_bench_covers_has_its_categories(bench: Bench, tmp_path: Path) -> None:
    path = write_lines(tmp_path / "some.jsonl", [*every_turn("a", "123456"), grade(1, "b", 3)])
    results = collect_file(path, Query(categories=["writing", "math"]), bench)
    assert (results.bench, results.notes) == ("tiny", [])
    assert column(results, "writing", table=1) == {"b": 3.0, "a": 1.5}
    assert column(results, "missing") == {"a": 0, "b": 3}


def test_a_file_of_several_judges_can_be_asked_for_one(tmp_path: Path) -> None:
    lines = [ours(grade(1, "a", 5), judge="x"), ours(grade(1, "a", 7), judge="y")]
    path = write_lines(tmp_path / "some.jsonl", lines)
    assert [len(table.judges) for table in collect_file(path, Query(), None).tables] == [1, 1, 2, 2]
    (table,) = collect_file(path, Query(judges=["y"]), None).tables
    assert named(table)["a"]["average"] == 7.0
    with pytest.raises(MtbenchError, match=r"--judge z: not in .*some.jsonl; there is x, y"):
        collect_file(path, Query(judges=["z"]), None)


def test_the_kind_of_a_file_is_read_from_its_fields(tmp_path: Path) -> None:
    grades = write_lines(tmp_path / "x.jsonl", [grade(1, "a", 5)])
    pairs = write_lines(tmp_path / "y.jsonl", [pair(1, "a b", "11")])
    assert [collect_file(path, Query(), None).mode for path in (grades, pairs)] == [Mode.SINGLE, Mode.PAIRWISE_ALL]
    with pytest.raises(MtbenchError, match="holds single grades: use --mode single"):
        collect_file(grades, Query(mode=Mode.PAIRWISE_ALL), None)
    with pytest.raises(MtbenchError, match="holds pair judgments: use --mode pairwise-all or pairwise-baseline"):
        collect_file(pairs, Query(mode=Mode.SINGLE), None)


def test_a_file_that_is_not_there_or_empty_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(MtbenchError, match="there is no such file"):
        collect_file(tmp_path / "none.jsonl", Query(), None)
    with pytest.raises(MtbenchError, match="has no judgments"):
        collect_file(write_lines(tmp_path / "empty.jsonl", []), Query(), None)


# the real files: FastChat's figures, as pandas gives them


@needs_shared
def test_the_released_grades_have_fastchat_s_figures_to_the_last_digit() -> None:
    results = collect_file(SHARED / "judged/model_judgment/gpt-4_single.jsonl", Query(), None)
    medusa = "medusa-vicuna-7b-v1.3-1-temperature-0.0-posterior_threshold-0.09-posterior_alpha-0.3"
    table = results.tables[0]
    assert [tuple(map(_figure, row[:4])) for row in table.rows] == [
        ("vicuna-7b-v1.3", 6.73125, 5.475, 6.103125),
        (medusa, 6.79375, 5.18125, 5.9875),
        ("vicuna-7b-v1.3-greedy", 6.51875, 5.2375, 5.878125),
    ]
    assert set(column(results, "n").values()) == {160}
    assert table.warnings == []


@needs_shared
def test_the_released_pairs_have_fastchat_s_figures_to_the_last_digit() -> None:
    results = collect_file(SHARED / "judged/model_judgment/gpt-4_pair.jsonl", Query(), find_bench("mt_bench", SHARED))
    table = results.tables[0]
    assert [tuple(map(_figure, row[:7])) for row in table.rows] == [
        ("phi-3-dpo", 20, 18, 35, 0.273972602739726, 0.2465753424657534, 0.5136986301369864),
        ("phi-3", 18, 20, 35, 0.2465753424657534, 0.273972602739726, 0.4863013698630137),
    ]
    assert set(column(results, "n").values()) == {73}
    assert column(results, "failed") == {"phi-3-dpo": 2, "phi-3": 2}
    assert column(results, "missing") == {"phi-3-dpo": 85, "phi-3": 85}
    assert "orders: same verdict in both 46 times, different 27 times (a tie)" in table.foot


@needs_shared
def test_the_categories_of_the_released_grades_weigh_up_to_the_mean() -> None:
    bench = find_bench("mt_bench", SHARED)
    results = collect_file(SHARED / "judged/model_judgment/gpt-4_single.jsonl", Query(), bench)
    (_, *categories), *_ = results.tables[1].rows
    assert [each.key for each in results.tables[1].columns[1:]] == [
        "writing", "roleplay", "reasoning", "math", "coding", "extraction", "stem", "humanities",
    ]  # fmt: skip
    assert sum(float(str(_figure(mean))) for mean in categories) / 8 == pytest.approx(6.103125)
