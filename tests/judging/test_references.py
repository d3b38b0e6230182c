"""Whose reference answer a judge is shown."""

from pathlib import Path

import pytest

from mtbench.benches import Bench, load_questions
from mtbench.errors import MtbenchError
from mtbench.indexes import Questions
from mtbench.judging.references import Reference, References, check_references
from mtbench.records import Json, Question
from tests.support.benches import write_lines
from tests.support.shared import SHARED, needs_shared


def answer(*turns: str) -> Json:
    return {"question_id": 1, "choices": [{"index": 0, "turns": list(turns)}]}


def stored(folder: Path, *questions: Question) -> Questions:
    return load_questions(write_lines(folder / "question.jsonl", [question.to_json() for question in questions]))


def shown(folder: Path, judge: str, reference: tuple[str, ...] = (), **answers: Json) -> Reference | None:
    """What the judge is shown for a question of two turns, with `answers` by model beside it."""
    for model, obj in answers.items():
        write_lines(folder / "reference_answer" / f"{model}.jsonl", [obj])
    questions = stored(folder, Question(1, "math", ("?", "?"), reference))
    return References(Bench("b", folder, folder), questions).of(questions[0], judge)


def test_the_judges_own_come_first_then_the_only_others_then_the_question_files(tmp_path: Path) -> None:
    assert shown(tmp_path, "j") is None
    assert shown(tmp_path, "j", ("q", "q")) == Reference(("q", "q"), "question file")
    assert shown(tmp_path, "j", ("q", "q"), other=answer("o", "o")) == Reference(("o", "o"), "other")
    assert shown(tmp_path, "j", ("q", "q"), j=answer("j", "j")) == Reference(("j", "j"), "j")


def test_of_several_others_the_question_file_decides(tmp_path: Path) -> None:
    others = {"a": answer("a", "a"), "b": answer("b", "b")}
    assert shown(tmp_path, "j", ("q", "q"), **others) == Reference(("q", "q"), "question file")


def test_a_models_reference_with_a_turn_missing_gives_way_to_a_whole_one(tmp_path: Path) -> None:
    assert shown(tmp_path, "j", j=answer("j")) is None
    assert shown(tmp_path, "j", ("q", "q")) == Reference(("q", "q"), "question file")
    assert shown(tmp_path, "j", ("q", "q"), other=answer("o", "o")) == Reference(("o", "o"), "other")
    assert shown(tmp_path, "j", third=answer("t")) == Reference(("o", "o"), "other")


@pytest.mark.parametrize("partial", [("q", ""), ("", "q"), ("q", " "), ("q",)])
def test_a_question_files_reference_with_a_turn_missing_gives_way_to_a_whole_one(
    tmp_path: Path, partial: tuple[str, ...]
) -> None:
    assert shown(tmp_path, "j", partial) is None
    assert shown(tmp_path, "j", partial, other=answer("o", "o")) == Reference(("o", "o"), "other")


def test_two_other_models_are_one_too_many(tmp_path: Path) -> None:
    with pytest.raises(MtbenchError, match="question 1 has reference answers by a, b and none by the judge j"):
        shown(tmp_path, "j", a=answer("a", "a"), b=answer("b", "b"))


def test_questions_that_lack_a_reference_for_a_turn_are_named(tmp_path: Path) -> None:
    write_lines(tmp_path / "reference_answer" / "gpt-4.jsonl", [answer("one")])
    kinds = [(1, "math"), (2, "math"), (3, "art")]
    questions = stored(tmp_path, *(Question(number, category, ("?", "?")) for number, category in kinds))
    references = References(Bench("b", tmp_path, tmp_path), questions)
    with pytest.raises(MtbenchError, match=r"no reference answer for questions 1, 2 \(categories math, coding\)"):
        check_references(questions, references, "j", ("math", "coding"))
    check_references(questions, references, "j", ("stem",))


@needs_shared
def test_every_official_question_that_needs_a_reference_has_a_whole_one_for_any_judge() -> None:
    bench = Bench("mt_bench", SHARED / "mt_bench", SHARED / "mt_bench")
    questions = load_questions(bench.source / "question.jsonl")
    needed = ("math", "reasoning", "coding")
    for judge in ("gpt-4", "another"):
        references = References(bench, questions)
        check_references(questions, references, judge, needed)
        for question in questions:
            reference = references.of(question, judge)
            assert reference is None or all(reference.turns)
        sources = {
            reference.source
            for each in questions
            if each.category in needed and (reference := references.of(each, judge))
        }
        assert sources == {"gpt-4"}
