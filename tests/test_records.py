"""Records keep what they read, and say what they cannot use."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mtbench import files
from mtbench.errors import BadRecord
from mtbench.records import (
    FASTCHAT_ERROR,
    Answer,
    Choice,
    Failure,
    MadeBy,
    PairJudgment,
    Question,
    SingleJudgment,
    Usage,
    Where,
    judgment_from_json,
    question_problems,
    usage_from_json,
    usage_to_json,
)
from tests.support.shared import SHARED, needs_shared

Json = dict[str, Any]
HERE = Where(Path("f.jsonl"), 7)

MADE_BY: Json = {
    "provider": "openai",
    "model": "m",
    "endpoint": "http://127.0.0.1:1/v1",
    "params": {"temperature": 0.7, "stop": ["x"]},
    "adapted": ["temperature"],
    "version": "0.1.0",
    "of_tomorrow": [1],
}
QUESTION: Json = {
    "question_id": 1,
    "category": "math",
    "turns": ["one", "two"],
    "reference": ["1", "2"],
    "required_temperature": 0.5,
    "difficulty": {"level": 3},
}
ANSWER: Json = {
    "question_id": "a-1",
    "answer_id": "x",
    "model_id": "m",
    "choices": [
        {
            "index": 0,
            "turns": ["one", ""],
            "finish_reasons": ["stop", None],
            "usage": [{"input": 3, "output": 4}, {"input": 5, "output": 0, "cached": 2}],
            "thinking": ["", "hm"],
            "request_hashes": ["aa", "bb"],
            "logprobs": [0.5],
        },
        {"index": 1, "turns": ["uno", "due"]},
    ],
    "tstamp": 1.5,
    "made_by": MADE_BY,
    "question_hash": "cc",
    "note": None,
}
SINGLE: Json = {
    "question_id": 1,
    "model": "m",
    "judge": ["j", "single-v1"],
    "user_prompt": "?",
    "judgment": "[[7.5]]",
    "score": 7.5,
    "turn": 2,
    "tstamp": 1.5,
    "prompt_hash": "aa",
    "request_hash": "bb",
    "usage": {"input": 10, "output": 2, "cached": 5},
    "finish_reason": "stop",
    "thinking": "hm",
    "reference": "gpt-4",
    "repeat": 1,
    "reasked": 2,
    "truncated_answer": True,
    "made_by": MADE_BY,
    "mood": "mild",
}
PAIR: Json = {
    "question_id": 1,
    "model_1": "m",
    "model_2": "n",
    "g1_winner": "model_1",
    "g2_winner": "tie",
    "judge": ["j", "pair-v2"],
    "g1_user_prompt": "?",
    "g1_judgment": "[[A]]",
    "g2_user_prompt": "??",
    "g2_judgment": "[[C]]",
    "turn": 1,
    "tstamp": 1.5,
    "prompt_hash": "aa",
    "g1_request_hash": "bb",
    "g2_request_hash": "cc",
    "usage": {"input": 10, "output": 2},
    "g1_finish_reason": "stop",
    "g2_finish_reason": "length",
    "g1_thinking": "hm",
    "g2_thinking": "ah",
    "reference": "gpt-4",
    "repeat": 1,
    "reasked": 1,
    "one_order": "g1",
    "truncated_answers": ["n"],
    "made_by": MADE_BY,
    "mood": "mild",
}
FAILURE: Json = {
    "key": {"question_id": 1, "model": "m"},
    "reason": "unavailable",
    "message": "503",
    "tstamp": 1.5,
    "finished": {"aa": {"text": "one"}},
    "attempts": 3,
}
Read = Callable[[Json, Where], Any]
KINDS: list[tuple[Read, Json]] = [
    (Question.from_json, QUESTION),
    (Answer.from_json, ANSWER),
    (SingleJudgment.from_json, SINGLE),
    (PairJudgment.from_json, PAIR),
    (Failure.from_json, FAILURE),
]


@pytest.mark.parametrize(("read", "full"), KINDS, ids=lambda value: getattr(value, "__qualname__", ""))
def test_a_full_record_is_written_back_as_it_was_read_with_fields_that_nobody_knows(read: Read, full: Json) -> None:
    assert read(full, HERE).to_json() == full


@pytest.mark.parametrize(
    ("read", "least"),
    [
        (Question.from_json, {"question_id": 1, "category": "general", "turns": ["one"]}),
        (
            Answer.from_json,
            {
                "question_id": 1,
                "answer_id": "",
                "model_id": "",
                "choices": [{"index": 0, "turns": ["a"]}],
                "tstamp": 0.0,
            },
        ),
        (SingleJudgment.from_json, {name: SINGLE[name] for name in list(SINGLE)[:8]}),
        (PairJudgment.from_json, {name: PAIR[name] for name in list(PAIR)[:12]}),
        (Failure.from_json, {name: FAILURE[name] for name in list(FAILURE)[:4]}),
    ],
    ids=lambda value: getattr(value, "__qualname__", ""),
)
def test_a_record_with_fastchats_fields_alone_gains_none(read: Read, least: Json) -> None:
    assert read(least, HERE).to_json() == least


def test_fields_that_other_tools_leave_out_have_fastchats_defaults() -> None:
    assert Question.from_json({"question_id": 1, "turns": ["one"]}, HERE).category == "general"
    assert Question.from_json({"question_id": 1, "turns": ["one"], "reference": "1"}, HERE).reference == ("1",)
    assert Choice.from_json({"turns": ["one"]}, HERE).index == 0
    grade = SingleJudgment.from_json({"question_id": 1, "model": "m", "judge": ["j", "p"], "score": 3}, HERE)
    assert (grade.turn, grade.tstamp, grade.judgment, grade.usage, grade.made_by) == (1, 0.0, "", None, None)
    pair = {"question_id": 1, "model_1": "m", "model_2": "n", "g1_winner": "tie", "g2_winner": "tie"}
    assert PairJudgment.from_json(pair | {"judge": ["j", "p"]}, HERE).g1_judgment == ""
    assert Failure.from_json({"key": {}}, HERE).reason == "failed"


def real(pattern: str) -> Iterator[tuple[Where, Json]]:
    for path in SHARED.glob(pattern):
        yield from ((Where(path, line), obj) for line, obj in files.read(path))


@needs_shared
@pytest.mark.parametrize(
    ("read", "pattern", "count"),
    [
        (Question.from_json, "mt_bench/question.jsonl", 80),
        (Answer.from_json, "mt_bench/model_answer/*.jsonl", 480),
        (Answer.from_json, "mt_bench/reference_answer/*.jsonl", 30),
        (judgment_from_json, "judged/model_judgment/*_single.jsonl", 480),
        (judgment_from_json, "judged/model_judgment/*_pair.jsonl", 75),
    ],
)
def test_the_released_files_are_written_back_as_they_were_read(read: Read, pattern: str, count: int) -> None:
    found = 0
    for where, obj in real(pattern):
        assert read(obj, where).to_json() == obj
        found += 1
    assert found == count


WRONG: list[tuple[Read, Json, str, object, str]] = [
    (Question.from_json, QUESTION, "question_id", None, "is missing"),
    (Question.from_json, QUESTION, "question_id", "", "must be a whole number or a text, not ''"),
    (Question.from_json, QUESTION, "question_id", True, "must be a whole number or a text, not True"),
    (Question.from_json, QUESTION, "question_id", 1.5, "must be a whole number or a text, not 1.5"),
    (Question.from_json, QUESTION, "category", 5, "must be a text, not 5"),
    (Question.from_json, QUESTION, "turns", None, "is missing"),
    (Question.from_json, QUESTION, "turns", [], "must be a list with at least one text"),
    (Question.from_json, QUESTION, "turns", "one", "must be a list with at least one text"),
    (Question.from_json, QUESTION, "turns", ["one", " ", 3], "text 2 is empty, text 3 is not a text"),
    (Question.from_json, QUESTION, "reference", 5, "must be a list with at least one text"),
    (Question.from_json, QUESTION, "reference", ["1", None], "text 2 is not a text"),
    (Question.from_json, QUESTION, "required_temperature", "hot", "must be a number, not 'hot'"),
    (Question.from_json, QUESTION, "required_temperature", True, "must be a number, not True"),
    (Question.from_json, QUESTION, "required_temperature", float("nan"), "must be a number, not nan"),
    (Question.from_json, QUESTION, "required_temperature", 2.1, "must lie between 0 and 2, not 2.1"),
    (Question.from_json, QUESTION, "required_temperature", -0.1, "must lie between 0 and 2, not -0.1"),
    (Answer.from_json, ANSWER, "choices", [], "must be a list with at least one choice"),
    (Answer.from_json, ANSWER, "choices", {}, "must be a list with at least one choice"),
    (Answer.from_json, ANSWER, "choices", ["one"], "must be a list of objects"),
    (Answer.from_json, ANSWER, "answer_id", 5, "must be a text, not 5"),
    (Answer.from_json, ANSWER, "tstamp", "now", "must be a number, not 'now'"),
    (Answer.from_json, ANSWER, "question_hash", 5, "must be a text, not 5"),
    (Answer.from_json, ANSWER, "made_by", "me", "must be an object, not 'me'"),
    (SingleJudgment.from_json, SINGLE, "model", None, "is missing"),
    (SingleJudgment.from_json, SINGLE, "judge", "j", "must be a list of the judge's name and the prompt's"),
    (SingleJudgment.from_json, SINGLE, "judge", ["j", 1], "must be a list of the judge's name and the prompt's"),
    (SingleJudgment.from_json, SINGLE, "score", None, "is missing"),
    (SingleJudgment.from_json, SINGLE, "score", "7", "must be a number, not '7'"),
    (SingleJudgment.from_json, SINGLE, "score", float("inf"), "must be a number, not inf"),
    (SingleJudgment.from_json, SINGLE, "turn", 1.5, "must be a whole number, not 1.5"),
    (SingleJudgment.from_json, SINGLE, "turn", -1, "must be a whole number, not -1"),
    (SingleJudgment.from_json, SINGLE, "usage", 7, "must be an object, not 7"),
    (SingleJudgment.from_json, SINGLE, "usage", {"input": "x"}, "must be a number, not 'x'"),
    (SingleJudgment.from_json, SINGLE, "repeat", True, "must be a whole number, not True"),
    (SingleJudgment.from_json, SINGLE, "reasked", "2", "must be a whole number, not '2'"),
    (SingleJudgment.from_json, SINGLE, "prompt_hash", 5, "must be a text, not 5"),
    (SingleJudgment.from_json, SINGLE, "truncated_answer", "no", "must be true or false, not 'no'"),
    (PairJudgment.from_json, PAIR, "model_2", ["n"], "must be a text, not ['n']"),
    (PairJudgment.from_json, PAIR, "g1_winner", "A", "must be model_1, model_2, tie or error, not 'A'"),
    (PairJudgment.from_json, PAIR, "g2_winner", None, "must be model_1, model_2, tie or error, not None"),
    (PairJudgment.from_json, PAIR, "g1_judgment", 5, "must be a text, not 5"),
    (PairJudgment.from_json, PAIR, "g2_thinking", 5, "must be a text, not 5"),
    (PairJudgment.from_json, PAIR, "truncated_answers", "n", "must be a list, each item a text"),
    (Failure.from_json, FAILURE, "key", None, "is missing"),
    (Failure.from_json, FAILURE, "key", [], "must be an object, not []"),
    (Failure.from_json, FAILURE, "reason", 5, "must be a text, not 5"),
    (Failure.from_json, FAILURE, "finished", {"aa": "one"}, "must hold objects"),
]


@pytest.mark.parametrize(("read", "full", "field", "value", "says"), WRONG)
def test_a_wrong_value_names_file_line_and_field(read: Read, full: Json, field: str, value: object, says: str) -> None:
    with pytest.raises(BadRecord) as raised:
        read(full | {field: value}, HERE)
    inner = "input" if says.endswith("'x'") else field
    assert str(raised.value) == f"f.jsonl, line 7: field '{inner}': {says}"


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("index", "first", "must be a number, not 'first'"),
        ("turns", None, "is missing"),
        ("finish_reasons", ["stop", 5], "must be a list, each item a text or null"),
        ("usage", [3], "must be a list, each item an object"),
        ("usage", {"input": 3}, "must be a list, each item an object"),
        ("thinking", "hm", "must be a list, each item a text"),
        ("request_hashes", [1], "must be a list, each item a text"),
    ],
)
def test_a_wrong_value_in_a_choice_names_file_line_and_field(field: str, value: object, says: str) -> None:
    with pytest.raises(BadRecord) as raised:
        Answer.from_json(ANSWER | {"choices": [ANSWER["choices"][0] | {field: value}]}, HERE)
    assert str(raised.value) == f"f.jsonl, line 7: field '{field}': {says}"


@pytest.mark.parametrize(("field", "value"), [("provider", 1), ("endpoint", 1), ("params", []), ("adapted", "x")])
def test_a_wrong_value_in_made_by_names_file_line_and_field(field: str, value: object) -> None:
    with pytest.raises(BadRecord, match=f"f.jsonl, line 7: field '{field}': must be "):
        MadeBy.from_json(MADE_BY | {field: value}, HERE)


def test_every_field_of_a_question_that_is_wrong_is_named() -> None:
    wrong = {"category": 1, "turns": [""], "reference": 5, "required_temperature": 3}
    fields = [problem.field for problem in question_problems(wrong, HERE)]
    assert fields == ["question_id", "category", "turns", "reference", "required_temperature"]
    assert question_problems(QUESTION, HERE) == []


def test_a_line_that_is_no_judgment_is_refused() -> None:
    assert isinstance(judgment_from_json(SINGLE, HERE), SingleJudgment)
    assert isinstance(judgment_from_json(PAIR, HERE), PairJudgment)
    with pytest.raises(BadRecord, match=r"f\.jsonl, line 7: neither a grade"):
        judgment_from_json({"question_id": 1}, HERE)


@pytest.mark.parametrize(
    ("judgment", "score", "failed", "unparsed"),
    [("[[7]]", 7, False, False), ("hm", -1, False, True), (FASTCHAT_ERROR, -1, True, False)],
)
def test_a_grade_is_failed_or_unparsed_or_neither(judgment: str, score: int, failed: bool, unparsed: bool) -> None:
    grade = SingleJudgment.from_json(SINGLE | {"judgment": judgment, "score": score}, HERE)
    assert (grade.failed, grade.unparsed) == (failed, unparsed)


@pytest.mark.parametrize(
    ("first", "second", "winner"),
    [
        ("model_1", "model_1", "model_1"),
        ("model_2", "model_2", "model_2"),
        ("tie", "tie", "tie"),
        ("model_1", "model_2", "tie"),
        ("model_1", "tie", "tie"),
        ("error", "model_1", "error"),
        ("model_2", "error", "error"),
    ],
)
def test_a_win_needs_both_orders(first: str, second: str, winner: str) -> None:
    pair = PairJudgment.from_json(PAIR | {"g1_winner": first, "g2_winner": second}, HERE)
    assert pair.winner == winner
    assert pair.unparsed == (winner == "error")
    assert not pair.failed


def test_a_pair_whose_request_failed_is_failed_and_not_unparsed() -> None:
    pair = PairJudgment.from_json(PAIR | {"g2_winner": "error", "g2_judgment": FASTCHAT_ERROR}, HERE)
    assert (pair.failed, pair.unparsed) == (True, False)


def test_usage_adds_up_and_is_written_without_an_empty_cache() -> None:
    assert Usage(1, 2) + Usage(10, 20, 5) == Usage(11, 22, 5)
    assert usage_to_json(Usage(1, 2)) == {"input": 1, "output": 2}
    assert usage_from_json(usage_to_json(Usage(1, 2, 3))) == Usage(1, 2, 3)
