"""`mtbench plan`: how many questions, repeats and judges a difference takes, before anything is paid for."""

from dataclasses import replace
from math import inf, nan
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mtbench.cli import options
from mtbench.cli.options import DEFAULT_BENCH, DEFAULT_DATA_DIR, CheckMode

if TYPE_CHECKING:
    from mtbench.benches import Bench
    from mtbench.chat.spec import ModelSpec
    from mtbench.records import Usage
    from mtbench.reports.judgments import Group
    from mtbench.reports.planning import Design, Spread

_NOT_SEEN = 1200, 250
"""Tokens in and out of a judgment where no run tells."""


def plan(
    detect: Annotated[
        float,
        options.option(
            "--detect", "The difference to show: in points, or pairwise in the share won.", min=0.001, metavar="D"
        ),
    ],
    power: Annotated[
        float, options.option("--power", "How surely a difference of that size is to be found.", min=0.06, max=0.999)
    ] = 0.8,
    alpha: Annotated[
        float, options.option("--alpha", "How often chance alone may show one.", min=0.0001, max=0.05)
    ] = 0.05,
    model: Annotated[
        list[str] | None,
        options.option("--model", "Learn from these models' judgments (default: all); give two or more.", metavar="M"),
    ] = None,
    judge: Annotated[
        list[str] | None,
        options.option("--judge", "Learn from this judge, and take its price; may be repeated.", metavar="J"),
    ] = None,
    judge_prompts: Annotated[
        str | None, options.option("--judge-prompts", "Learn from judgments with this prompt set.", metavar="SET")
    ] = None,
    mode: Annotated[CheckMode, options.option("--mode", "Grades, or comparisons with a baseline.")] = CheckMode.single,
    sd: Annotated[
        float | None,
        typer.Option("--sd", help="SD of the difference by question, in place of what a run shows.", min=0.001),
    ] = None,
    bench: options.BenchName = DEFAULT_BENCH,
    data_dir: options.DataDir = DEFAULT_DATA_DIR,
    config: options.Config = None,
) -> None:
    """Say how many questions, repeats and judges it takes to show a difference between two models, and the price.

    The spread from question to question, and from repeat to repeat, is learned from an earlier run on the bench;
    without one, stated defaults are taken. What repeats bring is known only from a run with --repeat 2 or more.
    """
    from mtbench.benches import find_bench, load_questions
    from mtbench.errors import MtbenchError
    from mtbench.reports.planning import Goal, designs

    for name, value in (("--detect", detect), ("--sd", sd)):
        if value == inf:
            raise MtbenchError(f"{name} {value}: give a number")
    place = find_bench(bench, data_dir)
    questions = load_questions(place.source / "question.jsonl")
    groups = _groups(place, mode, judge or [], judge_prompts)
    spread = _spread(groups, model or [], sd, mode)
    goal = Goal(detect, power, alpha)
    found = designs(goal, spread, len(questions))
    turns = sum(questions.file.turns[row] for row in questions.rows) / len(questions)
    single = mode is CheckMode.single
    goal_said = (
        f"a difference of {detect:g} between two models" if single else f"a share won that is {detect:g} off 0.5"
    )
    typer.echo(f"{place.name}: to show {goal_said} (two-sided, alpha {alpha:g}, power {power:g})")
    typer.echo(f"spread: {_told(spread)}\n")
    _print(found, len(questions), turns, *_cost(groups, judge or [], config))


def _groups(place: "Bench", mode: CheckMode, judges: list[str], prompt_set: str | None) -> "list[Group]":
    from mtbench import files
    from mtbench.reports.judgments import group, read_file

    folder = place.folder / "model_judgment"
    found = files.model_files(folder, "_single" if mode is CheckMode.single else "_pair")
    ids = {spelling for name in judges for spelling in (name, name.partition("/")[2])}
    read = [read_file(path, lambda _: None) for name, path in found.items() if not ids or name in ids]
    return [each for each in group(read) if prompt_set in (None, each.prompt_set)]


def _spread(groups: "list[Group]", models: list[str], sd: float | None, mode: CheckMode) -> "Spread":
    from mtbench.errors import MtbenchError
    from mtbench.reports.planning import DEFAULTS, Spread, spread_of
    from mtbench.stats.variance import sd_by_question

    if sd is not None:
        known = replace(DEFAULTS, question=sd * sd, rest=nan, are_repeated=False)
        return Spread(known, "as given with --sd", 0)
    sets = sorted({each.prompt_set for each in groups})
    if len(sets) > 1:
        raise MtbenchError(f"several prompt sets judged here ({', '.join(sets)}): say which with --judge-prompts")
    found = spread_of(groups, models)
    if found is not None and sd_by_question(found.parts) > 0:
        return found
    if models:
        raise MtbenchError(f"no two of {', '.join(models)} were judged on the same questions: nothing to learn from")
    if mode is not CheckMode.single:
        raise MtbenchError("no comparisons to learn from: give --sd, such as 0.4 (of the share won by question)")
    lacking = "a run with two models" if found is None else "a difference on any question"
    return Spread(DEFAULTS, f"stated defaults (docs/ci.md), for want of {lacking}", 0)


def _told(spread: "Spread") -> str:
    from math import isfinite, sqrt

    parts = spread.parts
    named = {"question": parts.question, "judge on a question": parts.question_judge, "repeat": parts.rest}
    known = [f"{name} {sqrt(value):.2f}" for name, value in named.items() if isfinite(value)]
    pairs = f" of {spread.pairs} pair{'s' if spread.pairs > 1 else ''} of models" if spread.pairs else ""
    return f"{spread.source}{pairs}; sd by {', by '.join(known)}"


def _cost(groups: "list[Group]", judges: list[str], config: Path | None) -> "tuple[Usage, ModelSpec | None]":
    """Tokens of a judgment, and who is paid for it."""
    from mtbench.chat.catalog import load_catalog
    from mtbench.cli import jobs
    from mtbench.cli.settings import catalog_files
    from mtbench.records import Usage
    from mtbench.reports.planning import tokens_of

    tokens = tokens_of(groups) or Usage(*_NOT_SEEN)
    makers = {brief.by.maker for each in groups for brief in each.judgments[:1]} - {""}
    catalog = load_catalog(catalog_files(config))
    names = [name for name in judges if "/" in name or name in catalog] or (sorted(makers) if len(makers) == 1 else [])
    return tokens, jobs.resolve(names[:1], config, None)[0] if names else None


def _print(found: "list[Design]", questions: int, turns: float, tokens: "Usage", payee: "ModelSpec | None") -> None:
    from mtbench.chat.prices import price_of
    from mtbench.reports.render import plain_table

    each = price_of(payee, tokens) if payee else None
    rows = [
        (
            "repeats",
            "judges",
            "sd by question",
            "questions needed",
            "judgments of a model",
            "price",
            f"power with {questions}",
            f"{questions} show",
        )
    ]
    for design in found:
        judgments = round(design.needed * turns * design.repeats * design.judges)
        price = "unknown" if each is None else f"${each * judgments:,.2f}"
        rows.append(
            (
                str(design.repeats),
                str(design.judges),
                f"{design.sd:.2f}",
                f"{design.needed:,}",
                f"{judgments:,}",
                price,
                f"{100 * design.power:.0f} %" if questions > 1 else "-",
                f"{design.smallest:.2f}" if questions > 1 else "-",
            )
        )
    for line in plain_table(rows):
        typer.echo(line)
    about = f"a judgment at {tokens.input:,} tokens in and {tokens.output:,} out"
    typer.echo(
        f"\nprice: of judging one model by {payee.id}, {about}" if payee else f"\nprice: name a --judge; {about}"
    )
    if not any(design.repeats > 1 for design in found):
        typer.echo("what repeats would bring is not known: a run with --repeat 2 shows it")
