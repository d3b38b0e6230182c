"""Every plot with two, seven and forty models, whatever they are called."""

import warnings
from collections.abc import Callable, Sequence
from math import exp, nan

import numpy as np
import pytest
from matplotlib.figure import Figure

from mtbench.reports.plots.heatmap import heatmap
from mtbench.reports.plots.intervals import intervals
from mtbench.reports.plots.lengths import Spot, lengths
from mtbench.reports.plots.names import labels
from mtbench.reports.plots.radar import radar
from mtbench.reports.plots.steps import steps
from mtbench.reports.plots.style import NAME_WIDTH, styled
from mtbench.stats.estimates import Estimate
from tests.reports.plots.looking import assert_tidy, names, svg_texts

CATEGORIES = ("writing", "roleplay", "reasoning", "math", "coding", "extraction", "stem", "humanities")
TITLE = "mt_bench: mean score, judge $a$ judge with a name that goes on and on, prompts <b>of</b> ours" + "x" * 90


def _levels(models: Sequence[str]) -> dict[str, float]:
    return dict(zip(models, np.linspace(9, 3, len(models)).tolist(), strict=True))


def _radar(models: Sequence[str], rng: np.random.Generator) -> Figure:
    scores = {model: rng.uniform(1, 10, len(CATEGORIES)).tolist() for model in models}
    return radar(CATEGORIES, {**scores, models[0]: [None, nan, *scores[models[0]][2:]]}, 10, TITLE)


def _intervals(models: Sequence[str], rng: np.random.Generator) -> Figure:
    rows = {
        model: Estimate(at, at - rng.uniform(0.1, 0.5), at + 0.4, 0.2, int(rng.integers(9, 9999)), 80)
        for model, at in _levels(models).items()
    }
    return intervals({**rows, models[0]: Estimate(nan, nan, nan, nan, 0, 0)}, TITLE, "mean score")


def _heatmap(models: Sequence[str], rng: np.random.Generator) -> Figure:
    at = _levels(models)
    rates = {(a, b): 1 / (1 + exp(at[b] - at[a])) for a in models for b in models if rng.random() < 0.8}
    return heatmap(models, rates, TITLE)


def _turns(models: Sequence[str], rng: np.random.Generator) -> Figure:
    scores = {model: [at + rng.normal(0, 0.1), at / 2] for model, at in _levels(models).items()}
    return steps({**scores, models[0]: [None, nan]}, TITLE)


def _lengths(models: Sequence[str], rng: np.random.Generator) -> Figure:
    spots = {model: Spot(100 * at + rng.normal(0, 50), at) for model, at in _levels(models).items()}
    return lengths({**spots, models[0]: Spot(None, 8.0)}, TITLE)


@pytest.mark.parametrize("count", [2, 7, 40])
@pytest.mark.parametrize("plot", [_radar, _intervals, _heatmap, _turns, _lengths])
def test_every_model_is_named_once_nothing_overlaps_or_is_cut_off_and_nothing_is_warned_of(
    plot: Callable[[Sequence[str], np.random.Generator], Figure], count: int
) -> None:
    models = names(count)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure = plot(models, np.random.default_rng(0))
        assert_tidy(figure)
        texts = svg_texts(figure)
    with styled():
        shown = labels(models, NAME_WIDTH if plot is not _lengths else 2.0, 9.0 if plot is not _lengths else 8.0)
    absent = {models[0]} if plot is _lengths else set()
    assert all(texts.count(label) == 1 for model, label in shown.items() if model not in absent)
    assert all(any(shown[model] in text for text in texts) for model in absent)


@pytest.mark.parametrize("plot", [_radar, _intervals, _heatmap, _turns, _lengths])
def test_mathematics_and_markup_in_a_name_stay_text(
    plot: Callable[[Sequence[str], np.random.Generator], Figure],
) -> None:
    texts = svg_texts(plot(["plain", "$x^2$", "<script>alert(1)</script>"], np.random.default_rng(0)))
    assert "$x^2$" in texts
    assert "<script>alert(1)</script>" in texts
