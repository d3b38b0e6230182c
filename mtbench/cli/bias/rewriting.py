"""`mtbench bias verbosity --rewriter`: a model says lists again in other words, then judges are asked about them."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from mtbench import runs
    from mtbench.answers import AnswerSettings
    from mtbench.chat.spec import ModelSpec
    from mtbench.cli.dry_run import Pricing
    from mtbench.cli.options import Asking
    from mtbench.cli.studying import Part
    from mtbench.errors import MtbenchError
    from mtbench.indexes import Questions
    from mtbench.studies.verbosity import Study

MAX_TOKENS = 2048
"""Of a list in other words."""


def ask_with_rewriter(
    context: typer.Context,
    study: "Study",
    chosen: "Questions",
    rewriter: "ModelSpec",
    parts: "Sequence[Part]",
    asking: "Asking",
    dry_run: bool,
) -> "MtbenchError | None":
    """Does what `studying.ask` does, with the lists of the chosen questions rewritten first, in one run.

    What is rewritten and what is judged is each on disk, so that nothing is asked twice. Judges are asked about what is
    there: with request files, or when the rewriter fails, that may be part of it.
    """
    from mtbench import runs
    from mtbench.answers import AnswerSettings
    from mtbench.cli import jobs
    from mtbench.cli.dry_run import prices_of
    from mtbench.cli.studying import judge_part, run
    from mtbench.cli.ways import check_way
    from mtbench.indexes import Questions
    from mtbench.studies.verbosity import requests_to_rewrite, write_rewritten

    judges = [spec for part in parts[:1] for spec in part.job.judges]
    check_way(asking, [rewriter, *judges])
    jobs.check_distinct([rewriter, *judges])
    requests = requests_to_rewrite(chosen)
    sampling = AnswerSettings(max_tokens=MAX_TOKENS)
    file, useless = chosen.file, write_rewritten(study, rewriter.id).useless
    hoped_for = Questions(file, [row for row in chosen.rows if file.ids[row] not in useless])

    _say_plans(
        study,
        requests,
        rewriter,
        [replace(part, questions=hoped_for) for part in parts],
        sampling,
        prices_of(asking),
        dry_run,
    )
    if dry_run:
        return None

    async def work(session: "runs.Session") -> None:
        await runs.generate(session, study.bench, [rewriter], requests, sampling)
        rewritten = write_rewritten(study, rewriter.id)
        useless = sum(file.ids[row] in rewritten.useless for row in chosen.rows)
        if useless:
            session.progress.note(f"{rewriter.id}: replies that are no list of as many items, left out: {useless}")
        there = Questions(file, [row for row in chosen.rows if file.ids[row] in rewritten.done])
        for part in parts:
            if session.stop.requested or session.errors or not there:
                return
            await judge_part(session, replace(part, questions=there))

    return run(context, study.bench, [rewriter, *judges], asking, work)


def _say_plans(
    study: "Study",
    requests: "Questions",
    rewriter: "ModelSpec",
    parts: "Sequence[Part]",
    sampling: "AnswerSettings",
    prices: "Pricing",
    dry_run: bool,
) -> None:
    """What is lacking and what it costs; what is not rewritten yet counts at the longest that it can become."""
    from mtbench.answers import missing
    from mtbench.chat.prices import estimate_tokens
    from mtbench.cli.dry_run import Estimate, judge_plans, say_note
    from mtbench.cli.studying import say_plan
    from mtbench.indexes import AnswerFile

    lists = Estimate(prices(rewriter))
    for work in missing(requests, AnswerFile(study.bench.answers(rewriter.id), requests), sampling):
        lists.add(estimate_tokens(work.question.turns[0]), sampling.longest)
    done = len(requests) - lists.requests
    say_plan(f"{rewriter.id} would rewrite {lists.requests} of {len(requests)} lists ({done} done): {lists}", dry_run)
    for part in parts:
        for plan in judge_plans(part.bench, part.job, part.questions, prices, say_note, sampling):
            say_plan(f"{part.bench.name}, prompts {part.job.settings.prompts.name}: {plan}", dry_run)
