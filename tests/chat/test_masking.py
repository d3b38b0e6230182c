"""Secrets are cut out of texts: whole, in part, and in the forms that servers and proxies put them into."""

import html
import json
from base64 import b64encode, urlsafe_b64encode
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtbench.chat.keys import Endpoint
from mtbench.chat.masking import masked
from tests.fuzz.profile import examples

KEY = "sk-proj/Ab3+dE5fG7hI9jK1lM==&x"


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (f"wrong key {KEY}.", "wrong key [key]."),
        (f"wrong key '{KEY[:12]}…{KEY[-9:]}'", "wrong key '[key]…[key]'"),
        (f"wrong key {KEY[:7]}***{KEY[-4:]}", f"wrong key {KEY[:7]}***{KEY[-4:]}"),
        (f"?key={quote(KEY, safe='')}&a=1", "?key=[key]&a=1"),
        (f"<p>{html.escape(KEY)}</p>", "<p>[key]</p>"),
        (b64encode(KEY.encode()).decode(), "[key]"),
        ("no key at all", "no key at all"),
        ("", ""),
    ],
)
def test_a_key_is_cut_out_of_what_a_server_says(said: str, shown: str) -> None:
    assert masked(said, [KEY]) == shown


@pytest.mark.parametrize("word", ["x", "EMPTY", ""])
def test_a_stand_in_for_a_key_does_not_spoil_messages(word: str) -> None:
    assert masked("context exceeded; EMPTY", [word]) == "context exceeded; EMPTY"


def test_a_short_secret_goes_only_as_a_whole() -> None:
    assert masked("my-local server, my-local-key", ["my-local-key"]) == "my-local server, [key]"


def test_parts_of_a_header_that_is_no_secret_stay() -> None:
    endpoint = Endpoint("http://h/v1", KEY, {"x-version": "2024-10-21-preview", "x-auth-token": KEY[::-1]})
    said = f"since 2024-10-21 {KEY[::-1][:20]}, 2024-10-21-preview, {KEY}"
    assert endpoint.masked(said) == "since 2024-10-21 [key], [key], [key]"


def parts(text: str) -> set[str]:
    return {text[at : at + 8] for at in range(len(text) - 7)}


@examples(60)
@given(
    secret=st.text(st.characters(codec="ascii", exclude_categories=["Cc", "Zs"]), min_size=16, max_size=40),
    before=st.text(max_size=9),
    after=st.text(max_size=9),
    cut=st.integers(0, 12),
)
def test_no_eight_letters_of_a_long_secret_are_left_in_any_form(secret: str, before: str, after: str, cut: int) -> None:
    piece = secret[cut // 2 : len(secret) - cut // 2]
    told = [
        piece,
        quote(secret, safe="")[cut:],
        quote_plus(secret),
        html.escape(secret),
        json.dumps({"authorization": f"Bearer {secret}"}),
        json.dumps(secret).replace("/", "\\/"),
        b64encode(f"{before}:{secret}{after}".encode("utf-8", "replace")).decode(),
        urlsafe_b64encode(f"u:{secret}".encode()).decode(),
    ]
    plain = parts(secret)
    for text in told:
        shown = masked(f"{before} {text} {after}", [secret])
        assert not plain & (parts(shown) - parts(before) - parts(after) - parts(f"{before} ") - parts(f" {after}"))
    for offset in range(3):
        coded = b64encode(b"-" * offset + secret.encode()).decode()
        assert "[key]" in masked(coded, [secret])
        assert len(masked(coded, [secret]).replace("[key]", "")) <= 12
