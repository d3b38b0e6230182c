"""Token buckets by a clock of our own: a person's limits are kept, and an endpoint's are followed in either kind."""

from math import ceil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mtbench.chat.buckets import Bucket, Mirror
from mtbench.chat.rate_headers import Quota, Unit

MINUTE = Quota("x", Unit.REQUESTS, 60, 60, 1.0, 0.001, refills=False)


def spend(bucket: Bucket | Mirror, amount: float, seconds: float, now: float = 0.0) -> list[float]:
    """When `amount` was taken, again and again, as early as it might be."""
    ends, times = now + seconds, []
    while (now := now + bucket.wait(amount, now)) < ends:
        bucket.take(amount)
        times.append(now)
    return times


@given(st.floats(1, 1e6), st.floats(1e-3, 10))
@settings(max_examples=60)
def test_a_minute_has_no_more_than_the_limit_and_a_seconds_worth(per_minute: float, part: float) -> None:
    bucket, amount = Bucket(Unit.TOKENS, per_minute, "--tpm", 0.0), part * per_minute
    times = spend(bucket, amount, 60)
    used = amount * len(times)
    assert used <= per_minute / 60 * (times[-1] + 1) + max(1.0, amount) + 1e-6 * per_minute


def test_the_limit_is_reached() -> None:
    times = spend(Bucket(Unit.REQUESTS, 600, "--rpm", 0.0), 1, 60)
    assert 600 <= len(times) <= 611
    assert times[:10] == [0.0] * 10
    assert times[10] == pytest.approx(0.1)


def test_a_request_larger_than_the_bucket_goes_alone_when_it_is_full() -> None:
    bucket = Bucket(Unit.TOKENS, 6000, "--tpm", 0.0)
    assert spend(bucket, 500, 21) == pytest.approx([0, 5, 10, 15, 20])


def test_what_was_used_is_settled_afterwards() -> None:
    bucket = Bucket(Unit.TOKENS, 6000, "--tpm", 0.0)
    bucket.take(100)
    bucket.settle(-60, 1)
    assert bucket.wait(60, 0.0) == 0
    bucket.settle(140, 2)
    assert bucket.wait(20, 0.0) == pytest.approx(1)


def test_what_is_given_back_does_not_pile_up() -> None:
    bucket = Bucket(Unit.TOKENS, 6000, "--tpm", 0.0)
    bucket.settle(-1e9, 1)
    assert bucket.wait(100, 0.0) == 0
    bucket.take(100)
    assert bucket.wait(100, 0.0) == pytest.approx(1)


def test_an_absurd_figure_does_not_stop_a_run_for_ever() -> None:
    bucket = Bucket(Unit.TOKENS, 6000, "--tpm", 0.0)
    bucket.settle(1e15, 1)
    assert bucket.wait(1, 0.0) <= 301


def told(limit: float, missing: float, window: float, grain: float = 0.001) -> Quota:
    """What an endpoint says whose limit comes back bit by bit."""
    return MINUTE._replace(
        limit=limit, remaining=limit - missing, reset=ceil(missing * window / limit / grain) * grain, grain=grain
    )


def test_a_limit_that_comes_back_bit_by_bit_is_known_by_it_and_followed() -> None:
    mirror = Mirror(told(6000, 1, 60), 0.0, 0.0)
    for number, missing in enumerate((1, 2, 4, 8, 5999), 1):
        mirror.sync(told(6000, missing, 60), 0.0, number, 0.0)
    assert mirror.why == "6,000 requests/min (endpoint)"
    assert mirror.wait(1, 0.0) == 0
    mirror.take(1)
    assert mirror.wait(1, 0.0) == pytest.approx(0.01, rel=0.01)


def test_a_limit_a_day_is_not_made_into_one_a_minute() -> None:
    mirror = Mirror(told(14400, 1, 86400), 0.0, 0.0)
    for number, missing in enumerate((1, 2, 4), 1):
        mirror.sync(told(14400, missing, 86400), 0.0, number, 0.0)
    assert len(spend(mirror, 1, 1e-9)) == 14396, "what is there may be used at once"
    assert mirror.wait(1, 0.0) == pytest.approx(6, rel=0.01)
    assert mirror.why == "10 requests/min (endpoint)"


def test_a_limit_that_comes_back_all_at_once_is_waited_for() -> None:
    mirror = Mirror(MINUTE, 0.0, 0.0)
    for now, remaining in ((0.5, 40), (1.0, 20), (2.0, 5), (3.0, 0)):
        mirror.sync(MINUTE._replace(remaining=remaining, reset=10 - now), now, 1, 0.0)
    assert mirror.why == "60 requests until its reset (endpoint)"
    assert mirror.wait(1, 3.0) == pytest.approx(7, abs=0.01)
    assert len(spend(mirror, 1, 0.5, 10.1)) == 60


def test_seconds_that_were_rounded_are_not_trusted_to_the_last() -> None:
    mirror = Mirror(MINUTE, 0.0, 0.0)
    mirror.sync(MINUTE._replace(remaining=0, reset=5, grain=1.0), 0.0, 1, 0.0)
    assert mirror.wait(1, 0.0) == pytest.approx(6)


def test_the_level_follows_what_others_use_and_what_was_taken_too_much() -> None:
    mirror = Mirror(MINUTE, 0.0, 0.0)
    mirror.take(50)
    mirror.sync(MINUTE._replace(remaining=55), 0.0, 1, 3.0)
    assert (mirror.wait(52, 0.0), mirror.wait(53, 0.0) > 0) == (0, True), "3 may not be known over there yet"
    mirror.sync(MINUTE._replace(remaining=2), 0.0, 2, 0.0)
    assert (mirror.wait(2, 0.0), mirror.wait(3, 0.0) > 0) == (0, True)


def test_what_the_endpoint_has_counted_already_is_not_settled_again() -> None:
    mirror = Mirror(MINUTE, 0.0, 0.0)
    mirror.take(30)
    mirror.take(20)
    mirror.sync(MINUTE._replace(remaining=5), 0.0, 1, 0.0)
    mirror.settle(-25, 1)
    assert mirror.wait(6, 0.0) > 0
    mirror.settle(-15, 2)
    assert mirror.wait(20, 0.0) == 0


def test_without_a_reset_a_limit_is_one_a_minute() -> None:
    mirror = Mirror(MINUTE._replace(reset=None), 0.0, 0.0)
    mirror.sync(MINUTE._replace(reset=None, remaining=0), 0.0, 1, 0.0)
    assert mirror.wait(1, 0.0) == pytest.approx(1)


def test_a_limit_that_is_back_tomorrow_is_left_to_the_endpoint_to_enforce() -> None:
    mirror = Mirror(MINUTE, 0.0, 0.0)
    mirror.sync(MINUTE._replace(remaining=0, reset=70000.0), 0.0, 1, 0.0)
    assert mirror.wait(1, 0.0) == 0


def test_rounded_figures_do_not_make_a_documented_kind_doubtful() -> None:
    mirror = Mirror(told(50, 1, 60, 1.0)._replace(refills=True), 0.0, 0.0)
    for number, missing in enumerate((1, 2, 3, 5, 8, 12, 20, 35, 50), 1):
        mirror.sync(told(50, missing, 60, 1.0), 0.0, number, 0.0)
    assert mirror.wait(1, 0.0) == pytest.approx(1.2, rel=0.05)


def test_an_anthropic_limit_that_comes_back_all_at_once_is_found_out() -> None:
    mirror = Mirror(MINUTE._replace(refills=True), 0.0, 0.0)
    for now, remaining in ((1.0, 50), (2.0, 40), (3.0, 20), (4.0, 0)):
        mirror.sync(MINUTE._replace(remaining=remaining, reset=60 - now, grain=1.0), now, 1, 0.0)
    assert mirror.wait(1, 4.0) == pytest.approx(57)


NUMBER = st.floats(0, 1e12)


@given(
    st.lists(st.tuples(st.floats(1e-9, 1e12), NUMBER, st.none() | st.floats(-1e6, 1e6), st.booleans()), min_size=1),
    st.lists(st.floats(0, 1e6), min_size=1),
)
def test_no_header_makes_anybody_wait_for_more_than_an_hour(
    said: list[tuple[float, float, float | None, bool]], amounts: list[float]
) -> None:
    first = MINUTE._replace(limit=said[0][0], remaining=said[0][1], refills=said[0][3])
    mirror, now = Mirror(first, 0.0, 0.0), 0.0
    for number, (limit, remaining, reset, fine) in enumerate(said):
        quota = MINUTE._replace(limit=limit, remaining=remaining, reset=reset, grain=0.001 if fine else 1.0)
        mirror.sync(quota, now, number, amounts[number % len(amounts)])
        for amount in amounts:
            assert 0 <= mirror.wait(amount, now) < 3600
            mirror.take(amount)
            mirror.settle(-amount / 2, number)
        assert mirror.why
        now += amounts[0]


def test_units_are_named() -> None:
    assert Mirror(MINUTE._replace(unit=Unit.INPUT), 0.0, 0.0).why == "60 tokens/min (endpoint)"
