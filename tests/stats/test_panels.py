"""Several judges as one."""

import pytest

from mtbench.stats.panels import majority, panel_scores, panel_verdicts


def test_a_panel_scores_what_all_its_judges_scored_with_their_mean() -> None:
    judges = ["x", "y", "x", "y", "x"]
    units = ["first", "first", "second", "second", "third"]
    assert panel_scores(["x", "y"], judges, units, [4, 9, 7, 7, 10]) == {"first": 6.5, "second": 7.0}


def test_a_judge_that_repeats_itself_has_no_more_say() -> None:
    assert panel_scores(["x", "y"], ["x", "x", "x", "y"], ["u"] * 4, [2, 2, 2, 10]) == {"u": 6.0}


def test_a_panel_s_verdict_is_its_majority_s() -> None:
    judges, units = ["x", "y", "z"] * 2, ["u"] * 3 + ["v"] * 3
    winners = ["model_1", "tie", "model_1", "model_1", "model_2", "tie"]
    assert panel_verdicts(["x", "y", "z"], judges, units, winners) == {"u": "model_1", "v": "tie"}


def test_a_verdict_that_a_judge_did_not_give_leaves_the_unit_out() -> None:
    assert panel_verdicts(["x", "y"], ["x"], ["u"], ["model_1"]) == {}


@pytest.mark.parametrize(
    ("winners", "verdict"),
    [
        (["model_1"], "model_1"),
        (["model_1", "model_2"], "tie"),
        (["model_2", "model_2", "tie"], "model_2"),
        (["model_2", "model_2", "tie", "model_1"], "tie"),
        (["tie", "tie", "model_1"], "tie"),
    ],
)
def test_a_majority_is_more_than_half(winners: list[str], verdict: str) -> None:
    assert majority(winners) == verdict
