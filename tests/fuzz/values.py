"""What the outside may hold: texts, JSON values and lines of every kind, most of them wrong."""

import json
from collections.abc import Mapping

from hypothesis import strategies as st

from mtbench.records import Json

WORDS = ["", " ", "\n", "\x00", "\ufeff", "\ud800", "\udfff", "$ERROR$", "[[7]]", "{", "}", "model_1", "tie", "error"]

texts = st.one_of(st.text(max_size=12), st.text(st.characters(), max_size=6), st.sampled_from(WORDS))
"""Half surrogate pairs among them, as JSON can spell them."""

numbers = st.one_of(
    st.integers(-2, 12),
    st.sampled_from([2**31, 2**53 + 1, 2**63, 2**64, -(2**63) - 1, 10**400]),
    st.floats(allow_nan=True, allow_infinity=True),
)

scalars = st.one_of(st.none(), st.booleans(), numbers, texts)

values = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(texts, inner, max_size=4)),
    max_leaves=8,
)


def objects(fields: Mapping[str, st.SearchStrategy[object]]) -> st.SearchStrategy[Json]:
    """Objects of these fields: each right, wrong or missing, with unknown ones between."""
    known = {name: st.one_of(right, right, right, values) for name, right in fields.items()}
    built = st.builds(
        lambda found, more, gone: {name: value for name, value in (more | found).items() if name not in gone},
        st.fixed_dictionaries(known),
        st.dictionaries(texts, values, max_size=2),
        st.sets(st.sampled_from(sorted(fields)), max_size=2) | st.just(set()),
    )
    return st.deferred(lambda: built)  # which is not written out in full by every failure


def line_of(obj: object) -> st.SearchStrategy[bytes]:
    """A value as a line of JSON, spelt in one of the ways that writers use."""
    plain = json.dumps(obj)
    spelt = json.dumps(obj, ensure_ascii=False).encode("utf-8", "surrogatepass")
    return st.sampled_from([plain.encode(), spelt, b"\xef\xbb\xbf" + plain.encode(), b" " + plain.encode() + b"\t"])


spoilt_lines = st.one_of(
    st.binary(max_size=20).map(lambda data: data.replace(b"\n", b"")),
    st.sampled_from(
        [
            b"",
            b"\r",
            b"\x00",
            b"\xff\xfe",
            b"null",
            b"[]",
            b'{"a": 1, "a": 2}',
            b'{"a": "\xed\xa0\x80"}',
            b'{"a": 1' + b"0" * 5000 + b"}",
            b'{"a": ' + b"[" * 100_000,
            b'{"a": ' + b"[" * 3000 + b"]" * 3000 + b"}",
            b'{"a": ' * 3000 + b"1" + b"}" * 3000,
            b'{"question_id": 1, "turns": ["x"',
            b'{"a": NaN, "b": -Infinity, "c": 1e999}',
        ]
    ),
)
