"""Scores from turn to turn."""

from math import nan

import pytest

from mtbench.reports.plots.steps import steps
from mtbench.reports.plots.style import look
from tests.reports.plots.looking import assert_tidy, drawn, joined, lines_of, svg_texts


def test_a_line_goes_from_turn_to_turn_and_its_scores_stand_beside_its_name() -> None:
    figure = steps({"a": [8.5, 7.25], "b": [6, 6.125]}, n=320, foot="judge gpt-4")
    assert drawn(lines_of(figure.axes[0], look(0).marker)[0]) == [(0, 8.5), (1, 7.25)]
    beside = [text for text in figure.axes[1].texts if text.get_text() in {"a", "8.50", "7.25"}]
    assert len({text.get_position()[1] for text in beside}) == 1
    texts = svg_texts(figure)
    assert {"a", "b", "8.50", "7.25", "6.00", "6.12", "Mean score by turn (n=320)", "judge gpt-4"} <= set(texts)


@pytest.mark.parametrize("missing", [None, nan])
def test_a_missing_turn_is_a_gap(missing: float | None) -> None:
    figure = steps({"a": [8, missing, 7], "b": [8, 7, 6]})
    line = lines_of(figure.axes[0], look(0).marker)[0]
    assert drawn(line) == [(0, 8), (2, 7)]
    assert joined(line) == 0
    assert "–" in svg_texts(figure)
    assert figure.axes[0].get_ylim()[0] > 5


def test_a_model_without_any_score_is_named_and_nothing_is_drawn_for_it() -> None:
    figure = steps({"a": [8, 7], "none": [None, None]})
    assert drawn(lines_of(figure.axes[0], look(1).marker)[0]) == []
    leaders = [line for line in lines_of(figure.axes[0], "None") if joined(line)]
    assert len(leaders) == 1
    assert "none" in svg_texts(figure)


def test_names_stand_in_the_order_of_the_last_scores() -> None:
    scores = {f"m{number}": [5.0, 5 + number / 1000] for number in range(20)}
    figure = steps(scores)
    heights = {text.get_text(): text.get_position()[1] for text in figure.axes[1].texts if text.get_text() in scores}
    assert sorted(heights, key=heights.__getitem__) == list(scores)
    assert_tidy(figure)


@pytest.mark.parametrize("count", [1, 5])
def test_one_turn_and_five_turns_are_tidy_too(count: int) -> None:
    figure = steps({"a": [8.0] * count, "b": [6.0] * count})
    assert_tidy(figure)
    assert f"turn {count}" in svg_texts(figure)


def test_scores_of_many_digits_fit_the_axis() -> None:
    assert_tidy(steps({"a": [8.00001, 8.00002], "b": [8.00003, 8.00001]}))
    assert_tidy(steps({"a": [-12345.0, 8.0], "b": [8.0, 12345.0]}))


@pytest.mark.parametrize("scores", [{"a": [8.0, 7.0], "b": [8.0]}, {"a": []}, {}])
def test_unequal_turns_and_no_steps_are_refused(scores: dict[str, list[float]]) -> None:
    with pytest.raises(ValueError, match=r"same number of steps|needs a model"):
        steps(scores)
