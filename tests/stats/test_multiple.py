"""Many models."""

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats
from statsmodels.stats.multitest import multipletests

from mtbench.stats.multiple import holm, letter_groups, letters, pairwise
from mtbench.stats.paired import paired_difference


def _apart(size: int, *pairs: tuple[int, int]) -> NDArray[np.bool_]:
    table = np.zeros((size, size), dtype=np.bool_)
    for a, b in pairs:
        table[a, b] = table[b, a] = True
    return table


def test_holm_is_statsmodels() -> None:
    rng = np.random.default_rng(0)
    for tests in (1, 2, 45):
        p = rng.random(tests).round(2) / rng.integers(1, 30)  # some of them equal
        np.testing.assert_allclose(holm(p), multipletests(p, method="holm")[1], atol=1e-12)


def test_a_pair_that_was_not_tested_does_not_count_as_a_test() -> None:
    np.testing.assert_allclose(holm(np.array([0.02, np.nan, 0.01])), [0.02, np.nan, 0.02])


def test_a_table_s_cell_is_the_two_models_paired() -> None:
    rng = np.random.default_rng(1)
    scores = rng.integers(1, 11, (4, 60)).astype(float)
    scores[1, :7] = np.nan
    table = pairwise(scores, np.repeat(np.arange(30), 2))
    # Questions 0 to 2 have no turn of model 1, and question 3 only its second.
    by_question = (scores[3, 8:] - scores[1, 8:]).reshape(-1, 2).mean(axis=1)
    alone = paired_difference(np.append(scores[3, 7] - scores[1, 7], by_question))
    assert table.questions[3, 1] == table.questions[1, 3] == alone.difference.clusters == 27
    assert table.difference[3, 1] == -table.difference[1, 3] == pytest.approx(alone.difference.value)
    assert (table.low[3, 1], table.high[3, 1]) == pytest.approx((alone.difference.low, alone.difference.high))
    assert (table.low[1, 3], table.high[1, 3]) == pytest.approx((-alone.difference.high, -alone.difference.low))
    by_hand = stats.ttest_1samp(np.append(scores[3, 7] - scores[1, 7], by_question), 0)
    assert table.p[3, 1] == table.p[1, 3] == pytest.approx(by_hand.pvalue)
    above = np.triu_indices(4, 1)
    np.testing.assert_allclose(table.p_holm[above], holm(table.p[above]))


def test_few_questions_are_tested_exactly() -> None:
    scores = np.array([[5.0, 6.0, 7.0], [4.0, 5.0, 6.0]])  # a t test of differences all alike would be certain
    assert pairwise(scores, np.arange(3)).p[0, 1] == pytest.approx(0.25)


def test_who_is_better_for_certain_beats_and_nobody_beats_itself() -> None:
    rng = np.random.default_rng(2)
    ease = rng.normal(6, 1.5, 80)
    scores = np.array([ease + rng.normal(mean, 0.5, 80) for mean in (1.0, 0.0, 0.01)])
    table = pairwise(scores, np.arange(80))
    assert table.beats.tolist() == [[False, True, True], [False] * 3, [False] * 3]
    assert table.apart.tolist() == [[False, True, True], [True, False, False], [True, False, False]]
    assert np.isnan(table.p[np.diag_indices(3)]).all()


def test_models_that_share_too_little_are_not_apart() -> None:
    nan = np.nan
    table = pairwise(np.array([[1.0, 1, nan], [nan, 9, 9], [nan, nan, 9]]), np.arange(3))
    assert table.questions.tolist() == [[0, 1, 0], [1, 0, 1], [0, 1, 0]]
    assert table.difference[1, 0] == 8
    assert np.isnan(table.low[1, 0])
    assert np.isnan(table.p[0, 2])
    assert not table.apart.any()


def test_alike_models_beat_one_another_in_at_most_5_of_100_tables() -> None:
    rng = np.random.default_rng(3)
    wrong = [pairwise(rng.normal(size=(5, 20)) + rng.normal(size=20), np.arange(20)).beats.any() for _ in range(400)]
    assert np.mean(wrong) <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / 400)


def test_fifty_models_take_less_than_a_second() -> None:
    scores = np.random.default_rng(4).integers(1, 11, (50, 160)).astype(float)
    questions = np.repeat(np.arange(80), 2)
    pairwise(scores[:2], questions)
    start = time.process_time()
    pairwise(scores, questions)
    assert time.process_time() - start < 1


def test_rows_that_are_inseparable_share_a_letter_though_that_does_not_carry_over() -> None:
    assert letters(_apart(4, (0, 2), (0, 3), (1, 3))) == ["a", "ab", "bc", "c"]
    assert letters(_apart(3)) == ["a", "a", "a"]
    assert letters(_apart(3, (0, 1), (0, 2), (1, 2))) == ["a", "b", "c"]


def test_a_group_may_skip_a_row() -> None:
    assert letter_groups(_apart(3, (0, 1))) == [[0, 2], [1, 2]]
    assert letters(_apart(3, (1, 2))) == ["ab", "a", "b"]


def test_past_26_groups_letters_are_numbers() -> None:
    everyone = ~np.eye(27, dtype=np.bool_)
    everyone[25, 26] = everyone[26, 25] = False
    everyone[0, 1] = everyone[1, 0] = False
    everyone[0, 2] = everyone[2, 0] = False
    assert letters(everyone)[0] == "ab"
    assert letters(~np.eye(27, dtype=np.bool_))[25:] == ["26", "27"]


@settings(deadline=None)
@given(st.integers(1, 9), st.data())
def test_two_rows_share_a_letter_exactly_if_nothing_separates_them(size: int, data: st.DataObject) -> None:
    pairs = [(a, b) for a in range(size) for b in range(a)]
    apart = _apart(size, *[pair for pair in pairs if data.draw(st.booleans())])
    groups = letter_groups(apart)
    for a in range(size):
        assert any(a in group for group in groups)
        for b in range(size):
            assert any(a in group and b in group for group in groups) == (a == b or not apart[a, b])
    assert not any(set(one) < set(other) for one in groups for other in groups)
    assert len(set(map(tuple, groups))) == len(groups)


def test_tables_that_are_none_are_a_bug() -> None:
    with pytest.raises(ValueError, match="symmetric"):
        letter_groups(np.array([[False, True], [False, False]]))
    with pytest.raises(ValueError, match="table of models"):
        pairwise(np.zeros(3), np.arange(3))
