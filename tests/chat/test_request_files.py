"""Requests to a file and responses from files."""

import tracemalloc
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mtbench.chat import ChatModel, Completion, Message, Params
from mtbench.chat.adapt import Adapting
from mtbench.chat.metered import Attempt
from mtbench.chat.request_files import RequestFiles
from mtbench.chat.request_lines import custom_id
from mtbench.chat.spec import ModelSpec
from mtbench.chat.ways import Opening
from mtbench.errors import GivenUp, LeftUndone, MtbenchError, Retryable

SPEC = ModelSpec("alias", "openai", "m")


def name_of(word: str, params: Params | None = None) -> str:
    return custom_id(SPEC.full_name, [Message("user", word)], params or Params())


def good(name: str, text: str = "good") -> dict[str, Any]:
    body = {"choices": [{"message": {"content": text}, "finish_reason": "stop"}]}
    return {"custom_id": name, "response": {"status_code": 200, "body": body}, "error": None}


def bad(name: str, status: int = 400, message: str = "no") -> dict[str, Any]:
    return {"custom_id": name, "response": {"status_code": status, "body": None}, "error": message}


def written(path: Path, lines: Iterable[dict[str, Any] | bytes]) -> Path:
    path.write_bytes(b"\n".join(line if isinstance(line, bytes) else orjson.dumps(line) for line in lines))
    return path


async def ask(model: ChatModel, word: str) -> str:
    return (await model.complete([Message("user", word)], Params())).text


def opened(files: RequestFiles, told: list[Attempt] | None = None) -> ChatModel:
    return files.open(SPEC, Opening(ended=(told if told is not None else []).append))


async def test_a_request_is_written_once_and_is_not_asked(tmp_path: Path) -> None:
    out = tmp_path / "new" / "requests.jsonl"
    with RequestFiles([], out, print) as files:
        for word in ("a", "b", "a"):
            with pytest.raises(LeftUndone) as undone:
                await ask(opened(files), word)
            assert undone.value.kind == "written to a file"
        assert not out.exists()
    lines = [orjson.loads(line) for line in out.read_bytes().splitlines()]
    assert [line["custom_id"] for line in lines] == [name_of("a"), name_of("b")]
    assert lines[0]["body"] == {"model": "m", "messages": [{"role": "user", "content": "a"}]}
    assert files.counts.written == {"m": 2}


async def test_an_error_leaves_the_file_of_requests_as_it_was(tmp_path: Path) -> None:
    out = written(tmp_path / "requests.jsonl", [b"old"])
    with pytest.raises(LeftUndone), RequestFiles([], out, print) as files:
        await ask(opened(files), "a")
    assert out.read_bytes() == b"old"
    with RequestFiles([], tmp_path / "nothing.jsonl", print):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["requests.jsonl"]


async def test_responses_are_found_in_any_order_in_several_files_and_folders(tmp_path: Path) -> None:
    one = written(tmp_path / "one.jsonl", [good(name_of("b"), "B"), b"", good(name_of("a"), "A")])
    folder = tmp_path / "parts"
    folder.mkdir()
    written(folder / "1.json", [b"\xef\xbb\xbf" + orjson.dumps(good(name_of("c"), "C"))])
    written(folder / "2.jsonl", [b"  " + orjson.dumps(good("other"))])
    (folder / "_SUCCESS").touch()
    told: list[Attempt] = []
    with RequestFiles([one, folder], None, print) as files:
        model = opened(files, told)
        assert [await ask(model, word) for word in "abca"] == ["A", "B", "C", "A"]
        with pytest.raises(LeftUndone, match=r"no response to this request in one\.jsonl, 1\.json, 2\.jsonl"):
            await ask(model, "d")
        await model.aclose()
    assert (files.counts.lines, files.counts.unknown, files.counts.without) == (4, 1, 1)
    assert [attempt.outcome for attempt in told] == ["ok"] * 4


async def test_of_several_responses_the_first_good_one_counts(tmp_path: Path) -> None:
    lines = [bad(name_of("a")), good(name_of("a"), "first"), good(name_of("a"), "second"), bad(name_of("a"))]
    with RequestFiles([written(tmp_path / "r.jsonl", lines)], None, print) as files:
        assert await ask(opened(files), "a") == "first"


async def test_a_failed_response_is_a_failure_with_its_reason(tmp_path: Path) -> None:
    lines = [bad(name_of("a"), 400, "not that"), bad(name_of("b"), 500, "dead"), good(name_of("c"), " ")]
    told: list[Attempt] = []
    with RequestFiles([written(tmp_path / "r.jsonl", lines)], None, print) as files:
        model = opened(files, told)
        with pytest.raises(GivenUp, match=r"r\.jsonl answered 400: not that"):
            await ask(model, "a")
        with pytest.raises(Retryable, match="dead"):
            await ask(model, "b")
        with pytest.raises(Retryable, match="empty"):
            await ask(model, "c")
    assert [attempt.outcome for attempt in told] == ["refused", "unavailable", "empty answer"]


async def test_with_a_file_of_requests_what_may_pass_is_written_again(tmp_path: Path) -> None:
    responses = written(tmp_path / "r.jsonl", [bad(name_of("a"), 500), bad(name_of("b"), 400)])
    with RequestFiles([responses], tmp_path / "next.jsonl", print) as files:
        with pytest.raises(LeftUndone):
            await ask(opened(files), "a")
        with pytest.raises(GivenUp):
            await ask(opened(files), "b")
    assert (files.counts.again, files.counts.written) == (1, {"m": 1})


async def test_a_refused_parameter_is_left_out_of_the_next_file(tmp_path: Path) -> None:
    words = "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
    params = Params(max_tokens=5, temperature=0.5)
    refusal = {"custom_id": name_of("a", params), "response": {"status_code": 400, "body": {"error": {
        "message": words, "param": "max_tokens", "code": "unsupported_parameter"}}}}  # fmt: skip
    with RequestFiles([written(tmp_path / "r.jsonl", [refusal])], tmp_path / "next.jsonl", print) as files:
        model = Adapting(opened(files), "m", print)
        with pytest.raises(LeftUndone):
            await model.complete([Message("user", "a")], params)
    (line,) = (tmp_path / "next.jsonl").read_bytes().splitlines()
    body = orjson.loads(line)["body"]
    assert (body.get("max_completion_tokens"), body["temperature"], "max_tokens" in body) == (5, 0.5, False)


async def test_bad_lines_are_named_by_file_and_line_and_lose_nothing_else(tmp_path: Path) -> None:
    lines: list[dict[str, Any] | bytes] = [
        b"{",
        b"[1]",
        {"x": 1},
        {"custom_id": 5},
        good(name_of("a")),
        b'{"custom_id": "',
    ]
    notes: list[str] = []
    path = written(tmp_path / "r.jsonl", lines)
    with RequestFiles([path], None, notes.append) as files:
        assert await ask(opened(files), "a") == "good"
    assert [note.split(", ")[1].split(":")[0] for note in notes] == ["line 1", "line 2", "line 3", "line 4", "line 6"]
    assert all(str(path) in note for note in notes)
    with RequestFiles([written(path, [b"{"] * 30)], None, notes.append):
        pass
    assert notes[-1] == "responses: 30 lines in all are left out"
    assert len(notes) == 5 + 10 + 1


def test_what_cannot_be_read_or_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    with pytest.raises(MtbenchError, match="there is no such file"), RequestFiles([tmp_path / "no"], None, print):
        pass
    with pytest.raises(MtbenchError, match=r"no \.json or \.jsonl file"):
        RequestFiles([tmp_path / "folder"], None, print)
    with pytest.raises(MtbenchError, match="cannot read"), RequestFiles([tmp_path / "file" / "x"], None, print):
        pass
    with pytest.raises(MtbenchError, match="cannot write"), RequestFiles([], tmp_path / "file" / "x", print):
        pass


def test_memory_does_not_grow_with_the_responses(tmp_path: Path) -> None:
    def peak(number: int) -> int:
        path = written(tmp_path / "r.jsonl", (good(f"{each:032x}", "x" * 300) for each in range(number)))
        tracemalloc.start()
        with RequestFiles([path], None, print) as files:
            assert files.response(f"{number - 1:032x}")
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    small, large = peak(200), peak(20_000)
    assert large < small + 500_000


@settings(max_examples=60, deadline=None)
@given(st.lists(st.binary(max_size=40) | st.sampled_from([b"{}", b'{"custom_id":"a"}', b"\xef\xbb\xbf"]), max_size=8))
def test_whatever_stands_in_a_file_the_good_response_is_found(tmp_path_factory: Any, lines: list[bytes]) -> None:
    path = tmp_path_factory.mktemp("fuzz") / "r.jsonl"
    name = name_of("a")
    path.write_bytes(b"\n".join([*lines, orjson.dumps(good(name)), *lines]))
    with RequestFiles([path], None, lambda _: None) as files:
        assert files.response(name) == good(name)


async def test_the_model_is_closed_without_ado(tmp_path: Path) -> None:
    with RequestFiles([], tmp_path / "x", print) as files:
        files.settle()
        await opened(files).aclose()
    assert isinstance(Completion(""), Completion)


async def test_a_full_disk_is_said(tmp_path: Path) -> None:
    async def ask_with(files: RequestFiles) -> None:
        with Path("/dev/full").open("wb", 0) as full:
            files._out = full
            await ask(opened(files), "a")

    files = RequestFiles([], tmp_path / "x", print)
    with pytest.raises(MtbenchError, match=r"cannot write .*No space"), files:
        await ask_with(files)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_put_in_place_is_said(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "x").touch()
    with pytest.raises(MtbenchError, match="cannot write"), RequestFiles([], tmp_path / "out", print) as files:
        files.write("a", {"model": "m"})


def test_no_room_for_the_index_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mtbench.chat.request_files._SCHEMA", "CREATE nonsense")
    files = RequestFiles([written(tmp_path / "r.jsonl", [good("a")])], None, print)
    with pytest.raises(MtbenchError, match="cannot index the responses"), files:
        pass
