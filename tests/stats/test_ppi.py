"""What people would say, from a judge and a few labels."""

from collections.abc import Callable

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from mtbench.stats.clustered import clustered_mean
from mtbench.stats.ppi import PredictionPowered, labels_to_halve, powered_difference, powered_mean

DRAWS = 2000
POOL = 50_000
Floats = NDArray[np.float64]


def _scores(help_: float, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """(POOL, 2) skewed scores of people, 1..10, on two turns of questions, and of a judge that is 0.7 too mild."""
    ease, other = 9 * rng.beta(5, 1.6, (2, POOL, 1)) + 1
    human = np.clip(np.rint(ease + rng.normal(0, 1.2, (POOL, 2))), 1, 10)
    own = other + rng.normal(0, 1.2, (POOL, 2))
    return human, np.clip(np.rint(help_ * human + (1 - help_) * own + rng.normal(0.7, 0.5, (POOL, 1))), 1, 10)


def _points(help_: float, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """(POOL, 2) points of people, 0, 0.5 or 1, and of a judge that is as they are in a share of the units."""

    def play() -> Floats:
        drawn, ease = rng.random((POOL, 2)), rng.beta(3, 1.6, (POOL, 1))
        return np.where(drawn < 0.2, 0.5, np.where(drawn < 0.2 + 0.8 * ease, 1.0, 0.0))

    human = play()
    return human, np.where(rng.random((POOL, 2)) < help_, human, play())


def _held(found: PredictionPowered, truth: float) -> bool:
    return found.powered.low <= truth <= found.powered.high


def _width(found: PredictionPowered) -> float:
    return found.powered.high - found.powered.low


def _human_width(found: PredictionPowered) -> float:
    return found.human.high - found.human.low


def _example(rng: np.random.Generator, units: int = 300, labels: int = 60) -> tuple[Floats, Floats, NDArray[np.intp]]:
    clusters = rng.integers(0, units // 3, units) * 7
    human = rng.normal(7, 1, units) + clusters / units
    judge = human * 0.6 + rng.normal(2, 0.5, units)
    human[rng.permutation(units)[labels:]] = np.nan
    return human, judge, clusters


@pytest.mark.parametrize(
    ("theirs", "value", "interval"),
    [(1.0, 4.6466666666666665, (3.6378676397, 5.6554656936)), (0.6, 4.766666666666666, (4.0402587409, 5.4930745925))],
)
def test_with_lambda_given_it_is_what_ppi_python_found(
    theirs: float, value: float, interval: tuple[float, float]
) -> None:
    """Figures of ppi-python 0.2.3, ppi_mean_pointestimate and ppi_mean_ci, 15 labels of 60 units."""
    unit = np.arange(60)
    judge = 1 + (unit * unit % 19) / 2
    human = np.where(unit < 15, judge * 0.7 + (unit * 5 % 7) / 2, np.nan)
    ours = powered_mean(human, judge, unit, tuning=theirs * 60 / 45)
    assert ours.powered.value == pytest.approx(value, abs=1e-9)
    assert 1.96 * 2 * ours.powered.se == pytest.approx(interval[1] - interval[0], rel=0.05)  # theirs: /n, not /(n-1)


def test_the_error_is_statsmodels_of_both_means_stacked() -> None:
    """Labels of single units of a question: its labelled and its other units depend on each other."""
    human, judge, clusters = _example(np.random.default_rng(1))
    there = ~np.isnan(human)
    slope = 0.8
    errors = human[there] - slope * judge[there]
    few, many = (np.sqrt(count / (count - 1)) for count in (len(set(clusters[there])), len(set(clusters))))
    stacked = np.concatenate([few * (errors - errors.mean()), many * slope * (judge - judge.mean())])
    which = np.repeat([0, 1], [there.sum(), len(judge)])
    fit = sm.OLS(stacked, np.eye(2)[which]).fit()
    robust = fit.get_robustcov_results(
        "cluster", groups=np.concatenate([clusters[there], clusters]), use_correction=False
    )
    ours = powered_mean(human, judge, clusters, tuning=slope)
    assert ours.powered.value == pytest.approx(errors.mean() + slope * judge.mean(), abs=1e-9)
    assert ours.powered.se == pytest.approx(float(np.sqrt(robust.cov_params().sum())), abs=1e-9)


def test_people_and_judge_alone_are_clustered_means() -> None:
    human, judge, clusters = _example(np.random.default_rng(2))
    there = ~np.isnan(human)
    found = powered_mean(human, judge, clusters)
    for ours, theirs in (
        (found.human, clustered_mean(human[there], clusters[there])),
        (found.judge, clustered_mean(judge, clusters)),
        (powered_mean(human, judge, clusters, tuning=0.0).powered, clustered_mean(human[there], clusters[there])),
    ):
        assert (ours.n, ours.clusters) == (theirs.n, theirs.clusters)
        assert (ours.value, ours.se, ours.low, ours.high) == pytest.approx(
            (theirs.value, theirs.se, theirs.low, theirs.high), abs=1e-9
        )


def test_lambda_is_the_slope_of_people_on_the_judge_and_no_other_has_less_error() -> None:
    rng = np.random.default_rng(3)
    judge = rng.normal(0, 1, 4000)
    human = np.where(np.arange(4000) < 500, 5 + 2 * judge + rng.normal(0, 1, 4000), np.nan)
    found = powered_mean(human, judge, np.arange(4000))
    assert found.tuning == pytest.approx(np.polyfit(judge[:500], human[:500], 1)[0], rel=0.02)
    few = [
        powered_mean(human, judge, np.arange(4000), tuning=found.tuning + step).powered.se for step in (-0.01, 0, 0.01)
    ]
    assert few[0] > few[1] < few[2]
    sample = judge[:500] - judge[:500].mean()
    lag = -np.sqrt(4000 / 3999) * (judge - judge.mean()) / 4000
    lag[:500] += np.sqrt(500 / 499) * sample / 500
    leverage = (judge.mean() - judge[:500].mean()) ** 2 / np.square(lag).sum()
    assert found.powered.se == pytest.approx(few[1] * np.sqrt((499 + leverage) / 498))
    assert found.df == 498


def test_a_judge_that_is_people_on_another_scale_leaves_only_the_error_of_the_units() -> None:
    truth = np.random.default_rng(4).normal(7, 1, 400)
    human = np.where(np.arange(400) < 30, truth, np.nan)
    found = powered_mean(human, truth / 10 - 3, np.arange(400))
    assert found.tuning == pytest.approx(10, rel=0.03)
    assert found.powered.value == pytest.approx(truth.mean(), abs=0.02)
    assert found.powered.se == pytest.approx(clustered_mean(truth, np.arange(400)).se, rel=0.05)
    assert found.floor == pytest.approx(found.powered.se**2, rel=0.01)
    assert found.effective_labels == pytest.approx(30 * (found.human.se / found.powered.se) ** 2)
    assert labels_to_halve(found) is None  # labels would add nothing: only more units would


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 10**6), st.integers(4, 25), st.floats(0.1, 50), st.floats(-20, 20))
def test_the_judge_s_scale_does_not_matter_and_the_interval_is_never_wider(
    seed: int, labels: int, times: float, plus: float
) -> None:
    human, judge, clusters = _example(np.random.default_rng(seed), 60, labels)
    found, rescaled = powered_mean(human, judge, clusters), powered_mean(human, times * judge + plus, clusters)
    assert _width(found) <= _human_width(found)
    assert found.effective_labels >= found.powered.n * 0.999
    assert rescaled.powered.value == pytest.approx(found.powered.value, abs=1e-6)
    assert _width(rescaled) == pytest.approx(_width(found), abs=1e-6)


@pytest.mark.parametrize(
    ("pool", "help_", "questions", "labels"),
    [
        (_scores, 0.0, 500, 20),
        (_scores, 0.8, 500, 200),
        (_points, 0.6, 500, 50),
        (_points, 0.8, 60, 20),
    ],
)
def test_95_percent_intervals_hold_people_s_mean_in_93_to_97_of_100(
    pool: Callable[[float, np.random.Generator], tuple[Floats, Floats]], help_: float, questions: int, labels: int
) -> None:
    """`labels` units of both turns of random questions: some are labelled twice, most in one turn."""
    rng = np.random.default_rng(labels)
    human, judge = pool(help_, rng)
    clusters = np.repeat(np.arange(questions), 2)
    found = []
    for _ in range(DRAWS):
        drawn = rng.integers(0, POOL, questions)
        there = np.full(2 * questions, np.nan)
        chosen = rng.permutation(2 * questions)[:labels]
        there[chosen] = human[drawn].ravel()[chosen]
        found.append(powered_mean(there, judge[drawn].ravel(), clusters))
    assert 0.93 <= np.mean([_held(one, human.mean()) for one in found]) <= 0.97
    widths = np.mean([_width(one) for one in found]) / np.mean([_human_width(one) for one in found])
    assert widths <= 1 if help_ == 0 else widths < 0.9


def _two_models(rng: np.random.Generator) -> tuple[Floats, Floats]:
    """(POOL, 2) points of people for model 0 and model 1 on a question, and of a judge that likes model 1."""
    ease = rng.normal(6, 1.5, (POOL, 1))
    human = ease + np.array([0, 0.4]) + rng.normal(0, 1, (POOL, 2))
    return human, human + np.array([0, 0.8]) + rng.normal(0, 0.8, (POOL, 2))


@pytest.mark.parametrize("paired", [True, False])
def test_a_difference_is_held_as_often_whether_or_not_the_labels_are_of_the_same_questions(paired: bool) -> None:
    rng = np.random.default_rng(10)
    human, judge = _two_models(rng)
    truth = float((human[:, 1] - human[:, 0]).mean())
    questions, labels = 200, 25
    models, clusters = np.tile([0, 1], questions), np.repeat(np.arange(questions), 2)
    there = np.arange(questions)[:, None] < labels
    labelled = np.hstack([there, there if paired else there[::-1]]).ravel()
    found = []
    for _ in range(DRAWS):
        drawn = rng.integers(0, POOL, questions)
        people = np.where(labelled, human[drawn].ravel(), np.nan)
        found.append(powered_difference(people, judge[drawn].ravel(), models, clusters))
    assert 0.93 <= np.mean([_held(one, truth) for one in found]) <= 0.97
    assert np.mean([one.judge.low <= truth <= one.judge.high for one in found]) < 0.01
    assert np.mean([_width(one) for one in found]) < 0.8 * np.mean([_human_width(one) for one in found])


def test_a_difference_on_the_same_units_is_the_mean_of_differences() -> None:
    rng = np.random.default_rng(11)
    human, judge = rng.normal(7, 1, (2, 90))
    human[:40] += judge[:40]
    people = np.where(np.arange(90) < 40, human, np.nan)
    other, others_judge = rng.normal(6, 1, (2, 90))
    both = powered_difference(
        np.concatenate([other + people * 0, people]),
        np.concatenate([others_judge, judge]),
        np.repeat([0, 1], 90),
        np.tile(np.arange(90), 2),
    )
    single = powered_mean(people - other, judge - others_judge, np.arange(90))
    assert both.powered.n == 80
    for ours, theirs in ((both.powered, single.powered), (both.human, single.human), (both.judge, single.judge)):
        assert (ours.value, ours.low, ours.high, ours.clusters) == pytest.approx(
            (theirs.value, theirs.low, theirs.high, theirs.clusters)
        )


def test_as_many_more_labels_as_it_says_halve_the_interval() -> None:
    rng = np.random.default_rng(12)
    human, judge = _two_models(rng)
    found = []
    for _ in range(300):
        drawn = rng.integers(0, POOL, 1000)
        people, verdicts = human[drawn, 0], judge[drawn, 0]
        first = powered_mean(np.where(np.arange(1000) < 20, people, np.nan), verdicts, np.arange(1000))
        more = labels_to_halve(first)
        assert more is not None
        then = powered_mean(np.where(np.arange(1000) < 20 + more, people, np.nan), verdicts, np.arange(1000))
        found.append((_width(then) / _width(first), more))
    ratio, labels = np.mean(found, axis=0)
    assert ratio == pytest.approx(0.495, abs=0.01)
    assert 50 < labels < 120


def test_labels_of_which_the_chance_is_known_hold_and_the_same_taken_for_random_ones_do_not() -> None:
    """Units that the judge scores low are labelled five times as often, as one would for the uncertain ones."""
    rng = np.random.default_rng(13)
    human, judge = (table[:, 0] for table in _scores(0.5, rng))
    weighted, naive = [], []
    for draw in range(DRAWS):
        drawn = rng.integers(0, POOL, 600)
        chances = np.where(human[drawn] + rng.normal(0, 1, 600) < 7, 0.3, 0.06)
        people = np.where(rng.random(600) < chances, human[drawn], np.nan)
        weighted.append(_held(powered_mean(people, judge[drawn], np.arange(600), chances), human.mean()))
        if draw < 200:
            naive.append(_held(powered_mean(people, judge[drawn], np.arange(600)), human.mean()))
    assert 0.93 <= np.mean(weighted) <= 0.97
    assert np.mean(naive) < 0.5


def test_where_the_judge_can_be_no_help_the_figure_is_that_of_people() -> None:
    human = np.array([7.0, 9, 4, np.nan, np.nan])
    for judge in (np.full(5, 6.0), np.array([6.0, 6.1, 6, 6.1, 6])):
        found = powered_mean(human, judge, np.arange(5))
        assert (found.tuning, found.df, found.powered) == (0, 2, found.human)
    two = powered_mean(np.array([7.0, 9, np.nan]), np.array([6.0, 8, 9]), np.arange(3))
    assert (two.tuning, two.powered) == (0, two.human)
    assert powered_mean(np.array([7.0, 9, 4]), np.array([6.0, 8, 3]), np.arange(3)).powered.value == pytest.approx(
        20 / 3
    )


def test_one_labelled_question_says_nothing_of_the_error() -> None:
    found = powered_mean(np.array([7.0, 9, np.nan]), np.array([6.0, 8, 9]), np.array([4, 4, 5]))
    assert (found.powered.value, found.powered.n, found.powered.clusters) == (8, 2, 1)
    assert np.isnan([found.powered.se, found.powered.low, found.human.high, found.effective_labels]).all()
    assert labels_to_halve(found) is None


def test_labels_that_are_all_alike_show_no_error_and_none_to_halve() -> None:
    found = powered_mean(np.array([7.0, 7, 7, np.nan]), np.array([6.0, 8, 9, 6]), np.arange(4))
    assert (found.powered.value, found.powered.se) == (7, 0)
    assert np.isnan(found.effective_labels)
    assert labels_to_halve(found) is None


def test_what_does_not_fit_is_a_bug() -> None:
    human, judge, clusters = np.array([7.0, np.nan]), np.array([6.0, 8]), np.arange(2)
    with pytest.raises(ValueError, match="differ in shape"):
        powered_mean(human, judge[:1], clusters)
    with pytest.raises(ValueError, match="did not judge"):
        powered_mean(human, human, clusters)
    with pytest.raises(ValueError, match="nothing is labelled"):
        powered_mean(human * np.nan, judge, clusters)
    with pytest.raises(ValueError, match="a model has no label"):
        powered_difference(human, judge, np.arange(2), clusters)
    with pytest.raises(ValueError, match="a model, 0 or 1"):
        powered_difference(human, judge, np.array([1, 2]), clusters)
    for chances in (np.ones(1), np.zeros(2), np.full(2, 1.5)):
        with pytest.raises(ValueError, match="a chance above 0"):
            powered_mean(human, judge, clusters, chances)
