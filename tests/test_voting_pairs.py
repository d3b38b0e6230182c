"""Which pairs of answers a person is asked about, and in which order."""

from collections import Counter
from itertools import combinations, islice
from pathlib import Path

import pytest

from mtbench.benches import find_bench, load_questions, select
from mtbench.errors import BadRecord, MtbenchError
from mtbench.records import Json
from mtbench.votes import Unit
from mtbench.voting.pairs import Pairs, read_picked
from tests.support.benches import QUESTIONS, make_bench, write_lines


def answers(bench: Path, model: str, questions: list[Json], turns: int = 2) -> None:
    lines = [
        {
            "question_id": each["question_id"],
            "model_id": model,
            "choices": [{"index": 0, "turns": [f"{model} says {turn}" for turn in range(1, turns + 1)]}],
        }
        for each in questions
    ]
    write_lines(bench / "model_answer" / f"{model}.jsonl", lines)


def pairs_of(folder: Path, models: str, turn: int | None = None, ids: str | None = None) -> Pairs:
    bench = find_bench("tiny", folder / "data")
    return Pairs(bench, select(load_questions(bench.source / "question.jsonl"), ids), models.split(), turn)


def made(folder: Path, models: str, count: int = 16, turn: int | None = None) -> Pairs:
    asked: list[Json] = [
        {"question_id": each, "category": "abcd"[each % 4], "turns": ["?", "??"]} for each in range(count)
    ]
    bench = make_bench(folder, asked)
    for model in models.split():
        answers(bench, model, asked)
    return pairs_of(folder, models, turn)


def test_every_unit_comes_once(tmp_path: Path) -> None:
    pairs = made(tmp_path, "a b c")
    found = list(pairs.in_order(1))
    assert len(found) == len(set(found)) == pairs.count == 16 * 2 * 3
    assert all(unit in pairs for unit in found)


@pytest.mark.parametrize("taken", [8, 12, 24, 48])
def test_however_many_are_taken_all_come_about_as_often(tmp_path: Path, taken: int) -> None:
    found = list(islice(made(tmp_path, "a b c d").in_order(5), taken))

    def spread(counts: Counter[object], of: int) -> int:
        values = list(counts.values())
        return max(values) - (min(values) if len(values) == of else 0)

    assert spread(Counter(unit.question_id for unit in found), 16) <= 1
    assert spread(Counter(unit.models for unit in found), 6) <= 1
    assert spread(Counter(model for unit in found for model in unit.models), 4) <= 1
    assert spread(Counter(int(unit.question_id) % 4 for unit in found), 4) <= 1
    assert spread(Counter(unit.turn for unit in found), 2) <= 2
    if taken == 48:
        assert spread(Counter((int(unit.question_id) % 4, unit.models) for unit in found), 24) <= 2


def test_the_order_is_that_of_the_seed(tmp_path: Path) -> None:
    pairs = made(tmp_path, "a b c")
    assert list(pairs.in_order(1)) == list(pairs.in_order(1))
    assert list(islice(pairs.in_order(1), 10)) != list(islice(pairs.in_order(2), 10))


def test_whose_answer_is_a_is_drawn_for_each_voter(tmp_path: Path) -> None:
    pairs = made(tmp_path, "a b c d e", 40)
    units = list(pairs.in_order(0))
    firsts = [pairs.pair(unit, 0, "ada").shown[0] == unit.models[0] for unit in units]
    assert firsts == [pairs.pair(unit, 0, "ada").shown[0] == unit.models[0] for unit in units]
    assert 0.44 < sum(firsts) / len(firsts) < 0.56
    others = [pairs.pair(unit, 0, "bob").shown[0] == unit.models[0] for unit in units]
    same = sum(one == other for one, other in zip(firsts, others, strict=True))
    assert 0.44 < same / len(firsts) < 0.56


def test_a_pair_holds_the_conversation_up_to_its_turn(tmp_path: Path) -> None:
    bench = make_bench(tmp_path)
    for model in "ab":
        answers(bench, model, QUESTIONS)
    reference: Json = {"question_id": 2, "choices": [{"turns": ["forty-two", "twenty-one"]}]}
    write_lines(bench / "reference_answer" / "gpt-4.jsonl", [reference])
    pairs = pairs_of(tmp_path, "a b")
    second = pairs.pair(Unit(2, ("a", "b"), 2), 0, "ada")
    by_model = dict(zip(second.shown, second.answers, strict=True))
    assert by_model == {"a": ("a says 1", "a says 2"), "b": ("b says 1", "b says 2")}
    assert second.references == (("forty-two", "twenty-one"), ("42", "21"))
    first = pairs.pair(Unit(2, ("a", "b"), 1), 0, "ada")
    assert {each for answer in first.answers for each in answer} == {"a says 1", "b says 1"}
    assert first.references == (("forty-two",), ("42",))
    assert pairs.pair(Unit(1, ("a", "b"), 1), 0, "ada").references == ()


def test_only_what_was_asked_for_and_has_answers_is_a_pair(tmp_path: Path) -> None:
    bench = make_bench(tmp_path)
    answers(bench, "a", QUESTIONS)
    answers(bench, "b", QUESTIONS, turns=1)
    answers(bench, "c", QUESTIONS[:1])
    found = pairs_of(tmp_path, "a b c").in_order(3)
    assert {(unit.question_id, unit.models, unit.turn) for unit in found} == {
        (1, ("a", "b"), 1), (1, ("a", "c"), 1), (1, ("b", "c"), 1), (1, ("a", "c"), 2), (2, ("a", "b"), 1),
        (3, ("a", "b"), 1),
    }  # fmt: skip
    assert list(pairs_of(tmp_path, "a b c", turn=2).in_order(0)) == [Unit(1, ("a", "c"), 2)]
    some = pairs_of(tmp_path, "a b", ids="2-3")
    assert {unit.question_id for unit in some.in_order(0)} == {2, 3}
    for unit in (Unit(1, ("a", "b"), 1), Unit(2, ("a", "c"), 1), Unit(2, ("a", "b"), 2), Unit(9, ("a", "b"), 1)):
        assert unit not in some
    with pytest.raises(MtbenchError, match=r"no pair to vote on: .* of b, c in turn 2"):
        pairs_of(tmp_path, "b c", turn=2)


def test_questions_of_unequal_length_come_with_all_their_turns(tmp_path: Path) -> None:
    asked: list[Json] = [{"question_id": each, "turns": ["?"] * (each % 3 + 1)} for each in range(7)]
    bench = make_bench(tmp_path, asked)
    for model in "abc":
        answers(bench, model, asked, turns=3)
    found = Counter((unit.question_id, unit.turn) for unit in pairs_of(tmp_path, "a b c").in_order(0))
    assert found == {(each, turn): 3 for each in range(7) for turn in range(1, each % 3 + 2)}


def test_all_models_meet(tmp_path: Path) -> None:
    for models in ("a b", "a b c d e", "a b c d e f"):
        pairs = made(tmp_path / models.replace(" ", ""), models, 30)
        first = [unit.models for unit in islice(pairs.in_order(0), len(list(combinations(models.split(), 2))))]
        assert sorted(first) == list(combinations(models.split(), 2))


def test_units_are_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "first.jsonl"
    doubtful = {"question_id": 1, "models": ["b", "a"], "turn": 2, "picked": "judges disagree"}
    write_lines(path, [doubtful, {"question_id": "x", "models": ["a", "b"]}])
    assert read_picked(path) == {Unit(1, ("a", "b"), 2): "judges disagree", Unit("x", ("a", "b"), 1): "by hand"}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ({"models": ["a", "b"]}, "line 1: field 'question_id': is missing"),
        ({"question_id": True, "models": ["a", "b"]}, "field 'question_id'"),
        ({"question_id": 1, "models": ["a"]}, "field 'models': must be two different"),
        ({"question_id": 1, "models": ["a", "a"]}, "field 'models': must be two different"),
        ({"question_id": 1, "models": ["a", "b"], "turn": "2"}, "field 'turn'"),
    ],
)
def test_a_line_that_names_no_unit_is_said(tmp_path: Path, line: Json, said: str) -> None:
    path = write_lines(tmp_path / "first.jsonl", [line])
    with pytest.raises(BadRecord, match=said):
        read_picked(path)


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(MtbenchError, match=r"--first .*there is no such file"):
        read_picked(tmp_path / "none.jsonl")
