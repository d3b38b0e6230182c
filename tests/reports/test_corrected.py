"""What people would say of everything: figures of models and of differences, with known truth."""

from collections.abc import Callable

import numpy as np
import pytest

from mtbench.reports.ballots import Unit
from mtbench.reports.corrected import difference_of, mean_of, score_tables, win_rate_tables
from mtbench.reports.entries import Entries, entries_of_games, entries_of_grades
from mtbench.reports.people import Answer
from mtbench.reports.tables import Cell, Table
from mtbench.stats.estimates import Estimate
from mtbench.stats.games import Codes, Floats
from mtbench.stats.ppi import PredictionPowered

DRAWS = 2000
POOL = 30_000
MODELS = ("ant", "bee", "cat")
LEVEL = np.array([6.5, 6.0, 5.0])
PAIRS = ((0, 1), (0, 2), (1, 2))
UNITS = np.array([0, 0, 1, 1, 2, 2])
"""Which pair an entry of a turn is of."""


def _answers(rng: np.random.Generator) -> tuple[Floats, Floats]:
    """(POOL, 2, 3): how good people find the answers of three models to two turns, and how good the judge does."""
    ease = rng.normal(0, 1, (POOL, 1, 1))
    human = LEVEL + ease + rng.normal(0, 1, (POOL, 2, 3))
    return human, 7 + (human - 5) * 0.5 + np.array([0, 0.4, 0]) + rng.normal(0, 0.6, human.shape)


def _columns(questions: int, first: Codes, second: Codes, unit: Codes) -> tuple[Codes, Codes, Codes, Codes]:
    """Model, opponent, unit and question of all entries, from those of one turn; a question has two."""
    turns = 2 * questions
    units = np.repeat(np.arange(turns), len(unit)) * len(unit) + np.tile(unit, turns)
    return np.tile(first, turns), np.tile(second, turns), units, np.repeat(np.arange(questions), 2 * len(first))


def _points(lead: Floats, margin: float) -> Floats:
    return np.where(abs(lead) <= margin, 0.5, (lead > 0).astype(np.float64))


class Games:
    """Entries of games, both sides of each: the pairs in turn, (0, 1), (1, 0), and so on."""

    def __init__(self, rng: np.random.Generator) -> None:
        human, judge = _answers(rng)
        sides = [side for one, other in PAIRS for side in ((one, other), (other, one))]
        self.first, self.second = (np.array([side[place] for side in sides]) for place in (0, 1))
        lead = human[:, :, self.first] - human[:, :, self.second]
        by_judge = judge[:, :, self.first] - judge[:, :, self.second]
        noise = np.repeat(rng.normal(0, 0.5, (POOL, 2, 3)), 2, axis=2) * np.tile([1, -1], 3)
        self.human, self.judge = _points(lead + noise, 0.3), _points(by_judge, 0.2)

    def truth(self, model: int) -> float:
        return float(self.human[:, :, self.first == model].mean())

    def draw(self, rng: np.random.Generator, questions: int, share: float) -> Entries:
        drawn = rng.integers(0, POOL, questions)
        labelled = np.repeat(rng.random((questions, 2, 3)) < share, 2, axis=2)
        human = np.where(labelled, self.human[drawn], np.nan)
        return Entries(
            "j pair",
            MODELS,
            *_columns(questions, self.first, self.second, UNITS),
            self.judge[drawn].ravel(),
            human.ravel(),
        )


class Grades:
    """Entries of grades."""

    def __init__(self, rng: np.random.Generator) -> None:
        human, judge = _answers(rng)
        self.human, self.judge = np.clip(np.rint(human), 1, 10), np.clip(np.rint(judge), 1, 10)

    def truth(self, model: int) -> float:
        return float(self.human[:, :, model].mean())

    def draw(self, rng: np.random.Generator, questions: int, share: float) -> Entries:
        drawn = rng.integers(0, POOL, questions)
        human = np.where(rng.random((questions, 2, 3)) < share, self.human[drawn], np.nan)
        every = np.arange(3)
        return Entries(
            "j single", MODELS, *_columns(questions, every, every, every), self.judge[drawn].ravel(), human.ravel()
        )


def _width(estimate: Estimate) -> float:
    return estimate.high - estimate.low


@pytest.mark.parametrize(("world", "questions", "share"), [(Games, 80, 0.25), (Grades, 80, 0.12)])
def test_intervals_of_figures_and_of_differences_hold_the_truth_in_93_to_97_of_100(
    world: Callable[[np.random.Generator], Games | Grades], questions: int, share: float
) -> None:
    """And they are narrower than people's alone on average, where the judge's alone hold it seldom."""
    rng = np.random.default_rng(5)
    pool = world(rng)
    truth = pool.truth(1), pool.truth(0) - pool.truth(1)
    found: list[tuple[PredictionPowered, PredictionPowered]] = []
    while len(found) < DRAWS:
        entries = pool.draw(rng, questions, share)
        mean, difference = mean_of(entries.of("bee"))[1], difference_of(entries, "ant", "bee")[1]
        if mean and difference:
            found.append((mean, difference))
    for place, true in enumerate(truth):
        of_place = [pair[place] for pair in found]
        held = np.mean([each.powered.low <= true <= each.powered.high for each in of_place])
        assert 0.93 <= held <= 0.97, (place, held)
        assert np.mean([_width(each.powered) for each in of_place]) < np.mean([_width(each.human) for each in of_place])
        assert np.mean([each.judge.low <= true <= each.judge.high for each in of_place]) < 0.8


def _games(rng: np.random.Generator, models: str = "ant bee cat", questions: int = 40, share: float = 0.5) -> Entries:
    names = models.split()
    judge, people = dict[Unit, float](), dict[Unit, float]()
    for question in range(questions):
        for place, one in enumerate(names):
            for other in names[place + 1 :]:
                unit = question, (one, other), 1
                judge[unit] = float(rng.integers(0, 3)) / 2
                if rng.random() < share:
                    people[unit] = float(rng.integers(0, 3)) / 2
    return entries_of_games("j pair", judge, people)


def rows(table: Table) -> list[dict[str, Cell]]:
    keys = [column.key for column in table.columns]
    return [dict(zip(keys, row, strict=True)) for row in table.rows]


def test_of_two_models_there_is_one_table() -> None:
    (table,) = win_rate_tables("b", [_games(np.random.default_rng(1), "ant bee")], None)
    assert (table.kind, [row["of"] for row in rows(table)]) == ("corrected_pairs", ["ant - bee"])


def test_of_three_models_there_are_pairs_shares_against_all_and_their_differences() -> None:
    entries = _games(np.random.default_rng(2))
    tables = {table.kind: rows(table) for table in win_rate_tables("b", [entries], None)}
    assert [row["of"] for row in tables["corrected_pairs"]] == ["ant - bee", "ant - cat", "bee - cat"]
    assert [row["of"] for row in tables["corrected_win_rates"]] == ["ant", "bee", "cat"]
    shares = {row["of"]: row for row in tables["corrected_win_rates"]}
    by_people = {name: row["people_alone"] for name, row in shares.items()}
    by_judge = {name: row["judge_alone"] for name, row in shares.items()}
    for each in tables["corrected_win_rate_differences"]:
        one, other = str(each["of"]).split(" - ")
        for figures, key in ((by_people, "people_alone"), (by_judge, "judge_alone")):
            first, second, both = figures[one], figures[other], each[key]
            assert isinstance(first, Estimate)
            assert isinstance(second, Estimate)
            assert isinstance(both, Estimate)
            assert both.value == pytest.approx(first.value - second.value)
        assert each["units"] == 3 * 40  # a game of the two is one, though both have a share in it
        assert each["labels"] == entries.labels


def test_against_a_baseline_only_its_games_count_and_it_has_no_row() -> None:
    entries = _games(np.random.default_rng(3)).against("bee")
    tables = {table.kind: rows(table) for table in win_rate_tables("b", [entries], "bee")}
    assert list(tables) == ["corrected_win_rates", "corrected_win_rate_differences"]
    assert [(row["of"], row["units"]) for row in tables["corrected_win_rates"]] == [("ant", 40), ("cat", 40)]
    assert [(row["of"], row["units"]) for row in tables["corrected_win_rate_differences"]] == [("ant - cat", 80)]


def test_what_has_labels_on_fewer_than_ten_questions_is_left_out_and_counted() -> None:
    judge: dict[Answer, float] = {(question, model, 1): 7.0 for question in range(40) for model in ("ant", "bee")}
    people: dict[Answer, float] = {(question, "ant", 1): 5.0 + question % 3 for question in range(20)}
    people |= {(question, "bee", 1): 5.0 for question in range(9)}
    means, *differences = score_tables("b", [entries_of_grades("j single", judge, people)])
    assert [row["of"] for row in rows(means)] == ["ant"]
    assert "left out: 1 with labels on fewer than 10 questions" in means.foot
    assert differences == []


def test_labels_that_are_all_alike_are_worth_what_cannot_be_said() -> None:
    judge: dict[Answer, float] = {(question, "ant", 1): float(question % 5) for question in range(40)}
    people: dict[Answer, float] = {(question, "ant", 1): 5.0 for question in range(20)}
    (table,) = score_tables("b", [entries_of_grades("j single", judge, people)])
    (row,) = rows(table)
    assert (row["worth"], row["to_halve"], row["labels"]) == (None, None, 20)
