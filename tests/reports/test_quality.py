"""A benchmark held against an outside ranking."""

from pathlib import Path

import pytest

from mtbench.benches import find_bench
from mtbench.errors import BadRecord, MtbenchError
from mtbench.reports.quality import read_ranking
from mtbench.reports.results import Query, collect
from mtbench.reports.tables import Table
from tests.reports.test_certainty import noisy, table_of
from tests.support.cli import mtbench
from tests.support.judged import make_judged

RANKING = "model,rating,low,high\ntop,1200,1180,1220\nmid,1100,1080,1120\nlow,1000,980,1020\nother,900,890,910\n"


def quality(folder: Path, ranking: str) -> dict[str, object]:
    make_judged(folder, {"top": noisy(9, 1), "mid": noisy(6, 2), "low": noisy(5.8, 3), "mine": noisy(5, 4)})
    path = folder / "ranking.csv"
    path.write_text(ranking)
    results = collect(find_bench("tiny", folder / "data"), Query(ranking=read_ranking(path)))
    table: Table = table_of(results, "quality")
    assert table.foot[0] == "3 models that both have; 3 pairs"
    return {str(row[0]): row[1] for row in table.rows}


def test_what_it_separates_and_whether_the_ranking_agrees(tmp_path: Path) -> None:
    found = quality(tmp_path, RANKING)
    assert found["separability"] == pytest.approx(2 / 3)  # mid and low are not apart
    assert found["agreement"] == pytest.approx(2 / 3)
    assert found["Spearman"] == pytest.approx(1.0)
    assert found["Kendall"] == pytest.approx(1.0)
    score = found["Brier score"]
    assert isinstance(score, float)
    assert 0 < score < 0.25


def test_a_ranking_the_other_way_round_disagrees(tmp_path: Path) -> None:
    turned = RANKING.replace("top", "x").replace("low,1", "top,1").replace("x", "low")
    found = quality(tmp_path, turned)
    assert found["agreement"] == pytest.approx(-2 / 3)
    assert found["Spearman"] == pytest.approx(-1.0)


def test_without_intervals_there_is_no_agreement_with_confidence(tmp_path: Path) -> None:
    found = quality(tmp_path, "model,rating\ntop,3\nmid,2\nlow,1\n")
    assert found["agreement"] is None
    assert found["Kendall"] == pytest.approx(1.0)


def test_the_command_takes_the_file_and_names_what_only_one_has(tmp_path: Path) -> None:
    quality(tmp_path, RANKING)
    done = mtbench(tmp_path, "show-results", "--bench", "tiny", "--ranking", "ranking.csv")
    assert "tiny: how good the benchmark is, judge judge, prompts default" in done.stdout
    assert "only in one of the two: mine, other" in done.stdout


@pytest.mark.parametrize(
    ("text", "error", "said"),
    [
        ("name,elo\na,1\n", MtbenchError, "no column model and no column rating"),
        ("model,rating\na,many\n", BadRecord, "line 2: field 'rating': 'many' is no number"),
        ("model,rating\na,1\na,2\n", BadRecord, "line 3: field 'model': a is there twice"),
        ("model,rating,low\na,1,nan\n", BadRecord, "'nan' is no number"),
        ("model,rating,low,high\na,1,3,0\n", BadRecord, "low, rating and high have to be in this order"),
        ("model,rating\n", MtbenchError, "no model is in it"),
    ],
)
def test_a_file_that_is_no_ranking_is_refused(tmp_path: Path, text: str, error: type[MtbenchError], said: str) -> None:
    path = tmp_path / "ranking.csv"
    path.write_text(text)
    with pytest.raises(error, match=said):
        read_ranking(path)


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(MtbenchError, match="cannot read"):
        read_ranking(tmp_path / "none.csv")


def test_a_ranking_of_other_models_is_said_to_say_nothing(tmp_path: Path) -> None:
    make_judged(tmp_path, {"top": noisy(9, 1), "mid": noisy(6, 2)})
    (tmp_path / "ranking.csv").write_text("model,rating\ntop,2\nother,1\n")
    for form in ("table", "markdown", "json", "html"):
        done = mtbench(tmp_path, "show-results", "--bench", "tiny", "--ranking", "ranking.csv", "--format", form)
        assert (done.returncode, done.stderr) == (0, "")
        assert "1 model that both have; 0 pairs" in done.stdout
        assert "only in one of the two: mid, other" in done.stdout
