"""`mtbench check`: the gate for CI jobs that score new checkpoints."""

import os
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mtbench.cli import options
from mtbench.cli.options import DEFAULT_BENCH, DEFAULT_DATA_DIR, CheckMode
from mtbench.reports.tables import GateFormat, Mode

if TYPE_CHECKING:
    from mtbench.reports.gate import Figure, Gate, Rule

MAX_DROP = 0.2
"""What a model may score less than the baseline where no rule is given."""

RULES = "Rules"


class Inconclusive(StrEnum):
    """What too little evidence counts as."""

    passes = "pass"
    fails = "fail"


MaxDrop = Annotated[
    float | None,
    options.option(
        "--max-drop",
        f"The mean score is at most this much below the baseline's (default: {MAX_DROP}, where no rule is given).",
        RULES,
        min=0,
        metavar="POINTS",
    ),
]
MinScore = Annotated[
    float | None, options.option("--min-score", "The mean score is at least this.", RULES, metavar="SCORE")
]
MinWinRate = Annotated[
    float | None,
    options.option(
        "--min-win-rate",
        "Pairwise: the share won against the baseline, a tie counting half, is at least this, such as 0.5.",
        RULES,
        min=0,
        max=1,
        metavar="SHARE",
    ),
]
CategoryRules = Annotated[
    list[str] | None,
    options.option(
        "--category",
        "The mean score (pairwise: the share won) in this category is at least that; may be repeated.",
        RULES,
        metavar="NAME:SCORE",
    ),
]
Alpha = Annotated[
    float,
    options.option("--alpha", "How often chance alone may decide wrongly.", RULES, min=0.0001, max=0.5),
]
InconclusiveAs = Annotated[Inconclusive, options.option("--inconclusive", "What too little evidence counts as.", RULES)]
Output = Annotated[
    list[Path] | None,
    options.option(
        "--output",
        "Also write to FILE, in the format of its ending: .json, .xml (JUnit), .md, .metrics (GitLab's metrics report) "
        "or .txt; may be repeated.",
        metavar="FILE",
    ),
]


def check(
    model: Annotated[str, options.option("--model", "The model to decide on.", metavar="NEW")],
    baseline: Annotated[
        str | None, options.option("--baseline", "The model that it is compared with.", metavar="OLD")
    ] = None,
    max_drop: MaxDrop = None,
    min_score: MinScore = None,
    min_win_rate: MinWinRate = None,
    category: CategoryRules = None,
    alpha: Alpha = 0.05,
    inconclusive: InconclusiveAs = Inconclusive.fails,
    mode: Annotated[
        CheckMode, options.option("--mode", "Decide by grades, or by comparisons with the baseline.")
    ] = CheckMode.single,
    judge: options.ByJudges = None,
    judge_prompts: options.ByPromptSet = None,
    anyway: Annotated[
        bool, typer.Option("--anyway", help="Compare also what was judged or answered in different ways, and say so.")
    ] = False,
    bench: options.BenchName = DEFAULT_BENCH,
    data_dir: options.DataDir = DEFAULT_DATA_DIR,
    format: Annotated[GateFormat, options.option("--format", "How the decisions are printed.")] = GateFormat.TEXT,
    output: Output = None,
    config: options.Config = None,
) -> None:
    """Decide whether a model may be released: pass (exit code 0), fail (1), or not enough evidence.

    A rule passes when the whole 95 % interval of its figure (--alpha 0.05) reaches the bar, and fails when the model is
    below it for certain. In between there is not enough evidence: --inconclusive says what that counts as, and the
    output how many questions would decide. The rules may stand in mtbench.yaml, in a section named check. In a GitHub
    workflow the decisions are added to the job's summary.
    """
    from mtbench.benches import find_bench
    from mtbench.reports import checking
    from mtbench.reports.gate import Outcome
    from mtbench.reports.gate_formats import format_of
    from mtbench.reports.selecting import By

    del config
    for path in output or ():
        format_of(path)  # before all else
    asked = checking.Check(
        model=model,
        baseline=baseline,
        rules=rules_of(mode, baseline, max_drop, min_score, min_win_rate, category or ()),
        by=By(Mode(mode.value), judge or (), judge_prompts),
        alpha=alpha,
        inconclusive=Outcome(inconclusive.value),
        anyway=anyway,
    )
    report(checking.check(find_bench(bench, data_dir), asked), format, output or ())


def report(gate: "Gate", form: "GateFormat", output: Sequence[Path]) -> None:
    """Writes and prints the decisions; raises typer.Exit with the gate's code.

    Files come first: whoever reads what is printed may close the pipe early.
    """
    from mtbench.reports.gate_formats import format_of, to_text

    for path in output:
        write(path, to_text(gate, format_of(path)))
    add_summary(gate)
    typer.echo(to_text(gate, form), nl=False)
    raise typer.Exit(gate.exit_code)


def rules_of(
    mode: CheckMode,
    baseline: str | None,
    max_drop: float | None,
    min_score: float | None,
    min_win_rate: float | None,
    categories: Sequence[str],
) -> "list[Rule]":
    """The rules that the options stand for. Raises MtbenchError for those that do not go together."""
    from math import isfinite

    from mtbench.errors import MtbenchError
    from mtbench.reports.gate import Figure, Rule

    pairwise = mode is CheckMode.pairwise_baseline
    if pairwise and (max_drop is not None or min_score is not None):
        raise MtbenchError("--max-drop and --min-score are about grades; --mode pairwise-baseline has --min-win-rate")
    if not pairwise and min_win_rate is not None:
        raise MtbenchError("--min-win-rate is about comparisons: give --mode pairwise-baseline with it")
    if baseline is None and (pairwise or max_drop is not None):
        raise MtbenchError("compared with what? Give --baseline")
    overall = Figure.WIN_RATE if pairwise else Figure.SCORE
    bar = min_win_rate if pairwise else min_score
    rules = [] if bar is None else [Rule(overall, bar)]
    if max_drop is not None:
        rules.append(Rule(Figure.DIFFERENCE, -max_drop))
    rules += [_category_rule(overall, each) for each in categories]
    if not rules:
        if pairwise or baseline is None:
            needed = "--min-win-rate" if pairwise else "--min-score, --category, or a --baseline"
            raise MtbenchError(f"what has it to reach? Give {needed}")
        rules = [Rule(Figure.DIFFERENCE, -MAX_DROP)]
    for rule in rules:
        if not isfinite(rule.bar):
            raise MtbenchError(f"{rule.name}: nothing reaches or misses that; give a number")
    return list(dict.fromkeys(rules))


def _category_rule(figure: "Figure", text: str) -> "Rule":
    from mtbench.errors import MtbenchError
    from mtbench.reports.gate import Rule

    name, colon, bar = text.rpartition(":")
    try:
        if not (colon and name):
            raise ValueError
        return Rule(figure, float(bar), name)
    except ValueError:
        raise MtbenchError(f"--category {text}: give the category and its bar, such as coding:6.5") from None


def write(path: Path, text: str) -> None:
    """Writes a file, with its folder. Raises MtbenchError where that cannot be."""
    from mtbench.errors import MtbenchError

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise MtbenchError(f"cannot write {path}: {error.strerror}; name another file, or make room") from error


def add_summary(gate: "Gate") -> None:
    """Adds the decisions to the summary of a GitHub workflow's job, where this is one."""
    from mtbench.errors import MtbenchError
    from mtbench.reports.gate_formats import to_text

    name = os.environ.get("GITHUB_STEP_SUMMARY")
    if not name:
        return
    try:
        with Path(name).open("a", encoding="utf-8") as summary:
            summary.write(to_text(gate, GateFormat.MARKDOWN) + "\n")
    except OSError as error:
        raise MtbenchError(f"cannot write {name}, which GITHUB_STEP_SUMMARY names: {error.strerror}") from error
