"""The names of requests, which stand in files on disk: they may never change."""

import pytest

from mtbench.chat import Message, Params, request_hash, request_hasher
from mtbench.errors import MtbenchError

SYSTEM, USER = Message("system", "s\né"), Message("user", "q")
CALLED = [SYSTEM, USER, Message("assistant", "a"), Message("user", "x")]
SAMPLED = Params(temperature=0.0, max_tokens=5, schema={"b": 1, "a": [2]}, extra={"z": 1, "top_k": 3})


@pytest.mark.parametrize(
    ("model", "messages", "params", "expected"),
    [
        ("openai/m", [SYSTEM, USER], Params(), "ff388bd6cca7f6a54871629da3a8e91a"),
        ("openai/m", [USER], SAMPLED, "4026cf8f6fa95c6fc4b6ef7c5c0d13bb"),
        ("m", CALLED, Params(seed=7), "bc825f7a68cab09db550b42516a9a48e"),
    ],
)
def test_a_request_has_the_name_that_it_had_in_the_first_version(
    model: str, messages: list[Message], params: Params, expected: str
) -> None:
    assert request_hash(model, messages, params) == expected
    assert request_hasher(model, params)(tuple(messages)) == expected


def test_requests_that_begin_alike_or_not_are_named_as_if_each_were_alone() -> None:
    hash_of = request_hasher("m", SAMPLED)
    other = Message("system", "another")
    conversations = [[SYSTEM, USER], [SYSTEM, Message("user", "r")], [other, USER], [USER], [SYSTEM, USER], [SYSTEM]]
    names = [hash_of(each) for each in conversations]
    assert names == [request_hash("m", each, SAMPLED) for each in conversations]
    assert len(set(names)) == 5


def test_what_is_never_sent_is_no_part_of_the_name() -> None:
    plain, marked = Message("user", "q"), Message("user", "q", shared=1)
    assert request_hash("m", [plain], Params()) == request_hash("m", [marked], Params(sample=3, about="a test"))


@pytest.mark.parametrize(("text", "seed"), [("half \ud83d", None), ("fine", 2**70)])
def test_what_cannot_be_sent_as_json_is_a_sentence(text: str, seed: int | None) -> None:
    with pytest.raises(MtbenchError, match=r"a request to m cannot be written as JSON .* check --seed"):
        request_hash("m", [SYSTEM, Message("user", text)], Params(seed=seed))
