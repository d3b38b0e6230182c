"""`mtbench run --until-decided`: questions in random order, until the new model is decided against the baseline."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from mtbench.cli.check import Inconclusive, report, rules_of
from mtbench.cli.options import CheckMode
from mtbench.errors import MtbenchError

if TYPE_CHECKING:
    from mtbench.answers import AnswerSettings
    from mtbench.benches import Bench
    from mtbench.chat.spec import ModelSpec
    from mtbench.cli.options import Asking, Mode
    from mtbench.indexes import Questions
    from mtbench.judging.judges import JudgeSettings
    from mtbench.records import QuestionId
    from mtbench.reports.checking import Check
    from mtbench.runs import JudgeJob


@dataclass(frozen=True, slots=True)
class Rules:
    """What the options say."""

    max_drop: float | None
    min_win_rate: float | None
    alpha: float
    inconclusive: Inconclusive


def asked_until(
    models: Sequence[str],
    baseline: str | None,
    mode: "Mode",
    judges: Sequence[str],
    judging: "JudgeSettings",
    asking: "Asking",
    rules: Rules,
) -> "Check":
    """What is to be decided. Raises MtbenchError for options that do not go with --until-decided."""
    from mtbench.records import prompt_set
    from mtbench.reports.checking import Check
    from mtbench.reports.gate import Outcome
    from mtbench.reports.selecting import By
    from mtbench.reports.tables import Mode

    if baseline is None or len(models) != 1 or models[0] == baseline:
        raise MtbenchError("--until-decided decides one --model against a --baseline that has answers: give both")
    if mode.value == "pairwise-all":
        raise MtbenchError("--until-decided goes with --mode single or pairwise-baseline")
    if asking.batch or asking.export_requests or asking.import_responses:
        raise MtbenchError("--until-decided asks as it goes: it does not go with batch jobs or request files")
    found = rules_of(CheckMode(mode.value), baseline, rules.max_drop, None, rules.min_win_rate, ())
    return Check(
        model=models[0],
        baseline=baseline,
        rules=found,
        by=By(Mode(mode.value), judges, prompt_set(judging.prompts.prompts[0].name)),
        alpha=rules.alpha,
        inconclusive=Outcome(rules.inconclusive.value),
    )


def finish(
    asked: "Check",
    bench: "Bench",
    specs: "Sequence[ModelSpec]",
    questions: "Questions",
    sampling: "AnswerSettings",
    job: "JudgeJob",
    asking: "Asking",
    output: Sequence[Path],
) -> None:
    """Asks until it is decided, and reports that. Raises typer.Exit with the gate's code, or what left it undone."""
    from mtbench import runs
    from mtbench.cli import jobs
    from mtbench.reports.deciding import Decider, in_random_order, parts_of
    from mtbench.reports.gate_formats import format_of
    from mtbench.reports.tables import GateFormat

    for path in output:
        format_of(path)  # before anything is paid for
    ordered = in_random_order(questions)
    refuse_unlike_answers(bench, asked, specs[0], ordered, sampling)
    decider = Decider(bench, asked, ordered)
    error = jobs.outcome(
        lambda session: runs.run_until(session, bench, specs, parts_of(ordered), sampling, job, decider.look),
        asking,
        bench,
    )
    if error:
        typer.echo("not decided so far: something was left undone", err=True)
        raise error
    if decider.gate is None:
        raise MtbenchError("there is no question to decide by")
    report(decider.gate, GateFormat.TEXT, output)


def refuse_unlike_answers(
    bench: "Bench", asked: "Check", spec: "ModelSpec", questions: "Questions", sampling: "AnswerSettings"
) -> None:
    """Raises MtbenchError where answers would not compare with the baseline's or it has none, before any is paid for.

    What the baseline's endpoint refused is left for later: the new one's may refuse it too.
    """
    from mtbench import __version__
    from mtbench.benches import load_answers
    from mtbench.records import MadeBy
    from mtbench.reports.checking import NAMES
    from mtbench.reports.comparable import asked_otherwise

    there, theirs = load_answers(bench.answers(asked.model)), load_answers(bench.answers(asked.baseline or ""))
    missing = sum(question.question_id not in theirs for question in questions)
    if missing:
        raise MtbenchError(
            f"{asked.baseline} has no answer to {missing} of the {len(questions)} questions: `mtbench gen-answers`"
        )
    old = {
        question_id: answer.made_by
        for question_id, answer in theirs.items()
        if answer.made_by and not answer.made_by.adapted
    }
    new: dict[QuestionId, MadeBy | None] = {}
    for question in questions:
        if question.question_id in old and question.question_id not in there:
            params = sampling.params(question, spec).asked() | {"system_prompt": sampling.system_prompt}
            new[question.question_id] = MadeBy(spec.provider, spec.full_name, spec.base_url, params, (), __version__)
    differences = "; ".join(asked_otherwise(new, old, NAMES))
    if differences:
        raise MtbenchError(f"{asked.model} and {asked.baseline} would not compare: {differences}. Ask for both alike")
