"""Score against length."""

from math import inf, nan

import numpy as np
import pytest

from mtbench.reports.plots.lengths import Spot, lengths
from tests.reports.plots.looking import assert_tidy, drawn, lines_of, svg_texts, texts_of


def test_a_dot_stands_at_length_and_score_with_its_name_near() -> None:
    figure = lengths({"a": Spot(1200, 8.5), "b": Spot(800, 6.0)}, n=320, foot="first answers only")
    (dots,) = lines_of(figure.axes[0], "o")
    assert drawn(dots) == [(1200, 8.5), (800, 6.0)]
    texts = set(svg_texts(figure))
    assert {"a", "b", "first answers only", "mean answer length in characters", "mean score"} <= texts
    assert "Mean score against mean answer length (n=320)" in texts


@pytest.mark.parametrize("missing", [Spot(None, 8.0), Spot(900, None), Spot(nan, 8.0), Spot(900, inf)])
def test_what_is_not_known_gets_no_dot_and_is_named_below(missing: Spot) -> None:
    figure = lengths({"a": Spot(1200, 8.5), "gone": missing})
    (dots,) = lines_of(figure.axes[0], "o")
    assert drawn(dots) == [(1200, 8.5)]
    assert "not shown, for want of a length or a score: gone" in svg_texts(figure)


@pytest.mark.parametrize("width", [0.0, 1.0])
def test_forty_names_of_models_that_are_all_alike_do_not_overlap(width: float) -> None:
    rng = np.random.default_rng(3)
    spots = {
        f"org/model-with-a-name-{number}": Spot(1000 + width * rng.normal(), 8 + width * rng.normal())
        for number in range(39)
    }
    figure = lengths({**spots, "far away": Spot(5000, 1.0)})
    assert_tidy(figure)
    assert set(spots) <= set(svg_texts(figure))


def test_names_without_room_are_listed_below() -> None:
    spots = {f"model-with-a-rather-long-name-{number}": Spot(1000, 8.0) for number in range(99)}
    figure = lengths({**spots, "far away": Spot(5000, 1.0)})
    assert_tidy(figure)
    texts = svg_texts(figure)
    below = " ".join(texts[texts.index(next(text for text in texts if text.startswith("no room"))) :])
    assert "no room for the names: " in below
    assert all(name in texts or name in below for name in spots)


def test_the_first_hundred_models_are_shown() -> None:
    spots = {f"m{number}": Spot(number, 8.0 if number in (99, 100) else None) for number in range(101)}
    figure = lengths(spots)
    (dots,) = lines_of(figure.axes[0], "o")
    assert drawn(dots) == [(99, 8.0)]
    assert "the first 100 of 101 models" in [text.get_text() for text in texts_of(figure)]


def test_no_model_is_refused() -> None:
    with pytest.raises(ValueError, match="needs a model"):
        lengths({})
