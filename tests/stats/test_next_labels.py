"""Which units to label next."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import entropy as scipy_entropy

from mtbench.stats.dawid_skene import vote_shares
from mtbench.stats.next_labels import draw_labels, entropy, next_labels, spread
from mtbench.stats.ppi import powered_mean

NONE = np.zeros(6, dtype=np.bool_)


def test_entropy_is_scipy_s_and_largest_where_the_panel_is_split() -> None:
    shares = np.array([[1, 0, 0], [0.5, 0.5, 0], [1 / 3, 1 / 3, 1 / 3], [0.7, 0.2, 0.1], [np.nan] * 3])
    assert entropy(shares)[:4] == pytest.approx(scipy_entropy(shares[:4], axis=1))
    assert entropy(shares)[:3] == pytest.approx([0, np.log(2), np.log(3)])
    assert np.isnan(entropy(shares)[4])


def test_spread_is_the_standard_deviation_of_repeats() -> None:
    units, values = np.array([0, 0, 0, 1, 3, 3]), np.array([7.0, 9, 4, 8, 5, 5])
    found = spread(units, values)
    assert found[[0, 3]] == pytest.approx([np.std([7, 9, 4], ddof=1), 0])
    assert np.isnan(found[[1, 2]]).all()


def test_every_question_gets_a_label_before_any_gets_a_second() -> None:
    uncertainty, questions = np.array([0.9, 0.8, 0.7, 0.1, 0.3, 0.2]), np.array([5, 5, 5, 2, 9, 9])
    assert next_labels(uncertainty, questions, NONE, 6).tolist() == [0, 4, 3, 1, 5, 2]
    assert next_labels(uncertainty, questions, NONE, 2).tolist() == [0, 4]


def test_labels_that_are_there_count_for_their_question_and_are_not_asked_for_again() -> None:
    uncertainty, questions = np.array([0.9, 0.8, 0.7, 0.1, 0.3, 0.2]), np.array([5, 5, 5, 2, 9, 9])
    labelled = np.array([False, False, True, False, True, False])
    assert next_labels(uncertainty, questions, labelled, 9).tolist() == [3, 0, 5, 1]


def test_the_first_of_units_that_are_as_uncertain_comes_first_and_the_unknown_before_all() -> None:
    uncertainty = np.array([0.5, 0.5, np.nan, 0.5, np.nan, 0.6])
    assert next_labels(uncertainty, np.arange(6), NONE, 6).tolist() == [2, 4, 5, 0, 1, 3]


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3), st.booleans()), min_size=1, max_size=40), st.data())
def test_labels_in_two_sittings_are_those_of_one(rows: list[tuple[int, int, bool]], data: st.DataObject) -> None:
    uncertainty, questions = np.array([float(row[0]) for row in rows]), np.array([row[1] for row in rows])
    labelled = np.array([row[2] for row in rows])
    all_ = next_labels(uncertainty, questions, labelled, len(rows))
    assert sorted(all_.tolist()) == np.flatnonzero(~labelled).tolist()
    first = data.draw(st.integers(0, len(all_)))
    done = labelled.copy()
    done[all_[:first]] = True
    assert next_labels(uncertainty, questions, done, len(rows)).tolist() == all_[first:].tolist()


def test_a_panel_s_split_units_are_asked_first() -> None:
    units, judges = np.repeat(np.arange(6), 3), np.tile(np.arange(3), 6)
    votes = np.array([0, 0, 0, 0, 1, 2, 1, 1, 1, 0, 0, 1, 2, 2, 2, 1, 1, 1])
    doubt = entropy(vote_shares(units, judges, votes, 3))
    assert next_labels(doubt, np.arange(6), NONE, 2).tolist() == [1, 3]


def test_a_draw_has_its_size_and_takes_each_unit_with_its_chance() -> None:
    rng = np.random.default_rng(1)
    uncertainty = rng.gamma(1, 1, 40)
    uncertainty[3] = 50
    times = np.zeros(40)
    for _ in range(5000):
        drawn, chances = draw_labels(uncertainty, 8, rng, even=0.2)
        assert drawn.sum() == 8
        times += drawn
    assert chances.sum() == pytest.approx(8)
    assert chances[3] == 1
    assert times / 5000 == pytest.approx(chances, abs=4 * 0.5 / np.sqrt(5000))
    rest = np.delete(np.arange(40), 3)
    slope, level = np.polyfit(uncertainty[rest], chances[rest], 1)
    assert chances[rest] == pytest.approx(level + slope * uncertainty[rest])
    assert level > 0


def test_nothing_to_go_by_is_an_even_draw_and_all_units_are_all() -> None:
    rng = np.random.default_rng(2)
    for uncertainty in (np.zeros(10), np.full(10, np.nan), np.full(10, 3.0)):
        assert draw_labels(uncertainty, 4, rng)[1] == pytest.approx(np.full(10, 0.4))
    drawn, chances = draw_labels(np.arange(10.0), 10, rng)
    assert drawn.all()
    assert chances.tolist() == [1] * 10
    unknown = draw_labels(np.array([1.0, np.nan, 3.0]), 1, rng)[1]
    assert unknown[1] == unknown[2] > unknown[0]


def test_figures_hold_with_drawn_labels_and_gain_and_do_not_hold_with_the_most_uncertain_ones() -> None:
    """The judge errs where it is unsure, and there is too mild."""
    rng = np.random.default_rng(3)
    held, picked_held, width, even_width = [], [], [], []
    for draw in range(2000):
        human = rng.normal(6, 1.5, 500)
        doubt = rng.gamma(0.7, 1, 500)
        judge = human + doubt * rng.normal(0.7, 1, 500)
        drawn, chances = draw_labels(doubt, 60, rng, even=0.3)
        found = powered_mean(np.where(drawn, human, np.nan), judge, np.arange(500), chances).powered
        held.append(found.low <= 6 <= found.high)
        if draw < 400:
            width.append(found.high - found.low)
            even = powered_mean(np.where(np.arange(500) < 60, human, np.nan), judge, np.arange(500)).powered
            even_width.append(even.high - even.low)
            picked = np.full(500, np.nan)
            chosen = next_labels(doubt, np.arange(500), np.zeros(500, dtype=np.bool_), 60)
            picked[chosen] = human[chosen]
            off = powered_mean(picked, judge, np.arange(500)).powered
            picked_held.append(off.low <= 6 <= off.high)
    assert 0.93 <= np.mean(held) <= 0.97
    assert np.mean(picked_held) < 0.8
    assert np.mean(width) < np.mean(even_width)


def test_what_does_not_fit_is_a_bug() -> None:
    rng, three = np.random.default_rng(0), np.ones(3)
    with pytest.raises(ValueError, match="for every value"):
        spread(np.arange(2), three)
    with pytest.raises(ValueError, match="differ in number"):
        next_labels(three, np.arange(2), three > 0, 1)
    with pytest.raises(ValueError, match="below 0"):
        next_labels(three, np.arange(3), three > 0, -1)
    for count, even in ((0, 0.5), (4, 0.5), (2, 0.0), (2, 1.5)):
        with pytest.raises(ValueError, match="cannot be drawn"):
            draw_labels(three, count, rng, even)
    with pytest.raises(ValueError, match="an uncertainty is below 0"):
        draw_labels(-three, 1, rng)
