"""Scores by category."""

from math import hypot, inf, nan

import pytest
from matplotlib.figure import Figure

from mtbench.reports.plots.radar import radar
from mtbench.reports.plots.style import look
from tests.reports.plots.looking import assert_tidy, drawn, joined, lines_of, svg_texts

FOUR = ("writing", "math", "coding", "stem")


def test_a_line_has_each_score_at_its_category_and_closes() -> None:
    axes = radar(FOUR, {"a": [10, 5, 2.5, 7.5]}, 10).axes[0]
    line, sample = lines_of(axes, look(0).marker)
    points = [(0.0, 1.0), (0.5, 0.0), (0.0, -0.25), (-0.75, 0.0), (0.0, 1.0)]
    assert [each for point in drawn(line) for each in point] == pytest.approx([x for point in points for x in point])
    assert joined(line) == 4
    assert len(drawn(sample)) == 3


@pytest.mark.parametrize("missing", [None, nan, inf])
def test_a_missing_score_is_a_gap_and_never_the_middle(missing: float | None) -> None:
    figure = radar(FOUR, {"a": [8, missing, 8, 8]}, 10)
    line = lines_of(figure.axes[0], look(0).marker)[0]
    assert len(drawn(line)) == 4
    assert joined(line) == 2
    assert min(hypot(x, y) for x, y in drawn(line)) == pytest.approx(0.8)
    assert "a gap in a line: no score in that category" in svg_texts(figure)


def test_a_gap_in_the_first_category_opens_the_line_at_both_ends() -> None:
    line = lines_of(radar(FOUR, {"a": [None, 8, 8, 8]}, 10).axes[0], look(0).marker)[0]
    assert joined(line) == 2


def test_rings_spokes_and_title_are_named() -> None:
    figure = radar(FOUR, {"a": [8, 8, 8, 8]}, 10, n=640, foot="judge gpt-4")
    expected = {*FOUR, "2", "4", "6", "8", "10", "a", "Mean score by category (n=640)", "judge gpt-4"}
    assert set(svg_texts(figure)) == expected


def test_twelve_long_categories_fit_around() -> None:
    assert_tidy(radar([f"category {number} long name" for number in range(12)], {"a": [5] * 12}, 10))


def _cells(texts: list[str]) -> list[str]:
    return [text for text in texts if "." in text]


def _hatched(figure: Figure) -> int:
    return sum(len(each.get_paths()) for each in figure.axes[0].collections if each.get_hatch() == "////")


def test_more_models_than_one_can_follow_become_a_grid() -> None:
    scores = {f"m{number}": [number + 0.25, 5.5, None, 1.0] for number in range(9)}
    figure = radar(FOUR, scores, 10)
    texts = svg_texts(figure)
    assert _cells(texts) == [cell for number in range(9) for cell in (f"{number}.25", "5.50", "1.00")]
    assert _hatched(figure) == 9
    assert "hatched: no score" in texts
    assert_tidy(figure)


@pytest.mark.parametrize("count", [1, 2, 13, 30])
def test_too_few_or_too_many_categories_become_a_grid(count: int) -> None:
    figure = radar([f"category {number}" for number in range(count)], {"a": [5.0] * count, "b": [6.0] * count}, 10)
    assert _cells(svg_texts(figure)) == ["5.00"] * count + ["6.00"] * count
    assert_tidy(figure)


@pytest.mark.parametrize("score", [-1.0, 11.0])
def test_a_score_that_the_circle_does_not_hold_is_shown_in_a_grid(score: float) -> None:
    assert len(_cells(svg_texts(radar(FOUR, {"a": [score, 5, 5, 5]}, 10)))) == 4


def test_a_grid_without_any_score_is_all_hatched() -> None:
    figure = radar(["writing"], {"a": [None]}, 10)
    assert _cells(svg_texts(figure)) == []
    assert _hatched(figure) == 1


def test_scores_out_of_a_hundred_are_written_with_one_decimal() -> None:
    assert _cells(svg_texts(radar(["writing"], {"a": [87.65]}, 100))) == ["87.7"]


@pytest.mark.parametrize(
    ("categories", "scores"), [(FOUR, {"a": [8.0]}), ([], {"a": []}), (FOUR, {}), (FOUR, {"a": [8.0] * 5})]
)
def test_scores_that_do_not_fit_the_categories_are_refused(
    categories: tuple[str, ...], scores: dict[str, list[float]]
) -> None:
    with pytest.raises(ValueError, match=r"needs a model|one a category"):
        radar(categories, scores, 10)
