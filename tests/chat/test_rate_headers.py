"""What endpoints' headers say of their limits: the forms that real ones have, and whatever else may stand there."""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from math import isfinite

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtbench.chat.rate_headers import Unit, quotas


def openai(limit: str, remaining: str, reset: str, unit: str = "requests") -> dict[str, str]:
    return {
        f"x-ratelimit-limit-{unit}": limit,
        f"x-ratelimit-remaining-{unit}": remaining,
        f"x-ratelimit-reset-{unit}": reset,
    }


def anthropic(limit: str, remaining: str, reset: str, unit: str = "requests") -> dict[str, str]:
    return {
        f"anthropic-ratelimit-{unit}-limit": limit,
        f"anthropic-ratelimit-{unit}-remaining": remaining,
        f"anthropic-ratelimit-{unit}-reset": reset,
    }


def reset_of(headers: Mapping[str, str]) -> float | None:
    [quota] = quotas(headers)
    return quota.reset


def test_a_reply_without_limits_says_none() -> None:
    assert quotas({"content-type": "application/json", "date": "Tue, 26 Mar 2024 19:59:59 GMT"}) == []


def test_openai_tells_requests_and_tokens() -> None:
    requests, tokens = quotas(openai("5000", "4999", "12ms") | openai("160000", "159976", "9ms", "tokens"))
    assert (requests.unit, requests.limit, requests.remaining, requests.reset) == (Unit.REQUESTS, 5000, 4999, 0.012)
    assert (tokens.unit, tokens.limit, tokens.remaining) == (Unit.TOKENS, 160000, 159976)
    assert tokens.reset == pytest.approx(0.009)
    assert not requests.refills


def test_anthropic_tells_input_and_output_apart_and_moments_by_its_own_clock() -> None:
    headers = {"date": "Tue, 26 Mar 2024 19:59:48 GMT"}
    for unit in ("requests", "tokens", "input-tokens", "output-tokens"):
        headers |= anthropic("50", "7", "2024-03-26T20:00:00Z", unit)
    told = quotas(headers)
    assert [quota.unit for quota in told] == [Unit.REQUESTS, Unit.TOKENS, Unit.INPUT, Unit.OUTPUT]
    assert {(quota.limit, quota.remaining, quota.reset, quota.grain, quota.refills) for quota in told} == {
        (50, 7, 12, 1.0, True)
    }


@pytest.mark.parametrize("date", ["", "yesterday", "Tue, 99 Mar 2024 19:59:48 GMT"])
def test_without_a_date_a_moment_is_taken_by_our_clock(date: str) -> None:
    reset = reset_of(anthropic("50", "7", datetime.now(UTC).isoformat()) | {"date": date})
    assert reset is not None
    assert -5 < reset < 5


def test_cerebras_says_the_window_in_the_name() -> None:
    told = quotas(openai("14400", "14399", "33011.4", "requests-day") | openai("60000", "5e4", "11.4", "tokens-minute"))
    assert [(quota.unit, quota.remaining, quota.reset) for quota in told] == [
        (Unit.REQUESTS, 14399, 33011.4),
        (Unit.TOKENS, 50000, 11.4),
    ]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1s", 1),
        ("6m0s", 360),
        ("120ms", 0.12),
        ("2m59.56s", 179.56),
        ("23h18m29.144s", 83909.144),
        ("1d2h", 93600),
        ("55", 55),
        ("7.66", 7.66),
        ("0", 0),
    ],
)
def test_every_form_of_a_duration_is_read(text: str, seconds: float) -> None:
    assert reset_of(openai("100", "50", text)) == pytest.approx(seconds)


def test_a_number_that_is_no_duration_is_a_moment() -> None:
    date = format_datetime(datetime.fromtimestamp(1_700_000_000, UTC), usegmt=True)
    assert reset_of(openai("100", "50", "1700000042") | {"date": date}) == 42


@pytest.mark.parametrize(
    "text",
    ["", "soon", "1x", "s", "-", "nan", "inf", "1e999", "9" * 400, "9" * 400 + "s", "١s", "2024-13-45T00:00:00Z"],
)
def test_a_reset_that_makes_no_sense_is_none(text: str) -> None:
    assert reset_of(openai("100", "50", text)) is None


@pytest.mark.parametrize("text", ["9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00"])
def test_a_moment_far_away_is_none(text: str) -> None:
    assert reset_of(anthropic("100", "50", text)) is None


def test_how_finely_a_reset_is_told_is_kept() -> None:
    grains = {text: quotas(openai("9", "1", text))[0].grain for text in ("12ms", "1.5s", "6m0s", "55")}
    assert grains == {"12ms": 0.001, "1.5s": 0.001, "6m0s": 1.0, "55": 1.0}


@pytest.mark.parametrize(
    ("limit", "remaining"), [("-1", "-1"), ("0", "0"), ("x", "1"), ("5", "x"), ("100, 100;w=60", "1"), ("nan", "1")]
)
def test_a_limit_that_makes_no_sense_is_passed_over(limit: str, remaining: str) -> None:
    assert quotas(openai(limit, remaining, "1s")) == []


def test_a_limit_of_which_only_a_part_is_told_is_passed_over() -> None:
    assert quotas({"x-ratelimit-remaining-requests": "79"}) == []
    assert quotas({"x-ratelimit-limit-requests": "80"}) == []


def test_less_than_nothing_is_nothing() -> None:
    assert quotas(openai("100", "-5", "1s"))[0].remaining == 0


ODD = st.one_of(
    st.text(max_size=30),
    st.floats().map(str),
    st.integers().map(str),
    st.datetimes().map(datetime.isoformat),
    st.from_regex(r"(\d{1,5}(\.\d{0,3})?(ms|s|m|h|d)){1,4}", fullmatch=True),
)


@given(ODD, ODD, ODD, ODD)
def test_whatever_stands_there_is_read_without_a_crash(limit: str, remaining: str, reset: str, date: str) -> None:
    for quota in quotas(openai(limit, remaining, reset) | anthropic(limit, remaining, reset) | {"date": date}):
        assert isfinite(quota.limit)
        assert quota.limit > 0
        assert 0 <= quota.remaining < float("inf")
        assert quota.reset is None or abs(quota.reset) <= 32 * 86400
