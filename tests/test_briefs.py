"""A brief says what the record says, and refuses what the record refuses, in the same words."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtbench.briefs import (
    AnswerBrief,
    GradeBrief,
    Instrument,
    JudgmentBrief,
    PairBrief,
    answer_briefs,
    judgment_briefs,
    prompts_hash,
)
from mtbench.errors import MtbenchError
from mtbench.files import Lines
from mtbench.records import (
    FASTCHAT_ERROR,
    UNPARSED,
    Answer,
    Json,
    Judgment,
    SingleJudgment,
    Where,
    judgment_from_json,
    prompt_set,
)
from mtbench.wire import UNFIT, answer_line, pair_line, single_line
from tests.fuzz import records
from tests.fuzz.conftest import folder as folder
from tests.fuzz.profile import examples
from tests.fuzz.values import line_of
from tests.support.benches import write_lines


def told_by_answer(answer: Answer) -> AnswerBrief:
    turns = answer.choices[0].turns
    maker = answer.made_by.model if answer.made_by else ""
    return AnswerBrief(answer.question_id, len(turns), FASTCHAT_ERROR in turns, answer.question_hash, maker)


def told_by_judgment(judgment: Judgment, place: int, path: Path) -> JudgmentBrief:
    if isinstance(judgment, SingleJudgment):
        models: tuple[str, ...] = (judgment.model,)
        cut, prompts, has_verdict = (
            [judgment.model] * judgment.truncated_answer,
            [judgment.user_prompt],
            judgment.score != UNPARSED,
        )
    else:
        models, cut = (judgment.model_1, judgment.model_2), [*judgment.truncated_answers]
        prompts, has_verdict = [judgment.g1_user_prompt, judgment.g2_user_prompt], judgment.winner != "error"
    judge, prompt = judgment.judge
    common = (
        place,
        judgment.question_id,
        judgment.turn,
        judgment.repeat,
        models,
        tuple(sorted(models)),
        Instrument(
            judge, prompt, prompt_set(prompt), judgment.prompt_hash, judgment.verdict_rule, judgment.made_by, path
        ),
        float(judgment.tstamp),
        judgment.request_hashes,
        None if judgment.request_hashes else prompts_hash(prompt, prompts),
        judgment.reference,
        judgment.reasked,
        judgment.failed,
        has_verdict,
        tuple(model for model in sorted(models) if model in cut),
    )
    if isinstance(judgment, SingleJudgment):
        return GradeBrief(*common, float(judgment.score))
    return PairBrief(*common, judgment.g1_winner, judgment.g2_winner, judgment.winner, judgment.one_order)


def outcome(read: Callable[[], object]) -> object:
    try:
        return read()
    except MtbenchError as error:
        return str(error)


def places_and_lines(path: Path) -> Iterator[tuple[int, Where, Json]]:
    return ((place, Where(path, number), obj) for place, number, obj in Lines(path).read())


def lines_of(objects: st.SearchStrategy[Json]) -> st.SearchStrategy[list[bytes]]:
    return st.lists(objects.flatmap(line_of), min_size=1, max_size=3)


@examples(120)
@given(lines=lines_of(st.one_of(records.grades, records.pairs)))
def test_a_judgments_brief_is_what_its_record_says(folder: Path, lines: list[bytes]) -> None:
    path = folder / "judgments.jsonl"
    path.write_bytes(b"".join(line + b"\n" for line in lines))
    assert outcome(lambda: briefs_in(path, "judgment")) == outcome(lambda: told_by_records(path, "judgment"))


@examples(80)
@given(lines=lines_of(records.answers))
def test_an_answers_brief_is_what_its_record_says(folder: Path, lines: list[bytes]) -> None:
    path = folder / "answers.jsonl"
    path.write_bytes(b"".join(line + b"\n" for line in lines))
    assert outcome(lambda: briefs_in(path, "answer")) == outcome(lambda: told_by_records(path, "answer"))


GRADE: Json = {
    "question_id": 1,
    "model": "m",
    "judge": ["j", "default/single"],
    "user_prompt": "?",
    "judgment": "[[7]]",
    "score": 7,
    "turn": 1,
    "tstamp": 1.5,
    "made_by": {"provider": "p", "model": "p/j", "endpoint": None, "params": {}, "adapted": ["seed"], "version": "1"},
}
PAIR: Json = {
    "question_id": "a",
    "model_1": "m",
    "model_2": "n",
    "g1_winner": "tie",
    "g2_winner": "error",
    "judge": ["j", "default/pair"],
    "g1_judgment": "[[C]]",
    "g2_judgment": "?",
}
ANSWER: Json = {"question_id": 1, "choices": [{"index": 0, "turns": ["x"], "usage": [{"input": 1, "output": 2}]}]}


@pytest.mark.parametrize(
    ("obj", "says"),
    [
        (GRADE | {"question_id": ""}, "field 'question_id'"),
        (GRADE | {"score": "7"}, "field 'score'"),
        (GRADE | {"judge": ["j"]}, "field 'judge'"),
        (GRADE | {"judge": ["j", 1]}, "field 'judge'"),
        (GRADE | {"turn": -1}, "field 'turn'"),
        (GRADE | {"repeat": True}, "field 'repeat'"),
        (GRADE | {"reasked": 1.5}, "field 'reasked'"),
        (GRADE | {"usage": {"input": -1, "output": 0}}, "field 'input'"),
        (GRADE | {"usage": {"input": "1"}}, "field 'input'"),
        (GRADE | {"made_by": {"adapted": [1]}}, "field 'adapted'"),
        (GRADE | {"made_by": {"model": 1}}, "field 'model'"),
        ({name: value for name, value in GRADE.items() if name != "model"}, "field 'model'"),
        (PAIR | {"g1_winner": "model_3"}, "field 'g1_winner'"),
        (PAIR | {"truncated_answers": [1]}, "field 'truncated_answers'"),
        ({name: value for name, value in PAIR.items() if name != "model_2"}, "field 'model_2'"),
    ],
)
def test_a_field_that_the_record_refuses_is_refused_by_name_after_lines_that_are_fine(
    tmp_path: Path, obj: Json, says: str
) -> None:
    path = write_lines(tmp_path / "f.jsonl", [GRADE, GRADE, PAIR, obj])
    briefs = judgment_briefs(Lines(path))
    assert [next(briefs).models for _ in range(3)] == [("m",), ("m",), ("m", "n")]
    with pytest.raises(MtbenchError, match=rf"f\.jsonl, line 4: {says}"):
        next(briefs)


@pytest.mark.parametrize(
    ("obj", "says"),
    [
        (ANSWER | {"choices": []}, "field 'choices'"),
        (ANSWER | {"choices": ["x"]}, "field 'choices'"),
        (ANSWER | {"choices": [{"turns": []}]}, "field 'turns'"),
        (ANSWER | {"choices": [{"turns": ["x", 1]}]}, "field 'turns'"),
        (ANSWER | {"choices": [{"turns": ["x"], "index": -1}]}, "field 'index'"),
        (ANSWER | {"choices": [{"turns": ["x"], "finish_reasons": [1]}]}, "field 'finish_reasons'"),
        (ANSWER | {"choices": [{"turns": ["x"], "usage": [{"output": None}, 1]}]}, "field 'usage'"),
        (ANSWER | {"choices": [{"turns": ["x"], "thinking": [None]}]}, "field 'thinking'"),
        (ANSWER | {"question_hash": 1}, "field 'question_hash'"),
        (ANSWER | {"tstamp": "now"}, "field 'tstamp'"),
    ],
)
def test_an_answer_that_the_record_refuses_is_refused_by_field(tmp_path: Path, obj: Json, says: str) -> None:
    path = write_lines(tmp_path / "f.jsonl", [ANSWER, obj])
    briefs = answer_briefs(Lines(path))
    assert next(briefs)[1].turns == 1
    with pytest.raises(MtbenchError, match=rf"f\.jsonl, line 2: {says}"):
        next(briefs)


MORE = {"turn": 1, "repeat": 1, "reasked": 1, "prompt_hash": "h", "reference": "r", "verdict_rule": "last"}
MORE_OF_A_GAME = {"request_hash": "h", "finish_reason": "stop", "thinking": "so", "user_prompt": "?", "judgment": "so"}
WHOLE = {
    "grade": GRADE | MORE | MORE_OF_A_GAME | {"usage": {"input": 1}, "truncated_answer": True},
    "pair": {
        **(PAIR | MORE),
        **{f"{game}_{name}": text for game in ("g1", "g2") for name, text in MORE_OF_A_GAME.items()},
        "usage": {"input": 1},
        "made_by": GRADE["made_by"],
        "truncated_answers": ["m"],
        "one_order": "g1",
    },
    "answer": ANSWER
    | {"question_hash": "h", "made_by": GRADE["made_by"], "tstamp": 1, "answer_id": "", "model_id": ""},
}
CHOICE = {"index": 0, "turns": ["x"], "usage": [{}], "finish_reasons": [None], "thinking": [""], "request_hashes": [""]}
ODD = [
    *(b"null", b"true", b'""', b'"tie"', b'"$ERROR$"', b"{}", b"[]", b"[null]", b'["a", "b"]', b'[["a"]]', b'{"a": 1}'),
    *(b"-1", b"-0", b"1.0", b"1.5", b"1e2", b"1e999", b"01", b"1.", b"NaN", b"9" * 20, str(2**63).encode()),
    *(
        b'"\\ud800"',
        b'"\\ud83d\\ude00"',
        b'"\xff"',
        b'"\xed\xa0\x80"',
        b'"\x01"',
        b'"\\x"',
        b'{"a": "\xff"}',
        b"[" * 2000,
    ),
]
"""Values that some readers of JSON take and others refuse, or take for something else."""


@pytest.mark.parametrize("kind", WHOLE)
def test_whatever_value_a_field_has_the_brief_is_what_the_record_says(tmp_path: Path, kind: str) -> None:
    plain, path = orjson.dumps(WHOLE[kind]), tmp_path / "f.jsonl"
    lines = [orjson.dumps(WHOLE[kind] | {name: "HERE"}) for name in (*WHOLE[kind], "unknown")]
    if kind == "answer":
        lines += [orjson.dumps(WHOLE[kind] | {"choices": [CHOICE | {name: "HERE"}]}) for name in (*CHOICE, "unknown")]
    for line in lines:
        for odd in ODD:
            path.write_bytes(b"\n".join([plain, plain, line.replace(b'"HERE"', odd), plain, b""]))
            assert outcome(lambda: briefs_in(path, kind)) == outcome(lambda: told_by_records(path, kind)), (line, odd)


def briefs_in(path: Path, kind: str) -> list[object]:
    return list(answer_briefs(Lines(path)) if kind == "answer" else judgment_briefs(Lines(path)))


def told_by_records(path: Path, kind: str) -> list[object]:
    if kind == "answer":
        return [(place, told_by_answer(Answer.from_json(obj, at))) for place, at, obj in places_and_lines(path)]
    return [told_by_judgment(judgment_from_json(obj, at), place, path) for place, at, obj in places_and_lines(path)]


@pytest.mark.parametrize("line", WHOLE.values(), ids=WHOLE)
def test_a_line_as_we_write_it_is_plain(line: Json) -> None:
    assert sum(takes(read, line) for read in (single_line, pair_line, answer_line)) == 1


def takes(read: Callable[[bytes], object], line: Json) -> bool:
    with suppress(*UNFIT):
        read(orjson.dumps(line))
        return True
    return False


def test_who_made_a_line_is_told_line_by_line(tmp_path: Path) -> None:
    others = {**GRADE["made_by"], "model": "p/other"}
    nobody = {name: value for name, value in GRADE.items() if name != "made_by"}
    path = write_lines(tmp_path / "f.jsonl", [nobody, GRADE, GRADE, GRADE | {"made_by": others}, nobody, GRADE])
    makers = [brief.by.maker for brief in judgment_briefs(Lines(path))]
    assert makers == ["", "p/j", "p/j", "p/other", "", "p/j"]


@pytest.mark.parametrize(
    "line",
    [
        GRADE | {"turn": 1.0, "repeat": None},
        GRADE | {"mark": "of another program"},
        GRADE | {"made_by": None},
        GRADE | {"usage": {"input": None}},
        PAIR | {"truncated_answers": None, "one_order": "g1"},
    ],
)
def test_a_line_that_is_not_plain_is_read_by_its_record(tmp_path: Path, line: Json) -> None:
    path = write_lines(tmp_path / "f.jsonl", [line, line])
    one = judgment_from_json(line, Where(path, 1))
    places = [place for place, _, _ in Lines(path).read()]
    assert list(judgment_briefs(Lines(path))) == [told_by_judgment(one, place, path) for place in places]


@pytest.mark.parametrize("kind", [GRADE, PAIR])
def test_lines_share_what_made_them_and_who_was_judged(tmp_path: Path, kind: Json) -> None:
    path = write_lines(tmp_path / "f.jsonl", [kind, kind, kind])
    _, second, third = judgment_briefs(Lines(path))
    assert third.by is second.by
    assert third.contest is second.contest


@pytest.mark.parametrize("tail", [b"\n", b"", b"\n\n", b'\n{"question_id": 2, "mod'])
def test_empty_lines_and_a_torn_tail_are_passed_over(tmp_path: Path, tail: bytes) -> None:
    path = write_lines(tmp_path / "f.jsonl", [GRADE, GRADE])
    path.write_bytes(path.read_bytes().rstrip() + tail)
    notes: list[str] = []
    assert len(list(judgment_briefs(Lines(path), notes.append))) == 2
    assert [note for note in notes if "line 3: the last line is torn" in note] == notes
    assert len(notes) == tail.endswith(b"mod")
