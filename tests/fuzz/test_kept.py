"""Replies kept on disk (in a cache, in a journal), whatever became of the files: taken whole, or not at all."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import orjson
from hypothesis import given
from hypothesis import strategies as st

from mtbench.chat import Completion, Message, Params
from mtbench.chat.cache import Cached
from mtbench.chat.stored import to_json
from mtbench.errors import BadRecord
from mtbench.journal import Journal
from tests.fuzz import records
from tests.fuzz.outcomes import value_or_error
from tests.fuzz.profile import examples
from tests.fuzz.values import line_of, objects, spoilt_lines, texts, values

ASKED = Completion("asked anew", "stop")
MESSAGES = (Message("user", "How far is the moon?"),)
KEY = {"question_id": 1}


class Model:
    """Answers always the same."""

    async def complete(self, messages: Sequence[Message], params: Params) -> Completion:
        del messages, params
        return ASKED

    async def aclose(self) -> None:
        return


files = st.one_of(
    records.replies.flatmap(line_of), st.builds(Completion, st.text()).map(to_json).flatmap(line_of), spoilt_lines
)


@examples(50)
@given(content=files, cut=st.integers(0, 30))
def test_a_file_in_a_cache_is_a_whole_reply_or_is_replaced_by_one(folder: Path, content: bytes, cut: int) -> None:
    model = Cached(Model(), ("m",), folder / "cache", hit=lambda: None, note=lambda _: None)
    asyncio.run(model.complete(MESSAGES, Params()))
    (path,) = [each for each in (folder / "cache").rglob("*.json") if not each.name.startswith(".")]
    path.write_bytes(content[: len(content) - cut] if cut < 10 else content)
    found = asyncio.run(model.complete(MESSAGES, Params()))
    assert isinstance(found.text, str)
    stored = orjson.loads(path.read_bytes())
    assert (found == ASKED) or stored["text"] == found.text
    path.unlink()


entries = objects(
    {"key": st.sampled_from([KEY, {"question_id": 2}]), "finished": st.dictionaries(texts, records.replies)}
)


@examples(50)
@given(content=st.lists(st.one_of(entries.flatmap(line_of), spoilt_lines), max_size=4), last=st.binary(max_size=9))
def test_a_journal_of_any_content_gives_replies_or_an_error_that_names_it(
    folder: Path, content: list[bytes], last: bytes
) -> None:
    warned: list[str] = []
    journal = Journal(folder / "records.jsonl", warned.append)
    journal.path.write_bytes(b"".join(line + b"\n" for line in content) + last)
    assert journal.try_enter()
    try:
        found, error = value_or_error(lambda: journal.replies(KEY), journal.path)
        assert isinstance(error, BadRecord | None)
        assert all(isinstance(reply, Completion) for reply in (found or {}).values())
        journal.keep(KEY, {"new": ASKED})
        if found is not None:
            assert journal.replies(KEY) == found | {"new": ASKED}
    finally:
        journal.__exit__(None, None, None)
    assert not values.is_empty
