"""A judge's verdicts on everything and people's labels on some → what people would say of everything, and its worth."""

from collections.abc import Sequence
from dataclasses import replace

from mtbench.benches import Bench
from mtbench.errors import MtbenchError
from mtbench.records import Picked
from mtbench.reports.ballots import Ballot, ballots_of_judgments, ballots_of_votes
from mtbench.reports.corrected import EXPLAINED, score_tables, win_rate_tables
from mtbench.reports.disputes import dispute_tables
from mtbench.reports.doubtful import next_to_label
from mtbench.reports.entries import Entries
from mtbench.reports.gathering import compared, graded, grades_of, preferred_by_grades, preferred_in_games
from mtbench.reports.human_scale import scale_tables
from mtbench.reports.judgments import Group, read_groups
from mtbench.reports.no_figures import left_over, why_no_grades_count, why_no_votes_count
from mtbench.reports.panel import panel_tables, together
from mtbench.reports.people import People, drawn, picked_note, scores_of, shares_of
from mtbench.reports.tables import Mode, Results, Table
from mtbench.votes import unit_of

LONGEST = 100
"""Rows of a table that people are shown; a longer one is for programs."""


def calibration_results(bench: Bench, people: People, judges: Sequence[str], baseline: str | None = None) -> Results:
    """All tables: scores, shares won and differences, corrected; people's scale on the judge's; the panel of judges.

    `baseline`: shares won are of games against this model, else of all games. Raises MtbenchError where nothing can be
    said, with what is missing.
    """
    _check_there(people)
    notes: list[str] = []
    groups, paths = read_groups(bench, ("pair", "single"), judges, notes.append)
    notes += _without_verdicts(bench, groups)
    ballots, grades = list(ballots_of_judgments(groups, set())), grades_of(groups)
    votes = shares_of(drawn(people.votes))
    of_grades, of_games = graded(grades, scores_of(people.grades)), compared(ballots, votes)
    if baseline is not None:
        of_games = _against(baseline, of_games)
    scores, won = score_tables(bench.name, of_grades), win_rate_tables(bench.name, of_games, baseline)
    units, answers = {each.unit for each in ballots}, {answer for each in grades.values() for answer in each}
    missing = [
        *([why_no_votes_count(people, units, of_games)] if people.votes and not won else []),
        *([why_no_grades_count(people, answers, of_grades)] if people.grades and not scores else []),
    ]
    if not scores and not won:
        raise MtbenchError("; ".join(missing))
    tables = _explained([*scores, *won])
    tables += scale_tables(bench.name, of_grades, preferred_in_games(groups, votes), preferred_by_grades(grades, votes))
    tables += _tables_of_panel(bench, ballots, people)
    notes += missing or left_over(people, units, answers)
    notes += picked_note(
        people.votes, "they count where judges differ, and in nothing else, as figures of all answers need a draw"
    )
    notes += [
        f"--format json has {len(each.rows):,} rows more: {each.title.partition(': ')[2]}"
        for each in tables
        if _is_long(each)
    ]
    shown = [replace(each, for_programs=_is_long(each)) for each in tables]
    return Results(Mode.PAIRWISE_ALL, bench.name, (*map(str, paths), *people.sources), shown, notes, groups)


def next_labels_of(bench: Bench, people: People, judges: Sequence[str], count: int) -> list[Picked]:
    """Which answers people should compare next. Raises MtbenchError where judges are in doubt of none."""
    groups, _ = read_groups(bench, ("pair", "single"), judges, lambda _: None)
    _without_verdicts(bench, groups)
    ballots = list(ballots_of_judgments(groups, set()))
    if not ballots:
        raise MtbenchError(
            f"nothing to compare: judges graded one model in {bench.folder}, and a vote compares two; judge another"
        )
    found = next_to_label(ballots, {unit_of(vote) for vote in people.votes}, count)
    if not found:
        kinds = ", ".join(dict.fromkeys(each.kind for each in ballots))
        raise MtbenchError(
            f"nothing to pick: on all that people have not voted on, what {kinds} say is clear. `mtbench vote` alone "
            "draws answers at random"
        )
    return found


def _check_there(people: People) -> None:
    """Raises MtbenchError where people said nothing."""
    if people.votes or people.grades:
        return
    empty = f" in {', '.join(people.sources)}" if people.sources else ""
    raise MtbenchError(
        f"nothing to hold a judge against{empty}: give people's votes (--votes FILE; `mtbench vote` makes them) or "
        "their grades (--grades FILE)"
    )


def _is_long(table: Table) -> bool:
    return len(table.rows) > LONGEST


def _explained(tables: Sequence[Table]) -> list[Table]:
    """The tables, the first that people see with what all of them mean."""
    first = next((place for place, each in enumerate(tables) if not _is_long(each)), 0)
    return [
        replace(each, foot=(*each.foot, *EXPLAINED)) if place == first else each for place, each in enumerate(tables)
    ]


def _tables_of_panel(bench: Bench, ballots: Sequence[Ballot], people: People) -> list[Table]:
    """What several judges say together, where people voted at all."""
    panel = together(ballots)
    if panel is None or not people.votes:
        return []
    every, sample = (list(ballots_of_votes(votes)) for votes in (people.votes, drawn(people.votes)))
    return [*panel_tables(bench.name, panel, sample), *dispute_tables(bench.name, panel, every)]


def _without_verdicts(bench: Bench, groups: Sequence[Group]) -> list[str]:
    """What to say of judges that gave no verdict. Raises MtbenchError where none did."""
    silent = [each for each in groups if not any(one.has_verdict for one in each.judgments)]
    if len(silent) < len(groups):
        return [
            f"{each.judge}, {each.prompt_set}: none of its {len(each.judgments):,} judgments has a verdict"
            for each in silent
        ]
    if not groups:
        raise MtbenchError(f"no judgments in {bench.folder / 'model_judgment'}: `mtbench judge` makes them")
    names = ", ".join(dict.fromkeys(each.judge for each in silent))
    count = sum(len(each.judgments) for each in silent)
    raise MtbenchError(
        f"none of the {count:,} judgments of {names} has a verdict: `mtbench judge --reask 2` asks again"
    )


def _against(baseline: str, of_games: Sequence[Entries]) -> list[Entries]:
    """What others got against the baseline. Raises MtbenchError where it was not compared."""
    known = sorted({model for each in of_games for model in each.models})
    if baseline not in known:
        raise MtbenchError(f"--baseline {baseline}: not compared here; there is {', '.join(known) or 'no comparison'}")
    return [each.against(baseline) for each in of_games if baseline in each.models]
