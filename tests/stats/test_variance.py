"""Where the spread of scores comes from."""

import numpy as np
import pytest
import statsmodels.formula.api as smf
from numpy.typing import NDArray
from statsmodels.stats.anova import anova_lm

from mtbench.stats.clustered import clustered_mean
from mtbench.stats.variance import (
    Components,
    sd_by_question,
    standard_error,
    standard_error_over_judges,
    variance_components,
)

pandas = pytest.importorskip("pandas")  # has no types; statsmodels brings it

TRUE = {"question": 2.0, "judge": 0.3, "question_judge": 0.5, "rest": 0.8}


def _codes(questions: int, judges: int, repeats: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """A code of the question and the judge of every value of a design without gaps."""
    each = np.arange(questions * judges * repeats)
    return each // (judges * repeats), each // repeats % judges


def _scores(rng: np.random.Generator, questions: int, judges: int, repeats: int) -> NDArray[np.float64]:
    """Values of that design with the true variances, of no normal distribution."""

    def effect(name: str, *shape: int) -> NDArray[np.float64]:
        return np.asarray(rng.choice((-1.0, 1.0), shape) * np.sqrt(TRUE[name]))

    values = (
        7.0
        + effect("question", questions, 1, 1)
        + effect("judge", 1, judges, 1)
        + effect("question_judge", questions, judges, 1)
        + effect("rest", questions, judges, repeats)
    )
    return np.asarray(values).ravel()


def test_of_balanced_data_it_is_the_textbook_s_anova() -> None:
    question, judge = _codes(12, 3, 2)
    values = _scores(np.random.default_rng(1), 12, 3, 2)
    table = pandas.DataFrame({"values": values, "question": question, "judge": judge})
    fit = smf.ols("values ~ C(question) * C(judge)", table).fit()
    q, j, qj, rest = anova_lm(fit)["sum_sq"] / anova_lm(fit)["df"]
    found = variance_components(values, question * 7 + 3, judge)
    assert found.rest == pytest.approx(rest)
    assert found.question_judge == pytest.approx((qj - rest) / 2)
    assert found.question == pytest.approx((q - qj) / 6)
    assert found.judge == pytest.approx(max((j - qj) / 24, 0))


def test_of_one_judge_that_repeats_it_is_the_one_way_anova() -> None:
    question, judge = _codes(10, 1, 3)
    values = np.random.default_rng(2).normal(question % 4, 1)
    table = values.reshape(10, 3)
    found = variance_components(values, question, judge)
    within = table.var(axis=1, ddof=1).mean()
    assert found.rest == pytest.approx(within)
    assert found.question == pytest.approx(table.mean(axis=1).var(ddof=1) - within / 3)
    assert np.isnan([found.judge, found.question_judge]).all()


def test_of_unbalanced_data_it_is_unbiased() -> None:
    rng = np.random.default_rng(3)
    question, judge = _codes(20, 10, 3)
    there = rng.random(len(question)) < 0.7 - 0.04 * judge
    found = [
        variance_components(values[there], question[there], judge[there])
        for values in (_scores(rng, 20, 10, 3) for _ in range(1000))
    ]
    assert np.mean([bool(each.negative) for each in found]) < 0.01  # so that those make no difference
    for name, true in TRUE.items():
        estimates = np.array([getattr(each, name) for each in found])
        assert estimates.mean() == pytest.approx(true, abs=4 * estimates.std() / np.sqrt(1000)), name


def test_a_variance_below_0_is_0_and_said() -> None:
    question, judge = _codes(3, 1, 2)
    values = np.array([1.0, 9, 2, 8.5, 1.5, 9])  # alike means, while each differs from itself
    found = variance_components(values, question, judge)
    assert (found.question, found.negative) == (0, ("question",))
    assert found.rest > 20


def test_without_repeats_the_interaction_is_part_of_the_rest() -> None:
    question, judge = _codes(400, 5, 1)
    found = variance_components(_scores(np.random.default_rng(4), 400, 5, 1), question, judge)
    assert np.isnan(found.question_judge)
    assert found.rest == pytest.approx(TRUE["question_judge"] + TRUE["rest"], rel=0.1)
    assert not found.are_repeated
    assert sd_by_question(found, judges=3) == pytest.approx(np.sqrt(found.question + found.rest / 3))
    assert np.isnan(sd_by_question(found, repeats=2))


def test_with_one_judgment_a_question_all_is_the_question_s() -> None:
    values = np.array([7.0, 9, 4, 10, 8])
    found = variance_components(values, np.arange(5), np.zeros(5, dtype=np.intp))
    assert found.question == pytest.approx(values.var(ddof=1))
    assert np.isnan([found.judge, found.question_judge, found.rest]).all()
    assert standard_error(found, 5) == pytest.approx(clustered_mean(values, np.arange(5)).se)
    assert np.isnan(standard_error(found, 5, judges=2))
    assert np.isnan(standard_error_over_judges(found, 5))


def test_the_error_of_the_same_design_is_what_clustering_by_question_shows() -> None:
    question, judge = _codes(40, 3, 2)
    values = _scores(np.random.default_rng(7), 40, 3, 2)
    found = variance_components(values, question, judge)
    assert not found.negative
    assert standard_error(found, 40, repeats=2, judges=3) == pytest.approx(clustered_mean(values, question).se)


@pytest.mark.parametrize(("questions", "repeats", "judges"), [(80, 1, 1), (40, 3, 2), (20, 1, 4)])
def test_the_error_of_a_plan_is_the_spread_of_its_means(questions: int, repeats: int, judges: int) -> None:
    known = Components(**TRUE, negative=(), questions=9, judges=9, are_repeated=True)
    rng = np.random.default_rng(questions)
    means = [_scores(rng, questions, judges, repeats).mean() for _ in range(4000)]
    assert standard_error_over_judges(known, questions, repeats, judges) == pytest.approx(np.std(means), rel=0.05)
    no_judges = known.question + known.question_judge / judges + known.rest / judges / repeats
    assert standard_error(known, questions, repeats, judges) == pytest.approx(np.sqrt(no_judges / questions))


def test_what_cannot_be_split_is_a_bug() -> None:
    values, codes = np.array([1.0, 2.0]), np.zeros(2, dtype=np.intp)
    with pytest.raises(ValueError, match="two of them"):
        variance_components(values, codes, codes)
    with pytest.raises(ValueError, match="for every value"):
        variance_components(values, codes[:1], codes)
