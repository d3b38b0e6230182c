"""A panel in which each judge counts for what it is worth, found from how judges agree, without a label of people."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from mtbench.stats.games import Codes, Floats

RIGHT, WRONG = 15.0, 3.0
"""What a judge is presumed to be before its votes are seen: so many votes right, so many for each other class."""

COMMON = 10.0
"""How many units of each class are presumed before any vote is seen."""

Doubt = Literal["few judges", "judges alike", "not converged"]
"""Why a panel's weights may mean nothing.

few judges: on no unit there are votes of three; two do not determine who is right. judges alike: all votes on every
unit are the same; that all are right and that all are wrong look the same. not converged: the steps were not enough.
"""

_LEAST = -1e4
"""What stands for the logarithm of 0: it makes a class impossible, and times no votes it is 0."""


@dataclass(frozen=True, slots=True)
class Panel:
    """What a panel's votes say by the model of Dawid and Skene. U units, J judges, K classes.

    `posterior` (U, K): the chance of each class, of a unit that nobody voted on `prior`. `prior` (K,): how common a
    class is. `confusion` (J, K, K): how often the judge votes for the class of the last axis when the one before it is
    right; nan where nothing is known of it. `log_likelihood`: after each step, with the logarithm of what was
    presumed of judges and classes; it never falls. `doubts`: reasons not to believe all this.
    """

    posterior: Floats
    prior: Floats
    confusion: Floats
    log_likelihood: tuple[float, ...]
    doubts: tuple[Doubt, ...]

    @property
    def accuracy(self) -> Floats:
        """(J,): how often each judge is right, over all classes as common as they are."""
        return np.asarray(np.einsum("k,jkk->j", self.prior, self.confusion))


def weighted_panel(
    units: Codes,
    judges: Codes,
    votes: Codes,
    classes: int,
    right: float = RIGHT,
    wrong: float = WRONG,
    common: float = COMMON,
    steps: int = 2000,
) -> Panel:
    """The chance of each class of each unit, and each judge's confusion matrix, by EM from the majority's verdicts.

    `units`, `judges`, `votes`: shape (n,): codes from 0; a judge need not vote on every unit, and may be a person. The
    model (Dawid and Skene 1979, Maximum Likelihood Estimation of Observer Error-Rates Using the EM Algorithm): unit u
    has class k with chance p_k, and judge j then votes l with chance π_jkl, whatever others vote. Steps, with T_uk the
    posterior and n_ujl the votes:

        p_k ∝ b + Σ_u T_uk,   π_jkl ∝ a_kl + Σ_u T_uk·n_ujl,   T_uk ∝ p_k · Π_jl π_jkl^n_ujl

    until the log likelihood rises by less than 1e-9 a vote. a_kl is `right` for k = l, else `wrong`, and b `common`.
    All at 0 are the paper's maximum likelihood, which from few votes trusts accidents more than judges. Share of units
    right, by the majority, by this, and by maximum likelihood (150 panels of 5 simulated judges):

        right in 90, 60, 55, 50, 50 %, 3 classes     80 units  79, 83, 79 %    300 units  79, 87, 88 %
        right in 90, 65, 60, 60, 55 %, 2 classes     80 units  79, 81, 79 %    300 units  79, 85, 86 %
        right in 70 % each, 3 classes                80 units  88, 89, 85 %    300 units  89, 89, 88 %
        right in 70 % each, 2 classes                80 units  84, 83, 78 %    300 units  84, 83, 81 %

    What is presumed draws in `accuracy` too: at 4,000 units of the first panel the best judge's is 86 % instead of 90.

    What no data tell: judges that err together, as models of one family do, are taken for independent ones that agree,
    and so for right. Where most judges are wrong more often than right, the classes change places. A judge's repeats
    count as votes of their own, which they are not: settle them first. And see `Doubt`.

    Raises ValueError for shapes that do not fit, no votes, and codes out of range.
    """
    counts = _counts(units, judges, votes, classes)
    presumed = wrong + (right - wrong) * np.eye(classes)
    total = counts.sum(axis=(1, 2))
    voted = total > 0
    # Units with the same votes have the same posterior: each sort of them is done once, and weighs as many as it has.
    flat, sort, weight = np.unique(
        counts[voted].reshape(int(voted.sum()), -1), axis=0, return_inverse=True, return_counts=True
    )
    posterior = flat.reshape(len(flat), -1, classes).sum(axis=1)
    posterior /= posterior.sum(axis=1, keepdims=True)
    trace: list[float] = []
    converged = False
    while not converged and len(trace) <= steps:
        prior, confusion, posterior, height = _step(posterior, flat, weight, presumed, common)
        trace.append(height)
        converged = len(trace) > 1 and trace[-1] - trace[-2] < 1e-9 * len(votes)
    everyone = np.broadcast_to(prior, (len(counts), classes)).copy()
    everyone[voted] = posterior[sort.ravel()]
    return Panel(everyone, prior, confusion, tuple(trace), _doubts(counts, converged))


def vote_shares(units: Codes, judges: Codes, votes: Codes, classes: int) -> Floats:
    """(U, K): what share of its judges votes for each class of a unit; a judge's repeats share its one vote.

    The majority is `settled` of this, and the panel's mean is this times the points of each class, such as
    `shares @ [1, 0, 0.5]`, as it is for `Panel.posterior`. A unit that nobody voted on has nan. Arguments and errors as
    for `weighted_panel`.
    """
    counts = _counts(units, judges, votes, classes)
    with np.errstate(invalid="ignore"):
        each = counts / counts.sum(axis=2, keepdims=True)
        seats = (~np.isnan(each[:, :, 0])).sum(axis=1, keepdims=True)
        return np.asarray(np.nansum(each, axis=1) / np.where(seats > 0, seats, np.nan))


def settled(shares: Floats) -> Codes:
    """(U,): the class of the largest share or chance (U, K); -1 where two are as large, or where they are nan."""
    most = shares.max(axis=1, keepdims=True)
    leaders = np.isclose(shares, most, rtol=0, atol=1e-9)
    return np.where(leaders.sum(axis=1) == 1, leaders.argmax(axis=1), -1)


def _counts(units: Codes, judges: Codes, votes: Codes, classes: int) -> Floats:
    """(U, J, K): how many votes."""
    if units.ndim != 1 or not units.shape == judges.shape == votes.shape or not len(units):
        raise ValueError(f"units, judges and votes differ in shape: {units.shape}, {judges.shape}, {votes.shape}")
    if min(units.min(), judges.min(), votes.min()) < 0 or votes.max() >= classes:
        raise ValueError(f"codes have to be from 0 up, votes to {classes - 1}")
    shape = (int(units.max()) + 1, int(judges.max()) + 1, classes)
    place = np.ravel_multi_index((units, judges, votes), shape)
    return np.bincount(place, minlength=int(np.prod(shape))).reshape(shape).astype(np.float64)


def _step(
    posterior: Floats, flat: Floats, weight: Codes, presumed: Floats, common: float
) -> tuple[Floats, Floats, Floats, float]:
    """Prior, confusion, the posterior (S, K) that follows, and the log likelihood.

    `flat` (S, J·K): the votes of each sort of units; `weight` (S,): how many units are of it.
    """
    classes = len(presumed)
    mass = posterior * weight[:, None]
    prior = (common + mass.sum(axis=0)) / (classes * common + weight.sum())
    said = (mass.T @ flat).reshape(classes, -1, classes) + presumed[:, None, :]
    with np.errstate(invalid="ignore"):
        confusion = said / said.sum(axis=2, keepdims=True)
    logs = _log(confusion)
    joint = _log(prior) + flat @ logs.reshape(classes, -1).T
    most = joint.max(axis=1, keepdims=True)
    evidence = np.exp(joint - most).sum(axis=1, keepdims=True)
    height = weight @ (most + np.log(evidence))[:, 0] + (presumed[:, None, :] * logs).sum() + common * _log(prior).sum()
    return prior, confusion.transpose(1, 0, 2), np.exp(joint - most) / evidence, float(height)


def _log(chances: Floats) -> Floats:
    known = np.nan_to_num(chances) > 0
    return np.log(chances, out=np.full(chances.shape, _LEAST), where=known)


def _doubts(counts: Floats, converged: bool) -> tuple[Doubt, ...]:
    doubts: list[Doubt] = []
    if (counts.any(axis=2).sum(axis=1) < 3).all():
        doubts.append("few judges")
    if (counts.any(axis=1).sum(axis=1) <= 1).all():
        doubts.append("judges alike")
    if not converged:
        doubts.append("not converged")
    return tuple(doubts)
