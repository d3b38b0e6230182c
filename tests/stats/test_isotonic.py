"""Judge scores on people's scale, and how well calibrated they are."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import isotonic_regression

from mtbench.stats.clustered import clustered_mean
from mtbench.stats.games import Codes, Floats
from mtbench.stats.isotonic import cross_fitted, fit_rising, reliability
from mtbench.stats.ppi import powered_mean

WHOLE = np.arange(0.5, 11)
"""A bin a score."""


def _judged(rng: np.random.Generator, questions: int) -> tuple[Floats, Floats, Codes]:
    """Two turns a question; the judge gives 8 to 10 for what people give 3 to 9 for."""
    ease = rng.uniform(3, 9, (questions, 1)) + rng.normal(0, 0.5, (questions, 2))
    judge = np.clip(np.rint(8 + (ease - 3) / 3 + rng.normal(0, 0.4, ease.shape)), 1, 10)
    human = np.clip(np.rint(ease + rng.normal(0, 0.8, ease.shape)), 1, 10)
    return judge.ravel(), human.ravel(), np.repeat(np.arange(questions), 2)


@given(st.lists(st.tuples(st.integers(1, 10), st.integers(1, 10), st.integers(1, 5)), min_size=1, max_size=60))
def test_it_is_scipy_s_isotonic_regression_of_the_means_by_score(rows: list[tuple[int, int, int]]) -> None:
    judge, human, weights = np.array(rows, dtype=np.float64).T
    scores = np.unique(judge)
    means = np.array([np.average(human[judge == score], weights=weights[judge == score]) for score in scores])
    mass = np.array([weights[judge == score].sum() for score in scores])
    found = fit_rising(judge, human, weights)
    assert found.judge.tolist() == scores.tolist()
    assert found.human == pytest.approx(isotonic_regression(means, weights=mass).x, abs=1e-9)
    assert np.average(found(judge), weights=weights) == pytest.approx(np.average(human, weights=weights))


def test_it_is_scipy_s_on_thousands_of_scores_that_all_differ() -> None:
    rng = np.random.default_rng(1)
    judge, human = rng.uniform(1, 10, (2, 5000))
    human += judge / 3
    order = np.argsort(judge)
    assert fit_rising(judge, human).human == pytest.approx(isotonic_regression(human[order]).x, abs=1e-9)


def test_new_scores_lie_on_straight_lines_between_the_old_and_stay_level_beyond() -> None:
    found = fit_rising(np.array([2.0, 4, 4, 8]), np.array([1.0, 3, 5, 6]))
    assert found(np.array([2.0, 3, 4, 6, 8])).tolist() == [1, 2.5, 4, 5, 6]
    assert found(np.array([[0.0, 1], [9, 100]])).tolist() == [[1, 1], [6, 6]]
    assert np.isnan(found(np.array([np.nan]))).all()


def test_a_judge_that_ranks_the_wrong_way_round_gets_a_flat_map() -> None:
    assert fit_rising(np.array([1.0, 2, 3]), np.array([9.0, 5, 1])).human.tolist() == [5, 5, 5]


def test_mapped_scores_are_calibrated_and_raw_ones_are_not() -> None:
    rng = np.random.default_rng(2)
    judge, human, clusters = _judged(rng, 300)
    mapped = cross_fitted(judge, human, clusters, rng)
    raw, new = (reliability(scores, human, clusters, WHOLE) for scores in (judge, mapped))
    assert raw.error > 2
    assert raw.bias == pytest.approx(raw.error, abs=0.2)
    assert new.error < 0.25
    assert abs(new.bias) < 0.05


def test_a_map_of_noise_looks_good_only_on_the_labels_it_was_fitted_on() -> None:
    rng = np.random.default_rng(3)
    gain_seen, gain_unseen = [], []
    for _ in range(200):
        judge, human = rng.uniform(1, 10, (2, 40))
        level = np.square(human - human.mean()).mean()
        gain_seen.append(level - np.square(human - fit_rising(judge, human)(judge)).mean())
        unseen = cross_fitted(judge, human, np.arange(40), rng)
        gain_unseen.append(level - np.square(human - unseen).mean())
    assert np.mean(gain_seen) > 0.3
    assert np.mean(gain_unseen) < 0


def test_no_score_is_mapped_by_what_people_said_of_its_own_question() -> None:
    rng = np.random.default_rng(4)
    judge, human, clusters = _judged(rng, 30)
    before = cross_fitted(judge, human, clusters, np.random.default_rng(0), folds=30)
    human[clusters == 7] = 1
    after = cross_fitted(judge, human, clusters, np.random.default_rng(0), folds=30)
    assert (before == after)[clusters == 7].all()
    assert not (before == after)[clusters != 7].all()


def test_where_nothing_is_labelled_the_score_is_the_mean_of_all_maps() -> None:
    judge, human = np.array([1.0, 2, 1, 2, 2]), np.array([3.0, 5, 4, 6, np.nan])
    found = cross_fitted(judge, human, np.array([0, 0, 1, 1, 2]), np.random.default_rng(0), folds=2)
    assert found.tolist() == [4, 6, 3, 5, 5.5]


def test_mapped_scores_keep_the_coverage_of_prediction_powered_means() -> None:
    rng = np.random.default_rng(5)
    judge, human, _ = _judged(rng, 100_000)
    truth = human.mean()
    clusters = np.repeat(np.arange(100), 2)
    held = 0
    for _ in range(1000):
        drawn = rng.integers(0, 100_000, 100)
        pick = (2 * drawn[:, None] + [0, 1]).ravel()
        people = np.where(clusters < 40, human[pick], np.nan)
        found = powered_mean(people, cross_fitted(judge[pick], people, clusters, rng), clusters).powered
        held += found.low <= truth <= found.high
    assert 0.93 <= held / 1000 <= 0.97


def test_the_table_has_counts_means_and_clustered_intervals_of_each_bin() -> None:
    rng = np.random.default_rng(6)
    judge, human, clusters = _judged(rng, 100)
    table = reliability(judge, human, clusters, WHOLE)
    assert [one.n for one in table.bins] == [int((judge == score).sum()) for score in range(1, 11)]
    for score, one in zip(range(1, 11), table.bins, strict=True):
        here = judge == score
        assert (one.low, one.high) == (score - 0.5, score + 0.5)
        if not here.any():
            assert np.isnan([one.judge, one.human.value]).all()
            continue
        assert one.judge == score
        assert one.human.value == pytest.approx(human[here].mean())
        if len(set(clusters[here])) > 1:
            assert one.human.se == pytest.approx(clustered_mean(human[here], clusters[here]).se)
    gaps = [one.n * abs(one.judge - one.human.value) for one in table.bins if one.n]
    assert table.error == pytest.approx(sum(gaps) / 200)


def test_a_calibrated_judge_shows_the_error_of_chance() -> None:
    rng = np.random.default_rng(7)
    errors = []
    for _ in range(300):
        judge = rng.uniform(1, 10, 200)
        table = reliability(judge, judge + rng.normal(0, 1, 200), np.arange(200), np.linspace(1, 10, 10))
        errors.append((table.error, table.by_chance))
    shown, expected = np.mean(errors, axis=0)
    assert shown == pytest.approx(expected, rel=0.05)
    assert shown > 0.1


def test_the_upper_end_of_the_scale_is_in_the_last_bin() -> None:
    table = reliability(np.array([1.0, 5, 10]), np.array([1.0, 5, 10]), np.arange(3), np.array([1.0, 5, 10]))
    assert [one.n for one in table.bins] == [1, 2]
    assert np.isnan(table.bins[0].human.se)
    assert table.error == 0
    lone = reliability(np.array([1.0]), np.array([2.0]), np.arange(1), np.array([1.0, 5, 10]))
    assert (lone.error, lone.bias) == (1, -1)
    assert np.isnan(lone.by_chance)


def test_what_does_not_fit_is_a_bug() -> None:
    two, three = np.array([1.0, 2]), np.arange(3.0)
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="differ in shape"):
        fit_rising(two, three)
    with pytest.raises(ValueError, match="not a number, or a weight"):
        fit_rising(two, np.array([1.0, np.nan]))
    with pytest.raises(ValueError, match="a weight is not above 0"):
        fit_rising(two, two, np.array([1.0, 0]))
    with pytest.raises(ValueError, match="differ in shape"):
        cross_fitted(two, two, np.arange(3), rng)
    with pytest.raises(ValueError, match="cannot be dealt into 5"):
        cross_fitted(two, two, np.arange(2), rng)
    with pytest.raises(ValueError, match="edges of bins have to rise"):
        reliability(two, two, np.arange(2), np.array([2.0, 1]))
    with pytest.raises(ValueError, match="differ in shape"):
        reliability(two, three, np.arange(2), WHOLE)
    with pytest.raises(ValueError, match=r"not from 0\.5 to 10\.5"):
        reliability(two * 9, two, np.arange(2), WHOLE)
