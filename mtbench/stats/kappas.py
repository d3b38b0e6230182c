"""Agreement beyond what chance would give: Cohen's and Fleiss's kappa, Krippendorff's alpha."""

from typing import Literal

import numpy as np

from mtbench.stats.estimates import LEVEL, Estimate
from mtbench.stats.games import Codes, Floats
from mtbench.stats.nesting import nested
from mtbench.stats.resampled import bootstrap_of_sums

Scale = Literal["nominal", "ordinal", "interval"]


def cohens_kappa(
    first: Codes,
    second: Codes,
    questions: Codes,
    rng: np.random.Generator,
    draws: int = 2000,
    level: float = LEVEL,
) -> Estimate:
    """Two raters' agreement beyond chance: κ = (p_o − p_e) / (1 − p_e), with p_e = Σ_k p_k· p_·k.

    `first`, `second` (n,): the categories, any integers, that either rater gave each unit. `questions` (n,): the
    question of each unit; the interval is `bootstrap_of_sums`' over questions. Cohen 1960, A coefficient of agreement
    for nominal scales. nan if both raters know one category only, the same: chance then explains all. Raises ValueError
    for shapes that do not fit and for no units.
    """
    if first.ndim != 1 or not len(first) or not first.shape == second.shape == questions.shape:
        raise ValueError(f"two categories and a question a unit: {first.shape}, {second.shape}, {questions.shape}")
    known, code = np.unique(np.concatenate([first, second]), return_inverse=True)
    count = len(known)
    _, question = np.unique(questions, return_inverse=True)
    sums = _by_question(question, code[: len(first)] * count + code[len(first) :], count**2, np.ones(len(first)))

    def kappa(tables: Floats) -> Floats:
        table = tables.reshape(-1, count, count)
        n = table.sum(axis=(1, 2))
        observed = np.trace(table, axis1=1, axis2=2) / n
        expected = (table.sum(axis=1) * table.sum(axis=2)).sum(axis=1) / n**2
        return _beyond(observed, expected)

    return bootstrap_of_sums(sums, kappa, len(first), rng, draws, level)


def fleiss_kappa(
    ratings: Codes,
    units: Codes,
    questions: Codes,
    rng: np.random.Generator,
    draws: int = 2000,
    level: float = LEVEL,
) -> Estimate:
    """Many raters' agreement beyond chance: κ = (P̄ − P̄_e) / (1 − P̄_e).

    `ratings`, `units`, `questions` (n,): a category, any integer, that somebody gave a unit, that unit, and its
    question; the interval is `bootstrap_of_sums`' over questions. With n_uk of the m_u ratings of unit u in category k,
    P̄ is the mean of Σ_k n_uk(n_uk − 1) / (m_u(m_u − 1)) over units with two ratings at least, and P̄_e = Σ_k p_k² with
    p_k the mean of n_uk/m_u over all units. With as many ratings on each unit this is Fleiss 1971, Measuring nominal
    scale agreement among many raters; where they differ, as human votes do, it is Gwet's generalisation (2014, Handbook
    of Inter-Rater Reliability, chapter 2). nan if all ratings are alike or no unit has two. `n` counts ratings. Raises
    ValueError for shapes that do not fit, no ratings, and a unit of several questions.
    """
    known, category = np.unique(ratings, return_inverse=True)
    counts, question = _counts(category, units, questions, len(known))
    of_unit = counts.sum(axis=1)
    shared = of_unit > 1
    alike = ((counts**2).sum(axis=1) - of_unit) / np.where(shared, of_unit * (of_unit - 1), 1)
    columns = np.column_stack([alike, shared, counts / of_unit[:, None], np.ones(len(counts))])
    sums = np.zeros((int(question.max()) + 1, columns.shape[1]))
    np.add.at(sums, question, columns)

    def kappa(sums: Floats) -> Floats:
        share = sums[:, 2:-1] / sums[:, -1:]
        with np.errstate(invalid="ignore", divide="ignore"):
            return _beyond(sums[:, 0] / sums[:, 1], (share**2).sum(axis=1))

    return bootstrap_of_sums(sums, kappa, len(ratings), rng, draws, level)


def krippendorffs_alpha(
    values: Floats,
    units: Codes,
    questions: Codes,
    rng: np.random.Generator,
    scale: Scale = "nominal",
    draws: int = 2000,
    level: float = LEVEL,
) -> Estimate:
    """Any number of raters, any scale, any values missing: α = 1 − D_o / D_e.

    `values`, `units`, `questions` (n,): what somebody said of a unit, that unit, and its question; a missing value has
    no place. The interval is `bootstrap_of_sums`' over questions. With n_uc of the m_u values of unit u equal to c,
    coincidences are o_ck = Σ_u n_uc (n_uk − [c=k]) / (m_u − 1) over units with two values at least, n_c = Σ_k o_ck and
    n = Σ_c n_c; then α = 1 − (n−1) Σ o_ck δ²_ck / Σ n_c n_k δ²_ck, where δ² is [c≠k] on a nominal scale, (c − k)² on an
    interval scale, and (Σ_{g=c}^{k} n_g − (n_c + n_k)/2)² on an ordinal one (Krippendorff 2019, Content Analysis,
    chapter 12; 2011, Computing Krippendorff's Alpha-Reliability). nan if nothing varies or no unit has two values. `n`
    counts values on units with two at least. Memory grows with questions times the square of the distinct values.

    Raises ValueError for shapes that do not fit, no values, nan, and a unit of several questions.
    """
    if np.isnan(values).any():
        raise ValueError("a missing value has no place among the values: leave it out")
    known, category = np.unique(values, return_inverse=True)
    counts, question = _counts(category, units, questions, len(known))
    of_unit = counts.sum(axis=1)
    shared = of_unit > 1
    counts, question, of_unit = counts[shared], question[shared], of_unit[shared]
    count = len(known)
    if not len(counts):
        return Estimate(np.nan, np.nan, np.nan, np.nan, 0, 0)
    _, question = np.unique(question, return_inverse=True)
    scaled = counts / (of_unit - 1)[:, None]
    sums = np.zeros((int(question.max()) + 1, count, count))
    for code in range(count):
        others = counts.copy()
        others[:, code] -= 1
        np.add.at(sums[:, code], question, scaled[:, code, None] * others)

    def alpha(tables: Floats) -> Floats:
        coincidences = tables.reshape(-1, count, count)
        marginal = coincidences.sum(axis=2)
        apart = _distances(marginal, known, scale)
        observed = (coincidences * apart).sum(axis=(1, 2))
        expected = (np.matmul(marginal[:, None, :], apart)[:, 0] * marginal).sum(axis=1)
        return np.asarray(1 - (marginal.sum(axis=1) - 1) * observed / np.where(expected > 0, expected, np.nan))

    return bootstrap_of_sums(sums.reshape(len(sums), -1), alpha, int(of_unit.sum()), rng, draws, level)


def _distances(marginal: Floats, known: Floats, scale: Scale) -> Floats:
    """Squared distances of all values (…, K, K), of one draw or, on an ordinal scale, of each of the draws (d, K)."""
    if scale == "nominal":
        return 1 - np.eye(len(known))
    if scale == "interval":
        return np.asarray(np.square(known[:, None] - known))
    middle = marginal.cumsum(axis=1) - marginal / 2  # what lies between the middles of two values
    return np.asarray(np.square(middle[:, :, None] - middle[:, None, :]))


def _beyond(observed: Floats, expected: Floats) -> Floats:
    room = 1 - expected
    return (observed - expected) / np.where(room > 1e-12, room, np.nan)


def _counts(category: Codes, units: Codes, questions: Codes, categories: int) -> tuple[Floats, Codes]:
    """(U, K) how many of a unit's ratings are in each category, and (U,) the codes 0 … of the units' questions."""
    if category.ndim != 1 or not len(category) or not category.shape == units.shape == questions.shape:
        raise ValueError(f"a unit and a question a rating: {category.shape}, {units.shape}, {questions.shape}")
    unit, holder = nested(units, questions)
    counts = np.bincount(unit * categories + category, minlength=len(holder) * categories)
    return counts.reshape(len(holder), categories).astype(np.float64), np.unique(holder, return_inverse=True)[1]


def _by_question(question: Codes, column: Codes, columns: int, weights: Floats) -> Floats:
    rows = int(question.max()) + 1
    return np.bincount(question * columns + column, weights, rows * columns).reshape(rows, columns).astype(np.float64)
