"""YAML of every kind: pieces of text put together at random, and whole documents with a few values gone wrong."""

from typing import Any

import yaml
from hypothesis import strategies as st

from mtbench.records import Json
from tests.fuzz.values import values

_PIECES = [
    "models:", "a:", "model: x", "provider: openai", "judge: [x, y]", "parallel: 4", "pieces:", "- ", "? ", ": ", "\n",
    "\n  ", "\n    ", " ", "\t", "&a ", "*a", "<<: ", "[", "]", "{", "}", ",", "'", '"', "|", ">", "#", "---\n", "...",
    "%YAML 1.2\n", "!!int ", "!!float ", "!!bool ", "!!timestamp ", "!!binary ", "!!set ", "!!omap ", "!!null ",
    "!!str ", "!x ", "~", "null", "yes", "1", "0x1F", "1e5", ".nan", ".inf", "1:30", "2024-13-01", "2024-01-01", "=",
    "\x00", "\x85", "\ufeff", "\r\n", "\u2028", "{{", "é", '"\\ud800"', "0x" + "f" * 5000, "9" * 5000,
]  # fmt: skip

texts = st.one_of(
    st.lists(st.sampled_from(_PIECES), max_size=25).map("".join),
    st.lists(st.one_of(st.sampled_from(_PIECES), st.text(max_size=8)), max_size=12).map("".join),
    st.sampled_from(
        [
            "[" * 5000,
            "a: &a [*a]\n",
            "&a {<<: *a}\n",
            "".join(f"x{n}: &x{n} [{', '.join([f'*x{n - 1}'] * 9)}]\n" for n in range(1, 12)).replace("*x0", "lol"),
        ]
    ),
)

contents = st.one_of(
    texts.map(lambda text: text.encode()), texts.map(lambda text: text.encode("utf-16")), st.binary(max_size=20)
)


def dumped(objects: st.SearchStrategy[Any]) -> st.SearchStrategy[bytes]:
    return objects.map(lambda obj: yaml.safe_dump(obj, allow_unicode=True).encode("utf-8", "replace"))


def spoilt(objects: st.SearchStrategy[Json]) -> st.SearchStrategy[Any]:
    """Objects in which one value, however deep, is another than it should be."""
    return st.builds(_with, objects, st.lists(st.integers(0, 9), max_size=5), values)


def _with(value: Any, path: list[int], new: object) -> Any:
    """`value` with `new` in the place that `path` leads to."""
    if not path or not value or not isinstance(value, dict | list):
        return new
    keys = list(value) if isinstance(value, dict) else list(range(len(value)))
    key = keys[path[0] % len(keys)]
    inner = _with(value[key], path[1:], new)
    return value | {key: inner} if isinstance(value, dict) else [*value[:key], inner, *value[key + 1 :]]
