"""Known answers as people write them: what is taken, and what is wrong said with its line."""

from pathlib import Path

import pytest

from mtbench.benches import Bench, load_answers
from mtbench.errors import BadRecord, MtbenchError
from mtbench.indexes import question_hash
from mtbench.judging.references import References
from mtbench.records import Json, Question
from mtbench.studies.reasoning import (
    KNOWN_ANSWERS,
    RIGHT,
    WRONG,
    asked_bench,
    load_known_answers,
    write_with_references,
    write_without_references,
)
from tests.support.benches import QUESTIONS, make_bench, write_lines


def line(question_id: int, model: str, *turns: str, **more: object) -> Json:
    return {"question_id": question_id, "model_id": model, "choices": [{"index": 0, "turns": list(turns)}]} | more


def two(question_id: int) -> list[Json]:
    return [line(question_id, RIGHT, "42", "21"), line(question_id, WRONG, "43", "21.5")]


def bench(folder: Path, known: list[Json] | None) -> Bench:
    made = make_bench(folder)
    if known is not None:
        write_lines(made / KNOWN_ANSWERS, known)
    return Bench("tiny", made, made)


def test_questions_come_in_the_order_of_ids_and_without_those_that_have_no_known_answers(tmp_path: Path) -> None:
    known, answers = load_known_answers(bench(tmp_path, [*two(3), *two(2)[::-1]]))
    assert [each.question_id for each in known] == [2, 3]
    assert answers[RIGHT][2] == ("42", "21")
    assert answers[WRONG][3] == ("43", "21.5")


def test_a_file_of_ones_own_goes_before_the_one_that_ships(tmp_path: Path) -> None:
    shipped = bench(tmp_path, two(2)).folder
    write_lines(tmp_path / "own" / KNOWN_ANSWERS, two(3))
    (own, _), (theirs, _) = (load_known_answers(Bench("tiny", tmp_path / name, shipped)) for name in ("own", "none"))
    assert [each.question_id for each in own] == [3]
    assert [each.question_id for each in theirs] == [2]


@pytest.mark.parametrize(
    ("known", "said"),
    [
        ([*two(2), line(3, "right ", "a", "b")], "line 3: field 'model_id': must be right or wrong, not 'right '"),
        ([*two(2), line(9, RIGHT, "a", "b")], "line 3: field 'question_id': the bench has no question 9"),
        ([*two(2), line(3, RIGHT, "a")], "line 3: field 'choices': 1 turns; the question has 2"),
        ([*two(2), line(2, WRONG, "a", "b")], "line 3: a second wrong answer to question 2"),
        ([line(2, RIGHT, "a", "b", question_hash="0" * 16)], "this answers another text of question 2"),
        ([{"question_id": 2, "model_id": RIGHT}], "line 1: field 'choices': must be a list"),
    ],
)
def test_what_is_wrong_with_a_line_is_said_with_its_place(tmp_path: Path, known: list[Json], said: str) -> None:
    with pytest.raises(BadRecord, match=r"known_answer\.jsonl, line") as raised:
        load_known_answers(bench(tmp_path, known))
    assert said in str(raised.value)


@pytest.mark.parametrize(
    ("known", "said"),
    [
        ([], "has no answers"),
        ([*two(2), line(3, RIGHT, "a", "b"), line(1, WRONG, "a", "b")], "these have one: 1, 3"),
    ],
)
def test_what_is_missing_is_said(tmp_path: Path, known: list[Json], said: str) -> None:
    with pytest.raises(MtbenchError) as raised:
        load_known_answers(bench(tmp_path, known))
    assert said in str(raised.value)


def test_a_bench_without_known_answers_has_those_that_ship_in_a_place_of_their_own(tmp_path: Path) -> None:
    made = bench(tmp_path, None)
    asked = write_with_references(made)
    assert {each.question_id for each in asked.questions} == set(range(1021, 1041))
    assert asked.bench.folder.name == "reasoning-mt80-reference"
    assert References(asked.bench, asked.questions).of(asked.questions[0], "grader") is not None
    assert asked_bench(bench(tmp_path, two(2)), with_reference=True).folder.name == "reasoning-reference"


def test_a_hash_of_the_question_as_it_stands_is_taken(tmp_path: Path) -> None:
    asked = Question(2, "math", tuple(QUESTIONS[1]["turns"]))
    known = [each | {"question_hash": question_hash(asked)} for each in two(2)]
    assert len(load_known_answers(bench(tmp_path, known))[0]) == 1


def test_the_two_halves_lie_apart_and_only_one_shows_references(tmp_path: Path) -> None:
    made = bench(tmp_path, two(2))
    without, beside = write_without_references(made), write_with_references(made)
    assert without.bench.folder != beside.bench.folder
    assert without.questions[0].reference == ()
    assert beside.questions[0].reference == ("42", "21")
    for half in (without, beside):
        assert half.questions[0].turns == tuple(QUESTIONS[1]["turns"])
        assert load_answers(half.bench.answers(WRONG))[2].choices[0].turns == ("43", "21.5")
    assert References(without.bench, without.questions).of(without.questions[0], "grader") is None


def test_references_may_be_those_beside_the_bench(tmp_path: Path) -> None:
    made = bench(tmp_path, two(3))
    write_lines(made.folder / "reference_answer" / "sage.jsonl", [line(3, "sage", "scattering", "dust")])
    beside = write_with_references(made)
    found = References(beside.bench, beside.questions).of(beside.questions[0], "grader")
    assert found is not None
    assert found.turns == ("scattering", "dust")
    without = write_without_references(made)
    assert References(without.bench, without.questions).of(without.questions[0], "grader") is None
