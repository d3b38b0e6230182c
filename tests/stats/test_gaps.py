"""Agreement against the gap between two models."""

import numpy as np
import pytest

from mtbench.stats.agreement import agreement
from mtbench.stats.gaps import agreement_by_gap
from mtbench.stats.votes import FIRST, SECOND, Votes
from tests.stats.voters import JUDGE, PEOPLE

RATES = np.array([0.9, 0.5, 0.3])


def _votes(rng: np.random.Generator, count: int) -> tuple[Votes, np.ndarray, np.ndarray]:
    """A person and a judge on units of random pairs; both see the better model the more surely the wider the gap."""
    first = rng.integers(0, 3, count)
    second = (first + rng.integers(1, 3, count)) % 3
    gap = RATES[first] - RATES[second]
    seen = rng.random((2, count)) < 0.5 + np.abs(gap) / 1.3
    vote = np.where(seen == (gap > 0), FIRST, SECOND).ravel()
    unit = np.tile(np.arange(count), 2)
    kind = np.repeat([PEOPLE, JUDGE], count)
    return Votes(unit, unit, kind, kind, vote), np.tile(first, 2), np.tile(second, 2)


def test_it_rises_with_the_gap() -> None:
    votes, first, second = _votes(np.random.default_rng(0), 3000)
    bins = agreement_by_gap(votes, JUDGE, PEOPLE, first, second, RATES, np.array([0.1, 0.3, 0.5, 0.7]))
    assert [one.pairs for one in bins] == [1, 1, 1]
    shares = [one.agreement.pooled.value for one in bins]
    truth = [p**2 + (1 - p) ** 2 for p in (0.5 + gap / 1.3 for gap in (0.2, 0.4, 0.6))]
    np.testing.assert_allclose(shares, truth, atol=0.04)


def test_bins_hold_their_lower_edge_and_the_last_its_upper_one() -> None:
    votes, first, second = _votes(np.random.default_rng(1), 200)
    rates = np.array([0.75, 0.5, 0.25])
    halves, whole = (
        agreement_by_gap(votes, JUDGE, PEOPLE, first, second, rates, np.array(edges))
        for edges in ([0.0, 0.25, 0.5], [0.25, 0.5])
    )
    assert [one.pairs for one in halves] == [0, 3]
    assert halves[0].agreement.pooled.n == 0
    assert halves[1].agreement == whole[0].agreement == agreement(votes, JUDGE, PEOPLE)


def test_a_model_without_a_rate_is_in_no_bin() -> None:
    votes, first, second = _votes(np.random.default_rng(2), 200)
    (found,) = agreement_by_gap(votes, JUDGE, PEOPLE, first, second, np.array([0.5, np.nan, 0.5]), np.array([0.0, 1.0]))
    assert found.pairs == 1
    assert 0 < found.agreement.pooled.n < 200


def test_what_does_not_fit_is_a_bug() -> None:
    votes, first, second = _votes(np.random.default_rng(3), 5)
    edges = np.array([0.0, 1.0])
    with pytest.raises(ValueError, match="two models for every vote"):
        agreement_by_gap(votes, JUDGE, PEOPLE, first[:3], second, RATES, edges)
    with pytest.raises(ValueError, match="from 0 to 1"):
        agreement_by_gap(votes, JUDGE, PEOPLE, first, second, RATES[:2], edges)
    for wrong in ([1.0, 0.0], [1.0]):
        with pytest.raises(ValueError, match="edges must ascend"):
            agreement_by_gap(votes, JUDGE, PEOPLE, first, second, RATES, np.array(wrong))
