"""Which of people's votes are a random sample, and what they say."""

import numpy as np
import pytest

from mtbench.records import HumanGrade, Picked, Vote
from mtbench.reports.people import drawn, picked_note, scores_of, shares_of
from mtbench.stats.ppi import powered_mean

PAIR = ("ant", "bee")


def vote(
    question: int, winner: str = "model_a", picked: str = "", passed: tuple[int, ...] = (), voter: str = "ada"
) -> Vote:
    before = tuple(Picked(each, PAIR, 1) for each in passed)
    return Vote(question, "bee", "ant", winner, voter, 1, picked=picked, passed=before)


def test_votes_on_picked_answers_are_no_draw_until_the_draw_comes_by_them() -> None:
    votes = [vote(1), vote(2, picked="doubt"), vote(3, picked="doubt"), vote(4, passed=(3,))]
    assert [each.question_id for each in drawn(votes)] == [1, 3, 4]


def test_one_voter_s_draw_says_nothing_of_another_s_votes() -> None:
    votes = [vote(2, picked="doubt"), vote(2, picked="doubt", voter="bob"), vote(4, passed=(2,), voter="bob")]
    assert [(each.question_id, each.judge) for each in drawn(votes)] == [(2, "bob"), (4, "bob")]


def test_a_sample_without_what_was_picked_lacks_the_hard_answers_and_one_with_what_the_draw_came_by_does_not() -> None:
    """The judge errs where it is in doubt, and there is too mild; people begin with the 50 most doubtful of 200."""
    rng = np.random.default_rng(1)
    held: dict[str, list[bool]] = {"without": [], "all": [], "drawn": []}
    for _ in range(600):
        doubt, human = rng.gamma(0.7, 1, 200), rng.normal(6, 1.5, 200)
        judge = human + doubt * rng.normal(0.7, 1, 200)
        picked = set(np.argsort(-doubt)[:50].tolist())
        votes = [vote(each, picked="doubt") for each in picked]
        passed: list[int] = []
        for each in rng.permutation(200).tolist():
            if len(votes) == 100:
                break
            if each in picked:
                passed.append(each)
            else:
                votes.append(vote(each, passed=tuple(passed)))
                passed = []
        samples = {"without": [each for each in votes if not each.picked], "all": votes, "drawn": drawn(votes)}
        for name, sample in samples.items():
            labels = np.full(200, np.nan)
            places = [int(each.question_id) for each in sample]
            labels[places] = human[places]
            found = powered_mean(labels, judge, np.arange(200)).powered
            held[name].append(found.low <= 6 <= found.high)
    shares = {name: float(np.mean(of_name)) for name, of_name in held.items()}
    assert 0.93 <= shares["drawn"] <= 0.97
    assert shares["without"] < 0.8
    assert shares["all"] < 0.85


def test_several_votes_on_the_same_answers_are_averaged_for_the_model_that_is_first_by_name() -> None:
    votes = [vote(1, "model_a"), vote(1, "model_b", voter="bob"), vote(1, "tie", voter="cid"), vote(2, "model_b")]
    assert shares_of(votes) == {(1, PAIR, 1): pytest.approx(0.5), (2, PAIR, 1): 1.0}


def test_several_grades_of_an_answer_are_averaged() -> None:
    grades = [HumanGrade(1, "ant", 2, "ada", 7), HumanGrade(1, "ant", 2, "bob", 8), HumanGrade(1, "ant", 1, "bob", 3)]
    assert scores_of(grades) == {(1, "ant", 2): 7.5, (1, "ant", 1): 3.0}


def test_votes_that_were_picked_are_counted_in_a_sentence() -> None:
    assert picked_note([vote(1)], "so") == []
    assert picked_note([vote(1, picked="doubt")], "so") == [
        "1 vote is on answers that were picked, not drawn at random: so"
    ]
    assert picked_note([vote(1), *(vote(each, picked="doubt") for each in (2, 3))], "so") == [
        "2 of 3 votes are on answers that were picked, not drawn at random: so"
    ]
