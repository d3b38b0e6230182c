"""Student's t."""

import numpy as np
import pytest
from scipy import stats

from mtbench.stats.tdist import t_quantile, t_test_power, t_two_sided_p


def test_quantiles_and_p_values_are_scipy_s() -> None:
    df = np.array([1, 4, 19, 499])
    np.testing.assert_allclose(t_quantile(0.975, df), stats.t.ppf(0.975, df), rtol=1e-9)
    np.testing.assert_allclose(t_two_sided_p([-2.0, 2.0, 0.0, 9.0], df), 2 * stats.t.sf([2, 2, 0, 9], df), rtol=1e-9)


def test_without_degrees_of_freedom_there_is_no_quantile() -> None:
    assert np.isnan(t_quantile(0.975, 0))


@pytest.mark.parametrize("df", [1, 4, 19, 79, 4999])
@pytest.mark.parametrize("noncentrality", [0.0, 0.5, -2.8])
def test_power_is_both_tails_of_the_noncentral_t(df: int, noncentrality: float) -> None:
    critical = stats.t.ppf(0.975, df)
    tails = stats.nct.sf(critical, df, noncentrality) + stats.nct.cdf(-critical, df, noncentrality)
    assert t_test_power(noncentrality, df, 0.05) == pytest.approx(tails, abs=1e-9)


def test_a_great_effect_is_found_for_certain() -> None:
    assert t_test_power(40.0, 79, 0.05) == pytest.approx(1.0)
