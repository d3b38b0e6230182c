"""What people give where a judge gives so much."""

from math import nan

import pytest

from mtbench.reports.plots.reliability import Axis, Step, reliability
from mtbench.stats.estimates import Estimate
from tests.reports.plots.looking import assert_tidy, drawn, lines_of, svg_texts

SAME = "dashes: the same"


def step(judge: float, people: float, reach: float = 0.5, mapped: float | None = None, n: int = 20) -> Step:
    return Step(judge, Estimate(people, people - reach, people + reach, reach / 2, n, n), mapped or people, n)


STEPS = [step(2, 3.0), step(5, 4.0, n=41), step(9, 8.0, nan, n=1)]


def test_dots_bars_map_diagonal_and_counts_are_there() -> None:
    figure = reliability(STEPS, "people's scores", Axis("judge's score"), Axis("people's score"), same_scale=SAME)
    axes = figure.axes[0]
    assert [drawn(line) for line in lines_of(axes, "o")] == [[(2, 3)], [(5, 4)], [(9, 8)]]
    assert [line.get_markerfacecolor() for line in lines_of(axes, "o")] == ["black", "black", "white"]
    lines = [drawn(line) for line in axes.get_lines()]
    assert [(2, 3), (5, 4), (9, 8)] in lines
    assert [(2, 2.5), (2, 3.5)] in lines
    assert any(len(line) == 2 and all(x == y for x, y in line) for line in lines)
    texts = set(svg_texts(figure))
    assert {"people's scores", "judge's score", "people's score", "20", "41", "1", SAME} <= texts
    assert "hollow: the interval is not known" in texts
    assert_tidy(figure)


def test_scales_that_are_not_the_same_have_no_diagonal() -> None:
    figure = reliability(STEPS[:2], "leads", Axis("lead"), Axis("share"), same_scale="", foot="more")
    assert not any(len(line) == 2 and all(x == y for x, y in line) for line in map(drawn, figure.axes[0].get_lines()))
    texts = svg_texts(figure)
    assert "more" in texts
    assert not any("hollow" in text for text in texts)


def test_no_axis_goes_far_beyond_what_is_possible() -> None:
    steps = [step(0.75, 0.6, 3.0, n=2), step(1.0, 0.9)]
    figure = reliability(steps, "shares", Axis("judge", 0.5, 1.0), Axis("people", 0.0, 1.0), same_scale=SAME)
    left, right = figure.axes[0].get_xlim()
    assert 0.4 < left < 0.5 < 1 < right < 1.1
    low, high = figure.axes[0].get_ylim()
    assert -0.1 < low < 0
    assert 1 < high < 1.1


@pytest.mark.parametrize("count", [1, 10, 21])
def test_however_many_bins_it_is_tidy(count: int) -> None:
    steps = [step(1 + place / 2, 3 + place / 3, n=12_345) for place in range(count)]
    figure = reliability(steps, "a title of some length " * 8, Axis("judge"), Axis("people"), same_scale=SAME)
    assert_tidy(figure)
    assert len(lines_of(figure.axes[0], "o")) == count
    counted = svg_texts(figure).count("12,345")
    assert counted == (count if count <= 10 else 0)
    assert any("above: labels" in text for text in svg_texts(figure)) == bool(counted)


def test_no_bin_is_refused() -> None:
    with pytest.raises(ValueError, match="needs a bin"):
        reliability([], "t", Axis("x"), Axis("y"), same_scale="")
