"""Two models on the same questions: is the one better, by how much, and how sure is that."""

from dataclasses import dataclass
from math import exp, lgamma, log, sqrt

import numpy as np
from numpy.typing import NDArray

from mtbench.stats.clustered import clustered_mean
from mtbench.stats.estimates import LEVEL, Estimate
from mtbench.stats.power import smallest_effect

_COMMON_DENOMINATOR = 50_400
"""Multiple of 1 to 10, 16, 32, 100: what means of whole, half or decimal scores over turns and repeats are parts of."""

_ENUMERATED = 28
"""Differences of which all sums are looked at: 2^14 sums of either half, 2 ms."""

_STEPS = 64
"""Grid steps in a difference of average size, where differences have no common denominator."""


@dataclass(frozen=True, slots=True)
class Paired:
    """How much more one model scores than the other on the same questions.

    `difference`: the mean over questions, with its t interval. `p`: of the sign-flip test that there is no difference.
    `sd`: of the differences by question. `effect`: Cohen's d_z, mean over sd; `effect_unbiased`: with Hedges'
    correction. `detectable`: the smallest true difference that this many questions show with a power of 80 % at an
    alpha of 5 %. `wins`, `losses`, `ties`: questions on which the one scored more, less, the same. With fewer than two
    questions, or with an sd of 0, what rests on the sd is nan.
    """

    difference: Estimate
    p: float
    sd: float
    effect: float
    effect_unbiased: float
    detectable: float
    wins: int
    losses: int
    ties: int


def question_differences(
    scores_a: NDArray[np.float64], scores_b: NDArray[np.float64], questions: NDArray[np.intp]
) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """Differences by question (b − a), and the codes of the questions, ascending.

    `scores_a`, `scores_b`, `questions`: shape (n,): the scores of both models in one situation, such as a turn or a
    judge's nth repeat, and its question. The differences within a question are averaged, so a question counts once
    however many turns it has. nan marks a score that is missing, and takes the other model's out with it: a first turn
    is not compared with a second. A question with no pair left is left out. Raises ValueError for shapes that do not
    fit.
    """
    if scores_a.shape != questions.shape or scores_b.shape != questions.shape or questions.ndim != 1:
        raise ValueError(f"scores and questions differ in shape: {scores_a.shape}, {scores_b.shape}, {questions.shape}")
    difference = scores_b - scores_a
    there = ~np.isnan(difference)
    codes, question = np.unique(questions[there], return_inverse=True)
    return np.bincount(question, difference[there], len(codes)) / np.bincount(question, minlength=len(codes)), codes


def paired_difference(differences: NDArray[np.float64], level: float = LEVEL) -> Paired:
    """What differences by question say, shape (q,), q ≥ 1; of scores, or of anything else that pairs by question.

    The interval is d̄ ± t_{q−1} · s/√q. The effect is d_z = d̄/s, and Hedges' correction multiplies it by
    J = Γ(m/2) / (√(m/2) · Γ((m−1)/2)) with m = q−1 (Hedges 1981; Lakens 2013). Raises ValueError for another shape and
    for no differences.
    """
    if differences.ndim != 1 or not len(differences):
        raise ValueError(f"differences have to be a row of at least one: {differences.shape}")
    count = len(differences)
    sd = float(differences.std(ddof=1)) if count > 1 else np.nan
    difference = clustered_mean(differences, np.arange(count), level)
    effect = difference.value / sd if sd > 0 else np.nan
    return Paired(
        difference=difference,
        p=sign_flip_p(differences),
        sd=sd,
        effect=effect,
        effect_unbiased=effect * _hedges(count - 1),
        detectable=sd * smallest_effect(count) if sd > 0 else np.nan,
        wins=int((differences > 0).sum()),
        losses=int((differences < 0).sum()),
        ties=int((differences == 0).sum()),
    )


def sign_flip_p(differences: NDArray[np.float64]) -> float:
    """Two-sided p-value of no difference, from all 2^q ways to give the differences by question their signs.

    If the models are alike, every difference may as well have had the other sign (Fisher 1935, The Design of
    Experiments, section 21): p is the share of sign patterns with |Σ ± d| ≥ |Σ d|, the observed one among them. All
    patterns are counted and none drawn, so p is exact and always the same: by dynamic programming over the sums that
    occur if the differences have a common denominator, as means of whole, half or decimal scores over turns, judges and
    repeats have; else, up to 28 differences other than 0, from the sums of either half of them. More differences
    without a common denominator are rounded first, to a 64th of their mean size: it is then the exact test of the
    rounded differences, which errs as rarely, and p moves in about its third digit.
    """
    there = differences[differences != 0]
    steps = _in_common_parts(there)
    if steps is not None:
        return _counted_p(steps)
    if len(there) <= _ENUMERATED:
        return _enumerated_p(there)
    return _counted_p(np.rint(there * (_STEPS / np.abs(there).mean())).astype(np.int64))


def _in_common_parts(values: NDArray[np.float64]) -> NDArray[np.int64] | None:
    """The values as multiples of their greatest common divisor, if they have one that is not very small."""
    if not len(values):
        return np.zeros(0, dtype=np.int64)
    parts = values * _COMMON_DENOMINATOR
    whole = np.rint(parts).astype(np.int64)
    if np.abs(parts - whole).max() > 1e-6:
        return None
    whole //= np.gcd.reduce(whole)
    return whole if np.abs(whole).mean() <= 16 * _STEPS else None


def _enumerated_p(values: NDArray[np.float64]) -> float:
    """Every sum is one of the first half's values and one of the second's: 2^(q/2) of each instead of 2^q."""
    tolerance = 1e-9 * float(np.abs(values).sum())
    observed = abs(float(values.sum())) - tolerance
    if observed <= 0:
        return 1.0
    first, second = (_signed_sums(half) for half in np.array_split(values, 2))
    below = np.searchsorted(np.sort(second), observed - first)
    return 2 * float((len(second) - below).sum()) / (len(first) * len(second))


def _signed_sums(values: NDArray[np.float64]) -> NDArray[np.float64]:
    sums = np.zeros(1)
    for value in values:
        sums = np.concatenate((sums + value, sums - value))
    return sums


def _counted_p(steps: NDArray[np.int64]) -> float:
    """With T the sum of the steps that get a plus, Σ ± steps = 2T − Σ |steps|; the chances of every T are summed up."""
    observed = abs(int(steps.sum()))
    total = int(np.abs(steps).sum())
    if not observed:
        return 1.0
    chance = np.zeros(total + 1)
    chance[0] = 1.0
    reached = 0
    for step in np.sort(np.abs(steps)).tolist():
        half = chance[: reached + 1] / 2
        reached += step
        chance[: len(half)] = half
        chance[step : reached + 1] += half
    return 2 * float(chance[(total + observed) // 2 :].sum())


def _hedges(df: int) -> float:
    return exp(lgamma(df / 2) - lgamma((df - 1) / 2) - log(sqrt(df / 2))) if df > 1 else np.nan
