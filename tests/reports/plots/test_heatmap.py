"""Who beats whom."""

from itertools import pairwise
from math import nan

import numpy as np
import pytest
from matplotlib.collections import QuadMesh
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from mtbench.reports.plots.heatmap import heatmap
from tests.reports.plots.looking import assert_tidy, svg_texts, texts_of


def _cells(figure: Figure) -> dict[tuple[float, float], str]:
    """Text by the column and row of its cell, from 0.5."""
    texts = ((text.get_position(), text.get_text()) for text in figure.axes[0].texts)
    return {place: text for place, text in texts if min(place) > 0}


def _hatched(figure: Figure) -> set[tuple[float, float]]:
    (hatched,) = (each for each in figure.axes[0].collections if each.get_hatch() == "////")
    corners = (np.array(path.vertices).min(axis=0).tolist() for path in hatched.get_paths())
    return {(column, row) for column, row in corners}


def test_a_cell_says_how_often_its_row_beats_its_column() -> None:
    figure = heatmap(["a", "b"], {("a", "b"): 0.75, ("b", "a"): 0.2}, n=160)
    assert _cells(figure) == {(1.5, 0.5): "75", (0.5, 1.5): "20"}
    assert "How often the row wins against the column, in % (n=160)" in svg_texts(figure)


def test_higher_is_darker_in_grey_and_numbers_stand_out() -> None:
    models = [f"m{number}" for number in range(11)]
    figure = heatmap(models, {(models[0], model): number / 10 for number, model in enumerate(models)})
    (mesh,) = (each for each in figure.axes[0].collections if isinstance(each, QuadMesh))
    grey = [float(mesh.to_rgba(np.array([value]))[0][:3] @ [0.299, 0.587, 0.114]) for value in range(0, 101, 5)]
    assert all(before > after for before, after in pairwise(grey))
    for text in figure.axes[0].texts:
        if min(text.get_position()) > 0:
            ground = float(mesh.to_rgba(np.array([float(text.get_text())]))[0][:3] @ [0.299, 0.587, 0.114])
            assert abs(ground - to_rgb(text.get_color())[0]) > 0.45


def test_pairs_that_never_met_are_hatched_and_told_from_a_rate_of_none() -> None:
    figure = heatmap(["a", "b", "c"], {("a", "b"): 0.0, ("b", "a"): 1.0, ("a", "c"): None, ("c", "a"): nan})
    assert _cells(figure) == {(1.5, 0.5): "0", (0.5, 1.5): "100"}
    assert _hatched(figure) == {(2, 0), (0, 2), (1, 2), (2, 1)}
    assert "hatched: no games between the two" in svg_texts(figure)


def test_a_model_against_itself_is_left_empty_and_not_hatched() -> None:
    figure = heatmap(["a", "b"], {("a", "a"): 0.5, ("a", "b"): 0.5, ("b", "a"): 0.5}, foot="two orders")
    assert len(_cells(figure)) == 2
    assert not _hatched(figure)
    texts = svg_texts(figure)
    assert "two orders" in texts
    assert "hatched: no games between the two" not in texts


def test_sixty_models_have_a_scale_in_place_of_numbers() -> None:
    models = [f"model-{number}" for number in range(60)]
    figure = heatmap(models, {(a, b): 0.5 for a in models for b in models})
    assert not _cells(figure)
    assert len(figure.axes) == 2
    assert_tidy(figure)


def test_the_first_hundred_of_more_models_are_shown() -> None:
    models = [f"model-{number}" for number in range(101)]
    figure = heatmap(models, {})
    texts = [text.get_text() for text in texts_of(figure)]
    assert "model-99" in texts
    assert "model-100" not in texts
    assert "the first 100 of 101 models" in texts


def test_no_model_is_refused() -> None:
    with pytest.raises(ValueError, match="needs a model"):
        heatmap([], {})
