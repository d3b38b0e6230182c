"""What is compared with what, in which order, on which turns."""

import pytest

from mtbench.errors import MtbenchError
from mtbench.judging.matches import Match, contests, drawn_order
from mtbench.records import Question


def test_single_lets_each_model_stand_alone() -> None:
    assert contests("single", ["x", "y"], None) == [("x",), ("y",)]


def test_pairwise_baseline_sets_every_other_model_against_the_baseline() -> None:
    assert contests("pairwise-baseline", ["x", "base", "y"], "base") == [("x", "base"), ("y", "base")]


def test_pairwise_all_has_every_pair_once() -> None:
    assert contests("pairwise-all", ["c", "a", "b"], None) == [("a", "b"), ("a", "c"), ("b", "c")]


@pytest.mark.parametrize(
    ("mode", "models", "baseline", "words"),
    [
        ("pairwise-baseline", ["x", "y"], None, "--baseline, one of: x, y"),
        ("pairwise-baseline", ["x"], "x", "only x"),
        ("pairwise-all", ["x"], None, "only x"),
        ("pairwise-all", [], None, "only none"),
    ],
)
def test_nobody_to_compare_is_said(mode: str, models: list[str], baseline: str | None, words: str) -> None:
    with pytest.raises(MtbenchError, match=words):
        contests(mode, models, baseline)


def test_each_repeat_draws_its_own_order_and_the_first_as_ever() -> None:
    matches = [Match(Question(number, "math", ("a",)), 1, ("x", "y")) for number in range(400)]
    drawn = [[drawn_order(match, repeat) for match in matches] for repeat in range(3)]
    assert drawn[0] == [drawn_order(match) for match in matches]
    assert drawn[0][:8] == ["g1", "g1", "g1", "g1", "g2", "g1", "g1", "g1"]
    for one, other in ((0, 1), (0, 2), (1, 2)):
        assert 150 < sum(a == b for a, b in zip(drawn[one], drawn[other], strict=True)) < 250


def test_the_drawn_order_is_even_and_does_not_depend_on_how_the_pair_is_named() -> None:
    firsts = 0
    for number in range(400):
        question = Question(number, "math", ("a",))
        one, other = Match(question, 1, ("x", "y")), Match(question, 1, ("y", "x"))
        shown_first = {"g1": "x", "g2": "y"}[drawn_order(one)]
        assert shown_first == {"g1": "y", "g2": "x"}[drawn_order(other)]
        firsts += shown_first == "x"
    assert 150 < firsts < 250
