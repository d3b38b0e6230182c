"""Fetching the official MT-bench questions, reference answers and judge prompts, and checking that they are these."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse, InvalidURL
from pathlib import Path
from time import monotonic
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

from mtbench import files
from mtbench.errors import MtbenchError

HOME = "https://raw.githubusercontent.com/lm-sys/FastChat/main/fastchat/llm_judge/data/"
"""The public home of the official files."""

QUIET_SECONDS = 30
"""How long a server may say nothing."""

_ALL_SECONDS = 300
_LARGEST = 20_000_000


@dataclass(frozen=True, slots=True)
class Pin:
    """One official file: its path at the source, its path in the bench's folder, and its SHA-256."""

    source: str
    target: str
    sha256: str


OFFICIAL = (
    Pin(
        "mt_bench/question.jsonl",
        "question.jsonl",
        "119565adbab82227089cefdb44c8d7e2cf04dc0a0ec233634c82e7d4e2a944f7",
    ),
    Pin(
        "mt_bench/reference_answer/gpt-4.jsonl",
        "reference_answer/gpt-4.jsonl",
        "f957a5bc977badb66885ec970e6cd08527845780313f0995764260e5777b9b3f",
    ),
    Pin(
        "judge_prompts.jsonl",
        "judge_prompts.jsonl",
        "fd283293406d024f44c174b094ef48031d0687a4682fd3a56b29b138f80281b6",
    ),
)


@dataclass(frozen=True, slots=True)
class Pulled:
    """What `pull` did: the files it wrote, and those that were there and right."""

    written: tuple[Path, ...]
    kept: tuple[Path, ...]


def pull(
    folder: Path,
    source: str = HOME,
    *,
    replace: bool = False,
    pins: Sequence[Pin] = OFFICIAL,
    quiet_seconds: float = QUIET_SECONDS,
) -> Pulled:
    """Puts the pinned files that are not there yet into `folder`; all of them are checked before one is written.

    `source` is a base URL, or a folder: laid out like the home, like `folder`, or with the files side by side.
    `replace` lets it overwrite a file that differs. `quiet_seconds`: how long a server may say nothing. Raises
    MtbenchError when a file differs, cannot be fetched, or does not have its sum.
    """
    there = {pin: _sum_of(folder / pin.target) for pin in pins}
    kept = [pin for pin in pins if there[pin] == pin.sha256]
    differing = [pin for pin in pins if there[pin] not in (None, pin.sha256)]
    if differing and not replace:
        raise MtbenchError(
            "\n".join(_wrong(folder / pin.target, pin, str(there[pin])) for pin in differing)
            + "\nnothing is changed; --force replaces what is there"
        )
    fetched = {pin: _fetch(source, pin, quiet_seconds) for pin in pins if pin not in kept}
    wrong = [
        _wrong(place, pin, found)
        for pin, (place, data) in fetched.items()
        if (found := hashlib.sha256(data).hexdigest()) != pin.sha256
    ]
    if wrong:
        raise MtbenchError("\n".join(wrong) + f"\nnothing is written to {folder}")
    for pin, (_, data) in fetched.items():
        files.replace_file(folder / pin.target, data)
    return Pulled(tuple(folder / pin.target for pin in fetched), tuple(folder / pin.target for pin in kept))


def _wrong(place: Path | str, pin: Pin, found: str) -> str:
    return f"{place} is not the official file: expected SHA-256 {pin.sha256}, found {found}"


def _sum_of(path: Path) -> str | None:
    data = _read(path)
    return None if data is None else hashlib.sha256(data).hexdigest()


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise MtbenchError(f"cannot read {path}: {error.strerror}") from error


def _fetch(source: str, pin: Pin, quiet_seconds: float) -> tuple[Path | str, bytes]:
    """Where a file was found, and its bytes."""
    scheme, is_address, _ = source.partition("://")
    if scheme.lower() in ("http", "https") and is_address:
        if "@" in source or "?" in source:
            raise MtbenchError("--from: give the address without user, password and query; none of them is sent")
        url = f"{source.rstrip('/')}/{pin.source}"
        return url, _download(url, quiet_seconds)
    if is_address:
        raise MtbenchError(f"--from {source}: {scheme} is not known here; give an http(s) address or a folder")
    places = [Path(source) / name for name in (pin.source, pin.target, Path(pin.target).name)]
    for place in places:
        data = _read(place)
        if data is not None:
            return place, data
    looked = " or ".join(str(place) for place in dict.fromkeys(places))
    raise MtbenchError(f"--from {source}: no {Path(pin.target).name} there; looked for {looked}")


def _download(url: str, quiet_seconds: float) -> bytes:
    """The body behind a URL. The certificate is checked, as Python does by default."""
    try:
        with urlopen(url, timeout=quiet_seconds) as response:
            return _body(response)
    except HTTPError as error:
        raise _unfetched(url, f"the server answered {error.code} {error.reason}") from error
    except URLError as error:
        raise _unfetched(url, str(error.reason)) from error
    except InvalidURL as error:  # whose words show a part of it, perhaps a proxy's password
        raise _unfetched(url, "this address, or that of the proxy in the environment, is malformed") from error
    except (HTTPException, OSError, ValueError) as error:
        raise _unfetched(url, str(error) or type(error).__name__) from error


def _body(response: HTTPResponse) -> bytes:
    until = monotonic() + _ALL_SECONDS
    data = bytearray()
    while chunk := response.read1(65536):
        data += chunk
        if monotonic() > until or len(data) > _LARGEST:
            raise HTTPException(f"the answer does not end ({len(data):,} bytes so far)")
    expected = response.headers.get("Content-Length", "")
    if expected.isdecimal() and int(expected) != len(data):
        raise HTTPException(f"the connection broke off after {len(data):,} of {int(expected):,} bytes")
    return bytes(data)


def _unfetched(url: str, why: str) -> MtbenchError:
    names = ", ".join(pin.source for pin in OFFICIAL)
    return MtbenchError(
        f"cannot fetch {url}: {why}.\nTry again later, or download {names} from {HOME} by hand into one folder DIR and "
        "run `mtbench questions pull --from DIR`"
    )
