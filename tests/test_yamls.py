"""YAML that people write is read strictly, and the same everywhere."""

from pathlib import Path

import pytest

from mtbench.errors import BadRecord, MtbenchError
from mtbench.yamls import read_yaml


def written(folder: Path, text: str) -> Path:
    path = folder / "x.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_plain_values_are_read(tmp_path: Path) -> None:
    assert read_yaml(written(tmp_path, "a: [1, 2.5, true, Zürich]\n1: x\n'1': y\n")) == {
        "a": [1, 2.5, True, "Zürich"],
        1: "x",
        "1": "y",
    }


def test_a_missing_file_is_an_empty_one(tmp_path: Path) -> None:
    assert read_yaml(tmp_path / "none.yaml") is read_yaml(written(tmp_path, "# nothing\n")) is None


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("a: 1\nb: 2\na: 3\n", 3, "the key 'a' stands twice"),
        ("a:\n- b: 1\n  b: 2\n", 3, "the key 'b' stands twice"),
        ("a: [\n", 2, "cannot be read as YAML"),
        ("a: !!python/object:os.system {}\n", 1, "could not determine a constructor"),
        ("a: 2024-13-01\n", 1, "month must be in 1..12"),
        ("a: \x01\n", 1, "special characters are not allowed"),
        ("a: 1\nb: !!int\n", 2, "'' is no int"),
        ("a: 1\nb: !!bool maybe\n", 2, "'maybe' is no bool"),
        ("a: 1\nb: !!timestamp soon\n", 2, "'soon' is no timestamp"),
        (f"a: 1\nb: 0x{'f' * 5000}\n", 2, "is no int .Exceeds the limit"),
        ('a: 1\nb: "\\ud800"\n', 2, "is no str .*surrogates not allowed"),
        ("a: 1\nb: &x [*x]\n", 2, "an alias stands within what it stands for"),
        ("a: " + "[" * 5000, None, "nested too deeply"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(tmp_path: Path, text: str, line: int | None, problem: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(BadRecord, match=problem) as caught:
        read_yaml(path)
    assert (caught.value.path, caught.value.line) == (path, line)


def test_aliases_that_multiply_without_end_are_refused_at_once(tmp_path: Path) -> None:
    rows = [f"x{n}: &x{n} [{', '.join([f'*x{n - 1}' if n else 'x'] * 9)}]\n" for n in range(30)]
    with pytest.raises(BadRecord, match=r"line 7: .*aliases make too many values"):
        read_yaml(written(tmp_path, "".join(rows)))


def test_what_is_not_utf_8_and_what_is_no_file_is_said(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes(b"a: \xff\n")
    with pytest.raises(MtbenchError, match=r"x\.yaml, line 1: is not UTF-8 text"):
        read_yaml(path)
    with pytest.raises(MtbenchError, match="cannot be read: Is a directory"):
        read_yaml(tmp_path)


def test_keys_that_replace_merged_ones_do_not_stand_twice(tmp_path: Path) -> None:
    text = "top:\n  a: &a {x: 1, y: 1}\n  b: &b {<<: *a, x: 2}\nc: {<<: *b, z: 3}\n"
    content = read_yaml(written(tmp_path, text))
    assert content == {"top": {"a": {"x": 1, "y": 1}, "b": {"x": 2, "y": 1}}, "c": {"x": 2, "y": 1, "z": 3}}
