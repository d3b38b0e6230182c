"""`mtbench compare`: two models, question by question."""

from pathlib import Path

import orjson
import pytest

from tests.reports.lines import pair
from tests.support.benches import write_lines
from tests.support.cli import mtbench
from tests.support.judged import Score, make_judged

BOTH = ("compare", "new", "old", "--bench", "tiny")


def level(value: float, low_at: int = -1) -> Score:
    return lambda question, turn: value + (question % 3 - 1) * (turn - 1.5) - (5 if question == low_at else 0)


def test_it_shows_the_difference_and_the_questions_behind_it(tmp_path: Path) -> None:
    make_judged(tmp_path, {"new": level(8, low_at=7), "old": level(7.5)})
    done = mtbench(tmp_path, *BOTH, "--top", "1")
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0] == "tiny: new less old, judge judge, prompts default"
    assert lines[2].split()[:5] == ["all", "questions", "+0.375", "+0.122", "to"]
    assert lines[2].split()[-4:-1] == ["39", "1", "0"]
    assert "question 7, math: new 3.00, old 7.50" in lines
    assert "    Question 7?" in lines
    assert "    one of new" in lines
    assert "  judge on old: 7.5" in lines
    assert "    The grade of new for 7: [[3.0]]" in lines
    assert sum(line.startswith("question ") for line in lines) == 1


def test_json_has_the_parts_and_all_texts(tmp_path: Path) -> None:
    make_judged(tmp_path, {"new": level(8, low_at=7), "old": level(7.5)})
    document = orjson.loads(mtbench(tmp_path, *BOTH, "--format", "json", "--top", "2").stdout)
    assert list(document["parts"]) == ["all questions", "writing", "math"]
    assert document["parts"]["math"]["difference"]["value"] == pytest.approx(0.25)
    assert [each["question_id"] for each in document["differing"]] == [7, 0]
    assert document["differing"][0]["figures"] == {"new": 3.0, "old": 7.5}
    assert document["differing"][0]["answers"]["new"] == ["one of new", "two of new"]
    assert len(document["differing"][0]["judgments"]) == 4


def test_markdown_has_the_table(tmp_path: Path) -> None:
    make_judged(tmp_path, {"new": level(8), "old": level(7.5)})
    lines = mtbench(tmp_path, *BOTH, "--format", "markdown").stdout.splitlines()
    assert lines[0] == "**tiny: new less old, judge judge, prompts default**"
    assert lines[4].startswith("| all questions | +0.500 | +0.500 to +0.500 |")


def test_long_texts_are_cut_unless_all_is_asked_for(tmp_path: Path) -> None:
    bench = make_judged(tmp_path, {"new": level(8), "old": level(7.5)}, judgment="\n".join(map(str, range(50))))
    assert bench.is_dir()
    cut = mtbench(tmp_path, *BOTH, "--top", "1").stdout
    assert cut.count("    … 42 more lines (--full shows them)") == 4
    assert "    49" in mtbench(tmp_path, *BOTH, "--top", "1", "--full").stdout


def test_no_questions_shown_is_not_no_difference(tmp_path: Path) -> None:
    make_judged(tmp_path, {"new": level(8), "old": level(7.5)})
    done = mtbench(tmp_path, *BOTH, "--top", "0")
    assert "no question on which they differ" not in done.stdout
    assert "question 0, " not in done.stdout


def test_a_judgment_without_a_verdict_is_shown_as_that(tmp_path: Path) -> None:
    def unparsed_once(question: int, turn: int) -> float:
        return -1.0 if (question, turn) == (7, 1) else 3.0 if question == 7 else 8.0

    make_judged(tmp_path, {"new": unparsed_once, "old": level(8)})
    done = mtbench(tmp_path, *BOTH, "--top", "1")
    assert "  judge on new: no verdict" in done.stdout.splitlines()
    assert "1 judgment has no verdict and is left out" in done.stdout


def test_a_model_is_not_compared_with_itself(tmp_path: Path) -> None:
    make_judged(tmp_path, {"new": level(8), "old": level(7.5)})
    done = mtbench(tmp_path, "compare", "new", "openai/new", "--bench", "tiny")
    assert (done.returncode, "new is compared with itself" in done.stderr) == (2, True)


def test_equal_models_differ_on_nothing(tmp_path: Path) -> None:
    make_judged(tmp_path, {"new": level(8), "old": level(8)})
    done = mtbench(tmp_path, *BOTH)
    assert "no question on which they differ" in done.stdout
    assert "1.0000" in done.stdout


def test_games_of_the_two_compare_by_the_share_won(tmp_path: Path) -> None:
    bench = make_judged(tmp_path, {"new": level(8), "old": level(7.5)})
    games = [pair(each, "old new", "22" if each % 4 else "12") for each in range(40)]
    write_lines(bench / "model_judgment" / "gpt-4_pair.jsonl", games)
    document = orjson.loads(mtbench(tmp_path, *BOTH, "--mode", "pairwise-baseline", "--format", "json").stdout)
    assert document["parts"]["all questions"]["difference"]["value"] == pytest.approx(0.75)
    words = document["differing"][0]["judgments"]
    assert [(each["models"], each["verdict"]) for each in words] == [(["old", "new"], "new"), (["new", "old"], "new")]


def test_what_is_not_alike_is_noted(tmp_path: Path) -> None:
    bench = make_judged(tmp_path, {"new": level(8), "old": level(7.5)})
    path = bench / "model_judgment" / "judge_single.jsonl"
    lines = [orjson.loads(line) for line in path.read_bytes().splitlines()]
    write_lines(path, [line | ({"prompt_hash": "x"} if line["model"] == "new" else {}) for line in lines])
    assert "not alike: wording of the judge's prompt: x for new, abc for old" in mtbench(tmp_path, *BOTH).stdout


def test_text_of_models_is_no_command_to_the_terminal(tmp_path: Path) -> None:
    make_judged(tmp_path, {"new": level(8), "old": level(7.5)}, judgment="\x1b[31mred \x07 bell")
    assert "\x1b" not in mtbench(tmp_path, *BOTH).stdout


@pytest.mark.parametrize(
    ("models", "said"), [(("new", "gnu"), "gnu: not judged here"), (("gnu", "old"), "gnu: not judged here")]
)
def test_a_model_that_is_not_there_is_named(tmp_path: Path, models: tuple[str, str], said: str) -> None:
    make_judged(tmp_path, {"new": level(8), "old": level(7.5)})
    done = mtbench(tmp_path, "compare", *models, "--bench", "tiny")
    assert done.returncode == 2
    assert said in done.stderr


def test_models_without_a_question_in_common_are_not_compared(tmp_path: Path) -> None:
    bench = make_judged(tmp_path, {"new": level(8), "old": level(7.5)})
    path = bench / "model_judgment" / "judge_single.jsonl"
    lines = [orjson.loads(line) for line in path.read_bytes().splitlines()]
    write_lines(path, [line for line in lines if (line["model"] == "new") == (line["question_id"] < 20)])
    done = mtbench(tmp_path, *BOTH)
    assert done.returncode == 2
    assert "new and old have no question in common" in done.stderr


def test_a_model_without_any_verdict_is_named(tmp_path: Path) -> None:
    make_judged(tmp_path, {"new": lambda *_: -1, "old": level(7.5)})
    done = mtbench(tmp_path, *BOTH)
    assert done.returncode == 2
    assert "no judgment of new has a verdict" in done.stderr
