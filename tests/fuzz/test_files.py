"""JSONL of any bytes: it is read or the line is named, and what stands in it is neither lost nor torn by writing."""

import json
from pathlib import Path
from string import printable

from hypothesis import given
from hypothesis import strategies as st

from mtbench import files
from mtbench.errors import BadRecord, MtbenchError
from mtbench.records import Json
from tests.fuzz.outcomes import value_or_error
from tests.fuzz.profile import examples
from tests.fuzz.values import line_of, spoilt_lines, texts, values

lines = st.one_of(spoilt_lines, st.dictionaries(texts, values, max_size=3).flatmap(line_of))
ends = st.sampled_from([b"\n", b"\n", b"\r\n"])
contents = st.builds(
    lambda parts, last: b"".join(line + end for line, end in parts) + last,
    st.lists(st.tuples(lines, ends), max_size=5),
    st.just(b"") | lines,
)


def read(path: Path) -> list[Json]:
    return [obj for _, obj in files.read(path)]


def readable(path: Path) -> list[tuple[int, Json]]:
    """The lines that can be used; the others must say which they are."""
    found = list(files.lines(path))
    count = path.read_bytes().count(b"\n") + 1
    for number, obj in found:
        assert 1 <= number <= count
        if isinstance(obj, BadRecord):
            assert (obj.path, obj.line) == (path, number)
            assert str(obj).startswith(f"{path}, line {number}: ")
    return [(number, obj) for number, obj in found if not isinstance(obj, BadRecord)]


@examples(80)
@given(content=contents)
def test_every_line_is_an_object_or_an_error_that_names_it(folder: Path, content: bytes) -> None:
    path = folder / "lines.jsonl"
    path.write_bytes(content)
    usable = readable(path)
    for number, obj in usable:
        line = content.split(b"\n")[number - 1].decode("utf-8-sig", "surrogatepass")
        assert json.loads(line) is not None
        assert isinstance(obj, dict)
    found, error = value_or_error(lambda: list(files.read(path)), path)
    assert error or found == usable


@examples(80)
@given(content=contents, obj=st.dictionaries(texts, values, max_size=3))
def test_a_record_that_is_appended_is_read_back_and_no_line_before_it_changes(
    folder: Path, content: bytes, obj: Json
) -> None:
    path = folder / "appended.jsonl"
    path.write_bytes(content)
    before = readable(path)
    with files.Appender(path) as appender:
        appender.append(obj)
    after = readable(path)
    assert after[: len(before)] == before
    assert len(after) == len(before) + 1
    whole = content[: content.rfind(b"\n") + 1]
    assert path.read_bytes().startswith(whole)
    assert path.read_bytes().endswith(b"\n")


@examples(80)
@given(content=contents)
def test_what_was_read_is_written_and_read_again_the_same(folder: Path, content: bytes) -> None:
    path, copy = folder / "first.jsonl", folder / "second.jsonl"
    path.write_bytes(content)
    found = [obj for _, obj in readable(path)]
    with files.Appender(copy) as appender:
        appender.rewrite(found)
        assert read(copy) == found
        appender.append({})
    assert read(copy) == [*found, {}]


ids = st.one_of(
    st.text(max_size=20),
    st.text(printable, max_size=20),
    st.lists(st.sampled_from([".", "..", "/", "%", "%2E", ".failures", ".jsonl", "\x00", "a", "A", " "])).map("".join),
)


@examples(150)
@given(model=ids, other=ids)
def test_a_model_id_is_a_file_name_of_its_own(folder: Path, model: str, other: str) -> None:
    try:
        name = files.safe_name(model)
        if other != model:
            assert name != files.safe_name(other)
    except MtbenchError:
        return
    assert files.id_of(name) == model
    path = folder / f"{name}.jsonl"
    assert path.parent == folder
    assert path.name == f"{name}.jsonl"
    assert files.failures_path(path) != path
