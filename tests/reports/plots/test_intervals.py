"""Dots and whiskers."""

from math import inf, nan

import numpy as np
import pytest
from matplotlib.figure import Figure

from mtbench.reports.plots.intervals import FOOT, intervals
from mtbench.stats.estimates import Estimate
from tests.reports.plots.looking import assert_tidy, drawn, lines_of, svg_texts, texts_of

A = Estimate(7.0, 6.5, 7.75, 0.3, 160, 80)
B = Estimate(9.0, 8.5, 9.25, 0.2, 160, 80)
NOTHING = Estimate(nan, nan, nan, nan, 0, 0)


def _marks(figure: Figure, marker: str) -> list[tuple[float, float]]:
    return [point for line in lines_of(figure.axes[0], marker) for point in drawn(line)]


def _rows(figure: Figure) -> list[str]:
    """Names from top to bottom."""
    low, high = figure.axes[0].get_ylim()
    assert low > high
    return [label.get_text() for label in figure.axes[0].get_yticklabels()]


def test_the_best_is_on_top_and_dots_and_whiskers_are_where_the_numbers_are() -> None:
    figure = intervals({"a": A, "b": B}, "scores", "score")
    assert _rows(figure) == ["b", "a"]
    assert _marks(figure, "o") == [(9.0, 0), (7.0, 1)]
    assert _marks(figure, "|") == [(8.5, 0), (9.25, 0), (6.5, 1), (7.75, 1)]


def test_numbers_n_and_what_the_intervals_are_stand_beside() -> None:
    texts = svg_texts(intervals({"a": A, "b": B}, "scores", "mean score"))
    assert {"7.00", "[6.50, 7.75]", "mean score", FOOT, "scores (n=160 in 80 clusters)"} <= set(texts)
    assert "n" not in texts


def test_n_gets_a_column_when_it_differs() -> None:
    texts = svg_texts(intervals({"a": A, "b": Estimate(9.0, 8.5, 9.25, 0.2, 1590, 80)}, "scores", "score"))
    assert {"n", "160", "1,590", "scores"} <= set(texts)


def test_clusters_of_one_value_are_not_told() -> None:
    assert "wins (n=80)" in svg_texts(intervals({"a": Estimate(0.5, 0.4, 0.6, 0.05, 80, 80)}, "wins", "win rate"))


def test_a_model_without_a_value_keeps_its_row_and_gets_no_dot() -> None:
    figure = intervals({"none": NOTHING, "a": A}, "scores", "score")
    assert _rows(figure) == ["a", "none"]
    assert _marks(figure, "o") == [(7.0, 0)]
    assert "–" in svg_texts(figure)
    assert figure.axes[0].get_xlim()[0] > 6


def test_a_model_without_an_interval_gets_a_hollow_dot_and_the_foot_says_why() -> None:
    figure = intervals({"a": A, "one": Estimate(5.0, nan, nan, nan, 1, 1)}, "scores", "score")
    assert [line.get_markerfacecolor() for line in lines_of(figure.axes[0], "o")] == ["black", "white"]
    assert len(_marks(figure, "|")) == 2
    assert "hollow: the interval is not known" in svg_texts(figure)
    assert "hollow: the interval is not known" not in svg_texts(intervals({"a": A}, "scores", "score"))


def test_an_end_at_infinity_is_an_arrow_at_the_edge() -> None:
    never_lost = Estimate(inf, 1200.0, inf, nan, 160, 80)
    always_lost = Estimate(900.0, -inf, 950.0, nan, 160, 80)
    figure = intervals({"a": always_lost, "b": never_lost}, "ratings", "Elo scale", decimals=0)
    left, right = figure.axes[0].get_xlim()
    assert _rows(figure) == ["b", "a"]
    assert _marks(figure, ">") == [(right, 0)]
    assert _marks(figure, "<") == [(left, 1)]
    assert _marks(figure, "o") == [(900.0, 1)]
    assert {"∞", "[1,200, ∞]", "[−∞, 950]"} <= set(svg_texts(figure))


def test_a_reference_is_a_line_on_the_axis() -> None:
    figure = intervals({"a": A}, "scores", "score", reference=2.0, foot="95 % intervals by bootstrap")
    assert any(np.array_equal(line.get_xdata(), [2.0, 2.0]) for line in figure.axes[0].get_lines())
    assert figure.axes[0].get_xlim()[0] < 2
    assert "95 % intervals by bootstrap" in svg_texts(figure)


def test_the_sheet_grows_with_the_rows() -> None:
    heights = [
        intervals({str(number): A for number in range(count)}, "t", "x").get_figheight() for count in (10, 20, 40)
    ]
    assert heights[2] - heights[1] == pytest.approx(2 * (heights[1] - heights[0]))


def test_without_any_value_there_is_still_a_sheet() -> None:
    assert_tidy(intervals({"a": NOTHING}, "scores", "score"))


def test_the_best_of_very_many_are_shown() -> None:
    rows = {f"m{number}": Estimate(number, number, number, 0.0, 1, 2) for number in range(200)}
    figure = intervals(rows, "scores", "score")
    assert _rows(figure)[:2] == ["m199", "m198"]
    assert len(_rows(figure)) == 150
    assert "the first 150 of 200 models" in [text.get_text() for text in texts_of(figure)]


def test_no_model_is_refused() -> None:
    with pytest.raises(ValueError, match="needs a model"):
        intervals({}, "scores", "score")
