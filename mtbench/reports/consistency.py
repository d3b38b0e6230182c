"""Repeated judgments → how often a judge contradicts itself, and the noise that this adds to a score."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from math import sqrt

import numpy as np

from mtbench.benches import Bench
from mtbench.briefs import GradeBrief
from mtbench.errors import MtbenchError
from mtbench.records import QuestionId
from mtbench.reports.judgments import Contest, Group, read_groups
from mtbench.reports.tables import Cell, Column, Mode, Results, Table
from mtbench.reports.values import codes_of
from mtbench.stats.ratios import clustered_ratio

Unit = tuple[Contest, QuestionId, int]
"""The model or the two, the question, and the turn."""


def consistency_results(bench: Bench, judges: Sequence[str], prompt_sets: Sequence[str]) -> Results:
    """A table of every judge, prompt set and mode with repeats.

    Raises MtbenchError where nothing was judged twice, or a judge is not there.
    """
    notes: list[str] = []
    groups, paths = read_groups(bench, ("single", "pair"), judges, notes.append)
    rows: list[tuple[Cell, ...]] = []
    repeated: list[Group] = []
    for each in groups:
        row = _row(each) if not prompt_sets or each.prompt_set in prompt_sets else None
        if row:
            rows.append(row)
            repeated.append(each)
    if not rows:
        raise MtbenchError(f"nothing in {bench.folder} was judged twice: --judge J --ask does that")
    table = Table(
        kind="consistency",
        title=f"{bench.name}: how often a judge contradicts itself",
        judges=tuple(dict.fromkeys(each.judge for each in repeated)),
        prompt_set="",
        columns=(
            Column("of", "judge, prompts, mode"),
            Column("flips", "other verdict", decimals=3),
            Column("sd", "sd of a verdict", decimals=3),
            Column("noise", "noise of the mean", decimals=4),
            Column("units", "judged again"),
            Column("repeats", "repeats"),
        ),
        rows=rows,
        foot=(
            "other verdict: how often two judgments of the same answers differ; 95 % intervals, clustered by question",
            "sd: of the grade (of the share won) when nothing but the judge's chance changes",
            "noise: what that adds to the standard error of a model's mean, each answer judged once",
        ),
    )
    return Results(Mode.SINGLE, bench.name, tuple(map(str, paths)), [table], notes, repeated)


def _row(each: Group) -> tuple[Cell, ...] | None:
    verdicts = defaultdict[Unit, list[float]](list)
    for one in each.judgments:
        if one.has_verdict:
            verdicts[one.contest, one.question_id, one.turn].append(
                one.score if isinstance(one, GradeBrief) else one.points
            )
    repeated = {unit: values for unit, values in verdicts.items() if len(values) > 1}
    if not repeated:
        return None
    pairs = np.array([len(values) * (len(values) - 1) / 2 for values in repeated.values()])
    alike = np.array([sum(n * (n - 1) / 2 for n in Counter(values).values()) for values in repeated.values()])
    codes = codes_of([unit[1] for unit in repeated])
    within = sum(float(np.var(values)) * len(values) for values in repeated.values())
    sd = sqrt(within / sum(len(values) - 1 for values in repeated.values()))
    units_of = Counter(model for contest, _, _ in verdicts for model in contest)
    mode = "single" if isinstance(each.judgments[0], GradeBrief) else "pairwise"
    return (
        f"{each.judge}, {each.prompt_set}, {mode}",
        clustered_ratio(pairs - alike, pairs, codes),
        sd,
        sd / sqrt(min(units_of.values())),
        len(repeated),
        max(map(len, repeated.values())),
    )
