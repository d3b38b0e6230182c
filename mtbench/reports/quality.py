"""Figures and an outside ranking → how good the benchmark itself is."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import isfinite, nan
from pathlib import Path

import numpy as np

from mtbench.errors import BadRecord, MtbenchError
from mtbench.reports.tables import Cell, Column, Table
from mtbench.stats.estimates import Estimate
from mtbench.stats.quality import agreement, brier, separability
from mtbench.stats.rank_correlations import kendall, spearman


@dataclass(frozen=True, slots=True)
class Ranked:
    """A model's rating in an outside ranking, and the ends of its interval, nan where the file has none."""

    rating: float
    low: float = nan
    high: float = nan


def read_ranking(path: Path) -> dict[str, Ranked]:
    """A CSV file with the columns model and rating, and low and high where intervals are known.

    Raises MtbenchError for a file without these, BadRecord for a line that cannot be used.
    """
    found: dict[str, Ranked] = {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            names = [name for name in ("model", "rating") if name not in (rows.fieldnames or [])]
            if names:
                raise MtbenchError(
                    f"{path}: no column {' and no column '.join(names)}; it needs model, rating, low, high"
                )
            for row in rows:
                model = row["model"]
                if model in found:
                    raise BadRecord(path, rows.line_num, f"{model} is there twice", "model")
                found[model] = _ranked(path, rows.line_num, row)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise MtbenchError(f"cannot read {path}: {error}") from error
    if not found:
        raise MtbenchError(f"{path}: no model is in it")
    return found


def _ranked(path: Path, line: int, row: Mapping[str, str | None]) -> Ranked:
    ranked = Ranked(*(_number(path, line, name, row) for name in ("rating", "low", "high")))
    if ranked.low > ranked.rating or ranked.high < ranked.rating:
        raise BadRecord(path, line, "low, rating and high have to be in this order", "rating")
    return ranked


def _number(path: Path, line: int, name: str, row: Mapping[str, str | None]) -> float:
    text = row.get(name) or ""
    if not text and name != "rating":
        return nan
    try:
        number = float(text)
    except ValueError:
        number = nan
    if not isfinite(number):
        raise BadRecord(path, line, f"{text!r} is no number", name)
    return number


def quality_table(
    main: Table, overall: Mapping[str, Estimate], ranking: Mapping[str, Ranked], title: str
) -> Table | None:
    """How well the figures tell models apart, and whether they put them in the ranking's order; None without a ranking.

    Below two models that both have there is nothing to say, and the table has no rows.
    """
    if not ranking:
        return None
    models = [model for model in overall if model in ranking]
    rows = _measures(models, overall, ranking) if len(models) > 1 else []
    left_out = sorted({*overall} ^ {*ranking})
    both = "1 model" if len(models) == 1 else f"{len(models)} models"
    pairs = len(models) * (len(models) - 1) // 2
    return replace(
        main,
        kind="quality",
        title=title,
        columns=(Column("measure", "measure"), Column("value", "value", decimals=3), Column("meaning", "meaning")),
        rows=rows,
        warnings=(),
        foot=(
            f"{both} that both have; {pairs} pair{'s' if pairs != 1 else ''}",
            *([f"only in one of the two: {_few(left_out)}"] if left_out else []),
        ),
    )


def _measures(
    models: Sequence[str], overall: Mapping[str, Estimate], ranking: Mapping[str, Ranked]
) -> list[tuple[Cell, ...]]:
    low, high, value, se = (
        np.array([getattr(overall[model], name) for model in models]) for name in ("low", "high", "value", "se")
    )
    theirs_low, theirs_high, theirs = (
        np.array([getattr(ranking[model], name) for model in models]) for name in ("low", "high", "rating")
    )
    apart = separability(low, high)
    agreed = agreement(low, high, theirs_low, theirs_high)
    foretold = brier(value, se, theirs)
    return [
        ("separability", _known(apart.share), "share of pairs whose intervals do not overlap"),
        (
            "agreement",
            _known(agreed.of_separated_pairs),
            "of pairs that the ranking separates: 1 same order, -1 other, 0 not separated here",
        ),
        ("agreement, all pairs", _known(agreed.of_all_pairs), "the same over all pairs"),
        ("Brier score", _known(foretold.score), "squared error of the order foretold: 0 is best, 0.25 a guess"),
        ("Spearman", _known(spearman(value, theirs)), "correlation of ranks"),
        ("Kendall", _known(kendall(value, theirs)), "tau-b"),
    ]


def _known(figure: float) -> float | None:
    return figure if isfinite(figure) else None


def _few(names: Sequence[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
