"""The length-controlled win rate: as an independent logistic regression has it, and held as often as is said."""

import numpy as np
import pytest
import statsmodels.api as sm
from numpy.typing import NDArray
from scipy.special import expit
from scipy.stats import t

from mtbench.stats.games import Floats
from mtbench.stats.length_control import (
    LengthControlled,
    length_controlled,
    length_controlled_models,
    question_difficulty,
)
from mtbench.stats.winrate_intervals import clustered_win_rate

Codes = NDArray[np.intp]
CHARACTERS = 300.0
ORDERS = 2


def judged(
    questions: int, rng: np.random.Generator, effect: float = 0.9, spread: float = 0.7
) -> tuple[Floats, Floats, Codes]:
    """Points, differences in length and questions of a model that writes longer, judged twice on every question."""
    differences = rng.normal(0.4, 1, questions)
    logits = 0.6 + effect * np.tanh(differences) + rng.normal(0, spread, questions)
    drawn = rng.random((ORDERS, questions))
    points = np.where(drawn < 0.2, 0.5, drawn < 0.2 + 0.8 * expit(logits))
    return points.ravel(), np.tile(CHARACTERS * differences, ORDERS), np.tile(np.arange(questions), ORDERS)


def judged_models(
    questions: int, rng: np.random.Generator, confounded: float = 0.0
) -> tuple[Codes, Floats, Floats, Codes]:
    """Three models on the same questions, some of which are easier, and answered at greater length if `confounded`."""
    easy = rng.normal(0, 1, questions)
    own = rng.normal(0.3, 1, (3, questions))
    differences = confounded * easy + np.sqrt(1 - confounded**2) * own
    logits = np.array([[0.6], [-0.5], [1.0]]) + 0.8 * np.tanh(differences) + 1.2 * easy
    points = (rng.random((ORDERS, 3, questions)) < expit(logits)).astype(np.float64)
    model, question = np.indices((3, questions))
    flat = [np.tile(part.ravel(), ORDERS) for part in (model, differences, question)]
    return flat[0], points.ravel(), flat[1], flat[2]


def held(found: list[LengthControlled], truth: LengthControlled) -> tuple[float, float]:
    """How often the intervals of the controlled win rate and of the effect hold the truth."""
    rates = [one.controlled.low <= truth.controlled.value <= one.controlled.high for one in found]
    effects = [one.length.low <= truth.length.value <= one.length.high for one in found]
    return float(np.mean(rates)), float(np.mean(effects))


def test_it_is_the_logistic_regression_of_statsmodels() -> None:
    points, differences, questions = judged(60, np.random.default_rng(1))
    found = length_controlled(points, differences, questions)
    assert found.sd == pytest.approx(np.std(differences, ddof=1))
    design = np.column_stack([np.ones(len(points)), np.tanh(differences / found.sd)])
    gee = sm.GEE(points, design, questions, family=sm.families.Binomial(), cov_struct=sm.cov_struct.Independence())
    fit = gee.fit(ctol=1e-12, cov_type="bias_reduced")  # Mancl and DeRouen 2001
    errors = np.sqrt(59 / 60) * fit.bse
    assert found.length.value == pytest.approx(fit.params[1], rel=1e-6)
    assert found.length.se == pytest.approx(errors[1], rel=1e-6)
    assert found.length.high == pytest.approx(fit.params[1] + t.ppf(0.975, 59) * errors[1], rel=1e-6)
    assert found.controlled.value == pytest.approx(expit(fit.params[0]), rel=1e-6)
    ends = fit.params[0] + t.ppf(0.975, 59) * errors[0] * np.array([-1, 1])
    assert [found.controlled.low, found.controlled.high] == pytest.approx(expit(ends).tolist(), rel=1e-6)
    assert found.win_rate == clustered_win_rate(points, questions)
    assert (found.controlled.n, found.controlled.clusters, found.difficulty, found.note) == (120, 60, None, "")


def test_error_with_difficulty_is_that_of_fits_without_one_question_each() -> None:
    """The coefficients one step of Newton's method from those of all questions, the mean over the questions left."""
    models, points, differences, questions = judged_models(70, np.random.default_rng(2))
    gamma = question_difficulty(models, points, differences, questions)
    own = models == 1
    y, hardness, clusters = points[own], gamma[own], questions[own]
    found = length_controlled(y, differences[own], clusters, hardness)
    assert found.difficulty is not None
    design = np.column_stack([np.ones(own.sum()), np.tanh(differences[own] / found.sd), hardness])
    model = sm.GLM(y, design, family=sm.families.Binomial())
    all_of_it = model.fit(tol=1e-14)
    chance = expit(all_of_it.params[0] + all_of_it.params[2] * hardness)
    at_equal_length = design * [1, 0, 1]
    changes, refits = [], []
    for code in range(70):
        rest = clusters != code
        weights = (all_of_it.fittedvalues * (1 - all_of_it.fittedvalues))[rest, None]
        gradient = design[rest].T @ (y - all_of_it.fittedvalues)[rest]
        step = np.linalg.solve((design[rest] * weights).T @ design[rest], gradient)
        slope = at_equal_length.T @ (chance * (1 - chance)) / len(y)
        changes.append([*step[1:], slope @ step + chance[rest].mean() - chance.mean()])
        refit = sm.GLM(y[rest], design[rest], family=sm.families.Binomial()).fit().params
        without = expit(refit[0] + refit[2] * hardness[rest]).mean()
        refits.append([*(refit - all_of_it.params)[1:], without - chance.mean()])
    assert [found.length.value, found.difficulty.value] == pytest.approx(all_of_it.params[1:].tolist(), rel=1e-6)
    assert found.controlled.value == pytest.approx(chance.mean(), rel=1e-6)
    errors = [found.length.se, found.difficulty.se, found.controlled.se]
    assert errors == pytest.approx(np.sqrt(69 / 70 * np.square(changes).sum(axis=0)).tolist(), rel=1e-6)
    assert errors == pytest.approx(np.sqrt(69 / 70 * np.square(refits).sum(axis=0)).tolist(), rel=0.05)


@pytest.mark.parametrize(("questions", "draws"), [(20, 2000), (80, 800), (500, 500)])
def test_intervals_hold_the_truth_in_95_of_100(questions: int, draws: int) -> None:
    rng = np.random.default_rng(3)
    truth = length_controlled(*judged(100_000, rng))
    assert truth.win_rate.value - truth.controlled.value > 0.02
    rate, effect = held([length_controlled(*judged(questions, rng)) for _ in range(draws)], truth)
    assert 0.93 < rate < 0.97
    assert 0.93 < effect < 0.97


def test_intervals_with_difficulty_hold_the_truth_in_95_of_100() -> None:
    rng = np.random.default_rng(4)
    truth = length_controlled_models(*judged_models(30_000, rng))
    drawn = [length_controlled_models(*judged_models(80, rng)) for _ in range(170)]
    rate, effect = np.mean([held([one[model] for one in drawn], truth[model]) for model in range(3)], axis=0)
    assert 0.93 < rate < 0.97
    assert 0.93 < effect < 0.97


def test_where_length_has_no_effect_its_interval_holds_0_and_the_win_rate_stays() -> None:
    rng = np.random.default_rng(5)
    found = [length_controlled(*judged(80, rng, effect=0)) for _ in range(400)]
    assert 0.93 < np.mean([one.length.low <= 0 <= one.length.high for one in found]) < 0.97
    assert abs(np.mean([one.controlled.value - one.win_rate.value for one in found])) < 0.004


def test_difficulty_takes_out_part_of_what_length_and_difficulty_share() -> None:
    models, points, differences, questions = judged_models(30_000, np.random.default_rng(6), confounded=0.5)
    own = models == 0
    truth = expit(0.6 + 1.2 * np.random.default_rng(7).normal(size=1_000_000)).mean()
    without = length_controlled(points[own], differences[own], questions[own])
    with_it = length_controlled_models(models, points, differences, questions)[0]
    assert with_it.difficulty is not None
    assert with_it.difficulty.low > 0
    assert abs(with_it.controlled.value - truth) < 0.8 * abs(without.controlled.value - truth)


def test_difficulty_of_a_question_is_what_the_other_models_found() -> None:
    models, points, differences, questions = judged_models(40, np.random.default_rng(8))
    gamma = question_difficulty(models, points, differences, questions)
    turned = points.copy()
    turned[models == 0] = 1 - turned[models == 0]
    again = question_difficulty(models, turned, differences, questions)
    assert np.allclose(gamma[models == 0], again[models == 0])
    assert not np.any(np.isclose(gamma[models == 1], again[models == 1]))
    for model in range(3):
        assert len(np.unique(gamma[models == model].round(12))) == 40


def test_a_model_without_company_on_some_question_is_fitted_without_difficulty() -> None:
    models, points, differences, questions = judged_models(40, np.random.default_rng(9))
    kept = (models == 0) | (questions < 30)
    found = length_controlled_models(models[kept], points[kept], differences[kept], questions[kept])
    own = models == 0
    assert found[0].difficulty is None
    assert found[0] == length_controlled(points[own], differences[own], questions[own])
    assert found[1].difficulty is not None
    alone = length_controlled_models(models[own], points[own], differences[own], questions[own])
    assert alone == [found[0]]


def test_a_model_that_won_every_game_says_nothing_of_difficulty() -> None:
    models, points, differences, questions = judged_models(40, np.random.default_rng(10))
    kept = models < 2
    points[models == 1] = 1
    found = length_controlled_models(models[kept], points[kept], differences[kept], questions[kept])
    assert found[0].difficulty is None
    assert found[1].controlled.value == 1
    assert found[1].difficulty is not None
    assert np.isnan(found[1].difficulty.value)


@pytest.mark.parametrize(("result", "word"), [(1.0, "won"), (0.0, "lost")])
def test_a_model_that_won_or_lost_all_has_its_win_rate_and_no_effect(result: float, word: str) -> None:
    differences = np.linspace(-100, 400, 40)
    found = length_controlled(np.full(40, result), differences, np.arange(40))
    assert found.controlled.value == found.win_rate.value == result
    assert np.isnan([found.controlled.low, found.controlled.high, found.length.value, found.length.se]).all()
    assert word in found.note


def test_a_model_that_won_all_with_longer_answers_is_not_known_at_equal_length() -> None:
    found = length_controlled(np.ones(40), np.linspace(1, 400, 40), np.arange(40))
    assert np.isnan(found.controlled.value)
    assert "won every game" in found.note


def test_wins_that_length_alone_foretells_have_no_estimate() -> None:
    differences = np.linspace(-100, 400, 40)
    found = length_controlled((differences > 50).astype(np.float64), differences, np.arange(40))
    assert np.isnan([found.controlled.value, found.length.value]).all()
    assert not np.isnan(found.win_rate.value)
    assert "no estimate" in found.note


def test_one_game_against_the_rule_is_enough_for_an_estimate() -> None:
    differences = np.linspace(-100, 400, 40)
    points = (differences > 50).astype(np.float64)
    points[3] = 1
    assert np.isfinite(length_controlled(points, differences, np.arange(40)).length.value)


def test_answers_as_long_as_the_baselines_leave_the_win_rate_as_it_is() -> None:
    points = np.array([1, 0.5, 0, 1, 1, 0.5])
    found = length_controlled(points, np.zeros(6), np.arange(6))
    assert found.controlled.value == pytest.approx(found.win_rate.value)
    assert found.controlled.se == pytest.approx(found.win_rate.se)
    assert np.isnan(found.length.value)
    assert "as long as" in found.note


def test_a_difference_that_never_changes_cannot_be_taken_out() -> None:
    found = length_controlled(np.array([1, 0.5, 0, 1]), np.full(4, 70.0), np.arange(4))
    assert np.isnan([found.length.value, found.controlled.value]).all()
    assert "are the same" in found.note


@pytest.mark.parametrize(("sign", "word"), [(1, "longer"), (-1, "shorter")])
def test_it_is_said_when_no_answer_was_of_equal_length(sign: int, word: str) -> None:
    points, differences, questions = judged(60, np.random.default_rng(11))
    found = length_controlled(points, sign * (np.abs(differences) + 1), questions)
    assert np.isfinite(found.controlled.value)
    assert f"always the {word}" in found.note


def test_one_question_has_no_error() -> None:
    found = length_controlled(np.array([1, 0.5, 0, 1]), np.array([1.0, 2, -1, 0]), np.zeros(4, np.intp))
    assert np.isfinite(found.controlled.value)
    assert np.isnan([found.controlled.se, found.length.low]).all()


def test_the_unit_of_length_does_not_matter_and_the_side_does() -> None:
    points, differences, questions = judged(60, np.random.default_rng(12))
    found = length_controlled(points, differences, questions)
    tokens = length_controlled(points, differences / 4, questions)
    assert tokens.controlled.value == pytest.approx(found.controlled.value)
    assert tokens.length.value == pytest.approx(found.length.value)
    baseline = length_controlled(1 - points, -differences, questions)
    assert baseline.controlled.value == pytest.approx(1 - found.controlled.value)
    assert baseline.length.value == pytest.approx(found.length.value)


@pytest.mark.parametrize(
    ("points", "differences", "difficulty"),
    [
        ([1, 0], [1], None),
        ([1, 0], [1, np.nan], None),
        ([1, 0], [1, 2], [1]),
        ([1, 0], [1, 2], [np.inf, 0]),
        ([1, 2], [1, 2], None),
        ([], [], None),
    ],
)
def test_what_is_no_game_is_refused(
    points: list[float], differences: list[float], difficulty: list[float] | None
) -> None:
    hardness = None if difficulty is None else np.array(difficulty, np.float64)
    lists = np.array(points, np.float64), np.array(differences, np.float64), np.arange(len(points))
    with pytest.raises(ValueError, match=r"finite|from 0 to 1|as long as"):
        length_controlled(*lists, hardness)


def test_lists_of_models_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="of one length"):
        length_controlled_models(np.zeros(2, np.intp), np.ones(3), np.ones(3), np.arange(3))
    with pytest.raises(ValueError, match="as long as each other"):
        length_controlled_models(np.array([0, 2]), np.ones(2), np.array([1.0, -1]), np.arange(2))
