"""What requests cost: the alias's price, else the lists that ship with genai-prices, else nothing is claimed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtbench.chat.prices import estimate_tokens, price_of
from mtbench.chat.spec import ModelSpec, Price
from mtbench.records import Usage

USAGE = Usage(input=1000, output=100, cached=400)


@pytest.mark.parametrize(("price", "dollars"), [(Price(2, 10, 0.5), 0.0024), (Price(2, 10), 0.003), (Price(0, 0), 0.0)])
def test_an_aliass_own_price_counts_first(price: Price, dollars: float) -> None:
    assert price_of(ModelSpec("m", "openai", "gpt-4o", price=price), USAGE) == pytest.approx(dollars)


@pytest.mark.parametrize(
    ("provider", "name", "base_url"),
    [
        ("openai", "gpt-4", None),
        ("openai", "gpt-4o-mini", "https://api.openai.com/v1"),
        ("anthropic", "claude-sonnet-4-5", None),
        ("openai", "openai/gpt-4o", "https://openrouter.ai/api/v1"),
    ],
)
def test_public_prices_are_known(provider: str, name: str, base_url: str | None) -> None:
    price = price_of(ModelSpec(name, provider, name, base_url), USAGE)
    assert price is not None
    assert 0 < price < 1


def test_the_official_judge_costs_what_openai_asks() -> None:
    gpt_4 = ModelSpec("gpt-4", "openai", "gpt-4")
    assert price_of(gpt_4, Usage(1000, 100)) == pytest.approx(0.03 + 0.006)


def test_a_local_model_costs_nothing() -> None:
    assert price_of(ModelSpec("smollm2", "local", "smollm2"), USAGE) == 0.0


@pytest.mark.parametrize(
    ("name", "base_url"),
    [("no-such-model-at-all", None), ("gpt-4", "http://127.0.0.1:8000/v1"), ("Qwen/Qwen3-8B", "http://vllm.test/v1")],
)
def test_an_unknown_price_is_none(name: str, base_url: str | None) -> None:
    assert price_of(ModelSpec(name, "openai", name, base_url), USAGE) is None


@pytest.mark.parametrize("usage", [Usage(1, 1, cached=5), Usage(-1, 1)])
def test_usage_that_cannot_be_has_no_price(usage: Usage) -> None:
    assert price_of(ModelSpec("gpt-4o", "openai", "gpt-4o"), usage) is None


@given(st.text())
def test_the_estimate_is_a_quarter_of_the_characters_rounded_up(text: str) -> None:
    assert len(text) <= 4 * estimate_tokens(text) < len(text) + 4
