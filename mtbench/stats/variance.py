"""Where the spread of scores comes from, and what more questions, repeats or judges would buy."""

from dataclasses import dataclass
from math import nan, sqrt

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Components:
    """Variances of the parts of a score, in squared points: y = mean + question + judge + question·judge + rest.

    `question`: some questions are easier for the model (and the answers that it happened to give are better). `judge`:
    some judges are milder. `question_judge`: they are so on some questions. `rest`: the same judge differs from itself
    when it repeats. A part whose estimate came out below 0 is 0 here and named in `negative`: the data show no sign of
    it, which is not to say that it is 0.

    What the design cannot tell apart is nan, and counted where the docstring of `variance_components` says. `questions`
    and `judges` are those in the data; `are_repeated`: whether any judge judged any question more than once.
    """

    question: float
    judge: float
    question_judge: float
    rest: float
    negative: tuple[str, ...]
    questions: int
    judges: int
    are_repeated: bool


def variance_components(
    values: NDArray[np.float64], questions: NDArray[np.intp], judges: NDArray[np.intp]
) -> Components:
    """Splits the variance of scores, or of two models' differences, into question, judge and repetition.

    `values`, `questions`, `judges`: shape (n,): a value, the codes of its question and its judge; a cell with several
    values was repeated, and cells may be missing or unequal. Values of both turns of a question have to be averaged
    first, or one turn looked at: a turn is no repetition. The estimator is the method of moments of the ANOVA for
    unbalanced data (Henderson 1953, method 1; Searle, Casella, McCulloch 1992, Variance Components, section 5.3): sums
    of squares T_g = Σ_g (Σ_{i∈g} y)² / n_g over no, question, judge and cell groups and single values are set equal to
    their expectations, which are linear in the variances with coefficients Σ_g Σ_l n_gl² / n_g. It is unbiased and
    needs no normal distribution; with balanced data it is the textbook ANOVA. From few judges the variance of judges is
    hardly known: of three, its estimate is off by a factor of 2 as often as not.

    - No repeats: `question_judge` is nan and part of `rest`.
    - One judge: `judge` and `question_judge` are nan; the latter is part of `question`, which is then as it sees them.
    - Both: `rest` is nan too and part of `question`.

    Raises ValueError for shapes that do not fit, and for fewer than two questions.
    """
    if values.ndim != 1 or questions.shape != values.shape or judges.shape != values.shape:
        raise ValueError(f"a question and a judge for every value: {values.shape}, {questions.shape}, {judges.shape}")
    question = np.unique(questions, return_inverse=True)[1]
    judge = np.unique(judges, return_inverse=True)[1]
    if not len(values) or question.max() == 0:
        raise ValueError("the spread of questions takes two of them at least")
    count, judge_count = len(values), int(judge.max()) + 1
    cells, cell, sizes = np.unique(question * judge_count + judge, return_inverse=True, return_counts=True)
    are_repeated = len(cells) < count
    parts = {"question": cells // judge_count}
    if judge_count > 1:
        parts["judge"] = cells % judge_count
    if judge_count > 1 and are_repeated:
        parts["question_judge"] = np.arange(len(cells))
    centred = values - values.mean()
    squares = float((centred**2).sum()) if judge_count > 1 or are_repeated else None
    found = _solve(np.asarray(np.bincount(cell, centred), dtype=np.float64), sizes, parts, squares)
    variances = {name: max(variance, 0.0) for name, variance in found.items()}
    return Components(
        question=variances["question"],
        judge=variances.get("judge", nan),
        question_judge=variances.get("question_judge", nan),
        rest=variances.get("rest", nan),
        negative=tuple(name for name, variance in found.items() if variance < 0),
        questions=int(question.max()) + 1,
        judges=judge_count,
        are_repeated=are_repeated,
    )


def sd_by_question(components: Components, repeats: int = 1, judges: int = 1) -> float:
    """The sd, from question to question, of a question's mean over `judges` with `repeats` each.

    √(question + question_judge/judges + rest/(judges · repeats)). nan for what the components do not tell: more repeats
    than one if they are of data without repeats, more judges than one if they are of data with one judge.
    """
    if (repeats > 1 and not components.are_repeated) or (judges > 1 and components.judges == 1):
        return nan
    parts = (components.question, components.question_judge / judges, components.rest / (judges * repeats))
    return sqrt(sum(part for part in parts if part == part))  # what is nan here is part of another


def standard_error(components: Components, questions: int, repeats: int = 1, judges: int = 1) -> float:
    """The standard error of a mean over `questions`, each judged `repeats` times by each of `judges`, by those judges.

    It is `sd_by_question`/√questions, and what an interval clustered by question shows. nan as there.
    """
    return sd_by_question(components, repeats, judges) / sqrt(questions)


def standard_error_over_judges(components: Components, questions: int, repeats: int = 1, judges: int = 1) -> float:
    """The same with judges as a sample of all like them: √(standard_error² + judge/judges).

    No number of questions brings it under √(judge/judges). nan if the components are of data with one judge.
    """
    return sqrt(standard_error(components, questions, repeats, judges) ** 2 + components.judge / judges)


def _solve(
    cell_sums: NDArray[np.float64], sizes: NDArray[np.intp], parts: dict[str, NDArray[np.intp]], squares: float | None
) -> dict[str, float]:
    """The variances whose expected sums of squares are those of the data; that of the mean's square is left out.

    Every part gives the level of each cell; `squares` is the sum of all squared values, None if there is no rest.
    """
    count = float(sizes.sum())
    groupings = [np.zeros(len(sizes), dtype=np.intp), *parts.values()]
    sums = [float((np.bincount(group, cell_sums) ** 2 / np.bincount(group, sizes)).sum()) for group in groupings]
    expected = [[_coefficient(group, part, sizes) for part in groupings] for group in groupings]
    names = list(parts)
    if squares is not None:
        # A value is a level of the rest of its own, and a group of its own in the last sum.
        for row, group in zip(expected, groupings, strict=True):
            row.append(float(group.max()) + 1)
        expected.append([count] * (len(groupings) + 1))
        sums.append(squares)
        names.append("rest")
    return dict(zip(names, np.linalg.solve(expected, sums)[1:].tolist(), strict=True))


def _coefficient(group: NDArray[np.intp], part: NDArray[np.intp], sizes: NDArray[np.intp]) -> float:
    """Σ_g Σ_l n_gl² / n_g, with n_gl values in group g and at level l of the part."""
    width = int(part.max()) + 1
    levels, level = np.unique(group * width + part, return_inverse=True)
    return float((np.bincount(level, sizes) ** 2 / np.bincount(group, sizes)[levels // width]).sum())
