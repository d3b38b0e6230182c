"""Real files, real processes, a real full disk: what the ground has to hold."""

import json
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mtbench import files
from mtbench.errors import BadRecord, MtbenchError

ROOT = Path(__file__).resolve().parents[1]
MODEL_IDS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=16)


# Names


@given(MODEL_IDS)
@example("meta-llama/Llama-3.1-8B-Instruct")
@example("ollama llama3:8b")
@example("..")
@example(".")
@example("../../etc/passwd")
@example(".hidden")
@example("gpt-4.failures")
@example(".failures")
@example("größe-模型")
@example("100%")
@example("a%2Fb")
def test_a_safe_name_is_one_visible_file_and_gives_the_id_back(model_id: str) -> None:
    name = files.safe_name(model_id)
    assert files.id_of(name) == model_id
    assert "/" not in name
    assert "\0" not in name
    assert not name.startswith(".")
    assert not name.endswith(files.FAILURES)
    assert Path("folder", f"{name}.jsonl").parent == Path("folder")


@given(MODEL_IDS, MODEL_IDS)
@example("a/b", "a%2Fb")
@example("x.failures", "x%2Efailures")
@example(".x", "%2Ex")
def test_two_ids_never_share_a_name(one: str, other: str) -> None:
    assert (files.safe_name(one) == files.safe_name(other)) == (one == other)


def test_ids_that_fastchat_wrote_keep_their_file_names() -> None:
    assert files.safe_name("vicuna-13b-v1.3") == "vicuna-13b-v1.3"


@pytest.mark.parametrize(
    ("model_id", "says"), [("", "empty"), ("x" * 201, "too long"), ("模" * 70, "too long"), ("bad\udcff", "not UTF-8")]
)
def test_an_id_that_cannot_be_a_file_name_is_refused_with_a_sentence(model_id: str, says: str) -> None:
    with pytest.raises(MtbenchError, match=says):
        files.safe_name(model_id)


def test_model_files_lists_records_by_id_and_leaves_out_failures_locks_and_others(tmp_path: Path) -> None:
    for name in ("b", "a/c", "x.failures"):
        (tmp_path / f"{files.safe_name(name)}.jsonl").touch()
    for name in ("b.failures.jsonl", ".b.jsonl.lock", ".hidden.jsonl", "notes.txt"):
        (tmp_path / name).touch()
    assert list(files.model_files(tmp_path)) == ["a/c", "b", "x.failures"]


def test_model_files_takes_only_the_files_with_its_suffix(tmp_path: Path) -> None:
    for name in ("gpt-4_single.jsonl", "gpt-4_pair.jsonl", "gpt-4_single.failures.jsonl"):
        (tmp_path / name).touch()
    assert files.model_files(tmp_path, "_single") == {"gpt-4": tmp_path / "gpt-4_single.jsonl"}


def test_a_missing_folder_has_no_model_files(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert files.model_files(tmp_path / "none") == {}
    assert files.model_files(tmp_path / "file") == {}


def test_a_folder_that_cannot_be_listed_is_named() -> None:
    with pytest.raises(MtbenchError, match=r"cannot read x+: File name too long"):
        files.model_files(Path("x" * 300))


# Reading


def written(folder: Path, data: bytes) -> Path:
    path = folder / "f.jsonl"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("data", [b"", b"\n", b" \n\t\n\r\n", b"   "])
def test_a_file_without_text_has_no_records(tmp_path: Path, data: bytes) -> None:
    assert list(files.read(written(tmp_path, data))) == []


def test_a_missing_file_has_no_records(tmp_path: Path) -> None:
    assert list(files.read(tmp_path / "none.jsonl")) == []


def test_line_numbers_count_blank_lines_and_a_byte_order_mark_is_passed_over(tmp_path: Path) -> None:
    path = written(tmp_path, b'\xef\xbb\xbf{"a": 1}\r\n\n  \n{"a": 2}')
    assert list(files.read(path)) == [(1, {"a": 1}), (4, {"a": 2})]


@pytest.mark.parametrize("tail", [b'{"a": 2', b'{"a": "\xc3', b"\0\0\0\0", b'{"a": 2}{"a', b"[1]"])
def test_a_torn_last_line_is_left_out_and_said(tmp_path: Path, tail: bytes) -> None:
    said: list[str] = []
    path = written(tmp_path, b'{"a": 1}\n' + tail)
    assert list(files.read(path, said.append)) == [(1, {"a": 1})]
    assert said == [f"{path}, line 2: the last line is torn; it is left out and asked for again"]
    assert list(files.read(path)) == [(1, {"a": 1})]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (b'{"a": 1', "not JSON (Expecting ',' delimiter at column 8)"),
        (b"hello", "not JSON (Expecting value at column 1)"),
        (b"[1, 2]", "not a JSON object"),
        (b"null", "not a JSON object"),
        (b"7", "not a JSON object"),
        (b'{"a": "\xff"}', "not UTF-8 text"),
        (b'{"a": ' + b"[" * 3000 + b"]" * 3000 + b"}", "not JSON (nested too deeply)"),
    ],
)
def test_a_bad_line_in_the_middle_names_file_line_and_reason(tmp_path: Path, line: bytes, says: str) -> None:
    path = written(tmp_path, b'{"a": 1}\n' + line + b'\n{"a": 3}\n')
    with pytest.raises(BadRecord) as raised:
        list(files.read(path))
    assert str(raised.value) == f"{path}, line 2: {says}"


def test_lines_gives_bad_lines_as_errors_and_goes_on(tmp_path: Path) -> None:
    path = written(tmp_path, b'nonsense\n{"a": 2}\n\n[]\n{"a": 5}\n{"to')
    found = [(line, type(obj)) for line, obj in files.lines(path)]
    assert found == [(1, BadRecord), (2, dict), (4, BadRecord), (5, dict), (6, files.TornLine)]


def test_what_only_pythons_parser_takes_is_read_and_can_be_written_again(tmp_path: Path) -> None:
    path = written(tmp_path, rb'{"half": "x\ud83d", "\udc00": [{"n": NaN}], "whole": "\ud83d\ude00"}' + b"\n")
    [(_, obj)] = files.read(path)
    assert obj["half"] == "x\ufffd"
    assert obj["whole"] == "😀"
    with files.Appender(path) as appender:
        appender.append(obj)
    [_, (_, again)] = files.read(path)
    assert again == {"half": "x\ufffd", "\ufffd": [{"n": None}], "whole": "😀"}


def test_reading_a_folder_as_a_file_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(MtbenchError, match=f"cannot read {tmp_path}: Is a directory"):
        list(files.read(tmp_path))


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="the file that fails when it is read is Linux's")
def test_a_file_that_fails_while_it_is_read_is_a_sentence() -> None:
    with pytest.raises(MtbenchError, match="cannot read /proc/self/mem: "):
        list(files.read(Path("/proc/self/mem")))


# Reading by place


def test_a_line_is_found_by_the_place_that_reading_told_and_by_the_one_that_appending_told(tmp_path: Path) -> None:
    texts = ["x", "é" * 9, "", "y" * 200_000, "z" * 70_000, "end"]
    path = tmp_path / "f.jsonl"
    lines = files.Lines(path)
    assert list(lines.read()) == []
    with files.Appender(path) as appender:
        told = [appender.append({"a": text}) for text in texts]
        assert [lines.at(place)["a"] for place in told] == texts
    assert [place for place, _, _ in lines.read()] == told
    for place in random.Random(1).sample(told * 3, 18):
        assert lines.at(place) == {"a": texts[told.index(place)]}
        assert lines.raw(place) == path.read_bytes()[place:].split(b"\n")[0] + b"\n"


def test_places_count_the_bytes_of_blank_lines_and_of_a_byte_order_mark(tmp_path: Path) -> None:
    lines = files.Lines(written(tmp_path, b'\xef\xbb\xbf{"a": 1}\r\n\n  \n{"a": NaN}'))
    assert [(place, number) for place, number, _ in lines.read()] == [(0, 1), (17, 4)]
    assert (lines.at(0), lines.at(17)) == ({"a": 1}, {"a": None})
    assert lines.raw(17) == b'{"a": NaN}\n'


def test_what_was_appended_after_a_line_was_read_is_found(tmp_path: Path) -> None:
    lines = files.Lines(written(tmp_path, b'{"a": 1}\n'))
    assert lines.at(0) == {"a": 1}
    with files.Appender(lines.path) as appender:
        place = appender.append({"a": 2})
    assert lines.at(place) == {"a": 2}


def test_lines_are_of_the_file_that_was_opened_whatever_takes_its_name(tmp_path: Path) -> None:
    lines = files.Lines(written(tmp_path, b'{"a": 1}\n{"a": 2}\n'))
    assert lines.at(9) == {"a": 2}
    with files.Appender(lines.path) as appender:
        appender.rewrite([{"a": "new, and longer"}])
    assert lines.at(0) == {"a": 1}
    assert [obj["a"] for _, _, obj in lines.read()] == [1, 2]


@pytest.mark.parametrize("place", [3, 8, 17, 900])
def test_a_place_where_no_line_begins_any_more_is_a_sentence(tmp_path: Path, place: int) -> None:
    lines = files.Lines(written(tmp_path, b'{"a": 1}\n{"a": 2}'))
    with pytest.raises(
        MtbenchError, match=r"f\.jsonl was changed by another program while it was being read: run again"
    ):
        lines.at(place)


def test_a_file_that_is_gone_or_fails_when_a_line_is_wanted_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(MtbenchError, match=r"cannot read .*none\.jsonl: No such file"):
        files.Lines(tmp_path / "none.jsonl").at(0)
    with pytest.raises(MtbenchError, match=f"cannot read {tmp_path}: Is a directory"):
        files.Lines(tmp_path).at(0)


# Appending


def test_records_are_appended_a_line_each_and_the_folder_is_made(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "er" / "f.jsonl"
    with files.Appender(path) as appender:
        assert not path.exists()
        appender.append({"a": "ä\n"})
        appender.append({"a": 2})
    assert path.read_text() == '{"a":"ä\\n"}\n{"a":2}\n'


def test_an_appender_that_appends_nothing_makes_no_file(tmp_path: Path) -> None:
    with files.Appender(tmp_path / "f.jsonl"):
        pass
    assert not (tmp_path / "f.jsonl").exists()


@pytest.mark.parametrize("tail", [b'{"a": 2', b'{"x": "' + b"y" * 200_000, b"\0\0\0", b"\xff", b"12", b"  "])
def test_a_torn_tail_is_cut_off_before_the_next_record(tmp_path: Path, tail: bytes) -> None:
    path = written(tmp_path, b'{"a": 1}\n' + tail)
    with files.Appender(path) as appender:
        appender.append({"a": 3})
    assert path.read_bytes() == b'{"a": 1}\n{"a":3}\n'


def test_a_file_that_is_all_torn_starts_afresh(tmp_path: Path) -> None:
    path = written(tmp_path, b'{"a": ')
    with files.Appender(path) as appender:
        appender.append({"a": 3})
    assert path.read_bytes() == b'{"a":3}\n'


@pytest.mark.parametrize("tail", [b'{"a": 2}', b'{"a": NaN}', rb'{"a": "\ud83d"}', '{"a": "模型"}'.encode()])
def test_a_complete_last_line_without_newline_is_kept(tmp_path: Path, tail: bytes) -> None:
    path = written(tmp_path, b'{"a": 1}\n' + tail)
    before = len(list(files.read(path)))
    with files.Appender(path) as appender:
        appender.append({"a": 3})
    assert path.read_bytes() == b'{"a": 1}\n' + tail + b'\n{"a":3}\n'
    assert len(list(files.read(path))) == before + 1 == 3


@pytest.mark.parametrize("value", ["half \ud83d", 2**70, {"deep": json.loads("[" * 300 + "]" * 300)}])
def test_what_orjson_cannot_write_is_written_all_the_same(tmp_path: Path, value: object) -> None:
    with files.Appender(tmp_path / "f.jsonl") as appender:
        appender.append({"a": value})
        appender.append({"a": 1})
    [(_, first), (_, second)] = files.read(tmp_path / "f.jsonl")
    assert first.keys() == second.keys() == {"a"}


def test_rewriting_replaces_every_line_and_appending_goes_on_after_it(tmp_path: Path) -> None:
    path = tmp_path / "f.jsonl"
    with files.Appender(path) as appender:
        appender.append({"a": 2})
        appender.append({"a": 1})
        appender.rewrite([{"a": 1}, {"a": 2}])
        appender.append({"a": 3})
    assert [obj["a"] for _, obj in files.read(path)] == [1, 2, 3]


def test_rewriting_takes_lines_as_they_are_while_the_old_file_is_still_there(tmp_path: Path) -> None:
    path = written(tmp_path, b'{"a":  1}\n{"a":2}\n')
    lines = files.Lines(path)
    with files.Appender(path) as appender:
        appender.rewrite(record for record in (lines.raw(10), {"b": 1}, lines.raw(0)))
        appender.append({"c": 1})
    assert path.read_bytes() == b'{"a":2}\n{"b":1}\n{"a":  1}\n{"c":1}\n'


def test_rewriting_that_fails_half_way_leaves_the_old_file(tmp_path: Path) -> None:
    path = written(tmp_path, b'{"a":1}\n')

    def records() -> Iterator[bytes]:
        yield b"{}\n"
        raise BadRecord(path, 1, "no good")

    with files.Appender(path) as appender, pytest.raises(BadRecord):
        appender.rewrite(records())
    assert path.read_bytes() == b'{"a":1}\n'
    assert [each.name for each in tmp_path.iterdir() if not each.name.endswith(".lock")] == ["f.jsonl"]


def test_rewriting_without_records_removes_the_file(tmp_path: Path) -> None:
    path = tmp_path / "f.jsonl"
    with files.Appender(path) as appender:
        appender.append({"a": 1})
        appender.rewrite([])
        assert not path.exists()
        appender.rewrite([])


def test_a_reader_that_has_the_file_open_sees_all_old_lines_while_it_is_rewritten(tmp_path: Path) -> None:
    path = written(tmp_path, b"".join(b'{"a": %d}\n' % number for number in range(50_000)))
    reading = files.read(path)
    next(reading)
    with files.Appender(path) as appender:
        appender.rewrite([{"a": -1}])
    assert [obj["a"] for _, obj in reading] == list(range(1, 50_000))
    assert [obj["a"] for _, obj in files.read(path)] == [-1]


def test_a_rewritten_file_keeps_its_permissions_and_a_new_one_has_what_the_umask_leaves(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    old.touch()
    old.chmod(0o600)
    before = os.umask(0o027)
    try:
        files.replace_file(old, b"x")
        files.replace_file(new, b"x")
    finally:
        os.umask(before)
    assert (old.stat().st_mode & 0o777, new.stat().st_mode & 0o777) == (0o600, 0o640)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["new", "old"]


def test_new_ids_differ() -> None:
    ids = {files.new_id() for _ in range(1000)}
    assert len(ids) == 1000
    assert all(each.isalnum() for each in ids)


def test_failures_lie_beside_their_file() -> None:
    assert files.failures_path(Path("m/gpt-4.1.jsonl")) == Path("m/gpt-4.1.failures.jsonl")


# Where writing cannot be done


def test_a_file_where_the_folder_should_be_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "data").touch()
    path = tmp_path / "data" / "f.jsonl"
    with pytest.raises(MtbenchError, match=f"cannot write in {path.parent}: File exists; choose another --data-dir"):
        files.Appender(path).__enter__()
    with pytest.raises(MtbenchError, match=f"cannot write {path}"):
        files.replace_file(path, b"x")


def test_a_folder_where_the_file_should_be_is_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "f.jsonl"
    path.mkdir()
    with files.Appender(path) as appender:
        with pytest.raises(MtbenchError, match=f"cannot write {path}: Is a directory; choose another --data-dir"):
            appender.append({"a": 1})
        with pytest.raises(MtbenchError, match=f"cannot write {path}: Is a directory"):
            appender.rewrite([{"a": 1}])
        with pytest.raises(MtbenchError, match=f"cannot remove {path}: "):
            appender.rewrite([])
    assert sorted(each.name for each in tmp_path.iterdir()) == [".f.jsonl.lock", "f.jsonl"]


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user of the machine can enter, which pytest's own are not."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


def as_common_user(work: Callable[[], object]) -> str:
    """Does `work` in a process on which permission bits bind; gives the message of its MtbenchError."""
    read_end, write_end = os.pipe()
    child = os.fork()
    if child == 0:
        message = "no error"
        try:
            if os.geteuid() == 0:
                os.setgroups([])
                os.setgid(65534)
                os.setuid(65534)
            work()
        except MtbenchError as error:
            message = str(error)
        except BaseException as error:
            message = f"bug: {error!r}"
        finally:
            os.write(write_end, message.encode())
            os._exit(0)
    os.close(write_end)
    os.waitpid(child, 0)
    with os.fdopen(read_end) as pipe:
        return pipe.read()


def test_a_folder_without_permission_is_a_sentence(open_folder: Path) -> None:
    closed = open_folder / "closed"
    closed.mkdir()
    (closed / "f.jsonl").write_text('{"a": 1}\n')
    (closed / "f.jsonl").chmod(0o600)
    closed.chmod(0)
    path = closed / "f.jsonl"
    assert as_common_user(lambda: list(files.read(path))) == f"cannot read {path}: Permission denied"
    assert as_common_user(lambda: files.model_files(closed)) == f"cannot read {closed}: Permission denied"
    assert as_common_user(lambda: files.Appender(path).__enter__()) == (
        f"cannot write in {closed}: Permission denied; choose another --data-dir"
    )
    assert as_common_user(lambda: files.replace_file(path, b"x")) == (
        f"cannot write {path}: Permission denied; choose another --data-dir"
    )
    closed.chmod(0o700)
    assert path.read_text() == '{"a": 1}\n'


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the device that is always full is Linux's")
def test_a_full_disk_is_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "f.jsonl"
    path.symlink_to("/dev/full")
    with (
        files.Appender(path) as appender,
        pytest.raises(MtbenchError, match=f"cannot write {path}: No space left on device; make room and run again"),
    ):
        appender.append({"a": 1})


MAKE_ROOM = "make room and run again; nothing that was written is lost"


# A limit on file size does what a filling disk does: the write that meets it is cut short, the next one fails.
FULL = """
import resource, sys
from pathlib import Path
from mtbench import files
from mtbench.errors import MtbenchError
path, limit = Path(sys.argv[1]), int(sys.argv[2])
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
try:
    with files.Appender(path) as appender:
        {work}
except MtbenchError as error:
    print(error)
finally:
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
"""


def full(path: Path, limit: int, work: str) -> str:
    return python(FULL.replace("{work}", work), str(path), str(limit)).communicate(timeout=60)[0].strip()


def python(code: str, *args: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code, *args],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )


def test_a_write_that_a_full_disk_cuts_short_leaves_no_half_line(tmp_path: Path) -> None:
    path = tmp_path / "f.jsonl"
    said = full(path, 4000, "for number in range(9): appender.append({'n': number, 'text': 'x' * 900})")
    assert said == f"cannot write {path}: No space left on device; {MAKE_ROOM}"
    assert [obj["n"] for _, obj in files.read(path)] == [0, 1, 2, 3]
    assert path.read_bytes().endswith(b'"}\n')


def test_rewriting_on_a_full_disk_keeps_the_old_file(tmp_path: Path) -> None:
    path = written(tmp_path, b'{"a": 1}\n')
    said = full(path, 4000, "appender.rewrite([{'text': 'x' * 9000}])")
    assert said == f"cannot write {path}: File too large; {MAKE_ROOM}"
    assert path.read_bytes() == b'{"a": 1}\n'
    assert sorted(each.name for each in tmp_path.iterdir()) == [".f.jsonl.lock", "f.jsonl"]


def test_a_disk_without_room_for_the_lock_is_a_sentence(tmp_path: Path) -> None:
    said = full(tmp_path / "f.jsonl", 0, "pass")
    assert said == f"cannot write in {tmp_path}: File too large; {MAKE_ROOM}"


def test_a_tail_that_cannot_be_mended_is_tried_again_by_the_next_record(tmp_path: Path) -> None:
    path = written(tmp_path, b'{"a": 1}' + b" " * 3992)
    work = """
        try:
            appender.append({'a': 2})
        except MtbenchError as error:
            print(error)
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        appender.append({'a': 3})
    """
    assert full(path, 4000, work.strip()) == f"cannot write {path}: File too large; {MAKE_ROOM}"
    assert [obj["a"] for _, obj in files.read(path)] == [1, 3]


# Two runs at once

HOLD = """
import sys
from pathlib import Path
from mtbench import files
def say(message): print("warned:", message, flush=True)
with files.Appender(Path(sys.argv[1]), say) as appender:
    print("has it", flush=True)
    for number in range(int(sys.argv[2])):
        appender.append({"from": sys.argv[3], "n": number, "text": "x" * 5000})
    sys.stdin.readline()
"""


def said_by(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline().strip()


def test_the_second_of_two_runs_says_who_has_the_file_and_waits(tmp_path: Path) -> None:
    path = tmp_path / "f.jsonl"
    first = python(HOLD, str(path), "50", "first")
    assert said_by(first) == "has it"
    second = python(HOLD, str(path), "50", "second")
    warned = said_by(second)
    assert warned.startswith(f"warned: {path} is being written by process {first.pid} (-c {path} 50 first)")
    assert warned.endswith("; waiting for it to end")
    first.communicate("\n", timeout=60)
    assert said_by(second) == "has it"
    second.communicate("\n", timeout=60)
    order = [(obj["from"], obj["n"]) for _, obj in files.read(path)]
    assert order == [(name, number) for name in ("first", "second") for number in range(50)]


def test_who_may_not_wait_is_told_once_and_can_ask_again(tmp_path: Path) -> None:
    said: list[str] = []
    waiting, silent = files.Appender(tmp_path / "f.jsonl", said.append), files.Appender(tmp_path / "f.jsonl")
    with files.Appender(tmp_path / "f.jsonl"):
        assert [waiting.try_enter(), waiting.try_enter(), silent.try_enter()] == [False, False, False]
        assert len(said) == 1
        assert f"is being written by process {os.getpid()} (" in said[0]
    assert waiting.try_enter()
    with waiting:
        waiting.append({"a": 1})
    with silent:
        silent.append({"a": 2})
    assert [obj["a"] for _, obj in files.read(tmp_path / "f.jsonl")] == [1, 2]


def test_many_runs_on_one_file_lose_and_tear_no_line(tmp_path: Path) -> None:
    path = tmp_path / "f.jsonl"
    runs = [python(HOLD, str(path), "100", str(number)) for number in range(5)]
    for run in runs:
        assert run.stdin
        run.stdin.close()
        run.stdin = None
    for run in runs:
        assert "has it" in run.communicate(timeout=60)[0]
        assert run.returncode == 0
    found = [(obj["from"], obj["n"]) for _, obj in files.read(path)]
    assert sorted(found) == [(str(name), number) for name in range(5) for number in range(100)]


def test_a_killed_run_frees_the_file_and_what_it_wrote_stays(tmp_path: Path) -> None:
    path = tmp_path / "f.jsonl"
    first = python(HOLD, str(path), "20", "first")
    assert said_by(first) == "has it"
    second = python(HOLD, str(path), "1", "second")
    assert said_by(second).startswith("warned:")
    first.kill()
    assert said_by(second) == "has it"
    second.communicate("\n", timeout=60)
    first.communicate()
    found = [obj["from"] for _, obj in files.read(path)]
    assert found[-1] == "second"
    assert len(list(files.read(path))) == len(found)


def test_a_run_whose_arguments_are_not_text_takes_the_file_all_the_same(tmp_path: Path) -> None:
    path = tmp_path / "f.jsonl"
    code = HOLD.encode()
    done = subprocess.run(
        [sys.executable.encode(), b"-c", code, os.fsencode(path), b"1", b"\xff"],
        cwd=ROOT,
        input=b"\n",
        capture_output=True,
        check=False,
        timeout=60,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    assert done.stderr == b""
    assert [obj["n"] for _, obj in files.read(path)] == [0]
