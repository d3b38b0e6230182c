"""Whether a model passes the rules of a release: decided by interval, so that too little evidence is its own outcome.

A rule says that a figure reaches a bar. It passes when the figure's whole interval does, fails when the model is below
the bar for certain, and else there is not enough evidence. What fails is corrected for the number of rules (Holm), so
that many rules do not make a good model fail by chance; all rules must pass, which needs no correction.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import isfinite, sqrt

from mtbench.reports.tables import Mode
from mtbench.stats.estimates import Estimate

MOST_QUESTIONS = 10_000
"""More questions than that are no advice."""

FEWEST_QUESTIONS = 5
"""With fewer, equal grades would look like certainty."""


class Outcome(StrEnum):
    PASS = "pass"
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"


class Figure(StrEnum):
    """What a rule is about: the mean score, the score above the baseline's, or the adjusted win rate against it."""

    SCORE = "score"
    DIFFERENCE = "difference"
    WIN_RATE = "win rate"


@dataclass(frozen=True, slots=True)
class Rule:
    """The figure, over all questions or those of one category, has to reach `bar`."""

    figure: Figure
    bar: float
    category: str | None = None

    @property
    def name(self) -> str:
        where = f"{self.category}: " if self.category else ""
        return f"{where}{self.figure.value} {self.needs}"

    @property
    def needs(self) -> str:
        return f"at least {self.bar:+g}" if self.figure is Figure.DIFFERENCE else f"at least {self.bar:g}"


@dataclass(frozen=True, slots=True)
class Decision:
    """What became of a rule. `p_value`: two-sided, of the figure being just at the bar, before any correction.

    `questions`: about how many would decide it in four cases of five, if the figure and its spread stay as they are;
    None where it is decided, where more than `MOST_QUESTIONS` would be needed, or where the spread is not known.
    `repeats`: how often each answer would have to be judged to the same end; None where that does not help, or where
    nothing was judged twice, which would tell.
    """

    rule: Rule
    outcome: Outcome
    estimate: Estimate
    p_value: float
    questions: int | None = None
    repeats: int | None = None


@dataclass(frozen=True, slots=True)
class Gate:
    """All decisions on one model. `inconclusive`: what a rule without enough evidence counts as, pass or fail."""

    bench: str
    mode: Mode
    model: str
    baseline: str | None
    judges: tuple[str, ...]
    prompt_set: str
    alpha: float
    inconclusive: Outcome
    decisions: Sequence[Decision]
    notes: Sequence[str] = ()

    @property
    def outcome(self) -> Outcome:
        """The worst of all rules."""
        outcomes = {decision.outcome for decision in self.decisions}
        return next(each for each in (Outcome.FAIL, Outcome.INCONCLUSIVE, Outcome.PASS) if each in outcomes)

    @property
    def counts_as(self) -> Outcome:
        return self.inconclusive if self.outcome is Outcome.INCONCLUSIVE else self.outcome

    @property
    def exit_code(self) -> int:
        return 0 if self.counts_as is Outcome.PASS else 1


def decide(rules: Sequence[Rule], estimates: Sequence[Estimate], alpha: float) -> list[Decision]:
    """The outcome of every rule. `estimates` are at level 1 - `alpha`, in the order of the rules."""
    import numpy as np

    from mtbench.stats.multiple import holm

    p_values = [_p_value(rule, each) for rule, each in zip(rules, estimates, strict=True)]
    corrected = holm(np.array(p_values)).tolist()
    return [
        _decision(rule, estimate, raw, alpha, corrected=adjusted)
        for rule, estimate, raw, adjusted in zip(rules, estimates, p_values, corrected, strict=True)
    ]


def _decision(rule: Rule, estimate: Estimate, p_value: float, alpha: float, *, corrected: float) -> Decision:
    if estimate.clusters >= FEWEST_QUESTIONS:
        if estimate.low >= rule.bar:
            return Decision(rule, Outcome.PASS, estimate, p_value)
        if estimate.value < rule.bar and corrected <= alpha:
            return Decision(rule, Outcome.FAIL, estimate, p_value)
    is_corrected = estimate.value < rule.bar and corrected > 0
    level = alpha * p_value / corrected if is_corrected else alpha
    return Decision(rule, Outcome.INCONCLUSIVE, estimate, p_value, questions_to_decide(rule, estimate, level))


def _p_value(rule: Rule, estimate: Estimate) -> float:
    """Two-sided, of the true figure being just at the bar; nan where nothing is known of the error."""
    from mtbench.stats.tdist import t_two_sided_p

    gap, error = abs(estimate.value - rule.bar), _error_at_bar(rule, estimate)
    if error == 0:
        return 0.0 if gap else 1.0
    return float(t_two_sided_p(gap / error, estimate.clusters - 1))


def _error_at_bar(rule: Rule, estimate: Estimate) -> float:
    """The standard error, of a win rate the one that it would have at the bar: what Wilson's interval is made of.

    So a win rate of 1 has an error too, though all its games came out alike.
    """
    if rule.figure is not Figure.WIN_RATE or not isfinite(estimate.se):
        return estimate.se
    share, error = estimate.value, estimate.se
    games = share * (1 - share) / error**2 if error else estimate.clusters
    return sqrt(rule.bar * (1 - rule.bar) / games)


def questions_to_decide(rule: Rule, estimate: Estimate, alpha: float) -> int | None:
    """About how many questions would decide the rule in four cases of five, if figure and spread stay as they are.

    None where more than `MOST_QUESTIONS` would be needed, or the spread is not known.
    """
    from mtbench.stats.power import questions_needed, smallest_difference

    gap, spread = abs(estimate.value - rule.bar), _error_at_bar(rule, estimate) * sqrt(estimate.clusters)
    if not (isfinite(spread) and spread) or gap < smallest_difference(spread, MOST_QUESTIONS, alpha=alpha):
        return None
    return max(questions_needed(gap, spread, alpha=alpha), FEWEST_QUESTIONS, estimate.clusters + 1)


def sentence(decision: Decision) -> str:
    """The decision for people."""
    rule, estimate = decision.rule, decision.estimate
    match decision.outcome:
        case Outcome.PASS:
            return f"{figure(decision)} is {rule.needs} for certain"
        case Outcome.FAIL:
            return f"{figure(decision)} is not {rule.needs}, for certain"
    if estimate.clusters < FEWEST_QUESTIONS:
        few = "1 question" if estimate.clusters == 1 else f"{estimate.clusters} questions"
        return f"{figure(decision)}: {few} cannot say whether that is {rule.needs}"
    more = f"about {decision.questions:,} would" if decision.questions else f"nor would {MOST_QUESTIONS:,}, probably"
    if decision.repeats:
        more += f", or judging each answer {decision.repeats} times"
    return f"{figure(decision)}: {estimate.clusters} questions do not decide whether that is {rule.needs}; {more}"


def figure(decision: Decision) -> str:
    """The estimate with its interval, such as `7.42 (7.10 to 7.74)`."""
    estimate, sign = decision.estimate, "+" if decision.rule.figure is Figure.DIFFERENCE else ""
    value = f"{estimate.value:{sign}.3f}" if isfinite(estimate.value) else "unknown"
    if not isfinite(estimate.low):
        return f"{value} (no interval)"
    return f"{value} ({estimate.low:{sign}.3f} to {estimate.high:{sign}.3f})"
