"""Finding benches, and choosing among their questions."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mtbench.benches import (
    Bench,
    bench_names,
    find_bench,
    load_answers,
    load_questions,
    recorded,
    select,
    shipped,
)
from mtbench.cli.options import DEFAULT_BENCH
from mtbench.errors import BadRecord, MtbenchError
from mtbench.indexes import Questions


def write(path: Path, *objects: dict[str, Any]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(each) + "\n" for each in objects))
    return path


def question(question_id: int | str, category: str = "math", **more: Any) -> dict[str, Any]:
    return {"question_id": question_id, "category": category, "turns": [f"text of {question_id}"], **more}


def of(*ids: int | str, category: str = "math") -> list[dict[str, Any]]:
    return [question(each, category) for each in ids]


Stored = Callable[[list[dict[str, Any]]], Questions]


@pytest.fixture
def stored(tmp_path: Path) -> Stored:
    return lambda questions: load_questions(write(tmp_path / "q.jsonl", *questions))


def ids_of(questions: Questions) -> list[int | str]:
    return [each.question_id for each in questions]


def test_our_own_set_is_found_with_no_data_folder_at_all(tmp_path: Path) -> None:
    bench = find_bench(DEFAULT_BENCH, tmp_path / "none")
    assert bench.source == shipped("questions") / DEFAULT_BENCH
    assert bench.folder == tmp_path / "none" / DEFAULT_BENCH
    assert load_questions(bench.source / "question.jsonl")


def test_a_set_in_the_data_folder_comes_before_ours(tmp_path: Path) -> None:
    path = write(tmp_path / DEFAULT_BENCH / "question.jsonl", question(1))
    bench = find_bench(DEFAULT_BENCH, tmp_path)
    assert bench.source == bench.folder == path.parent


def test_a_missing_bench_names_those_that_are_there(tmp_path: Path) -> None:
    write(tmp_path / "own" / "question.jsonl", question(1))
    with pytest.raises(MtbenchError) as raised:
        find_bench("owm", tmp_path)
    expected = f"no bench 'owm': {tmp_path / 'owm' / 'question.jsonl'} does not exist. Benches here: mt80, own"
    assert str(raised.value) == expected


def test_the_missing_official_bench_says_how_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(MtbenchError, match="`mtbench questions pull` fetches it"):
        find_bench("mt_bench", tmp_path)


def test_a_bench_that_cannot_be_looked_for_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(MtbenchError, match=r"cannot read .*: File name too long"):
        find_bench("x" * 300, tmp_path)


def test_bench_names_are_those_in_the_data_folder_and_ours_once_each(tmp_path: Path) -> None:
    for name in ("b", "a", DEFAULT_BENCH):
        write(tmp_path / name / "question.jsonl", question(1))
    (tmp_path / "no_questions").mkdir()
    assert bench_names(tmp_path) == ["a", "b", DEFAULT_BENCH]


def test_a_bench_keeps_records_where_fastchat_does_and_in_the_folder_whatever_the_id(tmp_path: Path) -> None:
    bench = Bench("b", tmp_path / "b", tmp_path)
    assert bench.answers("gpt-4") == tmp_path / "b" / "model_answer" / "gpt-4.jsonl"
    assert bench.judgments("gpt-4", "single") == tmp_path / "b" / "model_judgment" / "gpt-4_single.jsonl"
    for model_id in ("../../up", "a/b", "..", "模型 1"):
        assert bench.answers(model_id).resolve().parent == tmp_path / "b" / "model_answer"
        assert bench.judgments(model_id, "pair").resolve().parent == tmp_path / "b" / "model_judgment"


def test_questions_come_sorted_by_id_numbers_first(tmp_path: Path) -> None:
    path = write(tmp_path / "q.jsonl", *(question(each) for each in ("b", 10, 9, "a", "10a")))
    assert [each.question_id for each in load_questions(path)] == [9, 10, "10a", "a", "b"]


def test_an_id_that_comes_twice_is_refused_with_both_lines(tmp_path: Path) -> None:
    path = write(tmp_path / "q.jsonl", question(1), question(2), question(1))
    with pytest.raises(BadRecord) as raised:
        load_questions(path)
    assert str(raised.value) == f"{path}, line 3: field 'question_id': 1 stands already in line 1"


def test_a_bad_question_is_refused_with_file_line_and_field(tmp_path: Path) -> None:
    path = write(tmp_path / "q.jsonl", question(1), question(2, turns=[]))
    with pytest.raises(BadRecord, match=r"q\.jsonl, line 2: field 'turns': must be a list with at least one text"):
        load_questions(path)


@pytest.mark.parametrize("last", ['{"question_id": 2, "turns": ["?",]}', '{"question_id": 2, "tur'])
def test_a_last_question_without_newline_that_is_not_json_is_refused_and_not_passed_over(
    tmp_path: Path, last: str
) -> None:
    path = write(tmp_path / "q.jsonl", question(1))
    path.write_text(path.read_text() + last)
    with pytest.raises(BadRecord, match=r"q\.jsonl, line 2: not JSON"):
        load_questions(path)


@pytest.mark.parametrize("text", ["", "\n\n"])
def test_a_file_without_questions_says_so(tmp_path: Path, text: str) -> None:
    path = tmp_path / "q.jsonl"
    path.write_text(text)
    with pytest.raises(MtbenchError, match=r"q\.jsonl has no questions"):
        load_questions(path)


def test_all_questions_are_chosen_unless_asked_otherwise(stored: Stored) -> None:
    assert ids_of(select(stored(of(1, 2, "a")))) == [1, 2, "a"]


@pytest.mark.parametrize(
    ("ids", "expected"),
    [
        ("81-83", [81, 82, 83]),
        ("83,81", [81, 83]),
        ("81, 85-90 ,82", [81, 82, 85]),
        ("81,", [81]),
        ("80-81", [81]),
        ("x-1", ["x-1"]),
        ("7-9", ["7-9"]),
        ("81,x-1", [81, "x-1"]),
    ],
)
def test_ids_are_numbers_texts_and_ranges(stored: Stored, ids: str, expected: list[int | str]) -> None:
    assert ids_of(select(stored(of(81, 82, 83, 85, "x-1", "7-9")), ids)) == expected


@pytest.mark.parametrize("ids", ["eighty", "81-", "-81", "99", "81-x", "²-3", "1..3"])
def test_ids_that_cannot_be_read_are_named(stored: Stored, ids: str) -> None:
    with pytest.raises(MtbenchError, match="neither an id here nor a range like 81-90"):
        select(stored(of(81)), ids)


@pytest.mark.parametrize(
    "options", [{"ids": "90-99"}, {"ids": "83-81"}, {"ids": ","}, {"ids": "81", "categories": ["art"]}]
)
def test_nothing_left_is_said(stored: Stored, options: dict[str, Any]) -> None:
    with pytest.raises(MtbenchError, match="these options leave no question; `mtbench questions show` lists them"):
        select(stored([*of(81, 82), *of(1, category="art")]), **options)


def test_categories_are_chosen_and_an_unknown_one_is_named_beside_those_there_are(stored: Stored) -> None:
    questions = stored([*of(1), *of(2, category="art"), *of(3, category="stem")])
    assert ids_of(select(questions, categories=["art", "stem"])) == [2, 3]
    with pytest.raises(MtbenchError, match="no category arts, sport here; there are math, art, stem"):
        select(questions, categories=["arts", "art", "sport"])


@pytest.mark.parametrize(
    ("limit", "expected"), [(1, [1]), (3, [1, 4, 6]), (5, [1, 2, 4, 5, 6]), (6, [1, 2, 3, 4, 5, 6]), (99, None)]
)
def test_a_limit_takes_from_each_category_in_turn(stored: Stored, limit: int, expected: list[int] | None) -> None:
    questions = stored([*of(1, 2, 3), *of(4, 5, category="art"), *of(6, category="stem")])
    assert ids_of(select(questions, limit=limit)) == (expected or [1, 2, 3, 4, 5, 6])


def test_the_last_answer_to_a_question_counts_and_a_torn_one_is_said(tmp_path: Path) -> None:
    choices = [{"index": 0, "turns": ["x"]}]
    lines = [{"question_id": number, "answer_id": name, "choices": choices} for number, name in [(1, "a"), (2, "b")]]
    path = write(tmp_path / "m.jsonl", *lines, lines[0] | {"answer_id": "c"})
    path.write_text(path.read_text() + '{"question_id": 2')
    said: list[str] = []
    assert {number: answer.answer_id for number, answer in load_answers(path, said.append).items()} == {1: "c", 2: "b"}
    assert len(said) == 1
    assert load_answers(tmp_path / "none.jsonl") == {}


def test_what_records_hold_of_some_requests_is_found(tmp_path: Path) -> None:
    bench = Bench("b", tmp_path, tmp_path)
    choices = [{"index": index, "turns": ["x"], "request_hashes": ["a", f"b{index}"]} for index in range(2)]
    write(bench.answers("m"), {"question_id": 1, "choices": choices}, {"question_id": 2, "choices": None})
    write(bench.judgments("m", "single"), {"request_hash": "c"}, {"request_hash": None})
    write(bench.judgments("m", "pair"), {"g1_request_hash": "d", "g2_request_hash": "e"})
    asked = {"a", "a-1", "b0", "b1", "c", "c-1", "d", "e", "f"}
    assert recorded(bench, "m", asked) == {"a", "a-1", "b0", "b1", "d", "e"}
    assert recorded(bench, "other", asked) == set()
