"""A panel weighted by what its judges are worth."""

from collections.abc import Sequence

import numpy as np
import pytest

from mtbench.stats.dawid_skene import Panel, settled, vote_shares, weighted_panel
from mtbench.stats.games import Codes, Floats

PRIOR = np.array([0.45, 0.35, 0.2])
UNEQUAL = (0.9, 0.6, 0.55, 0.5, 0.5)
EQUAL = (0.7,) * 5


def _panel(
    rng: np.random.Generator, units: int, accuracies: Sequence[float], prior: Floats = PRIOR, missing: float = 0.0
) -> tuple[Codes, tuple[Codes, Codes, Codes]]:
    """The true classes of units, and votes of judges that are right so often and else vote anything."""
    classes = len(prior)
    truth = rng.choice(classes, units, p=prior)
    unit, judge = (axis.ravel() for axis in np.indices((units, len(accuracies))))
    right = rng.random(len(unit)) < np.array(accuracies)[judge]
    vote = np.where(right, truth[unit], (truth[unit] + rng.integers(1, classes, len(unit))) % classes)
    kept = rng.random(len(unit)) >= missing
    return truth, (unit[kept], judge[kept], vote[kept])


def _scores(
    rng: np.random.Generator, accuracies: Sequence[float], prior: Floats, units: int, panels: int = 60
) -> tuple[float, float]:
    """The share of units that the weighted panel and the majority get right; an undecided majority gets its share."""
    ours, theirs = [], []
    for _ in range(panels):
        truth, votes = _panel(rng, units, accuracies, prior)
        ours.append(np.mean(settled(weighted_panel(*votes, len(prior)).posterior) == truth))
        shares = vote_shares(*votes, len(prior))
        leaders = shares >= shares.max(axis=1, keepdims=True) - 1e-9
        theirs.append(np.mean(leaders[np.arange(units), truth] / leaders.sum(axis=1)))
    return float(np.mean(ours)), float(np.mean(theirs))


def _log_likelihood(prior: Floats, confusion: Floats, votes: tuple[Codes, Codes, Codes]) -> float:
    """As the model says it, unit by unit."""
    total = 0.0
    for unit in set(votes[0].tolist()):
        chance = prior.copy()
        for _, judge, vote in zip(*(column[votes[0] == unit] for column in votes), strict=True):
            chance *= confusion[judge, :, vote]
        total += float(np.log(chance.sum()))
    return total


def _moved(chances: Floats, rng: np.random.Generator) -> Floats:
    moved = chances * np.exp(rng.normal(0, 0.02, chances.shape))
    return np.asarray(moved / moved.sum(axis=-1, keepdims=True))


def test_without_presumption_it_is_a_maximum_of_the_likelihood() -> None:
    rng = np.random.default_rng(1)
    _, votes = _panel(rng, 120, (0.85, 0.7, 0.65, 0.6), missing=0.2)
    found = weighted_panel(*votes, 3, right=0, wrong=0, common=0)
    best = _log_likelihood(found.prior, found.confusion, votes)
    assert found.log_likelihood[-1] == pytest.approx(best, abs=1e-6)
    for _ in range(20):
        assert _log_likelihood(_moved(found.prior, rng), _moved(found.confusion, rng), votes) < best


def test_the_posterior_is_bayes_theorem_and_the_confusion_its_counts() -> None:
    rng = np.random.default_rng(2)
    _, votes = _panel(rng, 50, (0.8, 0.7, 0.6), missing=0.3)
    found = weighted_panel(*votes, 3)
    units, judges, said = votes
    for unit in range(50):
        chance = found.prior.copy()
        for judge, vote in zip(judges[units == unit], said[units == unit], strict=True):
            chance *= found.confusion[judge, :, vote]
        assert found.posterior[unit] == pytest.approx(chance / chance.sum(), abs=1e-9)
    rows = 3 + 12 * np.eye(3)
    for unit, vote in zip(units[judges == 1], said[judges == 1], strict=True):
        rows[:, vote] += found.posterior[unit]
    assert found.confusion[1] == pytest.approx(rows / rows.sum(axis=1, keepdims=True), abs=1e-4)
    assert found.confusion.sum(axis=2) == pytest.approx(np.ones((3, 3)))


@pytest.mark.parametrize(("right", "wrong", "common"), [(0.0, 0.0, 0.0), (10.0, 2.0, 5.0), (10.0, 0.0, 0.0)])
@pytest.mark.parametrize("seed", range(5))
def test_the_log_likelihood_never_falls(seed: int, right: float, wrong: float, common: float) -> None:
    rng = np.random.default_rng(seed)
    _, votes = _panel(rng, int(rng.integers(5, 60)), UNEQUAL, missing=0.4)
    found = weighted_panel(*votes, 3, right=right, wrong=wrong, common=common)
    assert np.diff(found.log_likelihood).min() >= -1e-9
    assert found.log_likelihood[-1] > found.log_likelihood[0]
    assert found.posterior.sum(axis=1)[votes[0]] == pytest.approx(np.ones(len(votes[0])))


def test_many_votes_tell_how_good_each_judge_is() -> None:
    rng = np.random.default_rng(3)
    _, votes = _panel(rng, 4000, UNEQUAL, missing=0.2)
    for found, off in ((weighted_panel(*votes, 3, 0, 0, 0), 0.03), (weighted_panel(*votes, 3), 0.05)):
        assert found.accuracy == pytest.approx(UNEQUAL, abs=off)
        assert found.prior == pytest.approx(PRIOR, abs=0.05)
        assert found.doubts == ()
    chances = found.posterior.max(axis=1)
    truth = _panel(np.random.default_rng(3), 4000, UNEQUAL, missing=0.2)[0]
    assert np.mean(settled(found.posterior) == truth) == pytest.approx(chances.mean(), abs=0.02)


@pytest.mark.parametrize(("units", "gain"), [(80, 0.02), (300, 0.05)])
def test_of_unequal_judges_it_makes_more_than_their_majority(units: int, gain: float) -> None:
    ours, majority = _scores(np.random.default_rng(4), UNEQUAL, PRIOR, units)
    assert ours > majority + gain


@pytest.mark.parametrize("prior", [PRIOR, np.array([0.5, 0.5]), np.array([0.8, 0.1, 0.1])])
@pytest.mark.parametrize("units", [80, 300])
def test_of_equal_judges_it_makes_no_less(prior: Floats, units: int) -> None:
    ours, majority = _scores(np.random.default_rng(5), EQUAL, prior, units)
    assert ours > majority - 0.01


def test_a_judge_that_always_turns_two_classes_round_is_worth_as_much_as_one_that_does_not() -> None:
    rng = np.random.default_rng(6)
    truth, (units, judges, votes) = _panel(rng, 400, (0.8, 0.8, 0.8, 0.9), np.array([0.5, 0.5]))
    turned = np.where(judges == 3, 1 - votes, votes)
    straight, round_ = (
        weighted_panel(units, judges, votes, 2, 0, 0, 0),
        weighted_panel(units, judges, turned, 2, 0, 0, 0),
    )
    assert round_.accuracy[3] < 0.2
    assert np.mean(settled(round_.posterior) == truth) == pytest.approx(
        np.mean(settled(straight.posterior) == truth), abs=0.02
    )


def test_the_order_of_votes_does_not_matter_and_nothing_is_drawn() -> None:
    rng = np.random.default_rng(7)
    _, votes = _panel(rng, 60, UNEQUAL, missing=0.3)
    order = rng.permutation(len(votes[0]))
    shuffled = votes[0][order], votes[1][order], votes[2][order]
    first, second = weighted_panel(*votes, 3), weighted_panel(*shuffled, 3)
    assert (first.posterior == second.posterior).all()
    assert first.log_likelihood == second.log_likelihood


def _of(rows: Sequence[tuple[int, int, int]], classes: int = 2, steps: int = 2000, right: float = 10.0) -> Panel:
    unit, judge, vote = np.array(rows).T
    return weighted_panel(unit, judge, vote, classes, right, right / 5, right / 2, steps)


def test_two_judges_or_judges_that_are_all_alike_leave_it_in_doubt() -> None:
    pairs = [(unit, judge, (unit + judge * (unit % 3 == 0)) % 2) for unit in range(12) for judge in range(2)]
    assert _of(pairs).doubts == ("few judges",)
    chain = [(unit, (unit + place) % 3, (unit + place) % 2) for unit in range(9) for place in range(2)]
    assert _of(chain).doubts == ("few judges",)  # three judges, never on the same unit
    alike = [(unit, judge, unit % 2) for unit in range(10) for judge in range(3)]
    assert _of(alike).doubts == ("judges alike",)
    assert _of(alike, right=0).accuracy.tolist() == [1, 1, 1]
    rng = np.random.default_rng(8)
    assert weighted_panel(*_panel(rng, 50, UNEQUAL)[1], 3, steps=1).doubts == ("not converged",)


def test_judges_that_err_together_are_believed_which_is_why_a_family_should_have_one_vote() -> None:
    rng = np.random.default_rng(9)
    truth, (units, judges, votes) = _panel(rng, 400, (0.6, 0.6, 0.6, 0.8, 0.8), np.array([0.5, 0.5]))
    table = votes.reshape(400, 5).copy()
    table[:, 1] = table[:, 2] = table[:, 0]
    copied, alone = weighted_panel(units, judges, table.ravel(), 2), judges >= 2
    one_vote = weighted_panel(units[alone], judges[alone] - 2, table.ravel()[alone], 2)
    assert copied.accuracy[0] > 0.9
    assert np.mean(settled(copied.posterior) == truth) < np.mean(settled(one_vote.posterior) == truth) - 0.1


def test_a_unit_or_a_judge_without_votes_is_told_from_the_others() -> None:
    found = weighted_panel(np.array([0, 0, 2]), np.array([0, 2, 2]), np.array([1, 1, 1]), 2, 0, 0, 0)
    assert found.posterior.tolist() == [[0, 1], [0, 1], [0, 1]]
    assert np.isnan(found.confusion[1]).all()
    shares = vote_shares(np.array([0, 0, 2]), np.array([0, 2, 2]), np.array([1, 1, 1]), 2)
    assert np.isnan(shares[1]).all()
    assert settled(shares).tolist() == [1, -1, 1]


def test_shares_give_each_judge_one_vote_and_majority_and_mean_follow_from_them() -> None:
    units, judges = np.array([0, 0, 0, 0, 1, 1]), np.array([0, 0, 0, 1, 0, 1])
    shares = vote_shares(units, judges, np.array([0, 0, 1, 1, 0, 2]), 3)
    assert shares == pytest.approx(np.array([[1 / 3, 2 / 3, 0], [0.5, 0, 0.5]]))
    assert settled(shares).tolist() == [1, -1]
    assert shares @ np.array([1, 0, 0.5]) == pytest.approx([1 / 3, 0.75])


def test_what_does_not_fit_is_a_bug() -> None:
    one = np.array([0])
    with pytest.raises(ValueError, match="differ in shape"):
        weighted_panel(one, one, np.array([0, 1]), 2)
    with pytest.raises(ValueError, match="differ in shape"):
        vote_shares(one[:0], one[:0], one[:0], 2)
    for votes in (one - 1, one + 2):
        with pytest.raises(ValueError, match="votes to 1"):
            weighted_panel(one, one, votes, 2)
