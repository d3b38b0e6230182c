"""`scripts/bench sequential`: what `mtbench run --until-decided` saves, beside asking everything and deciding once.

A simulation: the difference of two models by question is normal, rounded to the half points that two turns of whole
grades give. Both procedures decide whether the true difference is at least the bar, with the same alpha.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks import harness
from mtbench.reports.deciding import FIRST, GROWTH
from mtbench.stats.sequential import anytime_p_values
from mtbench.stats.tdist import t_quantile

Floats = NDArray[np.float64]

BOUNDS = (-9.0, 9.0)
DIFFERENCES = (-0.5, -0.2, 0.0, 0.2, 0.5, 1.0)


@dataclass(frozen=True)
class Saved:
    """Shares of `draws`: passed, failed and judgments saved, of looking early; passed and failed, of looking once."""

    questions: int
    sd: float
    bar: float
    difference: float
    saved: float
    passed: float
    failed: float
    passed_once: float
    failed_once: float


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="scripts/bench sequential", description=__doc__)
    parser.add_argument("--draws", type=int, default=4000)
    parser.add_argument("--sd", type=float, default=1.25, help="of the difference by question")
    parser.add_argument("--max-drop", type=float, default=0.2)
    parser.add_argument("--alpha", type=float, default=0.05)
    parser.add_argument("--questions", type=int, action="append", help="may be repeated (default: 80, 160, 500)")
    parser.add_argument("--json", type=Path, metavar="FILE")
    given = parser.parse_args(arguments)
    rng = np.random.default_rng(1)
    found = [
        simulate(rng, given.draws, questions, given.sd, -given.max_drop, difference, given.alpha)
        for questions in given.questions or (80, 160, 500)
        for difference in DIFFERENCES
    ]
    harness.print_table(
        ("questions", "true difference", "saved", "pass", "fail", "open", "once: pass", "fail", "open"),
        [
            (
                each.questions,
                f"{each.difference:+.1f}",
                _percent(each.saved),
                _percent(each.passed),
                _percent(each.failed),
                _percent(1 - each.passed - each.failed),
                _percent(each.passed_once),
                _percent(each.failed_once),
                _percent(1 - each.passed_once - each.failed_once),
            )
            for each in found
        ],
    )
    harness.write_json(given.json, found)


def simulate(
    rng: np.random.Generator, draws: int, questions: int, sd: float, bar: float, difference: float, alpha: float
) -> Saved:
    """Both procedures on the same draws."""
    values = np.clip(np.round(2 * rng.normal(difference, sd, (draws, questions))) / 2, *BOUNDS)
    looks = _looks(questions)
    above, below = (p[:, looks - 1] <= alpha / 4 for p in anytime_p_values(values, bar, BOUNDS))
    decided = above | below
    first = np.where(decided.any(axis=1), looks[decided.argmax(axis=1)], questions)
    last_pass, last_fail = _once(values, bar, alpha / 2)
    passed = np.where(decided.any(axis=1), above.any(axis=1), last_pass)
    failed = np.where(decided.any(axis=1), below.any(axis=1), last_fail)
    once_pass, once_fail = _once(values, bar, alpha)
    return Saved(
        questions,
        sd,
        bar,
        difference,
        1 - float(first.mean()) / questions,
        float(passed.mean()),
        float(failed.mean()),
        float(once_pass.mean()),
        float(once_fail.mean()),
    )


def _once(values: Floats, bar: float, alpha: float) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Whether the t interval of all questions lies above the bar, or below."""
    count = values.shape[1]
    mean, se = values.mean(axis=1), values.std(axis=1, ddof=1) / np.sqrt(count)
    reach = float(t_quantile(1 - alpha / 2, count - 1)) * se
    return mean - reach >= bar, mean + reach < bar


def _looks(questions: int) -> NDArray[np.intp]:
    """After how many questions there is a look."""
    looks, done = [], 0
    while done < questions:
        done = min(questions, done + max(FIRST, done // GROWTH))
        looks.append(done)
    return np.array(looks)


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
