"""`mtbench show-results --plot DIR`, `--format html` and `--output FILE`."""

import csv
from pathlib import Path
from xml.etree import ElementTree

import orjson
import pytest

from tests.reports.lines import pair
from tests.support.benches import write_lines
from tests.support.cli import mtbench
from tests.support.judged import Score, make_judged

SHOW = ("show-results", "--bench", "tiny")


def by_question(level: float, size: int) -> Score:
    return lambda question, turn: level + question % size + 0.5 * turn


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    bench = make_judged(tmp_path, {"ant": by_question(3, 5), "bee": by_question(5, 3)})
    games = [pair(each, "ant bee", "22" if each % 3 else "12") for each in range(40)]
    write_lines(bench / "model_judgment" / "gpt-4_pair.jsonl", games)
    return tmp_path


def test_plots_of_grades_are_saved_as_png_and_svg(folder: Path) -> None:
    done = mtbench(folder, *SHOW, "--plot", "plots")
    assert done.returncode == 0
    assert done.stderr == "drew 4 plots into plots, as PNG and SVG\n"
    kinds = ("scores", "turns", "lengths", "categories")
    names = {f"{kind}-judge-default.{ending}" for kind in kinds for ending in ("png", "svg")}
    assert {path.name for path in (folder / "plots").iterdir()} == names
    texts = " ".join(ElementTree.parse(folder / "plots" / "scores-judge-default.svg").getroot().itertext())
    assert "ant" in texts
    assert "bee" in texts
    assert (folder / "plots" / "turns-judge-default.png").read_bytes().startswith(b"\x89PNG")


def test_plots_of_games_have_ratings_and_a_heat_map(folder: Path) -> None:
    done = mtbench(folder, *SHOW, "--mode", "pairwise-all", "--plot", "plots")
    assert done.returncode == 0, done.stderr
    kinds = {path.name.removesuffix("-gpt-4-FastChat.svg") for path in (folder / "plots").glob("*.svg")}
    assert kinds == {"win-rates", "categories", "ratings", "matrix", "lengths"}


def test_the_page_is_whole_and_has_the_judge_s_words(folder: Path) -> None:
    done = mtbench(folder, *SHOW, "--format", "html")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("<!doctype html>") or done.stdout.startswith("<!DOCTYPE html>")
    assert "The grade of ant for 7" in done.stdout
    assert "one of bee" in done.stdout
    assert "http://" not in done.stdout.replace("http://www.w3.org", "")
    assert "temperature 0.0" in done.stdout


def test_files_are_written_by_their_endings(folder: Path) -> None:
    names = ("out/page.html", "tables.json", "tables.csv", "tables.md", "tables.txt")
    outputs = [part for name in names for part in ("--output", name)]
    done = mtbench(folder, *SHOW, *outputs)
    assert done.returncode == 0, done.stderr
    assert (folder / "tables.txt").read_text() == done.stdout
    tables = orjson.loads((folder / "tables.json").read_bytes())["tables"]
    assert [table["kind"] for table in tables] == ["scores", "categories", "differences"]
    with (folder / "tables.csv").open() as rows:
        row = next(csv.DictReader(rows))
    assert float(row["average_low"]) < float(row["average"]) < float(row["average_high"])
    assert (folder / "out/page.html").stat().st_size > 10_000
    assert "| --- |" in (folder / "tables.md").read_text()


def test_a_file_outside_any_bench_has_its_page_too(folder: Path) -> None:
    path = folder / "data" / "tiny" / "model_judgment" / "judge_single.jsonl"
    (folder / "lone.jsonl").write_bytes(path.read_bytes())
    done = mtbench(folder, "show-results", "--input", "lone.jsonl", "--bench", "nowhere", "--output", "page.html")
    assert done.returncode == 0, done.stderr
    assert "The grade of ant for 7" in (folder / "page.html").read_text()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--output", "tables.pdf"], "what format is that? The ending says it: .html"),
        (["--plot", "taken"], "taken"),
        (["--mode", "pairwise-all", "--anchor", "ant"], "give a model and its rating, such as gpt-4:1000"),
        (["--mode", "pairwise-all", "--anchor", "gnu:1000"], "--anchor gnu: not here; there is ant, bee"),
        (["--control-style"], "--control-style is about comparisons"),
        (["--output", "taken/tables.md"], "taken"),
    ],
)
def test_what_cannot_be_written_is_said(folder: Path, options: list[str], said: str) -> None:
    (folder / "taken").write_text("")
    done = mtbench(folder, *SHOW, *options)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_the_page_of_comparisons_has_the_words_of_both_games(folder: Path) -> None:
    path = folder / "data" / "tiny" / "model_judgment" / "gpt-4_pair.jsonl"
    lines = [orjson.loads(line) for line in path.read_bytes().splitlines()]
    more = {"g1_judgment": "first said this", "g2_judgment": "then that", "g1_winner": "error"}
    write_lines(path, [lines[0] | more, *lines[1:]])
    done = mtbench(folder, *SHOW, "--mode", "pairwise-all", "--format", "html")
    assert done.returncode == 0, done.stderr
    assert "first said this" in done.stdout
    assert "then that" in done.stdout
    assert "unparsed" in done.stdout
