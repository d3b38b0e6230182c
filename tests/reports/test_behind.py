"""What the page of results says of where they are from."""

from pathlib import Path

from tests.support.cli import mtbench
from tests.support.judged import make_judged


def test_a_page_does_not_tell_whose_machine_it_was_made_on(tmp_path: Path) -> None:
    make_judged(tmp_path, {"new": lambda q, t: 5 + q % 3 + t, "old": lambda q, t: 5 + q % 4 - t})
    place = ("--bench", "tiny", "--data-dir", str(tmp_path / "data"))
    page = mtbench(tmp_path, "show-results", *place, "--format", "html").stdout
    assert "tiny/model_judgment/judge_single.jsonl" in page
    assert str(tmp_path) not in page


def test_a_page_of_a_file_elsewhere_has_the_file_s_name(tmp_path: Path) -> None:
    bench = make_judged(tmp_path, {"new": lambda q, t: 5 + q % 3 + t, "old": lambda q, t: 5 + q % 4 - t})
    lone = tmp_path / "lone.jsonl"
    lone.write_bytes((bench / "model_judgment" / "judge_single.jsonl").read_bytes())
    page = mtbench(tmp_path, "show-results", "--input", str(lone), "--bench", "tiny", "--format", "html").stdout
    assert "lone.jsonl" in page
    assert str(tmp_path) not in page
