"""Whether a rule passes: decided by interval, and how often chance decides wrongly."""

from math import sqrt

import numpy as np
import pytest

from mtbench.reports.gate import Figure, Outcome, Rule, decide
from mtbench.stats.clustered import clustered_mean
from mtbench.stats.estimates import Estimate
from mtbench.stats.winrate_intervals import clustered_win_rate


def at(standard_errors: float, questions: int = 80) -> Estimate:
    """A score so many standard errors of 0.1 from 7."""
    value = 7 + 0.1 * standard_errors
    return Estimate(value, value - 0.199, value + 0.199, 0.1, questions, questions)


def test_more_rules_take_clearer_failures_and_more_questions() -> None:
    rule = Rule(Figure.SCORE, 7.0)
    (alone,) = decide([rule], [at(-2.5)], 0.05)
    assert alone.outcome is Outcome.FAIL
    among = decide([rule] * 8, [at(-2.5)] * 8, 0.05)
    assert {each.outcome for each in among} == {Outcome.INCONCLUSIVE}
    needed = among[0].questions
    assert needed is not None
    z = 2.734 + 0.842  # of alpha / 8, two-sided, and of a power of 80 %
    assert needed == pytest.approx(80 * (z / 2.5) ** 2, rel=0.04)


def test_what_is_open_never_takes_fewer_questions_than_there_are() -> None:
    for errors in np.linspace(-2.9, 1.98, 40).tolist():
        for decision in decide([Rule(Figure.SCORE, 7.0)] * 8, [at(errors)] * 8, 0.05):
            if decision.outcome is Outcome.INCONCLUSIVE:
                assert decision.questions is None or decision.questions > 80


@pytest.mark.parametrize("questions", [2, 4])
def test_few_questions_are_open_however_clear(questions: int) -> None:
    alike = Estimate(3.0, 3.0, 3.0, 0.0, questions, questions)
    (decision,) = decide([Rule(Figure.SCORE, 7.0)], [alike], 0.05)
    assert decision.outcome is Outcome.INCONCLUSIVE


def test_figures_that_need_more_questions_than_anyone_has_say_so() -> None:
    (decision,) = decide([Rule(Figure.SCORE, 7.0)], [at(0.01)], 0.05)
    assert decision.questions is None
    (decision,) = decide([Rule(Figure.SCORE, 7.0)], [at(0)], 0.05)
    assert decision.questions is None


@pytest.mark.parametrize("bar", [0.5, 0.8, 0.95])
@pytest.mark.parametrize("questions", [10, 80])
def test_a_win_rate_just_at_the_bar_seldom_passes_or_fails(bar: float, questions: int) -> None:
    rng = np.random.default_rng(3)
    codes = np.repeat(np.arange(questions), 2)
    rule = Rule(Figure.WIN_RATE, bar)
    outcomes = []
    for games in (rng.random((1000, questions)) < bar).astype(float):
        estimate = clustered_win_rate(np.repeat(games, 2), codes)
        outcomes.append(decide([rule], [estimate], 0.05)[0].outcome)
    assert outcomes.count(Outcome.PASS) < 50
    assert outcomes.count(Outcome.FAIL) < 65


def test_the_p_value_of_a_win_rate_agrees_with_its_interval() -> None:
    codes = np.arange(20)
    won = np.array([1.0] * 13 + [0.0] * 7)
    estimate = clustered_win_rate(won, codes)
    for bar in (estimate.low, estimate.high):
        assert decide([Rule(Figure.WIN_RATE, bar)], [estimate], 0.05)[0].p_value == pytest.approx(0.05)
    for bar, outcome in ((0.0, Outcome.PASS), (1.0, Outcome.FAIL)):
        assert decide([Rule(Figure.WIN_RATE, bar)], [estimate], 0.05)[0].outcome is outcome


def test_a_score_just_at_the_bar_passes_and_fails_as_often_as_alpha_says() -> None:
    rng = np.random.default_rng(4)
    codes = np.arange(40)
    outcomes = [
        decide([Rule(Figure.SCORE, 6.0)], [clustered_mean(scores, codes)], 0.05)[0].outcome
        for scores in rng.normal(6, 2, (2000, 40))
    ]
    for wrong in (Outcome.PASS, Outcome.FAIL):
        assert outcomes.count(wrong) / 2000 == pytest.approx(0.025, abs=4 * sqrt(0.025 * 0.975 / 2000))
