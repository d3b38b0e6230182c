"""What a judge gives one side where both are equally good."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats
from statsmodels.sandbox.regression.gmm import IV2SLS

from mtbench.stats.equal_quality import at_equal_quality
from mtbench.stats.estimates import Estimate
from mtbench.stats.games import Floats

DRAWS = 2000


def votes(chance: Floats, rng: np.random.Generator) -> Floats:
    """Points 1, 0.5 and 0 that are worth `chance` on average."""
    return (rng.random(chance.shape) < chance) / 2 + (rng.random(chance.shape) < chance) / 2


def quality(shape: tuple[int, ...], better: float, rng: np.random.Generator) -> Floats:
    """What others would give, from 0 to 1."""
    return np.asarray(rng.beta(1.2 + better, 1.2, shape), np.float64)


def found(judge: Floats, others: Floats, per_question: int = 1) -> Estimate:
    """`others` (voters, n)."""
    n = len(judge)
    return at_equal_quality(judge, np.arange(n) // per_question, others.ravel(), np.tile(np.arange(n), len(others)))


def test_it_is_two_stage_least_squares_with_each_of_two_voters_for_the_other() -> None:
    rng = np.random.default_rng(1)
    q = quality((200,), 1.0, rng)
    judge, others = votes(0.1 + 0.8 * q, rng), votes(np.stack([q, q]), rng)
    y, x, z = np.tile(judge, 2) - 0.5, others.ravel() - 0.5, others[::-1].ravel() - 0.5
    one = np.ones(len(y))
    theirs = IV2SLS(y, np.column_stack([one, x]), np.column_stack([one, z])).fit()
    assert found(judge, others).value == pytest.approx(theirs.params[0], abs=1e-9)


def test_without_error_in_the_votes_it_is_the_regression_on_them() -> None:
    rng = np.random.default_rng(2)
    q = quality((80,), 0.5, rng)
    judge = votes(q, rng)
    value = np.polyfit(q - 0.5, judge - 0.5, 1)[1]
    ours = found(judge, np.stack([q, q, q]))
    assert ours.value == pytest.approx(value, abs=1e-9)
    without = [np.polyfit(np.delete(q, each) - 0.5, np.delete(judge, each) - 0.5, 1)[1] for each in range(80)]
    assert ours.se == pytest.approx(np.sqrt(79 / 80 * np.sum((without - np.mean(without)) ** 2)))
    assert (ours.high - ours.low) / 2 == pytest.approx(stats.t.ppf(0.975, 78) * ours.se)


@pytest.mark.parametrize("better", [0.0, 1.5])
@pytest.mark.parametrize(("favour", "worth"), [(0.0, 1.0), (0.0, 0.0), (0.12, 0.7)])
@pytest.mark.parametrize("questions", [50, 200])
def test_its_interval_holds_what_was_put_in(questions: int, favour: float, worth: float, better: float) -> None:
    """A judge that gives 0.5 + favour + worth · (q − 0.5), to an own side that others find better or not."""
    rng = np.random.default_rng([questions, int(better), int(10 * worth)])
    held = known = 0
    for _ in range(DRAWS // 2):
        q = quality((questions,), better, rng)
        ours = found(votes(0.5 + favour + worth * (q - 0.5), rng), votes(np.stack([q, q, q]), rng))
        if not np.isnan(ours.value):
            known += 1
            held += ours.low <= favour <= ours.high
    assert known > 0.85 * DRAWS / 2
    assert 0.93 <= held / known <= 0.975


def test_the_plain_difference_blames_a_judge_that_tosses_coins_and_this_does_not() -> None:
    rng = np.random.default_rng(5)
    q = quality((400,), 1.5, rng)
    judge, others = votes(np.full(400, 0.5), rng), votes(np.stack([q, q]), rng)
    assert judge.mean() - others.mean() < -0.15
    ours = found(judge, others)
    assert ours.low < 0 < ours.high


def test_pairs_of_one_question_count_as_one() -> None:
    rng = np.random.default_rng(6)
    q = quality((100,), 0.0, rng)
    judge, others = votes(q, rng), votes(np.stack([q, q]), rng)
    alone = found(judge, others)
    twice = found(np.repeat(judge, 2), np.repeat(others, 2, axis=1), per_question=2)
    assert (twice.n, twice.clusters, alone.clusters) == (200, 100, 100)
    assert (twice.value, twice.se) == pytest.approx((alone.value, alone.se))


def test_pairs_with_one_voter_are_left_out() -> None:
    rng = np.random.default_rng(7)
    q = quality((90,), 0.0, rng)
    judge, others = votes(q, rng), votes(np.stack([q, q]), rng)
    points = np.concatenate([others.ravel(), rng.random(30)])
    pairs = np.concatenate([np.tile(np.arange(90), 2), np.arange(90, 120)])
    more = at_equal_quality(np.concatenate([judge, np.ones(30)]), np.arange(120), points, pairs)
    assert more == found(judge, others)


def unknown(estimate: Estimate) -> bool:
    return bool(np.isnan([estimate.value, estimate.low, estimate.high, estimate.se]).all())


def test_where_others_do_not_tell_pairs_apart_nothing_is_said() -> None:
    rng = np.random.default_rng(8)
    judge = votes(np.full(60, 0.7), rng)
    assert unknown(found(judge, np.full((3, 60), 0.5)))
    guesses = votes(np.full((2, 60), 0.5), rng)
    assert unknown(found(judge, guesses))
    assert unknown(found(judge[:2], rng.random((2, 2))))
    assert unknown(found(judge, rng.random((1, 60))))
    none: NDArray[np.float64] = np.zeros(0)
    assert unknown(at_equal_quality(judge, np.arange(60), none, np.zeros(0, np.intp)))


def test_shapes_that_do_not_fit_are_a_bug() -> None:
    one, codes = np.ones(3), np.arange(3)
    with pytest.raises(ValueError, match="shapes differ"):
        at_equal_quality(one, codes[:2], one, codes)
    with pytest.raises(ValueError, match="shapes differ"):
        at_equal_quality(one, codes, one, codes[:2])
    with pytest.raises(ValueError, match="has not judged"):
        at_equal_quality(one, codes, one, codes + 1)
