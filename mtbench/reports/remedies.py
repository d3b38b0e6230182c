"""What studies found of one judge asked in several ways → which settings make it better."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import isnan, nan, sqrt

import numpy as np

from mtbench.briefs import PairBrief
from mtbench.records import QuestionId
from mtbench.reports.ballots import kinds_asked
from mtbench.reports.judgments import Contest, Group
from mtbench.reports.tables import Cell, Column, Results, Table, known
from mtbench.reports.values import codes_of
from mtbench.stats.estimates import Estimate
from mtbench.stats.multiple import holm
from mtbench.stats.paired import paired_difference, question_differences

Game = tuple[Contest, QuestionId, int]
REPEATS = 3
"""How often everything would be judged, where what repeats buy is foretold."""


@dataclass(frozen=True, slots=True)
class _Change:
    """What a setting changes: a figure that is bad if large, before and after; `p` is nan where nothing was tested."""

    setting: str
    what: str
    before: float
    after: float
    difference: Estimate | None = None
    of: int | None = None
    p: float = nan


def remedies(judge: str, prompt_set: str, found: Sequence[Results], about: str) -> Table | None:
    """A row a setting and figure that it was tried on, beside `prompt_set`; None where nothing was tried."""
    tried = [
        *_of_prompts(judge, prompt_set, found),
        *_of_references(judge, prompt_set, found),
        *_of_attacks(judge, prompt_set, found),
        *_of_repeats(judge, prompt_set, found),
        *_of_panels(judge, prompt_set, found),
    ]
    changes = sorted(
        (each for each in tried if each.before or each.after),
        key=lambda each: (each.what, each.after),
    )
    if not changes:
        return None
    corrected = holm(np.array([each.p for each in changes])).tolist()
    tests = sum(not isnan(each.p) for each in changes)
    return Table(
        kind="remedies",
        title=f"{about}: what makes judge {judge} better, beside prompts {prompt_set}",
        judges=(judge,),
        prompt_set=prompt_set,
        columns=(
            Column("of", "setting"),
            Column("what", "what it is held against", words=True),
            Column("before", "before", decimals=2),
            Column("after", "after", decimals=2),
            Column("difference", "difference", decimals=2),
            Column("n", "of"),
            Column("p", "p", decimals=4),
            Column("verdict", "better?", words=True),
        ),
        rows=[_row(each, p, tests) for each, p in zip(changes, corrected, strict=True)],
        foot=(
            "before, after: on the same games where a difference stands, else each on all that was judged so; less is "
            "better; left out where both are 0; 95 % intervals",
            "p: of no difference, exact by question, corrected for the number of rows (Holm), which intervals are not; "
            "better, worse: p < 0.05",
            "both orders of a pair, the default, leave no first place to favour; --one-order does",
        ),
    )


def _row(change: _Change, p: float, tests: int) -> tuple[Cell, ...]:
    """`p`: corrected for so many `tests`. The exact test of q questions gives no p below 2 / 2^q."""
    questions = change.difference.clusters if change.difference else 0
    if isnan(p):
        said = "not tested"
    elif tests * 2.0 ** (1 - questions) >= 0.05:
        said = f"{questions} questions show nothing"
    elif p >= 0.05:
        said = "nothing shown"
    else:
        said = "better" if change.after < change.before else "worse"
    shown = None if isnan(p) else p
    return change.setting, change.what, change.before, change.after, change.difference, change.of, shown, said


def _of_prompts(judge: str, prompt_set: str, found: Sequence[Results]) -> Iterator[_Change]:
    """Other prompt sets, --structured among them, on comparisons in both orders."""
    groups = {
        each.prompt_set: each
        for results in found
        for each in results.groups
        if each.judge == judge and any(table.kind == "position" for table in results.tables)
    }
    if prompt_set not in groups:
        return
    for other in sorted(groups.keys() - {prompt_set}):
        for what, of in _MEASURES.items():
            one, two = (_by_game(groups[name], of) for name in (prompt_set, other))
            both = sorted(one.keys() & two.keys(), key=str)
            if both:
                before, after = (np.array([values[game] for game in both]) for values in (one, two))
                codes = codes_of([question for _, question, _ in both])
                paired = paired_difference(question_differences(before, after, codes)[0])
                means = float(before.mean()), float(after.mean())
                yield _Change(f"prompts {other}", what, *means, known(paired.difference), len(both), paired.p)


def _by_game(group: Group, of: Callable[[PairBrief], float | None]) -> dict[Game, float]:
    """The measure by game, where it has one; the last judgment of a game counts."""
    return {
        (each.contest, each.question_id, each.turn): value
        for each in group.judgments
        if isinstance(each, PairBrief) and each.one_order is None and (value := of(each)) is not None
    }


def _changes_with_order(game: PairBrief) -> float | None:
    return None if "error" in (game.g1_winner, game.g2_winner) else float(game.g1_winner != game.g2_winner)


def _is_silent(game: PairBrief) -> float:
    return float("error" in (game.g1_winner, game.g2_winner))


_MEASURES: dict[str, Callable[[PairBrief], float | None]] = {
    "another verdict in the other order": _changes_with_order,
    "no verdict": _is_silent,
}


def _of_references(judge: str, prompt_set: str, found: Sequence[Results]) -> Iterator[_Change]:
    """Reference answers and reasoning first, on answers known to be wrong."""
    for row in _rows(found, "reasoning_ways", judge):
        before, difference, games, p = (row[key] for key in ("before", "difference", "games", "p"))
        if (
            row["beside"] == prompt_set
            and isinstance(before, float)
            and isinstance(difference, Estimate)
            and isinstance(games, int)
        ):
            yield _Change(
                f"prompts {row['of']}", "a wrong answer wins", before, before + difference.value, difference, games,
                p if isinstance(p, float) else nan,
            )  # fmt: skip


def _of_attacks(judge: str, prompt_set: str, found: Sequence[Results]) -> Iterator[_Change]:
    """Other prompt sets on answers that address the judge."""
    by_set = {str(row["of"]): row["beyond"] for row in _rows(found, "injection", judge)}
    before = by_set.get(f"{judge}, {prompt_set}")
    for name, after in by_set.items():
        if isinstance(before, Estimate) and isinstance(after, Estimate) and after is not before:
            setting = f"prompts {name.removeprefix(f'{judge}, ')}"
            yield _Change(setting, "an attack gains, in points", before.value, after.value, of=after.n)


def _of_repeats(judge: str, prompt_set: str, found: Sequence[Results]) -> Iterator[_Change]:
    """What repeats leave of the noise that the judge's chance adds to a mean."""
    for row in _rows(found, "consistency", judge, f"{judge}, {prompt_set}, single"):
        noise = row["noise"]
        if isinstance(noise, float):
            yield _Change(f"--repeat {REPEATS}", "noise of a model's mean", noise, noise / sqrt(REPEATS))


def _of_panels(judge: str, prompt_set: str, found: Sequence[Results]) -> Iterator[_Change]:
    """Several judges together, on what at least two of them judged and people voted on.

    A judge that was asked in several ways is no panel.
    """
    for results in found:
        own = kinds_asked(results.groups, judge, prompt_set)
        if len({each.judge for each in results.groups}) < 2:
            continue
        for kind in own[:1]:
            alone = _rows([results], "panel_worth", kind, kind)
            before = alone[0]["agreement"] if alone else None
            for row in _rows([results], "panel_agreement", kind):
                after = row["s1"]
                if isinstance(before, Estimate) and isinstance(after, Estimate):
                    what = "people say otherwise (S1)"
                    yield _Change(f"a panel, by {row['of']}", what, 1 - before.value, 1 - after.value, of=after.n)


def _rows(found: Sequence[Results], kind: str, judge: str, name: str | None = None) -> list[dict[str, Cell]]:
    """The rows of the judge in tables of a kind, by column."""
    tables = [table for each in found for table in each.tables if table.kind == kind and judge in table.judges]
    rows = [
        dict(zip((column.key for column in table.columns), row, strict=True)) for table in tables for row in table.rows
    ]
    return [row for row in rows if name in (None, row["of"])]
