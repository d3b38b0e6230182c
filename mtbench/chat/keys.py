"""Where a model is reached and with which key: from the environment, else from a .env file found upwards.

Values of a .env file are never put into the environment of this process, and a key is in no message.
"""

import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl, quote, urlsplit

from mtbench.chat.masking import LONG, SHORTEST, masked
from mtbench.chat.spec import ModelSpec
from mtbench.errors import BadKey, BadRecord, MtbenchError

SECRET_NAME = re.compile(
    r"authorization|key|token|secret|cookie|passw|credential|signature|^(auth|code|pwd|sig)$", re.I
)
"""Headers and fields of a URL whose values are kept out of files."""

_PATHS = ("/chat/completions", "/messages")
_PUBLIC = {"openai": "https://api.openai.com/v1", "anthropic": "https://api.anthropic.com"}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One place that answers. `url` has no trailing slash; `key` is None where none is needed."""

    url: str
    key: str | None = field(default=None, repr=False)
    headers: dict[str, str] = field(default_factory=dict, repr=False)

    @property
    def host(self) -> str:
        """Host and port: what messages call the endpoint."""
        return urlsplit(self.url).netloc

    def masked(self, text: str) -> str:
        """`text` without the key and without the values of the alias's own headers, which may be secrets."""
        for name, value in self.headers.items():
            if not SECRET_NAME.search(name) and len(value) >= SHORTEST:
                text = text.replace(value, "[key]")
        secret_headers = (value for name, value in self.headers.items() if SECRET_NAME.search(name))
        return masked(text, (self.key or "", *secret_headers))


def key_variable(spec: ModelSpec) -> str | None:
    """The name of the variable that holds the model's key; None for a local model."""
    if spec.provider == "local":
        return None
    return spec.key_env or f"{spec.provider.upper()}_API_KEY"


def find_key(spec: ModelSpec) -> str | None:
    """The model's key, or None if it is not set.

    Raises BadKey for a value that cannot be a key, and MtbenchError for a .env file that cannot be read.
    """
    name = key_variable(spec)
    key = (name and setting(name)) or None
    if key and any(character.isspace() or not character.isprintable() for character in key):
        raise BadKey(f"the value of {name} has spaces or line breaks inside: it is not a key")
    return key


def base_url(spec: ModelSpec) -> str:
    """Where the model is asked: its own base URL, else OPENAI_BASE_URL or ANTHROPIC_BASE_URL, else the public one."""
    url = setting(f"{spec.provider.upper()}_BASE_URL") or _PUBLIC[spec.provider]
    if spec.base_url is not None:  # an empty one is a variable of a script that was not set, not the public endpoint
        url = spec.base_url
    key = (name := key_variable(spec)) and setting(name)
    shown = re.sub(r"(?s)(//)?.*@", r"\1…@", masked(url, (key or "",)))
    problem = f"{spec.id}: base URL {shown!r} must look like http://HOST:PORT/v1 or https://HOST/v1"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise MtbenchError(problem) from error
    if parts.username or parts.password:
        raise MtbenchError(f"{spec.id}: the base URL holds a user or password; keys come from the environment or .env")
    for field_name, _ in parse_qsl(parts.query, keep_blank_values=True):
        if SECRET_NAME.search(field_name):
            raise MtbenchError(
                f"{spec.id}: {field_name} in the base URL looks like a key, and base URLs stand in files: give an "
                "alias in models.yaml its api_key_env, or headers with ${VARIABLE}"
            )
    if key and len(key) >= LONG and (key in url or quote(key, safe="") in url):
        raise MtbenchError(f"{spec.id}: the base URL holds the key in {name}, and base URLs stand in files")
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
        raise MtbenchError(problem)
    for path in _PATHS:
        if parts.path.rstrip("/").endswith(path):
            raise MtbenchError(f"{spec.id}: leave {path} off the end of the base URL {shown!r}; it is added")
    return url.rstrip("/")


def is_public(spec: ModelSpec) -> bool:
    """Whether the model is asked at its provider's own public endpoint."""
    return urlsplit(base_url(spec)).hostname == urlsplit(_PUBLIC[spec.provider]).hostname


def endpoint_of(spec: ModelSpec) -> Endpoint:
    """Endpoint and key of an openai or anthropic model, with `${VARIABLE}` in its headers filled in.

    Raises BadKey if there is no key although the public endpoint, or the alias, needs one.
    """
    key = find_key(spec)
    if key is None and (spec.key_env or is_public(spec)):
        raise BadKey(
            f"{spec.id}: no key. Set {key_variable(spec)} in the environment, or write "
            f"{key_variable(spec)}=… into a file named .env in this folder or one above it"
        )
    return Endpoint(base_url(spec), key, {name: _filled(spec, value) for name, value in spec.headers.items()})


def setting(name: str) -> str | None:
    """A variable of the environment, else of the nearest .env file at or above the working directory."""
    from dotenv import dotenv_values, find_dotenv

    value = os.environ.get(name, "").strip()
    if value:
        return value
    try:
        path = find_dotenv(usecwd=True)
    except FileNotFoundError:  # the working directory has been removed
        return None
    if not path:
        return None
    try:
        return (dotenv_values(path, encoding="utf-8-sig").get(name) or "").strip() or None
    except UnicodeDecodeError as error:
        raise BadRecord(Path(path), error.object.count(b"\n", 0, error.start) + 1, "is not UTF-8 text") from error
    except OSError as error:
        raise MtbenchError(f"{path}: cannot be read: {error.strerror}") from error


def _filled(spec: ModelSpec, value: str) -> str:
    def fill(found: re.Match[str]) -> str:
        filled = setting(found[1])
        if filled is None:
            raise BadKey(
                f"{spec.id}: a header needs {found[1]}, which is neither in the environment nor in a .env file"
            )
        if not filled.isprintable():
            raise BadKey(f"{spec.id}: the value of {found[1]} has line breaks inside: it cannot stand in a header")
        return filled

    return re.sub(r"\$\{(\w+)\}", fill, value)
