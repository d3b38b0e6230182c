"""Looking after batch jobs on disk: what their providers say of them, and cancelling."""

from pathlib import Path
from typing import Any

import pytest

from mtbench.chat.batch_jobs import BatchFolder, Job
from mtbench.chat.batching import ask_all, cancel_all, open_batches
from mtbench.chat.spec import ModelSpec
from mtbench.errors import MtbenchError
from tests.support.batch_servers import BatchServer


def no_alias(_: str) -> ModelSpec | None:
    return None


def job_at(server: BatchServer, folder: BatchFolder, **fields: Any) -> Job:
    spec = ModelSpec("alias", "openai", "m", server.base_url, "MY_KEY")
    job = Job.begin(spec, server.base_url, ("a", "b"))
    folder.add(job)
    return folder.update(job.id, **fields)


async def submitted(server: BatchServer, folder: BatchFolder, **fields: Any) -> Job:
    """A job that is at the provider too."""
    stored = server._take(
        False, [{"custom_id": "a", "body": {"model": "m", "messages": [{"role": "user", "content": "x"}]}}], None
    )
    return job_at(server, folder, state="submitted", provider_id=stored.id, **fields)


async def test_a_job_whose_submission_was_cut_off_is_shown_as_such(tmp_path: Path) -> None:
    async with BatchServer() as server:
        folder = BatchFolder(tmp_path)
        job_at(server, folder)
        for act in (ask_all, cancel_all):
            (asked,) = await act(folder, folder.jobs(), no_alias)
            assert "its submission was cut off" in str(asked.problem)
            assert asked.job.state == "submitting"


async def test_a_guess_is_not_cancelled_as_it_may_be_anothers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_KEY", "sk-mine")
    async with BatchServer(seconds=None) as server:
        folder = BatchFolder(tmp_path)
        await submitted(server, folder, tentative=True)
        (asked,) = await cancel_all(folder, folder.jobs(), no_alias)
        assert "is a guess" in str(asked.problem)
        assert not any("cancel" in path for path in server.posts)


async def test_a_job_that_has_ended_is_not_cancelled_and_its_replies_are_still_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MY_KEY", "sk-mine")
    async with BatchServer(key="sk-mine") as server:
        folder = BatchFolder(tmp_path)
        await submitted(server, folder)
        (asked,) = await cancel_all(folder, folder.jobs(), no_alias)
        assert (asked.problem, asked.job.status, asked.job.cancelled) == (None, "completed", False)
        (asked,) = await ask_all(folder, folder.jobs(), no_alias)
        assert (asked.job.done, asked.job.state) == (1, "submitted")


async def test_an_alias_gives_its_headers_only_where_it_still_means_the_same_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MY_KEY", "sk-mine")
    async with BatchServer(seconds=None) as server:
        folder = BatchFolder(tmp_path)
        await submitted(server, folder)
        for name, sent in (("m", "mine"), ("other", None)):
            alias = ModelSpec("alias", "openai", name, server.base_url, "MY_KEY", headers={"X-Project": "mine"})
            await ask_all(folder, folder.jobs(), {"alias": alias}.get)
            assert server.headers[-1].get("x-project") == sent


async def test_a_job_without_its_key_is_shown_as_it_was_last(tmp_path: Path) -> None:
    async with BatchServer(seconds=None) as server:
        folder = BatchFolder(tmp_path)
        await submitted(server, folder, status="in_progress")
        (asked,) = await ask_all(folder, folder.jobs(), no_alias)
        assert "no key. Set MY_KEY" in str(asked.problem)
        assert asked.job.status == "in_progress"


def test_a_model_of_this_machine_has_no_batch_jobs() -> None:
    with pytest.raises(MtbenchError, match="runs on this machine"):
        open_batches(ModelSpec("s", "local", "smollm2"))
