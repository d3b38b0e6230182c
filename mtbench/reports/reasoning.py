"""Judgments of answers known to be right and wrong → how often a judge takes the wrong one for right."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mtbench.benches import Bench, load_questions
from mtbench.errors import MtbenchError
from mtbench.records import QuestionId
from mtbench.reports.judgments import Group, chosen, read_groups
from mtbench.reports.known_games import (
    FAILED,
    SILENT,
    TIE,
    Game,
    compared_games,
    failed_whatever_the_order,
    failure_rate,
    graded_games,
    set_beside,
)
from mtbench.reports.tables import Cell, Column, Mode, Results, Table, known
from mtbench.reports.values import codes_of
from mtbench.stats.multiple import holm
from mtbench.stats.ratios import clustered_ratio

_GAME = (
    "a game: a right and a wrong answer to one turn, in one order; failure: the judge prefers the wrong one; one that "
    "goes by place or by chance alone fails in half of its games"
)
_GRADED_GAME = (
    "a game: a right and a wrong answer to one turn, each graded; failure: the wrong one gets more, tie: the same"
)
_BOTH = "in both orders: answers of which the wrong one was preferred wherever it stood"
_RATES = "rates: of the games with a verdict; 95 % intervals, clustered by question"
_PAPER = (
    "beside it, GPT-4 in Zheng et al. 2023, ten questions of mathematics in both orders, answers of two models: 14 of "
    "20 by default, 6 with chain of thought, 3 with a reference"
)


@dataclass(frozen=True, slots=True)
class Way:
    """A judge asked with one set of prompts, beside a reference answer or not, and what came of it."""

    group: Group
    with_reference: bool
    games: tuple[Game, ...]

    @property
    def judge(self) -> str:
        return self.group.judge

    @property
    def name(self) -> str:
        return f"{self.group.prompt_set} with reference" if self.with_reference else self.group.prompt_set


def reasoning_results(
    about: str,
    halves: Mapping[bool, Bench],
    names: tuple[str, str],
    mode: str,
    judges: Sequence[str],
    prompt_sets: Sequence[str],
    mark: float,
    first: str = "default",
) -> Results:
    """Failures by judge and way of asking; each way against the first; by category and turn; and by question.

    `about`: the bench's name. `halves`: where judgments lie that were made without a reference answer, and with one.
    `names`: of the right and the wrong model. `mode`: pairwise or single. `mark`: the grade from which a wrong answer
    is called good. `first`: the prompt set that stands first, where `prompt_sets` does not say.
    Raises MtbenchError where there are no such judgments, or a judge is not there.
    """
    notes: list[str] = []
    ways, paths = _ways(halves, names, mode, judges, prompt_sets, (*prompt_sets, first, "cot"), notes.append)
    if not ways:
        folders = " or ".join(str(each.folder) for each in halves.values())
        prompts = f" with prompts {', '.join(prompt_sets)}" if prompt_sets else ""
        option = " --mode single" if mode == "single" else ""
        raise MtbenchError(f"nothing was judged in {folders}{prompts}: --judge J{option} --ask does that")
    category_of: dict[QuestionId, str] = {}
    for bench in halves.values():
        if (bench.folder / "question.jsonl").exists():
            category_of |= load_questions(bench.folder / "question.jsonl").category_of()
    graded = mark if mode == "single" else None
    title = f"{about}: answers known to be wrong that a judge prefers"
    rows = [(f"{way.judge}, {way.name}", way, way.games) for way in ways]
    tables = [_failures("reasoning", title, "judge, way of asking", rows, graded)]
    for judge in dict.fromkeys(way.judge for way in ways):
        own = [way for way in ways if way.judge == judge]
        if len(own) > 1:
            tables.append(_against_first(about, own))
        for what, of in _splits(category_of):
            parts = [(f"{way.name}, {part}", way, games) for way in own for part, games in _split(way.games, of)]
            if len(parts) > len(own):
                by = f"{title}, by {what}, judge {judge}"
                tables.append(_failures(f"reasoning_{what}", by, f"way of asking, {what}", parts, graded))
        tables += _by_question(about, own, category_of)
    kind = Mode.SINGLE if mode == "single" else Mode.PAIRWISE_ALL
    return Results(kind, about, tuple(map(str, paths)), tables, notes, [way.group for way in ways])


def _ways(
    halves: Mapping[bool, Bench],
    names: tuple[str, str],
    mode: str,
    judges: Sequence[str],
    prompt_sets: Sequence[str],
    in_order: Sequence[str],
    warn: Callable[[str], None],
) -> tuple[list[Way], list[Path]]:
    found: list[Way] = []
    paths: list[Path] = []
    games_of = graded_games if mode == "single" else compared_games
    for with_reference, bench in halves.items():
        groups, of_half = read_groups(bench, ("single" if mode == "single" else "pair",), (), warn)
        paths += of_half
        found += [Way(each, with_reference, games_of(each.judgments, names)) for each in groups]
    found = [each for each in found if each.games and (not prompt_sets or each.group.prompt_set in prompt_sets)]
    there = list(dict.fromkeys(way.judge for way in found))
    folders = " or ".join(str(bench.folder) for bench in halves.values())
    wanted = (chosen(judges, there, "--judge", f"in {folders}") if there else []) or there

    def order(way: Way) -> tuple[int, bool, int]:
        name = way.group.prompt_set
        return wanted.index(way.judge), way.with_reference, in_order.index(name) if name in in_order else len(in_order)

    return sorted((way for way in found if way.judge in wanted), key=order), paths


def _failures(
    kind: str, title: str, what: str, parts: Sequence[tuple[str, Way, Sequence[Game]]], mark: float | None
) -> Table:
    ways = [way for _, way, _ in parts]
    return Table(
        kind=kind,
        title=title,
        judges=tuple(dict.fromkeys(way.judge for way in ways)),
        prompt_set=ways[0].group.prompt_set if len({way.group.prompt_set for way in ways}) == 1 else "",
        columns=_columns(what, mark),
        rows=[
            (name, *_cells(games, len(way.group.failures) if games is way.games else None, mark))
            for name, way, games in parts
        ],
        foot=[
            *((_GAME, _BOTH) if mark is None else (_GRADED_GAME,)),
            _RATES,
            *([_PAPER] if kind == "reasoning" else []),
        ],
    )


def _columns(what: str, mark: float | None) -> list[Column]:
    of_mode = [Column("both_orders", "in both orders")]
    if mark is not None:
        of_mode = [
            Column("called_good", f"graded {mark:g} or more", decimals=3),
            Column("right_mean", "mean grade, right", decimals=2),
            Column("wrong_mean", "mean grade, wrong", decimals=2),
        ]
    return [
        Column("of", what),
        Column("failures", "failures"),
        Column("ties", "ties"),
        Column("games", "games"),
        Column("rate", "failure rate", decimals=3),
        Column("missed", "failed or tied", decimals=3),
        *of_mode,
        Column("silent", "without a verdict", quiet=True),
        Column("unanswered", "failed", quiet=True),
    ]


def _cells(games: Sequence[Game], unanswered: int | None, mark: float | None) -> tuple[Cell, ...]:
    count = {outcome: sum(each.outcome == outcome for each in games) for outcome in (FAILED, TIE, SILENT)}
    of_mode = (failed_whatever_the_order(games),) if mark is None else _grade_cells(games, mark)
    return (
        count[FAILED],
        count[TIE],
        len(games) - count[SILENT],
        known(failure_rate(games)),
        known(failure_rate(games, (FAILED, TIE))),
        *of_mode,
        count[SILENT],
        unanswered,
    )


def _grade_cells(games: Sequence[Game], mark: float) -> tuple[Cell, ...]:
    graded = [(each.question_id, each.grades) for each in games if each.grades is not None]
    if not graded:
        return None, None, None
    grades = np.array([pair for _, pair in graded])
    called_good = (grades[:, 1] >= mark).astype(np.float64)
    return (
        clustered_ratio(called_good, np.ones(len(graded)), codes_of([question_id for question_id, _ in graded])),
        float(grades[:, 0].mean()),
        float(grades[:, 1].mean()),
    )


def _against_first(about: str, ways: Sequence[Way]) -> Table:
    first, *others = ways
    changes = [set_beside(first.games, other.games) for other in others]
    corrected = holm(np.array([each.p for each in changes]))
    rows: list[tuple[Cell, ...]] = [
        (
            other.name,
            first.name,
            each.games,
            _known(each.before),
            each.mended,
            each.spoilt,
            known(each.difference),
            _known(each.p),
            _known(p),
        )
        for other, each, p in zip(others, changes, corrected.tolist(), strict=True)
    ]
    return Table(
        kind="reasoning_ways",
        title=f"{about}: failures by way of asking, beside {first.name}, judge {first.judge}",
        judges=(first.judge,),
        prompt_set="",
        columns=(
            Column("of", "way of asking"),
            Column("beside", "beside", for_programs=True),
            Column("games", "games"),
            Column("before", f"failure rate, {first.name}", decimals=3, for_programs=True),
            Column("mended", f"only {first.name} failed"),
            Column("spoilt", "only this failed"),
            Column("difference", "difference of rates", decimals=3),
            Column("p", "p", decimals=4),
            Column("p_holm", "p, corrected", decimals=4),
        ),
        rows=rows,
        foot=(
            f"games that have a verdict both ways; difference: of the failure rate, less that of {first.name}",
            "p: that the two ways fail alike, exact, by question; corrected: for the number of rows (Holm)",
        ),
    )


def _known(figure: float) -> float | None:
    return None if np.isnan(figure) else figure


def _splits(category_of: Mapping[QuestionId, str]) -> list[tuple[str, Callable[[Game], str]]]:
    return [
        ("category", lambda each: category_of.get(each.question_id, "(not in the bench)")),
        ("turn", lambda each: f"turn {each.turn}"),
    ]


def _split(games: Sequence[Game], of: Callable[[Game], str]) -> list[tuple[str, list[Game]]]:
    parts: dict[str, list[Game]] = {}
    for each in games:
        parts.setdefault(of(each), []).append(each)
    return sorted(parts.items())


def _by_question(about: str, ways: Sequence[Way], category_of: Mapping[QuestionId, str]) -> list[Table]:
    """The questions that fooled a judge, those that did most often first; nothing where there is none."""
    counts = [_failures_of(way.games) for way in ways]
    fooled: dict[QuestionId, int] = {}
    for each in counts:
        for question_id, failures in each.items():
            fooled[question_id] = fooled.get(question_id, 0) + failures
    rows: list[tuple[Cell, ...]] = [
        (
            str(question_id),
            category_of.get(question_id, "(not in the bench)"),
            *(each.get(question_id) for each in counts),
        )
        for question_id in sorted(fooled, key=lambda each: (-fooled[each], str(each)))
        if fooled[question_id]
    ]
    if not rows:
        return []
    return [
        Table(
            kind="reasoning_question",
            title=f"{about}: questions whose wrong answer judge {ways[0].judge} prefers, failures by way of asking",
            judges=(ways[0].judge,),
            prompt_set="",
            columns=[
                Column("of", "question"),
                Column("category", "category"),
                *(Column(way.name.replace(" ", "_"), way.name) for way in ways),
            ],
            rows=rows,
            foot=("failures in the games of a question; questions without any are left out",),
        )
    ]


def _failures_of(games: Sequence[Game]) -> dict[QuestionId, int]:
    found: dict[QuestionId, int] = {}
    for each in games:
        found[each.question_id] = found.get(each.question_id, 0) + (each.outcome == FAILED)
    return found
