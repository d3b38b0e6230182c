"""Style-controlled ratings: as an independent logistic regression has them, and held as often as is said."""

import numpy as np
import pytest
import statsmodels.api as sm
from numpy.typing import NDArray
from scipy.special import expit
from scipy.stats import t

from mtbench.stats.games import Floats, count_games
from mtbench.stats.rating_intervals import sandwich
from mtbench.stats.ratings import SCALE, Anchor
from mtbench.stats.style_control import StyleControlled, relative_differences, style_controlled

Codes = NDArray[np.intp]
STRENGTHS = np.array([0.9, 0.1, -1.0])
EFFECTS = np.array([0.5, -0.2, 0.3, 0.0])
"""Of features whose differences have a root mean square of SPREAD. The last has no effect."""
ORNATE = 0.4 * np.arange(3)
"""How much more style the models have: the weakest the most."""
SPREAD = float(np.sqrt(2 + np.mean([0.4**2, 0.8**2, 0.4**2])))
TRUTH = 1000 + SCALE * (STRENGTHS - STRENGTHS.mean())
FIRST, SECOND = np.triu_indices(3, 1)


def battles(questions: int, rng: np.random.Generator, orders: int = 2) -> tuple[Codes, Codes, Floats, Floats, Codes]:
    """Every pair on every question, in both orders. Half of what decides a game, all games of the question share; two
    halves that fall apart are a tie. The chance of each game is still that of the model, to the letter.
    """
    style = rng.normal(0, 1, (questions, 3, 4)) + ORNATE[:, None]
    differences = style[:, FIRST] - style[:, SECOND]
    chance = expit(STRENGTHS[FIRST] - STRENGTHS[SECOND] + differences @ EFFECTS)[None, :, None]
    shape = (2, questions, orders, 3)
    drawn = np.where(rng.random(shape) < 0.5, rng.random((questions, 1, 1)), rng.random(shape))
    points = (drawn < chance).mean(axis=0)
    first, second, question = (
        np.broadcast_to(part, points.shape).ravel() for part in (FIRST, SECOND, np.arange(questions)[:, None, None])
    )
    rows = np.broadcast_to(differences[:, None], (*points.shape, 4)).reshape(-1, 4)
    return first, second, points.ravel(), rows, question


def controlled(questions: int, rng: np.random.Generator) -> StyleControlled:
    first, second, points, differences, question = battles(questions, rng)
    return style_controlled(first, second, points, differences, 3, question)


def columns(first: Codes, second: Codes, features: Floats, models: int) -> Floats:
    strengths = np.eye(models)[first] - np.eye(models)[second]
    return np.column_stack([strengths[:, 1:], features])


@pytest.mark.parametrize(("questions", "draws"), [(20, 450), (80, 450), (500, 220)])
def test_intervals_hold_the_truth_in_95_of_100(questions: int, draws: int) -> None:
    """On average over effects and over ratings, and each by itself as near as so many draws can tell."""
    rng = np.random.default_rng(20)
    found = [controlled(questions, rng) for _ in range(draws)]
    low, high = (np.array([[getattr(e, end) for e in one.effects] for one in found]) for end in ("low", "high"))
    effects = np.mean((low <= EFFECTS * SPREAD) & (high >= EFFECTS * SPREAD), axis=0)
    ratings = np.mean([(one.controlled.low <= TRUTH) & (one.controlled.high >= TRUTH) for one in found], axis=0)
    for held in (effects, ratings):
        assert 0.93 < held.mean() < 0.97, held
        assert np.all((held > 0.915) & (held < 0.985)), held


def test_effect_of_style_is_taken_out_of_ratings() -> None:
    found = controlled(20_000, np.random.default_rng(21))
    assert found.controlled.ratings.rating == pytest.approx(TRUTH, abs=10)
    assert found.plain.ratings.rating[2] > TRUTH[2] + 50
    assert [one.value for one in found.effects] == pytest.approx(EFFECTS * SPREAD, abs=0.05)
    assert found.scales == pytest.approx(SPREAD, rel=0.02)
    assert found.reasons == ("",) * 4
    assert found.note == ""


def test_estimates_are_those_of_statsmodels() -> None:
    first, second, points, differences, question = battles(60, np.random.default_rng(22))
    found = style_controlled(first, second, points, differences, 3, question, anchor=Anchor(0, 0))
    design = columns(first, second, differences / found.scales, 3)
    fit = sm.GLM(points, design, family=sm.families.Binomial()).fit(tol=1e-14)
    assert found.controlled.ratings.rating == pytest.approx([0, *SCALE * fit.params[:2]], rel=1e-6)
    assert [one.value for one in found.effects] == pytest.approx(fit.params[2:], rel=1e-6)
    plain = sandwich(count_games(first, second, points, 3, question), anchor=Anchor(0, 0))
    assert np.array_equal(found.plain.high, plain.high)
    assert {(one.n, one.clusters) for one in found.effects} == {(len(points), 60)}


def test_errors_are_those_of_leaving_out_one_question_at_a_time() -> None:
    """To one step of Newton's method, as Mancl and DeRouen have it in statsmodels. The sandwich has less."""
    rng = np.random.default_rng(23)
    parts = battles(60, rng)
    kept = rng.random(len(parts[2])) < 0.8  # questions then differ in size
    first, second, question = parts[0][kept], parts[1][kept], parts[4][kept]
    points, differences = parts[2][kept], parts[3][kept]
    found = style_controlled(first, second, points, differences, 3, question, anchor=Anchor(0, 0))
    design = columns(first, second, differences / found.scales, 3)
    gee = sm.GEE(points, design, question, family=sm.families.Binomial(), cov_struct=sm.cov_struct.Independence())
    fit = gee.fit(ctol=1e-12, cov_type="bias_reduced")
    errors = np.array([*found.controlled.se[1:] / SCALE, *(one.se for one in found.effects)])
    assert found.controlled.se[0] == 0
    assert errors == pytest.approx(np.sqrt(59 / 60) * fit.bse, rel=1e-6)
    assert found.effects[0].high == pytest.approx(found.effects[0].value + t.ppf(0.975, 59) * errors[2])
    robust = gee.fit(ctol=1e-12, cov_type="robust").bse
    assert np.all((robust < errors) & (errors < 1.2 * robust))


def test_votes_are_clusters_of_one_game() -> None:
    first, second, points, differences, _ = battles(60, np.random.default_rng(25), orders=1)
    votes = style_controlled(first, second, points, differences, 3)
    each = style_controlled(first, second, points, differences, 3, np.arange(len(points)))
    assert votes.effects == each.effects
    assert np.array_equal(votes.controlled.se, each.controlled.se)
    assert votes.effects[0].clusters == len(points)


def test_who_is_named_first_does_not_matter() -> None:
    first, second, points, differences, question = battles(40, np.random.default_rng(26))
    found = style_controlled(first, second, points, differences, 3, question)
    turned = np.random.default_rng(27).random(len(points)) < 0.5
    one, other = np.where(turned, second, first), np.where(turned, first, second)
    points, signs = np.where(turned, 1 - points, points), np.where(turned, -1, 1)
    again = style_controlled(one, other, points, differences * signs[:, None], 3, question)
    assert again.controlled.low == pytest.approx(found.controlled.low)
    assert [e.low for e in again.effects] == pytest.approx([e.low for e in found.effects])


def test_without_features_the_ratings_are_the_plain_ones() -> None:
    first, second, points, differences, question = battles(40, np.random.default_rng(28))
    found = style_controlled(first, second, points, differences[:, :0], 3, question)
    assert (found.effects, found.reasons) == ((), ())
    assert found.controlled.ratings.rating == pytest.approx(found.plain.ratings.rating)
    assert found.controlled.se == pytest.approx(found.plain.se, rel=0.05)


def test_a_feature_that_never_differs_has_no_effect_and_does_no_harm() -> None:
    first, second, points, differences, question = battles(40, np.random.default_rng(29))
    plain = style_controlled(first, second, points, differences, 3, question)
    idle = np.column_stack([differences, np.zeros(len(points))])
    found = style_controlled(first, second, points, idle, 3, question)
    assert np.isnan([found.effects[4].value, found.effects[4].low]).all()
    assert found.reasons == ("", "", "", "", "no two answers differ in it")
    assert found.effects[0].high == pytest.approx(plain.effects[0].high)
    assert found.controlled.se == pytest.approx(plain.controlled.se)


def test_features_that_are_the_same_cannot_be_told_apart() -> None:
    first, second, points, differences, question = battles(40, np.random.default_rng(30))
    plain = style_controlled(first, second, points, differences[:, :2], 3, question)
    found = style_controlled(first, second, points, differences[:, [0, 1, 1]] * [1, 1, -3], 3, question)
    assert np.isnan([found.effects[1].value, found.effects[2].se]).all()
    assert found.reasons[0] == ""
    assert found.reasons[1] == found.reasons[2]
    assert "told apart" in found.reasons[1]
    assert found.effects[0].value == pytest.approx(plain.effects[0].value)
    assert found.controlled.high == pytest.approx(plain.controlled.high)


def test_style_that_goes_with_the_model_cannot_be_told_from_its_strength() -> None:
    rng = np.random.default_rng(31)
    first, second, points = np.zeros(40, np.intp), np.ones(40, np.intp), rng.integers(0, 2, 40).astype(np.float64)
    found = style_controlled(first, second, points, np.full((40, 1), 0.2), 2, np.arange(40))
    assert np.isnan(found.controlled.ratings.rating).all()
    assert np.isnan(found.controlled.low).all()
    assert found.controlled.ratings.rated == ()
    assert "told apart" in found.reasons[0]
    assert np.isfinite(found.plain.ratings.rating).all()


def test_style_that_foretells_every_game_has_no_estimate() -> None:
    first, second, _, differences, question = battles(40, np.random.default_rng(32))
    points = (differences[:, 0] > 0).astype(np.float64)
    found = style_controlled(first, second, points, differences, 3, question)
    assert "no estimate is finite" in found.note
    assert found.reasons == (found.note,) * 4
    assert np.isnan([one.value for one in found.effects]).all()
    assert np.isnan(found.controlled.ratings.rating).all()
    assert np.isfinite(found.plain.low).all()


def test_models_off_the_scale_stay_off_it() -> None:
    """The fourth never lost, the fifth never won, and the sixth met nobody."""
    first, second, points, differences, question = battles(40, np.random.default_rng(33))
    plain = style_controlled(first, second, points, differences, 3, question)
    first, second = np.append(first, [3, 4]), np.append(second, [0, 1])
    points, question = np.append(points, [1, 0]), np.append(question, [0, 1])
    differences = np.concatenate([differences, np.full((2, 4), 99.0)])
    found = style_controlled(first, second, points, differences, 6, question)
    assert found.controlled.ratings.rating[:3] == pytest.approx(plain.controlled.ratings.rating)
    assert found.controlled.ratings.rating[3:].tolist() == pytest.approx([np.inf, -np.inf, np.nan], nan_ok=True)
    assert np.isnan(found.controlled.se[3:]).all()
    assert found.effects == plain.effects
    assert found.controlled.ratings.rated == (0, 1, 2)


def test_models_that_cannot_be_compared_leave_style_unknown() -> None:
    found = style_controlled(np.zeros(2, np.intp), np.ones(2, np.intp), np.ones(2), np.array([[0.1], [0.2]]), 2)
    assert found.note == "no two models can be compared"
    assert found.controlled.ratings.rating.tolist() == [np.inf, -np.inf]
    assert np.isnan([found.effects[0].value, found.scales[0]]).all()


def test_one_question_has_no_error() -> None:
    first, second, points, differences, _ = battles(40, np.random.default_rng(34))
    found = style_controlled(first, second, points, differences, 3, np.zeros(len(points), np.intp))
    assert np.isfinite(found.effects[0].value)
    assert np.isnan([found.effects[0].se, found.controlled.low[0]]).all()


def test_what_one_question_alone_tells_of_shows_too_small_an_error() -> None:
    """As in the sandwich: only what other questions add to it is seen. The others' errors are as they were."""
    first, second, points, differences, question = battles(40, np.random.default_rng(35))
    plain = style_controlled(first, second, points, differences, 3, question)
    rare = np.where(question == 0, np.random.default_rng(36).normal(size=len(points)), 0)
    with_it = np.column_stack([differences, rare])
    found = style_controlled(first, second, points, with_it, 3, question)
    games = style_controlled(first, second, points, with_it, 3)
    assert 0 < found.effects[4].se < 0.5 * games.effects[4].se
    assert [one.se for one in found.effects[:4]] == pytest.approx([one.se for one in plain.effects], rel=0.1)


def test_relative_differences_are_shares_and_0_where_neither_has_any() -> None:
    found = relative_differences([[30, 0, 2], [100, 0, 1]], [[10, 0, 0], [300, 4, 1]])
    assert found.tolist() == [[0.5, 0, 1], [-0.5, -1, 0]]


@pytest.mark.parametrize(
    ("first", "second"), [([1.0, 2.0], [1.0]), ([-1.0], [2.0]), ([1.0], [np.inf]), ([np.nan], [1.0])]
)
def test_what_is_no_count_is_refused(first: list[float], second: list[float]) -> None:
    with pytest.raises(ValueError, match=r"as many|finite"):
        relative_differences(first, second)


@pytest.mark.parametrize("differences", [np.ones(2), np.ones((3, 1)), np.array([[1.0], [np.nan]])])
def test_differences_that_do_not_fit_the_games_are_refused(differences: Floats) -> None:
    with pytest.raises(ValueError, match="row of finite differences"):
        style_controlled(np.array([0, 1]), np.array([1, 0]), np.ones(2), differences, 2)
