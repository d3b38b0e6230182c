"""Judgment files of any content: tables in every format, or an error that names the file."""

import csv
import io
import json
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from mtbench.errors import MtbenchError
from mtbench.reports.behind import html
from mtbench.reports.render import to_text
from mtbench.reports.results import Query, collect_file
from mtbench.reports.tables import Format, Mode
from tests.fuzz import records
from tests.fuzz.profile import examples
from tests.fuzz.values import line_of, spoilt_lines

lines = st.one_of(records.grades, records.pairs).flatmap(line_of)
queries = st.builds(
    Query,
    mode=st.none() | st.sampled_from(Mode),
    models=st.lists(st.sampled_from("abx"), max_size=2),
    baseline=st.none() | st.sampled_from("abx"),
)


def refuse(constant: str) -> None:
    raise AssertionError(f"{constant} is not JSON")


@examples(25)
@given(content=st.lists(st.one_of(*[lines] * 9, spoilt_lines), min_size=1, max_size=8), query=queries)
def test_any_judgments_are_shown_in_every_format_or_refused(folder: Path, content: list[bytes], query: Query) -> None:
    path = folder / "judgments.jsonl"
    path.write_bytes(b"".join(line + b"\n" for line in content))
    try:
        results = collect_file(path, query, None)
    except MtbenchError as problem:
        error = str(problem)
        assert error.strip()
        return
    for form in Format:
        text = html(results, None) if form is Format.HTML else to_text(results, form)
        text.encode()
        if form is Format.JSON:
            json.loads(text, parse_constant=refuse)
        elif form is Format.CSV:
            rows = list(csv.reader(io.StringIO(text)))
            assert {len(row) for row in rows} == {len(rows[0])}
