"""What requests cost in US dollars, and how many tokens a text may have."""

from collections.abc import Callable

from mtbench.chat.keys import base_url, is_public
from mtbench.chat.spec import ModelSpec, Price
from mtbench.records import Usage

_BATCH_PART = 0.5
"""What a request in a batch job costs of its price, at OpenAI and at Anthropic."""


def price_of(spec: ModelSpec, usage: Usage) -> float | None:
    """US dollars for `usage` of the model: 0.0 for a local model, None where no price is known.

    The alias's own price counts first, then the price lists that genai-prices ships; nothing is fetched.
    """
    return pricing(spec)(usage)


def pricing(spec: ModelSpec) -> Callable[[Usage], float | None]:
    """`price_of` for one model, with the look-up done once, at the first usage: the lists take a while to import."""
    price = spec.price
    if price:
        return lambda usage: _own(price, usage)
    if spec.provider == "local":
        return lambda _: 0.0
    provider, url = (spec.provider, None) if is_public(spec) else (None, base_url(spec))
    is_listed: bool | None = None

    def listed(usage: Usage) -> float | None:
        nonlocal is_listed
        if is_listed is None:
            is_listed = _listed(spec.name, Usage(1, 1), provider, url) is not None
        return _listed(spec.name, usage, provider, url) if is_listed else None

    return listed


def batch_pricing(spec: ModelSpec) -> Callable[[Usage], float | None]:
    """Like `pricing`, for requests in batch jobs: half of it, or the part that the alias's own price says."""
    full, own = pricing(spec), spec.price.batch if spec.price else None
    part = _BATCH_PART if own is None else own

    def price(usage: Usage) -> float | None:
        whole = full(usage)
        return None if whole is None else whole * part

    return price


def estimate_tokens(text: str) -> int:
    """An estimate: a token for every four characters, rounded up. Tokenizers differ by some ten per cent either way."""
    return -(-len(text) // 4)


def _own(price: Price, usage: Usage) -> float:
    cached = price.input if price.cached_input is None else price.cached_input
    written = price.input if price.cache_write is None else price.cache_write
    plain = usage.input - usage.cached - usage.written
    paid = plain * price.input + usage.cached * cached + usage.written * written + usage.output * price.output
    return paid / 1e6


def _listed(model: str, usage: Usage, provider: str | None, url: str | None) -> float | None:
    from genai_prices import Usage as Tokens
    from genai_prices import calc_price

    try:
        tokens = Tokens(
            input_tokens=usage.input,
            output_tokens=usage.output,
            cache_read_tokens=usage.cached,
            cache_write_tokens=usage.written,
        )
        if provider:
            return float(calc_price(tokens, model, provider_id=provider).total_price)
        return float(calc_price(tokens, model, provider_api_url=url).total_price)
    except (LookupError, ValueError):
        return None
