"""Student's t, central and not, from scipy.special, which is imported only when asked for: it costs 0.2 s."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]


def t_quantile(p: ArrayLike, df: ArrayLike) -> FloatArray:
    """The value that a t variable with `df` degrees of freedom stays under with probability `p`. nan for df < 1."""
    from scipy.special import stdtrit

    degrees = np.asarray(df, dtype=np.float64)
    return np.asarray(stdtrit(np.where(degrees >= 1, degrees, np.nan), p), dtype=np.float64)


def t_two_sided_p(t: ArrayLike, df: ArrayLike) -> FloatArray:
    """The probability that a t variable with `df` degrees of freedom is at least as far from 0 as `t`."""
    from scipy.special import stdtr

    return np.asarray(2 * stdtr(df, -np.abs(t)), dtype=np.float64)


def t_test_power(noncentrality: ArrayLike, df: ArrayLike, alpha: float) -> FloatArray:
    """The probability that a two-sided t test at `alpha` finds an effect of `noncentrality` standard errors.

    The square of a noncentral t is a noncentral F with 1 and `df` degrees of freedom and the square of the
    noncentrality (Johnson, Kotz, Balakrishnan, Continuous Univariate Distributions 2, chapter 31), so one call holds
    both tails.
    """
    from scipy.special import ncfdtr

    critical = t_quantile(1 - alpha / 2, df)
    return np.asarray(1 - ncfdtr(1, df, np.square(noncentrality), critical**2), dtype=np.float64)
