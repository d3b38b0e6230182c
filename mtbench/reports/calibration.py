"""Ballots of a judge and of people → what people would say of everything the judge has judged."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np

from mtbench.benches import Bench
from mtbench.errors import MtbenchError
from mtbench.records import Vote
from mtbench.reports.ballots import HUMAN, Ballot, Unit, ballots_of_judgments, ballots_of_votes
from mtbench.reports.judgments import read_groups
from mtbench.reports.tables import Cell, Column, Mode, Results, Table
from mtbench.reports.values import codes_of
from mtbench.stats.ppi import labels_to_halve, powered_mean
from mtbench.stats.votes import FIRST, TIE

FEWEST = 10
"""Labels of a pair of models below which nothing is said."""


def calibration_results(bench: Bench, votes: Sequence[Vote], judges: Sequence[str]) -> Results:
    """Win rates of every pair of models by every judge, corrected with the people's votes.

    Raises MtbenchError where no pair of models has votes enough beside a judge's verdicts.
    """
    notes: list[str] = []
    groups, paths = read_groups(bench, ("pair", "single"), judges, notes.append)
    people = defaultdict[Unit, list[float]](list)
    for each in ballots_of_votes(votes):
        if each.kind == HUMAN:
            people[each.unit].append(_points(each))
    by_pair = defaultdict[tuple[str, tuple[str, str]], dict[Unit, float]](dict)
    for each in ballots_of_judgments(groups, set()):
        by_pair[each.kind, each.unit[1]][each.unit] = _points(each)
    rows = [row for (kind, pair), of_judge in by_pair.items() if (row := _row(kind, pair, of_judge, people))]
    if not rows:
        raise MtbenchError(
            f"no two models have {FEWEST} votes of people on answers that a judge compared: `mtbench vote` makes votes"
        )
    table = Table(
        kind="calibration",
        title=f"{bench.name}: what people would say of everything that was judged",
        judges=tuple(dict.fromkeys(each.judge for each in groups)),
        prompt_set="",
        columns=(
            Column("of", "first against second"),
            Column("by", "judge"),
            Column("corrected", "corrected", decimals=3),
            Column("judge_alone", "judge alone", decimals=3),
            Column("people_alone", "people alone", decimals=3),
            Column("labels", "votes on"),
            Column("worth", "worth"),
            Column("to_halve", "to halve"),
            Column("units", "answers"),
        ),
        rows=rows,
        foot=(
            "share won by the first model, a tie half; corrected: the judge's verdicts on all answers, put right by "
            "people's on some (PPI++)",
            "worth: as many people's votes alone would be as sure; to halve: further votes that halve the interval",
            "it holds where the answers that people voted on were drawn at random, as `mtbench vote` does by itself",
            "95 % intervals, clustered by question",
        ),
    )
    return Results(Mode.PAIRWISE_ALL, bench.name, tuple(map(str, paths)), [table], notes, groups)


def _row(
    kind: str, pair: tuple[str, str], of_judge: Mapping[Unit, float], people: Mapping[Unit, Sequence[float]]
) -> tuple[Cell, ...] | None:
    labelled = sum(unit in people for unit in of_judge)
    codes = codes_of([unit[0] for unit in of_judge])
    if labelled < FEWEST or len({unit[0] for unit in of_judge if unit in people}) < FEWEST:
        return None
    human = np.array([sum(people[unit]) / len(people[unit]) if unit in people else np.nan for unit in of_judge])
    found = powered_mean(human, np.array(list(of_judge.values())), codes)
    return (
        " - ".join(pair),
        kind,
        found.powered,
        found.judge,
        found.human,
        labelled,
        round(found.effective_labels),
        labels_to_halve(found),
        len(of_judge),
    )


def _points(ballot: Ballot) -> float:
    """What the first model got."""
    return 0.5 if ballot.vote == TIE else float(ballot.vote == FIRST)
