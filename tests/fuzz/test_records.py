"""Records of any content: read whole, or the line and field are named; written and read again they are the same."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtbench import files
from mtbench.benches import load_answers, load_questions
from mtbench.briefs import judgment_briefs
from mtbench.fields import Where
from mtbench.judging.held import Held
from mtbench.outputs import load_failures
from mtbench.records import Answer, Failure, Json, Judgment, Question, judgment_from_json
from mtbench.validate import validate
from tests.fuzz import records
from tests.fuzz.outcomes import value_or_error
from tests.fuzz.profile import examples
from tests.fuzz.values import line_of, spoilt_lines

Record = Question | Answer | Judgment | Failure

READERS: dict[str, tuple[st.SearchStrategy[Json], Callable[[Json, Where], Record]]] = {
    "question": (records.questions, Question.from_json),
    "answer": (records.answers, Answer.from_json),
    "grade": (records.grades, judgment_from_json),
    "pair": (records.pairs, judgment_from_json),
    "failure": (records.failures, Failure.from_json),
}


def written(path: Path, lines: Sequence[bytes]) -> Path:
    path.write_bytes(b"".join(line + b"\n" for line in lines))
    return path


def lines_of(objects: st.SearchStrategy[Json]) -> st.SearchStrategy[list[bytes]]:
    """Files of up to four lines, most of them records of one kind."""
    line = objects.flatmap(line_of)
    return st.lists(st.one_of(line, line, line, spoilt_lines), max_size=4)


@pytest.mark.parametrize("kind", READERS)
def test_a_record_is_the_same_when_written_and_read_again_and_no_field_is_lost(folder: Path, kind: str) -> None:
    objects, from_json = READERS[kind]

    @examples(40)
    @given(line=objects.flatmap(line_of))
    def check(line: bytes) -> None:
        path = written(folder / f"{kind}.jsonl", [line])
        found, _ = value_or_error(lambda: [(obj, from_json(obj, Where(path, 1))) for _, obj in files.read(path)], path)
        if not found:
            return
        ((obj, record),) = found
        copy = folder / f"{kind}-copy.jsonl"
        with files.Appender(copy) as appender:
            appender.rewrite([record.to_json()])
        ((_, again),) = files.read(copy)
        assert from_json(again, Where(copy, 1)).to_json() == again
        assert lost(obj, again) == []

    check()


def lost(before: object, after: object, place: str = "") -> Iterable[str]:
    """The places whose values are not in `after` as they were; what says nothing (null, 0, empty) may be left out."""
    if not before or before == after or [before] == after:
        return []
    if isinstance(before, dict) and isinstance(after, dict):
        kept = (
            name for name in before if "usage" not in place.rpartition(".")[2] or name in after
        )  # a usage is three counts
        return [each for name in kept for each in lost(before[name], after.get(name), f"{place}.{name}")]
    if isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        return [each for old, new in zip(before, after, strict=True) for each in lost(old, new, f"{place}[]")]
    return [] if isinstance(before, list | dict) and not any(before) else [f"{place}: {before!r} is now {after!r}"]


@examples(25)
@given(lines=lines_of(records.questions))
def test_questions_load_or_the_line_is_named_and_validate_finds_the_same(folder: Path, lines: list[bytes]) -> None:
    path = written(folder / "question.jsonl", lines)
    loaded, _ = value_or_error(lambda: load_questions(path), path)
    findings = validate(path, [], ["math"])
    for finding in (*findings.problems, *findings.notes):
        assert str(finding).startswith(str(path))
    if loaded is None:
        assert findings.problems
    else:
        assert {question.question_id for question in loaded}
        for problem in findings.problems:  # what loads without being right: too few references, a field given twice
            assert any(word in str(problem) for word in ("text for", "texts for", "is given twice"))


@examples(25)
@given(lines=lines_of(records.answers))
def test_answers_load_or_the_line_is_named(folder: Path, lines: list[bytes]) -> None:
    path = written(folder / "answers.jsonl", lines)
    loaded, _ = value_or_error(lambda: load_answers(path), path)
    assert loaded is None or all(answer.question_id == name for name, answer in loaded.items())


@examples(25)
@given(lines=lines_of(st.one_of(records.grades, records.pairs)))
def test_judgments_load_or_the_line_is_named(folder: Path, lines: list[bytes]) -> None:
    path = written(folder / "judgments.jsonl", lines)
    lines_there = files.Lines(path)
    held = Held(lines_there, "last")

    def read() -> None:
        for brief in judgment_briefs(lines_there):
            held.add(brief)

    value_or_error(read, path)


@examples(25)
@given(lines=lines_of(records.failures))
def test_failures_load_or_the_line_is_named(folder: Path, lines: list[bytes]) -> None:
    path = folder / "records.jsonl"
    found = written(files.failures_path(path), lines)
    value_or_error(lambda: load_failures(path), found)
