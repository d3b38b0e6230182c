"""`mtbench check`: the gate, as a CI job meets it."""

import subprocess
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import orjson
import pytest

from mtbench.records import Json
from tests.reports.lines import pair
from tests.support.benches import read_lines, write_lines
from tests.support.cli import command, environment, mtbench
from tests.support.judged import Score, answered, graded, made_by, make_judged

PAIR = ("check", "--bench", "tiny", "--model", "new", "--baseline", "old")


def wave(level: float, size: float = 1.0, of: int = 1) -> Score:
    """Scores around a level that go up and down by question."""
    return lambda question, turn: level + size * ((question // of) % 3 - 1) + 0.25 * (turn - 1)


@pytest.mark.parametrize(
    ("new", "code", "last"),
    [(wave(7.5), 0, "pass"), (wave(5.0), 1, "fail")],
    ids=["better", "worse"],
)
def test_a_clear_case_is_decided(tmp_path: Path, new: Score, code: int, last: str) -> None:
    make_judged(tmp_path, {"new": new, "old": wave(6.0, of=2)})
    done = mtbench(tmp_path, *PAIR)
    assert (done.returncode, done.stderr) == (code, "")
    assert done.stdout.splitlines()[-1] == last
    assert "difference at least -0.2" in done.stdout


def test_too_little_evidence_is_its_own_outcome_and_says_what_it_takes(tmp_path: Path) -> None:
    make_judged(tmp_path, {"new": wave(6.0), "old": wave(6.0, of=2)})
    done = mtbench(tmp_path, *PAIR)
    assert done.returncode == 1
    assert "OPEN" in done.stdout
    assert "40 questions do not decide" in done.stdout
    assert "which counts as a fail here (--inconclusive)" in done.stdout
    assert mtbench(tmp_path, *PAIR, "--inconclusive", "pass").returncode == 0


def test_rules_by_score_and_category_each_have_their_line(tmp_path: Path) -> None:
    make_judged(tmp_path, {"new": wave(7.0), "old": wave(7.0)})
    rules = ("--min-score", "6", "--category", "math:6", "--category", "writing:9.5")
    done = mtbench(tmp_path, *PAIR, *rules, "--format", "json")
    document = orjson.loads(done.stdout)
    assert [(each["category"], each["outcome"]) for each in document["rules"]] == [
        (None, "pass"),
        ("math", "pass"),
        ("writing", "fail"),
    ]
    assert (done.returncode, document["exit_code"]) == (1, 1)
    assert [each["estimate"]["questions"] for each in document["rules"]] == [40, 20, 20]


def test_rules_may_stand_in_the_settings_file(tmp_path: Path) -> None:
    make_judged(tmp_path, {"new": wave(7.0), "old": wave(7.0)})
    (tmp_path / "mtbench.yaml").write_text(
        "bench: tiny\ncheck:\n  model: new\n  min-score: 6\n  category: ['math:6', 'writing:6']\n"
    )
    done = mtbench(tmp_path, "check")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("PASS") == 3


def test_reports_are_written_by_their_endings_and_added_to_the_summary(tmp_path: Path) -> None:
    make_judged(tmp_path, {"new": wave(7.5), "old": wave(6.0)})
    (tmp_path / "summary.md").write_text("before\n")
    outputs = [part for name in ("out/gate.xml", "gate.json", "gate.md", "gate.metrics") for part in ("--output", name)]
    done = mtbench(tmp_path, *PAIR, *outputs, env={"GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md")})
    assert done.returncode == 0, done.stderr
    assert ElementTree.parse(tmp_path / "out/gate.xml").find("testsuite/testcase") is not None
    assert orjson.loads((tmp_path / "gate.json").read_bytes())["outcome"] == "pass"
    assert (tmp_path / "gate.metrics").read_text().endswith("# EOF\n")
    assert (tmp_path / "summary.md").read_text() == "before\n" + (tmp_path / "gate.md").read_text() + "\n"


def test_a_report_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    make_judged(tmp_path, {"new": wave(7.5), "old": wave(6.0)})
    (tmp_path / "taken").write_text("")
    summary = str(tmp_path / "taken" / "x")
    for more, env, said in (
        (["--output", "taken/gate.md"], {}, "cannot write taken/gate.md: File exists; name another file"),
        ([], {"GITHUB_STEP_SUMMARY": summary}, f"cannot write {summary}, which GITHUB_STEP_SUMMARY names: Not a dir"),
    ):
        done = mtbench(tmp_path, *PAIR, *more, env=env)
        assert done.returncode == 2
        assert said in done.stderr


def rewrite(path: Path, model: str, **more: object) -> None:
    lines = read_lines(path)
    write_lines(path, [line | (more if line["model"] == model else {}) for line in lines])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"made_by": {"model": "openai/other", "params": {"temperature": 0.0}}}, "judge: openai/judge"),
        ({"prompt_hash": "def"}, "wording of the judge's prompt: def for the new model, abc for the baseline"),
        (
            {"made_by": {"model": "openai/judge", "params": {"temperature": 0.7}}},
            "judge's temperature: 0.7 for the new",
        ),
        ({"verdict_rule": "first"}, "which verdict of a reply counts: first for the new model, last for the baseline"),
    ],
    ids=["judge", "prompt", "temperature", "rule"],
)
def test_what_was_judged_otherwise_is_refused_by_name(tmp_path: Path, change: dict[str, object], said: str) -> None:
    bench = make_judged(tmp_path, {"new": wave(7.5), "old": wave(6.0)})
    changed = "old" if "openai/judge" in said else "new"
    rewrite(bench / "model_judgment" / "judge_single.jsonl", changed, **change)
    done = mtbench(tmp_path, *PAIR)
    assert done.returncode == 2
    assert "new and old do not compare: " in done.stderr
    assert said in done.stderr
    anyway = mtbench(tmp_path, *PAIR, "--anyway")
    assert anyway.returncode == 0
    assert f"note: new and old do not compare: {said}" in anyway.stdout


def test_answers_at_another_temperature_are_refused(tmp_path: Path) -> None:
    bench = make_judged(tmp_path, {"new": wave(7.5), "old": wave(6.0)})
    write_lines(bench / "model_answer" / "new.jsonl", [answered(each, "new", temperature=0.0) for each in range(40)])
    done = mtbench(tmp_path, *PAIR)
    assert done.returncode == 2
    assert "answers' temperature: 0.0 for the new model, 0.7 for the baseline" in done.stderr


def test_other_questions_are_refused_and_compared_where_both_have_them(tmp_path: Path) -> None:
    bench = make_judged(tmp_path, {"new": wave(7.5), "old": wave(6.0)})
    path = bench / "model_judgment" / "judge_single.jsonl"
    write_lines(path, [each for each in read_lines(path) if each["model"] == "old" or each["question_id"] < 30])
    done = mtbench(tmp_path, *PAIR)
    assert done.returncode == 2
    assert "questions: none only for the new model, 20 turns (30 (turn 1), 30 (turn 2), 31 (turn 1), …)" in done.stderr
    anyway = mtbench(tmp_path, *PAIR, "--anyway", "--format", "json")
    assert orjson.loads(anyway.stdout)["rules"][0]["estimate"]["questions"] == 30
    assert "30 of the 40 questions of tiny have a verdict" in anyway.stdout


def test_failed_requests_make_it_incomplete(tmp_path: Path) -> None:
    bench = make_judged(tmp_path, {"new": wave(7.5), "old": wave(6.0)})
    path = bench / "model_judgment" / "judge_single.jsonl"
    write_lines(path, [each for each in read_lines(path) if (each["model"], each["question_id"]) != ("new", 3)])
    failure = {"key": {"question_id": 3, "turn": 1, "models": ["new"], "repeat": 0}, "reason": "timeout", "tstamp": 2.0}
    write_lines(path.with_name("judge_single.failures.jsonl"), [failure | {"error": "no reply"}])
    done = mtbench(tmp_path, *PAIR)
    assert done.returncode == 3
    assert "run `mtbench judge` again" in done.stderr


def test_of_several_judges_one_is_to_be_named_or_a_panel(tmp_path: Path) -> None:
    make_judged(tmp_path, {"new": wave(7.5), "old": wave(6.0)})
    make_judged(tmp_path, {"new": wave(5.5), "old": wave(6.0)}, judge="grim")
    done = mtbench(tmp_path, *PAIR)
    assert done.returncode == 2
    assert "several judges judged here (grim, judge): say which with --judge" in done.stderr
    assert mtbench(tmp_path, *PAIR, "--judge", "judge").returncode == 0
    panel = mtbench(tmp_path, *PAIR, "--judge", "judge", "--judge", "grim", "--format", "json")
    document = orjson.loads(panel.stdout)
    assert sorted(document["judges"]) == ["grim", "judge"]
    assert document["rules"][0]["estimate"]["value"] == pytest.approx(0.5)


def test_repeats_of_a_question_are_one_question(tmp_path: Path) -> None:
    bench = make_judged(tmp_path, {"new": wave(7.5), "old": wave(6.0)})
    path = bench / "model_judgment" / "judge_single.jsonl"
    again = [graded(each, "new", 7.0, turn, repeat=1) for each in range(40) for turn in (1, 2)]
    write_lines(path, [*read_lines(path), *again])
    done = mtbench(tmp_path, *PAIR, "--min-score", "1", "--format", "json")
    estimate = orjson.loads(done.stdout)["rules"][0]["estimate"]
    assert (estimate["n"], estimate["questions"]) == (160, 40)


def test_comparisons_with_the_baseline_decide_by_the_share_won(tmp_path: Path) -> None:
    bench = make_judged(tmp_path, {"new": wave(7.5), "old": wave(6.0)})
    game = {"judge": ["judge", "default/pair"], "turn": 1, "tstamp": 1.0, "g1_judgment": "", "g2_judgment": ""}
    won = {"model_1": "old", "model_2": "new", "g1_winner": "model_2", "g2_winner": "model_2"}
    tied = won | {"g2_winner": "tie"}
    games = [game | {"question_id": each} | (won if each % 4 else tied) for each in range(40)]
    write_lines(bench / "model_judgment" / "judge_pair.jsonl", games)
    pairwise = (*PAIR, "--mode", "pairwise-baseline")
    done = mtbench(tmp_path, *pairwise, "--min-win-rate", "0.6", "--format", "json")
    rule = orjson.loads(done.stdout)["rules"][0]
    assert (done.returncode, rule["estimate"]["value"], rule["figure"]) == (0, 0.875, "win_rate")
    assert mtbench(tmp_path, *pairwise, "--min-win-rate", "0.95").returncode == 1


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--model", "new"], "what has it to reach? Give --min-score"),
        (["--model", "new", "--max-drop", "1"], "compared with what? Give --baseline"),
        (["--model", "new", "--min-win-rate", "0.5"], "give --mode pairwise-baseline with it"),
        (["--model", "new", "--mode", "pairwise-baseline", "--baseline", "old"], "Give --min-win-rate"),
        (["--model", "new", "--mode", "pairwise-baseline", "--min-score", "1"], "--min-score are about grades"),
        (["--model", "new", "--category", "math"], "give the category and its bar, such as coding:6.5"),
        (["--model", "new", "--category", "cooking:5"], "tiny has no such category; it has math, writing"),
        (["--model", "gnu", "--min-score", "5"], "model gnu: not judged here; there is new, old"),
        (["--model", "new", "--baseline", "gnu"], "model gnu: not judged here"),
        (["--model", "new", "--min-score", "5", "--judge", "zeus"], "--judge zeus: not in"),
        (["--model", "new", "--min-score", "5", "--judge-prompts", "cot"], "no judgments of new with prompts cot"),
        (["--model", "new", "--min-score", "5", "--output", "gate.pdf"], "what format is that?"),
        (["--model", "new", "--min-score", "nan"], "score at least nan: nothing reaches or misses that"),
        (["--model", "new", "--category", "math:inf"], "math: score at least inf: nothing reaches or misses that"),
        (["--model", "new", "--baseline", "old", "--max-drop", "inf"], "difference at least -inf: nothing reaches"),
        (["--model", "new", "--baseline", "new"], "new is compared with itself"),
    ],
)
def test_mistakes_are_said_in_a_sentence(tmp_path: Path, options: list[str], said: str) -> None:
    make_judged(tmp_path, {"new": wave(7.5), "old": wave(6.0)})
    done = mtbench(tmp_path, "check", "--bench", "tiny", *options)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_nothing_judged_is_said(tmp_path: Path) -> None:
    done = mtbench(tmp_path, "check", "--model", "new", "--min-score", "5")
    assert done.returncode == 2
    assert "no judgments in" in done.stderr


def test_a_judge_that_gives_one_grade_to_everything_is_pointed_out(tmp_path: Path) -> None:
    make_judged(tmp_path, {"new": lambda *_: 9.0, "old": lambda *_: 9.0})
    done = mtbench(tmp_path, *PAIR, "--min-score", "8")
    assert "note: score at least 8: every question gives the same figure" in done.stdout


def test_models_and_judges_go_by_their_full_names_too(tmp_path: Path) -> None:
    make_judged(tmp_path, {"new": wave(7.5), "old": wave(6.0)})
    full = ("check", "--bench", "tiny", "--model", "openai/new", "--baseline", "openai/old", "--judge", "openai/judge")
    done = mtbench(tmp_path, *full)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("tiny: new against old, judge judge,")


def test_a_judge_of_the_panel_that_has_not_judged_the_model_is_named(tmp_path: Path) -> None:
    make_judged(tmp_path, {"new": wave(7.5), "old": wave(6.0)})
    make_judged(tmp_path, {"old": wave(6.0)}, judge="grim")
    done = mtbench(tmp_path, *PAIR, "--judge", "judge", "--judge", "grim")
    assert done.returncode == 2
    assert "grim has not judged new with prompts default" in done.stderr


def test_a_baseline_judged_with_other_prompts_only_is_named(tmp_path: Path) -> None:
    bench = make_judged(tmp_path, {"new": wave(7.5), "old": wave(6.0)})
    rewrite(bench / "model_judgment" / "judge_single.jsonl", "old", judge=["judge", "cot/single"])
    done = mtbench(tmp_path, *PAIR)
    assert done.returncode == 2
    assert "judge has judged new with prompts default, and not old" in done.stderr


def test_a_reference_answer_that_only_one_was_judged_beside_is_refused(tmp_path: Path) -> None:
    bench = make_judged(tmp_path, {"new": wave(7.5), "old": wave(6.0)})
    rewrite(
        bench / "model_judgment" / "judge_single.jsonl", "old", judge=["judge", "default/single-ref"], reference="gpt-4"
    )
    done = mtbench(tmp_path, *PAIR)
    assert done.returncode == 2
    assert "judge's prompt: default/single for the new model, default/single-ref for the baseline" in done.stderr


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            {"adapted": ["temperature"]},
            "answers' temperature: what the endpoint takes, which refused ours, for the new",
        ),
        (
            {"params": {"temperature": 0.7, "max_tokens": 1024, "system_prompt": "Be brief."}},
            "answers' system prompt: Be brief. for the new model, none for the baseline",
        ),
    ],
    ids=["refused", "system prompt"],
)
def test_answers_asked_for_otherwise_are_refused(tmp_path: Path, change: Json, said: str) -> None:
    bench = make_judged(tmp_path, {"new": wave(7.5), "old": wave(6.0)})
    path = bench / "model_answer" / "new.jsonl"
    write_lines(path, [line | {"made_by": line["made_by"] | change} for line in read_lines(path)])
    done = mtbench(tmp_path, *PAIR)
    assert done.returncode == 2
    assert said in done.stderr


def test_another_endpoint_or_version_of_ours_is_no_difference(tmp_path: Path) -> None:
    bench = make_judged(tmp_path, {"new": wave(7.5), "old": wave(6.0)})
    made = made_by() | {"endpoint": "http://127.0.0.1:1/v1", "version": "9"}
    rewrite(bench / "model_judgment" / "judge_single.jsonl", "new", made_by=made)
    assert mtbench(tmp_path, *PAIR).returncode == 0


def test_no_verdict_at_all_is_a_sentence(tmp_path: Path) -> None:
    make_judged(tmp_path, {"new": lambda *_: -1.0, "old": wave(6.0)})
    done = mtbench(tmp_path, *PAIR)
    assert done.returncode == 2
    assert done.stderr == "error: no judgment of new has a verdict\n"


def test_questions_that_have_left_the_bench_are_counted_and_said(tmp_path: Path) -> None:
    bench = make_judged(tmp_path, {"new": wave(7.5), "old": wave(6.0)})
    write_lines(bench / "question.jsonl", read_lines(bench / "question.jsonl")[:30])
    assert "note: 10 questions that are not in tiny count too" in mtbench(tmp_path, *PAIR).stdout


def test_a_few_games_that_were_all_won_are_no_certainty(tmp_path: Path) -> None:
    bench = make_judged(tmp_path, {"new": wave(7.5), "old": wave(6.0)})
    write_lines(bench / "model_judgment" / "judge_pair.jsonl", [pair(each, "old new", "22") for each in range(10)])
    pairwise = (*PAIR, "--mode", "pairwise-baseline", "--format", "json", "--min-win-rate")
    rule = orjson.loads(mtbench(tmp_path, *pairwise, "0.9").stdout)["rules"][0]
    assert (rule["outcome"], rule["estimate"]["value"]) == ("inconclusive", 1)
    assert rule["estimate"]["low"] == pytest.approx(10 / (10 + 2.262157**2))  # Wilson's, with t
    assert rule["questions_needed"] > 10
    assert orjson.loads(mtbench(tmp_path, *pairwise, "0.5").stdout)["rules"][0]["outcome"] == "pass"


def test_files_are_written_before_anything_is_printed(tmp_path: Path) -> None:
    make_judged(tmp_path, {"new": wave(7.5), "old": wave(6.0)})
    with Path("/dev/full").open("w") as full:
        arguments = command(*PAIR, "--output", "gate.json")
        done = subprocess.run(arguments, cwd=tmp_path, env=environment(tmp_path), stdout=full, timeout=60, check=False)
    assert done.returncode == 2
    assert orjson.loads((tmp_path / "gate.json").read_bytes())["outcome"] == "pass"


@pytest.mark.parametrize(("few", "said"), [(-4.0, True), (4.0, False)], ids=["worse", "better"])
def test_a_pass_that_rests_on_few_questions_being_worse_is_doubted(tmp_path: Path, few: float, said: bool) -> None:
    make_judged(tmp_path, {"new": lambda q, _: 6.0 + (few if q == 7 else 0.01 * (q % 3)), "old": lambda *_: 6.0})
    done = mtbench(tmp_path, *PAIR, "--max-drop", "0.5")
    assert done.returncode == 0, done.stdout
    assert ("note: difference at least -0.5: a few questions lie far below the rest" in done.stdout) is said


def test_a_failure_that_rests_on_few_questions_being_better_is_doubted(tmp_path: Path) -> None:
    make_judged(tmp_path, {"new": lambda q, _: 5.0 + (4 if q == 7 else 0.01 * (q % 3)), "old": lambda *_: 6.0})
    done = mtbench(tmp_path, *PAIR)
    assert done.returncode == 1
    assert "a few questions lie far above the rest, for which 40 are few (about 9" in done.stdout
    assert "by chance it fails more often than alpha says" in done.stdout


def test_models_that_differ_nowhere_pass_with_a_word_on_what_is_seldom(tmp_path: Path) -> None:
    make_judged(tmp_path, {"new": wave(6.0), "old": wave(6.0)})
    done = mtbench(tmp_path, *PAIR)
    assert done.returncode == 0
    assert "note: difference at least -0.2: every question gives the same difference" in done.stdout


def test_where_repeats_show_that_more_of_them_would_decide_it_says_so(tmp_path: Path) -> None:
    bench = make_judged(tmp_path, {"new": wave(7.0, size=0.2), "old": wave(7.0, size=0.2)})
    rng = np.random.default_rng(3)
    lines = [
        graded(each, model, round(level + float(rng.normal(0, 2)), 1), turn, repeat=repeat)
        for each in range(40)
        for model, level in (("new", 7.3), ("old", 7.0))
        for turn in (1, 2)
        for repeat in (0, 1)
    ]
    write_lines(bench / "model_judgment" / "judge_single.jsonl", lines)
    done = mtbench(tmp_path, *PAIR, "--max-drop", "0", "--format", "json")
    rule = orjson.loads(done.stdout)["rules"][0]
    assert rule["outcome"] == "inconclusive"
    assert rule["repeats_needed"] > 2
    assert f"or judging each answer {rule['repeats_needed']} times" in rule["sentence"]


def test_more_repeats_are_named_for_scores_and_in_a_category_too(tmp_path: Path) -> None:
    bench = make_judged(tmp_path, {"new": wave(7.0, size=0.2), "old": wave(7.0, size=0.2)})
    rng = np.random.default_rng(3)
    lines = [
        graded(each, model, round(7.3 + float(rng.normal(0, 2)), 1), turn, repeat=repeat)
        for each in range(40)
        for model in ("new", "old")
        for turn in (1, 2)
        for repeat in (0, 1)
    ]
    write_lines(bench / "model_judgment" / "judge_single.jsonl", lines)
    done = mtbench(tmp_path, *PAIR, "--min-score", "7.08", "--category", "math:7.08", "--format", "json")
    rules = orjson.loads(done.stdout)["rules"]
    assert [rule["outcome"] for rule in rules] == ["inconclusive", "inconclusive"]
    assert any(rule["repeats_needed"] for rule in rules)


def test_a_category_that_nobody_judged_is_said(tmp_path: Path) -> None:
    bench = make_judged(tmp_path, {"new": wave(7.5), "old": wave(6.0)})
    path = bench / "model_judgment" / "judge_single.jsonl"
    write_lines(path, [each for each in read_lines(path) if each["question_id"] % 2 == 0])
    done = mtbench(tmp_path, *PAIR, "--category", "math:5")
    assert done.returncode == 2
    assert "--category math: nothing of it is judged" in done.stderr
