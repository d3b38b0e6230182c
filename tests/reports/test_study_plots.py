"""What was found out about a judge, drawn."""

from pathlib import Path

from mtbench.reports.study_plots import PLOTTED, save_study_plots
from mtbench.reports.tables import Column, Mode, Results, Table
from mtbench.stats.estimates import Estimate

FIGURE = Estimate(0.7, 0.6, 0.8, 0.05, 40, 20)


def table(kind: str, title: str, *keys: str, rows: int = 2) -> Table:
    columns = (Column("of", "judge"), *(Column(key, f"judge {key}", decimals=3) for key in keys))
    return Table(kind, title, ("j",), "", columns, [(f"row {row}", *[FIGURE] * len(keys)) for row in range(rows)])


def drawn(tmp_path: Path, *tables: Table) -> list[str]:
    found = Results(Mode.SINGLE, "tiny", (), tables)
    return sorted(path.name for path in save_study_plots(found, tmp_path) if path.suffix == ".svg")


def test_what_stands_in_the_plot_is_what_stands_in_the_table(tmp_path: Path) -> None:
    assert drawn(tmp_path, table("position", "tiny: by judge", "consistent")) == ["position-consistent.svg"]
    picture = (tmp_path / "position-consistent.svg").read_text()
    for text in ("tiny: by judge", "row 0", "row 1", "0.70", "[0.60, 0.80]", PLOTTED["position"][0].label):
        assert text in picture


def test_tables_of_one_kind_have_a_plot_each(tmp_path: Path) -> None:
    names = drawn(tmp_path, *(table("agreement", f"tiny: agreement, turn {turn}", "s2") for turn in (1, 2)))
    assert names == ["agreement-s2-turn-1.svg", "agreement-s2-turn-2.svg"]


def test_agreement_by_gap_has_a_line_a_judge_with_gaps_where_nothing_is_known(tmp_path: Path) -> None:
    by_gap = table("agreement_gap", "tiny: by gap", "a", "b", rows=1)
    rows = [*by_gap.rows, ("0.4 to 1", FIGURE, None)]
    found = Table(by_gap.kind, by_gap.title, (), "", by_gap.columns, rows, foot=("people's votes",))
    assert drawn(tmp_path, found) == ["agreement-gap.svg"]
    picture = (tmp_path / "agreement-gap.svg").read_text()
    for text in ("judge a", "judge b", "0.4 to 1", "people's votes", "–"):
        assert text in picture


def test_a_table_without_figures_is_not_drawn(tmp_path: Path) -> None:
    empty = Table("position", "tiny", (), "", (Column("of", "judge"), Column("consistent", "c")), [("j", None)])
    assert drawn(tmp_path, empty, table("other", "tiny: other", "x")) == []
