"""A .env file of any content: a value or an error that names the file; a key that stands in it is found as it is."""

import string
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtbench.chat.keys import Endpoint, endpoint_of, find_key, setting
from mtbench.chat.spec import ModelSpec
from mtbench.errors import BadKey, MtbenchError
from tests.fuzz.outcomes import value_or_error
from tests.fuzz.profile import examples

SPEC = ModelSpec("m", "openai", "m", "http://127.0.0.1:9/v1", key_env="FUZZ_KEY", headers={"X-A": "x ${FUZZ_HEADER}"})
_PIECES = [
    "FUZZ_KEY", "FUZZ_HEADER", "=", "export ", "#", "'", '"', "\\", "\n", "\r\n", "\r", " ", "\t", "$", "${FUZZ_KEY}",
    "${FUZZ_HEADER:-x}", "${", "}", "sk-1", "\x00", "\ufeff", "é", "\\n", "\\x", "\\N{", "\u200b",
]  # fmt: skip
contents = st.one_of(
    st.lists(st.sampled_from(_PIECES), max_size=14).map(lambda parts: "".join(parts).encode()),
    st.lists(st.one_of(st.sampled_from(_PIECES), st.text(max_size=4)), max_size=10).map(lambda p: "".join(p).encode()),
    st.binary(max_size=30),
)


@pytest.fixture
def here(folder: Path) -> Iterator[Path]:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for name in ("FUZZ_KEY", "FUZZ_HEADER"):
            patch.delenv(name, raising=False)
        yield folder


def endpoint_or_error(path: Path) -> tuple[Endpoint | None, MtbenchError | None]:
    """A file that can be read may still lack a key, or hold one that is none: then the variable is named."""
    try:
        return value_or_error(lambda: endpoint_of(SPEC), path)
    except AssertionError:
        with pytest.raises(BadKey, match=r"FUZZ_(KEY|HEADER)") as caught:
            endpoint_of(SPEC)
        return None, caught.value


def test_any_file_gives_a_key_or_an_error_that_names_file_or_variable(here: Path) -> None:
    @examples(300)
    @given(content=contents)
    def check(content: bytes) -> None:
        path = here / ".env"
        path.write_bytes(content)
        endpoint, error = endpoint_or_error(path)
        if endpoint is None:
            assert isinstance(error, BadKey) or str(path) in str(error)
            return
        assert endpoint.key == find_key(SPEC)
        assert endpoint.key
        for value in (endpoint.key, endpoint.headers["X-A"]):
            assert value.isprintable()
            assert endpoint.masked(f"({value})") == f"({value})" or value not in endpoint.masked(f"({value})")

    check()


@pytest.mark.parametrize(("begin", "quote"), [("", ""), ("", "'"), ("", '"'), ("\ufeff", "")])
def test_a_key_is_read_as_it_stands(here: Path, begin: str, quote: str) -> None:
    @examples(100)
    @given(key=st.text(string.ascii_letters + string.digits + "-_.:/+=~", min_size=1, max_size=60))
    def check(key: str) -> None:
        (here / ".env").write_text(f"{begin}FUZZ_KEY={quote}{key}{quote}\r\nA=1\r\n", encoding="utf-8")
        assert setting("FUZZ_KEY") == key

    check()
