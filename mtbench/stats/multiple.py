"""Many models: who beats whom for certain, and which rows of a ranking nothing separates."""

from dataclasses import dataclass
from string import ascii_lowercase

import numpy as np
from numpy.typing import NDArray

from mtbench.stats.estimates import LEVEL
from mtbench.stats.paired import question_differences, sign_flip_p
from mtbench.stats.tdist import t_quantile, t_two_sided_p

_FEW = 12
"""Questions up to which the exact test costs next to nothing, and matters."""


@dataclass(frozen=True, slots=True)
class Pairwise:
    """Every model against every other, shape (k, k) each: the row's model against the column's.

    `difference`: how much more the row's scores, by question; `low`, `high`: its t interval, for this pair alone; `p`:
    of no difference, by the paired t test, and up to 12 questions by the exact sign-flip test; `p_holm`: corrected for
    all pairs; `beats`: whether the row's is better for certain, that is with the difference above 0 and p_holm at most
    1 − level; `questions`: that both have. The diagonal, and pairs with no question in common, are nan and False.
    """

    difference: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    p: NDArray[np.float64]
    p_holm: NDArray[np.float64]
    beats: NDArray[np.bool_]
    questions: NDArray[np.intp]

    @property
    def apart(self) -> NDArray[np.bool_]:
        """Whether one of the two beats the other, shape (k, k)."""
        return self.beats | self.beats.T


def holm(p: NDArray[np.float64]) -> NDArray[np.float64]:
    """p-values of m tests, shape (m,), corrected so that any false finding at all has a probability of at most alpha.

    The i-th smallest becomes the largest of (m − j + 1) · p_(j), j ≤ i, and at most 1 (Holm 1979). nan is no test and
    stays nan.
    """
    corrected = np.full(p.shape, np.nan)
    tests = np.flatnonzero(~np.isnan(p))
    order = tests[np.argsort(p[tests], kind="stable")]
    corrected[order] = np.minimum(1, np.maximum.accumulate(p[order] * np.arange(len(order), 0, -1)))
    return corrected


def pairwise(scores: NDArray[np.float64], questions: NDArray[np.intp], level: float = LEVEL) -> Pairwise:
    """All pairs of k models, each paired by question as in `paired.question_differences`.

    `scores`: shape (k, n), nan where a model lacks one; `questions`: shape (n,), the question of each column. With
    probability `level` or more, nobody in `beats` is there by chance. Raises ValueError for shapes that do not fit.
    """
    if scores.ndim != 2:
        raise ValueError(f"scores have to be a table of models by situations: {scores.shape}")
    models = len(scores)
    mean, se, p = (np.full((models, models), np.nan) for _ in range(3))
    count = np.zeros((models, models), dtype=np.intp)
    above, right = np.triu_indices(models, 1)
    for row, column in zip(above.tolist(), right.tolist(), strict=True):
        differences, codes = question_differences(scores[column], scores[row], questions)
        count[row, column] = count[column, row] = n = len(codes)
        if n:
            mean[row, column] = differences.mean()
            if n <= _FEW:
                p[row, column] = sign_flip_p(differences)
        if n > 1:
            se[row, column] = se[column, row] = differences.std(ddof=1) / np.sqrt(n)
    many = count > _FEW
    with np.errstate(divide="ignore", invalid="ignore"):
        t = np.where((mean == 0) & (se == 0), 0.0, mean / se)
    p[many] = t_two_sided_p(t[many], count[many] - 1)
    p[right, above] = p[above, right]
    mean[right, above] = -mean[above, right]
    p_holm = np.full_like(p, np.nan)
    p_holm[above, right] = p_holm[right, above] = holm(p[above, right])
    reach = t_quantile((1 + level) / 2, count - 1) * se
    with np.errstate(invalid="ignore"):
        beats = (p_holm <= 1 - level) & (mean > 0)
    return Pairwise(mean, mean - reach, mean + reach, p, p_holm, beats, count)


def letter_groups(apart: NDArray[np.bool_]) -> list[list[int]]:
    """Groups of rows that nothing separates, best first: two rows share a group exactly if they are not `apart`.

    `apart`: shape (k, k), symmetric, the rows in the order of the ranking. "Not apart" does not carry over (a and b, b
    and c may be inseparable while a and c are not), so a row may be in several groups: this is the compact letter
    display (Piepho 2004). Tiers that share no row would either part what is inseparable or join what is not. Built by
    growing a group, in order of rank, around every pair that has none yet; few groups, if not always the fewest.
    Raises ValueError for a table that is not symmetric.
    """
    if apart.ndim != 2 or not np.array_equal(apart, apart.T):
        raise ValueError("the table of who is apart from whom has to be symmetric")
    together = ~apart
    np.fill_diagonal(together, True)
    missing = together.copy()
    groups: list[list[int]] = []
    for first, second in zip(*(each.tolist() for each in np.nonzero(np.triu(together))), strict=True):
        if not missing[first, second] or (first == second and together[first].sum() > 1):
            continue
        group = [first, second] if first != second else [first]
        for row in range(len(together)):
            if row not in group and together[row, group].all():
                group.append(row)
        missing[np.ix_(group, group)] = False
        groups.append(sorted(group))
    return sorted(groups)


def letters(apart: NDArray[np.bool_]) -> list[str]:
    """The groups of each row as letters, such as "ab": two rows share a letter exactly if they are not `apart`.

    Arguments as for `letter_groups`. Past 26 groups they are numbers with commas, "3,27".
    """
    groups = letter_groups(apart)
    few = len(groups) <= len(ascii_lowercase)
    names = list(ascii_lowercase) if few else [str(number + 1) for number in range(len(groups))]
    mark = "" if few else ","
    return [
        mark.join(name for name, group in zip(names, groups, strict=False) if row in group) for row in range(len(apart))
    ]
