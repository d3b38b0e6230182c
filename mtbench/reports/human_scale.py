"""Entries → where people's scale lies on the judge's: the map, the reliability table, and the calibration error."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mtbench.reports.corrected import FEWEST
from mtbench.reports.entries import Entries
from mtbench.reports.tables import Cell, Column, Table, known
from mtbench.stats.clustered import clustered_mean
from mtbench.stats.estimates import Estimate
from mtbench.stats.games import Floats
from mtbench.stats.isotonic import Bin, Reliability, cross_fitted, fit_rising, reliability
from mtbench.stats.winrate_intervals import clustered_win_rate

BINS = 10
"""Values of a judge up to which each has a bin of its own, and bins where there are many values."""

WHOLE = (3.0, 20.0)
"""Ranges of scores within which a bin is one whole score."""


@dataclass(frozen=True, slots=True)
class Scale:
    """What a judge gives, and people beside it: `x` and `y`, and how far each can reach.

    `title` has {} where the judge's name goes. `gap`: what the judge's less people's is; None on another scale.
    """

    title: str
    x: str
    y: str
    gap: str | None = None
    x_ends: tuple[float | None, float | None] = (None, None)
    y_ends: tuple[float | None, float | None] = (0.0, 1.0)
    foot: str = ""

    @property
    def is_score(self) -> bool:
        """Else it is a share."""
        return self.y_ends == (None, None)


GRADES = Scale(
    title="people's scores where {} gives so much",
    x="judge's score",
    y="people's score",
    gap="judge too mild by",
    y_ends=(None, None),
)
VERDICTS = Scale(
    title="what people give the answer that {} prefers",
    x="share of its games that the judge gives the answer",
    y="share that people give it",
    gap="judge too sure by",
    x_ends=(0.5, 1.0),
    foot="the games of an answer are both orders, and all repeats; where the judge prefers none it is left out",
)
LEADS = Scale(
    title="what people give the answer that {} grades higher",
    x="lead of the answer in the judge's grades",
    y="share that people give it",
    x_ends=(0.0, None),
    foot="where both have the same grade they are left out",
)
SCALES: Mapping[str, Scale] = {
    "reliability_grades": GRADES,
    "reliability_verdicts": VERDICTS,
    "reliability_leads": LEADS,
}
"""By kind of table."""


def scale_tables(
    bench: str, graded: Sequence[Entries], in_games: Sequence[Entries], by_grades: Sequence[Entries]
) -> list[Table]:
    """The reliability of every judge with enough labels, and the errors of all.

    `graded`: every answer; `in_games`, `by_grades`: what judges prefer, by their verdicts and by their grades.
    """
    tables: list[Table] = []
    errors: list[tuple[Cell, ...]] = []
    for kind, of_judges in zip(SCALES, (graded, in_games, by_grades), strict=True):
        for each in of_judges:
            if each.labelled_questions >= FEWEST:
                labelled = each.where(each.labelled)
                found = reliability(labelled.judge, labelled.human, labelled.question, edges_of(labelled.judge))
                tables.append(_reliability_table(bench, kind, labelled, found))
                errors.append(_errors(SCALES[kind], labelled, found))
    return [*tables, *([_error_table(bench, errors)] if errors else [])]


def edges_of(values: Floats) -> Floats:
    """Ends of bins for a judge's values, at least one: a bin for each value, for each whole score, or ten as wide.

    The last is above all values.
    """
    distinct = np.unique(values)
    if len(distinct) <= BINS:
        return np.concatenate([[distinct[0] - 0.5], (distinct[1:] + distinct[:-1]) / 2, [distinct[-1] + 0.5]])
    low, high = float(distinct[0]), float(distinct[-1])
    if WHOLE[0] <= high - low <= WHOLE[1]:
        return np.arange(np.floor(low + 0.5) - 0.5, np.floor(high + 0.5) + 1.0)
    return np.linspace(low, np.nextafter(high, np.inf), BINS + 1)


def _reliability_table(bench: str, kind: str, labelled: Entries, found: Reliability) -> Table:
    scale = SCALES[kind]
    bins = [each for each in found.bins if each.n]
    mapped = fit_rising(labelled.judge, labelled.human)(np.array([each.judge for each in bins]))
    rows: list[tuple[Cell, ...]] = [
        (
            f"{each.judge:.2f}".rstrip("0").rstrip("."),
            each.judge,
            known(each.human if scale.is_score else _share(labelled, each)),
            each.judge - each.human.value if scale.gap else None,
            on_map,
            each.n,
        )
        for each, on_map in zip(bins, mapped.tolist(), strict=True)
    ]
    return Table(
        kind=kind,
        title=f"{bench}: {scale.title.format(labelled.kind)}",
        judges=(labelled.kind,),
        prompt_set="",
        columns=(
            Column("bin", scale.x),
            Column("judge", "judge", decimals=3, for_programs=True),
            Column("people", "people", decimals=2),
            Column("gap", scale.gap or "gap", decimals=2, for_programs=scale.gap is None),
            Column("mapped", "map", decimals=2),
            Column("n", "labels"),
        ),
        rows=rows,
        foot=(
            "map: people's scale for the judge's, by a curve that only rises (isotonic)",
            *filter(None, [scale.foot]),
        ),
    )


def _share(labelled: Entries, of: Bin) -> Estimate:
    """What people give in a bin, a share: its interval stays from 0 to 1, and is there where all are alike."""
    here = labelled.where((labelled.judge >= of.low) & (labelled.judge < of.high))
    return clustered_win_rate(here.human, here.question)


def _errors(scale: Scale, labelled: Entries, found: Reliability) -> tuple[Cell, ...]:
    judge, human, questions = labelled.judge, labelled.human, labelled.question
    mapped = cross_fitted(judge, human, questions, np.random.default_rng(0))
    raw: tuple[Cell, ...] = (None, None, None, None)
    if scale.gap:
        raw = (found.error, found.by_chance, clustered_mean(judge - human, questions), _off(judge - human))
    return (f"{labelled.kind}, {scale.y}", *raw, _off(mapped - human), _off(human - human.mean()), labelled.labels)


def _off(errors: Floats) -> float:
    """The root of the mean square."""
    return float(np.sqrt(np.square(errors).mean()))


def _error_table(bench: str, rows: Sequence[tuple[Cell, ...]]) -> Table:
    return Table(
        kind="calibration_error",
        title=f"{bench}: how far what judges give is from what people give",
        judges=(),
        prompt_set="",
        columns=(
            Column("of", "judge"),
            Column("error", "calibration error", decimals=3),
            Column("by_chance", "by chance", decimals=3),
            Column("bias", "judge less people", decimals=3),
            Column("off", "off by", decimals=3),
            Column("mapped_off", "with the map", decimals=3),
            Column("sd", "with no judge", decimals=3),
            Column("labels", "labels"),
        ),
        rows=rows,
        foot=(
            "calibration error: the mean distance of judge and people over the bins above (expected calibration error)",
            "by chance: about what it is for a judge without any, as each bin has few labels; what is no more is none",
            "off by: of a single answer (root mean square); with the map: by a map that has not seen its question "
            "(cross-fitted); with no judge: of people's mean",
            "what is not by the map takes both scales for the same; - where they are not",
        ),
    )
