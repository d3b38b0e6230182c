"""Right against wrong answers: how verdicts become games, and what two ways of asking say of each other."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from mtbench.records import Json
from mtbench.reports.judgments import read_judgments
from mtbench.reports.known_games import (
    FAILED,
    RIGHT_WON,
    SILENT,
    TIE,
    Game,
    compared_games,
    failed_whatever_the_order,
    failure_rate,
    graded_games,
    set_beside,
)
from tests.reports.lines import grade, pair
from tests.support.benches import write_lines

NAMES = ("right", "wrong")


def compared(folder: Path, *lines: Json) -> tuple[Game, ...]:
    return compared_games(read_judgments(write_lines(folder / "j_pair.jsonl", lines), print), NAMES)


def graded(folder: Path, *lines: Json) -> tuple[Game, ...]:
    return graded_games(read_judgments(write_lines(folder / "j_single.jsonl", lines), print), NAMES)


def games(outcomes: str, turn: int = 1) -> tuple[Game, ...]:
    """A game a letter: (r)ight won, (f)ailed, (t)ie, (s)ilent; a question each."""
    named = {"r": RIGHT_WON, "f": FAILED, "t": TIE, "s": SILENT}
    return tuple(Game(question, turn, "g1", 0, named[each]) for question, each in enumerate(outcomes))


def test_every_order_is_a_game_and_the_winner_goes_by_name(tmp_path: Path) -> None:
    found = compared(tmp_path, pair(1, "right wrong", "12"), pair(2, "wrong right", "12", turn=2))
    assert [(each.question_id, each.turn, each.order, each.outcome) for each in found] == [
        (1, 1, "g1", RIGHT_WON),
        (1, 1, "g2", FAILED),
        (2, 2, "g1", FAILED),
        (2, 2, "g2", RIGHT_WON),
    ]


def test_ties_and_replies_without_a_verdict_are_no_failures(tmp_path: Path) -> None:
    found = compared(tmp_path, pair(1, "right wrong", "0e"))
    assert [each.outcome for each in found] == [TIE, SILENT]


def test_an_order_that_was_not_played_is_no_game(tmp_path: Path) -> None:
    found = compared(tmp_path, pair(1, "right wrong", "22", one_order="g2"))
    assert [(each.order, each.outcome) for each in found] == [("g2", FAILED)]


def test_other_models_are_left_out(tmp_path: Path) -> None:
    assert compared(tmp_path, pair(1, "right other", "11"), pair(1, "a b", "11")) == ()
    assert graded(tmp_path, grade(1, "right", 9), grade(1, "other", 9)) == ()


@pytest.mark.parametrize(
    ("right", "wrong", "outcome"),
    [(9, 4, RIGHT_WON), (4, 9, FAILED), (7, 7, TIE), (7.0, 7.1, TIE), (7.0, 7.2, FAILED), (-1, 7, SILENT)],
)
def test_grades_become_games(tmp_path: Path, right: float, wrong: float, outcome: str) -> None:
    (found,) = graded(tmp_path, grade(1, "right", right), grade(1, "wrong", wrong))
    assert found.outcome == outcome
    assert found.grades == (None if outcome == SILENT else (right, wrong))


def test_a_turn_and_a_repeat_are_graded_against_their_like(tmp_path: Path) -> None:
    found = graded(
        tmp_path,
        grade(1, "right", 9),
        grade(1, "wrong", 2, turn=2),
        grade(1, "right", 3, turn=2),
        grade(1, "wrong", 5, turn=2, repeat=1),
        grade(1, "right", 5, turn=2, repeat=1),
    )
    assert [(each.turn, each.repeat, each.outcome) for each in found] == [(2, 0, RIGHT_WON), (2, 1, TIE)]


def test_rates_are_of_the_games_with_a_verdict() -> None:
    found = failure_rate(games("rrrffts"))
    assert found.value == pytest.approx(2 / 6)
    assert found.n == 6
    assert failure_rate(games("rrrffts"), (FAILED, TIE)).value == pytest.approx(3 / 6)
    assert np.isnan(failure_rate(games("sss")).value)


def test_a_failure_in_both_orders_is_told_from_one_that_place_may_explain(tmp_path: Path) -> None:
    lines = [pair(1, "right wrong", "22"), pair(1, "right wrong", "12", turn=2), pair(2, "wrong right", "11", repeat=1)]
    assert failed_whatever_the_order(compared(tmp_path, *lines)) == 2
    assert failed_whatever_the_order(compared(tmp_path, *lines[1:2])) == 0


def test_games_of_one_question_are_no_independent_evidence() -> None:
    alone = [Game(each, 1, "g1", 0, FAILED if each < 5 else RIGHT_WON) for each in range(20)]
    twice = [*alone, *(Game(each.question_id, 1, "g2", 0, each.outcome) for each in alone)]
    assert failure_rate(twice).high == pytest.approx(failure_rate(alone).high)


def test_two_ways_are_compared_on_what_both_judged() -> None:
    found = set_beside(games("ffffrrts"), games("rrrffrfr"))
    assert (found.games, found.mended, found.spoilt) == (7, 3, 2)
    assert found.before == pytest.approx(4 / 7)
    assert found.difference.value == pytest.approx(-1 / 7)


def mcnemar(mended: int, spoilt: int) -> float:
    """Exact and two-sided: the binomial test of a half."""
    from scipy.stats import binomtest

    return float(binomtest(mended, mended + spoilt).pvalue)


@pytest.mark.parametrize(("mended", "spoilt"), [(1, 0), (6, 0), (8, 2), (5, 5), (3, 9)])
def test_with_a_game_a_question_the_test_is_mcnemars(mended: int, spoilt: int) -> None:
    first = games("f" * mended + "r" * spoilt + "frft")
    second = games("r" * mended + "f" * spoilt + "frft")
    assert set_beside(first, second).p == pytest.approx(mcnemar(mended, spoilt), abs=1e-12)


def test_without_common_games_nothing_is_known() -> None:
    found = set_beside(games("ff", turn=1), games("rr", turn=2))
    assert found.games == 0
    assert np.isnan([found.p, found.before, found.difference.value]).all()


def simulated(rng: np.random.Generator, fooled: Sequence[float]) -> list[tuple[Game, ...]]:
    """Ways of asking on 20 questions with four games each; how hard a question is, all ways feel."""
    hard = rng.beta(2, 2, 20) * 2
    return [
        tuple(
            Game(question, turn, order, 0, FAILED if rng.random() < chance * hard[question] else RIGHT_WON)
            for question in range(20)
            for turn in (1, 2)
            for order in ("g1", "g2")
        )
        for chance in fooled
    ]


def test_intervals_hold_the_truth_and_the_test_errs_as_often_as_it_says() -> None:
    rng = np.random.default_rng(20)
    held, differs, rejected = [], [], []
    for _ in range(600):
        default, reference, alike = simulated(rng, (0.35, 0.1, 0.35))
        rate = failure_rate(default)
        held.append(rate.low <= 0.35 <= rate.high)
        change = set_beside(default, reference)
        differs.append(change.difference.low <= -0.25 <= change.difference.high)
        rejected.append(set_beside(default, alike).p <= 0.05)
    assert 0.93 <= np.mean(held) <= 0.975
    assert 0.93 <= np.mean(differs) <= 0.98
    assert np.mean(rejected) <= 0.07
