"""What requests cost in US dollars, and how many tokens a text may have."""

from collections.abc import Callable

from mtbench.chat.keys import base_url, is_public
from mtbench.chat.spec import ModelSpec, Price
from mtbench.records import Usage


def price_of(spec: ModelSpec, usage: Usage) -> float | None:
    """US dollars for `usage` of the model: 0.0 for a local model, None where no price is known.

    The alias's own price counts first, then the price lists that genai-prices ships; nothing is fetched.
    """
    return pricing(spec)(usage)


def pricing(spec: ModelSpec) -> Callable[[Usage], float | None]:
    """`price_of` for one model, with the look-up of its endpoint done once."""
    price = spec.price
    if price:
        return lambda usage: _own(price, usage)
    if spec.provider == "local":
        return lambda _: 0.0
    provider, url = (spec.provider, None) if is_public(spec) else (None, base_url(spec))
    if _listed(spec.name, Usage(1, 1), provider, url) is None:
        return lambda _: None
    return lambda usage: _listed(spec.name, usage, provider, url)


def estimate_tokens(text: str) -> int:
    """An estimate: a token for every four characters, rounded up. Tokenizers differ by some ten per cent either way."""
    return -(-len(text) // 4)


def _own(price: Price, usage: Usage) -> float:
    cached = price.input if price.cached_input is None else price.cached_input
    return ((usage.input - usage.cached) * price.input + usage.cached * cached + usage.output * price.output) / 1e6


def _listed(model: str, usage: Usage, provider: str | None, url: str | None) -> float | None:
    from genai_prices import Usage as Tokens
    from genai_prices import calc_price

    try:
        tokens = Tokens(input_tokens=usage.input, output_tokens=usage.output, cache_read_tokens=usage.cached)
        if provider:
            return float(calc_price(tokens, model, provider_id=provider).total_price)
        return float(calc_price(tokens, model, provider_api_url=url).total_price)
    except (LookupError, ValueError):
        return None
