"""Repeated judgments → how often a judge contradicts itself, and the noise that this adds to a score."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from math import sqrt

import numpy as np

from mtbench import files
from mtbench.benches import Bench
from mtbench.briefs import GradeBrief, JudgmentBrief
from mtbench.errors import MtbenchError
from mtbench.records import QuestionId
from mtbench.reports.judgments import Contest, Group, group, read_file
from mtbench.reports.results import chosen
from mtbench.reports.tables import Cell, Column, Mode, Results, Table
from mtbench.stats.ratios import clustered_ratio

Unit = tuple[Contest, QuestionId, int]
"""The model or the two, the question, and the turn."""


def consistency_results(bench: Bench, judges: Sequence[str], prompt_set: str | None) -> Results:
    """A table of every judge, prompt set and mode with repeats.

    Raises MtbenchError where nothing was judged twice, or a judge is not there.
    """
    folder = bench.folder / "model_judgment"
    found = {suffix: files.model_files(folder, suffix) for suffix in ("_single", "_pair")}
    known = sorted({name for of_kind in found.values() for name in of_kind})
    names = chosen(judges, known, "--judge", f"in {folder}") or known
    notes: list[str] = []
    rows: list[tuple[Cell, ...]] = []
    groups: list[Group] = []
    paths = [path for of_kind in found.values() for name, path in of_kind.items() if name in names]
    for path in paths:
        for each in group([read_file(path, notes.append)]):
            row = _row(each) if prompt_set in (None, each.prompt_set) else None
            if row:
                rows.append(row)
                groups.append(each)
    if not rows:
        raise MtbenchError(f"nothing in {folder} was judged twice: `mtbench judge --repeat 3` does that")
    table = Table(
        kind="consistency",
        title=f"{bench.name}: how often a judge contradicts itself",
        judges=tuple(dict.fromkeys(each.judge for each in groups)),
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
    return Results(Mode.SINGLE, bench.name, tuple(map(str, paths)), [table], notes, groups)


def _row(each: Group) -> tuple[Cell, ...] | None:
    verdicts = defaultdict[Unit, list[float]](list)
    for one in each.judgments:
        if one.has_verdict:
            verdicts[one.contest, one.question_id, one.turn].append(_value(one))
    repeated = {unit: values for unit, values in verdicts.items() if len(values) > 1}
    if not repeated:
        return None
    pairs = np.array([len(values) * (len(values) - 1) / 2 for values in repeated.values()])
    alike = np.array([sum(n * (n - 1) / 2 for n in Counter(values).values()) for values in repeated.values()])
    questions = {each: place for place, each in enumerate(dict.fromkeys(unit[1] for unit in repeated))}
    codes = np.array([questions[unit[1]] for unit in repeated], np.intp)
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


def _value(one: JudgmentBrief) -> float:
    """The grade, or what the first model of the contest got."""
    if isinstance(one, GradeBrief):
        return one.score
    if one.winner == "tie":
        return 0.5
    return float(one.models[0 if one.winner == "model_1" else 1] == one.contest[0])
