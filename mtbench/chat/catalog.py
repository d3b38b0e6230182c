"""The models that a person configured (models.yaml), and names from the command line made into models.

models:
  qwen:                                 # the alias: the short id in files and tables
    provider: openai                    # openai, anthropic or local
    model: Qwen/Qwen3-8B                # the name at the endpoint
    base_url: http://127.0.0.1:8000/v1
    api_key_env: VLLM_KEY               # the variable that holds the key; the key itself stands nowhere
    params: {top_k: 20}                 # sent with every request
    headers: {X-Project: "${PROJECT}"}  # ${…} is filled in from the environment or .env
    limits: {parallel: 32, rpm: 500, tpm: 200000}  # requests in flight; requests and tokens a minute
    price: {input: 0.1, output: 0.4, cached_input: 0.05, cache_write: 0.12}  # US dollars per million tokens
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from math import inf
from pathlib import Path, PurePath
from typing import Any

import orjson

from mtbench.chat.keys import SECRET_NAME
from mtbench.chat.spec import PROVIDERS, Limits, ModelSpec, Price
from mtbench.errors import MtbenchError
from mtbench.yamls import read_yaml

_SECRET_PARAM = re.compile(r"api_?key|authorization|secret|passw", re.I)
_KEYS = ("provider", "model", "base_url", "api_key_env", "params", "headers", "limits", "price")


@dataclass(frozen=True, slots=True)
class Catalog(Mapping[str, ModelSpec]):
    """Alias → model."""

    models: Mapping[str, ModelSpec] = field(default_factory=dict)

    def __getitem__(self, alias: str) -> ModelSpec:
        return self.models[alias]

    def __iter__(self) -> Iterator[str]:
        return iter(self.models)

    def __len__(self) -> int:
        return len(self.models)


def load_catalog(paths: Sequence[Path]) -> Catalog:
    """The aliases under `models` in each YAML file, a later file's before an earlier one's; a missing file is empty.

    Raises MtbenchError that names file and key.
    """
    found: dict[str, ModelSpec] = {}
    for path in paths:
        for alias, entry in _models(path).items():
            found[alias] = _spec(alias, _Entry(path, f"models.{alias}", entry))
    return Catalog(found)


def to_yaml(spec: ModelSpec) -> dict[str, Any]:
    """An alias's entry as it stands in models.yaml: what `load_catalog` reads back."""
    price = spec.price and {name: value for name, value in asdict(spec.price).items() if value is not None}
    entry: dict[str, Any] = {
        "provider": spec.provider,
        "model": spec.name,
        "base_url": spec.base_url,
        "api_key_env": spec.key_env,
        "params": dict(spec.params),
        "headers": dict(spec.headers),
        "limits": {name: value for name, value in asdict(spec.limits).items() if value is not None},
        "price": price,
    }
    return {key: value for key, value in entry.items() if value}


def resolve(names: Sequence[str], catalog: Catalog, base_url: str | None = None) -> list[ModelSpec]:
    """The model behind each name, an alias or `provider/name`, in order and without repeats.

    `base_url`: endpoint of the openai and anthropic models that are no alias. Raises MtbenchError for a name that is
    neither, and for two different models that would go by one short id.
    """
    found: dict[str, ModelSpec] = {}
    for name in names:
        spec = catalog[name] if name in catalog else _named(name, catalog, base_url)
        other = found.setdefault(spec.id, spec)
        if other != spec:
            raise MtbenchError(
                f"{other.full_name} and {spec.full_name} would both go by the short id {spec.id!r}: "
                "give one of them an alias of its own in models.yaml"
            )
    return list(found.values())


def _named(name: str, catalog: Catalog, base_url: str | None) -> ModelSpec:
    provider, _, rest = name.partition("/")
    if provider not in PROVIDERS or not rest.strip():
        aliases = ", ".join(sorted(catalog)) or "none yet"
        raise MtbenchError(
            f"{name!r} is no model name: use openai/NAME (any OpenAI-style endpoint, with --base-url), anthropic/NAME, "
            f"local/smollm2, local/FILE.gguf, or an alias from models.yaml (there: {aliases})"
        )
    if provider == "local":
        return ModelSpec(PurePath(rest).stem if _is_file_name(rest) else rest, provider, _local_name(rest))
    return ModelSpec(rest, provider, rest, base_url)


def _is_file_name(name: str) -> bool:
    return name.endswith(".gguf")


def _local_name(name: str) -> str:
    """A file by its absolute path, so that it is the same model from whichever folder and by whichever link."""
    if not _is_file_name(name):
        return name
    try:
        return str(Path(name).expanduser().resolve())
    except (OSError, RuntimeError, ValueError) as error:  # no such home, links in a circle, a NUL
        raise MtbenchError(f"local/{name}: no such file ({error})") from error


@dataclass(frozen=True, slots=True)
class _Entry:
    """A mapping of a YAML file, and where it stands."""

    path: Path
    place: str
    content: Any

    def bad(self, problem: str, key: str | None = None) -> MtbenchError:
        return MtbenchError(f"{self.path}: {self.place}{f'.{key}' if key else ''}: {problem}")

    def only(self, keys: Sequence[str]) -> None:
        if not isinstance(self.content, dict):
            raise self.bad(f"must be a mapping, not {self.content!r}")
        for key in self.content:
            if key not in keys:
                raise self.bad(f"unknown key; known are {', '.join(keys)}", str(key))

    def text(self, key: str) -> str | None:
        value = self.content.get(key)
        if value is not None and (not isinstance(value, str) or not value.strip()):
            raise self.bad(f"must be a text, not {value!r}", key)
        return value

    def number(self, key: str) -> float | None:
        value = self.content.get(key)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int | float) or not value >= 0):
            raise self.bad(f"must be a number from 0 up, not {value!r}", key)
        return value

    def inner(self, key: str) -> "_Entry":
        return _Entry(self.path, f"{self.place}.{key}", self.content.get(key) or {})

    def mapping(self, key: str) -> dict[str, Any]:
        inner = self.inner(key)
        if not isinstance(inner.content, dict) or not all(isinstance(name, str) for name in inner.content):
            raise inner.bad(f"must be a mapping of names to values, not {inner.content!r}")
        return inner.content


def _spec(alias: str, entry: _Entry) -> ModelSpec:
    entry.only(_KEYS)
    provider, name, base_url = entry.text("provider"), entry.text("model"), entry.text("base_url")
    if provider not in PROVIDERS:
        raise entry.bad(f"must be one of {', '.join(PROVIDERS)}, not {provider!r}", "provider")
    if name is None:
        raise entry.bad("is missing: the model's name at its endpoint", "model")
    if provider == "local" and base_url:
        raise entry.bad("a local model has none; use provider: openai for a server that runs already", "base_url")
    return ModelSpec(
        id=alias,
        provider=provider,
        name=_local_name(name) if provider == "local" else name,
        base_url=base_url,
        key_env=_key_env(entry),
        params=_params(entry),
        headers=_headers(entry),
        limits=_limits(entry.inner("limits")),
        price=_price(entry.inner("price")),
        is_alias=True,
    )


def _key_env(entry: _Entry) -> str | None:
    """The name of a variable. What is none is not shown: it may be the key itself, as what is long and mixed is."""
    name = entry.content.get("api_key_env")
    if name is None:
        return None
    if isinstance(name, str) and name.isidentifier() and (len(name) < 20 or name.isupper() or name.islower()):
        return name
    raise entry.bad("must name the variable that holds the key, which itself stays out of files", "api_key_env")


def _params(entry: _Entry) -> dict[str, Any]:
    params = entry.mapping("params")
    for name in ("model", "messages", "stream"):
        if name in params:
            raise entry.inner("params").bad("mtbench sets this itself", name)
    for name, value in params.items():
        if isinstance(value, str) and _SECRET_PARAM.search(name):
            raise entry.inner("params").bad("looks like a key, which stays out of files: use api_key_env", name)
    try:
        orjson.dumps(params)
    except orjson.JSONEncodeError as error:
        raise entry.bad(f"cannot be sent as JSON: {error}", "params") from error
    return params


def _headers(entry: _Entry) -> dict[str, str]:
    inner = entry.inner("headers")
    headers = entry.mapping("headers")
    for name, value in headers.items():
        if not isinstance(value, str) or not value.isprintable():
            raise inner.bad("must be a text on one line", name)
        if SECRET_NAME.search(name) and "${" not in value:
            raise inner.bad('looks like a key, which stays out of files: write "${VARIABLE}" and set that', name)
    return headers


def _limits(limits: _Entry) -> Limits:
    limits.only(("parallel", "rpm", "tpm"))
    parallel = limits.content.get("parallel")
    if parallel is not None and (isinstance(parallel, bool) or not isinstance(parallel, int) or parallel < 1):
        raise limits.bad(f"must be a whole number from 1 up, not {parallel!r}", "parallel")
    rpm, tpm = limits.number("rpm"), limits.number("tpm")
    for name, value in (("rpm", rpm), ("tpm", tpm)):
        if value is not None and not 0 < value < inf:
            raise limits.bad(f"must be a number above 0, not {value!r}", name)
    return Limits(parallel, rpm, tpm)


def _price(price: _Entry) -> Price | None:
    price.only(("input", "output", "cached_input", "cache_write", "batch"))
    if not price.content:
        return None
    paid_in, paid_out = price.number("input"), price.number("output")
    if paid_in is None or paid_out is None:
        raise price.bad("needs input and output, in US dollars per million tokens")
    return Price(paid_in, paid_out, price.number("cached_input"), price.number("cache_write"), price.number("batch"))


def _models(path: Path) -> dict[str, Any]:
    """What stands under `models` in a file, as it stands there."""
    content = read_yaml(path)
    if content is not None and not isinstance(content, dict):
        raise MtbenchError(f"{path}: must be a mapping with a key `models`")
    models = (content or {}).get("models") or {}
    if not isinstance(models, dict):
        raise MtbenchError(f"{path}: models: must be a mapping of aliases to models")
    for alias in models:
        if not isinstance(alias, str) or not alias.strip():
            raise MtbenchError(f"{path}: models.{alias}: an alias must be a text; put it in quotes")
    return models
