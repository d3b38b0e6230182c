"""`mtbench show-results`, as a process, in a pipe and on a terminal."""

import csv
import io
import os
import pty
import subprocess
from pathlib import Path
from typing import Literal

import orjson
import pytest

from mtbench.benches import find_bench, load_questions
from mtbench.chat.spec import ModelSpec
from mtbench.cli.show_results import print_results
from mtbench.judging.judges import JudgeSettings
from mtbench.judging.matches import Contestants
from mtbench.judging.prompt_set import PromptSet
from mtbench.runs import JudgeJob
from tests.reports.lines import grade, pair
from tests.support.benches import make_bench, write_lines
from tests.support.cli import command, environment, mtbench
from tests.support.shared import SHARED, needs_shared


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    bench = make_bench(tmp_path)
    grades = [grade(question, "ant", 6 + question, turn) for question in (1, 2, 3) for turn in (1, 2)]
    write_lines(bench / "model_judgment" / "gpt-4_single.jsonl", [*grades, grade(1, "bee", -1)])
    write_lines(bench / "model_judgment" / "gpt-4_pair.jsonl", [pair(1, "ant bee", "11"), pair(2, "ant bee", "12")])
    return tmp_path


def test_in_a_pipe_it_is_plain_text_best_first(folder: Path) -> None:
    done = mtbench(folder, "show-results", "--bench", "tiny")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (
        "tiny: scores, judge gpt-4, prompts FastChat\n"
        "model        turn 1        turn 2         average  n  missing  unparsed\n"
        "ant    8.0000 ±2.48  8.0000 ±2.48  8.000000 ±2.48  6        0         0\n"
        "bee         -             -               -        0        5         1\n"
        "WARNING: bee: 1 of 1 judgment has no verdict (1 unparsed); it has no mean score\n"
        "none failed or truncated\n"
        "±, (a to b): 95 % intervals, clustered by question\n"
        "1 judgment unparsed: no verdict was found, left out of the means\n"
        "missing: not judged so far; `mtbench judge` makes them\n"
        "\n"
        "tiny: mean score by category, judge gpt-4, prompts FastChat\n"
        "model  writing  math  stem\n"
        "ant       7.00  8.00  9.00\n"
        "bee          -     -     -\n"
    )


def test_options_choose_mode_models_and_categories(folder: Path) -> None:
    options = ["--mode", "pairwise-baseline", "--baseline", "bee", "--category", "math", "--judge", "gpt-4"]
    done = mtbench(folder, "show-results", "--bench", "tiny", *options, "--model", "ant", "--format", "json")
    (table,) = orjson.loads(done.stdout)["tables"]
    assert (table["kind"], [(row["model"], row["tie"]) for row in table["rows"]]) == ("win_rates", [("ant", 1)])


def test_csv_says_its_warnings_on_stderr(folder: Path) -> None:
    done = mtbench(folder, "show-results", "--bench", "tiny", "--format", "csv")
    assert [row["model"] for row in csv.DictReader(io.StringIO(done.stdout))] == ["ant", "bee"]
    assert done.stderr.startswith("warning: bee: 1 of 1 judgment has no verdict")


def test_an_error_is_one_sentence_and_exit_code_2(folder: Path) -> None:
    done = mtbench(folder, "show-results", "--bench", "tiny", "--judge", "claude")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: --judge claude: not in ")
    assert done.stderr.count("\n") == 1


def test_a_bad_line_is_named(folder: Path) -> None:
    path = folder / "data" / "tiny" / "model_judgment" / "gpt-4_single.jsonl"
    path.write_text("{}\n" + path.read_text())
    done = mtbench(folder, "show-results", "--bench", "tiny")
    assert done.returncode == 2
    assert "gpt-4_single.jsonl, line 1: neither a grade" in done.stderr


def test_any_file_can_be_shown_with_or_without_a_bench(folder: Path) -> None:
    path = folder / "data" / "tiny" / "model_judgment" / "gpt-4_single.jsonl"
    with_bench = mtbench(folder, "show-results", "--input", path, "--bench", "tiny")
    assert "tiny: mean score by category" in with_bench.stdout
    without = mtbench(folder, "show-results", "--input", path, "--bench", "nowhere")
    assert without.returncode == 0
    assert "note: no categories: no bench 'nowhere'" in without.stdout


def test_on_a_terminal_it_is_a_drawn_table_as_wide_as_that(folder: Path) -> None:
    ours, theirs = pty.openpty()
    env = environment(folder, {"COLUMNS": "40", "TERM": "xterm"})
    with subprocess.Popen(
        command("show-results", "--bench", "tiny"), cwd=folder, env=env, stdin=theirs, stdout=theirs, stderr=theirs
    ) as process:
        os.close(theirs)
        text = _read_all(ours)
    assert process.returncode == 0
    assert "───" in text
    assert "WARNING  bee" in text
    assert max(len(line) for line in text.splitlines() if "\x1b" not in line) <= 40


@pytest.mark.parametrize(
    ("contestants", "kind", "baseline", "title", "models"),
    [
        ([("ant",)], "single", None, "scores", {"ant"}),
        ([("ant", "bee")], "pair", None, "win rates over all pairs", {"ant", "bee"}),
        ([("ant", "bee")], "pair", "bee", "win rates against bee", {"ant"}),
    ],
)
def test_a_run_prints_its_own_models_and_questions(
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    contestants: list[Contestants],
    kind: Literal["single", "pair"],
    baseline: str | None,
    title: str,
    models: set[str],
) -> None:
    bench = find_bench("tiny", folder / "data")
    questions = load_questions(bench.source / "question.jsonl")[:1]
    print_results(bench, job(contestants, kind), baseline, questions)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"tiny: {title}, judge gpt-4, prompts FastChat"
    assert {line.split()[0] for line in lines[2 : 2 + len(models)]} == models
    assert "category" not in "".join(lines)


def test_a_run_that_judged_nothing_says_so_and_raises_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    print_results(find_bench("tiny", folder / "data"), job([("cow",)], "single"), None)
    printed = capsys.readouterr()
    assert (printed.out, printed.err) == ("", "no tables: --model cow: not here; there is ant, bee\n")


def job(contestants: list[Contestants], kind: Literal["single", "pair"]) -> JudgeJob:
    settings = JudgeSettings(PromptSet("none", (), ()))
    return JudgeJob([ModelSpec("gpt-4", "openai", "gpt-4")], contestants, kind, settings)


@needs_shared
def test_the_released_grades_of_vicuna_come_out_as_published(tmp_path: Path) -> None:
    done = mtbench(tmp_path, "show-results", "--input", SHARED / "judged/model_judgment/gpt-4_single.jsonl")
    cells = done.stdout.splitlines()[2].split()
    assert cells == ["vicuna-7b-v1.3", "6.7313", "±0.81", "5.4750", "±0.80", "6.103125", "±0.72", "a", "160"]


def _read_all(file: int) -> str:
    read = b""
    try:
        while part := os.read(file, 4096):
            read += part
    except OSError:  # how Linux says that the other end is closed
        pass
    os.close(file)
    return read.decode()
