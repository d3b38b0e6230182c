"""A cache of replies on disk: the same request is paid for once, and nothing that is no answer is kept."""

import asyncio
import multiprocessing
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from mtbench.chat import ChatModel, Completion, Message, Params, Usage
from mtbench.chat.cache import Cached, check_folder
from mtbench.errors import MtbenchError, Retryable
from tests.chat.asking import HELLO


class Model:
    """A ChatModel that counts what it is asked, and gives one completion."""

    def __init__(self, completion: Completion | None = None) -> None:
        self.asked = 0
        self.completion = completion or Completion("Far.", "stop", Usage(10, 2, 4, 6), "It is far.", ("seed",))

    async def complete(self, messages: object, params: Params) -> Completion:
        del messages, params
        self.asked += 1
        if self.completion.text == "fail":
            raise Retryable("no")
        return self.completion

    async def aclose(self) -> None:
        pass


class Watched:
    """Hits and notes of a cache."""

    def __init__(self) -> None:
        self.hits, self.notes = 0, list[str]()

    def hit(self) -> None:
        self.hits += 1

    def over(self, model: ChatModel, folder: Path, *endpoint: str) -> Cached:
        return Cached(model, endpoint or ("openai/m", "http://a/v1"), folder, hit=self.hit, note=self.notes.append)


async def test_the_same_request_is_asked_once_by_whoever_shares_the_folder(tmp_path: Path) -> None:
    model, watched = Model(), Watched()
    first = await watched.over(model, tmp_path).complete(HELLO, Params(0.5))
    again = await watched.over(model, tmp_path).complete(HELLO, Params(0.5, about="another bench"))
    assert again == first == model.completion
    assert (model.asked, watched.hits, watched.notes) == (1, 1, [])


@pytest.mark.parametrize(
    ("messages", "params"),
    [
        ((Message("user", "Another?"),), Params(0.5)),
        ((Message("system", "How far is the moon?"),), Params(0.5)),
        (HELLO, Params(0.6)),
        (HELLO, Params(0.5, max_tokens=5)),
        (HELLO, Params(0.5, sample=1)),
        (HELLO, Params(0.5, schema={"type": "object"})),
        (HELLO, Params(0.5, extra={"top_k": 3})),
    ],
)
async def test_another_request_is_another_entry(messages: tuple[Message, ...], params: Params, tmp_path: Path) -> None:
    model, watched = Model(), Watched()
    cached = watched.over(model, tmp_path)
    await cached.complete(HELLO, Params(0.5))
    await cached.complete(messages, params)
    assert (model.asked, watched.hits) == (2, 0)


async def test_another_model_or_endpoint_has_its_own_replies(tmp_path: Path) -> None:
    model, watched = Model(), Watched()
    for endpoint in (("openai/m", "http://a/v1"), ("openai/n", "http://a/v1"), ("openai/m", "http://b/v1")):
        await watched.over(model, tmp_path, *endpoint).complete(HELLO, Params())
    assert model.asked == 3


@pytest.mark.parametrize("reason", ["length", "content_filter"])
async def test_what_was_cut_off_or_withheld_is_not_kept(reason: str, tmp_path: Path) -> None:
    model, watched = Model(Completion("Fa", reason)), Watched()
    for _ in range(2):
        await watched.over(model, tmp_path).complete(HELLO, Params())
    assert model.asked == 2
    assert list(tmp_path.rglob("*.json")) == []


async def test_an_error_is_not_kept(tmp_path: Path) -> None:
    watched = Watched()
    with pytest.raises(Retryable):
        await watched.over(Model(Completion("fail")), tmp_path).complete(HELLO, Params())
    assert (await watched.over(Model(), tmp_path).complete(HELLO, Params())).text == "Far."


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"text": 3}', b'{"text": "x", "usage": {"input": -1}}', b"\xff"]
)
async def test_a_broken_entry_is_asked_for_again_and_replaced(content: bytes, tmp_path: Path) -> None:
    model, watched = Model(), Watched()
    cached = watched.over(model, tmp_path)
    await cached.complete(HELLO, Params())
    [entry] = tmp_path.rglob("*.json")
    entry.write_bytes(content)
    assert await cached.complete(HELLO, Params()) == model.completion
    assert await cached.complete(HELLO, Params()) == model.completion
    assert (model.asked, watched.hits) == (2, 1)


async def test_where_nothing_can_be_kept_the_run_goes_on_and_says_it(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file")
    watched = Watched()
    cached = watched.over(Model(), tmp_path / "cache")
    assert (await cached.complete(HELLO, Params())).text == "Far."
    assert "replies are not cached" in watched.notes[0]


def test_a_folder_that_cannot_be_used_is_said_first(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(MtbenchError, match="--cache"):
        check_folder(tmp_path / "file")
    check_folder(tmp_path / "new" / "cache")
    assert stat.S_ISDIR((tmp_path / "new" / "cache").stat().st_mode)


def _fill(folder: Path, number: int) -> None:
    async def fill() -> None:
        for each in range(200):
            text = f"{each} " * 5000
            model = Model(Completion(text))
            cached = Watched().over(model, folder)
            found = await cached.complete([replace(HELLO[0], content=str(each))], Params())
            assert found.text == text, f"writer {number} read another text for {each}"

    asyncio.run(fill())


def test_writers_at_once_never_show_each_other_half_a_reply(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    writers = [context.Process(target=_fill, args=(tmp_path, number)) for number in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    assert [writer.exitcode for writer in writers] == [0] * 4
    assert len(list(tmp_path.rglob("*.json"))) == 200
    assert list(tmp_path.rglob(".*")) == []
