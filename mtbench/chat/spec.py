"""Which model is meant: `provider/name` or an alias, with its endpoint, key variable, parameters, limits and price."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

PROVIDERS = ("openai", "anthropic", "local")


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars per million tokens.

    `cached_input`: what an input token costs that the provider's cache holds; `cache_write`: one that is put there.
    `batch`: the part of all these that a request in a batch job costs; None: half.
    """

    input: float
    output: float
    cached_input: float | None = None
    cache_write: float | None = None
    batch: float | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """What a person set for one model: requests in flight, requests a minute, tokens a minute; None: not set.

    `tpm` counts input and output together.
    """

    parallel: int | None = None
    rpm: float | None = None
    tpm: float | None = None


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """One model as configured. `id` is the short id that files and tables use."""

    id: str
    provider: str
    name: str
    base_url: str | None = None
    key_env: str | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)
    price: Price | None = None
    is_alias: bool = False

    @property
    def full_name(self) -> str:
        """`provider/name`, which says what the model is whatever its alias."""
        return f"{self.provider}/{self.name}"
