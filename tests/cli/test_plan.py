"""`mtbench plan`: what a difference takes."""

from pathlib import Path

import numpy as np
import pytest

from tests.support.benches import make_bench, read_lines, write_lines
from tests.support.cli import mtbench
from tests.support.judged import graded, make_judged


def rows(output: str) -> dict[tuple[str, str], list[str]]:
    """Cells by repeats and judges."""
    lines = [line.split() for line in output.splitlines()]
    start = next(number for number, line in enumerate(lines) if line[:1] == ["repeats"]) + 1
    table = lines[start : lines.index([], start)]
    return {(line[0], line[1]): line[2:] for line in table}


def drawn(questions: int, repeats: int, seed: int = 1) -> dict[tuple[str, int, int, int], float]:
    """Scores with a known spread: of questions 1.2, of repeats 0.6 a grade."""
    rng = np.random.default_rng(seed)
    ability = {model: 6 + rng.normal(0, 1.2 / np.sqrt(2), questions) for model in ("new", "old")}
    return {
        (model, each, turn, repeat): float(ability[model][each] + rng.normal(0, 0.6))
        for model in ability
        for each in range(questions)
        for turn in (1, 2)
        for repeat in range(repeats)
    }


def test_the_spread_is_learned_from_a_run(tmp_path: Path) -> None:
    scores = drawn(400, 2)
    bench = make_judged(tmp_path, {"new": lambda *_: 5.0, "old": lambda *_: 5.0}, questions=400)
    lines = [graded(each, model, score, turn, repeat=repeat) for (model, each, turn, repeat), score in scores.items()]
    write_lines(bench / "model_judgment" / "judge_single.jsonl", lines)
    done = mtbench(tmp_path, "plan", "--bench", "tiny", "--detect", "0.25")
    assert done.returncode == 0, done.stderr
    table = rows(done.stdout)
    sd_of_one, sd_of_two = (float(table[repeats, "1"][0]) for repeats in ("1", "2"))
    assert sd_of_one == pytest.approx(np.sqrt(1.2**2 + 0.6**2), rel=0.08)
    assert sd_of_two == pytest.approx(np.sqrt(1.2**2 + 0.6**2 / 2), rel=0.08)
    questions = int(table["1", "1"][1].replace(",", ""))
    assert questions == pytest.approx(7.85 * (sd_of_one / 0.25) ** 2, rel=0.03)


def test_so_many_questions_do_show_the_difference_in_four_cases_of_five(tmp_path: Path) -> None:
    make_bench(tmp_path)
    table = rows(mtbench(tmp_path, "plan", "--bench", "tiny", "--detect", "0.5", "--sd", "1.5").stdout)
    questions = int(table["1", "1"][1])
    rng = np.random.default_rng(5)
    drawn = rng.normal(0.5, 1.5, (4000, questions))
    t = drawn.mean(axis=1) / (drawn.std(axis=1, ddof=1) / np.sqrt(questions))
    assert (np.abs(t) > 1.99).mean() == pytest.approx(0.8, abs=0.02)


def test_without_a_run_stated_defaults_are_taken_and_said(tmp_path: Path) -> None:
    make_bench(tmp_path)
    done = mtbench(tmp_path, "plan", "--bench", "tiny", "--detect", "0.2")
    assert "stated defaults (docs/ci.md), for want of a run with two models" in done.stdout
    assert rows(done.stdout)["1", "1"][0] == "1.25"


def test_a_run_without_repeats_does_not_say_what_they_bring(tmp_path: Path) -> None:
    make_judged(tmp_path, {"new": lambda q, t: q % 5 + t, "old": lambda q, t: (q // 2) % 5 + t})
    done = mtbench(tmp_path, "plan", "--bench", "tiny", "--detect", "0.5")
    assert list(rows(done.stdout)) == [("1", "1")]
    assert "what repeats would bring is not known: a run with --repeat 2 shows it" in done.stdout


def test_a_judge_named_has_its_price_taken(tmp_path: Path) -> None:
    usage = {"input": 1_000_000, "output": 0}
    scores = {"new": lambda q, t: q % 5 + t, "old": lambda q, t: (q // 2) % 5 + t}
    make_judged(tmp_path, scores, usage=usage)
    (tmp_path / "models.yaml").write_text(
        "models:\n  judge: {provider: openai, model: x, price: {input: 2.0, output: 4.0}}\n"
    )
    done = mtbench(tmp_path, "plan", "--bench", "tiny", "--detect", "5", "--judge", "judge", env={"X_API_KEY": "k"})
    assert done.returncode == 0, done.stderr
    needed = int(rows(done.stdout)["1", "1"][1])
    assert f"${2.0 * needed * 2:.2f}" in done.stdout


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--detect", "0.1", "--mode", "pairwise-baseline"], "no comparisons to learn from: give --sd"),
        (["--detect", "0.1", "--model", "new", "--model", "gnu"], "no two of new, gnu were judged on the same"),
        (["--detect", "inf"], "--detect inf: give a number"),
        (["--detect", "0.1", "--sd", "inf"], "--sd inf: give a number"),
        (["--detect", "0.1", "--power", "0.01"], "Invalid value for '--power'"),
        ([], "Missing option '--detect'"),
    ],
)
def test_mistakes_are_said_in_a_sentence(tmp_path: Path, options: list[str], said: str) -> None:
    make_judged(tmp_path, {"new": lambda q, t: q % 5 + t, "old": lambda q, t: q % 3 + t})
    done = mtbench(tmp_path, "plan", "--bench", "tiny", *options)
    assert done.returncode == 2
    assert said in done.stderr


def test_prompt_sets_are_not_mixed(tmp_path: Path) -> None:
    bench = make_judged(tmp_path, {"new": lambda q, t: q % 5 + t, "old": lambda q, t: q % 3 + t})
    path = bench / "model_judgment" / "judge_single.jsonl"
    lines = read_lines(path)
    write_lines(path, [*lines, *(line | {"judge": ["judge", "cot/single"], "request_hash": None} for line in lines)])
    plan = ("plan", "--bench", "tiny", "--detect", "0.5")
    done = mtbench(tmp_path, *plan)
    assert done.returncode == 2
    assert "several prompt sets judged here (cot, default): say which with --judge-prompts" in done.stderr
    assert mtbench(tmp_path, *plan, "--judge-prompts", "cot").returncode == 0
    assert mtbench(tmp_path, *plan, "--sd", "1").returncode == 0


def test_a_judge_whose_name_has_slashes_is_found(tmp_path: Path) -> None:
    bench = make_judged(tmp_path, {"new": lambda q, t: q % 5 + t, "old": lambda q, t: q % 3 + t}, judge="judge")
    (bench / "model_judgment" / "judge_single.jsonl").rename(bench / "model_judgment" / "big%2Fjudge_single.jsonl")
    done = mtbench(tmp_path, "plan", "--bench", "tiny", "--detect", "0.5", "--judge", "openai/big/judge")
    assert "spread: judgments by judge" in done.stdout, done.stderr


def test_one_question_has_no_power(tmp_path: Path) -> None:
    make_bench(tmp_path, [{"question_id": 1, "category": "writing", "turns": ["Name a colour."]}])
    done = mtbench(tmp_path, "plan", "--bench", "tiny", "--detect", "0.5")
    assert "nan" not in done.stdout
    assert rows(done.stdout)["1", "1"][-2:] == ["-", "-"]


def test_comparisons_are_planned_by_the_share_won(tmp_path: Path) -> None:
    make_bench(tmp_path)
    done = mtbench(tmp_path, "plan", "--bench", "tiny", "--detect", "0.1", "--mode", "pairwise-baseline", "--sd", "0.4")
    assert done.stdout.startswith("tiny: to show a share won that is 0.1 off 0.5 (two-sided, alpha 0.05, power 0.8)")
