"""Batch jobs on disk: whole, or not there; several commands at once."""

from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtbench.chat.batch_jobs import BatchFolder, Job
from mtbench.chat.spec import ModelSpec
from mtbench.errors import BadRecord, MtbenchError

SPEC = ModelSpec("alias", "openai", "m", "http://127.0.0.1/v1", "SOME_KEY")


def a_job(*ids: str) -> Job:
    return Job.begin(SPEC, "http://127.0.0.1/v1", ids)


def test_a_job_comes_back_as_it_was_written(tmp_path: Path) -> None:
    folder = BatchFolder(tmp_path / "new")
    assert folder.jobs() == []
    assert folder.names() == set()
    first, second = a_job("a", "b"), a_job("c")
    folder.add(second)
    folder.add(first)
    assert folder.jobs() == [first, second]
    assert folder.names() == {first.id, second.id}
    assert folder.read(first.id) == first
    folder.remove(first.id)
    assert folder.read(first.id) is None


def test_what_is_taken_grows_and_a_settled_job_keeps_its_counts(tmp_path: Path) -> None:
    folder = BatchFolder(tmp_path)
    job = a_job("a", "b")
    folder.add(job)
    folder.update(job.id, taken=("a",), done=2)
    assert folder.update(job.id, taken=("b",), state="ended").taken == ("a", "b")
    folder.results(job.id).touch()
    with folder.submitting(job.id) as held:
        assert held
        with BatchFolder(tmp_path).submitting(job.id) as again:
            assert not again
    settled = folder.settle(job.id)
    assert (settled.ids, settled.taken, settled.done, settled.total, settled.state) == ((), (), 2, 2, "settled")
    assert [path.name for path in tmp_path.iterdir() if path.name != ".lock"] == [f"{job.id}.json"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"state": "lost"}, "field 'state' must be one of submitting, submitted, ended, settled"),
        ({"ids": "abc"}, "field 'ids' has a wrong value"),
        ({"created": True}, "field 'created' has a wrong value"),
        ({"cancelled": 1}, "field 'cancelled' has a wrong value"),
        ({"provider_id": 5}, "field 'provider_id' has a wrong value"),
    ],
)
def test_a_file_that_is_no_job_is_named_with_what_is_wrong(change: dict[str, Any], words: str, tmp_path: Path) -> None:
    job = a_job("a")
    (tmp_path / f"{job.id}.json").write_bytes(orjson.dumps(job.to_json() | change))
    with pytest.raises(BadRecord, match=words) as error:
        BatchFolder(tmp_path).jobs()
    assert str(tmp_path / f"{job.id}.json") in str(error.value)


def test_fields_that_are_missing_are_named(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_bytes(b'{"state": "ended", "id": "x", "unknown": 1}')
    with pytest.raises(BadRecord, match="fields are missing: endpoint, model, name, provider"):
        BatchFolder(tmp_path).read("x")


def test_a_folder_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    (tmp_path / "x.json").mkdir()
    with pytest.raises(MtbenchError, match="cannot read"):
        BatchFolder(tmp_path).jobs()
    with pytest.raises(MtbenchError, match="cannot remove"):
        BatchFolder(tmp_path).remove("x")
    with pytest.raises(MtbenchError, match="cannot read"):
        BatchFolder(tmp_path / ("long" * 100)).jobs()


json = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from(Job.__slots__), json))
def test_whatever_a_file_holds_it_is_a_job_or_is_refused(fields: dict[str, Any]) -> None:
    whole = a_job("a").to_json() | fields
    for obj in (whole, fields):
        try:
            job = Job.from_json(obj)
        except ValueError:
            continue
        assert Job.from_json(orjson.loads(orjson.dumps(job.to_json()))) == job
