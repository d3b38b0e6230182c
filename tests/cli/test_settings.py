"""mtbench.yaml is read strictly, and the same on every machine."""

from pathlib import Path

from tests.support.benches import make_bench
from tests.support.cli import mtbench


def test_a_setting_that_stands_twice_is_an_error_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "mtbench.yaml").write_text("limit: 1\nlimit: 2\n")
    done = mtbench(tmp_path, "gen-answers", "--model", "openai/x", "--dry-run")
    assert done.returncode == 2
    assert done.stderr.startswith("error: mtbench.yaml, line 2: ")
    assert "'limit' stands twice" in done.stderr


def test_settings_are_utf_8_whatever_the_locale(tmp_path: Path) -> None:
    make_bench(tmp_path)
    (tmp_path / "mtbench.yaml").write_text("system-prompt: Sag Grüezi.\nbench: tiny\n", encoding="utf-8")
    plain = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    arguments = ("gen-answers", "--model", "openai/x", "--base-url", "http://127.0.0.1:1/v1", "--dry-run")
    done = mtbench(tmp_path, *arguments, env=plain)
    assert done.returncode == 0, done.stderr


def test_a_section_holds_for_its_command_alone_and_goes_first(tmp_path: Path) -> None:
    (tmp_path / "mtbench.yaml").write_text("bench: absent\nshow-results:\n  bench: other\n")
    assert "'other'" in mtbench(tmp_path, "show-results").stderr
    assert "'absent'" in mtbench(tmp_path, "questions", "show", "1").stderr


def test_an_unknown_option_in_a_section_is_named_with_it(tmp_path: Path) -> None:
    (tmp_path / "mtbench.yaml").write_text("show-results:\n  bensh: other\n")
    result = mtbench(tmp_path, "judge", "--judge", "openai/j")
    assert result.returncode == 2
    assert "mtbench.yaml: show-results: no option 'bensh'; did you mean 'bench'?" in result.stderr


def test_a_list_of_one_stands_for_the_one(tmp_path: Path) -> None:
    make_bench(tmp_path)
    (tmp_path / "mtbench.yaml").write_text("bench: [tiny]\nmodel: [absent]\n")
    done = mtbench(tmp_path, "check", "--min-score", "5")
    assert "no judgments in data/tiny" in done.stderr
