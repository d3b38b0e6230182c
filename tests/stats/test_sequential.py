"""Looking after every question."""

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from mtbench.stats.sequential import anytime_p_values, confidence_sequence

SCORES, WINS = (-9.0, 9.0), (-1.0, 1.0)
ALPHA, DRAWS = 0.05, 2000
AT_MOST_ALPHA = ALPHA + 2 * np.sqrt(ALPHA * (1 - ALPHA) / DRAWS)


def _score_differences(rng: np.random.Generator, questions: int, difference: float, draws: int) -> NDArray[np.float64]:
    """Of two models' scores 1 to 10, both turns averaged; their sd is 1.6, and 10 cuts a part of the difference off."""
    ease = rng.normal(6.5, 1.5, (draws, questions, 1))
    a, b = (np.clip(np.rint(ease + s + rng.normal(0, 1.6, (draws, questions, 2))), 1, 10) for s in (0, difference))
    return np.asarray((b - a).mean(axis=2))


def _wins(rng: np.random.Generator, questions: int, rate: float, draws: int) -> NDArray[np.float64]:
    """−1, 0 or 1 by question."""
    return rng.choice((-1.0, 0.0, 1.0), (draws, questions), p=(0.8 - rate, 0.2, rate))


def _share_ever_missed(differences: NDArray[np.float64], true: NDArray[np.float64], population: int | None) -> float:
    bounds = SCORES if np.abs(differences).max() > 1 else WINS
    above, below = anytime_p_values(differences, true, bounds, population)
    return float(np.mean((above[:, -1] <= ALPHA / 2) | (below[:, -1] <= ALPHA / 2)))


def _share_asked(differences: NDArray[np.float64], population: int | None) -> tuple[float, float]:
    """How much of the questions it takes to say which model is better, and how often all do not say it."""
    above, below = anytime_p_values(differences, np.zeros(len(differences)), SCORES, population)
    is_open = np.minimum(above, below) > ALPHA / 2
    count = differences.shape[1]
    return float(np.minimum(is_open.sum(axis=1) + 1, count).mean()) / count, float(is_open[:, -1].mean())


@pytest.mark.parametrize("questions", [20, 80, 160])
@pytest.mark.parametrize("difference", [0.0, 0.2, 0.5, 1.0])
def test_the_truth_of_a_finite_set_is_ever_missed_at_most_as_often_as_alpha_says(
    difference: float, questions: int
) -> None:
    differences = _score_differences(np.random.default_rng(questions), questions, difference, DRAWS)
    assert _share_ever_missed(differences, differences.mean(axis=1), questions) <= AT_MOST_ALPHA
    # One set in many orders, instead of many sets.
    orders = np.random.default_rng(1).permuted(np.tile(differences[0], (DRAWS, 1)), axis=1)
    assert _share_ever_missed(orders, orders.mean(axis=1), questions) <= AT_MOST_ALPHA


@pytest.mark.parametrize("rate", [0.4, 0.5, 0.75])
def test_the_truth_of_wins_is_ever_missed_at_most_as_often_as_alpha_says_and_not_much_less(rate: float) -> None:
    wins = _wins(np.random.default_rng(2), 160, rate, DRAWS)
    true = np.full(DRAWS, 2 * rate - 0.8)
    endless = _share_ever_missed(wins, true, None)
    assert 0.01 <= endless <= AT_MOST_ALPHA
    assert 0.01 <= _share_ever_missed(wins, wins.mean(axis=1), 160) <= AT_MOST_ALPHA


@pytest.mark.parametrize("difference", [0.0, 0.5, 1.0])
def test_the_truth_of_an_endless_supply_is_ever_missed_at_most_as_often_as_alpha_says(difference: float) -> None:
    true = _score_differences(np.random.default_rng(3), 1, difference, 1_000_000).mean()
    differences = _score_differences(np.random.default_rng(4), 160, difference, DRAWS)
    assert _share_ever_missed(differences, np.full(DRAWS, true), None) <= AT_MOST_ALPHA


def test_a_rare_great_loss_does_not_mislead_it_as_it_does_a_t_test() -> None:
    rng = np.random.default_rng(5)
    differences = np.where(rng.random((DRAWS, 80)) < 0.02, -8.0, rng.choice((0.0, 0.5), (DRAWS, 80)))
    true = 0.02 * -8 + 0.98 * 0.25
    assert _share_ever_missed(differences, np.full(DRAWS, true), None) <= AT_MOST_ALPHA
    assert np.mean(stats.ttest_1samp(differences, true, axis=1).pvalue <= ALPHA) > 2 * ALPHA


def test_looking_at_a_t_interval_after_every_question_misses_the_truth_far_more_often() -> None:
    differences = _score_differences(np.random.default_rng(6), 80, 0.0, DRAWS)
    looks = [stats.ttest_1samp(differences[:, :n], 0, axis=1).pvalue <= ALPHA for n in range(5, 81, 5)]
    assert np.any(looks, axis=0).mean() > 3 * ALPHA


@pytest.mark.parametrize(
    ("difference", "questions", "asked", "undecided"),
    [
        (0.2, 80, 0.93, 0.3),
        (0.5, 80, 0.78, 0.06),
        (1.0, 80, 0.52, 0.01),
        (0.5, 160, 0.56, 0.01),
        (1.0, 160, 0.31, 0.01),
    ],
)
def test_a_clear_difference_takes_a_part_of_the_questions(
    difference: float, questions: int, asked: float, undecided: float
) -> None:
    differences = _score_differences(np.random.default_rng(7), questions, difference, DRAWS)
    share, is_open = _share_asked(differences, questions)
    assert share <= asked
    assert is_open <= undecided


def test_what_is_decided_is_decided_rightly() -> None:
    differences = _score_differences(np.random.default_rng(8), 80, 0.2, DRAWS)
    above, below = anytime_p_values(differences, np.zeros(DRAWS), SCORES, 80)
    wrong = np.where(differences.mean(axis=1) > 0, below[:, -1], above[:, -1]) <= ALPHA / 2
    assert wrong.mean() <= ALPHA / 2


@pytest.mark.parametrize("population", [None, 60, 90])
def test_the_interval_holds_the_bars_that_are_not_rejected(population: int | None) -> None:
    differences = _score_differences(np.random.default_rng(9), 60, 0.8, 1)[0]
    lows, highs = confidence_sequence(differences, ALPHA, SCORES, population)
    for t in (5, 30, 59):
        above, _ = anytime_p_values(differences[: t + 1], lows[t] - 1e-9, SCORES, population)
        inside, _ = anytime_p_values(differences[: t + 1], min(lows[t] + 0.011, 9.0), SCORES, population)
        assert above[-1] <= ALPHA / 2 or lows[t] <= -8.9
        assert inside[-1] > ALPHA / 2 or lows[t] + 0.011 > highs[t]
        _, below = anytime_p_values(differences[: t + 1], highs[t] + 1e-9, SCORES, population)
        assert below[-1] <= ALPHA / 2 or highs[t] >= 8.9


def test_once_all_questions_have_come_their_mean_is_known() -> None:
    differences = _score_differences(np.random.default_rng(10), 40, 0.3, 1)[0]
    lows, highs = confidence_sequence(differences, ALPHA, SCORES, 40)
    assert lows[-1] == pytest.approx(differences.mean(), abs=1e-9)
    assert highs[-1] == pytest.approx(differences.mean(), abs=1e-9)
    above, below = anytime_p_values(differences, differences.mean() - 0.01, SCORES, 40)
    assert (above[-1], below[-1] > ALPHA) == (0, True)


SETS = st.lists(st.sampled_from([-1.0, -0.5, 0.0, 0.5, 1.0]), min_size=1, max_size=40)


@settings(deadline=None)
@given(SETS, st.sampled_from([None, 0, 30]))
def test_it_narrows_and_is_the_mirror_of_the_other_model_s(values: list[float], more: int | None) -> None:
    differences = np.array(values)
    population = None if more is None else len(values) + more
    lows, highs = confidence_sequence(differences, ALPHA, WINS, population)
    assert (np.diff(lows) >= -1e-12).all()
    assert (np.diff(highs) <= 1e-12).all()
    mirrored_lows, mirrored_highs = confidence_sequence(-differences, ALPHA, WINS, population)
    np.testing.assert_allclose(mirrored_lows, -highs, atol=1e-9)
    np.testing.assert_allclose(mirrored_highs, -lows, atol=1e-9)


@settings(deadline=None)
@given(SETS, SETS, st.floats(-1, 1))
def test_what_comes_later_changes_nothing_said_before(values: list[float], later: list[float], bar: float) -> None:
    now, then = np.array(values), np.array(values + later)
    for before, after in zip(anytime_p_values(now, bar, WINS, 80), anytime_p_values(then, bar, WINS, 80), strict=True):
        np.testing.assert_array_equal(before, after[: len(now)])


def test_only_wins_and_then_a_loss_stay_finite() -> None:
    wins = np.append(np.ones(400), [-1.0, -1.0])
    lows, highs = confidence_sequence(wins, ALPHA, WINS)
    assert np.isfinite(lows).all()
    assert lows[399] <= lows[-1] < wins.mean() < highs[-1] <= 1


def test_a_look_takes_milliseconds() -> None:
    differences = _score_differences(np.random.default_rng(11), 160, 0.3, 1)[0]
    confidence_sequence(differences, ALPHA, SCORES, 160)
    start = time.process_time()
    confidence_sequence(differences, ALPHA, SCORES, 160)
    assert time.process_time() - start < 0.5


def test_what_cannot_be_is_a_bug() -> None:
    with pytest.raises(ValueError, match="not within"):
        confidence_sequence(np.array([2.0]), ALPHA, WINS)
    with pytest.raises(ValueError, match="without replacement"):
        confidence_sequence(np.zeros(3), ALPHA, WINS, 2)
