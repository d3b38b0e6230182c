"""What a comparison paired by question can show: planning before anything is judged."""

from functools import cache
from math import inf, nan, sqrt

from mtbench.stats.tdist import t_test_power

POWER = 0.8
ALPHA = 0.05


def power(difference: float, sd: float, questions: int, alpha: float = ALPHA) -> float:
    """The probability that a true `difference` of two models is found at `alpha`, two-sided, with `questions`.

    `sd` is that of the differences by question: of an earlier run, or `variance.sd_by_question` for repeats and judges
    to be planned. The test is the paired t test: t is noncentral with questions − 1 degrees of freedom and a
    noncentrality of difference/(sd/√questions) (Cohen 1988, Statistical Power Analysis, section 2.3). The power is for
    the difference as these judges see it: how another judge would see it is no matter of questions. nan with fewer than
    two questions. Raises ValueError for an sd that is not above 0.
    """
    _check(sd, POWER, alpha)
    return float(t_test_power(difference / sd * sqrt(questions), questions - 1, alpha)) if questions > 1 else nan


def questions_needed(difference: float, sd: float, power: float = POWER, alpha: float = ALPHA) -> int:
    """The fewest questions that find a true `difference` with probability `power`. Arguments as for `power`.

    Raises ValueError for a difference of 0, an sd that is not above 0, and a power that is not between alpha and 1.
    """
    _check(sd, power, alpha)
    if not difference:
        raise ValueError("no number of questions finds a difference of 0")

    def is_enough(questions: int) -> bool:
        return float(t_test_power(difference / sd * sqrt(questions), questions - 1, alpha)) >= power

    too_few, enough = 1, 2
    while not is_enough(enough):
        too_few, enough = enough, 2 * enough
    while enough - too_few > 1:
        middle = (too_few + enough) // 2
        too_few, enough = (too_few, middle) if is_enough(middle) else (middle, enough)
    return enough


def smallest_difference(sd: float, questions: int, power: float = POWER, alpha: float = ALPHA) -> float:
    """The smallest true difference that `questions` find with probability `power`. Arguments and errors as above."""
    _check(sd, power, alpha)
    return sd * smallest_effect(questions, power, alpha)


@cache
def smallest_effect(questions: int, power: float = POWER, alpha: float = ALPHA) -> float:
    """`smallest_difference` in units of the sd of the differences by question. nan with fewer than two questions."""
    _check(1.0, power, alpha)
    if questions < 2:
        return nan
    low, high = 0.0, 1.0
    while float(t_test_power(high, questions - 1, alpha)) < power:
        low, high = high, 2 * high
    while high - low > 1e-12 * high:
        middle = (low + high) / 2
        low, high = (low, middle) if float(t_test_power(middle, questions - 1, alpha)) >= power else (middle, high)
    return high / sqrt(questions)


def _check(sd: float, power: float, alpha: float) -> None:
    if not 0 < sd < inf:
        raise ValueError(f"the sd of the differences by question has to be above 0: {sd}")
    if not 0 < alpha < power < 1:
        raise ValueError(f"0 < alpha < power < 1 has to hold: alpha {alpha}, power {power}")
