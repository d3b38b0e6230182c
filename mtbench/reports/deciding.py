"""Deciding a rule while questions are still being asked: as soon as it is clear, however often one looks.

Half of alpha goes to looks on the way, which may be many: bounds that hold all at once (stats.sequential). The other
half goes to one look when all questions are in, by the ordinary interval, which is narrower. So all in all chance
decides wrongly at most as often as alpha says.
"""

import hashlib
from array import array
from collections.abc import Iterator
from math import isfinite, nan

import numpy as np

from mtbench.benches import Bench
from mtbench.errors import MtbenchError
from mtbench.indexes import Questions
from mtbench.reports.checking import Check, doubts, refuse_incomparable, require_verdicts
from mtbench.reports.gate import Decision, Figure, Gate, Outcome, Rule, decide
from mtbench.reports.selecting import judged, measured
from mtbench.reports.values import Floats
from mtbench.stats.clustered import clustered_mean
from mtbench.stats.estimates import Estimate
from mtbench.stats.sequential import Bounds, anytime_p_values, confidence_sequence
from mtbench.stats.winrate_intervals import clustered_win_rate

FIRST, GROWTH = 8, 4
"""Questions before the first look; then a look after every quarter more, and after 8 at least."""

_BOUNDS: dict[Figure, Bounds] = {Figure.DIFFERENCE: (-9.0, 9.0), Figure.WIN_RATE: (0.0, 1.0)}


def in_random_order(questions: Questions) -> Questions:
    """The same questions in an order that has nothing to do with them, and is the same in every run."""
    ids = questions.file.ids

    def drawn(row: int) -> bytes:
        return hashlib.sha256(f"order of questions\x1f{ids[row]!r}".encode()).digest()

    return Questions(questions.file, array("L", sorted(questions.rows, key=drawn)))


def parts_of(questions: Questions) -> Iterator[Questions]:
    """The questions between one look and the next."""
    done = 0
    while done < len(questions):
        more = max(FIRST, done // GROWTH)
        yield questions[done : done + more]
        done += more


class Decider:
    """Looks at one rule after each part of the questions. `gate`: of the last look, None before the first."""

    def __init__(self, bench: Bench, asked: Check, questions: Questions) -> None:
        self._bench, self._asked = bench, asked
        self._order = [questions.file.ids[row] for row in questions.rows]
        self.gate: Gate | None = None

    def look(self, done: int) -> bool:
        """Whether the first `done` questions decide the rule. Raises as `checking.check` does."""
        asked, notes = self._asked, list[str]()
        groups = judged(self._bench, asked.model, asked.baseline, asked.by, notes, set(self._order[:done])).groups
        rule = asked.rules[0]
        if rule.figure is Figure.DIFFERENCE:
            refuse_incomparable(self._bench, asked, groups, notes)
        values = measured(groups, asked.by, asked.baseline)
        require_verdicts(values, asked)
        found, codes = values.differences(asked.model, asked.baseline or "")
        if rule.figure is Figure.WIN_RATE:
            found = (1 + found) / 2  # what one wins the other loses
        of = {values.questions[code]: value for code, value in zip(codes.tolist(), found.tolist(), strict=True)}
        in_order = np.array([of[each] for each in self._order[:done] if each in of])
        without = done - len(in_order)
        if without:
            notes.append(f"{without} of the first {done} questions have no verdict for both and are left out")
        decision = _decide(rule, in_order, asked.alpha, is_last=done == len(self._order))
        if isfinite(decision.estimate.se):  # the ordinary interval, which takes more of the figures
            notes += doubts(decision, in_order)
        saved = 1 - done / len(self._order)
        notes.append(
            f"{done} of {len(self._order)} questions asked" + (f": {100 * saved:.0f} % saved" if saved else "")
        )
        self.gate = Gate(
            bench=self._bench.name,
            mode=asked.by.mode,
            model=asked.model,
            baseline=asked.baseline,
            judges=tuple(each.judge for each in groups),
            prompt_set=groups[0].prompt_set,
            alpha=asked.alpha,
            inconclusive=asked.inconclusive,
            decisions=[decision],
            notes=notes,
        )
        return decision.outcome is not Outcome.INCONCLUSIVE


def _decide(rule: Rule, values: Floats, alpha: float, *, is_last: bool) -> Decision:
    """The rule by the values of the questions so far, in the order in which they were asked."""
    bounds = _BOUNDS[rule.figure]
    if values.size and (values.min() < bounds[0] or values.max() > bounds[1]):
        raise MtbenchError("--until-decided needs grades from 1 to 10: a difference here is larger than these allow")
    on_the_way = _look(rule, values, alpha / 2, bounds)
    if not (is_last and len(values)):
        return on_the_way
    mean = clustered_win_rate if rule.figure is Figure.WIN_RATE else clustered_mean
    (at_the_end,) = decide([rule], [mean(values, np.arange(len(values)), 1 - alpha / 2)], alpha / 2)
    is_open = at_the_end.outcome is Outcome.INCONCLUSIVE
    return on_the_way if is_open and on_the_way.outcome is not Outcome.INCONCLUSIVE else at_the_end


def _look(rule: Rule, values: Floats, alpha: float, bounds: Bounds) -> Decision:
    """The rule by bounds that hold at every look, with an error of `alpha` in all."""
    count = len(values)
    if not count:
        return Decision(rule, Outcome.INCONCLUSIVE, Estimate(nan, nan, nan, nan, 0, 0), nan)
    above, below = anytime_p_values(values, rule.bar, bounds)
    lows, highs = confidence_sequence(values, alpha, bounds)
    estimate = Estimate(float(values.mean()), float(lows[-1]), float(highs[-1]), nan, count, count)
    p_value = min(1.0, 2 * float(min(above[-1], below[-1])))
    outcome = Outcome.INCONCLUSIVE
    if above[-1] <= alpha / 2:
        outcome = Outcome.PASS
    elif below[-1] <= alpha / 2:
        outcome = Outcome.FAIL
    return Decision(rule, outcome, estimate, p_value)
