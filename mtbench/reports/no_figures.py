"""Why people's labels do not do for a single figure, or do only in part: said to those who gave them."""

from collections.abc import Hashable, Iterable, Sequence, Set

from mtbench.reports.ballots import Unit
from mtbench.reports.corrected import FEWEST
from mtbench.reports.entries import Entries
from mtbench.reports.people import Answer, People, drawn, scores_of, shares_of
from mtbench.votes import unit_of

NAMED = 4
"""Names that a sentence gives at most."""


def why_no_votes_count(people: People, judged: Set[Unit], entries: Sequence[Entries]) -> str:
    """Why no figure can be made of people's votes, at least one. `judged`: what judges compared."""
    count, sample = f"{len(people.votes):,} votes", drawn(people.votes)
    if not sample:
        return (
            f"all {count} are on answers that were picked, and figures of all answers need a draw: `mtbench vote` "
            "without --first draws them"
        )
    elsewhere = _elsewhere(count, shares_of(sample).keys(), judged, "compared", "pairwise-all")
    return elsewhere or f"{_too_few('votes', entries)}: `mtbench vote` makes more"


def why_no_grades_count(people: People, judged: Set[Answer], entries: Sequence[Entries]) -> str:
    """The same for people's grades. `judged`: what judges graded."""
    count = f"{len(people.grades):,} grades"
    return _elsewhere(count, scores_of(people.grades).keys(), judged, "graded", "single") or _too_few("grades", entries)


def left_over(people: People, units: Set[Unit], answers: Set[Answer]) -> list[str]:
    """A sentence for the votes, and one for the grades, that are on nothing that judges judged."""
    votes = sum(unit_of(vote) not in units for vote in people.votes)
    grades = sum((each.question_id, each.model, each.turn) not in answers for each in people.grades)
    return [
        *([f"{votes:,} of {len(people.votes):,} votes are on answers that no judge compared"] if votes else []),
        *([f"{grades:,} of {len(people.grades):,} grades are on answers that no judge graded"] if grades else []),
    ]


def _elsewhere(
    count: str, labels: Set[Unit] | Set[Answer], judged: Set[Unit] | Set[Answer], did: str, mode: str
) -> str:
    """Why no label is on anything that was judged; "" where one is."""
    if not judged:
        return f"no judge has {did} what the {count} are on: `mtbench judge --mode {mode}` does"
    if not judged.isdisjoint(labels):
        return ""
    for place, what in enumerate(("questions", "models", "turns")):
        theirs, ours = ({each[place] for each in both} for both in (labels, judged))
        if ours.isdisjoint(theirs):
            return (
                f"none of the {count} is on {what} that a judge {did}: they are on {what} {_named(theirs)}, and judged "
                f"were {_named(ours)}. Is it another --bench?"
            )
    return f"none of the {count} is on answers that a judge {did}"


def _too_few(what: str, entries: Iterable[Entries]) -> str:
    most = max((each.of(model).labelled_questions for each in entries for model in each.models), default=0)
    return f"{what} on {most} questions of a model at most, and intervals hold from {FEWEST} on"


def _named(names: Iterable[Hashable]) -> str:
    """Some of the names; of models that were compared, both."""
    texts = [" - ".join(each) if isinstance(each, tuple) else str(each) for each in sorted(names, key=_order)]
    return ", ".join(texts[:NAMED]) + (f" and {len(texts) - NAMED} more" if len(texts) > NAMED else "")


def _order(name: Hashable) -> tuple[bool, int, str]:
    """Numbers as numbers are, and before texts."""
    return not isinstance(name, int), name if isinstance(name, int) else 0, str(name)
