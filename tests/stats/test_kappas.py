"""Agreement beyond chance is what statsmodels and krippendorff say it is, and its intervals hold the truth."""

from collections.abc import Callable

import krippendorff
import numpy as np
import pytest
from numpy.typing import NDArray
from statsmodels.stats import inter_rater

from mtbench.stats.estimates import Estimate
from mtbench.stats.kappas import Scale, cohens_kappa, fleiss_kappa, krippendorffs_alpha

DRAWS = 2000
SHARES = np.array([0.45, 0.35, 0.2])
SCALES: list[Scale] = ["nominal", "ordinal", "interval"]

Codes = NDArray[np.intp]


def _ratings(questions: int, raters: int, rng: np.random.Generator, sure: float = 0.6) -> Codes:
    """(questions, 2, raters): raters see the truth about a unit or guess; some questions are clearer."""
    truth = rng.choice(3, p=SHARES, size=(questions, 2, 1))
    clear = rng.beta(4 * sure, 4 * (1 - sure), (questions, 1, 1))
    seen = rng.random((questions, 2, raters)) < clear
    return np.where(seen, truth, rng.choice(3, p=SHARES, size=(questions, 2, raters))).astype(np.intp)


def _long(table: Codes) -> tuple[Codes, Codes, Codes]:
    questions, units, raters = table.shape
    unit = np.repeat(np.arange(questions * units), raters)
    return table.ravel(), unit, unit // units


class _SameSamples(np.random.Generator):
    """Draws samples of questions once for each number of questions: drawing them is most of a bootstrap's time."""

    def __init__(self) -> None:
        super().__init__(np.random.PCG64(7))
        self._drawn: dict[int, NDArray[np.int64]] = {}

    def multinomial(self, n: int, pvals: NDArray[np.float64], size: int) -> NDArray[np.int64]:  # type: ignore[override]  # one use
        if n not in self._drawn:
            self._drawn[n] = super().multinomial(n, pvals, size)
        return self._drawn[n]


def _cohen(table: Codes, rng: np.random.Generator, draws: int) -> Estimate:
    units = table.reshape(-1, table.shape[2])
    return cohens_kappa(units[:, 0], units[:, 1], np.repeat(np.arange(len(table)), 2), rng, draws)


def _fleiss(table: Codes, rng: np.random.Generator, draws: int) -> Estimate:
    return fleiss_kappa(*_long(table), rng, draws)


def _alpha(table: Codes, rng: np.random.Generator, draws: int) -> Estimate:
    values, units, questions = _long(table)
    there = np.tile([True, True, False, True, True, True], len(table))  # every second unit's third rating is missing
    return krippendorffs_alpha(values[there].astype(float), units[there], questions[there], rng, "ordinal", draws)


def test_cohens_kappa_is_that_of_statsmodels() -> None:
    rng = np.random.default_rng(0)
    for _ in range(5):
        table = _ratings(40, 2, rng).reshape(-1, 2)
        ours = cohens_kappa(table[:, 0] * 7, table[:, 1] * 7, np.repeat(np.arange(40), 2), rng, draws=20)
        counts = np.zeros((3, 3))
        np.add.at(counts, (table[:, 0], table[:, 1]), 1)
        assert ours.value == pytest.approx(inter_rater.cohens_kappa(counts).kappa, abs=1e-9)
        assert (ours.n, ours.clusters) == (80, 40)


def test_its_error_with_a_unit_a_question_is_about_that_of_statsmodels() -> None:
    rng = np.random.default_rng(1)
    first, second = _ratings(500, 2, rng)[:, 0].T
    counts = np.zeros((3, 3))
    np.add.at(counts, (first, second), 1)
    ours, theirs = cohens_kappa(first, second, np.arange(500), rng), inter_rater.cohens_kappa(counts)
    assert ours.se == pytest.approx(theirs.std_kappa, rel=0.05)
    assert (ours.low, ours.high) == pytest.approx((theirs.kappa_low, theirs.kappa_upp), abs=0.01)


def test_a_rater_may_never_use_a_category_of_the_other() -> None:
    first, second = np.array([0, 0, 1, 1]), np.array([0, 0, 0, 0])
    assert cohens_kappa(first, second, np.arange(4), np.random.default_rng(0), draws=50).value == 0


def test_fleiss_kappa_is_that_of_statsmodels() -> None:
    rng = np.random.default_rng(2)
    for _ in range(5):
        table = _ratings(40, 4, rng)
        ours = fleiss_kappa(*_long(table), rng, draws=20)
        counts, _ = inter_rater.aggregate_raters(table.reshape(-1, 4))
        assert ours.value == pytest.approx(inter_rater.fleiss_kappa(counts), abs=1e-9)
        assert (ours.n, ours.clusters) == (320, 40)


def test_where_units_have_different_numbers_of_ratings_it_is_gwets_formula() -> None:
    """Three units rated 0 0 1, 1 1, and 0: agreement (1/3 + 1)/2; shares of 0 are 2/3, 0 and 1."""
    ratings, units = np.array([0, 0, 1, 1, 1, 0]), np.array([0, 0, 0, 1, 1, 2])
    observed, share = (1 / 3 + 1) / 2, (2 / 3 + 0 + 1) / 3
    expected = share**2 + (1 - share) ** 2
    found = fleiss_kappa(ratings, units, units, np.random.default_rng(0), draws=50)
    assert found.value == pytest.approx((observed - expected) / (1 - expected))


@pytest.mark.parametrize("scale", SCALES)
def test_alpha_is_that_of_krippendorff_with_values_missing(scale: Scale) -> None:
    rng = np.random.default_rng(3)
    for _ in range(5):
        table = np.clip(np.rint(rng.normal(6, 2, (40, 2, 1)) + rng.normal(0, 1.2, (40, 2, 4))), 1, 10)
        table[rng.random(table.shape) < 0.4] = np.nan
        unit = np.repeat(np.arange(80), 4)
        there = ~np.isnan(table.ravel())
        ours = krippendorffs_alpha(table.ravel()[there], unit[there], unit[there] // 2, rng, scale, draws=20)
        theirs = krippendorff.alpha(table.reshape(80, 4).T, level_of_measurement=scale)
        assert ours.value == pytest.approx(theirs, abs=1e-9)
        sizes = np.bincount(unit[there])
        assert ours.n == sizes[sizes > 1].sum()


def test_all_three_are_near_each_other_for_two_raters_and_many_units() -> None:
    rng = np.random.default_rng(4)
    table = _ratings(3000, 2, rng)
    cohen, fleiss = _cohen(table, rng, 20), _fleiss(table, rng, 20)
    nominal = krippendorffs_alpha(*(_long(table)[0].astype(float), *_long(table)[1:]), rng, draws=20)
    assert fleiss.value == pytest.approx(cohen.value, abs=0.005)
    # α corrects for the N ratings: 1 − α = (1 − π)(1 − 1/N).
    assert 1 - nominal.value == pytest.approx((1 - fleiss.value) * (1 - 1 / table.size))


def test_perfect_agreement_is_1_and_shows_no_error() -> None:
    rng = np.random.default_rng(5)
    table = np.repeat(_ratings(20, 1, rng), 3, axis=2)
    for statistic in (_cohen, _fleiss, _alpha):
        found = statistic(table, rng, 200)
        assert found.value == pytest.approx(1)
        assert np.isnan([found.low, found.high, found.se]).all()


def test_where_nothing_varies_chance_explains_all() -> None:
    table = np.ones((20, 2, 3), np.intp)
    for statistic in (_cohen, _fleiss, _alpha):
        assert np.isnan(statistic(table, np.random.default_rng(0), 20).value)


def test_units_with_one_rating_say_nothing_of_agreement() -> None:
    alone, rng = np.arange(4), np.random.default_rng(0)
    assert np.isnan(fleiss_kappa(np.array([0, 1, 0, 1]), alone, alone, rng, draws=20).value)
    found = krippendorffs_alpha(np.array([0.0, 1, 0, 1]), alone, alone, rng, draws=20)
    assert np.isnan(found.value)
    assert (found.n, found.clusters) == (0, 0)


def test_raters_that_guess_agree_as_chance_would() -> None:
    rng = np.random.default_rng(6)
    table = rng.choice(3, p=SHARES, size=(5000, 2, 3)).astype(np.intp)
    for statistic in (_cohen, _fleiss, _alpha):
        assert statistic(table, rng, 20).value == pytest.approx(0, abs=0.02)


@pytest.mark.parametrize(("statistic", "questions"), [(_cohen, 20), (_cohen, 80), (_fleiss, 80), (_alpha, 20)])
def test_95_percent_intervals_hold_the_truth_in_93_to_97_of_100(
    statistic: Callable[[Codes, np.random.Generator, int], Estimate], questions: int
) -> None:
    rng, samples = np.random.default_rng(questions), _SameSamples()
    truth = statistic(_ratings(20_000, 3, np.random.default_rng(0)), rng, 2).value
    found = [statistic(_ratings(questions, 3, rng), samples, 300) for _ in range(DRAWS)]
    assert 0.93 <= np.mean([one.low <= truth <= one.high for one in found]) <= 0.97


def test_shapes_that_do_not_fit_and_missing_values_are_a_bug() -> None:
    rng, one, two = np.random.default_rng(0), np.array([0]), np.array([0, 1])
    with pytest.raises(ValueError, match="a question a unit"):
        cohens_kappa(one, two, two, rng)
    with pytest.raises(ValueError, match="a question a rating"):
        fleiss_kappa(two, one, two, rng)
    with pytest.raises(ValueError, match="missing value"):
        krippendorffs_alpha(np.array([1.0, np.nan]), two, two, rng)
    with pytest.raises(ValueError, match="more than one"):
        krippendorffs_alpha(np.array([1.0, 2.0]), np.array([0, 0]), two, rng)
